"""The space-time picture: what is in it, where, and that no text lies on another."""

from __future__ import annotations

import itertools
import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import Any

import pytest

from checker.draw.spacetime import lay_out, spacetime
from checker.draw.svg import STYLES, Style, measure, shortened, wrap
from checker.traces.trace import Trace
from checker.view import Sight
from model.drawing import Message, View
from tests.draw.replication import FAILOVER, PAGE_AHEAD, VIEW, Node, Steps, behaviour, grounded

MODEL = grounded()
SVG = "{http://www.w3.org/2000/svg}"


def picture(steps: Steps, shows: str | None = "page_within_standby", **options: Any) -> ET.Element:
    return ET.fromstring(spacetime(behaviour(MODEL, steps, shows), **options))


def texts(root: ET.Element, kind: str) -> list[str]:
    return [str(found.text) for found in root.iter(f"{SVG}text") if kind in classes(found)]


def classes(found: ET.Element) -> list[str]:
    return found.get("class", "").split()


def lifelines(root: ET.Element, x: str) -> list[str]:
    """The colours of a lifeline's pieces, from top to bottom."""
    pieces = [line for line in root.iter(f"{SVG}line") if "lifeline" in classes(line) and line.get("x1") == x]
    ordered = sorted(pieces, key=lambda line: float(line.get("y1", "")))
    return [next(name for name in classes(line) if name.startswith("line-")) for line in ordered]


def columns(root: ET.Element) -> list[str]:
    """Where the lifelines stand."""
    found = {line.get("x1", "") for line in root.iter(f"{SVG}line") if "lifeline" in classes(line)}
    return sorted((x for x in found if float(x) > 400), key=float)


def test_every_step_has_its_number_label_and_sentence() -> None:
    root = picture(FAILOVER)
    assert texts(root, "number") == [str(number) for number in range(13)]
    labels = texts(root, "label")
    assert labels[:3] == ["initial state", "insert_update(A, p1)", "flush_wal(A)"]
    assert len(labels) == 13
    assert "The buffer writer puts a dirty page on disk." in texts(root, "doc")
    assert "disk[A, p2].lsn: 0 -> 2" in texts(root, "change")


def test_one_lifeline_a_node_in_the_colours_of_its_roles() -> None:
    root = picture(FAILOVER)
    a, b = columns(root)
    assert lifelines(root, a) == ["line-blue", "line-grey", "line-violet"]
    assert lifelines(root, b) == ["line-green", "line-blue"]


def test_a_split_brain_is_two_lifelines_in_one_colour_side_by_side() -> None:
    root = picture(FAILOVER)
    spans = []
    for x in columns(root):
        for line in root.iter(f"{SVG}line"):
            if {"lifeline", "line-blue"} <= set(classes(line)) and line.get("x1") == x:
                spans.append((float(line.get("y1", "")), float(line.get("y2", ""))))
    (_, a_end), (b_start, _) = spans
    assert b_start < a_end


def test_a_node_that_is_down_is_dashed() -> None:
    dashed = [line for line in picture(FAILOVER).iter(f"{SVG}line") if {"lifeline", "dashed"} <= set(classes(line))]
    assert all("line-grey" in classes(line) for line in dashed)
    assert len(dashed) == 2  # in the legend and on the lifeline of A


def test_messages_are_arrows_from_sender_to_receiver_that_go_down() -> None:
    root = picture(FAILOVER)
    a, b = map(float, columns(root))
    arrows = [line for line in root.iter(f"{SVG}line") if "message" in classes(line)]
    ends = [(float(line.get("x1", "")), float(line.get("x2", ""))) for line in arrows]
    assert [start for start, _ in ends] == [a, b]
    assert [abs(end - to) < 20 for (_, end), to in zip(ends, (b, a), strict=True)] == [True, True]
    assert all(float(line.get("y1", "")) < float(line.get("y2", "")) for line in arrows)
    assert {"WAL to 1", "flushed to 1"} <= set(texts(root, "small"))


def test_rulers_show_positions_ticks_and_the_fork() -> None:
    small = texts(picture(FAILOVER), "small")
    # Where the fork appears, in 9, and the end; between them the strips say what is new.
    assert [text for text in small if text.startswith("after")] == ["after step 9", "after step 12"]
    assert small.count("fork 2") == 2
    assert small.count("acknowledged") == 2  # in the legend and at the fork: forgotten in the crash
    assert {"page p1", "page p2", "timeline 2", "replayed"} <= set(small)


def test_a_mark_may_stand_at_the_value_it_had_at_the_start() -> None:
    """Promoted with nothing received, the fork is at 0, as it was; `latest` says that it counts now."""
    steps: Steps = [("promote", (1,), {"role[B]": 0, "timeline[B]": 2, "latest": 2})]
    assert "fork 2" in texts(picture(steps), "small")
    assert "fork 2" not in texts(picture(PAGE_AHEAD), "small")


