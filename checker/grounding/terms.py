"""Terms of the grounded form: made here only, so that equal ones are one object, folded and with their limits.

Numbers and truth values are kept apart by the functions that make them: `equal` and `choose` are for numbers (and
members of enumerations and sorts), `iff` and `either` for truth values, which `and`, `or`, `not`, comparisons and
cells of type bool have.  A comparison is one of `==`, `!=`, `<`, `<=`, with a constant never `<`.  A negation is
pushed down to comparisons and cells, so only a cell has a `not`.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Sequence

from checker.grounding.grounded import Term

_known: weakref.WeakValueDictionary[tuple[object, ...], Term] = weakref.WeakValueDictionary()


def unfolded(operator: str, arguments: tuple[Term, ...], value: int, low: int, high: int) -> Term:
    key = (operator, arguments, value, low, high)
    found = _known.get(key)
    if found is None:
        found = _known[key] = Term(operator, arguments, value, low, high)
    return found


def constant(value: int) -> Term:
    """A number, or a truth value as 0 or 1."""
    return _small[value] if 0 <= value < len(_small) else unfolded("const", (), value, value, value)


_small = tuple(unfolded("const", (), value, value, value) for value in range(64))
FALSE = constant(0)
TRUE = constant(1)


def truth(value: bool) -> Term:
    """`TRUE` or `FALSE`."""
    return TRUE if value else FALSE


def cell(index: int, low: int, high: int) -> Term:
    """The value a cell has before the step; a constant where its limits leave one."""
    return constant(low) if low == high else unfolded("cell", (), index, low, high)


def is_constant(term: Term) -> bool:
    """Whether nothing is left to compute."""
    return term.operator == "const"


# --- truth values -------------------------------------------------------------------------------------------


def negation(term: Term) -> Term:
    """`not term`, pushed down to comparisons and cells."""
    if term.operator == "const":
        return truth(not term.value)
    found: Term | None = term.__dict__.get("negation")
    if found is None:
        found = _negated(term)
        term.__dict__["negation"] = found
        if found.operator != "const":  # a term that folds is no name of the constant's negation
            found.__dict__.setdefault("negation", term)
    return found


def _negated(term: Term) -> Term:
    operator, arguments = term.operator, term.arguments
    if operator in ("and", "or"):
        parts = [negation(part) for part in arguments]
        return disjunction(parts) if operator == "and" else conjunction(parts)
    if operator in ("==", "!=", "<", "<="):
        return _opposite(operator, *arguments)
    if operator == "not":
        return arguments[0]
    if operator == "if":
        return unfolded("if", (arguments[0], negation(arguments[1]), negation(arguments[2])), 0, 0, 1)
    return unfolded("not", (term,), 0, 0, 1)


def _opposite(operator: str, left: Term, right: Term) -> Term:
    if operator == "==":
        if right.operator == "const" and left.high - left.low == 1:
            return unfolded("==", (left, constant(left.low + left.high - right.value)), 0, 0, 1)
        return unfolded("!=", (left, right), 0, 0, 1)
    if operator == "!=":
        return unfolded("==", (left, right), 0, 0, 1)
    if operator == "<":
        return at_most(right, left)
    if left.operator == "const":
        return at_most(right, constant(left.value - 1))
    if right.operator == "const":
        return at_most(constant(right.value + 1), left)
    return less(right, left)


def conjunction(parts: Iterable[Term]) -> Term:
    """`and` of truth values in their order; nested ones become one."""
    return _junction("and", parts, FALSE)


def disjunction(parts: Iterable[Term]) -> Term:
    """`or` of truth values in their order; nested ones become one."""
    return _junction("or", parts, TRUE)


def _junction(operator: str, parts: Iterable[Term], absorbing: Term) -> Term:
    kept: dict[Term, None] = {}
    for part in parts:
        if part.operator == "const":
            if part is absorbing:
                return absorbing
        elif part.operator == operator:
            kept.update(dict.fromkeys(part.arguments))
        else:
            kept[part] = None
    if len(kept) < 2:
        return next(iter(kept)) if kept else negation(absorbing)
    for part in kept:
        other = part.__dict__.get("negation")
        if other is not None and other in kept:
            return absorbing
    return unfolded(operator, tuple(kept), 0, 0, 1)


def conjuncts(term: Term) -> tuple[Term, ...]:
    """The parts of an `and`; a term that is none is its only part, and `TRUE` has none."""
    if term is TRUE:
        return ()
    return term.arguments if term.operator == "and" else (term,)


def iff(left: Term, right: Term) -> Term:
    """Whether two truth values are equal."""
    if left is right:
        return TRUE
    for one, other in ((left, right), (right, left)):
        if one.operator == "const":
            return other if one.value else negation(other)
    if left is negation(right):
        return FALSE
    return unfolded("==", (left, right), 0, 0, 1)


def either(condition: Term, then: Term, otherwise: Term) -> Term:
    """A truth value chosen by another."""
    if condition.operator == "const":
        return then if condition.value else otherwise
    if then is otherwise:
        return then
    if then.operator == "const":
        return disjunction((condition, otherwise)) if then.value else conjunction((negation(condition), otherwise))
    if otherwise.operator == "const":
        return disjunction((negation(condition), then)) if otherwise.value else conjunction((condition, then))
    condition, then, otherwise = _joined(condition, then, otherwise)
    if then is otherwise or condition.operator == "const":
        return then if condition is not FALSE else otherwise
    return unfolded("if", (condition, then, otherwise), 0, 0, 1)


def _joined(condition: Term, then: Term, otherwise: Term) -> tuple[Term, Term, Term]:
    """A choice without an inner choice that its own condition decides, or that only leads to the same term again."""
    if then.operator == "if":
        inner, yes, no = then.arguments
        if inner is condition:
            return _joined(condition, yes, otherwise)
        if yes is otherwise:
            return conjunction((condition, negation(inner))), no, otherwise
        if no is otherwise:
            return conjunction((condition, inner)), yes, otherwise
    if otherwise.operator == "if":
        inner, yes, no = otherwise.arguments
        if inner is condition:
            return _joined(condition, then, no)
        if yes is then:
            return disjunction((condition, inner)), then, no
        if no is then:
            return disjunction((condition, negation(inner))), then, yes
    return condition, then, otherwise


# --- comparisons --------------------------------------------------------------------------------------------


def equal(left: Term, right: Term) -> Term:
    """Whether two numbers are equal."""
    if left is right:
        return TRUE
    if left.high < right.low or right.high < left.low:
        return FALSE
    if left.operator == "const":
        left, right = right, left
    if right.operator != "const":
        return unfolded("==", (left, right), 0, 0, 1)
    if left.operator == "+" and left.arguments[1].operator == "const":
        return equal(left.arguments[0], constant(right.value - left.arguments[1].value))
    value = right.value
    pushed = _pushed(
        left,
        lambda branch: equal(branch, right),
        lambda branch: not branch.low <= value <= branch.high or branch.low == branch.high,
    )
    return pushed or unfolded("==", (left, right), 0, 0, 1)


def differ(left: Term, right: Term) -> Term:
    """Whether two numbers differ; of two possible values, which one it is."""
    return negation(equal(left, right))


def at_most(left: Term, right: Term) -> Term:
    """`left <= right`, for numbers."""
    if left is right or left.high <= right.low:
        return TRUE
    if left.low > right.high:
        return FALSE
    if left.operator == "const":
        return _at_least(right, left.value)
    if right.operator != "const":
        return unfolded("<=", (left, right), 0, 0, 1)
    if left.operator == "+" and left.arguments[1].operator == "const":
        return at_most(left.arguments[0], constant(right.value - left.arguments[1].value))
    if left.low == right.value:
        return equal(left, right)
    if left.high - 1 == right.value:
        return differ(left, constant(left.high))
    value = right.value
    pushed = _pushed(
        left, lambda branch: at_most(branch, right), lambda branch: branch.high <= value or branch.low > value
    )
    return pushed or unfolded("<=", (left, right), 0, 0, 1)


def _at_least(term: Term, value: int) -> Term:
    """`value <= term`, where the limits of the term leave it open."""
    limit = constant(value)
    if term.operator == "+" and term.arguments[1].operator == "const":
        return at_most(constant(value - term.arguments[1].value), term.arguments[0])
    if term.high == value:
        return equal(term, limit)
    if term.low + 1 == value:
        return differ(term, constant(term.low))
    pushed = _pushed(
        term, lambda branch: at_most(limit, branch), lambda branch: branch.low >= value or branch.high < value
    )
    return pushed or unfolded("<=", (limit, term), 0, 0, 1)


def less(left: Term, right: Term) -> Term:
    """`left < right`, for numbers."""
    if left is right or left.low >= right.high:
        return FALSE
    if left.high < right.low:
        return TRUE
    if right.operator == "const":
        return at_most(left, constant(right.value - 1))
    if left.operator == "const":
        return at_most(constant(left.value + 1), right)
    return unfolded("<", (left, right), 0, 0, 1)


def _pushed(term: Term, compare: Callable[[Term], Term], decided: Callable[[Term], bool]) -> Term | None:
    """A comparison of a choice, where the limits of a branch decide it there; else None.

    Only then: comparing both branches of every choice would walk a shared graph as if it were a tree.
    """
    if term.operator != "if":
        return None
    condition, then, otherwise = term.arguments
    if decided(then) or decided(otherwise):
        return either(condition, compare(then), compare(otherwise))
    return None


# --- numbers ------------------------------------------------------------------------------------------------


def choose(condition: Term, then: Term, otherwise: Term) -> Term:
    """A number chosen by a truth value."""
    if condition.operator == "const":
        return then if condition.value else otherwise
    condition, then, otherwise = _joined(condition, then, otherwise)
    if then is otherwise or condition.operator == "const":
        return then if condition is not FALSE else otherwise
    arguments = (condition, then, otherwise)
    return unfolded("if", arguments, 0, min(then.low, otherwise.low), max(then.high, otherwise.high))


def add(left: Term, right: Term) -> Term:
    """`left + right`; a constant stands right, and there is one at most."""
    if left.operator == "const":
        left, right = right, left
    if right.operator == "const":
        if left.operator == "const":
            return constant(left.value + right.value)
        if left.operator == "+" and left.arguments[1].operator == "const":
            return add(left.arguments[0], constant(left.arguments[1].value + right.value))
        if right.value == 0:
            return left
    return unfolded("+", (left, right), 0, left.low + right.low, left.high + right.high)


def total(parts: Sequence[Term]) -> Term:
    """The sum of numbers, as a balanced tree."""
    if len(parts) < 2:
        return parts[0] if parts else constant(0)
    middle = len(parts) // 2
    return add(total(parts[:middle]), total(parts[middle:]))


def subtract(left: Term, right: Term) -> Term:
    """`left - right`."""
    if left is right:
        return constant(0)
    if right.operator == "const":
        return add(left, constant(-right.value))
    return unfolded("-", (left, right), 0, left.low - right.high, left.high - right.low)


def multiply(left: Term, right: Term) -> Term:
    """`left * right`."""
    if left.operator == "const":
        left, right = right, left
    if right.operator == "const":
        if left.operator == "const" or right.value == 0:
            return constant(left.value * right.value)
        if right.value == 1:
            return left
    products = [a * b for a in (left.low, left.high) for b in (right.low, right.high)]
    return unfolded("*", (left, right), 0, min(products), max(products))


def divide(left: Term, right: Term) -> Term:
    """`left // right`, rounded down as Python does; 0 where `right` is 0, which a check reports."""
    if right.operator == "const":
        if left.operator == "const":
            return constant(floor(left.value, right.value))
        if right.value == 1:
            return left
    divisors = {d for d in (right.low, right.high, -1, 1) if d and right.low <= d <= right.high}
    quotients = [n // d for n in (left.low, left.high) for d in divisors]
    quotients += [0] if right.low <= 0 <= right.high else []
    return unfolded("//", (left, right), 0, min(quotients), max(quotients))


def remainder(left: Term, right: Term) -> Term:
    """`left % right`, with the sign of `right` as in Python; 0 where `right` is 0, which a check reports."""
    if left.operator == "const" and right.operator == "const":
        return constant(rest(left.value, right.value))
    if left.low >= 0 and left.high < right.low:
        return left
    low, high = min(right.low + 1, 0), max(right.high - 1, 0)
    return unfolded("%", (left, right), 0, low, high)


def least(left: Term, right: Term) -> Term:
    """The smaller of two numbers."""
    if left is right or left.high <= right.low:
        return left
    if right.high <= left.low:
        return right
    return unfolded("min", (left, right), 0, min(left.low, right.low), min(left.high, right.high))


def greatest(left: Term, right: Term) -> Term:
    """The greater of two numbers."""
    if left is right or left.low >= right.high:
        return left
    if right.low >= left.high:
        return right
    return unfolded("max", (left, right), 0, max(left.low, right.low), max(left.high, right.high))


def floor(left: int, right: int) -> int:
    """`left // right` on numbers, 0 where `right` is 0."""
    return left // right if right else 0


def rest(left: int, right: int) -> int:
    """`left % right` on numbers, 0 where `right` is 0."""
    return left % right if right else 0


BINARY: dict[str, Callable[[Term, Term], Term]] = {
    "==": equal,
    "!=": differ,
    "<": less,
    "<=": at_most,
    ">": lambda left, right: less(right, left),
    ">=": lambda left, right: at_most(right, left),
    "+": add,
    "-": subtract,
    "*": multiply,
    "//": divide,
    "%": remainder,
    "min": least,
    "max": greatest,
}
"""What makes a term of a binary operator and its two arguments; `>` and `>=` become their mirror images."""
