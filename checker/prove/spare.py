"""Why nothing breaks without a guard, as far as it can be measured.

Where it adds behaviour, how much.  Where it adds none, what says the same: asked of Z3 in the largest space in which
the action is possible, first of the other guards of the action alone, within the limits of the types, then with the
invariants and lemmas of the model that hold there.  What neither says is known from the search: it was exhaustive.
"""

from __future__ import annotations

import ast
import linecache
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import FunctionType
from typing import Any, Literal, TypeAlias

import z3

from checker import ir
from checker.backends.z3_grounded import Relation, relation
from checker.grounding.grounded import Action, Term
from checker.prove.effect import Effect
from checker.prove.guards import Guard, Without
from checker.prove.study import Study
from checker.reading.sources import modules_of
from checker.structure import reads

Kind: TypeAlias = Literal["switch", "narrows", "detour", "guards", "lemmas", "reachable", "never", "settings"]

SECONDS = 3
"""For one question to Z3; what takes longer counts as not implied."""


@dataclass(frozen=True)
class Reason:
    """Why a guard is spare, and in which setup that was measured; `states` of it, or so many more without the guard.

    `switch`: it reads nothing but settings and bounds, and rules out so many states where they say so, in which all
    that is asked holds; `narrows`: the same of a guard that reads the state; `detour`: there are other steps, between
    states that are reached anyway; `guards`: the guards `by` of the same action imply it; `lemmas`: these and the
    invariants and lemmas `facts` do; `reachable`: no reachable state tells the difference; `never`: the action is
    possible in no setup that does not rule it out, with the guard or without; `settings`: in each setup the settings,
    the bounds or the other guards, as they are written, decide it.  `note`: what the model says of it (`noted`).
    """

    kind: Kind
    setup: str = ""
    states: int = 0
    by: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    note: str = ""


def reason(
    number: int, removals: Sequence[Without], effects: Mapping[str, Effect], studies: Mapping[str, Study]
) -> Reason:
    """Why nothing breaks without guard `number` of `removals`, by what came of taking it away."""
    removed, model = removals[number], next(iter(studies.values())).model
    note = noted(removed.guard, model)
    more = {name: effect.states - effect.before for name, effect in effects.items() if effect.word == "nothing"}
    if more:
        name = max(more, key=lambda each: more[each])
        narrows: Kind = "narrows" if reads(removed.condition).places else "switch"
        return Reason(narrows if more[name] else "detour", name, more[name] or effects[name].states, note=note)
    implied = [name for name, effect in effects.items() if effect.why == "implied"]
    if implied:
        name = max(implied, key=lambda each: effects[each].states)
        return _implied(number, name, studies[name], note)
    kind: Kind = "never" if any(effect.why == "never" for effect in effects.values()) else "settings"
    return Reason(kind, note=note)


def noted(guard: Guard, model: ir.Model) -> str:
    """What the model says of a guard: the comment above it, or above the requirements that it stands in a row with; or
    what the helper says that it is a call of, or else the one that it stands in.

    On one line; "" where there is none of them.
    """
    return _comment(guard) or _said_of_helper(guard.text, model) or _said_around(guard, model)


def _comment(guard: Guard) -> str:
    lines: list[str] = []
    at = guard.at.line
    if _line(guard, at - 1) == "require(":
        at -= 1
    while _line(guard, at).startswith("require("):
        at -= 1
    at = min(at, guard.at.line - 1)
    while _line(guard, at).startswith("#"):
        lines.insert(0, _line(guard, at).lstrip("# "))
        at -= 1
    return " ".join(lines)


def _line(guard: Guard, at: int) -> str:
    return linecache.getline(guard.at.file, at).strip()


def _said_of_helper(text: str, model: ir.Model) -> str:
    """The first sentence of the docstring of a helper whose call, denied or not, is all of a guard."""
    call = ast.parse(text.strip(), mode="eval").body
    call = call.operand if isinstance(call, ast.UnaryOp) else call
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
        return ""
    return _said_by(call.func.id, model)


def _said_around(guard: Guard, model: ir.Model) -> str:
    """The same of the function that a guard stands in, unless that is the action."""
    tree = ast.parse("".join(linecache.getlines(guard.at.file)))
    around = [
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.lineno <= guard.at.line <= (node.end_lineno or node.lineno)
    ]
    return _said_by(around[-1], model) if around and around[-1] != guard.action else ""


