"""Connectives of Z3 that fold where the answer is known: what a setting decides leaves nothing behind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import z3

Expr: TypeAlias = Any
"""A Z3 expression; its types are not declared by the package."""

TRUE: Expr = z3.BoolVal(True)
FALSE: Expr = z3.BoolVal(False)


def truth(value: bool) -> Expr:
    """A constant."""
    return TRUE if value else FALSE


def negation(part: Expr) -> Expr:
    """`not part`."""
    if z3.is_true(part) or z3.is_false(part):
        return truth(z3.is_false(part))
    return part.arg(0) if z3.is_not(part) else z3.Not(part)


def conjunction(parts: Iterable[Expr]) -> Expr:
    """`and` of all parts."""
    kept: list[Expr] = []
    for part in parts:
        if z3.is_false(part):
            return FALSE
        if not z3.is_true(part):
            kept.append(part)
    return kept[0] if len(kept) == 1 else z3.And(kept) if kept else TRUE


def disjunction(parts: Iterable[Expr]) -> Expr:
    """`or` of all parts."""
    kept: list[Expr] = []
    for part in parts:
        if z3.is_true(part):
            return TRUE
        if not z3.is_false(part):
            kept.append(part)
    return kept[0] if len(kept) == 1 else z3.Or(kept) if kept else FALSE


def implication(condition: Expr, part: Expr) -> Expr:
    """`part`, where `condition` holds."""
    return disjunction((negation(condition), part))


def choice(condition: Expr, then: Expr, otherwise: Expr) -> Expr:
    """`then` where the condition holds, else `otherwise`."""
    if z3.is_true(condition) or z3.is_false(condition):
        return then if z3.is_true(condition) else otherwise
    if then.eq(otherwise):
        return then
    if z3.is_bool(then):
        if z3.is_true(then) or z3.is_false(otherwise):
            combine = disjunction if z3.is_true(then) else conjunction
            return combine((condition, otherwise if z3.is_true(then) else then))
        if z3.is_false(then) or z3.is_true(otherwise):
            combine = conjunction if z3.is_false(then) else disjunction
            return combine((negation(condition), otherwise if z3.is_false(then) else then))
    return z3.If(condition, then, otherwise)


def equal(left: Expr, right: Expr, distinct: Sequence[Expr] = ()) -> Expr:
    """Whether two values are equal; `distinct` are constants known to differ from each other."""
    if left.eq(right):
        return TRUE
    if _is_value(left, distinct) and _is_value(right, distinct):
        return FALSE
    if z3.is_bool(left):
        for one, other in ((left, right), (right, left)):
            if z3.is_true(one) or z3.is_false(one):
                return other if z3.is_true(one) else negation(other)
    return left == right


def _is_value(part: Expr, distinct: Sequence[Expr]) -> bool:
    """Whether it stands for one known value, by which it differs from every other such expression."""
    if z3.is_true(part) or z3.is_false(part) or z3.is_int_value(part):
        return True
    if z3.is_app(part) and part.num_args() == 0 and part.sort_kind() == z3.Z3_DATATYPE_SORT:
        return bool(part.decl().kind() == z3.Z3_OP_DT_CONSTRUCTOR)
    return any(part.eq(known) for known in distinct)


def at_most(left: Expr, right: Expr) -> Expr:
    """`left <= right`, for integers."""
    if left.eq(right):
        return TRUE
    if z3.is_int_value(left) and z3.is_int_value(right):
        return truth(left.as_long() <= right.as_long())
    return left <= right


def every(variables: Sequence[Expr], body: Expr, triggers: bool = False) -> Expr:
    """That it holds for all values of the variables; `triggers`: instantiated by places with all of them as keys."""
    if not variables or z3.is_true(body) or z3.is_false(body):
        return body
    return z3.ForAll(list(variables), body, patterns=_triggers(variables, body) if triggers else [])


def _triggers(variables: Sequence[Expr], body: Expr) -> list[Expr]:
    """Places whose keys include every variable, of those with most keys; else some that do together; else none.

    Without any the solver chooses by itself.  It would choose any place, and a fact on what a page holds, said again of
    each record that another such fact speaks of, never ends.  Nor does one that says that there is another record, if
    that record's own place makes it say so again: so, together, only what is not read inside a quantifier.
    """
    wanted = {variable.get_id() for variable in variables}
    found: list[Expr] = []
    inner: set[int] = set()
    seen: set[tuple[int, bool]] = set()
    waiting = [(body, False)]
    while waiting:
        part, inside = waiting.pop()
        if (part.get_id(), inside) in seen:
            continue
        seen.add((part.get_id(), inside))
        if z3.is_quantifier(part):
            waiting.append((part.body(), True))
        elif z3.is_app(part):
            keys, function = part.children(), part.decl()
            waiting += [(key, inside) for key in keys]
            if inside:
                inner.add(function.get_id())
            elif keys and function.kind() in _PLACES and all(map(_is_place, keys)):
                found.append(part)
    whole = [part for part in found if wanted <= {key.get_id() for key in part.children()}]
    most = max((part.num_args() for part in whole), default=0)
    return [part for part in whole if part.num_args() == most] or _together(wanted, found, inner)


def _together(wanted: set[int], places: Sequence[Expr], inner: set[int]) -> list[Expr]:
    """Places that have every variable among their keys, none of a function that is read inside a quantifier."""
    chosen: list[Expr] = []
    left = set(wanted)
    for part in sorted(places, key=lambda part: str(part.decl())):
        keys = {key.get_id() for key in part.children()}
        if part.decl().get_id() not in inner and keys & left:
            chosen.append(part)
            left -= keys
    return [z3.MultiPattern(*chosen)] if not left and len(chosen) > 1 else []


_PLACES = (z3.Z3_OP_UNINTERPRETED, z3.Z3_OP_DT_CONSTRUCTOR)


def _is_place(part: Expr) -> bool:
    """Whether it is a value that nothing was done with."""
    return bool(z3.is_app(part) and part.decl().kind() in _PLACES) or bool(z3.is_int_value(part))


def some(variables: Sequence[Expr], body: Expr) -> Expr:
    """That it holds for at least one value of the variables."""
    return body if not variables or z3.is_true(body) or z3.is_false(body) else z3.Exists(list(variables), body)