def test_what_two_bars_hold_differently_is_outlined() -> None:
    alike = [box for box in picture(PAGE_AHEAD).iter(f"{SVG}rect") if "diverged" in classes(box)]
    assert not alike
    steps: Steps = [*FAILOVER[:9], ("insert_update", (1, 0), {"wal_end[B]": 2})]
    root = picture(steps)
    diverged = [box for box in root.iter(f"{SVG}rect") if "diverged" in classes(box)]
    assert len(diverged) == 2  # position 2: timeline 1's with A, timeline 2's with B
    assert {"record 2 of 1", "record 2 of 2"} <= set(texts(root, "pill"))


def test_the_violation_is_one_sentence_at_the_end_and_its_step_is_red() -> None:
    root = picture(PAGE_AHEAD)
    said = " ".join(texts(root, "said"))
    assert said == (
        "Every page on the disk of A is within the WAL that B has flushed. "
        "This should hold in every state. It is false here."
    )
    assert "page_within_standby is violated after step 4" in " ".join(texts(root, "verdict"))
    red = [found.text for found in root.iter(f"{SVG}text") if {"label", "fill-red"} <= set(classes(found))]
    assert red == ["write_page(A, p1)"]
    assert len([box for box in root.iter(f"{SVG}rect") if "violating" in classes(box)]) == 1


def test_the_red_of_the_violating_step_is_behind_the_lifelines() -> None:
    order = [classes(shape) for shape in picture(PAGE_AHEAD)]
    tint = next(at for at, names in enumerate(order) if "violating" in names)
    lanes = [at for at, names in enumerate(order) if "lifeline" in names and at > 6]
    assert tint < min(lanes)


def test_a_long_message_is_wrapped_between_its_lifelines() -> None:
    message = Message("upstream", "n", "all the write-ahead log that was flushed there so far and not sent before")
    view = replace(VIEW, messages={"receive": message})
    drawing = lay_out(behaviour(grounded(view=view), PAGE_AHEAD))
    small = [text for text in drawing.texts if text.style == "small" and text.anchor == "middle"]
    label = [text for text in small if not text.text.isdigit()]
    assert " ".join(text.text for text in label) == message.label
    assert len(label) > 1
    for one, other in itertools.combinations(drawing.texts, 2):
        assert not one.overlaps(other), f"{one} lies on {other}"


def test_nothing_is_red_in_a_witness() -> None:
    root = picture(FAILOVER[:9], "two_primaries")
    assert not [box for box in root.iter(f"{SVG}rect") if "violating" in classes(box)]
    assert "two_primaries is reached after step 9" in texts(root, "verdict")


LONG = FAILOVER + [
    ("flush_wal", (0,), {"flushed[A]": at % 5, "wal_end[A]": 4, "fork[2]": at % 3, "replayed[B]": at % 4})
    for at in range(40)
]


@pytest.mark.parametrize("view", [VIEW, None, replace(VIEW, records=None), View(Node)])
@pytest.mark.parametrize(("steps", "nodes"), [(PAGE_AHEAD, 2), (FAILOVER, 3), (LONG, 2), (LONG, 3), ([], 2)])
def test_no_text_lies_on_another_or_leaves_the_picture(steps: Steps, nodes: int, view: View | None) -> None:
    drawing = lay_out(behaviour(grounded(nodes=nodes, view=view), steps, "page_within_standby"))
    assert drawing.texts
    for one, other in itertools.combinations(drawing.texts, 2):
        assert not one.overlaps(other), f"{one} lies on {other}"
    for text in drawing.texts:
        assert 0 <= text.x <= text.right <= drawing.width
        assert 0 <= text.top <= text.bottom <= drawing.height


def test_two_lifelines_fit_the_width_of_a_page() -> None:
    assert lay_out(behaviour(MODEL, FAILOVER)).width == 940


def strips(steps: Steps, **view: Any) -> ET.Element:
    return ET.fromstring(spacetime(behaviour(grounded(view=replace(VIEW, **view)), steps, "page_within_standby")))


def count(root: ET.Element, tag: str, kind: str) -> int:
    return sum(kind in classes(found) for found in root.iter(f"{SVG}{tag}"))


def test_a_record_is_open_until_it_is_flushed_and_drawn_again_where_something_is_new() -> None:
    """A strip for each step that changes what a node has of the WAL, or what is on its disk."""
    root = strips(PAGE_AHEAD[:1])
    assert (count(root, "rect", "strip"), count(root, "rect", "open")) == (1, 2)  # the second is in the legend
    root = strips(PAGE_AHEAD)
    drawn = count(root, "rect", "strip")
    news = {"wal_end[A]", "wal_end[B]", "flushed[A]", "disk[A, p1].lsn"}
    assert drawn == sum(bool(news & set(changed)) for _, _, changed in PAGE_AHEAD) > 1


