"""Seeded faults, each put into a copy of the tree and left to the tests: python -m tests.mutation [NAME...]

Exit code 1 where one survives.  `--part 1/4 --seed N` tries a quarter, another one for each seed; `--everything` runs
the whole suite instead of the tests named; `--out reports/mutation.md` writes the page.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from tests.mutation.corpus import Fault, subjects
from tests.mutation.page import page
from tests.mutation.trial import Trial, copied, run, tried


def main() -> int:
    asked = _arguments()
    faults = _chosen(asked)
    with tempfile.TemporaryDirectory(prefix="checker-mutation-") as folder:
        copies = [copied(Path(folder) / str(number)) for number in range(asked.jobs)]
        tests = sorted({test for fault in faults for test in fault.tests})
        failed, _ = run(copies[0], tests) if not asked.everything else ((), True)
        if failed:
            print(f"without any fault these fail already: {', '.join(failed)}", file=sys.stderr)
            return 2
        trials = []
        for trial in trials_of(faults, copies, ("tests",) if asked.everything else None):
            trials.append(trial)
            print(told(trial), flush=True)
    survived = [trial.fault.name for trial in trials if not trial.caught]
    print(
        f"{len(trials) - len(survived)} of {len(trials)} caught" + (f"; not: {', '.join(survived)}" if survived else "")
    )
    if asked.out is not None:
        asked.out.write_text(page(trials, asked.out.read_text() if asked.out.exists() else ""))
    return 1 if survived else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("names", nargs="*", help="only these faults, or those of these subjects, as `model`")
    parser.add_argument("--jobs", type=int, default=2, help="how many at once, each in its own copy")
    parser.add_argument("--part", default="1/1", help="which part of all, as 1/4")
    parser.add_argument("--seed", type=int, default=0, help="how the faults are dealt to the parts")
    parser.add_argument("--everything", action="store_true", help="the whole suite against each")
    parser.add_argument("--out", type=Path, help="the page, as Markdown")
    return parser.parse_args()


def _chosen(asked: argparse.Namespace) -> list[Fault]:
    every = [fault for faults in subjects().values() for fault in faults]
    if asked.names:
        found = [fault for fault in every if {fault.name, fault.name.rpartition("-")[0]} & set(asked.names)]
        known = {name for fault in found for name in (fault.name, fault.name.rpartition("-")[0])}
        if missing := set(asked.names) - known:
            sys.exit(f"there is no fault {', '.join(sorted(missing))}")
        return found
    part, _, parts = asked.part.partition("/")
    if not (part.isdigit() and parts.isdigit() and 1 <= int(part) <= int(parts)):
        sys.exit(f"--part is {asked.part!r}, and must be like 1/4")
    dealt = random.Random(asked.seed).sample(range(len(every)), len(every))[int(part) - 1 :: int(parts)]
    return [every[number] for number in sorted(dealt)]


def trials_of(faults: Sequence[Fault], copies: Sequence[Path], tests: Sequence[str] | None = None) -> Iterator[Trial]:
    """Tries faults, as many at once as there are copies of the tree, and yields their trials in order."""
    free: SimpleQueue[Path] = SimpleQueue()
    for copy in copies:
        free.put(copy)

    def one(fault: Fault) -> Trial:
        copy = free.get()
        try:
            return tried(fault, copy, fault.tests if tests is None else tests)
        finally:
            free.put(copy)

    with ThreadPoolExecutor(len(copies)) as pool:
        try:
            yield from pool.map(one, faults)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def told(trial: Trial) -> str:
    """One line of what came of a fault."""
    what = f"caught by {', '.join(trial.failed)}" if trial.failed else "does not end" if trial.caught else "SURVIVED"
    return f"{trial.fault.name:<14} {trial.seconds:5.1f} s  {what}"


if __name__ == "__main__":
    sys.exit(main())
