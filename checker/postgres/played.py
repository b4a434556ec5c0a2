"""Rows of the table in which a second node is promoted: what comes back then is not A alone.

Each is played as it is, not staged as the scenarios are, and judged against the end of a behaviour of the model.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from checker.postgres.behaviour import Behaviour, last_state, trace_of
from checker.postgres.behaviours import DATA_FLUSH, FAILOVER, REFUSED
from checker.postgres.outcomes import Outcome
from checker.postgres.prediction import outcome_of
from checker.postgres.programs import Programs
from checker.postgres.replaying import replay_trace
from checker.postgres.run import Result
from checker.postgres.scenarios import SCENARIOS, Scenario
from checker.postgres.uncoordinated import promote_uncoordinated
from checker.postgres.waiting import ConditionNotMet
from model.vocabulary import Node

B = Node(1)
Shown = tuple[Outcome, dict[str, str], list[str]]
"""How the return ended, facts by name, and what speaks for it."""


@dataclass(frozen=True)
class Played:
    """One row of the table; `play` does it on servers of its own and says what it saw."""

    name: str
    summary: str
    foretold: Behaviour
    play: Callable[[Behaviour, Programs], Shown]
    returned: Node = B
    remark: str = ""

    @cached_property
    def expected(self) -> Outcome:
        """How the return must end. Raises NotPossible or NoOutcome when the model does not say."""
        return outcome_of(last_state(self.foretold), self.returned)

    def run(self, programs: Programs) -> Result:
        """Plays it. Raises MissingProgram, NodeFailed, ConditionNotMet."""
        begun = time.monotonic()
        outcome, facts, evidence = self.play(self.foretold, programs)
        return Result(self, outcome, facts, evidence, time.monotonic() - begun)


def _replayed(foretold: Behaviour, programs: Programs) -> Shown:
    """Step by step, as `checker replay` does. Raises ConditionNotMet where a step, or the end, came out otherwise."""
    done = replay_trace(trace_of(foretold), programs)
    otherwise = next((step for step in done.steps if not step.agrees), None)
    if otherwise is not None:
        raise ConditionNotMet(f"step {otherwise.number}, {otherwise.label}, came out otherwise")
    if not done.agrees:
        raise ConditionNotMet(f"{done.shown}, not {done.predicted}")
    end = done.shown.partition(";")[0]
    if end not in list(Outcome):
        raise ConditionNotMet(f"{end} is no outcome of a return")
    return Outcome(end), {"steps": str(len(done.steps))}, done.evidence


def _uncoordinated(foretold: Behaviour, programs: Programs) -> Shown:
    """As the behaviour has it, with nothing to rewind. Raises ConditionNotMet where pg_rewind said otherwise."""
    seen = promote_uncoordinated(programs)
    if "no rewind required" not in seen.rewind:
        raise ConditionNotMet(f"pg_rewind said: {seen.rewind}")
    outcome = Outcome.IDENTICAL if seen.returned_rows == seen.primary_rows else Outcome.SILENT_DIVERGENCE
    rows = f"rows on the returned node {seen.returned_rows}, on its primary {seen.primary_rows}"
    return outcome, {**seen.facts, "rewind": seen.rewind}, [rows]


def _promoted(node: str) -> tuple[str, ...]:
    steps = ("promote", "replay*", "begin_timeline", "insert_end_of_recovery", "flush_wal", "open_for_writes")
    return tuple(f"{step.rstrip('*')}({node}){'*' if step.endswith('*') else ''}" for step in steps)


PROMOTED_NODE_LOST = Behaviour(
    (
        *(*FAILOVER, *REFUSED, "crash(B)", *_promoted("A"), "cut_tail(B)", "start_as_standby(B)", "replay(B)*"),
        *("connect(B)", "receive(B)", "fsync_wal(B)", "replay(B)*"),
    ),
    {**DATA_FLUSH, "tail": "cut"},
    {"records": 1, "promotions": 2},
)

UNCOORDINATED = Behaviour(
    (
        *(*_promoted("B"), "crash(B)", "update_page(A, p1, x1)", "flush_wal(A)", "receive(C)", *_promoted("C")),
        *("find_nothing_to_rewind(B, C)", "start_as_standby(B)", "replay(B)*", "connect(B)"),
        *("receive(B, C)", "fsync_wal(B)", "replay(B)*"),
    ),
    {**DATA_FLUSH, "tail": "rewind", "wal_log_hints": "true", "promote": "any"},
    {"nodes": 3, "records": 1, "promotions": 2},
)

PLAYED = (
    Played(
        "promoted_node_lost",
        "A to B to A: B is lost before its first checkpoint as the primary, its timeline cut off, and comes back",
        PROMOTED_NODE_LOST,
        _replayed,
    ),
    Played(
        "uncoordinated_promotions",
        "two promotions that do not see each other pick one timeline ID: pg_rewind of the one against the other",
        UNCOORDINATED,
        _uncoordinated,
        remark="see uncoordinated-promotions.md: the two logs are filled up, so that one goes on where the other ends",
    ),
)

ROWS: tuple[Scenario | Played, ...] = (*SCENARIOS, *PLAYED)
"""All rows of the table."""
