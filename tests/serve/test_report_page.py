"""The report in a real browser: opened from disk, at every width, light, dark and on paper."""

from __future__ import annotations

import pytest

from checker.cli import main
from tests.serve.serving import ROOT

CLAIM = """
title = "an open valve spills"
why = "Three litres fill it; the fourth step lets one more in."
model = "{model}"
mode = "open"
[expect]
never_over = "violated"
fills_up = "reached"
"""


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    from click.testing import CliRunner

    folder = tmp_path_factory.mktemp("report")
    (folder / "open.toml").write_text(CLAIM.format(model=ROOT / "tests/models/cli/tank.py"))
    done = CliRunner().invoke(main, ["report", str(folder / "open.toml"), "--out", str(folder), "--workers", "1"])
    assert done.exit_code == 0, done.output
    return folder / "report.html"


@pytest.fixture
def page(browser, written):
    context = browser.new_context(viewport={"width": 1200, "height": 800})
    said = []
    opened = context.new_page()
    opened.on("console", lambda message: said.append(message.text))
    opened.on("request", lambda request: said.append(request.url) if not request.url.startswith("file:") else None)
    opened.goto(written.as_uri())
    yield opened
    context.close()
    assert said == []


def test_a_cell_leads_to_the_picture(page):
    page.get_by_role("link", name="violated 4").click()
    assert page.url.endswith("#open--never_over")
    assert page.locator("#open--never_over svg").is_visible()  # the browser opens what it is folded in


@pytest.mark.parametrize("width", [360, 800, 1920])
def test_nothing_is_cut_off_at_any_width(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark_are_the_readers_choice(page, scheme):
    page.emulate_media(color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    colors = [
        page.evaluate(f"getComputedStyle(document.querySelector('{part}')).{name}")
        for part, name in (("body", "backgroundColor"), ("svg.trace > rect", "fill"))
    ]
    assert [sum(map(int, color[4:-1].split(","))) > 380 for color in colors] == [scheme == "light"] * 2


def test_the_head_of_a_long_matrix_stays_in_sight(page):
    """Here it is made long: the same claim a hundred times."""
    page.evaluate("""() => { const row = document.querySelector('.matrix tbody tr');
        for (let i = 0; i < 100; i++) row.after(row.cloneNode(true)); }""")
    page.evaluate("document.querySelector('.tall').scrollTop = 1e6")
    around, head, last = (
        page.locator(part).last.bounding_box() for part in (".tall", ".tall thead th", ".tall tbody tr")
    )
    assert abs(head["y"] - around["y"]) < 2
    assert around["y"] < last["y"] < around["y"] + around["height"] <= around["y"] + 800


def test_all_columns_are_on_paper(page):
    """Also many of them: a sheet of A4 across has 281 mm between its edges, 1062 pixels."""
    page.evaluate("""() => document.querySelectorAll('.matrix tr').forEach(row => {
        for (let i = 0; i < 20; i++) row.append(row.lastElementChild.cloneNode(true)); })""")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 1062, "height": 750})
    assert page.evaluate("document.querySelector('.matrix').scrollWidth") <= 1062


def test_it_prints(page):
    page.emulate_media(media="print")
    assert not page.locator("nav").is_visible()
    assert page.pdf(format="A4")[:5] == b"%PDF-"
