"""One setup searched as it is, and then without one guard or setting after the other.

A search of the space as it is tells of every guard whether it ever stands alone in the way of its action, and how far
from the beginning: where it never does nothing has to be searched without it, and what it keeps from breaking cannot
break before that.
"""

from __future__ import annotations

import dataclasses
import functools
import time
from collections.abc import Iterator, Sequence
from typing import Any

from checker import ir
from checker.explore import Exploration, explore
from checker.grounding.ground import ground
from checker.grounding.grounded import Action, Grounded, Property, Term
from checker.grounding.terms import FALSE, TRUE, conjunction, disjunction, negation
from checker.prove.effect import Effect, Same, Setup, Word
from checker.prove.guards import Without
from checker.prove.step import with_lemmas
from checker.reading import ModelError
from checker.refusal import UsageError
from checker.run import configured

MOST = 48
"""Questions that one search answers: machine code notes what is broken in the bits of a word."""

NEVER = 1 << 30
"""More steps than any search takes."""


class Study:
    """A setup, and what is known of it with every guard in place.

    `left[k]`: the instances of the action that guard k of `removals` is taken from, without it; None where that cannot
    be read.  `new[k]`: how far the nearest state is in which only that guard stands in the way; None where there is
    none.
    """

    def __init__(self, model: ir.Model, setup: Setup, removals: Sequence[Without]) -> None:
        self.model, self.request, self.removals = model, setup.request, removals
        self.chosen = configured(model, setup.request)
        self.grounded = ground(model, self.chosen.settings, self.chosen.bounds)
        self.before = self._search(self.grounded, None, first=False)
        if self.before.error is not None:
            raise UsageError(f"{setup.name}: the model itself makes a mistake: {self.before.error}")
        if not self.before.exhausted:
            limit = f"{self.before.states:,} states ({self.before.stopped})"
            raise UsageError(f"{setup.name}: the space is not exhausted within {limit}; allow more, or a smaller scope")
        self.held = [f.property.name for f in self.before.findings if f.word == "exhausted" and not f.constant]
        self.deadlocks = self.before.deadlocks.count > 0
        self.guards = {(action.name, action.arguments): action.guard for action in self.grounded.actions}
        self.errors: dict[int, str] = {}
        self.left = [self._left(number) for number in range(len(removals))]
        self.new = self._new()

    def soonest(self, number: int) -> tuple[int, int]:
        """Orders setups: where a guard is the only one in the way nearest to the beginning, in the smaller space."""
        first = self.new[number]
        return (0 if number in self.errors else NEVER if first is None else first, self.before.states)

    def without(self, number: int, sooner_than: int | None = None) -> Effect:
        """What breaks without a guard; of no interest where that is in no fewer than `sooner_than` steps."""
        states = self.before.states
        if number in self.errors:
            return Effect("error", self.errors[number], before=states)
        why = self._why_same(number)
        if why:
            return Effect("same", states=states, before=states, why=why)
        first = self.new[number]
        if sooner_than is not None and first is not None and first + 1 >= sooner_than:
            return Effect("later", before=states)
        started = time.monotonic()
        name, instances = self.removals[number].guard.action, self.left[number] or ()
        return self._effect(self.spliced(name, instances), started)

    def without_setting(self, name: str) -> Effect:
        """What breaks with a setting switched off."""
        started = time.monotonic()
        settings = dataclasses.replace(self.chosen.settings, **{name: False})
        return self._effect(ground(self.model, settings, self.chosen.bounds), started)

    @functools.cached_property
    def facts(self) -> dict[str, Term]:
        """The invariants and lemmas of the model that every reachable state satisfies, by name."""
        grounded = with_lemmas(self.model, self.chosen.settings, self.chosen.bounds)
        asked = [p for p in grounded.properties if p.kind == "invariant" and not p.checks and p.body is not TRUE]
        held = {f.property.name for f in self._looked_for(asked) if f.word == "exhausted"}
        return {p.name: p.body for p in asked if p.name in held}

    # --- what is left of an action ---------------------------------------------------------------------------

    def _left(self, number: int) -> tuple[Action, ...] | None:
        alone = dataclasses.replace(self.model, actions=(self.removals[number].step,), properties=(), lemmas=())
        try:
            return ground(alone, self.chosen.settings, self.chosen.bounds).actions
        except ModelError as error:
            self.errors[number] = str(error)
            return None

    def as_it_is(self, name: str) -> tuple[Action, ...]:
        """The instances of an action of that name, with every guard."""
        return tuple(action for action in self.grounded.actions if action.name == name)

    def spliced(self, name: str, instances: tuple[Action, ...]) -> Grounded:
        """The grounded model with one action in another form."""
        names = [action.name for action in self.model.actions]
        by_name = {each: tuple(a for a in self.grounded.actions if a.name == each) for each in names}
        by_name[name] = instances
        actions = tuple(action for found in by_name.values() for action in found)
        off = tuple(each for each, found in by_name.items() if not found)
        return dataclasses.replace(self.grounded, actions=actions, off=off)

    # --- where a guard stands alone --------------------------------------------------------------------------

    def _why_same(self, number: int) -> Same:
        if not self.left[number]:
            return "off"
        if _comparable(self.left[number] or ()) == _comparable(self.as_it_is(self.removals[number].guard.action)):
            return "settled"
        if self.new[number] is not None:
            return ""
        return "implied" if self.before.fired.get(self.removals[number].guard.action) else "never"

    def _new(self) -> list[int | None]:
        asked = [
            Property(f"guard {number}", "reachable", "", body, ())
            for number in range(len(self.removals))
            if (body := self._alone(number)) is not FALSE
        ]
        found: list[int | None] = [None] * len(self.removals)
        for finding in self._looked_for(asked):
            if finding.word == "reached":
                found[int(finding.property.name.split()[-1])] = finding.depth
        return found

    def _alone(self, number: int) -> Term:
        """That a step is possible without the guard and impossible with it, or that a mistake is made without it."""
        instances = self.left[number] or ()
        if _comparable(instances) == _comparable(self.as_it_is(self.removals[number].guard.action)):
            return FALSE
        steps = [conjunction((a.guard, negation(self.guards.get((a.name, a.arguments), FALSE)))) for a in instances]
        return disjunction([*steps, *(check.wrong for a in instances for check in a.checks if check.early)])

    def _looked_for(self, asked: Sequence[Property]) -> Iterator[Any]:
        for start in range(0, len(asked), MOST):
            part = tuple(asked[start : start + MOST])
            found = self._search(dataclasses.replace(self.grounded, properties=part), [p.name for p in part], False)
            if not found.exhausted:
                raise UsageError(f"the space is not exhausted within the limits ({found.stopped}); allow more")
            yield from found.findings

    # --- searches --------------------------------------------------------------------------------------------

    def _effect(self, grounded: Grounded, started: float) -> Effect:
        if _comparable(grounded.actions) == _comparable(self.grounded.actions):
            return Effect("same", states=self.before.states, before=self.before.states, why="settled")
        if self.deadlocks:  # there are some already: no news
            grounded = dataclasses.replace(grounded, end=TRUE)
        found = self._search(grounded, self.held, first=True)
        word, what, steps = _worst(found)
        why: Same = ""
        if word == "nothing" and (found.states, found.transitions) == (self.before.states, self.before.transitions):
            word, why = "same", "implied"
        return Effect(word, what, steps, found.states, self.before.states, time.monotonic() - started, why)

    def _search(self, grounded: Grounded, properties: Sequence[str] | None, first: bool) -> Exploration:
        decided = [p.name for p in grounded.properties if p.kind in ("invariant", "reachable")]
        found = explore(
            grounded,
            properties=decided if properties is None else properties,
            first=first,
            states=self.request.states,
            memory=self.request.memory,
        )
        if found.stopped == "interrupted":
            raise KeyboardInterrupt
        return found


def _comparable(actions: Sequence[Action]) -> list[Any]:
    """What actions can do, comparable: equal terms are the same object."""
    return [(a.label, a.guard, a.updates, tuple((check.wrong, check.early) for check in a.checks)) for a in actions]


def _worst(found: Exploration) -> tuple[Word, str, tuple[str, ...]]:
    """The word for a search that was to end at the first thing wrong, what is wrong, and the steps that lead there."""
    if found.error is not None:
        last = () if found.error.action is None else (found.error.action.label,)
        return "error", found.error.check.message, _labels(found.error.trace) + last
    for finding in found.findings:
        if finding.word == "violated":
            return "violated", finding.property.name, _labels(finding.trace)
    if found.deadlocks.trace is not None:
        return "deadlock", "", _labels(found.deadlocks.trace)
    return ("nothing" if found.exhausted else "unknown"), "", ()


def _labels(trace: Any) -> tuple[str, ...]:
    return tuple(action.label for action in trace.actions)
