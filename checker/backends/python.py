"""Generated Python: a grounded model as functions over packed states."""

from __future__ import annotations

import base64
import contextlib
import itertools
import marshal
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from types import CodeType
from typing import Any

from checker.backends.decision import arrange
from checker.backends.literals import Facts, Literal, conjuncts
from checker.backends.packing import layout
from checker.backends.program import Mistake
from checker.backends.python_text import Scope, count, test
from checker.backends.python_updates import Plan, Updates, consequences, effect, plan
from checker.backends.python_writer import Rule, Writer
from checker.grounding.grounded import Action, Grounded, Property, State, Term
from checker.kept_forms import Key, keep, origin, recall


class PythonProgram:
    """A `Program` made of generated Python; `kept` is where its code is kept between runs, if it is."""

    def __init__(self, grounded: Grounded, properties: tuple[Property, ...], kept: Key | None = None) -> None:
        self.grounded = grounded
        self.properties = properties
        self.layout = layout(grounded.cells)
        self.bits = self.layout.bits
        self.initials = list(dict.fromkeys(self.layout.pack(state) for state in grounded.initials))
        items: tuple[Action | Property, ...] = (*grounded.actions, *properties)
        self._mistakes = [(check, item) for item in items for check in item.checks]
        names: dict[str, Any] = {"wrong": self._raise}
        exec(self._code() if kept is None else _kept(kept, self._code), names)
        self.step: Callable[[int, list[int], list[int]], None] = names["step"]
        self.broken: Callable[[int], int] = names["broken"]
        self.at_end: Callable[[int], bool] = names["at_end"]

    @cached_property
    def source(self) -> str:
        """Its text."""
        numbers = itertools.count()
        parts = [*self._step_text(numbers), *self._broken_text(numbers), *self._end_text()]
        return "\n\n".join(parts) + "\n"

    def _code(self) -> CodeType:
        return compile(self.source, f"<{self.grounded.model.name}>", "exec")

    def pack(self, values: State) -> int:
        """The packed form of a state.  Raises ValueError for a value outside its cell's limits."""
        return self.layout.pack(values)

    def unpack(self, packed: int) -> State:
        """The values of the cells of a packed state."""
        return self.layout.unpack(packed)

    def expand(self, packed: int) -> list[tuple[int, int]]:
        """The transitions of a state as pairs of action number and successor, by action.  Raises `Mistake`."""
        actions: list[int] = []
        successors: list[int] = []
        self.step(packed, actions, successors)
        return sorted(zip(actions, successors, strict=True))

    def _raise(self, number: int) -> None:
        raise Mistake(*self._mistakes[number])

    def _facts(self) -> Facts:
        return {cell.index: cell.low for cell in self.grounded.cells if cell.low == cell.high}

    def _step_text(self, numbers: Iterator[int]) -> list[str]:
        rules: list[tuple[Rule, Literal]] = []
        for number, action in enumerate(self.grounded.actions):
            checks = list(zip(action.checks, numbers, strict=False))
            late = [(check.wrong, mistake) for check, mistake in checks if not check.early]
            rules += [(_Wrong(mistake), Literal(check.wrong)) for check, mistake in checks if check.early]
            rules.append((_Successor(number, action.updates, late), Literal(action.guard)))
        writer = Writer(self.layout, "s, actions, successors", "{}(s, actions, successors)")
        writer.function("step", arrange(rules, self._facts()))
        return writer.finished

    def _broken_text(self, numbers: Iterator[int]) -> list[str]:
        rules: list[tuple[Rule, Literal]] = []
        writer = Writer(self.layout, "s", "noted |= {}(s)", "noted = 0", "return noted")
        for number, prop in enumerate(self.properties):
            rules += [(_Wrong(next(numbers)), Literal(check.wrong)) for check in prop.checks]
            rules += [(_Note(1 << number), condition) for condition in _alternatives(prop)]
        writer.function("broken", arrange(rules, self._facts()))
        return writer.finished

    def _end_text(self) -> list[str]:
        writer = Writer(self.layout, "s", "noted |= {}(s)", "noted = 0", "return bool(noted)")
        writer.function("at_end", arrange([(_Note(1), Literal(self.grounded.end))], self._facts()))
        return writer.finished


def _kept(key: Key, make: Callable[[], CodeType]) -> CodeType:
    """The code under a key, as Python itself keeps code; made where it is not there."""
    found = recall(key)
    if isinstance(found, str):
        with contextlib.suppress(ValueError, EOFError, TypeError):
            code = marshal.loads(base64.b64decode(found, validate=True))
            if isinstance(code, CodeType):
                return code
    code = make()
    keep(key, base64.b64encode(marshal.dumps(code)).decode())
    return code


