"""What a counterexample comes to, in one sentence for whoever runs the servers: what is lost or refused there, and why.

Each function looks at the last state of a trace and names the page, transaction and record that make its property
false.  They run as plain Python and decide nothing; "" leaves the property's own words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from model.properties import (
    P,
    abort_within_horizon,
    commit_within_horizon,
    page_as_in_history,
    within_horizon,
)
from model.relation_map import map_as_in_history
from model.settings import Faults
from model.state import (
    State,
    committed,
    in_history,
    is_commit,
    may_be_promoted,
    page_carries,
    page_exists,
    positions,
    prepared,
    timelines,
)
from model.vocabulary import Kind, Lsn, Node, Outcome, Page, Timeline, Transaction

WORDS = {
    Kind.UPDATE: "an update of {page} by {x}",
    Kind.COMMIT: "the COMMIT of {x}",
    Kind.TRUNCATE: "the truncation of {page}",
    Kind.HINT: "an image of {page} for a hint bit",
    Kind.CHECKPOINT: "a checkpoint",
    Kind.END_OF_RECOVERY: "the end of its recovery",
    Kind.PREPARE: "the PREPARE of {x}",
    Kind.ABORT: "the ROLLBACK PREPARED of {x}",
    Kind.DROP_DATABASE: "the drop of {page}'s database",
    Kind.RELATION_MAP: "an update of the relation map",
}


def record_at(s: State, t: Timeline, lsn: Lsn) -> str:
    """`record 2 (the COMMIT of x1)`."""
    record = s.log[t, lsn]
    if record.kind not in WORDS:
        return f"record {lsn}"
    said = WORDS[record.kind].format(page=record.page, x=record.transaction)
    return f"record {lsn} ({said})"


def commit_position(s: State, n: Node, x: Transaction) -> tuple[Timeline, Lsn]:
    """The timeline and end of the COMMIT record of x: in a node's history, else on any timeline; (0, 0) is none."""
    found = [
        (in_history(s, s.timeline[n], t, at), t, at)
        for t in timelines(s)
        for at in positions(s)
        if is_commit(s, t, at, x)
    ]
    _, t, at = max(found, default=(False, 0, 0))
    return t, at


def horizon(s: State, n: Node) -> Lsn | None:
    """Up to where what P makes durable is safe, for that node alone: what the standby keeps, or the fork."""
    if n != P or s.timeline[P] != 0:
        return None
    return max(lsn for lsn in range(s.bounds.last_lsn + 1) if within_horizon(s, lsn))


def keeper(s: State) -> Node:
    """The standby that keeps least of those that may be promoted."""
    held = s.flushed if s.settings.standby_faults == Faults.OS else s.wal_end
    return min((m for m in Node if m != P and may_be_promoted(s, m)), key=lambda m: held[m])


def standbys_keep(s: State) -> str:
    """Why something of P's is beyond the horizon: `and B has received no WAL yet`."""
    if s.latest > 0:
        return f"and timeline 1 of {s.author[1]} forked off at {s.fork[1]}, before that"
    n, fsynced = keeper(s), s.settings.standby_faults == Faults.OS
    held, verb = (s.flushed[n], "fsynced") if fsynced else (s.wal_end[n], "received")
    return f"and {n} has {verb} {f'WAL only up to {held}' if held else 'no WAL yet'}"


def consequence(s: State) -> str:
    """What follows for whoever fails over now."""
    return (
        "" if s.latest > 0 else f" If {keeper(s)} is promoted now, it never learns of that, and {P} cannot forget it."
    )


def page_ahead(s: State) -> str:
    """A page on P's disk is beyond the horizon."""
    for p in Page:
        lsn = s.disk[P, p].lsn
        if not within_horizon(s, lsn):
            return f"{P} has page {p} on disk with {record_at(s, 0, lsn)}, {standbys_keep(s)}.{consequence(s)}"
    return ""


def page_lsn_ahead(s: State) -> str:
    """A page on P's disk is beyond what a standby has fsynced, though perhaps not beyond what it received."""
    for p in Page:
        for m in Node:
            lsn = s.disk[P, p].lsn
            if m != P and may_be_promoted(s, m) and lsn > s.flushed[m]:
                held = f"only up to {s.flushed[m]}" if s.flushed[m] else "no WAL yet"
                return f"{P} has page {p} on disk with {record_at(s, 0, lsn)}, and {m} has flushed {held}."
    return ""


def commit_status_ahead(s: State) -> str:
    """The commit log on P's disk knows an end that the standby does not."""
    for x in Transaction:
        if s.disk_status[P, x] and not commit_within_horizon(s, x):
            return f"{P}'s commit log on disk says that {x} committed: {told_commit(s, x)}.{consequence(s)}"
        if s.disk_status_aborted[P, x] and not abort_within_horizon(s, x):
            return f"{P}'s commit log on disk says that {x} was rolled back, and on the standby it can still commit."
    return ""


