"""Trials of preflight against real servers: what it says before the old primary is started, and what then happens."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from random import Random

import psycopg

from checker.operator import cut as cutting
from checker.operator.decision import Decision, Finding
from checker.operator.inspection import Inspection
from checker.operator.new_primary import from_session
from checker.operator.old_primary import OldPrimary
from checker.operator.refusal import CannotTell
from checker.operator.workload import Workload, gate
from checker.postgres import tail
from checker.postgres.node import Node, NodeFailed
from checker.postgres.outcomes import Outcome
from checker.postgres.pages import meaning_of_page
from checker.postgres.programs import Programs
from checker.postgres.returning import come_back, wait_refused_or_streaming
from checker.postgres.run import run_scenario
from checker.postgres.scenarios import Scenario
from checker.postgres.stage import NEW_TIMELINE, Stage, open_stage
from checker.postgres.waiting import ConditionNotMet, wait_until

COMING_BACK = (Decision.COMES_BACK, Decision.AFTER_CUT)
CANNOT_TELL = "cannot_tell"

SETTINGS: tuple[dict[str, str], ...] = (
    {},
    {},
    {"wal_log_hints": "on"},
    {"full_page_writes": "off"},
    {"wal_log_hints": "on", "full_page_writes": "off"},
)
TAMPERINGS = (
    "cut by hand",
    "cut by hand",
    "started once with the tail",
    "WAL copied from the new primary",
    "ran alone",
)
"""What somebody may have done before preflight is asked."""


@dataclass(frozen=True)
class Trial:
    """One of them: what was done, what preflight said, and what happened.

    `tried` says how the node was brought back: as it was, after the cut; where preflight refused both, after a cut all
    the same, to see whether it was more cautious than needed. `rewound`: how the return after pg_rewind ended.
    """

    name: str
    done: tuple[str, ...]
    decision: str
    reason: str
    tried: str
    outcome: str
    evidence: tuple[str, ...] = ()
    rewound: str = ""
    seconds: float = 0.0

    @property
    def false_comes_back(self) -> bool:
        """Preflight said that it comes back, and it did not, or not with the same data."""
        return self.decision in COMING_BACK and self.outcome != Outcome.IDENTICAL

    @property
    def false_rewind(self) -> bool:
        """Preflight said pg_rewind, which was run, and did not help."""
        return bool(self.rewound) and self.rewound != Outcome.IDENTICAL

    @property
    def too_cautious(self) -> bool:
        """It would have come back with the same data, and preflight did not say so."""
        return self.decision not in COMING_BACK and self.outcome == Outcome.IDENTICAL


@dataclass
class _Said:
    decision: str = CANNOT_TELL
    reason: str = ""
    finding: Finding | None = None


def ask(old: Node, new: Node) -> Finding:
    """What preflight says of two nodes, the new one running. Raises CannotTell."""
    with new.connect() as connection:
        connection.read_only = True
        return Inspection(OldPrimary(old.data), from_session(connection)).finding()


def _said(old: Node, new: Node) -> _Said:
    try:
        finding = ask(old, new)
    except CannotTell as reason:
        return _Said(reason=str(reason))
    return _Said(str(finding.decision), finding.reason, finding)


def of_scenario(scenario: Scenario, programs: Programs | None = None) -> Trial:
    """A scenario of the table: what preflight says after its tail procedure, and how its return then ends."""
    begun = time.monotonic()
    asked: list[_Said] = []
    result = run_scenario(scenario, programs, lambda stage: asked.append(_said(stage.old, stage.new)))
    said = asked[0] if asked else _Said(reason="there is no new primary: the old one does not get through its restart")
    tried = "as it was"
    return Trial(
        scenario.name,
        (scenario.summary,),
        said.decision if said.decision != Decision.AFTER_CUT else f"{said.decision}, and not cut",
        said.reason,
        tried,
        str(result.outcome),
        tuple(result.evidence[:2]),
        seconds=time.monotonic() - begun,
    )


def random_trial(seed: int, programs: Programs) -> Trial:
    """A random workload, crash and tail; the seed decides everything but the moments."""
    random = Random(seed)
    begun = time.monotonic()
    gated = random.random() < 0.25
    waiting = not gated and random.random() < 0.2
    settings = dict(random.choice(SETTINGS)) | ({"synchronous_standby_names": "new"} if waiting else {})
    stage = open_stage(programs, settings)
    try:
        work = Workload(stage, random, gated=gated, waiting=waiting)
        work.done += [f"{name}={value}" for name, value in settings.items()] + (["gated"] if gated else [])
        work.shared()
        if gated:
            stage.settle()
            gate(stage)
        clean = _down(stage, work, random)
        if gated:
            stage.shim.open_gate()
        stage.old.settings["synchronous_standby_names"] = ""
        stage.promote()
        work.onward(stage.new)
        if not clean and random.random() < 0.3:
            _tamper(stage, work, random)
        said = _said(stage.old, stage.new)
        rewound = _rewound(stage) if said.decision == Decision.REWIND and random.random() < 0.5 else ""
        tried, outcome, evidence = _bring_back(stage, said)
    finally:
        stage.cluster.close()
    seconds = time.monotonic() - begun
    return Trial(
        f"random {seed}", tuple(work.done), said.decision, said.reason, tried, outcome, evidence, rewound, seconds
    )


def _down(stage: Stage, work: Workload, random: Random) -> bool:
    """Nothing passes to the standby any more, work goes on, a crash; or all is sent first. True: cleanly shut down."""
    if random.random() < 0.15 and not work.gated:
        stage.settle()
        if random.random() < 0.5:
            work.done.append("clean shutdown")
            stage.old.stop_fast()
            return True
        work.crash()
        return False
    stage.cut()
    work.alone()
    work.crash()
    return False


def _tamper(stage: Stage, work: Workload, random: Random) -> None:
    how = random.choice(TAMPERINGS)
    work.done.append(how)
    if how == "cut by hand":
        tail.cut(stage.old, stage.fork)
    elif how == "WAL copied from the new primary":
        tail.copy(stage.old, stage.new)
    elif how == "ran alone":
        stage.old.start()
        stage.old.stop_immediate()
    else:
        mark = stage.old.mark()
        stage.old.become_standby(stage.new.socket)
        stage.old.start(wait=False)
        try:
            wait_refused_or_streaming(stage.old, NEW_TIMELINE, mark)
        except NodeFailed:
            return
        if stage.old.running():
            stage.old.stop_immediate()


def _bring_back(stage: Stage, said: _Said) -> tuple[str, str, tuple[str, ...]]:
    """Cuts where preflight says so, or where it refuses, and starts."""
    tried = "as it was"
    finding = said.finding
    if finding is not None and finding.decision == Decision.AFTER_CUT:
        tried = "after the cut"
        plan = cutting.plan_cut(
            stage.old.data,
            finding.timeline,
            finding.fork,
            finding.end_of_wal,
            finding.segments,
            OldPrimary(stage.old.data).segment_size,
        )
        cutting.cut(stage.old.data, plan)
        again = _said(stage.old, stage.new)
        if again.decision != Decision.COMES_BACK:
            tried = f"after the cut, of which it then says {again.decision} ({again.reason})"
    elif finding is not None and finding.tail:
        tried = "after a cut that it did not propose"
        tail.cut(stage.old, stage.fork)
    return tried, *_return(stage.old, stage)


def _return(node: Node, stage: Stage) -> tuple[str, tuple[str, ...]]:
    try:
        returned = come_back(node, stage.new, NEW_TIMELINE, stage.first_xid)
    except (NodeFailed, ConditionNotMet, psycopg.Error) as problem:
        return "failed", tuple(str(problem).strip().splitlines()[-3:])
    real = [str(one) for one in returned.differences]
    if returned.outcome in (Outcome.SILENT_DIVERGENCE, Outcome.IDENTICAL) and not real:
        real = _elsewhere(node, stage.new)
        return (str(Outcome.SILENT_DIVERGENCE), tuple(real[:3])) if real else (str(Outcome.IDENTICAL), ())
    return str(returned.outcome), (returned.line,) if returned.line else tuple(real[:3])


def _has_replayed(node: Node, lsn: int) -> bool:
    return node.replayed() >= lsn


_EVERY_PAGE = """
    select c.oid::regclass::text, n, get_raw_page(c.oid::regclass::text, n)
    from pg_class c, generate_series(0, pg_relation_size(c.oid) / 8192 - 1) n
    where c.relkind in ('r', 't', 'm') and c.relpersistence = 'p'
