"""Expressions of the structured form as TLA+: quantifiers, helpers and names are kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, Protocol

from checker import ir
from checker.backends.tla_text import (
    ATOM,
    COMPARISON,
    IMPLICATION,
    SUM,
    Text,
    bound,
    bracket,
    choice,
    hang,
    headed,
    implied,
    junction,
    local,
    negated,
    operation,
)


class Names(Protocol):
    """What the module calls what the model has."""

    variables: dict[str, str]

    def constant(self, expression: ir.Literal | ir.Setting | ir.Bound) -> str:
        """A literal, a setting or a bound."""

    def members(self, kind: ir.ScalarType) -> Text:
        """The set of a type's values."""

    def helper(self, call: ir.Call) -> tuple[str, tuple[str, ...], frozenset[str]] | None:
        """The operator that a helper is, its parameters, and the variables it reads; None where it is none."""

    def limits(self, kind: ir.ScalarType) -> tuple[int, int]:
        """The least and greatest value of a type, in the scope at hand."""

    def interval(self, expression: ir.Expr) -> tuple[int, int]:
        """The least and greatest value that a number may have, in the scope at hand."""

    def library(self, name: str) -> str:
        """An operator that TLA+ does not have: Min, Max, Sum, Div, Mod."""

    def taken(self, name: str) -> bool:
        """Whether the whole module knows this name."""


