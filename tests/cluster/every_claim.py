"""The spaces that the claims in specs/ are about, by partitions and by one process: the same numbers.

    python -m tests.cluster.every_claim [--ray] [--scope NAME] [--part 1/8]

In this process, or by the workers of a Ray cluster of this machine.  Claims about one space are one run.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from checker.backends.native import compile_native
from checker.backends.python import compile_program
from checker.configuration import configure
from checker.explore.cluster.fleet import Inline
from checker.explore.cluster.ray_fleet import Asked, connected
from checker.explore.cluster.search import ClusterSearch
from checker.explore.compiled import CompiledSearch
from checker.explore.limits import Terms
from checker.grounding.narrow import narrowed
from checker.kept_forms import ground, load
from checker.spec import read
from tests.native.test_compiled_search import told

ROOT = Path(__file__).parents[2]

MEMORY = 1 << 30


def main(arguments: Sequence[str] | None = None) -> int:
    """Says which spaces came out alike; 1 where one did not."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ray", action="store_true", help="by two workers of a Ray cluster")
    parser.add_argument("--scope", default="tiny")
    parser.add_argument("--part", default="1/1", help="which of how many parts of the claims (default: all)")
    given = parser.parse_args(arguments)
    part, parts = map(int, given.part.split("/"))
    names = spaces(given.scope)[part - 1 :: parts]
    wrong = []
    with ExitStack() as stack:
        cluster = stack.enter_context(connected(Asked(partitions=2))) if given.ray else None
        for number, name in enumerate(names, 1):
            here, there = both(name, given.scope, None if cluster is None else cluster.fleet)
            wrong += [name] if here != there else []
            word = "equal" if here == there else f"one process {here}, partitions {there}"
            sys.stdout.write(f"{number}/{len(names)} {name}: {here['states']:,} states, {word}\n")
            sys.stdout.flush()
    sys.stdout.write(f"{len(names) - len(wrong)} of {len(names)} spaces came out alike\n")
    return 1 if wrong else 0


def spaces(scope):
    """One claim for each space in that scope, by name."""
    found = {}
    for path in sorted((ROOT / "specs").glob("*.toml")):
        chosen = configured(path.stem, scope)
        found.setdefault((chosen.model.name, repr(chosen.settings), repr(chosen.bounds)), path.stem)
    return list(found.values())


def configured(name, scope):
    """The settings of a claim in that scope."""
    spec = read(ROOT / "specs" / f"{name}.toml")
    return configure(load(spec.model), sets=spec.settings, preset=spec.preset, scope=scope)


def both(name, scope, fleet=None, parts=2):
    """All that one process finds, and all that partitions find."""
    chosen = configured(name, scope)
    grounded = ground(chosen.model, chosen.settings, chosen.bounds)
    program, judge = compile_native(narrowed(grounded)), compile_program(grounded)
    alone = CompiledSearch(program, Terms(memory=MEMORY, disk=0))
    alone.run()
    opened = fleet or Inline
    divided = ClusterSearch(program, Terms(memory=MEMORY), parts, lambda task: opened(task, MEMORY))
    try:
        divided.run()
        return told(alone.result(judge)), told(divided.result(judge))
    finally:
        divided.close()


if __name__ == "__main__":
    sys.exit(main())
