"""Other tools beside this checker under settings that a generator chooses: python -m tests.peers.random_settings

Each is explored in the tiny scope and given to SPIN and Rumur: the same distinct states, the same depth, and the same
length of two counterexamples, the longest and one drawn.  `--seed N --count M` chooses; exit code 1 where something
differs.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from checker.explore import explore
from checker.grounding.ground import ground
from checker.peers.compare import broken, comparable, compare
from checker.peers.outcome import Tool
from checker.peers.rumur import Rumur
from checker.peers.spin import Spin
from model.scopes import SCOPES
from model.settings import Settings
from tests.agreement.protocol import protocol
from tests.prove.random_settings import drawn, said_of

LIMIT = 200_000
"""States after which settings are passed over: another tool takes minutes for them."""


@dataclass(frozen=True)
class Compared:
    """What some settings came to: states and depth, how many questions were asked, and each answer that differs.

    No questions: the space is too large to be asked of others.
    """

    settings: Settings
    states: int
    depth: int
    questions: int
    differs: tuple[str, ...] = ()

    def __str__(self) -> str:
        said = f"states {self.states}  depth {self.depth}  questions {self.questions}"
        wrong = f"  DIFFERS: {'; '.join(self.differs)}" if self.differs else ""
        return f"{said}{wrong}  {said_of(self.settings)}"


def compared(settings: Settings, tools: Sequence[Tool], chance: random.Random) -> Compared:
    """Explores, and asks the tools.  Raises `Missing` for a tool that is not here."""
    model = protocol()
    names = [item.name for item in model.properties if item.kind != "eventually"]
    found = explore(ground(model, settings, SCOPES["tiny"]), properties=names, states=LIMIT)
    assert found.error is None, f"the model makes a mistake: {found.error}"
    if comparable(found):
        return Compared(settings, found.states, found.depth, 0)
    lengths = {item.property.name: item.depth for item in found.findings if item.word in ("violated", "reached")}
    wanted = broken(found)
    examples = {max(lengths, key=lambda name: lengths[name] or 0), chance.choice(wanted)} if lengths else set(wanted)
    answers = list(compare(found, tools, sorted(examples)))
    differs = tuple(f"{one.tool} {one.asked}: {one.differs}" for one in answers if one.differs)
    return Compared(settings, found.states, found.depth, len(answers), differs)


def sampled(seed: int, count: int, tools: Sequence[Tool]) -> Iterator[Compared]:
    """So many settings, the same for the same seed."""
    chance = random.Random(seed)
    for _ in range(count):
        yield compared(drawn(chance), tools, chance)


def main() -> int:
    """Prints a line for each; 1 where something differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.peers.random_settings", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="how settings are drawn")
    parser.add_argument("--count", type=int, default=25, help="how many")
    asked = parser.parse_args()
    found: list[Compared] = []
    for one in sampled(asked.seed, asked.count, (Spin(), Rumur())):
        found.append(one)
        print(f"{len(found):>4}  {one}", flush=True)
    wrong = sum(bool(one.differs) for one in found)
    large = sum(not one.questions for one in found)
    print(f"settings {len(found)}  too large {large}  questions {sum(one.questions for one in found)}  differ {wrong}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
