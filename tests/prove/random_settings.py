"""Proofs beside exploration under settings that a generator chooses: python -m tests.prove.random_settings

What exploration of the tiny scope refutes, property or lemma, must not be proved.  `--seed N --count M` chooses; exit
code 1 where something is proved that is violated.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

from checker.configuration import spelled
from checker.explore import explore
from checker.prove.induction import induction
from checker.prove.step import with_lemmas
from model import language
from model.scopes import SCOPES
from model.settings import Mode, Settings
from tests.agreement.protocol import protocol

LIMIT = 400_000
"""States after which an exploration ends: what is violated in them is violated."""

CHANGED = 0.25
"""The chance of a setting to be drawn; one that is not drawn keeps its default."""


@dataclass(frozen=True)
class Compared:
    """What each said under some settings: names that are violated, names that are proved; `whole`: all was explored."""

    settings: Settings
    violated: frozenset[str]
    proved: frozenset[str]
    whole: bool

    @property
    def contradictions(self) -> frozenset[str]:
        """What is proved for any size and violated in the tiny scope."""
        return self.violated & self.proved

    def __str__(self) -> str:
        said = f"proved {len(self.proved)}  violated {len(self.violated)}{'' if self.whole else ' at least'}"
        wrong = f"  PROVED AND VIOLATED: {', '.join(sorted(self.contradictions))}" if self.contradictions else ""
        return f"{said}{wrong}  {said_of(self.settings)}"


def said_of(settings: Settings) -> str:
    """The settings that are not the default."""
    defaults = Settings()
    changed = [
        f"{field.name}={spelled(value)}"
        for field in fields(Settings)
        if (value := getattr(settings, field.name)) != getattr(defaults, field.name)
    ]
    return ", ".join(changed) or "defaults"


def drawn(chance: random.Random) -> Settings:
    """Settings of which any mode, and every other setting with some chance, may be any of its values."""
    chosen: dict[str, Any] = {"mode": chance.choice(list(Mode))}
    for name, kind in language.hints(Settings).items():
        value = chance.choice(language.values_of(kind))
        if name != "mode" and chance.random() < CHANGED:
            chosen[name] = value
    return Settings(**chosen)


def compared(settings: Settings, *, every: bool) -> Compared:
    """Explores, then proves: every invariant, or only what is violated, which is all that can contradict."""
    grounded = with_lemmas(protocol(), settings, SCOPES["tiny"])
    names = [item.name for item in grounded.properties if item.kind == "invariant"]
    explored = explore(grounded, properties=names, states=LIMIT)
    assert explored.error is None, f"the model makes a mistake: {explored.error}"
    violated = frozenset(item.property.name for item in explored.findings if item.word == "violated")
    asked = [name for name in names if every or name in violated]
    proved = frozenset(induction(protocol(), settings, asked).proved) & frozenset(names)
    return Compared(settings, violated, proved, explored.stopped is None)


def sampled(seed: int, count: int, *, every: bool = True) -> Iterator[Compared]:
    """So many settings, the same for the same seed."""
    chance = random.Random(seed)
    for _ in range(count):
        yield compared(drawn(chance), every=every)


def main() -> int:
    """Prints a line for each; 1 where something is proved that is violated."""
    parser = argparse.ArgumentParser(prog="python -m tests.prove.random_settings", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="how settings are drawn")
    parser.add_argument("--count", type=int, default=25, help="how many")
    asked = parser.parse_args()
    found: list[Compared] = []
    for one in sampled(asked.seed, asked.count):
        found.append(one)
        print(f"{len(found):>4}  {one}", flush=True)
    wrong = sum(bool(one.contradictions) for one in found)
    print(
        f"settings {len(found)}  proved {sum(len(one.proved) for one in found)}  "
        f"violated {sum(len(one.violated) for one in found)}  contradictions {wrong}"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
