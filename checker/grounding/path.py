"""Paths: what is known to hold where an expression or statement is reached, and the limits that follow from it.

Limits under a path are narrower than a term's own.  They show that most mistakes (a value out of range, a key that
does not exist) cannot be made, so that no check of them is left for the search.
"""

from __future__ import annotations

from collections.abc import Iterator

from checker.grounding.grounded import Term
from checker.grounding.terms import FALSE, TRUE, conjunction, conjuncts, constant, disjunction

Limits = tuple[int, int]


class Path:
    """A condition added to those before it.  `guard`: it is a `require`, not a branch or a short-circuit."""

    __slots__ = ("_answers", "_known", "_limits", "guard", "parent", "term")

    def __init__(self, parent: Path | None = None, term: Term = TRUE, guard: bool = False) -> None:
        self.parent, self.term, self.guard = parent, term, guard
        self._known: dict[Term, Limits] | None = None
        self._limits: dict[Term, Limits] = {}
        self._answers: dict[Term, bool | None] = {}

    def assume(self, term: Term, guard: bool = False) -> Path:
        """The path on which `term` holds too."""
        return self if term is TRUE else Path(self, term, guard)

    def condition(self, guards: bool) -> Term:
        """What holds on this path, as a term; without `guards` only branches and short-circuits."""
        return conjunction(reversed([step.term for step in self._steps() if guards or not step.guard]))

    def _steps(self) -> Iterator[Path]:
        step: Path | None = self
        while step is not None:
            yield step
            step = step.parent

    def limits(self, term: Term) -> Limits:
        """The limits of a term on this path; the lower above the higher where the path cannot be taken."""
        if term.operator == "const":
            return term.low, term.high
        if term in self._limits:
            return self._limits[term]
        low, high = _computed(self, term)
        for step in self._steps():
            known = step._learned().get(term)
            if known:
                low, high = max(low, known[0]), min(high, known[1])
        self._limits[term] = low, high
        return low, high

    def decide(self, term: Term) -> bool | None:
        """Whether a truth value certainly holds (or certainly not) on this path; None where that is open."""
        if term.operator == "const":
            return bool(term.value)
        if term not in self._answers:
            self._answers[term] = self._decided(term)
        return self._answers[term]

    def _decided(self, term: Term) -> bool | None:
        operator, arguments = term.operator, term.arguments
        if operator in ("and", "or"):
            answers = [self.decide(part) for part in arguments]
            decisive = operator == "or"
            return decisive if decisive in answers else None if None in answers else not decisive
        if operator in ("==", "!=", "<", "<="):
            return _compared(operator, self.limits(arguments[0]), self.limits(arguments[1]))
        if operator == "not":
            inner = self.decide(arguments[0])
            return None if inner is None else not inner
        low, high = self.limits(term)
        return bool(low) if low == high else None

    def chosen(self, term: Term) -> Term:
        """A value without the choices that this path decides; a constant where it leaves but one."""
        while term.operator == "if":
            answer = self.decide(term.arguments[0])
            if answer is None:
                break
            term = term.arguments[1 if answer else 2]
        low, high = self.limits(term)
        return constant(low) if low == high else term

    def simplified(self, term: Term) -> Term:
        """A truth value without the conjuncts, and the parts of a conjunct, that this path decides."""
        kept: list[Term] = []
        for part in conjuncts(term):
            answer = self.decide(part)
            if answer is False:
                return FALSE
            if answer is None and part.operator == "or":
                part = disjunction(inner for inner in part.arguments if self.decide(inner) is None)
            if answer is None:
                kept.append(part)
        return conjunction(kept)

    def _learned(self) -> dict[Term, Limits]:
        """The limits that this path's own condition adds to those of its parents."""
        if self._known is None:
            self._known = {}
            if self.parent is not None:
                self._known = learned(self.term, self.parent)
        return self._known


def learned(term: Term, path: Path) -> dict[Term, Limits]:
    """The limits of terms where `term` holds, on a path."""
    operator, arguments = term.operator, term.arguments
    if operator == "and":
        found: dict[Term, Limits] = {}
        for part in arguments:
            _merge(found, learned(part, path))
        return found
    if operator == "or":
        return _hull([learned(part, path) for part in arguments])
    if operator == "not":
        return {arguments[0]: (0, 0)}
    if operator in ("==", "!=", "<", "<="):
        return _from_comparison(operator, arguments[0], arguments[1], path)
    return {term: (1, 1)} if operator != "const" else {}


def _merge(into: dict[Term, Limits], more: dict[Term, Limits]) -> None:
    for term, (low, high) in more.items():
        old = into.get(term, (low, high))
        into[term] = max(old[0], low), min(old[1], high)


def _hull(cases: list[dict[Term, Limits]]) -> dict[Term, Limits]:
    """What holds in every case."""
    first, *others = cases
    found: dict[Term, Limits] = {}
    for term, (low, high) in first.items():
        if all(term in case for case in others):
            limits = [(low, high), *(case[term] for case in others)]
            found[term] = min(lower for lower, _ in limits), max(upper for _, upper in limits)
    return found


def _from_comparison(operator: str, left: Term, right: Term, path: Path) -> dict[Term, Limits]:
    (low, high), (low2, high2) = path.limits(left), path.limits(right)
    if operator == "==":
        both = max(low, low2), min(high, high2)
        return _known(left, both, right, both)
    if operator == "!=":
        if low2 == high2:
            return _known(left, (low + (low == low2), high - (high == low2)), right, (low2, high2))
        return {}
    gap = operator == "<"
    return _known(left, (low, min(high, high2 - gap)), right, (max(low2, low + gap), high2))


def _known(left: Term, first: Limits, right: Term, second: Limits) -> dict[Term, Limits]:
    """Limits of both, and of what a constant was added to."""
    found: dict[Term, Limits] = {}
    for term, (low, high) in ((left, first), (right, second)):
        if term.operator != "const":
            found[term] = low, high
        if term.operator == "+" and term.arguments[1].operator == "const":
            shift = term.arguments[1].value
            found[term.arguments[0]] = low - shift, high - shift
    return found


def _compared(operator: str, left: Limits, right: Limits) -> bool | None:
    """A comparison of what lies within limits; None where it is open."""
    if operator in ("==", "!="):
        if left[1] < right[0] or right[1] < left[0]:
            return operator == "!="
        return operator == "==" if left == right and left[0] == left[1] else None
    gap = operator == "<"
    if left[1] + gap <= right[0]:
        return True
    return False if left[0] + gap > right[1] else None


def _computed(path: Path, term: Term) -> Limits:
    """Limits of a term from those of its arguments on the path."""
    operator, arguments = term.operator, term.arguments
    if operator == "if":
        answer = path.decide(arguments[0])
        if answer is not None:
            return path.limits(arguments[1] if answer else arguments[2])
        (low, high), (low2, high2) = path.limits(arguments[1]), path.limits(arguments[2])
        return min(low, low2), max(high, high2)
    if operator in ("+", "-", "min", "max"):
        (low, high), (low2, high2) = path.limits(arguments[0]), path.limits(arguments[1])
        if operator == "+":
            return low + low2, high + high2
        if operator == "-":
            return low - high2, high - low2
        pick = min if operator == "min" else max
        return pick(low, low2), pick(high, high2)
    return term.low, term.high
