"""The choice of the engine, and that it makes no difference to what is found."""

from __future__ import annotations

import pytest

from checker.backends.python import compile_program
from checker.explore import NoNativeEngine, compiled, engine, explore
from checker.explore.limits import Terms
from checker.grounding import terms
from checker.grounding.ground import ground
from checker.reading import load
from model.settings import Mode, Settings
from model.state import Bounds
from tests.native.test_compiled_search import told
from tests.small_models import Builder, bits, counter


def flips(count):
    b = bits(count)
    b.invariant("few", b.op("not", b.all(b["bit0"], b["bit1"])))
    return b.grounded((0,) * count)


def test_a_small_space_is_searched_by_generated_python():
    result = explore(flips(5))
    assert (result.engine, result.states, result.note) == ("python", 32, "")


def test_a_larger_space_grows_out_of_generated_python(monkeypatch):
    monkeypatch.setattr(engine, "SMALL", 100)
    grown, kept = explore(flips(8)), explore(flips(8), engine="python")
    assert (grown.engine, kept.engine) == ("native", "python")
    assert told(grown) == told(kept)
    assert grown.states == 256


def test_a_violation_found_before_growing_out_is_enough_for_first(monkeypatch):
    monkeypatch.setattr(engine, "SMALL", 100)
    result = explore(flips(12), first=True)
    assert (result.engine, result.stopped, result.finding("few").depth) == ("python", "first", 2)


def test_a_limit_of_states_below_the_small_size_needs_no_other_engine():
    result = explore(flips(14), states=500)
    assert (result.engine, result.stopped) == ("python", "states")


def test_a_limit_of_states_above_the_small_size_holds_for_the_other_engine(monkeypatch):
    monkeypatch.setattr(engine, "SMALL", 100)
    result = explore(flips(14), states=5000)
    assert (result.engine, result.stopped) == ("native", "states")
    assert 5000 <= result.states < 2**14


def test_where_packages_are_missing_generated_python_goes_on_and_says_so(monkeypatch):
    monkeypatch.setattr(engine, "SMALL", 100)
    monkeypatch.setattr(engine, "NEEDED", ("numpy", "no_such_package"))
    result = explore(flips(8))
    assert (result.engine, result.states, result.stopped) == ("python", 256, None)
    assert "no_such_package" in result.note and "numpy" not in result.note
    assert explore(flips(5)).note == ""
    with pytest.raises(NoNativeEngine, match="no_such_package"):
        explore(flips(5), engine="native")


def test_numbers_too_large_for_machine_words_are_left_to_generated_python(monkeypatch):
    monkeypatch.setattr(engine, "SMALL", 4)
    b = Builder(n=(0, 9), large=(0, 2**70))
    larger = terms.add(terms.cell(1, 0, 2**70), terms.constant(2**66))
    b.action("up", b.op("<", b["n"], 9), {"n": b.op("+", b["n"], 1), "large": larger})
    result = explore(b.grounded((0, 0)))
    assert (result.engine, result.states) == ("python", 10)
    assert "large" in result.note
    with pytest.raises(NoNativeEngine, match="large"):
        explore(b.grounded((0, 0)), engine="native")


def test_ctrl_c_before_the_other_engine_begins_tells_what_was_found(monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(engine, "SMALL", 100)
    monkeypatch.setattr(engine, "_native", interrupted)
    result = explore(flips(10))
    assert result.stopped == "interrupted"
    assert 100 <= result.states < 2**10
    assert result.finding("few").word == "violated"


def test_better_code_takes_over_in_the_middle_of_a_search(monkeypatch):
    monkeypatch.setattr(compiled, "LONG", 1)
    monkeypatch.setattr(compiled, "PATIENCE", 1)
    grounded = flips(13)
    program = compiled.NativeProgram(grounded, grounded.properties)
    before = program.addresses
    search = compiled.CompiledSearch(program, Terms(memory=64 << 20))
    search.run()
    search.improved.join()
    assert program.addresses != before
    assert told(search.result(compile_program(grounded))) == told(explore(grounded, engine="python"))


def test_progress_is_told_with_numbers_that_fit_the_search():
    told_of = []
    search = compiled.CompiledSearch(compiled.NativeProgram(counter(999).grounded((0,)), ()), Terms(memory=64 << 20))
    search.reporter.callback, search.reporter.told = told_of.append, float("-inf")
    search.run()
    assert told_of
    assert all(0 <= at.queue <= at.states <= 1000 and at.transitions <= 999 for at in told_of)


@pytest.mark.parametrize("mode", [Mode.COMMIT, Mode.DATA_FLUSH])
def test_the_protocol_is_searched_alike(mode):
    grounded = ground(load("model"), Settings(mode=mode), Bounds(records=2))
    native, python = explore(grounded, engine="native"), explore(grounded, engine="python")
    assert native.exhausted
    assert told(native) == told(python)
    for mine, other in zip(native.findings, python.findings, strict=True):
        assert (mine.trace is None) == (other.trace is None)