class Values:
    """Writes the expressions of one definition; `locals` are the names in scope, by what the model calls them.

    Here every read is of the state itself; `tla_steps` reads what a step has assigned.
    """

    def __init__(self, names: Names) -> None:
        self.names = names
        self.locals: dict[str, Text] = {}
        self.scope: set[str] = set()
        self.used: set[str] = set()
        self.kept: set[str] = set()

    # --- names ------------------------------------------------------------------------------------------------

    def enter(self, name: str, wanted: str = "", unique: bool = False, avoid: Collection[str] = ()) -> str:
        """A local name for what the model calls `name`, until `leave`; `unique`: none that this definition has used."""
        plain = re.sub(r"_\d+$", "", wanted or name).encode("ascii", "replace").decode().replace("?", "u")
        made, number = plain, 2
        while made in (self.used if unique else avoid) or made in self.scope | self.kept or self.names.taken(made):
            made, number = f"{plain}_{number}", number + 1
        self.scope.add(made)
        self.used.add(made)
        self.locals[name] = Text(made)
        return made

    def leave(self, *names: str) -> None:
        """The local names mean nothing any more."""
        for name in names:
            self.scope.discard(self.locals[name].flat)

    def keep(self, *texts: Text) -> None:
        """Texts that may come to stand inside what is written later: no name bound in them is given out again."""
        for text in texts:
            self.kept |= (set(re.findall(r"\w+", text.flat)) & self.used) - self.scope

    # --- expressions --------------------------------------------------------------------------------------------

    def value(self, expression: ir.Expr) -> Text:
        """The text of an expression, a call of the operator where a helper stood in the source."""
        if expression.call is not None:
            called = self.called(expression.call)
            if called is not None:
                return called
        found: Text = _EXPRESSIONS[type(expression)](self, expression)
        return found

    def called(self, call: ir.Call) -> Text | None:
        """A helper's operator applied; None where what it reads may differ from the state itself."""
        found = self.names.helper(call)
        if found is None or not self.untouched(found[2]):
            return None
        given = dict(call.arguments)
        arguments = [self.value(given[name]) for name in found[1]]
        return bracket(f"{found[0]}(", arguments, ")") if arguments else Text(found[0])

    def untouched(self, variables: frozenset[str]) -> bool:
        """Whether these variables still have the values of the state."""
        return True

    def read(self, place: ir.Read) -> Text:
        """What a place holds."""
        return self.item(Text(self.names.variables[place.variable]), place)

    def item(self, owner: Text, place: ir.Read) -> Text:
        """The item and field of a variable, or of a new version of it."""
        keys = [self.value(key) for key in place.keys]
        item = bracket(f"{owner.within(ATOM).flat}[", keys, "]") if keys else owner.within(ATOM)
        return item if place.part is None else self.field(item, place.part)

    def field(self, record: Text, name: str) -> Text:
        """A field of a record."""
        record = record.within(ATOM)
        return Text(f"{record.flat}.{name}", ATOM)

    def _make(self, expression: ir.Make) -> Text:
        kind = expression.type
        assert isinstance(kind, ir.RecordType)
        fields = zip(kind.fields, expression.values, strict=True)
        return bracket("[", [headed(f"{name} |-> ", self.value(value)) for (name, _), value in fields], "]")

    def _let(self, expression: ir.Let) -> Text:
        if expression.name not in mentioned(expression.body):
            return self.value(expression.body)
        if isinstance(expression.body, ir.Local):
            return self.value(expression.value)
        definitions: list[tuple[str, Text]] = []
        entered: list[str] = []
        body: ir.Expr = expression
        while isinstance(body, ir.Let) and (body is expression or body.call is None):
            value = self.value(body.value)
            if body.name in mentioned(body.body):
                definitions.append((self.enter(body.name), value))
                entered.append(body.name)
            body = body.body
        inner = self.value(body)
        self.leave(*entered)
        return local(definitions, inner)

    def conjuncts(self, expression: ir.Expr) -> Iterator[ir.Expr]:
        """The parts of an `and`, however nested; a helper's call stays whole."""
        if isinstance(expression, ir.Apply) and expression.operator == "and" and not self._is_call(expression):
            for part in expression.arguments:
                yield from self.conjuncts(part)
        else:
            yield expression

    def _is_call(self, expression: ir.Expr) -> bool:
        return expression.call is not None and self.called(expression.call) is not None

    def _apply(self, expression: ir.Apply) -> Text:
        operator, arguments = expression.operator, expression.arguments
        if operator == "and":
            return junction("/\\", [self.value(part) for part in self.conjuncts_of(arguments)])
        values = [self.value(part) for part in arguments]
        if operator == "or":
            return junction("\\/", values)
        if operator == "not":
            return negated(values[0])
        if operator == "neg":
            return Text(f"-{values[0].within(ATOM).flat}", SUM)
        if operator in ("min", "max"):
            found = values[0]
            for other in values[1:]:
                found = bracket(f"{self.names.library(operator.capitalize())}(", [found, other], ")")
            return found
        if operator in ("//", "%"):
            return self._divided(operator, arguments[1], values)
        if operator in ("==", "!=") and isinstance(arguments[0].type, ir.BoolType):
            whole = all(value.level <= ATOM for value in values)  # else `<=>`, which needs fewer parentheses
            left, right = values
            same = operation("=", left, right, COMPARISON) if whole else operation("<=>", left, right, IMPLICATION)
            return same if operator == "==" else negated(same)
        word = {"==": "=", "!=": "#"}.get(operator, operator)
        return operation(word, values[0], values[1], SUM if operator in "+-*" else COMPARISON)

    def conjuncts_of(self, parts: Sequence[ir.Expr]) -> Iterator[ir.Expr]:
        """The parts of several conditions that all hold."""
        for part in parts:
            yield from self.conjuncts(part)

    def _divided(self, operator: str, divisor: ir.Expr, values: list[Text]) -> Text:
        """TLA+ rounds down as Python does, but only TLC's divisors above 0 are sure to be allowed."""
        if isinstance(divisor, ir.Literal) and divisor.value > 0:
            return operation("\\div" if operator == "//" else "%", values[0], values[1], SUM)
        return bracket(f"{self.names.library('Div' if operator == '//' else 'Mod')}(", values, ")")

    def _if(self, expression: ir.If) -> Text:
        return choice(*(self.value(part) for part in (expression.condition, expression.then, expression.otherwise)))

    # --- quantifiers --------------------------------------------------------------------------------------------

    def domain(self, domain: ir.Domain) -> Text:
        """The set that a variable runs over."""
        if not isinstance(domain, ir.Span):
            return self.names.members(domain)
        if domain.call is not None:
            called = self.called(domain.call)
            if called is not None:
                return called
        low, high = self.value(domain.low).within(SUM), self.value(_last(domain.high)).within(SUM)
        return Text(f"{low.flat}..{high.flat}", SUM)

    def _fold(self, expression: ir.Fold) -> Text:
        if expression.operator == "sum":
            return self._sum(expression, list(expression.variables))
        quantifier = "\\A" if expression.operator == "all" else "\\E"
        return self._quantified(expression, list(expression.variables), quantifier)

    def _quantified(self, fold: ir.Fold, variables: list[tuple[str, ir.Domain]], quantifier: str) -> Text:
        if not variables:
            body = self.value(fold.body)
            if fold.where is None:
                return body
            where = self.value(fold.where)
            if quantifier == "\\A":
                return implied(where, body)
            return junction("/\\", [where, body])
        together = list(_independent(variables))
        shown = [(name, self.domain(domain)) for name, domain in together]
        entered = [(self.enter(name), over) for name, over in shown]
        body = self._quantified(fold, variables[len(together) :], quantifier)
        self.leave(*(name for name, _ in shown))
        return bound(f"{quantifier} {self.ranges(entered)} :", body)

    def ranges(self, entered: Sequence[tuple[str, Text]]) -> str:
        """`n \\in Node, p, q \\in Page`: names with the sets they run over."""
        parts: list[tuple[list[str], str]] = []
        for name, over in entered:
            if parts and parts[-1][1] == over.within(SUM).flat:
                parts[-1][0].append(name)
            else:
                parts.append(([name], over.within(SUM).flat))
        return ", ".join(f"{', '.join(names)} \\in {over}" for names, over in parts)

    def _sum(self, fold: ir.Fold, variables: list[tuple[str, ir.Domain]]) -> Text:
        (name, domain), *rest = variables
        over = self.domain(domain)
        entered = self.enter(name)
        one = isinstance(fold.body, ir.Literal) and fold.body.value == 1
        if not rest and one and fold.where is not None:
            counted = Text(f"Cardinality({{{entered} \\in {over.flat} : {self.value(fold.where).flat}}})")
        else:
            body = self._sum(fold, rest) if rest else self.value(fold.body)
            if not rest and fold.where is not None:
                body = choice(self.value(fold.where), body, Text("0"))
            total = function(self.ranges([(entered, over)]), body)
            counted = bracket(f"{self.names.library('Sum')}(", [total, over], ")")
        self.leave(name)
        return counted


