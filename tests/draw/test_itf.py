"""The Informal Trace Format: what is written, that itf-py understands it, and that reading gives the trace back."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import itf_py
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.grounding.grounded import State
from checker.traces.itf import ItfError, read_itf, trace_from_itf, trace_to_itf, write_itf
from checker.traces.trace import Trace
from tests.draw.replication import ACTIONS, PAGE_AHEAD, behaviour, grounded, instance, limits

MODEL = grounded()


def every_action() -> list[Any]:
    """One instance a choice of arguments, of every action of the model."""
    made = []
    for name, _, given_parameters in ACTIONS:
        choices: list[tuple[int, ...]] = [()]
        for _, kind in given_parameters:
            low, high = limits(kind, 2)
            choices = [(*chosen, value) for chosen in choices for value in range(low, high + 1)]
        made += [instance(MODEL, name, chosen) for chosen in choices]
    return made


WHOLE = replace(MODEL, actions=tuple(every_action()))
states = st.tuples(*(st.integers(cell.low, cell.high) for cell in MODEL.cells))


@st.composite
def traces(draw: st.DrawFn) -> Trace:
    """Any states with any actions between them: the format does not care whether they can follow each other."""
    visited: list[State] = draw(st.lists(states, min_size=1, max_size=4))
    taken = [draw(st.sampled_from(WHOLE.actions)) for _ in visited[1:]]
    shows = draw(st.sampled_from([None, "page_within_standby", "deadlock"]))
    return Trace(WHOLE, tuple(visited), tuple(taken), shows)


@settings(deadline=None)
@given(traces())
def test_reading_gives_back_what_was_written(trace: Trace) -> None:
    document = json.loads(json.dumps(trace_to_itf(trace)))
    assert trace_from_itf(document, WHOLE) == trace


@settings(deadline=None)
@given(traces())
def test_itf_py_keeps_a_trace_as_it_is(trace: Trace) -> None:
    document = trace_to_itf(trace)
    again = itf_py.trace_to_json(itf_py.trace_from_json(document))
    assert again["states"] == document["states"]
    assert again["vars"] == document["vars"]
    assert trace_from_itf(again, WHOLE) == trace


def test_values_are_written_as_the_format_has_them() -> None:
    state = trace_to_itf(behaviour(MODEL, PAGE_AHEAD, "page_within_standby"))["states"][4]
    one, zero = {"#bigint": "1"}, {"#bigint": "0"}
    assert state["role"] == {"#map": [["A", "PRIMARY"], ["B", "STANDBY"]]}
    assert state["latest"] == one
    assert state["told"]["#map"][0] == [zero, False]
    assert state["buffer"]["#map"][0] == [{"#tup": ["A", "p1"]}, {"lsn": one, "dirty": False}]
    assert state["mbt::actionTaken"] == "write_page"
    assert state["mbt::nondetPicks"] == {"n": "A", "p": "p1"}
    assert state["#meta"] == {"index": 4, "action": "write_page(A, p1)"}


def test_itf_py_sees_sorts_as_strings_and_numbers_as_integers() -> None:
    read = itf_py.trace_from_json(trace_to_itf(behaviour(MODEL, PAGE_AHEAD)))
    last = read.states[-1].values
    assert last["role"]["A"] == "PRIMARY"
    assert last["wal_end"]["A"] == 1
    assert last["disk"]["A", "p1"].lsn == 1


def test_the_document_says_what_it_is_of() -> None:
    document = trace_to_itf(behaviour(MODEL, PAGE_AHEAD, "page_within_standby"))
    meta = document["#meta"]
    assert (meta["format"], meta["source"], meta["property"]) == ("ITF", "toy", "page_within_standby")
    assert meta["settings"] == {"guard": False}
    assert meta["bounds"] == {"nodes": 2}
    assert set(document["vars"]) == set(document["states"][0]) - {"#meta"}


def test_a_file_is_read_back(tmp_path: Path) -> None:
    trace = behaviour(MODEL, PAGE_AHEAD, "page_within_standby")
    path = tmp_path / "one.itf.json"
    write_itf(trace, path)
    assert read_itf(path, trace.grounded) == trace


def test_what_other_tools_write_is_read_too() -> None:
    """Plain numbers, no meta data, picks wrapped in Some."""
    trace = behaviour(MODEL, PAGE_AHEAD)
    document = json.loads(json.dumps(trace_to_itf(trace)).replace('{"#bigint": "1"}', "1"))
    del document["#meta"]
    for state in document["states"]:
        del state["#meta"]
        state["mbt::nondetPicks"] = {
            name: {"tag": "Some", "value": value} for name, value in state["mbt::nondetPicks"].items()
        }
    assert trace_from_itf(document, trace.grounded) == trace


def broken(change: Any) -> Any:
    document = trace_to_itf(behaviour(MODEL, PAGE_AHEAD))
    change(document["states"][1])
    return document


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda state: state.pop("latest"), "state 1 has no variable 'latest'"),
        (lambda state: state.update(latest={"#bigint": "7"}), r"state 1, latest: 7 is not within 1\.\.2"),
        (lambda state: state.update(latest="PRIMARY"), 'state 1, latest: "PRIMARY" is no integer'),
        (lambda state: state["role"]["#map"].pop(), r'state 1, role\[B\]: the map has no key "B"'),
        (lambda state: state["role"]["#map"][0].pop(), "every entry of a map must be a key and a value"),
        (lambda state: state["role"]["#map"][0].__setitem__(1, "KING"), '"KING" is none of "PRIMARY"'),
        (lambda state: state["told"]["#map"][0].__setitem__(1, 1), r"is none of false, true"),
        (lambda state: state["buffer"]["#map"][0][1].pop("lsn"), "the record has no field 'lsn'"),
        (lambda state: state.update(role=3), "must have '#map', a JSON array"),
        (lambda state: state["#meta"].update(action="abdicate(A)"), r"'abdicate\(A\)' is no action of the model"),
    ],
)
def test_a_document_of_another_model_is_refused(change: Any, message: str) -> None:
    model = behaviour(MODEL, PAGE_AHEAD).grounded
    with pytest.raises(ItfError, match=message):
        trace_from_itf(broken(change), model)


def test_a_document_without_states_is_refused() -> None:
    with pytest.raises(ItfError, match="must have 'states'"):
        trace_from_itf({"vars": []}, MODEL)
    with pytest.raises(ItfError, match="no states"):
        trace_from_itf({"states": []}, MODEL)


def test_a_file_that_is_not_json_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bad.itf.json"
    path.write_text("{")
    with pytest.raises(ItfError, match="is not JSON"):
        read_itf(path, MODEL)
