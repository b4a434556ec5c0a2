"""Fields of records that hold an element of a sort only because a field must hold something.

`WalRecord(kind=COMMIT, page=Page(0))` is about no page.  That nobody can tell is seen in the structured form:

- Wherever a record of the type is made with the element written out, other fields of it say so (`kind`, the siblings),
  and they are assigned together only: the record as a whole.
- Wherever the field is read, what is computed does not depend on it if those siblings, of the same place, say so: it is
  gone from what is left under that assumption (`checker.grounding.partial`).  Enough is what is left of some part of
  the text in which the place is the same one all along, and holds the same: an expression, the body of a quantifier or
  loop, or the whole; where such a part assigns a record of that variable, it does so after it has read all it reads of
  it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from checker import ir, plain
from checker.grounding import partial

Field: TypeAlias = tuple[str, str]
"""A record type and one of its fields, by name."""

Body: TypeAlias = "tuple[ir.Statement, ...] | tuple[ir.Expr]"
"""What an action does, or what a property says."""

Scope: TypeAlias = "ir.Expr | ir.Loop | Body"


@dataclass(frozen=True)
class Padding:
    """A field says nothing where its siblings have one of these combinations of values.

    `exact`: then it was filled, and holds what it always holds then; otherwise it may hold any element and mean none.
    """

    siblings: tuple[str, ...]
    values: frozenset[tuple[int, ...]]
    exact: bool = True


def paddings(model: ir.Model, bodies: Sequence[Body], sort: ir.SortType) -> dict[Field, Padding | ir.Place]:
    """The fields of that sort that are padded somewhere; where somebody can tell, a place that can.

    Padded are also records that no initial state assigned.
    """
    blank = list(_blanks(model))
    filled: dict[Field, list[ir.Make]] = {}
    meant: dict[Field, list[ir.Make]] = {}
    for node in (
        *blank,
        *(n for body in (*bodies, *(step.body for step in model.initials)) for n in partial.nodes(body)),
    ):
        if isinstance(node, ir.Make):
            for name, value in given(node):
                if value.type == sort:
                    made = filled if is_element(value, sort) else meant
                    made.setdefault((record_name(node), name), []).append(node)
    found: dict[Field, Padding | ir.Place] = {}
    for field, records in filled.items():
        others = meant.get(field, [])
        found[field] = _padding(model, bodies, field, records, others)
        written = [one for one in records if one not in blank]
        if isinstance(found[field], ir.Place) and written and len(written) < len(records):
            found[field] = _padding(model, bodies, field, written, others)
    return found


def _blanks(model: ir.Model) -> Iterator[ir.Make]:
    """The records that variables hold before an initial state assigns them."""
    for _, kind in model.variables:
        value = kind.value if isinstance(kind, ir.MapType) else kind
        if isinstance(value, ir.RecordType):
            at, record = model.initials[0].at, value.python()
            parts = [(of, plain.number(of, getattr(record, name))) for name, of in value.fields]
            yield ir.Make(value, at, tuple(ir.Literal(of, at, number) for of, number in parts))


def _padding(
    model: ir.Model, bodies: Sequence[Body], field: Field, filled: Sequence[ir.Make], meant: Sequence[ir.Make]
) -> Padding | ir.Place:
    """What says that nothing is meant, with as few siblings as will do; or a place where somebody can tell."""
    siblings = [n for n in _siblings(filled[0]) if all(isinstance(dict(given(one))[n], ir.Literal) for one in filled)]
    look = _Look(model, field, _said(filled, meant, siblings))
    place = next((found for body in bodies if (found := look.seen(body)) is not None), None)
    if place is not None:
        return place
    for sibling in siblings:
        fewer = _said(filled, meant, [name for name in look.padding.siblings if name != sibling])
        if fewer.exact == look.padding.exact and not any(_Look(model, field, fewer).seen(body) for body in bodies):
            look = _Look(model, field, fewer)
    return look.padding


def _said(filled: Sequence[ir.Make], meant: Sequence[ir.Make], siblings: Sequence[str]) -> Padding:
    """What these siblings say of records whose field is filled, and whether they say it of no other."""
    values = {tuple(said for said in _told(one, siblings) if said is not None) for one in filled}
    others = [_told(one, siblings) for one in meant]
    exact = not any(
        all(told in (None, value) for told, value in zip(other, said, strict=True))
        for other in others
        for said in values
    )
    return Padding(tuple(siblings), frozenset(values), exact)


def _told(made: ir.Make, siblings: Sequence[str]) -> tuple[int | None, ...]:
    """The values of siblings; None for those that are not written out."""
    values = dict(given(made))
    return tuple(value.value if isinstance(value := values[name], ir.Literal) else None for name in siblings)


def given(made: ir.Make) -> list[tuple[str, ir.Expr]]:
    """The fields of a record that is made, with their values."""
    assert isinstance(made.type, ir.RecordType)
    return [(name, value) for (name, _), value in zip(made.type.fields, made.values, strict=True)]


def record_name(made: ir.Make) -> str:
    """The name of the type of a record that is made."""
    assert isinstance(made.type, ir.RecordType)
    return made.type.name


def is_element(value: ir.Expr, sort: ir.SortType) -> bool:
    """Whether it is an element of the sort, written out."""
    return isinstance(value, ir.Literal) and value.type == sort


def record_of(model: ir.Model, variable: str) -> str | None:
    """The record type of a variable's values, by name; None for other variables."""
    kind = dict(model.variables)[variable]
    value = kind.value if isinstance(kind, ir.MapType) else kind
    return value.name if isinstance(value, ir.RecordType) else None


