"""The false acknowledgement as a page that a developer of PostgreSQL can act on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from checker.postgres.false_acknowledgement import Report, Variant
from checker.postgres.replaying import Replayed

Attempts = Sequence[tuple[Variant, Report | None]]
Clean = Callable[[str], str]

WHAT = {
    "defect": "the tail ends in the fork's segment; the reply is delayed until the walsender counts as streaming",
    "defect_unaided": "the same, and nothing between the two servers: the first reply may come a moment too early",
    "later_segment": "control: the tail ends in a later segment, so the request is refused",
    "first_third": "control: `FIRST 1 (third, old)` with the third server connected",
    "any_two": "control: `ANY 2 (third, old)`, the third server gets no WAL",
    "tail_cut": "cure: the tail is zeroed from the fork on before the first start",
}

_SUMMARY = """A new primary's commit is confirmed by a server that does not have it, and is lost when that server takes
over.

F is where the new primary B left the timeline of the old primary A, R is where A's own WAL ends. Where R is beyond F
and in the same segment of WAL, and A is started as a standby of B without pg_rewind, A reports R as flushed, a
position of a timeline that B has left. B takes it for a position of its own history and releases every synchronous
commit up to R; it remembers R after A is gone. A has none of these commits. That `synchronous_standby_names` of B is
satisfied by A (by its name, `*`, `ANY 1`, or `FIRST 1` with A chosen) is all it takes besides.
"""

_CAUSE = """## The cause in the source

No comparison on the way of the reply looks at a timeline.

1. A's startup process replays its own WAL to R and asks for the start of R's segment (`RequestXLogStreaming`). B's
   `StartReplication` holds that start, not R, against the point where the timelines part: it is not beyond F, so the
   request is accepted.
2. A's `WalReceiverMain` sets `LogstreamResult.Write = LogstreamResult.Flush = GetXLogReplayRecPtr(NULL)`: R. What it
   then receives moves `Write` back, so that the reply says write F, and flush and apply R.
3. B's `XLogSendPhysical` reaches the end of the old timeline, sends CopyDone and sets `WalSndCaughtUp`. `WalSndLoop`
   takes that for having caught up with B's present and sets the state to `WALSNDSTATE_STREAMING`.
4. `ProcessStandbyReplyMessage` stores the positions and calls `SyncRepReleaseWaiters`, which wants a walsender that
   streams and has a priority, not one that streams the timeline of the waiters.
5. `SyncRepReleaseWaiters` moves `WalSndCtl->lsn[]` to R and wakes all up to it. `SyncRepWaitForLSN` returns at once for
   any later commit up to R, with or without a walsender.
"""

_CURES = """## What cures it

- On the server: a reply counts for synchronous replication only while the walsender sends its server's own timeline
  (`sendTimeLineIsHistoric` is false), and the state does not become streaming at the end of a historic one. In the
  model this is `ack_timeline`: with it the property holds in every state of the same scope
  (`specs/false-acknowledgement-cured.toml`).
- For the operator: pg_rewind, or the tail removed, before the old primary is started for the first time; or a name in
  `synchronous_standby_names` that it does not have until it has come back.
"""


def page(versions: Sequence[str], replays: Sequence[Replayed], attempts: Sequence[Attempts], clean: Clean) -> str:
    """The page; `attempts` has, for each version, what came of every variant."""
    parts = [
        "# A returning old primary confirms commits that it does not have",
        f"Seen on PostgreSQL {', '.join(versions)}. Made by `checker replay --report`.",
        _SUMMARY,
        "## The steps\n\nThe model's shortest trace (`specs/false-acknowledgement.toml`), and what it is on servers.\n"
        "A's replies are kept back until B's walsender calls itself streaming, which else they may come before.\n",
        *(_steps(replay, clean) for replay in replays[:1]),
        "## What the servers showed\n",
        "\n".join(_shown(version, replay, clean) for version, replay in zip(versions, replays, strict=True)),
        "## With clients that insert rows, and the controls\n",
        _variants(versions, attempts),
        *(_logs(version, made, clean) for version, made in zip(versions, attempts, strict=True)),
        _CAUSE,
        _CURES,
    ]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def _steps(replay: Replayed, clean: Clean) -> str:
    lines = ["| step | the model's action | on the servers |", "|---|---|---|"]
    lines += [f"| {step.number} | `{step.label}` | {clean(step.operation)} |" for step in replay.steps]
    return "\n".join(lines) + "\n"


def _shown(version: str, replay: Replayed, clean: Clean) -> str:
    word = "As the model says" if replay.agrees else f"**Not as the model says** ({replay.predicted})"
    lines = [f"- PostgreSQL {version}: {word}: {replay.shown}."]
    return "\n".join([*lines, *(f"    - {clean(line)}" for line in replay.evidence)])


def _variants(versions: Sequence[str], attempts: Sequence[Attempts]) -> str:
    lines = [f"| variant | {' | '.join(f'PostgreSQL {version}' for version in versions)} |"]
    lines.append("|---|" + "---|" * len(versions))
    for row in zip(*attempts, strict=True):
        variant = row[0][0]
        cells = " | ".join(_cell(report) for _, report in row)
        lines.append(f"| `{variant.name}`: {WHAT[variant.name]} | {cells} |")
    note = "Released: the client was told that its commit is done, with A attached and after it was gone."
    return "\n".join([*lines, "", note]) + "\n"


def _cell(report: Report | None) -> str:
    if report is None:
        return "missed its moment"
    return f"{len(report.released)} + {len(report.released_later)} released, {len(report.lost)} lost"


def _logs(version: str, attempts: Attempts, clean: Clean) -> str:
    lines = [f"### PostgreSQL {version}", ""]
    for variant, report in attempts:
        if report is not None:
            facts = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in report.facts.items())
            lines += [f"- `{variant.name}`: {clean(facts)}", *(f"    - `{clean(line)}`" for line in report.lines)]
    return "\n".join(lines) + "\n"
