"""Every reader given random changes for as long as one likes: `python -m tests.hardness.long SECONDS SEED [NAME ...]`.

Each is read, or refused with a message that is not empty; anything else is printed with the seed that makes it again,
and one that takes more than a minute ends the run with where it is.
"""

from __future__ import annotations

import faulthandler
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from checker.operator.diagnosis import Reader
from checker.operator.logs import read_entries
from checker.operator.messages import Catalogue
from checker.refusal import UsageError
from checker.report.explore import traces_of
from checker.run import Request, run
from checker.traces.check import TooMuchLeftOut, check_trace
from checker.traces.itf import ItfError, trace_from_itf, trace_to_itf
from checker.traces.replay import NotReplayed, replay
from tests.cli.models import ROOT, TANK
from tests.hardness.faults import CLAIM
from tests.hardness.test_fuzz import changed, judged, read_changed
from tests.hardness.test_fuzz_folders import addressed, checked_again, proved, searched, spoilt, went_on
from tests.operator.sample_logs import KUBERNETES, LATER_RETURN, PATRONI, PROMOTED, RETURNED

LONGEST = 60
"""Seconds."""

Round = Callable[[int, random.Random], str]
"""Gives a reader something changed; `read` or `refused`."""


@contextmanager
def rounds() -> Iterator[dict[str, Round]]:
    """By what is read, what gives its reader something to read."""
    lock = run(Request(str(ROOT / "tests" / "models" / "lock.py"), sets=(("dies", "true"),), liveness=True))
    traces = [*traces_of(lock).values(), *traces_of(run(Request(TANK, mode="open"))).values()]

    def claim(_: int, chance: random.Random) -> str:
        path = here / "text"
        path.write_text(CLAIM)
        spoilt(path, chance)
        judged(path.read_bytes() if path.exists() else b"", here)
        return "read"

    def trace(_: int, chance: random.Random) -> str:
        chosen = chance.choice(traces)
        document = changed(trace_to_itf(chosen), chance)
        try:
            check_trace(document, chosen.grounded)
            replay(trace_from_itf(document, chosen.grounded))
        except (ItfError, NotReplayed, TooMuchLeftOut, UsageError) as error:
            assert str(error)
            return "refused"
        return "read"

    def log(_: int, chance: random.Random) -> str:
        path = here / "a.log"
        path.write_text("\n".join(chance.sample([PROMOTED, RETURNED, LATER_RETURN, PATRONI, KUBERNETES], 2)))
        for _ in range(chance.randint(1, 20)):
            if path.exists():
                spoilt(path, chance)
        try:
            reader = Reader(Catalogue())
            reader.file(read_entries(path))
            reader.diagnoses()
        except UsageError as error:
            assert str(error)
            return "refused"
        return "read"

    with tempfile.TemporaryDirectory() as name:
        here = Path(name)
        searched(here / "run", states=100)
        proved(here / "proof")
        yield {
            "model": lambda seed, _: read_changed(seed, here),
            "claim": claim,
            "trace": trace,
            "log": log,
            "search": lambda seed, chance: went_on(here / "run", chance, here / f"run{seed}"),
            "certificate": lambda seed, chance: checked_again(here / "proof", chance, here / f"proof{seed}"),
            "address": lambda _, chance: addressed(chance),
        }


if __name__ == "__main__":
    until, seed, counted = time.monotonic() + float(sys.argv[1]), int(sys.argv[2]), Counter[str]()
    with rounds() as every:
        while time.monotonic() < until:
            for name in sys.argv[3:] or every:
                seed += 1
                faulthandler.dump_traceback_later(LONGEST, exit=True, file=sys.stdout)
                try:
                    counted[f"{name} {every[name](seed, random.Random(seed))}"] += 1
                except Exception as error:
                    counted[f"{name} FAILED"] += 1
                    print(f"{name}, seed {seed}: {type(error).__name__}: {error}", flush=True)
                finally:
                    faulthandler.cancel_dump_traceback_later()
    print(dict(sorted(counted.items())))
