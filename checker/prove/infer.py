"""Lemmas found without being thought of: Houdini over `a <= b` for every two places of one range.

Candidates that some reachable state of a scope refutes go first, which is cheap; of the others those are left that keep
each other.  What is left holds for any size, and is as good a lemma as one that was written.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import z3

from checker import ir
from checker.backends.python import compile_program
from checker.backends.z3_universe import Universe, Unsupported
from checker.configuration import Configuration
from checker.grounding.ground import ground
from checker.prove.claims import claims_of
from checker.prove.induction import induction
from checker.prove.remembered import EFFORT

STATES = 5_000
"""Of a scope, looked at before anything is proved."""

TRIED = EFFORT // 10
"""For one candidate and step: one that takes more is not found.  Most of those that no step refutes are cheap."""

Progress = Callable[[str], None]
"""Called with what is being done."""


@dataclass(frozen=True)
class Candidate:
    """`small <= large` at the same keys, those of `large` being the first of those of `small`."""

    small: Place
    large: Place

    @property
    def name(self) -> str:
        return f"{self.small.name}_within_{self.large.name}"

    def source(self) -> str:
        """The lemma as a model says it."""
        keys = ", ".join(f"{name} in {kind.name}" for name, kind in self.small.named_keys)
        said = f"{self.small.text()} <= {self.large.text()}"
        body = f"all({said} for {' for '.join(keys.split(', '))})" if keys else said
        doc = f'"""{self.small.words} is never beyond {self.large.words}."""'
        return f"@lemma\ndef {self.name}(s: State) -> bool:\n    {doc}\n    return {body}\n"

    def lemma(self) -> ir.Property:
        """The lemma as the structured form has it."""
        at = ir.Place("inferred", 1)
        said = ir.Apply(ir.BoolType(), at, "<=", (self.small.read(at), self.large.read(at)))
        variables = tuple(self.small.named_keys)
        body = ir.Fold(ir.BoolType(), at, "all", variables, None, said) if variables else said
        return ir.Property(self.name, "lemma", "", body, at, None)


@dataclass(frozen=True)
class Place:
    """An integer of the state: a variable or a field of its record, with the sorts and enumerations of its keys."""

    variable: str
    part: str | None
    keys: tuple[ir.SortType | ir.EnumType, ...]
    type: ir.IntType

    @property
    def name(self) -> str:
        return self.variable if self.part is None else f"{self.variable}_{self.part}"

    @property
    def words(self) -> str:
        return self.name.replace("_", " ")

    @property
    def named_keys(self) -> list[tuple[str, ir.SortType | ir.EnumType]]:
        """A name for each key: `n` of Node, and of a second Node `n2`."""
        letters = [kind.name[0].lower() for kind in self.keys]
        count = [letters[:i].count(letter) for i, letter in enumerate(letters)]
        names = [
            letter if not before else f"{letter}{before + 1}" for letter, before in zip(letters, count, strict=True)
        ]
        return list(zip(names, self.keys, strict=True))

    def text(self) -> str:
        keys = ", ".join(name for name, _ in self.named_keys)
        return f"s.{self.variable}" + (f"[{keys}]" if keys else "") + (f".{self.part}" if self.part else "")

    def read(self, at: ir.Place) -> ir.Expr:
        keys = tuple(ir.Local(kind, at, name) for name, kind in self.named_keys)
        return ir.Read(self.type, at, self.variable, keys, self.part)


@dataclass
class Inferred:
    """What was found: `tried` candidates, those that reachable states leave, those that are proved.

    `covered` are the model's own lemmas that follow from these, `idle` those that say nothing under these settings, and
    `uncovered` the others; `proved` the properties that are shown with these
    lemmas and without the model's own.
    """

    tried: int
    left: int = 0
    lemmas: list[Candidate] = field(default_factory=list)
    covered: list[str] = field(default_factory=list)
    idle: list[str] = field(default_factory=list)
    uncovered: list[str] = field(default_factory=list)
    proved: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)


def infer(chosen: Configuration, asked: Sequence[str], progress: Progress = lambda doing: None) -> Inferred:
    """Finds lemmas for any size, and says which of the model's they cover and which of the properties they show."""

    def tell(claim: str, step: str, _: float) -> None:
        progress(f"{claim}: {step}")

    tried = list(_candidates(chosen.model))
    found = Inferred(len(tried))
    progress(f"{len(tried)} candidates in reachable states")
    left = _unrefuted(chosen, tried)
    found.left = len(left)
    bare = dataclasses.replace(chosen.model, properties=(), lemmas=tuple(one.lemma() for one in left))
    names = [one.name for one in left]
    kept = induction(bare, chosen.settings, names, effort=TRIED, progress=tell).proved
    found.lemmas = [one for one in left if one.name in kept]
    own = [lemma.name for lemma in chosen.model.lemmas if not lemma.fixed]
    found.idle = _following(chosen, [])
    found.covered = [name for name in _following(chosen, found.lemmas) if name not in found.idle]
    found.uncovered = [name for name in own if name not in (*found.covered, *found.idle)]
    model = dataclasses.replace(chosen.model, lemmas=tuple(one.lemma() for one in found.lemmas))
    shown = induction(model, chosen.settings, asked, progress=tell)
    found.proved = [name for name in asked if name in shown.proved]
    found.open = [name for name in asked if name not in shown.proved]
    return found


