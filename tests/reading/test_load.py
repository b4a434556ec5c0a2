"""What a model that is right is read as."""

from __future__ import annotations

import dataclasses
import os
import sys

import pytest

from checker import ir, plain
from checker.backends.python import compile_program
from checker.grounding.evaluation import evaluate
from checker.grounding.ground import ground
from checker.reading import load
from tests.reading.sources import VOCABULARY, action, condition, load_text


def body(folder, text):
    return load_text(folder, text).actions[0].body


def test_types_keep_the_names_of_their_limits(tmp_path):
    variables = dict(load_text(tmp_path, action("pass")).variables)
    lsn = ir.IntType(0, "records")
    node = ir.SortType("Node", "nodes", None)
    page = ir.RecordType("Page", (("lsn", lsn), ("dirty", ir.BoolType())), None)
    assert list(variables) == ["role", "flushed", "page", "control", "busy"]
    assert variables["flushed"] == ir.MapType((node,), lsn)
    assert variables["page"] == ir.MapType((node, lsn), page)
    assert variables["control"] == page
    assert variables["busy"] == ir.BoolType()


def test_a_file_is_read_as_it_stands(tmp_path, monkeypatch):
    """Also where it has the size and the second that it had before, by which Python knows its bytecode."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    path = tmp_path / "model_edited_at_once.py"
    found = []
    for milliseconds in (0, 1):
        path.write_text(condition("k == FIRST") + f"\nFIRST = {milliseconds}\n")
        os.utime(path, ns=(10**18, 10**18 + 10**6 * milliseconds))
        found.append(load(str(path)).actions[0].body)
    assert found[0] != found[1]


def test_an_action_has_its_parameters_and_its_text(tmp_path):
    act = load_text(tmp_path, action('"""Does it.', "", "   Twice.", '"""', "pass")).actions[0]
    assert [(name, str(kind)) for name, kind in act.parameters] == [
        ("n", "Node"),
        ("m", "Node"),
        ("k", "int from 0 to records"),
    ]
    assert act.doc.splitlines()[0] == "Does it."
    assert act.at.text.startswith("def act(")
    assert act.body == ()


def test_names_that_python_resolved_are_values(tmp_path):
    (required,) = body(tmp_path, condition("s.role[Node(1)] == Role.STANDBY"))
    left, right = required.condition.arguments
    assert (left.variable, left.keys[0].value, right.value) == ("role", 1, 1)


def test_a_helper_is_inlined(tmp_path):
    (required,) = body(tmp_path, condition("newest(s, n) == k"))
    left, right = required.condition.arguments
    assert (left.variable, left.keys[0].name, right.name) == ("flushed", "n", "k")


def test_an_argument_that_may_fail_is_computed_once(tmp_path):
    (required,) = body(tmp_path, condition("0 <= s.page[n, k].lsn + 1 < 3"))
    assert isinstance(required.condition, ir.Let)
    first, second = required.condition.body.arguments
    assert first.arguments[1].name == second.arguments[0].name == required.condition.name


def test_a_record_made_takes_its_defaults(tmp_path):
    (assign,) = body(tmp_path, action("s.control = Page(dirty=True)"))
    assert [value.value for value in assign.value.values] == [0, 1]


def test_a_procedure_holds_its_arguments_as_they_are(tmp_path):
    text = VOCABULARY + (
        "def move(s: State, n: Node, to: Lsn) -> None:\n    s.flushed[n] = 0\n    s.control.lsn = to\n"
        "@action\ndef act(s: State, n: Node) -> None:\n    move(s, n, s.flushed[n])\n"
    )
    held, first, second = body(tmp_path, text)
    assert isinstance(held, ir.Define)
    assert held.value.variable == "flushed"
    assert isinstance(first, ir.Assign)
    assert second.value.name == held.name


def test_conditions_before_a_later_for_stay_before_it(tmp_path):
    (required,) = body(tmp_path, condition("all(s.busy for a in Node if s.busy for b in Node for c in Pair)"))
    outer = required.condition
    assert [name for name, _ in outer.variables] == ["a"]
    assert outer.where is not None
    assert [name for name, _ in outer.body.variables] == ["b", "c"]
    assert outer.body.where is None


def properties(folder, text):
    """The bodies of the invariants of a model, without their places."""
    text = VOCABULARY + "@action\ndef act(s: State) -> None:\n    pass\n" + text
    return [item.body for item in load_text(folder, text).properties]


def unplaced(item):
    """An expression as text, without where it stands and which helper it came from."""
    if isinstance(item, ir.Expr | ir.Span):
        fields = [f.name for f in dataclasses.fields(item) if f.name not in ("at", "call")]
        return f"{type(item).__name__}({', '.join(unplaced(getattr(item, name)) for name in fields)})"
    return f"[{', '.join(map(unplaced, item))}]" if isinstance(item, tuple) else repr(item)


@pytest.mark.parametrize("written", ["{0, 1}", "[0, 1]", "FEW", "MANY"])
def test_what_stands_behind_in_may_have_a_name(tmp_path, written):
    text = "FEW = (0, 1)\nMANY = frozenset({1, 0})\n" + "".join(
        f"@invariant\ndef {name}(s: State) -> bool:\n    return s.control.lsn not in {behind}\n"
        for name, behind in (("displayed", "(0, 1)"), ("written", written))
    )
    displayed, found = properties(tmp_path, text)
    assert unplaced(found) == unplaced(displayed)


def test_a_local_name_may_have_a_type(tmp_path):
    typed = action("p: Page = s.control", "x: int = p.lsn + 1", "s.flushed[n] = x")
    plain = action("p = s.control", "x = p.lsn + 1", "s.flushed[n] = x")
    (held, assigned), (held_plain, assigned_plain) = body(tmp_path, typed), body(tmp_path, plain)
    assert unplaced(held.value) == unplaced(held_plain.value)
    assert unplaced(assigned.value) == unplaced(assigned_plain.value)


LOOPS = """
@invariant
def looped(s: State) -> bool:
    for a in Node:
        if s.role[a] == Role.STANDBY:
            lsn: int = s.flushed[a]
            for b in Node:
                if a != b and s.flushed[b] > lsn:
                    return False
    return not s.busy
