"""Random claims, traces and models: each is read, or refused with a message that says where; nothing else happens.

More of the same, for as long as one likes: `python -m tests.hardness.long SECONDS SEED`.
"""

from __future__ import annotations

import copy
import json
import random
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker import plain
from checker.explore import explore
from checker.gate import CODES, check
from checker.grounding.ground import ground
from checker.reading import ModelError, load
from checker.report.explore import traces_of
from checker.run import Request, run
from checker.spec import _KEYS as SPEC_KEYS
from checker.spec import Spec, SpecError, read
from checker.traces.itf import ItfError, read_itf, trace_from_itf, trace_to_itf
from checker.traces.replay import NotReplayed, replay
from tests.cli.models import ROOT, TANK
from tests.hardness.faults import CLAIM
from tests.hardness.mutations import mutated

MODELS = ROOT / "tests" / "models"
SOURCES = [
    (MODELS / name).read_text()
    for name in ("lock.py", "features.py", "cli/tank.py", "two_phase_commit.py", "peterson.py", "lint/shop.py")
]
QUICK = settings(max_examples=60, deadline=None, database=None, derandomize=True)


# --- models -------------------------------------------------------------------------------------------------


def read_changed(seed, folder):
    """Reads, grounds and explores one changed model; how it ended."""
    chance = random.Random(seed)
    path = folder / f"changed_{seed}.py"
    path.write_text(mutated(chance.choice(SOURCES), chance), encoding="utf-8", errors="replace")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python's own, of odd but valid sources
            grounded = ground(load(str(path)))
            decided = [item.name for item in grounded.properties if item.kind != "eventually"]
            explore(grounded, properties=decided, states=200, engine="python")
    except ModelError as error:
        assert str(error)
        return "refused"
    finally:
        for name in [name for name in sys.modules if name.startswith("changed_")]:
            del sys.modules[name]
    return "read"


@pytest.mark.parametrize("part", range(4))
def test_changed_models(part, tmp_path):
    ends = [read_changed(seed, tmp_path) for seed in range(part * 30, part * 30 + 30)]
    assert set(ends) == {"read", "refused"}


# --- claims -------------------------------------------------------------------------------------------------

VALUES = st.recursive(
    st.one_of(st.booleans(), st.integers(-5, 10**30), st.text(max_size=8), st.sampled_from(["exhausted", "violated"])),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=5,
)
KEYS = st.sampled_from([*SPEC_KEYS, "odd"])


def toml(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value)


def judged(text, folder):
    """Reads a claim as text, and checks it if it is one."""
    path = folder / "claim.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    try:
        assert isinstance(read(path), Spec)
    except SpecError as error:
        assert str(error).startswith(str(path))
    outcome = check(path)
    assert outcome.word in CODES
    assert outcome.word == "as claimed" or outcome.message or outcome.differences


@QUICK
@given(st.one_of(st.binary(max_size=200), st.text(max_size=200)))
def test_claims_of_any_bytes(tmp_path_factory, text):
    judged(text, tmp_path_factory.getbasetemp())


@QUICK
@given(st.dictionaries(KEYS, VALUES, max_size=6), st.booleans())
def test_claims_of_any_values(tmp_path_factory, table, real):
    """With `real` the rest is that of a true claim."""
    start = {"title": "t", "why": "w", "model": TANK, "expect": {"never_over": "exhausted", "fills_up": "reached"}}
    made = {**(start if real else {}), **table}
    judged("\n".join(f"{key} = {toml(value)}" for key, value in made.items()), tmp_path_factory.getbasetemp())


@QUICK
@given(st.integers(0, len(CLAIM)), st.integers(0, 30), st.text(max_size=5))
def test_claims_with_a_piece_replaced(tmp_path_factory, start, length, new):
    judged(CLAIM[:start] + new + CLAIM[start + length :], tmp_path_factory.getbasetemp())


# --- traces -------------------------------------------------------------------------------------------------

ODD: list[Any] = [None, True, 0, -1, 1.5, 10**400, "", "x", [], {}, [[]], {"#bigint": "9" * 6000}, {"#bigint": None},
       {"#map": [[1]]}, {"#map": [[[], {}]]}, {"#tup": 3}, {"#tup": [{}]}, {"#set": [1]}, {"tag": "Some"}]  # fmt: skip


@pytest.fixture(scope="module")
def traces():
    lock = run(Request(str(MODELS / "lock.py"), sets=(("dies", "true"),), liveness=True))
    return [*traces_of(lock).values(), *traces_of(run(Request(TANK, mode="open"))).values()]


def paths(document, above=()):
    yield above
    inner = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, value in inner:
        yield from paths(value, (*above, key))


def changed(document, chance):
    document = copy.deepcopy(document)
    for _ in range(chance.randint(1, 3)):
        *above, last = chance.choice([path for path in paths(document) if path] or [()])
        owner = document
        for key in above:
            owner = owner[key]
        if chance.random() < 0.3:
            del owner[last]
        else:
            owner[last] = copy.deepcopy(chance.choice(ODD))
    return document


def test_changed_traces(traces):
    """What is read though it was changed is a trace, and plain execution says whether it is a behaviour."""
    ends = {"refused": 0, "read": 0}
    for seed in range(1500):
        chance = random.Random(seed)
        trace = chance.choice(traces)
        try:
            found = trace_from_itf(changed(trace_to_itf(trace), chance), trace.grounded)
        except ItfError:
            ends["refused"] += 1
            continue
        ends["read"] += 1
        assert all(
            cell.low <= value <= cell.high
            for state in found.states
            for cell, value in zip(trace.grounded.cells, state, strict=True)
        )
        try:
            replay(found)
        except NotReplayed:
            continue
        assert plain.encode(trace.grounded, plain.decode(trace.grounded, found.states[-1])) == found.states[-1]
    assert min(ends.values()) > 100


@pytest.mark.parametrize(
    "text",
    [
        b"\xff",
        b"[1" * 100_000,
        b'{"a":' * 100_000,
        b"1" * 10_000,
        b'{"states":[' + b"1" * 9000 + b"]}",
        b"",
        b"NaN",
        b"{}",
    ],
    ids=[
        "no UTF-8",
        "deep lists",
        "deep objects",
        "a long number",
        "a long number in states",
        "empty",
        "NaN",
        "nothing",
    ],
)
def test_files_that_are_no_traces(traces, tmp_path, text):
    path = tmp_path / "x.itf.json"
    path.write_bytes(text)
    with pytest.raises(ItfError):
        read_itf(path, traces[0].grounded)


def test_a_trace_that_is_no_file(traces):
    with pytest.raises(ItfError, match="is no file"):
        read_itf(Path("/dev/zero"), traces[0].grounded)