def _candidates(model: ir.Model) -> Iterator[Candidate]:
    places = list(_places(model))
    for small in places:
        for large in places:
            same = small.type == large.type and small.keys[: len(large.keys)] == large.keys
            if same and small != large:
                yield Candidate(small, large)


def _places(model: ir.Model) -> Iterator[Place]:
    """The integers with limits, at keys that are sorts and enumerations."""
    for name, kind in model.variables:
        keys, value = (kind.keys, kind.value) if isinstance(kind, ir.MapType) else ((), kind)
        named = tuple(key for key in keys if isinstance(key, ir.SortType | ir.EnumType))
        if len(named) < len(keys):
            continue
        parts = value.fields if isinstance(value, ir.RecordType) else ((None, value),)
        for part, of in parts:
            if isinstance(of, ir.IntType) and of.high is not None:
                yield Place(name, part, named, of)


def _unrefuted(chosen: Configuration, tried: Sequence[Candidate]) -> list[Candidate]:
    """Those that hold in the first states of the scope."""
    invariants = tuple(dataclasses.replace(one.lemma(), kind="invariant") for one in tried)
    grounded = ground(
        dataclasses.replace(chosen.model, properties=invariants, lemmas=()), chosen.settings, chosen.bounds
    )
    program = compile_program(grounded, [one.name for one in tried])
    seen, level, broken = set(program.initials), list(program.initials), 0
    while level and len(seen) < STATES:
        following = []
        for state in level:
            broken |= program.broken(state)
            for _, after in program.expand(state):
                if after not in seen:
                    seen.add(after)
                    following.append(after)
        level = following
    refuted = {item.name for number, item in enumerate(program.properties) if broken >> number & 1}
    return [one for one in tried if one.name not in refuted]


def _following(chosen: Configuration, lemmas: Sequence[Candidate]) -> list[str]:
    """The model's own lemmas that hold in every state in which these do."""
    own = {lemma.name for lemma in chosen.model.lemmas if not lemma.fixed}
    extended = tuple(one.lemma() for one in lemmas if one.name not in own)
    universe = Universe(dataclasses.replace(chosen.model, lemmas=(*chosen.model.lemmas, *extended)), chosen.settings)
    claims = {claim.name: claim for claim in claims_of(universe)}
    store, found = universe.unknown(), []
    known = [one.name for one in lemmas] + [name for name, claim in claims.items() if claim.kind == "range"]
    said = [claims[name].said(store) for name in known]
    for name in (lemma.name for lemma in chosen.model.lemmas if lemma.name in own):
        solver = z3.Solver()
        solver.set("rlimit", EFFORT)
        try:
            solver.add(*universe.axioms, *said, z3.Not(claims[name].said(store)))
        except Unsupported:
            continue
        if solver.check() == z3.unsat:
            found.append(name)
    return found
