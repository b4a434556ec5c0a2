"""k-induction: a claim that one step does not keep may be kept by that step after another.

Where the claims hold before an action and it breaks one, the state before it need not come about.  So the question is
asked again after each step that may have led there, all claims known before both; where that fails too, once more from
one step earlier, until there are `k` steps.  An initial state is a step that nothing comes before.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import z3

from checker import ir
from checker.backends.z3_logic import Expr, conjunction, negation
from checker.backends.z3_steps import Effect, blank
from checker.backends.z3_universe import Store, Universe, Unsupported
from checker.prove.claims import Claim
from checker.prove.obligation import Obligation

Chain = tuple[ir.Step, ...]


class Chains:
    """The chains of up to `k` steps of a model."""

    def __init__(self, universe: Universe, claims: Sequence[Claim], k: int, effort: int) -> None:
        self.universe, self.k, self.effort = universe, k, effort
        self.claims = {claim.name: claim for claim in claims}
        self.initials, self.actions = universe.model.initials, universe.model.actions

    def ask(self, claim: str, action: ir.Step, known: Sequence[str]) -> Obligation:
        """Whether an action keeps a claim after whatever may come before it; `uses` are those of all answers."""
        start = time.monotonic()
        uses = self._kept(claim, (action,), known)
        took = time.monotonic() - start
        if uses is None:
            return Obligation(claim, action.name, "fails", took, because=f"nor within {self.k} steps")
        return Obligation(claim, action.name, "proved", took, uses)

    def _kept(self, claim: str, chain: Chain, known: Sequence[str]) -> frozenset[str] | None:
        """What shows that a chain keeps a claim, looked for from ever earlier; None where nothing does."""
        if len(chain) == self.k:
            return None
        uses: frozenset[str] = frozenset()
        for before in (*self.initials, *self.actions):
            longer = (before, *chain)
            found = self._shown(claim, longer, known)
            if found is None and before not in self.initials:
                found = self._kept(claim, longer, known)
            if found is None:
                return None
            uses |= found
        return uses

    def _shown(self, claim: str, chain: Chain, known: Sequence[str]) -> frozenset[str] | None:
        """What a solver uses to show that a claim holds after a chain; None where it does not show it."""
        begun = chain[0] in self.initials
        store = blank(self.universe) if begun else self.universe.unknown()
        solver = z3.Solver()
        solver.set("rlimit", self.effort)
        conditions: list[Expr] = []
        try:
            if not begun:
                self._assume(solver, store, known)
            for number, step in enumerate(chain):
                if number:
                    self._assume(solver, store, known)
                names = {name: self.universe.fresh(kind, name) for name, kind in step.parameters}
                effect = Effect(self.universe, store, names)
                effect.run(step.body)
                solver.add(*[self.universe.within(kind, names[name]) for name, kind in step.parameters], *effect.guard)
                conditions += effect.conditions
                store = effect.store
            goal = conjunction((*conditions, self.claims[claim].said(store)))
        except Unsupported:
            return None
        solver.add(*self.universe.axioms, negation(goal))
        if solver.check(*[_assumed(name) for name in known]) != z3.unsat:
            return None
        return frozenset(str(part)[2:] for part in solver.unsat_core())

    def _assume(self, solver: z3.Solver, store: Store, known: Sequence[str]) -> None:
        """That the known claims hold in a state."""
        for name in known:
            solver.add(z3.Implies(_assumed(name), self.claims[name].said(store)))


def _assumed(name: str) -> Expr:
    return z3.Bool(f"H:{name}")