"""


def _elsewhere(node: Node, primary: Node) -> list[str]:
    """Pages of any table, catalogs included, that are not the same; a primary may prune one meanwhile: asked again."""
    if not primary.query("select from pg_extension where extname = 'pageinspect'"):
        return []
    different: set[tuple[str, int]] = set()
    for _ in range(3):
        theirs = {(table, n): meaning_of_page(page) for table, n, page in primary.query(_EVERY_PAGE)}
        wait_until(partial(_has_replayed, node, primary.flushed()), "the returned node to replay all there is")
        ours = {(table, n): meaning_of_page(page) for table, n, page in node.query(_EVERY_PAGE)}
        empty = bytes(8192)
        different = {key for key in theirs.keys() | ours.keys() if theirs.get(key, empty) != ours.get(key, empty)}
        if not different:
            return []
    return [f"page {n} of {table} is not the same" for table, n in sorted(different)]


def _rewound(stage: Stage) -> str:
    """How the return of a copy ends after pg_rewind, which preflight says is needed and possible."""
    if not stage.cluster.programs.has("pg_rewind"):
        return ""
    copy = stage.cluster.cold_copy(stage.old, "copy")
    copy.settings.update({name: value for name, value in stage.old.settings.items() if name != "cluster_name"})
    (copy.data / "standby.signal").unlink(missing_ok=True)
    stage.new.configure({"full_page_writes": "on"})
    stage.new.query("checkpoint")
    said = tail.rewind(copy, stage.new)
    if "Done!" not in said:
        return f"refused: {said.strip().splitlines()[-1]}"
    outcome, evidence = _return(copy, stage)
    copy.stop_immediate() if copy.running() else None
    return outcome if outcome == Outcome.IDENTICAL else f"{outcome}: {'; '.join(evidence)}"