def told_commit(s: State, x: Transaction) -> str:
    """Where x's commit is on P's own timeline, and who has it."""
    at = next((at for at in positions(s) if is_commit(s, 0, at, x)), 0)
    return f"that is {record_at(s, 0, at)}, {standbys_keep(s)}" if at else "and no WAL has a COMMIT of it any more"


def control_ahead(s: State) -> str:
    """P's control file points beyond the horizon."""
    control = s.control[P]
    if not within_horizon(s, control.checkpoint):
        return (
            f"{P}'s control file starts recovery from the checkpoint in record {control.checkpoint}, "
            f"{standbys_keep(s)}: without its own WAL {P} has no checkpoint to start from."
        )
    return (
        f"{P}'s control file demands recovery up to {control.min_recovery} at least, {standbys_keep(s)}: "
        "no history but its own can satisfy that."
    )


def removal_ahead(s: State) -> str:
    """P removed a file, and the record of that is beyond the horizon."""
    for p in Page:
        lsn = s.removed[P, p]
        if not within_horizon(s, lsn):
            named = record_at(s, 0, lsn) if lsn in positions(s) else "no record yet"
            return f"{P} has removed the file of page {p}; its WAL has {named} of that, {standbys_keep(s)}."
    replaced = s.map_file[P]
    if replaced.timeline == 0 and not within_horizon(s, replaced.lsn):
        return f"{P} has replaced the relation map for {record_at(s, 0, replaced.lsn)}, {standbys_keep(s)}."
    return f"{P} has removed the state file of a prepared transaction, {standbys_keep(s)}."


def hint_ahead(s: State) -> str:
    """A hint bit on P's disk tells of an end that the standby does not know."""
    for p in Page:
        for x in Transaction:
            if s.disk_hint[P, p, x] and not commit_within_horizon(s, x):
                return f"{P} has page {p} on disk with a hint bit that says {x} committed: {told_commit(s, x)}."
            if s.disk_aborted[P, p, x] and not abort_within_horizon(s, x):
                return (
                    f"{P} has page {p} on disk with a hint bit that says {x} was rolled back, "
                    "and on the standby it can still commit."
                )
    return ""


def false_ack(s: State) -> str:
    """P believes that more is kept than is."""
    acknowledged = s.acknowledged[P]
    beyond = next((lsn for lsn in (acknowledged.flush, acknowledged.write) if not within_horizon(s, lsn)), 0)
    return f"{P} was told that WAL up to {beyond} is safe, {standbys_keep(s)}." if beyond else ""


def fork_before_ack(s: State) -> str:
    """The promoted standby had said that it flushed more than its timeline begins with."""
    return f"{P} was told that WAL up to {s.acknowledged[P].flush} is flushed; timeline 1 forked off at {s.fork[1]}."


def tail(s: State) -> str:
    """P's WAL reaches past the fork."""
    first = s.fork[1] + 1
    return (
        f"{P} has flushed WAL up to {s.flushed[P]} and timeline 1 of {s.author[1]} forked off at {s.fork[1]}: "
        f"{record_at(s, 0, first)} exists on {P} alone, and {P}'s next start will replay it."
    )


def commit_lost(s: State) -> str:
    """A client was told of a commit that the newest timeline does not have."""
    for t in timelines(s):
        for at in positions(s):
            if s.told[t, at] and not in_history(s, s.latest, t, at):
                x, left = s.log[t, at].transaction, s.history[s.latest, t]
                has = f"WAL only up to {left}" if left or t == 0 else f"nothing of timeline {t}"
                return (
                    f"A client was told that {x} is committed (record {at} of timeline {t}), and "
                    f"{s.author[s.latest]} took over with {has}: the commit is lost."
                )
    return ""


def diverged(s: State) -> str:
    """A node streams, and something on it is not as the history it follows says."""
    for n in Node:
        if s.outcome[n] == Outcome.STREAMING:
            found = next(differences(s, n), "")
            if found:
                return f"{n} streams from the new primary and no log line complains, but {found}."
    return ""


def differences(s: State, n: Node) -> Iterator[str]:
    """In what a node differs from an ideal redo of its history up to where it has replayed."""
    t, end = s.timeline[n], s.replayed[n]
    if not map_as_in_history(s, n):
        yield f"its relation map is not that of timeline {t}"
    yield from (found for p in Page if not page_as_in_history(s, n, p) for found in page_differences(s, n, p))
    for x in Transaction:
        if s.status[n, x] != committed(s, t, end, x):
            yield (
                f"its commit log says that {x} committed, which on timeline {t} it never did"
                if s.status[n, x]
                else f"its commit log does not know that {x} committed"
            )
        if (s.two_phase[n, x] and not s.aborted[n, x]) != prepared(s, t, end, x):
            yield (
                f"it still has {x} as a prepared transaction, which timeline {t} has not"
                if s.two_phase[n, x]
                else f"it has forgotten the prepared transaction {x} of timeline {t}"
            )


