"""The whole of reports/proofs.md: what `checker proofs` prints, lemmas found by themselves, proofs checked by cvc5.

    python -m tests.benchmarks.proofs --out reports/proofs.md --kept DIR CLAIM...

What a command said is kept in DIR, so that a run that was cut short goes on, and one part can be made again by itself.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.peers import written

SECONDS = "10"
"""For cvc5 and one obligation, with each of its strategies."""

INFERRED = {"data_flush": ["--mode", "data_flush"]}
"""Under what lemmas are looked for; by the names of the files that are kept."""

CERTIFIED = {"data_flush": ["--mode", "data_flush"]}
"""Which proofs another solver checks."""

FOUND = """## Lemmas found without being written

`checker prove --infer` is given none of the lemmas above. It tries `a <= b` for every two places of one range, drops
what a reachable state of the scope refutes, and keeps those that keep each other for any size (Houdini)."""

CHECKED = """## Checked by another solver

`checker prove --out DIR` writes each obligation that Z3 proved as SMT-LIB 2, and `checker certify DIR` has cvc5 decide
it again; what holds by reading a step's text is read again. An obligation that cvc5 leaves open rests on Z3 alone. A
bounded search (`--bounded`) leaves no files: what it finds plain execution takes step by step, and that there is
nothing within K steps `checker explore` says too, having visited every state of the scope."""


def main(words: Sequence[str] | None = None) -> int:
    """Asks what is not kept yet, and writes the page; 1 where cvc5 denies an obligation."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("claims", nargs="+", metavar="CLAIM", help="whose settings the table is about")
    parser.add_argument("--out", type=Path, required=True, help="the page to write")
    parser.add_argument("--kept", type=Path, required=True, help="where answers are and will be")
    given = parser.parse_args(words)
    given.kept.mkdir(parents=True, exist_ok=True)
    lines = [said(given.kept / "table.md", "proofs", *given.claims).strip(), "", FOUND]
    for name, chosen in INFERRED.items():
        lines += ["", *inferred(json.loads(said(given.kept / f"inferred-{name}.json", *command(chosen, "--infer"))))]
    lines += ["", CHECKED]
    denied = 0
    for name, chosen in CERTIFIED.items():
        document = json.loads(certificates(given.kept, name, chosen))
        denied += results(document)["sat"]
        lines += ["", *certified(chosen, document)]
    written(given.out, "\n".join(lines) + "\n")
    print(given.out)
    return 1 if denied else 0


def command(chosen: Sequence[str], *more: str) -> list[str]:
    """A proof under these options, answered as JSON."""
    return ["prove", *chosen, *more, "--json"]


def said(kept: Path, *words: str) -> str:
    """What a command of the checker prints, from an earlier run where that is kept."""
    if not kept.exists():
        print(f"checker {' '.join(words)}", file=sys.stderr, flush=True)
        done = subprocess.run([sys.executable, "-m", "checker", *words], stdout=subprocess.PIPE, text=True)
        if not done.stdout or done.returncode not in (0, 1, 3, 12):
            raise SystemExit(f"checker {words[0]} ended with {done.returncode}")
        written(kept, done.stdout)
    return kept.read_text(encoding="utf-8")


def certificates(kept: Path, name: str, chosen: Sequence[str]) -> str:
    """What cvc5 says of a proof, which is written first where nothing is kept."""
    answer = kept / f"certified-{name}.json"
    if not answer.exists():
        said(kept / f"proof-{name}.json", *command(chosen, "--out", str(kept / name)))
    return said(answer, "certify", str(kept / name), "--seconds", SECONDS, "--json")


def inferred(found: dict[str, Any]) -> Iterator[str]:
    """The lemmas that were found, and what they are worth beside those of the model."""
    yield (
        f"Under `--mode data_flush`: of {found['tried']:,} candidates reachable states leave {found['left']:,}, and "
        f"{len(found['lemmas'])} are proved: {quoted(one['name'] for one in found['lemmas'])}."
    )
    yield ""
    yield f"- of the model's lemmas follow from them: {quoted(found['covered'])}"
    yield f"- say nothing under these settings, so that nothing need be found: {quoted(found['idle'])}"
    yield f"- do not follow: {quoted(found['uncovered'])}"
    yield f"- properties proved with the lemmas found alone: {quoted(found['proved'])}"
    yield f"- properties that need more: {quoted(found['open'])}"


def certified(chosen: Sequence[str], found: dict[str, Any]) -> Iterator[str]:
    """How many obligations of a proof cvc5 agrees with, and which it leaves open."""
    count = results(found)
    yield (
        f"Under `{' '.join(chosen)}`, {found['solver']}, {SECONDS} s for one obligation and strategy: of "
        f"{sum(count.values()):,} obligations it agrees with {count['unsat']:,}, leaves {count['unknown']:,} open "
        f"and denies {count['sat']:,}; {found['by_reading']:,} hold by reading. Proved: {quoted(found['properties'])}."
    )
    left = [one for one in found["obligations"] if one["result"] != "unsat"]
    if left:
        yield ""
        yield "| left open or denied | step | says cvc5 |"
        yield "|---|---|---|"
        for one in left:
            yield f"| `{one['property']}` | `{one['action']}` | {one['result']}: {one['because']} |"


def results(found: dict[str, Any]) -> Counter[str]:
    """How many obligations came out how."""
    return Counter(one["result"] for one in found["obligations"])


def quoted(names: Iterable[str]) -> str:
    """Names as code, or that there are none."""
    return ", ".join(f"`{name}`" for name in names) or "none"


if __name__ == "__main__":
    raise SystemExit(main())
