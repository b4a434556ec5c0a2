"""The undone rollback as a page that a developer of PostgreSQL can act on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from checker.postgres.undone_rollback import GHOST, KNOWN, Undone

Clean = Callable[[str], str]

_SUMMARY = """A transaction that was prepared and rolled back is prepared again after a crash, and can be committed,
if a checkpoint came in the middle of the ROLLBACK PREPARED. No failover is needed. The standby has replayed the
rollback, so a commit afterwards leaves primary and standby with different rows, for good and without a message.

The model found it as a shortest trace (`specs/two-phase-checkpoint-race.toml`, 34 steps, of which the last 15 are the
return of the node as a standby, where it shows); with `abort_delays_checkpoint` no state of the same scope diverges
(`specs/two-phase-cured.toml`).
"""

_CAUSE = """## The cause in the source

1. `RecordTransactionAbortPrepared` inserts the ABORT PREPARED record, flushes it (`XLogFlush`), and only then sets the
   abort in the commit log (`TransactionIdAbortTree`). `RecordTransactionCommitPrepared` sets `DELAY_CHKPT_START` (or
   its successor) around the same two steps; the abort does not.
2. A checkpoint that starts during that flush takes its redo point behind the record, and writes the commit log, which
   does not know the abort yet.
3. The same checkpoint comes to `CheckPointTwoPhase`. The transaction is still valid, `gxact->valid` is reset later in
   `FinishPreparedTransaction`, so its state file is written.
4. The file goes when the backend has waited for its synchronous standby (`SyncRepWaitForLSN`). A crash before that
   leaves: a record that redo does not reach, a commit log without the abort, and a file that says prepared.
   `restoreTwoPhaseData` believes the file.

A flush takes milliseconds, so the window is small; a wait inside `XLogFlush`, as the fourth version of the patch of
2013 had it, makes it as long as the standby is away.

## What cures it

A checkpoint waits for aborts of prepared transactions between their record and the commit log as it does for commits.
Servers in the table that "waited" do so.
"""


def undone_rollback_page(
    versions: Sequence[str], raced: Sequence[Undone], controls: Sequence[Undone], clean: Clean
) -> str:
    """The page; one run and one control for each version."""
    lines = [
        "# A crash undoes a ROLLBACK PREPARED",
        "",
        f"Seen on PostgreSQL {', '.join(versions)}. Made by `checker replay --report`.",
        "",
        _SUMMARY,
        "## What the servers showed",
        "",
        f"Row {KNOWN} is committed. Row {GHOST} is inserted, prepared and rolled back; then the primary crashes and is",
        "started again; what is prepared then is committed.",
        "",
        "| | PostgreSQL | the checkpoint | prepared after the crash | rows on the primary | rows on the standby |",
        "|---|---|---|---|---|---|",
    ]
    for version, seen, control in zip(versions, raced, controls, strict=True):
        came = "waited for the rollback" if seen.delayed else "came in the middle"
        lines += [_row("checkpoint during the rollback", version, came, seen)]
        lines += [_row("control: checkpoint before it", version, "was over", control)]
    lines += ["", "Logs after the crash, and positions:", ""]
    for version, seen in zip(versions, raced, strict=True):
        facts = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in seen.facts.items())
        lines += [f"- PostgreSQL {version}: {facts}", *(f"    - `{clean(line)}`" for line in seen.lines)]
    return "\n".join([*lines, "", _CAUSE])


def _row(what: str, version: str, came: str, seen: Undone) -> str:
    risen = "**yes**" if seen.risen else "no"
    rows = [", ".join(map(str, numbers)) for numbers in (seen.primary_rows, seen.standby_rows)]
    return f"| {what} | {version} | {came} | {risen} | {rows[0]} | {rows[1]} |"