def test_a_tick_beyond_the_horizon_is_red_and_named() -> None:
    """A has page p1 on disk with record 1; with 0 as its horizon that is ahead, with 1 it is not."""
    for limit, color in ((0, "fill-red"), (1, "fill-ink"), (None, "fill-ink")):
        root = strips(PAGE_AHEAD, horizon=lambda s, n, limit=limit: limit, beyond="not there")
        ticks = [found for found in root.iter(f"{SVG}polygon") if "tick" in classes(found)]
        assert [color in classes(found) for found in ticks] == [True]
        assert ("red: not there" in texts(root, "small")) == (limit == 0)
        assert texts(root, "mark") == ["page p1"]


def test_ticks_may_come_from_a_function_of_the_state() -> None:
    root = strips(PAGE_AHEAD, ticks={"copy": lambda s, n: {"one": s.wal_end[n], "none": 0}})
    assert "copy one" in texts(root, "small")
    assert "copy none" not in texts(root, "small")


def test_what_the_model_says_of_the_end_comes_first() -> None:
    root = strips(PAGE_AHEAD, says={"page_within_standby": lambda s: f"B has {s.wal_end[Node(1)]}."})
    assert texts(root, "lede") == ["B has 1."]
    assert texts(root, "title") == []
    assert texts(strips(PAGE_AHEAD), "title") == ["page_within_standby, violated, 4 steps"]


def test_the_sentence_of_an_action_is_said_once() -> None:
    said = texts(picture([*FAILOVER[:2], *FAILOVER[:2]], None), "doc")
    assert len(said) == len(set(said))


def test_the_names_of_lifelines_are_repeated_in_a_long_picture() -> None:
    names = [text for text in lay_out(behaviour(grounded(view=View(Node)), LONG)).texts if text.style == "head"]
    tops = sorted({text.top for text in names})
    assert len(tops) > 1
    assert all(later - earlier < 1400 for earlier, later in itertools.pairwise(tops))


def test_a_model_without_a_view_has_a_lifeline_an_element_of_its_first_sort() -> None:
    model = grounded(nodes=3, view=None)
    sight = Sight(model)
    assert [sight.name(one) for one in sight.lifelines] == ["A", "B", "C"]
    assert [role.label for role in sight.roles()] == ["PRIMARY", "STANDBY", "RECOVERING", "DOWN"]
    root = ET.fromstring(spacetime(behaviour(model, PAGE_AHEAD)))
    assert len(columns(root)) == 3


def test_a_model_without_sorts_has_one_lifeline() -> None:
    model = grounded(view=None)
    latest = model.cells[model.numbers["latest"]]
    alone = replace(
        model,
        model=replace(model.model, variables=(("latest", latest.type),)),
        cells=(replace(latest, index=0),),
        initials=((1,),),
        numbers={"latest": 0},
    )
    trace = behaviour(alone, [("restart", (), {"latest": 2})])
    root = ET.fromstring(spacetime(trace))
    assert len(columns(root)) == 1
    assert "latest: 1 -> 2" in texts(root, "change")


def test_special_characters_are_shown_as_they_are() -> None:
    doc = 'A <b> & "c" \x07 must hold in every state 你好.'
    trace = behaviour(grounded(doc=doc), PAGE_AHEAD, "page_within_standby")
    said = " ".join(texts(ET.fromstring(spacetime(trace)), "said"))
    assert said.startswith('A <b> & "c" � must hold in every state 你好. This')


def test_the_picture_needs_nothing_from_elsewhere() -> None:
    text = spacetime(behaviour(MODEL, FAILOVER, "page_within_standby"))
    for word in ("<script", "href", "@import", "url(", "<image"):
        assert word not in text
    assert text.count("http") == 1  # the name space


def test_light_and_dark_are_one_document() -> None:
    auto, light, dark = (spacetime(behaviour(MODEL, PAGE_AHEAD), scheme=name) for name in ("auto", "light", "dark"))
    assert "@media (prefers-color-scheme: dark)" in auto
    assert "@media" not in light + dark
    assert "fill: #ffffff" in light
    assert "fill: #ffffff" not in dark


def test_the_same_trace_gives_the_same_picture() -> None:
    trace = behaviour(MODEL, FAILOVER, "page_within_standby")
    assert spacetime(trace) == spacetime(Trace(trace.grounded, trace.states, trace.actions, trace.property))


@pytest.mark.parametrize("style", STYLES.values())
@pytest.mark.parametrize("text", ["a few words that go on", "one_word_that_is_very_long_indeed" * 3, "你好" * 30])
def test_wrapped_lines_fit_and_lose_nothing(style: Style, text: str) -> None:
    lines = wrap(text, style, 120)
    assert all(measure(line, style) <= 120 for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_what_is_too_wide_is_shortened_and_says_so() -> None:
    style = STYLES["tiny"]
    record = "checkpoint · TLI 0"
    assert shortened(record, style, measure(record, style)) == record
    assert shortened(record, style, measure("checkpoint", style)) == "checkpoint"
    assert shortened(record, style, measure("check…", style)) == "check…"
    assert shortened(record, style, 1) == ""
