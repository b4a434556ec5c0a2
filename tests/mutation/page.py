"""The page of the seeded faults: what each is, and what caught it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.mutation.corpus import subjects
from tests.mutation.trial import Trial

HEAD = """\
# Seeded faults, and what catches them

Made by `python -m tests.mutation --out reports/mutation.md`.  Each fault is one change of the text of the model or the
checker, put into a copy of the tree; the tests named for it are run there, and at least one has to fail.  The changes
themselves are in `tests/mutation/faults/`; what survived when it was first tried got a test of its own.
"""


def page(trials: Sequence[Trial], before: str = "") -> str:
    """Markdown: a table a subject.  Faults that were not tried keep the rows that the page had for them `before`."""
    known = {**rows(before), **{trial.fault.name: _row(trial) for trial in trials}}
    lines, count = [], 0
    for subject, faults in subjects().items():
        found = [known[fault.name] for fault in faults if fault.name in known]
        count += len(found)
        if found:
            head = ["| | in | fault | caught by |", "|---|---|---|---|"]
            lines += ["", f"## {subject[0].upper()}{subject[1:]}", "", *head, *found]
    caught = sum("**nothing**" not in line for line in lines if line.startswith("| ") and "`" in line)
    return "\n".join([HEAD, f"{caught} of {count} are caught.", *lines]) + "\n"


def rows(text: str) -> Mapping[str, str]:
    """The rows of a page by the names of their faults."""
    return {line.split(" | ")[0][2:]: line for line in text.splitlines() if line.startswith("| ") and "`" in line}


def _row(trial: Trial) -> str:
    tests = list(dict.fromkeys(test.partition("::")[2].partition("[")[0] or test for test in trial.failed))
    told = ", ".join(f"`{test}`" for test in tests[:3]) + (f" and {len(tests) - 3} more" if len(tests) > 3 else "")
    came = told or ("it does not end" if trial.caught else "**nothing**")
    fault = trial.fault
    return f"| {fault.name} | `{fault.file}` | {fault.why.replace('|', chr(92) + '|')} | {came} |"
