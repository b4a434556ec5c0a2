"""A trace of the model on real servers: step by step, each held against what can be seen, and so is the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg

from checker import plain
from checker.labels import parameters
from checker.postgres.arranged import Arranged
from checker.postgres.enacting import KNOWN, enact
from checker.postgres.enactment import PAGE, Enactment
from checker.postgres.feasible import NotDone, Unmapped
from checker.postgres.lsn import format_lsn, parse_lsn
from checker.postgres.moves import Step
from checker.postgres.node import Node, NodeFailed
from checker.postgres.observed import Observation, observe
from checker.postgres.outcomes import Outcome, refusal_in
from checker.postgres.prediction import outcome_of
from checker.postgres.programs import Programs
from checker.postgres.returning import Return, blocked_in, compare_data, replayed_on, take_over
from checker.postgres.waiting import ConditionNotMet, wait_until
from checker.traces.trace import Trace
from model import vocabulary as words
from model.language import within
from model.properties import P, page_as_in_history
from model.state import in_history


@dataclass(frozen=True)
class Done:
    """One step: what was done on the servers, what was seen after it, and what of that is not as it was before."""

    number: int
    label: str
    operation: str
    observations: list[Observation]
    news: list[Observation] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Whether everything seen is what the model has."""
        return all(seen.agrees for seen in self.observations)


@dataclass
class Replayed:
    """A trace on servers: the steps, the end as the model has it and as the servers show it, and the seconds."""

    trace: Trace
    major: int
    steps: list[Done] = field(default_factory=list)
    predicted: str = ""
    shown: str = ""
    evidence: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def agrees(self) -> bool:
        """Whether the servers did what the model says, at every step and at the end."""
        return self.predicted == self.shown and all(step.agrees for step in self.steps)


def replay_trace(trace: Trace, programs: Programs, told: Callable[[Done], None] = lambda step: None) -> Replayed:
    """Does every step of a trace on servers of their own, and removes them.

    Raises Unmapped for a step that cannot be done, what `run_scenario` raises when servers do not answer.
    """
    begun = time.monotonic()
    steps = _steps(trace)
    unknown = [step.label for step in steps if step.action not in KNOWN]
    if unknown:
        raise Unmapped(f"no server is known to do {', '.join(unknown)}")
    obstacle = _first_obstacle(steps, trace.grounded.settings)
    done = Replayed(trace, programs.major)
    try:
        _replay(steps, done, programs, told)
    except (ConditionNotMet, NodeFailed, NotDone, psycopg.Error) as problem:
        if obstacle is not None and len(done.steps) + 1 >= obstacle.number:
            raise Unmapped(str(obstacle)) from problem
        raise
    if obstacle is not None and not done.agrees and all(s.agrees for s in done.steps[: obstacle.number - 1]):
        raise Unmapped(str(obstacle))
    done.seconds = time.monotonic() - begun
    return done


def _replay(steps: list[Step], done: Replayed, programs: Programs, told: Callable[[Done], None]) -> None:
    trace = done.trace
    last = plain.decode(trace.grounded, trace.states[-1])
    with Enactment(plain.decode(trace.grounded, trace.states[0]), programs) as e:
        for number, step in enumerate(steps, 1):
            operation = enact(e, step)
            seen = observe(e, step.after)
            known = done.steps[-1].observations if done.steps else []
            news = [one for one in seen if one not in known]
            done.steps.append(Done(number, step.label, operation, seen, news))
            told(done.steps[-1])
        _judge(e, trace, last, done)


@dataclass(frozen=True)
class _Obstacle:
    """The first step that servers cannot be brought to do there, and not sooner or later: it may come out otherwise."""

    number: int
    label: str
    rule: str

    def __str__(self) -> str:
        return f"step {self.number}, {self.label}: {self.rule}"


def _first_obstacle(steps: list[Step], settings: Any) -> _Obstacle | None:
    arranged = Arranged(settings)
    for number, step in enumerate(steps, 1):
        rule = arranged.obstacle(step.before, step.action, step.arguments)
        if rule:
            return _Obstacle(number, step.label, rule)
        arranged.took(step.before, step.action, step.arguments)
    return None


def _steps(trace: Trace) -> list[Step]:
    named: list[tuple[str, Mapping[str, Any]]] = [
        (
            action.name,
            {name: plain.python_value(kind, value) for name, kind, value in parameters(trace.grounded, action)},
        )
        for action in trace.actions
    ]
    states = [plain.decode(trace.grounded, state) for state in trace.states]
    return [
        Step(action.label, *named[number], states[number], states[number + 1], named[number:])
        for number, action in enumerate(trace.actions)
    ]


# The end


