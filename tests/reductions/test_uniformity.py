"""Which models treat a sort alike, and how one that does not is refused: by file and line."""

from __future__ import annotations

from dataclasses import replace

import pytest

from checker.grounding.ground import ground
from checker.reductions.symmetry import Image, Moved, Symmetry, symmetry
from checker.refusal import UsageError
from tests.reductions.comparing import model_of
from tests.reductions.random_items import HEADER
from tests.small_models import Builder

MODEL = """
@initial
def start(s: State) -> None:
    {start}

@action
def act(s: State, o: Owner, i: Item) -> None:
    {act}

@invariant
def fine(s: State) -> bool:
    return {fine}
"""


def model(folder, start="pass", act="s.mark[i] = 1", fine="all(s.mark[i] < 2 for i in Item)", items=2):
    text = HEADER.replace("{items}", str(items)) + MODEL
    for name, part in (("start", start), ("act", act), ("fine", fine)):
        text = text.replace(f"{{{name}}}", part)
    return model_of(folder, text)


def accepted(folder, **parts):
    return symmetry(ground(model(folder, **parts)), ["Item"])


def refused(folder, text, **parts):
    """The message, which names the line that holds the text."""
    made = ground(model(folder, **parts))
    with pytest.raises(UsageError) as caught:
        symmetry(made, ["Item"])
    lines = (
        made.model.actions[0].at.file,
        (folder / made.model.actions[0].at.file.split("/")[-1]).read_text().splitlines(),
    )
    number = next(number for number, line in enumerate(lines[1], 1) if text in line)
    assert f"{lines[0]}:{number}" in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    "act",
    [
        "s.note[o] = Note(kind=Kind.BARE)",
        "require(s.note[o].kind == Kind.ABOUT and s.note[o].item == i)\n    s.note[o] = Note()",
        # The sibling may be asked after the field, and in another statement.
        "for j in Item:\n        if s.note[o].item == j:\n            if s.note[o].kind == Kind.ABOUT:\n"
        "                s.mark[j] = 1\n    s.note[o] = Note()",
        # What is read after the record was changed is the new one, field and sibling together.
        "s.note[o] = Note()\n    s.mark[i] = 1 if s.note[o].kind == Kind.ABOUT and s.note[o].item == i else 2",
        # A copy is about what the original is about.
        "for q in Owner:\n        s.note[q] = s.note[o]\n    s.count = 1 if s.note[o].urgent else 0",
        # Two fields together say whether it is about an item.
        "require((s.note[o].kind == Kind.ABOUT or s.note[o].urgent) and s.note[o].item == i)\n"
        "    s.note[o] = Note(kind=Kind.BARE, item=i, urgent=True)\n    s.count = 1 if s.note[o].urgent else 0",
        "for j in Item:\n        s.mark[j] = min(s.mark[j] + 1, 2)",
        "require(sum(1 for j in Item if s.holds[o, j]) < 2 and all(j == i or s.mark[j] == 0 for j in Item))",
    ],
)
def test_alike(folder, act):
    assert accepted(folder, act=act).elements == {"Item": (0, 1)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("uniformity")


def test_an_element_named_in_an_action(folder):
    message = refused(folder, "Item(0)]", act="s.mark[Item(0)] = 1")
    assert "the model names i1" in message and "no two elements can change places" in message


def test_an_element_named_in_a_property(folder):
    assert "the model names i2" in refused(folder, "Item(1)", fine="s.mark[Item(1)] == 0")


def test_an_element_named_where_nobody_asks(folder):
    made = ground(model(folder, fine="s.mark[Item(1)] == 0"))
    assert symmetry(made, ["Item"], properties=[]).elements == {"Item": (0, 1)}
    with pytest.raises(UsageError, match="the model names i2"):
        symmetry(made, ["Item"], properties=["fine"])


def test_the_others_can_change_places(folder):
    same = accepted(folder, act="require(i != Item(1))\n    s.mark[i] = 1", items=4)
    assert same.elements == {"Item": (0, 2, 3)} and len(same.images) == 5
    assert same.shown == ["Item i1 i3 i4"]


def test_an_initial_state_that_is_another_under_other_names(folder):
    message = refused(folder, "def start", start="s.mark[Item(0)] = 1")
    assert "an initial state is none any more: mark[i1] differs" in message


def test_padding_that_is_told_from_an_element(folder):
    act = "require(s.note[o].item == i)\n    s.note[o] = Note(kind=Kind.BARE)"
    message = refused(folder, "require(s.note[o].item == i)", act=act)
    assert "Note.item is only filled with one, but" in message


def test_padding_read_after_the_record_was_filled(folder):
    # What was asked before it was filled says nothing of what it holds then.
    act = "if s.note[o].kind == Kind.ABOUT:\n        s.note[o] = Note()\n        s.mark[s.note[o].item] = 1"
    refused(folder, "s.mark[s.note[o].item] = 1", act=act)


def test_padding_told_by_another_owner(folder):
    # The sibling is asked of one note, the field of another.
    act = "require(s.note[o].kind == Kind.ABOUT and any(s.note[q].item == i for q in Owner))\n    s.note[o] = Note()"
    refused(folder, "any(s.note[q].item == i", act=act)


def test_a_sibling_changed_by_itself(folder):
    # A note about none may become one about the item that it was filled with.
    act = "if s.mark[i] == 0:\n        s.note[o] = Note()\n    else:\n        s.note[o].kind = Kind.ABOUT"
    fine = "all(s.note[o].kind != Kind.ABOUT or s.mark[s.note[o].item] == 0 for o in Owner)"
    refused(folder, "s.note[o].kind = Kind.ABOUT", act=act, fine=fine)


def test_rounds_that_depend_on_each_other(folder):
    act = "for j in Item:\n        if all(s.mark[k] == 0 for k in Item):\n            s.mark[j] = 1"
    assert "a round of the loop over Item reads `mark`" in refused(folder, "all(s.mark[k] == 0", act=act)


def test_a_mistake_that_the_order_decides(folder):
    act = "require(any(s.mark[j] == 2 for j in Item))\n    s.count = s.count + 1"
    assert "count" in ground(model(folder, act=act)).actions[0].checks[0].message
    assert accepted(folder, act=act)  # a mistake, but in no order
    act = "for j in Item:\n        s.mark[j] = s.mark[j] + s.count"
    message = refused(folder, "s.mark[j] + s.count", act=act)
    assert "may be made or not, depending on the order of the elements" in message


def test_settings_that_rule_a_name_out(folder):
    settings = (
        "@settings\nclass Settings:\n    first: bool = False\n\nclass State(Variables):\n    settings: Settings\n"
    )
    text = HEADER.replace("{items}", "2").replace("class State(Variables):\n", settings) + MODEL
    act = "require(not s.settings.first or i == Item(0))\n    s.mark[i] = 1"
    made = model_of(folder, text.replace("{start}", "pass").replace("{act}", act).replace("{fine}", "s.count == 0"))
    assert symmetry(ground(made), ["Item"]).elements == {"Item": (0, 1)}
    with pytest.raises(UsageError, match="the model names i1"):
        symmetry(ground(made, made.settings(first=True)), ["Item"])


def test_sorts_that_are_not_there(folder):
    made = ground(model(folder))
    with pytest.raises(UsageError, match=r"no sort 'Itm'; did you mean Item\? The sorts are: Item, Owner, all"):
        symmetry(made, ["Itm"])
    with pytest.raises(UsageError, match="Item has but one element in this scope"):
        symmetry(ground(model(folder, items=1)), ["Item"])


def test_too_many_permutations(folder):
    with pytest.raises(UsageError, match=r"6 of Item have 720 permutations; at most 120 are tried"):
        accepted(folder, items=6)


def test_all_takes_those_that_fit(folder):
    act = "require(o == Owner(0))\n    s.mark[i] = 1"
    assert symmetry(ground(model(folder, act=act)), ["all"]).elements == {"Item": (0, 1)}
    with pytest.raises(UsageError, match="of no sort can two elements change places"):
        symmetry(ground(model(folder, act=f"{act}\n    s.holds[o, Item(0)] = True")), ["all"])


def element(*ranges):
    """A model of cells alone: the first two hold an element or nothing, as the third and fourth say."""
    b = Builder(**{f"c{number}": limits for number, limits in enumerate(ranges)})
    grounded = b.grounded(tuple(low for low, _ in ranges))
    swapped, silent = (1, 0, 2), frozenset({(0,)})
    moved = (Moved(0, 1, swapped, (2,), silent), Moved(1, 0, swapped, (3,), silent), Moved(2, 3), Moved(3, 2))
    return grounded, Symmetry(grounded, {"Node": (0, 1)}, (Image(moved),), True)


def test_a_field_is_kept_with_the_one_that_says_whether_it_means_an_element():
    _, made = element((0, 2), (0, 2), (0, 1), (0, 1))
    assert made.closed({0}) == {0, 1, 2} and made.closed({1}) == {0, 1, 3}
    assert made.closed({2}) == {2, 3}


def test_a_cell_that_holds_elements_has_room_for_any():
    """Tightened to what is reached, yet a permutation makes any element of it that changes places."""
    grounded, made = element((0, 2), (0, 2), (0, 1), (0, 1))
    tight = tuple(replace(cell, high=1) for cell in grounded.cells)
    found = made.on(replace(grounded, cells=tight)).grounded.cells
    assert [(cell.low, cell.high) for cell in found] == [(0, 2), (0, 2), (0, 1), (0, 1)]
