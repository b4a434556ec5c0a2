"""Partial-order reduction: of steps that come to the same in either order, one order is enough.

What may happen are *events*: the actions, and for all that a search is to notice (a property broken or reached, a
mistake of the model) an event that changes nothing and is possible where that is so.  A set of events is *stubborn* in
a state (Valmari, "Stubborn sets for reduced state space generation", 1989; Godefroid's persistent sets, 1996) if

- of a member that is possible there, every event that is not in *accord* with it is a member too: two events are in
  accord if, wherever both are possible, either leaves the other possible and both orders lead to the same state;
- of a member that is not possible there, some part of its guard is false, and all events that may make that part true
  are members too.

The search takes only the members of such a set, if one of them leads to a state that it has not expanded (for searches
in any order: Bošnački, Leue, Lluch Lafuente, "Partial-order reduction for general state exploring algorithms", 2006);
else it takes all.  Nothing is lost by that: let an event be possible at the end of a behaviour from a state s that was
expanded.  By induction on the length of the behaviour, and then on how late s was expanded, it is seen.  If the
behaviour, this event included, has a member, the first one is possible in s already, being what no event before it can
bring about, and comes to the same when it is taken first: the rest of the behaviour is shorter.  If it has none, then
the member that leads to a state not yet expanded can be taken before all of it, and leaves the event possible at its
end: the behaviour is as long, but from a state that will be expanded later.  As properties are events, none but these
need be invisible (Peled, "All from one, one for all", 1993, asks it of all that is taken).

So verdicts, deadlocks (where nothing is possible, a member that still was contradicts that), mistakes of the model, and
which actions ever fire are those of the full search.  Not so lengths: a counterexample may come with steps that it did
not need, as they were taken first.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from checker.grounding import terms
from checker.grounding.grounded import Check, Grounded, Property, Term
from checker.grounding.path import Path
from checker.grounding.rewriting import Rewriting, reads
from checker.grounding.terms import FALSE, conjunction, conjuncts, negation

KEPT = 1 << 16
"""Truths of all conditions for which stubborn sets are remembered."""


@dataclass(frozen=True, eq=False)
class Event:
    """Something that may happen; `parts` are the conjuncts of its guard by number, `reads` all cells it reads."""

    guard: Term
    updates: dict[int, Term]
    parts: tuple[int, ...]
    reads: frozenset[int]

    @functools.cached_property
    def after(self) -> Rewriting:
        """What a term of the state after the event is in the state before it."""
        return Rewriting(lambda cell: self.updates.get(cell.value, cell))


class Order:
    """What commutes in a model, and what must not be missed.

    Events are numbered, the actions first as in the model; sets of them are bits of a number.  `conditions` are the
    distinct parts of their guards: in which state they hold is what the sets depend on.
    """

    def __init__(self, grounded: Grounded, properties: Sequence[Property]) -> None:
        cells = grounded.cells
        same = Rewriting(lambda term: terms.cell(term.value, cells[term.value].low, cells[term.value].high))
        self._numbers: dict[Term, int] = {}
        actions = [same.action(action) for action in grounded.actions]
        self.events = [self._event(action.guard, dict(action.updates)) for action in actions]
        self.actions = len(actions)
        for wrong in [
            *(_wrong(check, action.guard) for action in actions for check in action.checks),
            *(part for prop in properties for part in _noted(same.property(prop))),
        ]:
            self.events += [] if wrong is FALSE else [self._event(wrong, {})]
        self.conditions = list(self._numbers)
        self._writers: dict[int, int] = {}
        for number, event in enumerate(self.events):
            for cell in () if event.guard is FALSE else event.updates:
                self._writers[cell] = self._writers.get(cell, 0) | 1 << number
        self._against: dict[int, int] = {}
        self._enabling: dict[int, int] = {}
        self.smaller: Callable[[int], tuple[int, ...]] = functools.lru_cache(KEPT)(self._smaller)
        """The stubborn sets that leave some possible action out, where those conditions hold; smallest first, and only
        the actions in them that are possible."""

    def _event(self, guard: Term, updates: dict[int, Term]) -> Event:
        parts = tuple(self._numbers.setdefault(part, len(self._numbers)) for part in conjuncts(guard))
        return Event(guard, updates, parts, frozenset(reads(guard, *updates.values())))

    # --- what depends on what ---------------------------------------------------------------------------

    def against(self, number: int) -> int:
        """The events that are not in accord with one."""
        if number not in self._against:
            event, found = self.events[number], 0
            for other, another in enumerate(self.events):
                if other != number and _meet(event, another) and not _accord(event, another):
                    found |= 1 << other
            self._against[number] = found
        return self._against[number]

    def enabling(self, condition: int) -> int:
        """The events that may make a condition true where it is false."""
        if condition not in self._enabling:
            term, found = self.conditions[condition], 0
            for number in _members(_union(self._writers.get(cell, 0) for cell in reads(term))):
                event = self.events[number]
                before = Path().assume(event.guard)
                open_ = before.decide(term) is not True
                if open_ and before.assume(negation(term)).decide(event.after(term)) is not False:
                    found |= 1 << number
            self._enabling[condition] = found
        return self._enabling[condition]

    # --- what may be taken without the rest -------------------------------------------------------------

    def _smaller(self, holds: int) -> tuple[int, ...]:
        possible = _union(
            1 << number for number, event in enumerate(self.events) if all(holds >> part & 1 for part in event.parts)
        )
        actions = possible & ((1 << self.actions) - 1)
        found = {self._closed(number, holds, possible, actions) & actions for number in _members(actions)}
        return tuple(sorted(found - {actions}, key=lambda some: (some.bit_count(), some)))

    def _closed(self, first: int, holds: int, possible: int, actions: int) -> int:
        """A stubborn set with that member, or one with all possible actions in it."""
        made, pending = 1 << first, [first]
        while pending and made & actions != actions:
            number = pending.pop()
            if possible >> number & 1:
                needed = self.against(number) if number < self.actions else 0
            else:
                lacking = [self.enabling(part) for part in self.events[number].parts if not holds >> part & 1]
                needed = min(lacking, key=lambda some: (some & ~made).bit_count())
            pending += _members(needed & ~made)
            made |= needed
        return made


def _wrong(check: Check, guard: Term) -> Term:
    """Where a mistake shows."""
    return check.wrong if check.early else conjunction((guard, check.wrong))


def _noted(prop: Property) -> Iterator[Term]:
    """Conditions any of which makes a property worth noting, or its mistakes."""
    yield from (check.wrong for check in prop.checks)
    body = prop.body if prop.kind == "reachable" else negation(prop.body)
    yield from body.arguments if body.operator == "or" else (body,)


def _meet(one: Event, other: Event) -> bool:
    """Whether one writes what the other reads or writes."""
    left, right = one.updates.keys(), other.updates.keys()
    return not (left.isdisjoint(other.reads) and right.isdisjoint(one.reads) and left.isdisjoint(right))


def _accord(one: Event, other: Event) -> bool:
    """Whether both orders of two events lead to the same wherever both are possible, as far as limits show it."""
    both = Path().assume(one.guard)
    if both.decide(other.guard) is False or Path().assume(other.guard).decide(one.guard) is False:
        return True
    both = both.assume(other.guard)
    if both.decide(one.after(other.guard)) is not True or both.decide(other.after(one.guard)) is not True:
        return False
    known = Rewriting(both.chosen)
    for cell in {**one.updates, **other.updates}:
        # What the second event leaves, as a term of the state before the first.
        first = _left(one, other, cell)
        second = _left(other, one, cell)
        if first is not second and (first is None or second is None or known(first) is not known(second)):
            return False
    return True


def _left(first: Event, second: Event, cell: int) -> Term | None:
    """What is in a cell after both events; None where neither writes it."""
    if cell in second.updates:
        return first.after(second.updates[cell])
    return first.updates.get(cell)


def _members(some: int) -> Iterator[int]:
    """The numbers in a set, the smallest first."""
    while some:
        lowest = some & -some
        yield lowest.bit_length() - 1
        some ^= lowest


def _union(sets: Iterable[int]) -> int:
    return functools.reduce(int.__or__, sets, 0)
