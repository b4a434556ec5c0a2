"""The page in a real browser."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.serve.serving import TANK, served

LONG = 60_000
"""Milliseconds for a search on a busy machine."""


def path_of(page):
    """The steps in the page's URL."""
    return parse_qs(urlsplit(page.url).query).get("path", [""])[0].split(";")


def here(page):
    """The number of the step that is shown."""
    return int(page.locator("#steps .here .number").inner_text())


def test_a_whole_failback_by_clicks(failback, opened):
    """Find an example of a failback; then, from the beginning, click each of its steps among what is possible."""
    page = opened(f"{failback}/?set.mode=data_flush&set.tail=cut")
    wanted = page.locator("#properties li").filter(has_text="failback_happens")
    wanted.get_by_role("button").click()
    expect(page.locator("#status")).to_contain_text("failback_happens in", timeout=LONG)
    labels = page.locator("#steps .label").all_inner_texts()[1:]
    page.get_by_role("button", name="Restart").click()
    expect(page.locator("#steps li")).to_have_count(1)
    for number, label in enumerate(labels, 1):
        page.locator(f'#enabled button[data-path="{label.replace(" ", "")}"]').click()
        expect(page.locator("#steps .here .number")).to_have_text(str(number))
        expect(page.locator("#drawing svg .label")).to_have_count(number + 1)
    expect(wanted).to_contain_text("reached here")
    assert path_of(page) == [label.replace(" ", "") for label in labels]
    assert "PRIMARY" in page.locator("#drawing").inner_text()


def test_a_question_of_the_first_screen_is_answered(failback, opened):
    page = opened(failback)
    expect(page.locator("#intro")).to_be_visible()
    page.get_by_role("button", name="How does a page get to the primary's disk ahead of the standby?").click()
    expect(page.locator("#status")).to_contain_text("page_within_standby in 4 steps from here", timeout=LONG)
    expect(page.locator("#intro")).to_be_hidden()
    page.keyboard.press("End")
    expect(page.locator("#drawing .lede").first).to_contain_text("A has page p1 on disk")


def test_with_the_keyboard_alone(tank, opened):
    page = opened(f"{tank}/?set.mode=open")
    press = page.keyboard.press
    press("Enter")
    expect(page.locator("#steps .here .number")).to_have_text("1")
    press("j")
    press("Enter")
    expect(page.locator("#steps .here .number")).to_have_text("2")
    press("u")
    expect(page.locator("#steps .here .number")).to_have_text("1")
    press("n")
    expect(page.locator("#status")).to_contain_text("never_over in 3 steps from here", timeout=LONG)
    for number, label in ((2, "fill"), (3, "fill"), (4, "spill")):
        press("ArrowRight")
        expect(page.locator("#steps .here .number")).to_have_text(str(number))
        expect(page.locator("#steps .here .label")).to_have_text(label)
    expect(page.locator("#status")).to_contain_text("violated: never_over")
    press("Home")
    expect(page.locator("#steps .here .number")).to_have_text("0")
    press("Enter")  # the behaviour's own next step, which leaves the rest in place
    expect(page.locator("#steps .here .number")).to_have_text("1")
    expect(page.locator("#steps li")).to_have_count(5)
    press("d")
    expect(page.locator("#disabled")).to_contain_text("require(s.settings.mode == Mode.OPEN")
    press("?")
    expect(page.locator("#help")).to_be_visible()
    press("Escape")
    expect(page.locator("#help")).to_be_hidden()


def test_back_and_forward_of_the_browser(tank, opened):
    page = opened(tank)
    page.keyboard.press("Enter")
    expect(page.locator("#steps .here .number")).to_have_text("1")
    page.go_back()
    expect(page.locator("#steps .here .number")).to_have_text("0")
    page.go_forward()
    expect(page.locator("#steps .here .number")).to_have_text("1")


def test_a_restart_of_the_server_loses_no_url(opened):
    with served(TANK) as url:
        page = opened(f"{url}/?path=fill")
        page.keyboard.press("Enter")
        expect(page.locator("#steps .here .number")).to_have_text("2")
        kept = page.url
    with served(TANK, urlsplit(kept).port):
        page.goto(kept)
        expect(page.locator("#steps .here .number")).to_have_text("2")
        page.keyboard.press("Enter")
        expect(page.locator("#steps .here .number")).to_have_text("3")


def test_a_changed_setting_says_where_the_trace_ends(tank, opened):
    page = opened(f"{tank}/?set.mode=open&path=fill;fill;fill;spill")
    page.keyboard.press("s")
    page.locator("#set-mode").select_option("closed")
    expect(page.locator("#stopped")).to_contain_text("step 4, spill, is not possible")
    expect(page.locator("#steps .gone")).to_have_text(["spill"])
    page.locator("#set-mode").select_option("open")
    expect(page.locator("#stopped")).to_be_empty()
    expect(page.locator("#steps .here .number")).to_have_text("4")


def test_a_bad_value_gets_a_message_and_the_page_stays(tank, opened):
    page = opened(tank)
    page.keyboard.press("s")
    page.locator("#bound-size").fill("99999999")
    page.locator("#bound-size").press("Enter")
    expect(page.locator("#status.wrong")).to_contain_text("size")
    expect(page.locator("#bound-size")).to_have_value("3")
    page.keyboard.press("Tab")


def test_two_behaviours_side_by_side(tank, opened):
    page = opened(f"{tank}/?path=fill;fill")
    page.keyboard.press("p")
    expect(page.locator("#comparison")).to_contain_text("They take the same steps")
    page.keyboard.press("u")
    expect(page.locator("#comparison")).to_contain_text("They agree for 1 step;")
    expect(page.locator("#comparison tbody tr")).to_have_text(["level12"])
    page.locator("#swap").click()
    expect(page.locator("#steps .here .number")).to_have_text("2")


def test_a_search_is_cancelled_in_the_page(failback, opened):
    page = opened(f"{failback}/?scope=large&set.mode=all&set.sync=true")
    page.locator("#properties li").filter(has_text="fork_covers_acks").get_by_role("button").click()
    page.locator("#cancel").click()
    expect(page.locator("#status")).to_have_text("The search was cancelled.")
    expect(page.locator("#cancel")).to_be_hidden()


@pytest.mark.parametrize(("width", "height"), [(360, 740), (800, 600), (1920, 1080)])
def test_nothing_is_cut_off_at_any_width(failback, opened, width, height):
    page = opened(f"{failback}/?set.mode=commit")
    page.set_viewport_size({"width": width, "height": height})
    page.locator("#chooser summary").click()
    page.locator("#cannot summary").click()
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    for part in ("#behaviour", "#next", "#settings"):
        box = page.locator(part).bounding_box()
        assert 0 <= box["x"] <= box["x"] + box["width"] <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark_are_the_readers_choice(tank, opened, scheme):
    page = opened(f"{tank}/?path=fill", color_scheme=scheme)
    paper = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    drawn = page.evaluate("() => getComputedStyle(document.querySelector('#drawing svg > rect')).fill")
    bright = [sum(map(int, color[4:-1].split(","))) > 380 for color in (paper, drawn)]
    assert bright == [scheme == "light"] * 2
