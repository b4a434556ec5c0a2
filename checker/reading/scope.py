"""What names mean at a point of a function: parameters and locals first, then what Python resolves."""

from __future__ import annotations

import ast
import builtins
import enum
from dataclasses import dataclass, field
from types import FunctionType, ModuleType
from typing import Any, TypeAlias

from checker import ir
from checker.reading.errors import ModelError, meant
from checker.reading.kinds import constant
from checker.reading.sources import place
from model.language import Sort


@dataclass(frozen=True)
class Whole:
    """What is no value: `the state`, `the settings` or `the bounds` as a whole, or a `map` variable without keys."""

    what: str
    variable: str = ""
    type: ir.MapType | None = None

    def __str__(self) -> str:
        return f"the map `{self.variable}`" if self.type else f"the {self.what}"


Meaning: TypeAlias = ir.Expr | Whole
"""What a name or expression stands for."""

MISSING: Any = object()


@dataclass(frozen=True)
class Vocabulary:
    """The classes of a model, and its variables by name."""

    state: Any
    settings: Any
    bounds: Any
    variables: dict[str, ir.Type]
    state_settings: tuple[str, ...]
    state_bounds: tuple[str, ...]

    def takes(self, whole: str, annotation: Any) -> bool:
        """Whether a parameter so annotated takes the `state`, `settings` or `bounds`: its class, or one it derives
        from."""
        cls = getattr(self, whole)
        known = cls is not None and isinstance(annotation, type) and annotation is not object
        return known and issubclass(cls, annotation)


@dataclass
class Step:
    """What is shared while one action or property is read.

    `used` are the names given out, `assigned` the targets on this path.  `records` are places that a local name or a
    parameter stands for; `stale` the identities of those since replaced: Python's name would keep the old record.
    """

    used: set[str] = field(default_factory=set)
    assigned: list[ir.Read] = field(default_factory=list)
    records: list[ir.Read] = field(default_factory=list)
    stale: set[int] = field(default_factory=set)
    inlined: int = 0
    """Calls of helpers so far."""

    def fresh(self, name: str) -> str:
        """A name not yet given out: the one wanted, or that with a number."""
        made, number = name, 2
        while made in self.used:
            made, number = f"{name}_{number}", number + 1
        self.used.add(made)
        return made


@dataclass
class Scope:
    """Names in one function.  `calls` are the functions being inlined, this one last; `hidden` left their block."""

    function: FunctionType
    vocabulary: Vocabulary
    step: Step
    names: dict[str, Meaning] = field(default_factory=dict)
    calls: tuple[FunctionType, ...] = ()
    hidden: set[str] = field(default_factory=set)

    def inner(self) -> Scope:
        """A block inside this one: what it names is not known outside."""
        return Scope(self.function, self.vocabulary, self.step, dict(self.names), self.calls, self.hidden)

    def at(self, node: ast.AST) -> ir.Place:
        """The place of a piece of this function."""
        return place(self.function.__code__.co_filename, getattr(node, "lineno", 1))

    def error(self, node: ast.AST, message: str, hint: str = "") -> ModelError:
        """An error about a piece of this function."""
        return ModelError(message, self.at(node), hint)

    def lookup(self, name: ast.Name) -> Meaning:
        """What a name stands for.  Raises `ModelError` where that is nothing, or nothing the language can use."""
        if name.id in self.names:
            found = self.names[name.id]
            if id(found) in self.step.stale:
                hint = "Python's name keeps the old record: read the place again"
                raise self.error(name, f"`{name.id}` names a record that has been replaced", hint)
            return found
        if name.id in self.hidden:
            hint = "a name belongs to its block: give it one value with `x = a if condition else b`"
            raise self.error(name, f"`{name.id}` has a value only inside another block", hint)
        found = self.python(name)
        if found is MISSING:
            known = [*self.names, *self.function.__globals__]
            near = [n for n in known if not n.startswith("__")]
            raise self.error(name, f"`{name.id}` is not defined", meant(name.id, near, "names"))
        return self.literal(found, name)

    def literal(self, found: Any, node: ast.expr) -> ir.Literal:
        """A constant of the model's modules as an expression."""
        made = constant(found, self.at(node))
        if made is None:
            hint = (
                "values from outside a function are int, bool and Enum members; all else is state, settings or bounds"
            )
            if isinstance(found, type) and issubclass(found, Sort):
                name = found.__name__
                hint = f"an element of {name} is {name}(0), {name}(1) and so on; its names are what traces call them"
            raise self.error(node, f"`{ast.unparse(node)}` is {_kind_of(found)}, which is no value", hint)
        return made

    def python(self, node: ast.expr) -> Any:
        """The Python object a (dotted) name resolves to outside the function, or `MISSING`."""
        if isinstance(node, ast.Name):
            if node.id in self.names:
                return MISSING
            return self.function.__globals__.get(node.id, getattr(builtins, node.id, MISSING))
        if isinstance(node, ast.Attribute):
            owner = self.python(node.value)
            if isinstance(owner, ModuleType):
                return getattr(owner, node.attr, MISSING)
            if isinstance(owner, type) and issubclass(owner, enum.Enum):
                return self._member(owner, node)
        return MISSING

    def _member(self, owner: type[enum.Enum], node: ast.Attribute) -> enum.Enum:
        if node.attr not in owner.__members__:
            hint = meant(node.attr, owner.__members__, "members")
            raise self.error(node, f"`{owner.__name__}` has no member `{node.attr}`", hint)
        return owner[node.attr]


def _kind_of(found: Any) -> str:
    if isinstance(found, type):
        return "a class"
    if callable(found):
        return "a function"
    return "a module" if isinstance(found, ModuleType) else f"a {type(found).__name__}"
