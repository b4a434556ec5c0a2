"""Murphi, for Rumur: the grounded form as rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checker import ir
from checker.backends.identifiers import Identifiers
from checker.backends.infix import Infix, Spelling
from checker.backends.sequential import assignments, chosen, legend, mistakes, varying
from checker.grounding.grounded import Action, Cell, Grounded, Property, State, Term

SPELLING = Spelling("&", "|", "=", "({} ? {} : {})", booleans=True)

RESERVED = """
alias array assert assume begin boolean by case clear const cover do else elsif end endalias endexists endfor
endforall endfunction endif endprocedure endrecord endrule endruleset endstartstate endswitch endwhile enum error
exists false for forall function if in int interface invariant ismember isundefined liveness log multiset
multisetadd multisetcount multisetremove multisetremovepred of procedure process program put range record return
rule ruleset scalarset startstate switch then to traceuntil true type undefine union var while
"""


def murphi(
    grounded: Grounded, properties: Sequence[str] | None = None, *, mistaken: bool = True, made_by: str = ""
) -> str:
    """The text of a model with the named properties (None: all that one state decides).

    A `reachable` property is the invariant that it never holds, so that its counterexample is the example.
    `mistaken`: mistakes of the model are invariants too.  `made_by` is the command for the head.  Raises `TooLarge`.
    """
    return "\n".join(_Text(grounded, properties, mistaken, made_by).lines()) + "\n"


def value_type(grounded: Grounded) -> str:
    """Rumur's type for numbers: its own choice sees variables only, and what is computed on the way must fit too."""
    roots = [item.body for item in grounded.properties] + [grounded.end]
    roots += [term for action in grounded.actions for term in (action.guard, *(term for _, term in action.updates))]
    items: list[Action | Property] = [*grounded.actions, *grounded.properties]
    roots += [check.wrong for item in items for check in item.checks]
    seen: set[Term] = set()
    while roots:
        term = roots.pop()
        if term not in seen:
            seen.add(term)
            roots += term.arguments
    low, high = min((term.low for term in seen), default=0), max((term.high for term in seen), default=0)
    if low >= 0 and high < 1 << 8:
        return "auto"
    return "int32_t" if low >= -(1 << 31) and high < 1 << 31 else "int64_t"


class _Text:
    def __init__(self, grounded: Grounded, properties: Sequence[str] | None, mistaken: bool, made_by: str) -> None:
        self.grounded, self.made_by = grounded, made_by
        self.properties = chosen(grounded, properties)
        self.mistakes = list(mistakes(grounded, self.properties)) if mistaken else []
        ids = Identifiers(RESERVED.split())
        self.names = {cell.index: ids.fresh(cell.name) for cell in varying(grounded)}
        self.old = {index: ids.fresh(f"old {name}") for index, name in self.names.items()}
        self.text = Infix(SPELLING, grounded.cells, self.names)

    def lines(self) -> Iterator[str]:
        yield f"-- {self.grounded.model.name}, for Rumur.  {self.made_by}".rstrip()
        yield f"-- rumur --deadlock-detection stuck --value-type {value_type(self.grounded)} --output model.c FILE"
        yield "-- gcc -std=c11 -O3 -mcx16 -o model model.c -lpthread"
        yield ""
        yield "var"
        for cell in varying(self.grounded):
            words = legend(cell)
            yield f"  {self.names[cell.index]} : {_type(cell)};" + (f"  -- {words}" if words else "")
        if not self.names:
            yield "  nothing : boolean;  -- a state needs a variable"
        for number, state in enumerate(self.grounded.initials, 1):
            yield from self._start(number, state)
        for action in self.grounded.actions:
            yield from self._rule(action)
        yield ""
        yield "-- A behaviour may stop here: no deadlock."
        yield f'rule "at an end" {self.text.truth(self.grounded.end)} ==> begin end;'
        yield ""
        for prop in self.properties:
            body = self.text.truth(prop.body)
            yield f'invariant "{prop.name}" {f"!{body}" if prop.kind == "reachable" else body};'
        for mistake in self.mistakes:
            name = mistake.name.replace('"', "'")
            yield f'invariant "{name}" !({" & ".join(map(self.text.truth, mistake.conditions))});'

    def _start(self, number: int, state: State) -> Iterator[str]:
        yield ""
        yield f'startstate "initial {number}" begin'
        for index, name in self.names.items():
            yield f"  {name} := {self.text.value(self.grounded.cells[index], state[index])};"
        if not self.names:
            yield "  nothing := false;"
        yield "end;"

    def _rule(self, action: Action) -> Iterator[str]:
        made = assignments(action, self.grounded.cells)
        yield ""
        yield f'rule "{action.label}"'
        yield f"  {self.text.truth(action.guard)}"
        yield "==>"
        for cell in made.saved:
            yield f"  var {self.old[cell.index]} : {_type(cell)};"
        yield "begin"
        for cell in made.saved:
            yield f"  {self.old[cell.index]} := {self.names[cell.index]};"
        text = self.text.renamed({cell.index: self.old[cell.index] for cell in made.saved})
        for cell, term in made.updates:
            yield f"  {self.names[cell.index]} := {text.assigned(cell, term)};"
        yield "end;"


def _type(cell: Cell) -> str:
    return "boolean" if isinstance(cell.type, ir.BoolType) else f"{cell.low}..{cell.high}"