def page_differences(s: State, n: Node, p: Page) -> Iterator[str]:
    """In what one page differs: the file, a change more or less, a mark that is not true."""
    t, end = s.timeline[n], s.replayed[n]
    if s.buffer[n, p].exists != page_exists(s, t, end, p):
        yield (
            f"page {p}, truncated on timeline {t}, is still there"
            if s.buffer[n, p].exists
            else f"page {p} is gone there: {n} removed its file before it came back, and timeline {t}, forked off at "
            f"{fork_behind(s, n)}, never did"
        )
    for u in timelines(s):
        for at in positions(s):
            held, due = s.buffer_holds[n, p, u, at], page_carries(s, t, end, p, u, at)
            if held and not due:
                yield (
                    f"its page {p} holds {record_at(s, u, at)} of timeline {u}, which timeline {t}, forked off at "
                    f"{fork_behind(s, n)}, never had"
                )
            elif due and not held:
                yield (
                    f"its page {p} lacks {record_at(s, u, at)} of timeline {u}: "
                    f"redo skipped it, for the page says LSN {s.buffer[n, p].lsn}"
                )
    for x in Transaction:
        if s.buffer_hint[n, p, x] and not committed(s, t, end, x):
            yield (
                f"its page {p} shows rows of {x} as committed, by a hint bit: "
                f"on timeline {t}, forked off at {fork_behind(s, n)}, {x} never committed"
            )
        if s.buffer_aborted[n, p, x] and committed(s, t, end, x):
            yield f"its page {p} hides rows of {x}, marked as rolled back: on timeline {t} it committed"


def fork_behind(s: State, n: Node) -> Lsn:
    """Where the timeline that a node follows forked off."""
    return s.fork[s.timeline[n]]


def not_back(s: State) -> str:
    """How a return ended that did not end in streaming."""
    for n in Node:
        if s.outcome[n] not in (Outcome.NONE, Outcome.STREAMING):
            return f"{n} does not come back: {refusal(s, n)}."
    return ""


def refusal(s: State, n: Node) -> str:
    """Why, in the words of the server's log where it has any."""
    upstream, control, end = s.author[s.latest], s.control[n], s.wal_end[n]
    fork = s.fork[s.latest]
    said = {
        Outcome.TAIL_DIVERGED: f"its WAL reaches to {end}, timeline {s.latest} of {upstream} forked off at {fork}. "
        f"It asks again for ever (“new timeline {s.latest} forked off … before current recovery point”)",
        Outcome.NOT_IN_HISTORY: f"it asks for WAL from {end}, timeline {s.latest} of {upstream} forked off at {fork} "
        "(“requested starting point … is not in this server's history”)",
        Outcome.NO_CHECKPOINT: f"its control file points to the checkpoint in record {control.checkpoint}, and its WAL "
        f"ends at {end} (“could not locate a valid checkpoint record”)",
        Outcome.MIN_RECOVERY: f"its minimum recovery point is {control.min_recovery}, timeline {s.latest} forked off "
        f"at {fork} (“requested timeline … does not contain minimum recovery point”)",
        Outcome.INVALID_PAGES: "redo met a record for a page whose file is gone "
        "(“WAL contains references to invalid pages”)",
        Outcome.START_AHEAD: f"it asks for WAL from {end}, and {upstream} has flushed {s.flushed[upstream]} "
        "(“requested starting point … is ahead of the WAL flush position of this server”)",
        Outcome.BLOCKED: f"{upstream} accepts it and never has anything to send",
        Outcome.REWIND_REFUSED: "pg_rewind refuses: it needs wal_log_hints of its target and full_page_writes of its "
        "source",
    }
    return said[s.outcome[n]]


def undetected(s: State) -> str:
    """P came back with something ahead of the fork, and streams."""
    found = diverged(s)
    return found or f"{P} came back with something on its disk that the fork does not have, and nothing refused it."


SAYS: dict[str, Callable[[State], str]] = {
    "page_lsn_within_standby_flush": page_lsn_ahead,
    "page_within_standby": page_ahead,
    "commit_status_within_standby": commit_status_ahead,
    "control_within_standby": control_ahead,
    "removal_within_standby": removal_ahead,
    "hint_within_standby": hint_ahead,
    "ack_is_true": false_ack,
    "fork_covers_acks": fork_before_ack,
    "no_wal_tail": tail,
    "acknowledged_commit_survives": commit_lost,
    "no_silent_divergence": diverged,
    "failback_succeeds": not_back,
    "divergence_is_detected": undetected,
}
"""By property."""
