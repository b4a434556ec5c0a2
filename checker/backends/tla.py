"""TLA+: the structured form as a module that any choice of settings shares, and a configuration for one.

Settings and bounds are constants, not folded: so the rule that a mode is stays visible, one module serves every mode
and scope, and a `.cfg` is all that differs.  Helpers are operators, each action is one.  TLC checks that every variable
keeps to its type (`TypeOK`), as this checker does; it stops by itself at a key that does not exist.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from checker import ir
from checker.backends.identifiers import Identifiers
from checker.backends.tla_constants import Constants
from checker.backends.tla_steps import Blank, Steps, Written, joined
from checker.backends.tla_text import (
    COMPARISON,
    JUNCTION,
    SHORT,
    Lines,
    Text,
    bound,
    bracket,
    comment,
    hang,
    headed,
    junction,
    wrapped,
)
from checker.backends.tla_values import Values, function, variables_of
from checker.grounding.grounded import Grounded
from checker.grounding.layout import scalar
from checker.plain import annotation, number
from checker.reading import helper_reader
from checker.reading.sources import attribute_blocks, attribute_docs, names_of_functions
from model import language

RESERVED = """
ACTION ASSUME ASSUMPTION AXIOM BOOLEAN BY CASE CHOOSE CONSTANT CONSTANTS COROLLARY DEF DEFINE DEFS DOMAIN ELSE ENABLED
EXCEPT EXTENDS FALSE HAVE HIDE IF IN INSTANCE LAMBDA LEMMA LET LOCAL MODULE NEW OBVIOUS OMITTED ONLY OTHER PICK PROOF
PROPOSITION PROVE QED RECURSIVE SF_ STATE STRING SUBSET SUFFICES TAKE TEMPORAL THEN THEOREM TRUE UNCHANGED UNION USE
VARIABLE VARIABLES WF_ WITH WITNESS Int Nat Cardinality IsFiniteSet Init Next Spec TypeOK Terminating vars Fairness
Outside
"""
"""Words of TLA+, of the modules used, and what the module itself defines."""

LIBRARY = {
    "Min": ["Min(a, b) == IF a <= b THEN a ELSE b"],
    "Max": ["Max(a, b) == IF a >= b THEN a ELSE b"],
    "Div": ["Div(a, b) == IF b > 0 THEN a \\div b ELSE (-a) \\div (-b)"],
    "Mod": ["Mod(a, b) == IF b > 0 THEN a % b ELSE -((-a) % (-b))"],
    "Sum": [
        "RECURSIVE Sum(_, _)",
        "Sum(f, S) == IF S = {} THEN 0 ELSE LET one == CHOOSE one \\in S : TRUE IN f[one] + Sum(f, S \\ {one})",
    ],
}
"""What the language has and TLA+ does not, rounding as Python does."""


@dataclass(frozen=True)
class Exported:
    """A module with its name and text, and the text of the configuration of one choice of settings and scope.

    `unrolled` names the steps in which a loop was written out: for these the module is that of one scope.  `variables`
    and `operators` are the module's names by the model's, `elements` those of sorts by sort and number.
    """

    name: str
    module: str
    configuration: str
    unrolled: tuple[str, ...]
    variables: Mapping[str, str]
    operators: Mapping[str, str]
    elements: Mapping[tuple[str, int], str]


def tla(grounded: Grounded, properties: Sequence[str] | None = None) -> Exported:
    """A model, and the configuration for its settings and bounds with the named properties (None: its invariants).

    A `reachable` property is asked as `never_...`, so that TLC's counterexample is the example.
    """
    return _Module(grounded).exported(properties)


class _Module:
    def __init__(self, grounded: Grounded) -> None:
        self.grounded, self.model = grounded, grounded.model
        self.ids = Identifiers(RESERVED.split())
        self.known: set[str] = set(RESERVED.split())
        self.name = self.identifier(self.model.name.rpartition(".")[2])
        self.variables = {name: self.identifier(name) for name, _ in self.model.variables}
        named: tuple[ir.Step | ir.Property, ...] = (
            *self.model.initials,
            *self.model.actions,
            *self.model.properties,
            *self.model.end_states,
        )
        self.groups = {self._group(members): members for members in self._groups()}
        self.operators = {item.name: self.identifier(item.name) for item in named}
        self.never = {
            p.name: self.identifier(f"never {p.name}") for p in self.model.properties if p.kind == "reachable"
        }
        self.again = {
            p.name: self.identifier(f"always {p.name}") for p in self.model.properties if p.kind == "eventually"
        }
        self.constants = Constants(grounded, self.constant_name)
        self.read_helper = helper_reader(self.model)
        self.helpers: dict[Any, tuple[str, tuple[str, ...], frozenset[str]] | None] = {}
        # A helper gets its operator where it is first called; what stands before must not have bound that name.
        self.callable = names_of_functions(self.model.module)
        self.definitions: list[Lines] = []
        self.libraries: dict[str, str] = {}

    def identifier(self, wanted: str) -> str:
        """A name of the module, given out once."""
        made = self.ids.fresh(wanted)
        self.known.add(made)
        return made

    def constant_name(self, wanted: str, what: str = "") -> str:
        """The name of a constant, which says what it is where something else has that name."""
        return self.identifier(f"{wanted} {what}" if what and wanted in self.known else wanted)

    # --- what definitions ask for -------------------------------------------------------------------------------

    def constant(self, expression: ir.Literal | ir.Setting | ir.Bound) -> str:
        return self.constants.text(expression)

    def members(self, kind: ir.ScalarType) -> Text:
        return self.constants.members(kind)

    def limits(self, kind: ir.ScalarType) -> tuple[int, int]:
        return self.constants.limits(kind)

    def interval(self, expression: ir.Expr) -> tuple[int, int]:
        return self.constants.interval(expression)

    def library(self, name: str) -> str:
        return self.libraries.setdefault(name, name if name not in self.known else self.identifier(name))

    def taken(self, name: str) -> bool:
        return name in self.known or name in self.callable

    def helper(self, call: ir.Call) -> tuple[str, tuple[str, ...], frozenset[str]] | None:
        function = call.function
        if function not in self.helpers:
            self.helpers[function] = None
            found = self.read_helper(function)
            if found is not None:
                self.helpers[function] = self._defined(found)
        return self.helpers[function]

    def _defined(self, helper: ir.Helper) -> tuple[str, tuple[str, ...], frozenset[str]]:
        values = Values(self)
        name = self.identifier(helper.name)
        shown = [values.enter(parameter) for parameter, _ in helper.parameters]
        body = values.domain(helper.body) if isinstance(helper.body, ir.Span) else values.value(helper.body)
        self.definitions.append(definition(name, shown, body, helper.doc))
        return name, tuple(parameter for parameter, _ in helper.parameters), variables_of(helper.body)

    def _groups(self) -> list[list[str]]:
        """The variables as the state class has them in blocks."""
        blocks = [[name for name in block if name in self.variables] for block in attribute_blocks(self.model.state)]
        found = [block for block in blocks if block]
        return found if sum(map(len, found)) == len(self.variables) else [[name] for name in self.variables]

    def _group(self, members: list[str]) -> str:
        return self.identifier(f"{members[0]}_vars") if len(members) > 1 else self.variables[members[0]]

    # --- the module ---------------------------------------------------------------------------------------------

    def exported(self, properties: Sequence[str] | None) -> Exported:
        kinds = dict(self.model.variables)
        initials = [self._step(step, kinds, self._blank) for step in self.model.initials]
        actions = [self._step(step, kinds, None) for step in self.model.actions]
        checks = list(self._properties())
        types = junction(
            "/\\", [Text(f"{self.variables[name]} \\in {self._set(kind).flat}") for name, kind in kinds.items()]
        )
        body = [
            *self._section("What variables may hold", [["TypeOK ==", *hang("    ", types.lines(1))]]),
            *self._section("Helpers", self.definitions),
            *self._section("Initial states", [lines for _, lines in initials]),
            *self._section("Actions", [lines for _, lines in actions]),
            *self._section("Properties", checks),
            *self._section("Behaviours", list(self._behaviours(initials, actions))),
        ]
        library = [LIBRARY[name] for name in self.libraries]
        library = [
            [line.replace(f"{n}(", f"{self.libraries[n]}(") for line in lines]
            for n, lines in zip(self.libraries, library, strict=True)
        ]
        head = [
            f"---- MODULE {self.name} ----",
            *comment(self.model.doc),
            "EXTENDS Integers, FiniteSets",
            "",
            *self.constants.declarations(),
            *self._declared(),
            *self._section("Arithmetic", library),
        ]
        unrolled = tuple(
            step.name
            for (written, _), step in zip(
                [*initials, *actions], (*self.model.initials, *self.model.actions), strict=True
            )
            if written.unrolled
        )
        text = "\n".join([*head, *body, "===="]) + "\n"
        configuration = self._configuration(properties)
        elements = self.constants.elements
        return Exported(self.name, text, configuration, unrolled, self.variables, self.operators, elements)

    def _section(self, title: str, definitions: Iterable[Lines]) -> Iterator[str]:
        made = list(definitions)
        if made:
            yield f"---- \\* {title}"
            yield ""
            for lines in made:
                yield from lines
                yield ""

    def _declared(self) -> Iterator[str]:
        said = attribute_docs(self.model.state)
        yield "VARIABLES"
        names = list(self.variables.items())
        for position, (name, shown) in enumerate(names):
            yield from (f"    {line}" for line in comment(said.get(name, "")))
            yield f"    {shown}" + ("," if position < len(names) - 1 else "")
        yield ""
        for group, members in self.groups.items():
            if len(members) > 1:
                yield from wrapped(f"{group} == <<", [self.variables[name] for name in members], ">>")
        yield from wrapped("vars == <<", list(self.groups), ">>")
        yield ""

    def _set(self, kind: ir.Type) -> Text:
        """The set of all values of a type."""
        if isinstance(kind, ir.MapType):
            keys = " \\X ".join(self.members(key).within(0).flat for key in kind.keys)
            return Text(f"[{keys} -> {self._set(kind.value).flat}]")
        if isinstance(kind, ir.RecordType):
            return self.constants.record(kind)
        return self.members(kind)

    def _blank(self, values: Values) -> dict[str, Text]:
        """The values variables have before an initial state assigns them."""
        made: dict[str, Text] = {}
        for name, kind in self.model.variables:
            if isinstance(kind, ir.MapType):
                of = kind.keys
                keys = [values.enter(f"key {i}", _letter(key)) for i, key in enumerate(of)]
                ranges = values.ranges([(key, self.members(k)) for key, k in zip(keys, of, strict=True)])
                values.leave(*(f"key {i}" for i in range(len(of))))
                made[name] = function(ranges, self._default(kind.value))
            else:
                made[name] = self._default(kind)
        return made

    def _default(self, kind: ir.Type) -> Text:
        if isinstance(kind, ir.RecordType):
            return bracket("[", [headed(f"{name} |-> ", self._default(of)) for name, of in kind.fields], "]")
        of = scalar(kind)
        with language.within(self.grounded.bounds):
            value = number(of, language.default_of(annotation(of)))
        return Text(self.constants.text(ir.Literal(of, ir.Place("", 0), value)))

    def _step(self, step: ir.Step, kinds: dict[str, ir.Type], initial: Blank | None) -> tuple[Written, Lines]:
        written = Steps(self, kinds, initial).written(step)
        items = list(written.items)
        words = self._unchanged(set(written.assigned))
        if initial is None and words:
            head, tail = ("UNCHANGED ", "") if len(words) == 1 else ("UNCHANGED <<", ">>")
            flat = wrapped(head, words, tail, 10**6)[0]
            items.append(("", Text(flat, COMPARISON, lambda width: wrapped(head, words, tail, width))))
        said = step.doc
        if written.unrolled:
            said += "\n(A loop whose rounds depend on each other is written out, for the scope of this export.)"
        lines = definition(self.operators[step.name], [name for name, _ in written.parameters], joined(items), said)
        return written, lines

    def _unchanged(self, assigned: set[str]) -> list[str]:
        """The variables that a step leaves alone, whole groups by their names."""
        if not assigned:
            return ["vars"]
        words: list[str] = []
        for group, members in self.groups.items():
            rest = [self.variables[name] for name in members if name not in assigned]
            words += [group] if len(rest) == len(members) > 1 else rest
        return words

    def _behaviours(
        self, initials: Sequence[tuple[Written, Lines]], actions: Sequence[tuple[Written, Lines]]
    ) -> Iterator[Lines]:
        yield definition("Init", [], junction("\\/", self._calls(self.model.initials, initials)), "")
        steps = self._calls(self.model.actions, actions)
        if self.model.end_states:
            ends = junction("\\/", [Text(self.operators[item.name]) for item in self.model.end_states])
            body = junction("/\\", [ends, Text("UNCHANGED vars")])
            yield from (self._operator(item) for item in self.model.end_states)
            yield definition("Terminating", [], body, "A behaviour may stop here: no deadlock.")
            steps.append(Text("Terminating"))
        yield ["Next ==", *hang("    ", _bulleted("\\/", steps))]
        yield ["Spec == Init /\\ [][Next]_vars"]
        if self.again:
            yield from self._fairness(actions)

    def _fairness(self, actions: Sequence[tuple[Written, Lines]]) -> Iterator[Lines]:
        pairs = list(zip(self.model.actions, actions, strict=True))
        fair = [self._call(step, written, "WF_vars({})") for step, (written, _) in pairs if step.fair]
        if fair:
            yield [
                "\\* Each choice of an action's parameters is fair by itself.",
                "Fairness ==",
                *hang("    ", _bulleted("/\\", fair)),
            ]
        outside = [self._call(step, written) for step, (written, _) in pairs if step.outside]
        if outside:
            yield [
                "\\* Faults and operators: taken only finitely often.",
                "Outside ==",
                *hang("    ", _bulleted("\\/", outside)),
            ]
        for name, shown in self.again.items():
            premises = [*(["Fairness"] if fair else []), *(["<>[][~Outside]_vars"] if outside else [])]
            whole = f"[]<>{self.operators[name]}"
            given = " /\\ ".join(premises)
            yield [f"{shown} == ({given}) => {whole}" if premises else f"{shown} == {whole}"]

    def _calls(self, steps: Sequence[ir.Step], written: Sequence[tuple[Written, Lines]]) -> list[Text]:
        return [self._call(step, made) for step, (made, _) in zip(steps, written, strict=True)]

    def _call(self, step: ir.Step, written: Written, around: str = "{}") -> Text:
        """An action for some choice of its parameters (in a formula of fairness: for each)."""
        name, names = self.operators[step.name], [name for name, _ in written.parameters]
        if not names:
            return Text(around.format(name))
        called = around.format(f"{name}({', '.join(names)})")
        quantifier = "\\E" if around == "{}" else "\\A"
        return bound(f"{quantifier} {Values(self).ranges(written.parameters)} :", Text(called))

    def _operator(self, item: ir.Property) -> Lines:
        values = Values(self)
        return definition(
            self.operators[item.name],
            [],
            junction("/\\", [values.value(part) for part in values.conjuncts(item.body)]),
            item.doc,
        )

    def _properties(self) -> Iterator[Lines]:
        for item in self.model.properties:
            lines = self._operator(item)
            if item.name in self.never:
                lines = [*lines, f"{self.never[item.name]} == ~{self.operators[item.name]}"]
            yield lines

    def _configuration(self, properties: Sequence[str] | None) -> str:
        kinds = {item.name: item.kind for item in self.model.properties}
        asked = [
            name for name, kind in kinds.items() if (kind == "invariant" if properties is None else name in properties)
        ]
        lines = [
            "SPECIFICATION Spec",
            "",
            *self.constants.assignments(),
            "",
        ]
        lines += ["INVARIANTS", "    TypeOK"]
        lines += [f"    {self.never.get(name, self.operators[name])}" for name in asked if kinds[name] != "eventually"]
        live = [self.again[name] for name in asked if kinds[name] == "eventually"]
        lines += ["PROPERTIES", *(f"    {name}" for name in live)] if live else []
        return "\n".join(lines) + "\n"


def definition(name: str, parameters: Sequence[str], body: Text, doc: str) -> Lines:
    """`name(parameters) == body`, with its comment above."""
    head = name + (f"({', '.join(parameters)})" if parameters else "") + " =="
    flat = f"{head} {body.flat}"
    if len(flat) <= 100 and (body.level != JUNCTION or len(body.flat) <= SHORT):
        return [*comment(doc), flat]
    return [
        *comment(doc),
        head,
        *hang("    ", body.broken(106) if body.level == JUNCTION and body.broken else body.lines(106)),
    ]


def _bulleted(operator: str, parts: Sequence[Text]) -> Lines:
    return [line for part in parts for line in hang(f"{operator} ", part.lines(100))]


def _letter(kind: ir.ScalarType) -> str:
    return kind.name[0].lower() if isinstance(kind, ir.SortType | ir.EnumType) else "i"