def _siblings(made: ir.Make) -> list[str]:
    """The fields that can say whether another one says something."""
    assert isinstance(made.type, ir.RecordType)
    return [name for name, kind in made.type.fields if isinstance(kind, ir.EnumType | ir.BoolType)]


class _Look:
    """Looks for somebody who can tell what a field holds where its siblings say that it holds nothing."""

    def __init__(self, model: ir.Model, field: Field, padding: Padding) -> None:
        self.model = model
        self.record, self.field = field
        self.padding = padding
        self.together = (self.field, *padding.siblings)

    def seen(self, body: Body) -> ir.Place | None:
        """Where in this body somebody can tell; None if nobody can."""
        apart = self._apart(body)
        if apart is not None:
            return apart
        return next((read.at for read, scopes in self._read(body, [body]) if not self._masked(read, scopes)), None)

    def _is_of_record(self, read: ir.Read) -> bool:
        return record_of(self.model, read.variable) == self.record

    def _apart(self, body: Body) -> ir.Place | None:
        """Where the field or a sibling is assigned by itself, or a whole record is read but to be assigned."""
        copied = set()
        for node in partial.nodes(body):
            if isinstance(node, ir.Assign):
                copied |= {id(node.value), id(node.target)}
                if self._is_of_record(node.target) and node.target.part in self.together:
                    return node.at
            if isinstance(node, ir.Read) and node.part is None and self._is_of_record(node) and id(node) not in copied:
                return node.at
        return None

    def _late(self, root: Any, variable: str, changed: list[ir.Assign]) -> bool:
        """Whether the field or a sibling is read after such a record of the variable was assigned."""
        if isinstance(root, ir.Read) and root.part in self.together and root.variable == variable and changed:
            return True
        parts = (*root.target.keys, root.value) if isinstance(root, ir.Assign) else tuple(partial.parts(root))
        if any(self._late(part, variable, changed) for part in parts * (2 if isinstance(root, ir.Loop) else 1)):
            return True
        if isinstance(root, ir.Assign) and root.target.variable == variable:
            changed.append(root)
        return False

    def _read(self, root: Any, scopes: list[Scope]) -> Iterator[tuple[ir.Read, list[Scope]]]:
        """Where the field is read, each time with the scopes around it, the innermost last."""
        if isinstance(root, ir.Read) and root.part == self.field and self._is_of_record(root):
            yield root, scopes
        for part in partial.parts(root):
            inner = scopes
            if isinstance(part, ir.Fold | ir.Loop) or (isinstance(part, ir.Expr) and isinstance(root, ir.Statement)):
                inner = [*scopes, part]
            yield from self._read(part, inner)

    def _masked(self, read: ir.Read, scopes: list[Scope]) -> bool:
        """Whether some scope around it, in which its place is the same all along, does not depend on it."""
        names = {name for key in read.keys for name in partial.locals_in(key)}
        if any(isinstance(node, ir.Read) for key in read.keys for node in partial.nodes(key)):
            return False
        for scope in reversed(scopes):
            if all(self._gone(scope, read, values) for values in self.padding.values):
                return not self._late(scope, read.variable, [])
            if names & _introduced(scope):
                return False
        return False

    def _gone(self, scope: Scope, read: ir.Read, values: tuple[int, ...]) -> bool:
        """Whether nothing of the field is left in a scope where the siblings have these values."""
        said = dict(zip(self.padding.siblings, values, strict=True))

        def of_same_place(node: ir.Expr) -> bool:
            return isinstance(node, ir.Read) and (node.variable, node.keys) == (read.variable, read.keys)

        def known(node: ir.Expr) -> int | None:
            return said.get(node.part or "") if isinstance(node, ir.Read) and of_same_place(node) else None

        left = partial.nodes(_left(scope, known))
        return not any(isinstance(n, ir.Read) and n.part == read.part and of_same_place(n) for n in left)


def _left(scope: Scope, known: partial.Known) -> Any:
    if isinstance(scope, ir.Expr):
        return partial.expression(scope, known)
    if isinstance(scope, ir.Loop):
        return partial.block((scope,), known)
    if any(isinstance(one, ir.Expr) for one in scope):
        return tuple(partial.expression(one, known) for one in scope if isinstance(one, ir.Expr))
    return partial.block(tuple(one for one in scope if isinstance(one, ir.Statement)), known)


def _introduced(scope: Scope) -> set[str]:
    """The names that get their values inside a scope."""
    found: set[str] = set()
    for node in partial.nodes(scope):
        if isinstance(node, ir.Fold):
            found |= {name for name, _ in node.variables}
        elif isinstance(node, ir.Loop | ir.Let | ir.Define):
            found.add(node.name)
    return found