def _said_by(name: str, model: ir.Model) -> str:
    for module in modules_of(model.module):
        helper = vars(module).get(name)
        if isinstance(helper, FunctionType) and helper.__doc__:
            sentence = re.split(r"(?<=[.:])\s", " ".join(helper.__doc__.split()), maxsplit=1)[0]
            return f"`{name}`: {sentence.rstrip(':')}"
    return ""


# --- what implies it ----------------------------------------------------------------------------------------


def _implied(number: int, name: str, study: Study, note: str) -> Reason:
    states = study.before.states
    for known in (False, True):
        found = _core(number, study, known)
        if found is not None:
            texts = [study.removals[each].guard.text for each in sorted(f for f in found if isinstance(f, int))]
            facts = sorted(fact for fact in found if isinstance(fact, str))
            return Reason("lemmas" if facts else "guards", name, states, tuple(texts), tuple(facts), note)
    return Reason("reachable", name, states, note=note)


def _core(number: int, study: Study, known: bool) -> set[int | str] | None:
    """Numbers of guards and names of facts that imply a guard in each of its instances; None where they do not.

    Facts only if they are to be taken as `known`.
    """
    found: set[int | str] = set()
    instances = study.left[number] or ()
    steps = _relation(study, instances)
    for instance in instances:
        whole = study.guards.get((instance.name, instance.arguments))
        gone = [] if whole is None else [part for part in _parts(whole) if part not in _parts(instance.guard)]
        if whole is not None and not gone:
            continue
        named = _hypotheses(number, instance, study, steps)
        if known:
            named |= {name: steps.writer.truth(body) for name, body in study.facts.items()}
        wrong = z3.Not(z3.And([steps.writer.truth(part) for part in gone])) if gone else z3.BoolVal(True)
        core = _unsatisfiable(steps, wrong, named)
        if core is None:
            return None
        found |= core - {-1}
    return found


def _hypotheses(number: int, instance: Action, study: Study, steps: Relation) -> dict[int | str, Any]:
    """What holds where the instance is possible, by the number of the guard that says it; -1: what several say."""
    parts = dict.fromkeys(_parts(instance.guard))
    named: dict[int | str, list[Term]] = {-1: []}
    whole = study.guards.get((instance.name, instance.arguments))
    for other, removed in enumerate(study.removals):
        if other == number or removed.guard.action != instance.name or whole is None:
            continue
        left = next((a for a in study.left[other] or () if a.arguments == instance.arguments), None)
        said = [part for part in parts if left is not None and part not in _parts(left.guard)]
        if said:
            named[other] = said
    taken = {part for group in named.values() for part in group}
    named[-1] = [part for part in parts if part not in taken]
    return {name: z3.And([steps.writer.truth(part) for part in group]) for name, group in named.items()}


def _relation(study: Study, instances: Sequence[Action]) -> Relation:
    """Cells, and a writer wide enough for the terms of both forms of the action."""
    return relation(study.spliced(instances[0].name, (*instances, *study.as_it_is(instances[0].name))), ())


def _unsatisfiable(steps: Relation, wrong: Any, named: dict[int | str, Any]) -> set[int | str] | None:
    """A set of hypotheses, none of them too many, under which `wrong` cannot be; None where it can."""
    solver = z3.SolverFor("QF_FD")
    solver.set("timeout", SECONDS * 1000)
    solver.add(steps.within_limits(steps.before), wrong)
    switches = {name: z3.Bool(f"use {name}") for name in named}
    for name, expression in named.items():
        solver.add(z3.Implies(switches[name], expression))
    if solver.check(*switches.values()) != z3.unsat:
        return None
    names = {str(switch): name for name, switch in switches.items()}
    core = [names[str(switch)] for switch in solver.unsat_core()]
    for name in sorted(core, key=lambda each: isinstance(each, int)):  # rather without a lemma than without a guard
        fewer = [other for other in core if other != name]
        if solver.check(*[switches[other] for other in fewer]) == z3.unsat:
            core = fewer
    return set(core)


def _parts(term: Term) -> tuple[Term, ...]:
    return term.arguments if term.operator == "and" else (term,)
