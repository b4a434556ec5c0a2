"""A direct interpreter of terms, as slow as it is plain: what the back ends are held against."""

from __future__ import annotations

from collections.abc import Callable

from checker.grounding.grounded import State, Term
from checker.grounding.terms import floor, rest


def evaluate(term: Term, state: State) -> int:
    """The value of a term in a state; truth values are 0 and 1."""
    return _evaluated(term, state, {})


def _evaluated(term: Term, state: State, done: dict[Term, int]) -> int:
    operator = term.operator
    if operator == "const":
        return term.value
    if operator == "cell":
        return state[term.value]
    found = done.get(term)
    if found is None:
        found = done[term] = _computed(operator, term.arguments, state, done)
    return found


def _computed(operator: str, arguments: tuple[Term, ...], state: State, done: dict[Term, int]) -> int:
    if operator == "if":
        chosen = arguments[1] if _evaluated(arguments[0], state, done) else arguments[2]
        return _evaluated(chosen, state, done)
    if operator == "and":
        return int(all(_evaluated(part, state, done) for part in arguments))
    if operator == "or":
        return int(any(_evaluated(part, state, done) for part in arguments))
    values = [_evaluated(part, state, done) for part in arguments]
    return int(_OPERATIONS[operator](*values))


_OPERATIONS: dict[str, Callable[..., int]] = {
    "not": lambda a: not a,
    "neg": lambda a: -a,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "//": floor,
    "%": rest,
    "min": min,
    "max": max,
}