def _alternatives(prop: Property) -> list[Literal]:
    """Conditions any of which makes a property worth noting: a part of an invariant is false, or of a witness true."""
    invariant = prop.kind == "invariant"
    parts = conjuncts(prop.body, invariant)
    if parts is None:
        return [Literal(prop.body, not invariant)]
    return [Literal(part.term, not part.positive) for part in parts]


class _Wrong:
    """Tells of a mistake of the model."""

    def __init__(self, number: int) -> None:
        self.number = number

    def roots(self, facts: Facts) -> Iterable[Term]:
        """Nothing."""
        return ()

    def write(self, writer: Writer, scope: Scope, uses: dict[Term, int], depth: int) -> None:
        """One call that raises."""
        writer.line(depth, f"wrong({self.number})")


class _Note(_Wrong):
    """Takes note of a property; `number` is its bit."""

    def write(self, writer: Writer, scope: Scope, uses: dict[Term, int], depth: int) -> None:
        """Sets the bit."""
        writer.line(depth, f"noted |= {self.number}")


class _Successor:
    """One transition, after the checks that belong to it."""

    def __init__(self, number: int, updates: Updates, checks: list[tuple[Term, int]]) -> None:
        self.number, self.updates, self.checks = number, updates, checks
        self._plan: Plan | None = None

    def plan(self, facts: Facts) -> Plan:
        """Its updates sorted under the facts of the only place where it stands."""
        if self._plan is None:
            self._plan = plan(self.updates, facts)
        return self._plan

    def roots(self, facts: Facts) -> Iterable[Term]:
        """The conditions of its checks and what its updates need."""
        return [*(wrong for wrong, _ in self.checks), *self.plan(facts).all_roots()]

    def write(self, writer: Writer, scope: Scope, uses: dict[Term, int], depth: int) -> None:
        """The checks, then the successor: one expression, or a local changed in steps where parts are conditional."""
        for wrong, number in self.checks:
            writer.assign(wrong, scope, uses, depth)
            writer.line(depth, f"if {test(Literal(wrong), scope)}:")
            writer.line(depth + 1, f"wrong({number})")
        made = self.plan(scope.facts)
        if made.choices:
            writer.line(depth, f"t = {self._always(made, 's', writer, scope, uses, depth)}")
            self._choose(made, writer, scope, depth)
            successor = "t"
        else:
            successor = self._always(made, "s", writer, scope, uses, depth)
        writer.line(depth, f"actions.append({self.number})")
        writer.line(depth, f"successors.append({successor})")

    def _always(self, made: Plan, base: str, writer: Writer, scope: Scope, uses: dict[Term, int], depth: int) -> str:
        for root in made.roots():
            writer.assign(root, scope, uses, depth)
        return effect(made.always, base, scope)

    def _choose(self, made: Plan, writer: Writer, scope: Scope, depth: int) -> None:
        for condition, then, otherwise in made.choices:
            positive = not then.empty
            writer.line(depth, f"if {test(Literal(condition, positive), scope)}:")
            self._side(condition, positive, then if positive else otherwise, writer, scope, depth + 1)
            if positive and not otherwise.empty:
                writer.line(depth, "else:")
                self._side(condition, False, otherwise, writer, scope, depth + 1)

    def _side(self, condition: Term, positive: bool, made: Plan, writer: Writer, scope: Scope, depth: int) -> None:
        inner = scope.inner(consequences(condition, positive))
        uses: dict[Term, int] = {}
        count(made.all_roots(), inner, uses)
        shown = self._always(made, "t", writer, inner, uses, depth)
        if made.always:
            writer.line(depth, f"t = {shown}")
        self._choose(made, writer, inner, depth)
        if not made.always and not made.choices:
            writer.line(depth, "pass")


def compile_program(grounded: Grounded, properties: Sequence[str] | None = None) -> PythonProgram:
    """Compiles a model with the named properties, or with all that a search can judge: those that one state decides.

    Raises KeyError for a name it does not have.
    """
    known = {prop.name: prop for prop in grounded.properties}
    if properties is None:
        properties = [name for name, prop in known.items() if prop.kind != "eventually"]
    chosen = [known[name] for name in dict.fromkeys(properties)]
    of = origin(grounded)
    names = [prop.name for prop in chosen]
    kept = None if of is None else {**of, "what": "generated Python", "properties": names}
    return PythonProgram(grounded, tuple(chosen), kept)
