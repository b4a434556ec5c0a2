"""Actions and initial states as TLA+: assignments in sequence become one equation a variable.

What a step has assigned is kept beside the state until it is read at a place that an assignment may have reached; only
then does the variable get a new version: the primed variable where nothing more is assigned to it, a `LET` otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from checker import ir
from checker.backends.tla_text import ATOM, OPEN, SUM, Text, bound, hang, implied, junction, local
from checker.backends.tla_values import Names, Values, parts_of
from checker.backends.tla_versions import Binder, Case, Frame, Update, Versions, conditions

Blank: TypeAlias = Callable[[Values], dict[str, Text]]
"""What variables hold before an initial state assigns them, for the names in scope there."""

Item: TypeAlias = tuple[str, Text]
"""A definition by its name, or, under an empty name, a conjunct."""


LONGEST = 40
"""Characters of a condition that is written out for each variable that depends on it; a longer one gets a name."""


class Dependent(Exception):
    """The rounds of a loop are not independent of each other."""


@dataclass(frozen=True)
class Written:
    """A step as TLA+: its parameters with their sets, and in order its definitions and conjuncts.

    `assigned` are the variables it gives a value.  `unrolled`: a loop was written out for the scope at hand.
    """

    parameters: tuple[tuple[str, Text], ...]
    items: tuple[Item, ...]
    assigned: tuple[str, ...]
    unrolled: bool


class Steps(Values):
    """Runs the statements of one action or, with what variables start from, of one initial state."""

    def __init__(self, names: Names, kinds: dict[str, ir.Type], blank: Blank | None) -> None:
        super().__init__(names)
        self.kinds, self.blank = kinds, blank
        self.totals: dict[str, int] = {}

    def written(self, step: ir.Step) -> Written:
        """The step; run twice, so that the last assignment to each variable is known."""
        self._run(step)
        self.totals = self.counts
        return self._run(step)

    def _run(self, step: ir.Step) -> Written:
        self.locals, self.scope, self.used, self.kept = {}, set(), set(), set()
        self.items: list[Item] = []
        self.context: list[Frame] = []
        self.pending: dict[str, list[Update]] = {}
        self.counts: dict[str, int] = {}
        self.bases: dict[str, Text] = {}
        self.final: set[str] = set()
        self.cases = 0
        self.unrolled = False
        parameters = tuple((self.enter(name, unique=True), self.names.members(kind)) for name, kind in step.parameters)
        self.initial = None if self.blank is None else self.blank(self)
        self.block(step.body)
        for name in self.kinds:
            if (name in self.counts or self.initial is not None) and name not in self.final:
                self._conclude(name)
        return Written(parameters, tuple(self.items), tuple(self.counts), self.unrolled)

    # --- statements ---------------------------------------------------------------------------------------------

    def block(self, statements: Sequence[ir.Statement]) -> None:
        """Runs statements in order."""
        for statement in statements:
            _STATEMENTS[type(statement)](self, statement)

    def _require(self, statement: ir.Require) -> None:
        for part in self.conjuncts(statement.condition):
            text = self.value(part)
            cases: list[Case] = []
            for frame in [*reversed(self.context), None]:
                if isinstance(frame, Case):
                    cases.insert(0, frame)
                    continue
                text = implied(conditions(cases), text) if cases else text
                cases = []
                if frame is not None:
                    text = bound(f"\\A {frame.name} \\in {frame.over.flat} :", text)
            self.items.append(("", text))

    def _define(self, statement: ir.Define) -> None:
        value = self.value(statement.value)
        self.keep(value)
        if any(isinstance(frame, Binder) for frame in self.context):
            self.locals[statement.name] = value.within(ATOM)
        else:
            self.items.append((self.enter(statement.name, unique=True), value))

    def _branch(self, statement: ir.Branch) -> None:
        condition = self.value(statement.condition)
        self.keep(condition)
        if len(condition.flat) > LONGEST and not any(isinstance(frame, Binder) for frame in self.context):
            made = Text(self.enter(f"case {self.cases}", "condition", unique=True))
            self.items.append((made.flat, condition))
            condition = made
        self.cases += 1
        number = self.cases
        for side, body in ((True, statement.then), (False, statement.otherwise)):
            self.context.append(Case(number, condition, side))
            self.block(body)
            self.context.pop()

    def _assign(self, statement: ir.Assign) -> None:
        target = statement.target
        value = self.value(statement.value)
        keys = tuple(self.value(key) for key in target.keys)
        fields: dict[str, Text] = {}
        if isinstance(statement.value, ir.Make) and isinstance(target.type, ir.RecordType):
            parts = zip(target.type.fields, statement.value.values, strict=True)
            fields = {name: self.value(part) for (name, _), part in parts}
        self.keep(value, *keys, *fields.values())
        update = Update(keys, target.part, value, tuple(self.context), target.keys, fields)
        self.pending.setdefault(target.variable, []).append(update)
        self.counts[target.variable] = self.counts.get(target.variable, 0) + 1

    # --- loops --------------------------------------------------------------------------------------------------

    def _loop(self, statement: ir.Loop) -> None:
        before = (list(self.items), {name: list(found) for name, found in self.pending.items()})
        kept = (dict(self.counts), dict(self.bases), set(self.final), list(self.context), set(self.scope))
        try:
            if not _independent(statement):
                raise Dependent
            over = self.domain(statement.domain)
            binder = Binder(self.enter(statement.name), over, statement.domain)
            self.context.append(binder)
            self.block(statement.body)
            self.context.pop()
            self.leave(statement.name)
        except Dependent:
            self.items, self.pending = before
            self.counts, self.bases, self.final, self.context, self.scope = kept
            self._unroll(statement)

    def _unroll(self, statement: ir.Loop) -> None:
        """Every round by itself, for the values that the scope at hand has."""
        self.unrolled = True
        for value, inside in self._rounds(statement.domain):
            self.locals[statement.name] = self.value(value)
            if inside is None:
                self.block(statement.body)
            else:
                self._branch(ir.Branch(statement.at, inside, statement.body, ()))

    def _rounds(self, domain: ir.Domain) -> Iterable[tuple[ir.Literal, ir.Expr | None]]:
        """The values of a domain in order, each with what has to hold for it to be one."""
        at = ir.Place("", 0)
        if not isinstance(domain, ir.Span):
            low, high = self.names.limits(domain)
            return [(ir.Literal(domain, at, value), None) for value in range(low, high + 1)]
        low, high = self.names.interval(domain.low)[0], self.names.interval(domain.high)[1]
        fixed = self.names.interval(domain.low)[1] == low and self.names.interval(domain.high)[0] == high
        number, truth = ir.IntType(), ir.BoolType()
        rounds: list[tuple[ir.Literal, ir.Expr | None]] = []
        for value in range(low, high):
            literal = ir.Literal(number, at, value)
            least = ir.Apply(truth, at, "<=", (domain.low, literal))
            most = ir.Apply(truth, at, "<", (literal, domain.high))
            rounds.append((literal, None if fixed else ir.Apply(truth, at, "and", (least, most))))
        return rounds

    # --- reading ------------------------------------------------------------------------------------------------

    def untouched(self, variables: frozenset[str]) -> bool:
        """Whether a step has left these variables alone so far."""
        if self.initial is not None:
            return not variables
        return not any(self.pending.get(name) or name in self.bases for name in variables)

    def read(self, place: ir.Read) -> Text:
        """What a place holds at this point of the step."""
        name = place.variable
        keys = tuple(self.value(key) for key in place.keys)
        for update in reversed(self.pending.get(name, [])):
            if update.misses(place, tuple(self.context)):
                continue
            known = update.gives(place, keys, tuple(self.context), self)
            if known is not None:
                return known
            self._settle(name)
            break
        if self.initial is not None and name not in self.bases:
            self._settle(name)
        return self.item(self._base(name), place)

    def _base(self, name: str) -> Text:
        """The latest version of a variable."""
        if name in self.bases:
            return self.bases[name]
        return self.initial[name] if self.initial is not None else Text(self.names.variables[name])

    def _version(self, name: str) -> Text:
        """What a variable holds with everything assigned so far."""
        updates = self.pending.pop(name, [])

        def named(value: Text) -> Text:
            made = Text(self.enter(f"{name}_so_far", unique=True))
            self.items.append((made.flat, value))
            return made

        return Versions(self, self.kinds[name], named).version(self._base(name), updates)

    def _settle(self, name: str) -> None:
        """Gives a variable a version that can be read."""
        for update in self.pending.get(name, ()):
            if any(isinstance(frame, Binder) and frame in self.context for frame in update.context):
                raise Dependent
        if self.counts.get(name, 0) == self.totals.get(name, 0):
            self._conclude(name)
            return
        value = self._version(name)
        made = self.enter(f"{name}_then", f"{self.names.variables[name]}_then", unique=True)
        self.items.append((made, value))
        self.bases[name] = Text(made)

    def _conclude(self, name: str) -> None:
        """The equation for the value of a variable after the step."""
        shown = self.names.variables[name] + ("" if self.initial is not None else "'")
        value = self._version(name)
        self.items.append(("", equation(shown, value)))
        self.bases[name] = Text(shown)
        self.final.add(name)


def equation(name: str, value: Text) -> Text:
    """`name = value`."""
    value = value if value.level == OPEN else value.within(SUM)
    head = f"{name} = "
    return Text(head + value.flat, OPEN, lambda width: hang(head, value.lines(width - len(head))))


def _independent(loop: ir.Loop) -> bool:
    """Whether no round reads or assigns what another assigns: each has the places whose key its own variable is."""
    inside = [part for statement in loop.body for part in parts_of(statement)]
    targets = [part.target for part in inside if isinstance(part, ir.Assign)]
    own = {id(target) for target in targets}
    reads = [part for part in inside if isinstance(part, ir.Read) and id(part) not in own]

    def is_variable(key: ir.Expr) -> bool:
        return isinstance(key, ir.Local) and key.name == loop.name

    for target in targets:
        positions = [i for i, key in enumerate(target.keys) if is_variable(key)]
        if not positions:
            return False
        for place in [*reads, *targets]:
            apart = place.part is not None and target.part is not None and place.part != target.part
            if (
                place.variable == target.variable
                and not apart
                and not any(is_variable(place.keys[i]) for i in positions)
            ):
                return False
    return True


def joined(items: Sequence[Item]) -> Text:
    """All conjuncts, under the definitions that they need.

    TLC evaluates a definition only when it is used, so one may stand before a guard that makes it meaningful.
    """
    needed: list[Item] = []
    for name, text in reversed(items):
        if not name or any(re.search(rf"\b{name}\b", other.flat) for _, other in needed):
            needed.insert(0, (name, text))
    conjuncts = [text for name, text in needed if not name]
    return local([item for item in needed if item[0]], junction("/\\", conjuncts) if conjuncts else Text("TRUE"))


_STATEMENTS: dict[type[ir.Statement], Callable[[Steps, Any], None]] = {
    ir.Require: Steps._require,
    ir.Define: Steps._define,
    ir.Branch: Steps._branch,
    ir.Loop: Steps._loop,
    ir.Assign: Steps._assign,
}
