"""Machine code beside generated Python under settings of the protocol drawn at random.

    python -m tests.native.random_settings --seed 0 --count 100

Both search the tiny scope to its end: the same states, counts by depth and by action, verdicts with the lengths of
their counterexamples, deadlocks.  A space of more than `--limit` states is passed over, for generated Python is slow.
Exit code 1 where they differ.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from checker.backends.native import compile_native
from checker.backends.python import compile_program
from checker.explore.compiled import CompiledSearch
from checker.explore.limits import Terms
from checker.explore.search import Search
from checker.grounding.ground import ground
from checker.grounding.narrow import narrowed
from model.scopes import SCOPES
from model.settings import Settings
from tests.agreement.protocol import protocol
from tests.native.test_compiled_search import states_of, told
from tests.prove.random_settings import drawn, said_of

MEMORY = 1 << 30


@dataclass(frozen=True)
class Compared:
    """What became of one choice of settings: `different` names what the engines do not agree on; `whole`: they both
    came to the end of the space, else generated Python found more states than it was given time for."""

    settings: Settings
    states: int
    violated: int
    different: tuple[str, ...]
    whole: bool

    def __str__(self) -> str:
        said = f"states {self.states:,}  violated {self.violated}" if self.whole else "too large"
        wrong = f"  DIFFERENT: {', '.join(self.different)}" if self.different else ""
        return f"{said}{wrong}  {said_of(self.settings)}"


def differences(one: dict[str, Any], other: dict[str, Any]) -> tuple[str, ...]:
    """The names of what two searches do not say alike."""
    return tuple(name for name in one if one[name] != other[name])


def compared(settings: Settings, limit: int) -> Compared:
    """Searches by generated Python, then by machine code."""
    grounded = ground(protocol(), settings, SCOPES["tiny"])
    program = compile_program(grounded)
    by_python = Search(program, Terms(states=limit))
    by_python.run()
    if by_python.stopped == "states":
        return Compared(settings, by_python.found, 0, (), whole=False)
    expected = told(by_python.result()) | {
        "the states": {program.unpack(state) for level in by_python.levels for state in level}
    }
    by_machine = CompiledSearch(compile_native(narrowed(grounded)), Terms(memory=MEMORY, disk=0))
    by_machine.run()
    found = told(by_machine.result(program)) | {"the states": states_of(by_machine)}
    violated = sum(word == "violated" for _, word, _, _ in expected["findings"])
    return Compared(settings, expected["states"], violated, differences(expected, found), whole=True)


def sampled(seed: int, count: int, limit: int) -> Iterator[Compared]:
    """Comparisons until so many spaces were searched to their end by both; the same for the same seed."""
    chance = random.Random(seed)
    while count:
        one = compared(drawn(chance), limit)
        count -= one.whole
        yield one


def main() -> int:
    """Prints a line for each; 1 where they differ."""
    parser = argparse.ArgumentParser(prog="python -m tests.native.random_settings", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="how settings are drawn")
    parser.add_argument("--count", type=int, default=100, help="how many spaces both are to search to their end")
    parser.add_argument("--limit", type=int, default=30_000, help="states of the largest space looked at")
    asked = parser.parse_args()
    found: list[Compared] = []
    for one in sampled(asked.seed, asked.count, asked.limit):
        found.append(one)
        print(f"{len(found):>4}  {one}", flush=True)
    whole = [one for one in found if one.whole]
    wrong = sum(bool(one.different) for one in whole)
    print(
        f"settings {len(whole)}  states {sum(one.states for one in whole):,}  violated "
        f"{sum(one.violated for one in whole)}  too large {len(found) - len(whole)}  different {wrong}"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