def function(ranges: str, value: Text) -> Text:
    """`[k \\in S |-> value]`."""
    head = f"[{ranges} |->"

    def broken(width: int) -> list[str]:
        lines = hang("    ", value.lines(width - 5))
        return [head, *lines[:-1], lines[-1] + "]"]

    return Text(f"{head} {value.flat}]", ATOM, broken)


def _last(high: ir.Expr) -> ir.Expr:
    """The last number of a range that ends before `high`."""
    one = ir.Literal(ir.IntType(), high.at, 1)
    if isinstance(high, ir.Literal):
        return ir.Literal(high.type, high.at, high.value - 1)
    if isinstance(high, ir.Apply) and high.operator == "+" and high.arguments[1] == one:
        return high.arguments[0]
    return ir.Apply(ir.IntType(), high.at, "-", (high, one))


def _independent(variables: Sequence[tuple[str, ir.Domain]]) -> Iterator[tuple[str, ir.Domain]]:
    """The first variables, as far as no domain mentions one before it."""
    seen: set[str] = set()
    for name, domain in variables:
        if seen and isinstance(domain, ir.Span) and (mentioned(domain.low) | mentioned(domain.high)) & seen:
            return
        seen.add(name)
        yield name, domain


def mentioned(expression: ir.Expr) -> set[str]:
    """The local names that an expression mentions."""
    return {part.name for part in parts_of(expression) if isinstance(part, ir.Local)}


def variables_of(expression: ir.Expr | ir.Span) -> frozenset[str]:
    """The variables that an expression reads."""
    return frozenset(part.variable for part in parts_of(expression) if isinstance(part, ir.Read))


def parts_of(item: Any) -> Iterator[Any]:
    """An expression, span or statement and all inside it."""
    yield item
    inner: tuple[Any, ...] = ()
    if isinstance(item, ir.Read):
        inner = item.keys
    elif isinstance(item, ir.Make):
        inner = item.values
    elif isinstance(item, ir.Field):
        inner = (item.of,)
    elif isinstance(item, ir.Apply):
        inner = item.arguments
    elif isinstance(item, ir.If):
        inner = (item.condition, item.then, item.otherwise)
    elif isinstance(item, ir.Let):
        inner = (item.value, item.body)
    elif isinstance(item, ir.Span):
        inner = (item.low, item.high)
    elif isinstance(item, ir.Fold):
        domains = [domain for _, domain in item.variables if isinstance(domain, ir.Span)]
        inner = (*domains, *([] if item.where is None else [item.where]), item.body)
    elif isinstance(item, ir.Require):
        inner = (item.condition,)
    elif isinstance(item, ir.Assign):
        inner = (item.target, item.value)
    elif isinstance(item, ir.Define):
        inner = (item.value,)
    elif isinstance(item, ir.Branch):
        inner = (item.condition, *item.then, *item.otherwise)
    elif isinstance(item, ir.Loop):
        inner = (*([item.domain] if isinstance(item.domain, ir.Span) else []), *item.body)
    for part in inner:
        yield from parts_of(part)


_EXPRESSIONS: dict[type[ir.Expr], Callable[[Values, Any], Text]] = {
    ir.Literal: lambda values, literal: Text(values.names.constant(literal), ATOM if literal.value >= 0 else SUM),
    ir.Setting: lambda values, setting: Text(values.names.constant(setting)),
    ir.Bound: lambda values, bound: Text(values.names.constant(bound)),
    ir.Local: lambda values, name: values.locals[name.name],
    ir.Read: lambda values, place: values.read(place),
    ir.Make: Values._make,
    ir.Field: lambda values, part: values.field(values.value(part.of), part.name),
    ir.Apply: Values._apply,
    ir.If: Values._if,
    ir.Let: Values._let,
    ir.Fold: Values._fold,
}
