"""Obligations: one claim and one step that has to keep it, asked of the solver."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

import z3

from checker import ir
from checker.backends.z3_logic import Expr, conjunction, negation
from checker.backends.z3_steps import Effect, blank
from checker.backends.z3_universe import Universe, Unsupported
from checker.prove.claims import Claim

SEEDS = 2
"""How many new solvers are asked, half as long, what those that were asked other things before do not know."""

Result = Literal["proved", "fails", "unknown", "unchanged", "off"]

Hypothesis = Literal["", "needed", "spare", "rules the step out", "unknown"]
"""What the claims that a proof uses are for: `needed`, as without them the step can break the claim; `spare`, as it
cannot; `rules the step out`, so the proof says nothing of it; `unknown` to the solver; empty where nobody asked."""


@dataclass(frozen=True)
class Obligation:
    """A claim and the step, an action or an initial state, that has to keep it.

    `proved`; `unchanged`: the step touches nothing that the claim reads; `off`: these settings rule the step out;
    `fails`: the solver has a counterexample to induction; `unknown`, for `because`.  `uses` are the claims it rests on,
    and `hypothesis` says what they are for.
    """

    claim: str
    step: str
    result: Result
    seconds: float = 0.0
    uses: frozenset[str] = frozenset()
    because: str = ""
    hypothesis: Hypothesis = ""

    @property
    def holds(self) -> bool:
        """Whether nothing is left to show."""
        return self.result in ("proved", "unchanged", "off")


class Transition:
    """A step as a solver sees it: what it needs, the claims before it (`before`), and each claim after it when asked.

    An initial state is a step from the blank state, of which no claim is known (`before` is None).
    """

    def __init__(
        self, universe: Universe, step: ir.Step, claims: Sequence[Claim], before: Mapping[str, Expr] | None
    ) -> None:
        self.step, self.before = step, before or {}
        self.claims = {claim.name: claim for claim in claims}
        names = {name: universe.fresh(kind, name) for name, kind in step.parameters}
        self.parameters = [universe.within(kind, names[name]) for name, kind in step.parameters]
        self.refused = ""
        start = blank(universe) if before is None else universe.unknown()
        effect = Effect(universe, start, names)
        try:
            effect.run(step.body)
        except Unsupported as refusal:
            self.refused = str(refusal)
        self.guard = conjunction(effect.guard)
        self.conditions = conjunction(effect.conditions)
        self.left = effect.store
        self.changed = {place[0] for place, read in effect.store.items() if before is None or read is not start[place]}
        self._after: dict[str, Expr] = {}
        self._solver: Any = None
        self._solvers: list[Any] = []
        self._few = universe.few
        self._afresh: Callable[..., Any]  # made by `prepare`

    def prepare(self, axioms: Sequence[Expr], effort: int) -> None:
        """Makes the solver.  To be called when all steps are read: reading them is what the axioms come from."""
        self._afresh = functools.partial(self._made, axioms, effort // 2)
        self._solver = self._made(axioms, effort)
        self._solvers = [self._solver]
        if self._few:
            # Instantiates by the places that it sees and no more: quick where that is enough, and it finds no state.
            instantiating = self._made(axioms, effort // 4)
            instantiating.set("mbqi", False)
            instantiating.set("auto_config", False)
            self._solvers.insert(0, instantiating)

    def _made(self, axioms: Sequence[Expr], effort: int, seed: int = 0) -> Any:
        solver = z3.Solver()
        solver.set("rlimit", effort)
        solver.set("random_seed", seed)
        solver.add(*axioms, *self.parameters, self.guard)
        for name, said in self.before.items():
            solver.add(z3.Implies(_assumed(name), said))
        return solver

    @property
    def off(self) -> bool:
        """Whether the settings rule it out."""
        return bool(z3.is_false(self.guard))

    def ask(self, claim: str, known: Collection[str], hint: Collection[str] = ()) -> Obligation:
        """Whether the step leaves a claim true where the known ones hold before; those of the hint are tried first."""
        read = self.by_reading(claim)
        if read is not None:
            return Obligation(claim, self.step.name, read)
        if self.refused:
            return Obligation(claim, self.step.name, "unknown", because=self.refused)
        start = time.monotonic()
        try:
            broken = self._broken(claim)
        except Unsupported as refusal:
            return Obligation(claim, self.step.name, "unknown", because=str(refusal))
        answer, uses, because = self._decided(
            broken, self._assume(known), self._assume(hint if set(hint) <= set(known) else ())
        )
        result: Result = "proved" if answer == z3.unsat else "fails" if answer == z3.sat else "unknown"
        return Obligation(claim, self.step.name, result, time.monotonic() - start, uses, because)

    def _decided(self, broken: Expr, known: Sequence[Expr], hint: Sequence[Expr]) -> tuple[Any, frozenset[str], str]:
        """What the first solver says that knows: what one was asked before, and its seed, decide how it goes about it.

        A counterexample to a hint, a part of what is known, is none.
        """
        for solver in self._solvers if hint else ():
            tried = _checked(solver, broken, hint)
            if tried[0] == z3.unsat:
                return tried
        for solver in (*self._solvers, *range(SEEDS)):
            asked = self._afresh(seed=solver) if isinstance(solver, int) else solver
            tried = _checked(asked, broken, known)
            if tried[0] != z3.unknown:
                break
        return tried

    def by_reading(self, claim: str) -> Result | None:
        """`off` or `unchanged`, where no solver is needed to see that the step keeps the claim."""
        if self.off:
            return "off"
        kept = not self.refused and claim in self.before and not self.claims[claim].reads & self.changed
        return "unchanged" if kept else None

    def question(self, axioms: Sequence[Expr], claim: str, uses: Iterable[str]) -> list[Expr]:
        """What no state satisfies, if the step keeps a claim where these hold before.  Raises `Unsupported`."""
        known = [self.before[name] for name in uses]
        return [*axioms, *self.parameters, self.guard, *known, self._broken(claim)]

    def possible(self, known: Iterable[str]) -> bool | None:
        """Whether the known claims leave the step possible; where not, it keeps anything at all.  None: not known."""
        return _yes(self._solver.check(*self._assume(known)))

    def can_break(self, claim: str) -> bool | None:
        """Whether the step breaks a claim from some state, of which nothing is known.  None: not known."""
        self._solver.push()
        self._solver.add(self._broken(claim))
        answer = self._solver.check()
        self._solver.pop()
        return _yes(answer)

    def _broken(self, claim: str) -> Expr:
        """That a claim is false after the step.  Raises `Unsupported`."""
        if claim not in self._after:
            self._after[claim] = negation(conjunction((self.conditions, self.claims[claim].said(self.left))))
        return self._after[claim]

    def _assume(self, known: Iterable[str]) -> list[Expr]:
        return [_assumed(name) for name in known if name in self.before]


def transitions(universe: Universe, claims: Sequence[Claim]) -> list[Transition]:
    """The initial states and the actions of a model, in this order."""
    store, before = universe.unknown(), {}
    for claim in claims:
        with suppress(Unsupported):  # what cannot be said for any size is not known before a step
            before[claim.name] = claim.said(store)
    steps = [Transition(universe, step, claims, None) for step in universe.model.initials]
    return steps + [Transition(universe, step, claims, before) for step in universe.model.actions]


def _yes(answer: Any) -> bool | None:
    return None if answer == z3.unknown else bool(answer == z3.sat)


def _checked(solver: Any, broken: Expr, assumed: Sequence[Expr]) -> tuple[Any, frozenset[str], str]:
    """What a solver says of what is to be refuted, which claims it needed for that, and why it does not know."""
    solver.push()
    solver.add(broken)
    answer = solver.check(*assumed)
    uses = frozenset(str(part)[2:] for part in solver.unsat_core()) if answer == z3.unsat else frozenset()
    because = solver.reason_unknown() if answer == z3.unknown else ""
    solver.pop()
    return answer, uses, because


def _assumed(name: str) -> Expr:
    """True where a claim is used: an answer names those that it needed."""
    return z3.Bool(f"H:{name}")
