"""The structured form of a model: its source, typed and inlined, with quantifiers, parameters and names kept.

`checker.reading` makes it; provers and exporters read it as it stands; `checker.grounding.ground` instantiates it for
one scope.  Calls to helpers are gone (inlined), so is every name that Python resolved: what is left is values.
Settings are read as values of the configuration, bounds as names.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias


@dataclass(frozen=True)
class Place:
    """Where something stands in the source: file, 1-based line, and the text of the line.

    `repr()` is what a model is known by between runs (`checker.fingerprint`): it is the same wherever the files are.
    """

    file: str = field(repr=False)
    line: int
    text: str = field(default="", compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


# --- types --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class BoolType:
    def __str__(self) -> str:
        return "bool"


@dataclass(frozen=True)
class IntType:
    """Integers within limits; a limit is a number or the name of a bound; None where nothing limits it."""

    low: int | str | None = None
    high: int | str | None = None

    def __str__(self) -> str:
        return "int" if self.low is None else f"int from {self.low} to {self.high}"


@dataclass(frozen=True)
class EnumType:
    """Members in order; `python` is the enumeration itself."""

    name: str
    members: tuple[str, ...]
    python: Any = field(compare=False, repr=False)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class SortType:
    """A sort; `size` is a number or the name of a bound; `python` is the sort itself."""

    name: str
    size: int | str
    python: Any = field(compare=False, repr=False)

    def __str__(self) -> str:
        return self.name


ScalarType: TypeAlias = BoolType | IntType | EnumType | SortType


@dataclass(frozen=True)
class RecordType:
    name: str
    fields: tuple[tuple[str, ScalarType], ...]
    python: Any = field(compare=False, repr=False)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class MapType:
    keys: tuple[ScalarType, ...]
    value: ScalarType | RecordType

    def __str__(self) -> str:
        return f"Map[{', '.join(map(str, self.keys))} -> {self.value}]"


Type: TypeAlias = ScalarType | RecordType | MapType


# --- expressions --------------------------------------------------------------------------------------------
# Every expression knows its type and its place.  Booleans, enumeration members and elements of sorts are numbers
# (0/1, position, index): `type` says which is meant.


@dataclass(frozen=True)
class Call:
    """The call that an inlined expression was: a helper and its arguments by name, without state, settings, bounds."""

    function: Any
    arguments: tuple[tuple[str, Expr], ...]


@dataclass(frozen=True)
class Expr:
    """`call` is what stood in the source where a helper was inlined: for readers that keep helpers apart."""

    type: Type
    at: Place = field(compare=False, repr=False)
    call: Call | None = field(default=None, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True)
class Literal(Expr):
    value: int


@dataclass(frozen=True)
class Local(Expr):
    """A parameter, a variable of a quantifier or loop, or a `Let`: names are unique within one action or property."""

    name: str


@dataclass(frozen=True)
class Setting(Expr):
    name: str


@dataclass(frozen=True)
class Bound(Expr):
    """A bound of the scope, by name; a derived bound (a property of the bounds class) too."""

    name: str


@dataclass(frozen=True)
class Read(Expr):
    """`s.variable[keys].part`: keys empty for a variable that is no map, part None for what is no record's field."""

    variable: str
    keys: tuple[Expr, ...]
    part: str | None


@dataclass(frozen=True)
class Make(Expr):
    """A record made of one expression a field, in the order of the type."""

    values: tuple[Expr, ...]


@dataclass(frozen=True)
class Field(Expr):
    """A field of a record that is not a place: `Make`, `If` or `Let` of such."""

    of: Expr
    name: str


@dataclass(frozen=True)
class Apply(Expr):
    """An operator on arguments: not and or, == != < <= > >=, + - * // % neg, min max."""

    operator: str
    arguments: tuple[Expr, ...]


@dataclass(frozen=True)
class If(Expr):
    condition: Expr
    then: Expr
    otherwise: Expr


@dataclass(frozen=True)
class Let(Expr):
    name: str
    value: Expr
    body: Expr


@dataclass(frozen=True)
class Span:
    """The integers from `low` up to and without `high`, as Python's `range`."""

    low: Expr
    high: Expr
    call: Call | None = field(default=None, compare=False, repr=False, kw_only=True)


Domain: TypeAlias = ScalarType | Span


@dataclass(frozen=True)
class Fold(Expr):
    """`all`, `any` or `sum` of `body` for every value of the variables that satisfies `where` (None: every one).

    A later variable's domain may mention an earlier variable.
    """

    operator: str
    variables: tuple[tuple[str, Domain], ...]
    where: Expr | None
    body: Expr


# --- statements ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Statement:
    at: Place = field(compare=False, repr=False)


@dataclass(frozen=True)
class Require(Statement):
    condition: Expr


@dataclass(frozen=True)
class Assign(Statement):
    """To a whole variable, an item of a map, or one field of a record; `value` may be a record."""

    target: Read
    value: Expr


@dataclass(frozen=True)
class Define(Statement):
    """A local name for a scalar value, which is computed here and never changes."""

    name: str
    value: Expr


@dataclass(frozen=True)
class Branch(Statement):
    condition: Expr
    then: tuple[Statement, ...]
    otherwise: tuple[Statement, ...]


@dataclass(frozen=True)
class Loop(Statement):
    name: str
    domain: Domain
    body: tuple[Statement, ...]


# --- models -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """An action or an initial state: parameters with their types, and statements in order.

    `fair` and `outside` are what liveness assumes of an action, see `model.language.action`.
    """

    name: str
    doc: str
    parameters: tuple[tuple[str, ScalarType], ...]
    body: tuple[Statement, ...]
    at: Place
    python: Any = field(compare=False, repr=False)
    fair: bool = True
    outside: bool = False


@dataclass(frozen=True)
class Helper:
    """A helper by itself, as `Call` names it: its parameters that are values, and what it returns."""

    name: str
    doc: str
    parameters: tuple[tuple[str, Type], ...]
    body: Expr | Span


@dataclass(frozen=True)
class Property:
    """`kind` is invariant, reachable, eventually, lemma or end_state; a lemma is one where the `fixed` bounds are."""

    name: str
    kind: str
    doc: str
    body: Expr
    at: Place
    python: Any = field(compare=False, repr=False)
    fixed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Model:
    """A whole model.  `variables` in the order of the state class; `settings` and `bounds` are its classes or None."""

    name: str
    doc: str
    variables: tuple[tuple[str, Type], ...]
    initials: tuple[Step, ...]
    actions: tuple[Step, ...]
    properties: tuple[Property, ...]
    end_states: tuple[Property, ...]
    settings: Any
    bounds: Any
    state: Any
    module: Any = field(compare=False, repr=False)
    lemmas: tuple[Property, ...] = ()
