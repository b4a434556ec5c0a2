"""Claims: what is to hold in every state, for any size.  A property, a lemma, or the range of a place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from checker import ir
from checker.backends.z3_logic import Expr, conjunction, every, implication
from checker.backends.z3_loops import places_in
from checker.backends.z3_shared import Memory, Shared
from checker.backends.z3_universe import Place, Store, Universe

Kind = Literal["property", "lemma", "range"]


@dataclass(frozen=True)
class Claim:
    """`said` gives what the claim says of a state; `reads` are the variables it reads."""

    name: str
    kind: Kind
    doc: str
    said: Callable[[Store], Expr]
    reads: frozenset[str]


def claims_of(universe: Universe) -> list[Claim]:
    """The invariants of a model, its lemmas, and that each of its integers keeps its range, in this order.

    Of the lemmas only those whose bounds the universe fixes.
    """
    model, memory = universe.model, Memory()
    found = [_claim(universe, memory, item, "property") for item in model.properties if item.kind == "invariant"]
    lemmas = [item for item in model.lemmas if set(item.fixed) <= set(universe.fixed)]
    found += [_claim(universe, memory, item, "lemma") for item in lemmas]
    return found + [
        _range(universe, place, keys, kind) for place, keys, kind in universe.places() if isinstance(kind, ir.IntType)
    ]


def _claim(universe: Universe, memory: Memory, item: ir.Property, kind: Kind) -> Claim:
    reads = frozenset(read.variable for read in places_in(item.body))
    return Claim(item.name, kind, item.doc, lambda store: Shared(universe, store, memory).value(item.body), reads)


def _range(universe: Universe, place: Place, keys: tuple[ir.ScalarType, ...], kind: ir.IntType) -> Claim:
    name = place[0] if place[1] is None else f"{place[0]}.{place[1]}"
    variables = tuple(universe.fresh(of, "key") for of in keys)
    inside = conjunction(universe.within(of, key) for of, key in zip(keys, variables, strict=True))

    def said(store: Store) -> Expr:
        return every(variables, implication(inside, universe.within(kind, store[place](variables))))

    return Claim(f"range of {name}", "range", f"{name} is an {kind}.", said, frozenset([place[0]]))
