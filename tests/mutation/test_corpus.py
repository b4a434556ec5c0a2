"""The seeded faults apply to the tree as it is, and what tries them tells a caught one from one that survives."""

from __future__ import annotations

import ast

import pytest

from tests.mutation.corpus import ROOT, Fault, corpus, exists, subjects
from tests.mutation.page import page, rows
from tests.mutation.trial import Trial, run, tried


@pytest.mark.parametrize("fault", corpus(), ids=lambda fault: fault.name)
def test_a_fault_applies_and_its_tests_exist(fault):
    assert fault.problem(ROOT) == ""
    changed = (ROOT / fault.file).read_text().replace(fault.old, fault.new)
    if fault.file.endswith(".py"):
        ast.parse(changed)
    assert fault.why.endswith(".") and "\n" not in fault.why


def test_there_are_many_and_each_is_another():
    faults = corpus()
    assert len(faults) >= 60
    assert len(subjects()) >= 10
    assert len({(fault.file, fault.old, fault.new) for fault in faults}) == len(faults)


@pytest.fixture
def tree(tmp_path):
    """A tree of one module and its tests."""
    (tmp_path / "adding.py").write_text("def add(a, b):\n    return a + b\n")
    (tmp_path / "test_adding.py").write_text(
        "import adding\n\n\n"
        "def test_sum():\n    assert adding.add(2, 2) == 4\n\n\n"
        "def test_it_adds():\n    adding.add(1, 1)\n"
    )
    return tmp_path


def fault(new, *tests):
    return Fault("adding-1", "adding.py", "a + b", new, tests, "It does not add.")


def test_what_is_caught_and_what_survives(tree):
    text = (tree / "adding.py").read_text()
    caught = tried(fault("a - b", "test_adding.py"), tree, ["test_adding.py"])
    assert (caught.failed, caught.caught) == (("test_adding.py::test_sum",), True)
    survived = tried(fault("a * b", "test_adding.py"), tree, ["test_adding.py"])
    assert (survived.failed, survived.ended, survived.caught) == ((), True, False)
    assert (tree / "adding.py").read_text() == text


def test_a_program_that_dies_or_does_not_end_is_caught(tree, monkeypatch):
    dies = tried(fault("__import__('os').abort()", "test_adding.py"), tree, ["test_adding.py"])
    assert dies.caught and dies.failed == ("the process died",)
    monkeypatch.setattr("tests.mutation.trial.LIMIT", 3.0)
    endless = tried(fault("add(*iter(lambda: 1, 2))", "test_adding.py"), tree, ["test_adding.py"])
    assert (endless.failed, endless.ended, endless.caught) == ((), False, True)


def test_tests_that_were_not_run_catch_nothing(tree):
    with pytest.raises(RuntimeError, match="exit code"):
        run(tree, ["test_adding.py::test_nothing"])


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"old": "a - b"}, "its text occurs 0 times in adding.py"),
        ({"old": "a"}, "its text occurs 3 times in adding.py"),
        ({"new": "a + b"}, "it changes nothing"),
        ({"file": "gone.py"}, "there is no gone.py"),
        ({"tests": ()}, "no test is meant to catch it"),
        ({"tests": ("test_adding.py::test_sums",)}, "there is no test test_adding.py::test_sums"),
    ],
)
def test_a_fault_that_does_not_apply_is_refused(tree, change, why):
    given = {**vars(fault("a - b", "test_adding.py::test_sum")), **change}
    assert Fault(**given).problem(tree) == why
    with pytest.raises(ValueError, match="adding-1"):
        Fault(**given).apply(tree)


def test_a_page_keeps_the_rows_of_what_was_not_tried():
    first, second, *_ = corpus()
    before = page([Trial(first, ("tests/a.py::test_b[1]", "tests/a.py::test_b[2]"), True, 1.0)])
    assert rows(before)[first.name].endswith("| `test_b` |") and "1 of 1 are caught" in before
    after = page([Trial(second, (), True, 1.0)], before)
    assert list(rows(after)) == [first.name, second.name] and "1 of 2 are caught" in after
    assert rows(page([Trial(second, (), False, 1.0)], after))[second.name].endswith("| it does not end |")


def test_a_test_is_found_by_its_name(tree):
    assert exists("test_adding.py", tree)
    assert exists("test_adding.py::test_sum[1-2]", tree)
    assert not exists("test_adding.py::add", tree)
    assert not exists("gone.py::test_sum", tree)
