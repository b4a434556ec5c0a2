"""Promela, for SPIN: the grounded form as one process that repeats an indivisible step.

A violated property, an example of a `reachable` one and a mistake of the model each end in a failed assertion.  That is
a step of its own, so a property is evaluated once in a state, and its trail is one step longer than a counterexample.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checker.backends.identifiers import Identifiers
from checker.backends.infix import Infix, Spelling
from checker.backends.sequential import assignments, chosen, legend, mistakes, varying
from checker.grounding.grounded import Action, Cell, Grounded, State

SPELLING = Spelling("&&", "||", "==", "({} -> {} : {})", booleans=False)

RESERVED = """
active always assert atomic bit bool break byte c_code c_decl c_expr c_state c_track chan D_proctype d_step do else
empty enabled equivalent eval eventually false fi for full get_priority goto hidden if implies in init inline int
len local ltl mtype nempty never next nfull not notrace np_ od of pc_value pid printf printm priority proctype
provided release return run select set_priority short show skip stronguntil timeout trace true typedef unless
unsigned until weakuntil xr xs auto case char const continue default double enum extern float long register signed
sizeof static struct switch union void volatile while restrict main now linux unix i386 State Trail uchar uint
ushort ulong time end exit abort boq depth trpt this
"""
"""Words of Promela, of C, and of the C that SPIN writes."""


def promela(
    grounded: Grounded, properties: Sequence[str] | None = None, *, mistaken: bool = True, made_by: str = ""
) -> str:
    """The text of a model with the named properties (None: all that one state decides).

    `mistaken`: mistakes of the model fail too.  `made_by` is the command for the head.  Raises `TooLarge`.
    """
    return "\n".join(_Text(grounded, properties, mistaken, made_by).lines()) + "\n"


def label_of(line: str) -> str | None:
    """What a line of the text begins, as its comment says: an action's label, `initial 1`, or `property NAME`."""
    head, found, rest = line.partition(":: d_step { /* ")
    return rest.partition(" */")[0] if found and not head.strip() else None


class _Text:
    def __init__(self, grounded: Grounded, properties: Sequence[str] | None, mistaken: bool, made_by: str) -> None:
        self.grounded, self.made_by = grounded, made_by
        self.properties = chosen(grounded, properties)
        self.mistakes = list(mistakes(grounded, self.properties)) if mistaken else []
        self.ids = Identifiers(RESERVED.split())
        self.process = self.ids.fresh(grounded.model.name.rpartition(".")[2])
        self.names = {cell.index: self.ids.fresh(cell.name) for cell in varying(grounded)}
        self.text = Infix(SPELLING, grounded.cells, self.names)
        self.saved: dict[int, str] = {}

    def lines(self) -> Iterator[str]:
        options = list(self._options())
        yield f"/* {self.grounded.model.name}, for SPIN.  {self.made_by}".rstrip()
        yield "   spin -a FILE; gcc -O2 -DSAFETY -DBFS -o pan pan.c; ./pan"
        yield "   An assertion that fails is a property violated, or an example of one to be reached; a step before it"
        yield "   is the state that shows it.  A state that enables nothing is a deadlock. */"
        yield ""
        single = len(self.grounded.initials) == 1
        for cell in varying(self.grounded):
            yield self._declaration(cell, self.grounded.initials[0] if single else None)
        for index, name in self.saved.items():
            cell = self.grounded.cells[index]
            yield f"{_kind(cell).format(name)} = 0;  /* {self.names[index]} before a step; 0 between steps */"
        yield ""
        yield f"active proctype {self.process}() {{"
        if not single:
            yield from self._initials()
        yield "    do"
        yield from options
        yield "    od"
        yield "}"

    def _declaration(self, cell: Cell, initial: State | None) -> str:
        shown = _kind(cell).format(self.names[cell.index])
        start = "" if initial is None else f" = {initial[cell.index]}"
        words = legend(cell)
        return f"{shown}{start};" + (f"  /* {words} */" if words else "")

    def _initials(self) -> Iterator[str]:
        yield "    if"
        for number, state in enumerate(self.grounded.initials, 1):
            yield f"    :: d_step {{ /* initial {number} */ true ->"
            yield "".join(f"        {name} = {state[index]};\n" for index, name in self.names.items()).rstrip("\n")
            yield "    }"
        yield "    fi;"

    def _options(self) -> Iterator[str]:
        for prop in self.properties:
            body = self.text.truth(prop.body)
            failing = body if prop.kind == "reachable" else f"!{body}"
            yield f"    :: d_step {{ /* property {prop.name} */ {failing} -> assert(false) }}"
        for mistake in self.mistakes:
            body = " && ".join(map(self.text.truth, mistake.conditions))
            yield f"    :: d_step {{ /* property {mistake.name} */ {body} -> assert(false) }}"
        for action in self.grounded.actions:
            yield from self._option(action)
        if self.grounded.end.operator != "const" or self.grounded.end.value:
            yield f"    :: d_step {{ /* at an end */ {self.text.truth(self.grounded.end)} -> skip }}"
        if not self.grounded.actions and not self.properties and not self.mistakes:
            yield "    :: d_step { /* nothing is possible */ false -> skip }"

    def _option(self, action: Action) -> Iterator[str]:
        made = assignments(action, self.grounded.cells)
        for cell in made.saved:
            if cell.index not in self.saved:
                self.saved[cell.index] = self.ids.fresh(f"old {self.names[cell.index]}")
        saved = {cell.index: self.saved[cell.index] for cell in made.saved}
        yield f"    :: d_step {{ /* {action.label} */ {self.text.truth(action.guard)} ->"
        for index, name in saved.items():
            yield f"        {name} = {self.names[index]};"
        text = self.text.renamed(saved)
        for cell, term in made.updates:
            yield f"        {self.names[cell.index]} = {text.assigned(cell, term)};"
        for name in saved.values():
            yield f"        {name} = 0;"
        if not made.updates:
            yield "        skip;"
        yield "    }"


def _kind(cell: Cell) -> str:
    """The declaration of a variable for the values of a cell, `{}` standing for its name."""
    width = cell.high.bit_length()
    if cell.low < 0 or width > 8:
        return "int {}"
    return "bit {}" if width == 1 else "byte {}" if width == 8 else f"unsigned {{}} : {width}"
