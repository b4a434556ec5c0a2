"""What a claim demands beside its exploration: that a property is shown for any size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from checker.comparison import Difference
from checker.configuration import Configuration
from checker.prove.remembered import proved
from checker.spec import Spec

if TYPE_CHECKING:
    from checker.prove.induction import Induction

Find: TypeAlias = "Callable[[Configuration, Sequence[str], Mapping[str, int], Sequence[Induction]], Induction]"
"""Finds the induction over some invariants with some bounds fixed, given those with fewer fixed."""


def missing(spec: Spec, chosen: Configuration, find: Find) -> Iterator[Difference]:
    """The proofs that a claim demands and that are not found."""
    done: dict[tuple[tuple[str, int], ...], Induction] = {}
    for fixed, names in sorted(_demanded(spec).items(), key=lambda item: len(item[0])):
        wider = [other for bounds, other in done.items() if set(bounds) <= set(fixed)]
        found = done[fixed] = find(chosen, names, dict(fixed), wider)
        for name in names:
            if name not in found.proved:
                yield Difference(f"{name} for {sizes(dict(fixed))}", "proved", f"open: {found.why_not(name)}", name)


def are_kept(spec: Spec, chosen: Configuration) -> bool:
    """Whether every proof that a claim demands was found before, by this checker of this model."""
    return all(set(names) <= proved(chosen, names, dict(fixed)) for fixed, names in _demanded(spec).items())


def sizes(fixed: Mapping[str, int]) -> str:
    """`any size`, or that with the bounds that are fixed."""
    return "any size" + "".join(f", {name}={limit}" for name, limit in fixed.items())


def _demanded(spec: Spec) -> dict[tuple[tuple[str, int], ...], list[str]]:
    """The properties to be proved, by the bounds that are fixed."""
    found: dict[tuple[tuple[str, int], ...], list[str]] = {}
    for name, expected in spec.expect.items():
        if expected.proved is not None:
            found.setdefault(tuple(expected.proved.items()), []).append(name)
    return found
