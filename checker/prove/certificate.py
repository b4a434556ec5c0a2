"""A proof as files: each obligation as SMT-LIB 2, and a manifest of what they prove together."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import z3

from checker import fingerprint
from checker.backends.z3_logic import Expr
from checker.backends.z3_universe import Universe
from checker.configuration import Configuration, spelled
from checker.outputs import Outputs
from checker.prove.claims import claims_of
from checker.prove.induction import Induction
from checker.prove.obligation import Transition, transitions

MANIFEST = "manifest.json"
"""Written last: where it is, the other files are those of the same proof."""

FORMAT = 1
"""Of the manifest."""

ENDINGS = (".smt2", ".step.txt", ".step.svg")
"""Of the files that a proof leaves: obligations, and steps that break what is not inductive."""

MOST_BYTES = 100_000_000
"""Of a file: hundreds of times the largest of the model's."""

STATUS = "unsat"
"""What every obligation is expected to be."""


@dataclass(frozen=True)
class Written:
    """An obligation in a file: the step keeps the claim where the claims that it uses hold before."""

    file: str
    claim: str
    step: str
    uses: tuple[str, ...]
    sha256: str
    status: str = STATUS


@dataclass(frozen=True)
class Manifest:
    """What a folder of certificates proves: the `properties`, with every claim they rest on, over all `steps`.

    `by_reading` has a claim, a step, and why no solver is asked: `off` or `unchanged`.
    """

    model: str
    model_digest: str
    settings: Mapping[str, str]
    fixed: Mapping[str, int]
    properties: tuple[str, ...]
    steps: tuple[str, ...]
    obligations: tuple[Written, ...]
    by_reading: tuple[tuple[str, str, str], ...]
    format: int = FORMAT


PLAIN = {"pp.min_alias_size": 2**31 - 1, "pp.max_depth": 2**31 - 1, "pp.single_line": True}
"""How Z3 prints: without names for common parts, which it would choose another way in every run; a line a formula."""


class Obligations:
    """The obligations of one model under one choice of settings as text, the same where the order is."""

    def __init__(self, chosen: Configuration, fixed: Mapping[str, int]) -> None:
        universe = Universe(chosen.model, chosen.settings, fixed)
        steps = transitions(universe, claims_of(universe))
        self.axioms: list[Expr] = list(universe.axioms)
        self.steps: dict[str, Transition] = {step.step.name: step for step in steps}

    def text(self, claim: str, step: str, uses: Iterable[str]) -> str:
        """One obligation as SMT-LIB 2.  Raises `Unsupported`, and `KeyError` for a name the model does not have."""
        names = sorted(uses)
        for option, value in PLAIN.items():
            z3.set_param(option, value)
        solver = z3.Solver()
        solver.add(*self.steps[step].question(self.axioms, claim, names))
        rests = [f"; that holds where these do before: {', '.join(names)}"] if names else []
        head = [f"; {step} keeps {claim}:", *rests, f"(set-info :status {STATUS})", "(set-logic ALL)"]
        return "\n".join([*head, solver.sexpr().strip(), "(check-sat)"]) + "\n"


def certificates(found: Induction, chosen: Configuration, fixed: Mapping[str, int]) -> Iterator[tuple[str, str, str]]:
    """The claim, the step and the text of every obligation of what is proved that a solver was asked."""
    obligations = Obligations(chosen, fixed)
    for name in found.proved:
        for answer in found.of(name):
            if answer.result == "proved":
                yield name, answer.step, obligations.text(name, answer.step, answer.uses)


def write_certificates(
    found: Induction, reference: str, chosen: Configuration, fixed: Mapping[str, int], outputs: Outputs
) -> Manifest:
    """Writes what is proved, a file an obligation, and the manifest; removes what an earlier proof left there.

    `reference` names the model.  Raises `UsageError` where the disk does not take it.
    """
    written = []
    for number, (claim, step, text) in enumerate(certificates(found, chosen, fixed), 1):
        file = f"{number:04}-{claim.replace(' ', '_')}-{step}.smt2"
        outputs.write(file, text)
        uses = found.obligations[claim, step].uses
        written.append(Written(file, claim, step, tuple(sorted(uses)), digest(text.encode())))
    answers = [answer for name in found.proved for answer in found.of(name)]
    manifest = Manifest(
        model=reference,
        model_digest=fingerprint.of_model(chosen.model),
        settings={name: spelled(value) for name, value in chosen.setting_values().items()},
        fixed=dict(fixed),
        properties=tuple(name for name in found.asked if name in found.proved),
        steps=tuple(step.name for step in (*chosen.model.initials, *chosen.model.actions)),
        obligations=tuple(written),
        by_reading=tuple((a.claim, a.step, a.result) for a in answers if a.result != "proved"),
    )
    outputs.write(MANIFEST, json.dumps(asdict(manifest), indent=1) + "\n")
    outputs.publish(stale=[path.name for path in outputs.folder.iterdir() if path.name.endswith(ENDINGS)])
    return manifest


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a folder.  Raises `OSError` where there is none, and `ValueError` for what is no manifest."""
    try:
        found = json.loads(contents(folder / MANIFEST))
        if found["format"] != FORMAT:
            raise ValueError(f"it is of format {found['format']}, and this checker reads {FORMAT}")
        found["obligations"] = tuple(Written(**{**one, "uses": _texts(one["uses"])}) for one in found["obligations"])
        found["by_reading"] = tuple(map(_texts, found["by_reading"]))
        read = Manifest(**{**found, "properties": _texts(found["properties"]), "steps": _texts(found["steps"])})
        _check(read)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"it is not a manifest: {error}") from None
    except RecursionError:
        raise ValueError("it is not a manifest: it is nested too deeply") from None
    return read


def contents(path: Path) -> bytes:
    """The bytes of a file.  Raises `OSError`, and `ValueError` for one that is none, or larger than any here."""
    if path.exists() and not path.is_file():
        raise ValueError(f"{path.name} is no file")
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(f"{path.name} has more than {MOST_BYTES:,} bytes")
    return path.read_bytes()


def _texts(value: object) -> tuple[Any, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise TypeError(f"{str(value)[:40]!r} is no list of texts")
    return tuple(value)


def _check(read: Manifest) -> None:
    """Raises `TypeError` where a part is not what its type says: nothing of it was written by this program, perhaps."""
    texts = [read.model, read.model_digest, *(t for one in read.obligations for t in asdict(one).values())]
    if not all(isinstance(text, str | tuple) for text in texts):
        raise TypeError("a text was expected")
    if not all(isinstance(one, dict) for one in (read.settings, read.fixed)):
        raise TypeError("settings and fixed bounds are tables")
    if not all(isinstance(value, str) for value in read.settings.values()):
        raise TypeError("the value of a setting is a text")
    if not all(type(value) is int for value in read.fixed.values()):
        raise TypeError("the value of a bound is a whole number")
    if not all(len(one) == 3 for one in read.by_reading):
        raise TypeError("a claim, a step and a reason were expected")
    for one in read.obligations:
        if Path(one.file).name != one.file or not one.file.endswith(ENDINGS[0]):
            raise TypeError(f"{one.file[:40]!r} is no name of a certificate")


def digest(content: bytes) -> str:
    """As the manifest has it."""
    return hashlib.sha256(content).hexdigest()