def _judge(e: Enactment, trace: Trace, last: Any, done: Replayed) -> None:
    if trace.property == "acknowledged_commit_survives":
        done.predicted = _told_and_lost(_lost_in_model(last))
        done.shown, done.evidence = _lost_on_servers(e, last)
    elif last.outcome[returned_in(trace)] == words.Outcome.REWIND_REFUSED:
        done.predicted = "pg_rewind refuses"
        done.shown, done.evidence = "pg_rewind refuses" if "error" in e.rewind_said else "it does not", [e.rewind_said]
    elif last.outcome[returned_in(trace)] != words.Outcome.NONE:
        returned = _return(e, last, returned_in(trace))
        done.predicted, done.shown = outcome_of(last, returned_in(trace)), returned.outcome
        done.evidence = [returned.line] if returned.line else [str(one) for one in returned.differences]
        if trace.property is None:
            lost, told = _lost_on_servers(e, last)
            done.predicted, done.shown = (
                f"{done.predicted}; {_told_and_lost(_lost_in_model(last))}",
                f"{done.shown}; {lost}",
            )
            done.evidence += told
    else:
        # nothing came back: what can be seen in the last state is all there is
        seen = done.steps[-1].observations if done.steps else []
        done.predicted = ", ".join(f"{one.what} {one.model}" for one in seen)
        done.shown = ", ".join(f"{one.what} {one.server}" for one in seen)


def returned_in(trace: Trace) -> words.Node:
    """Who was started last as a standby; the first primary where nobody was."""
    starts = [action for action in trace.actions if action.name == "start_as_standby"]
    if not starts:
        return P
    values = {name: plain.python_value(kind, value) for name, kind, value in parameters(trace.grounded, starts[-1])}
    return words.Node(values["n"])


def _told_and_lost(commits: list[str]) -> str:
    return f"a client was told of what is lost: {', '.join(commits)}" if commits else "nothing told of is lost"


def _lost_in_model(s: Any) -> list[str]:
    held = [(t, k) for (t, k), told in s.told.items() if told and not _in_history(s, t, k)]
    return [f"position {k} of timeline {t + 1}" for t, k in held]


def _in_history(s: Any, t: int, position: int) -> bool:
    return in_history(s, s.latest, t, position)


def _lost_on_servers(e: Enactment, s: Any) -> tuple[str, list[str]]:
    """The commits that a client was told of and the newest timeline's history file has not."""
    name, timeline = e.timelines[s.latest]
    lines = (e.servers[name].node.pg_wal / f"{timeline:08X}.history").read_text().splitlines()
    history = {int(line.split("\t")[0]): parse_lsn(line.split("\t")[1]) for line in lines if line.strip()}
    lost = [
        f"position {k} of timeline {t + 1}"
        for (t, k), told in s.told.items()
        if told and e.ends[t, k] > history.get(e.timelines[t][1], 0) and e.timelines[t][1] != timeline
    ]
    said = [f"timeline {one} up to {format_lsn(end)}" for one, end in history.items()]
    commits = [
        f"told: {format_lsn(e.ends[t, k])} on timeline {e.timelines[t][1]}" for (t, k), told in s.told.items() if told
    ]
    return _told_and_lost(lost), [*commits, f"history of timeline {timeline}: {', '.join(said)}"]


def _return(e: Enactment, last: Any, returned: words.Node) -> Return:
    """How the last return ended: by the log, or when it streams, by comparing it with the new primary."""
    node = e.servers[returned.label(returned)].node
    log = node.log_since(e.returns[-1])
    if last.outcome[returned] != words.Outcome.STREAMING:
        refusal = refusal_in(log) or blocked_in(log)
        return Return(refusal.outcome, refusal.line) if refusal else Return(Outcome.IDENTICAL, "no refusal in the log")
    name, timeline = e.timelines[last.latest]
    primary = e.servers[name].node
    e.wake(name)
    # one that was given another upstream has had as much of it as the model's
    e.upstream_of(returned.label(returned)).release_all()
    _reveal(e, last, returned, name)
    primary.query("checkpoint")
    end = primary.flushed()
    wait_until(lambda: replayed_on(node, timeline) >= end, "the returned node to replay all there is")
    compared = compare_data(node, primary, e.first_xid, {PAGE} if e.dropped else ())
    takes_over = last.settings.prepared_transactions and not compared.differences
    return take_over(node, primary) if takes_over else compared


def _reveal(e: Enactment, last: Any, returned: words.Node, name: str) -> None:
    """Makes the new primary use the numbers of the tail's transactions, so that what is left of them can be seen.

    A row of the tail is seen when the number's next owner commits, a status when a crash ends its next owner.
    """
    node = e.servers[name].node
    with within(last.bounds):
        pages_alike = all(page_as_in_history(last, returned, p) for (n, p) in last.buffer if n == returned)
    if not pages_alike:
        _use_numbers(node, len(e.numbers))
    elif e.numbers:
        for _ in e.numbers:
            session = node.connect()
            session.execute("begin")
            session.execute("insert into marker values (1)")
        _use_numbers(node, 1)
        node.stop_immediate()
        node.start()


def _use_numbers(node: Node, count: int) -> None:
    with node.connect() as connection:
        connection.execute("set synchronous_commit = local")
        for _ in range(count):
            connection.execute("insert into marker values (2)")
