from __future__ import annotations

import pytest

from tests.serve.serving import CHROMIUM, OPTIONS, TANK, served


@pytest.fixture(scope="session")
def failback():
    """The server of the protocol's own model."""
    with served() as url:
        yield url


@pytest.fixture(scope="session")
def tank():
    """The server of a model that can be counted by hand."""
    with served(TANK) as url:
        yield url


@pytest.fixture(scope="session")
def browser():
    if not CHROMIUM.exists():
        pytest.skip("there is no browser (Debian package chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=str(CHROMIUM), args=OPTIONS)
        yield running
        running.close()


PATIENCE = 120_000
"""Milliseconds for a page of a large scope on a busy machine."""


@pytest.fixture
def opened(browser):
    """Opens pages; what any of them writes to its console fails the test.

    But for the line that the browser itself writes for a refusal.
    """
    said: list[str] = []
    contexts = []

    def opens(url, **options):
        context = browser.new_context(viewport={"width": 1300, "height": 850}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: None if "status of 400" in message.text else said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(url, timeout=PATIENCE)
        page.locator("#enabled > li").first.wait_for()
        return page

    yield opens
    for context in contexts:
        context.close()
    assert said == []