@invariant
def quantified(s: State) -> bool:
    return not any(
        s.role[a] == Role.STANDBY and any(a != b and s.flushed[b] > s.flushed[a] for b in Node) for a in Node
    ) and not s.busy
"""


def test_a_loop_that_returns_is_what_python_makes_of_it(tmp_path):
    """In every state that the types allow, of a model in which everything may change."""
    changes = (
        "@action\ndef role(s: State, n: Node, r: Role) -> None:\n    s.role[n] = r\n"
        "@action\ndef flush(s: State, n: Node, k: Lsn) -> None:\n    s.flushed[n] = k\n"
        "@action\ndef busy(s: State) -> None:\n    s.busy = not s.busy\n"
    )
    grounded = ground(load_text(tmp_path, VOCABULARY + changes + LOOPS))
    looped, quantified = grounded.properties
    items = grounded.model.properties
    seen = set()
    for level in explored(grounded):
        for state in level:
            plainly = plain.decode(grounded, state)
            held = evaluate(looped.body, state)
            assert held == evaluate(quantified.body, state)
            assert [held, held] == [plain.holds(item, plainly) for item in items]
            seen.add(held)
    assert seen == {0, 1}


def explored(grounded):
    """The states of a grounded model, each once, level by level."""
    program = compile_program(grounded)
    seen = frontier = set(program.initials)
    while frontier:
        yield [program.unpack(state) for state in frontier]
        frontier = {after for state in frontier for _, after in program.expand(state)} - seen
        seen = seen | frontier


def test_names_are_unique_within_an_action(tmp_path):
    first, second = body(tmp_path, action("require(all(s.busy for x in Node))", "require(any(s.busy for x in Node))"))
    assert first.condition.variables[0][0] == "x"
    assert second.condition.variables[0][0] != "x"


def test_a_package_is_read_module_by_module(tmp_path, monkeypatch):
    package = tmp_path / "packaged_model"
    package.mkdir()
    (package / "words.py").write_text(VOCABULARY.split("NAMES")[0])
    head = "from model.language import *\nfrom packaged_model.words import State, Node\n"
    (package / "late.py").write_text(head + "@action\ndef b(s: State) -> None:\n    s.busy = True\n")
    early = "@initial\ndef start(s: State) -> None:\n    pass\n@action\ndef a(s: State, n: Node) -> None:\n    pass\n"
    (package / "early.py").write_text(head + early)
    (package / "__init__.py").write_text('"""A model in parts."""\nfrom packaged_model import words, late, early\n')
    monkeypatch.syspath_prepend(str(tmp_path))
    model = load("packaged_model")
    assert [step.name for step in model.actions] == ["b", "a"]
    assert (model.name, model.doc) == ("packaged_model", "A model in parts.")
    assert model.module is sys.modules["packaged_model"]
    assert model.actions[1].at.file.endswith("early.py")


def test_files_of_one_name_do_not_mix(tmp_path):
    models = []
    for folder, value in (("one", "True"), ("two", "False")):
        (tmp_path / folder).mkdir()
        path = tmp_path / folder / "twin_model.py"
        path.write_text(action(f"s.busy = {value}"))
        models.append(load(str(path)))
    assert [model.actions[0].body[0].value.value for model in models] == [1, 0]
    assert models[0].state is not models[1].state


def test_a_file_that_is_read_twice_is_called_by_its_name_both_times(tmp_path):
    path = tmp_path / "thing.py"
    path.write_text(action("pass"))
    first, second = load(str(path)), load(str(path))
    assert first.module.__name__ != second.module.__name__
    assert (first.name, second.name) == ("thing", "thing")
