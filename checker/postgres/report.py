"""The reports on real servers: every scenario on every major, and a page for each of what the model found."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from checker.postgres.false_acknowledgement import CONTROLS, DEFECT, UNAIDED, Report, Variant, run_variant
from checker.postgres.false_acknowledgement_page import page
from checker.postgres.played import Played
from checker.postgres.programs import MissingProgram, Programs
from checker.postgres.replaying import Replayed, replay_trace
from checker.postgres.scenarios import Scenario
from checker.postgres.table import Cell, markdown, run_table
from checker.postgres.uncoordinated import Uncoordinated, promote_uncoordinated
from checker.postgres.uncoordinated_page import uncoordinated_page
from checker.postgres.undone_rollback import Undone, undo_rollback
from checker.postgres.undone_rollback_page import undone_rollback_page
from checker.postgres.waiting import ConditionNotMet
from checker.traces.trace import Trace

COMMAND = "checker replay --report reports --pg-bindir DIR [--pg-bindir DIR]..."

_PLACE = re.compile(r"/[\w./-]*failback-\w+[\w./-]*")
_PREFIX = re.compile(r"^\d{4}-\d\d-\d\d [\d:.]+ \w+ \[\d+\] ")


def clean(text: str) -> str:
    """A line of a log without what is of one run only: moment, process, private directory."""
    return _PLACE.sub("…", _PREFIX.sub("", text))


def version_of(programs: Programs) -> str:
    """What the server calls its version, such as 15.18."""
    said = subprocess.run([programs.path("postgres"), "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"\d+(?:\.\d+|\w+)", said)
    return found.group() if found else said.strip()


@dataclass(frozen=True)
class Attempt:
    """One variant of the false acknowledgement on one major; `problem` where it did not come out."""

    variant: Variant
    report: Report | None
    problem: str = ""


class Reports:
    """The reports, made when it is built; `tell` hears of each run. `texts` is Markdown by the name of its file."""

    def __init__(self, installations: Sequence[Programs], trace: Trace, tell: Callable[[str], None]) -> None:
        self._tell = tell
        versions = [version_of(programs) for programs in installations]
        rows = run_table(installations, progress=self._scenario)
        replays = [self._replayed(trace, programs) for programs in installations]
        attempts = [self._attempts(programs) for programs in installations]
        raced = [self._undone(programs, True) for programs in installations]
        controls = [self._undone(programs, False) for programs in installations]
        twins = [self._uncoordinated(programs) for programs in installations]
        self.as_predicted = (
            all(cell.as_predicted for row in rows for cell in row.cells)
            and all(replayed.agrees for replayed in replays)
            and all(_as_expected(attempt) for of_one in attempts for attempt in of_one)
            and all(seen.as_predicted for seen in (*raced, *controls))
            and all(isinstance(seen, str) or seen.as_predicted for seen in twins)
        )
        self.texts = {
            "real-postgresql.md": _real_postgresql(versions, markdown(rows, clean)),
            "false-acknowledgement.md": page(
                versions, replays, [[(a.variant, a.report) for a in one] for one in attempts], clean
            ),
            "uncoordinated-promotions.md": uncoordinated_page(dict(zip(versions, twins, strict=True))),
            "undone-rollback.md": undone_rollback_page(versions, raced, controls, clean),
        }

    def _scenario(self, scenario: Scenario | Played, cell: Cell) -> None:
        self._tell(f"{scenario.name}  PostgreSQL {cell.major}  {cell.text}")

    def _replayed(self, trace: Trace, programs: Programs) -> Replayed:
        done = replay_trace(trace, programs)
        self._tell(f"replay of {trace.property}  PostgreSQL {programs.major}  {'agrees' if done.agrees else 'differs'}")
        return done

    def _undone(self, programs: Programs, raced: bool) -> Undone:
        seen = undo_rollback(programs, raced=raced)
        word = "prepared again" if seen.risen else "stays rolled back"
        self._tell(f"rollback and {'checkpoint' if raced else 'no checkpoint'}  PostgreSQL {programs.major}  {word}")
        return seen

    def _uncoordinated(self, programs: Programs) -> Uncoordinated | str:
        try:
            seen = promote_uncoordinated(programs)
        except MissingProgram as missing:
            self._tell(f"uncoordinated promotions  PostgreSQL {programs.major}  not run: {missing}")
            return f"this installation has no {missing.program}"
        word = "diverged" if seen.returned_rows != seen.primary_rows else "the same"
        self._tell(f"uncoordinated promotions  PostgreSQL {programs.major}  {seen.rewind}: {word}")
        return seen

    def _attempts(self, programs: Programs) -> list[Attempt]:
        made = [_attempt(variant, programs) for variant in (DEFECT, UNAIDED, *CONTROLS)]
        for attempt in made:
            lost = attempt.problem or f"{len(attempt.report.lost) if attempt.report else 0} lost"
            self._tell(f"false acknowledgement, {attempt.variant.name}  PostgreSQL {programs.major}  {lost}")
        return made


def _attempt(variant: Variant, programs: Programs) -> Attempt:
    try:
        return Attempt(variant, run_variant(variant, programs))
    except ConditionNotMet as problem:
        return Attempt(variant, None, str(problem).splitlines()[0])


def _as_expected(attempt: Attempt) -> bool:
    """The defect loses commits, the controls none; unaided it may miss its moment."""
    if attempt.report is None:
        return attempt.variant == UNAIDED
    return bool(attempt.report.lost) == (attempt.variant in (DEFECT, UNAIDED))


def _real_postgresql(versions: Sequence[str], table: str) -> str:
    return f"""# The model's scenarios on real servers

Made by `{COMMAND}`, on PostgreSQL {", ".join(versions)}.

*Predicted* is what the model records at the end of the behaviour that the scenario stands for, run in plain execution
(`checker/postgres/behaviours.py`). A prediction in *italics* is about something the model leaves out; the reason is
below. **Bold** in a column of servers: not as predicted.

What the model says of servers as they are, and what came of it on them, has pages of its own:
[false-acknowledgement.md](false-acknowledgement.md), [undone-rollback.md](undone-rollback.md),
[uncoordinated-promotions.md](uncoordinated-promotions.md); [replayed-claims.md](replayed-claims.md) has every
counterexample of every claim. That `promoted_node_lost` comes back the model had denied: see
[conformance.md](conformance.md).

{table}"""
