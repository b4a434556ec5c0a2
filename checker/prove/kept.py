"""Inductions kept between runs: an unchanged model under the same settings is not proved again."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from checker import cache, ir
from checker.backends.z3_universe import Universe
from checker.configuration import Configuration
from checker.prove.claims import claims_of
from checker.prove.induction import Induction, Progress, induction
from checker.prove.obligation import Obligation
from checker.prove.remembered import key
from checker.prove.rounds import Apart


def proved_before(chosen: Configuration, asked: Sequence[str], fixed: Mapping[str, int]) -> Induction | None:
    """The induction over these invariants as an earlier run found it; None where none is kept that can be believed."""
    value = cache.lookup(key(chosen, asked, fixed))
    try:
        return _from_json(value, chosen.model, chosen.settings, asked, fixed) if isinstance(value, dict) else None
    except (KeyError, TypeError, ValueError):
        return None


def prove_and_keep(
    chosen: Configuration,
    asked: Sequence[str],
    fixed: Mapping[str, int],
    wider: Sequence[Induction] = (),
    progress: Progress = lambda claim, step, seconds: None,
    apart: Apart | None = None,
) -> Induction:
    """The induction over these invariants, done now and kept; `wider` and `apart` as `induction` has them."""
    hints = _USED.setdefault((chosen.model.name, tuple(sorted(fixed))), {})
    found = induction(
        chosen.model, chosen.settings, asked, fixed=fixed, wider=wider, hints=hints, apart=apart, progress=progress
    )
    cache.store(key(chosen, asked, fixed), _as_json(found))
    hints |= {at: answer.uses for at, answer in found.obligations.items() if answer.result == "proved"}
    return found


_USED: dict[tuple[str, tuple[str, ...]], dict[tuple[str, str], frozenset[str]]] = {}
"""What the last proof in this process used, by the model's name and the bounds that were fixed: under other settings it
is mostly the same.  Not kept on disk, where a proof would depend on what was proved there before."""


def _as_json(found: Induction) -> dict[str, object]:
    answers = [{**dataclasses.asdict(answer), "uses": sorted(answer.uses)} for answer in found.obligations.values()]
    names = ("proved", "failed", "excluded", "least", "seconds")
    return {**{name: getattr(found, name) for name in names}, "obligations": answers}


def _from_json(
    value: Mapping[str, Any], model: ir.Model, settings: Any, asked: Sequence[str], fixed: Mapping[str, int]
) -> Induction:
    answers = [Obligation(**{**answer, "uses": frozenset(answer["uses"])}) for answer in value["obligations"]]
    return Induction(
        claims={claim.name: claim for claim in claims_of(Universe(model, settings, fixed))},
        asked=list(asked),
        obligations={(answer.claim, answer.step): answer for answer in answers},
        **{name: value[name] for name in ("proved", "failed", "excluded", "least", "seconds")},
    )
