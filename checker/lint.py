"""What in a model does no work: actions that never fire, guards that the others imply, variables that nobody reads,
properties that hold for no reason of their own.

One search of one scope decides all of it, so what is said is said of that scope and these settings; only that nobody
reads a variable is a fact of the source.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from checker import ir
from checker import memory as budget
from checker.configuration import Configuration
from checker.explore import Exploration, explore
from checker.grounding.ground import ground
from checker.grounding.grounded import Action, Grounded, Property, Term
from checker.grounding.terms import FALSE, TRUE, conjunction, disjunction, negation
from checker.prove.guards import Without, ablations
from checker.reading import load
from checker.run import Request, check_names, configured
from checker.structure import parts, reads, unread

Kind: TypeAlias = Literal["idle", "implied", "unread", "constant", "vacuous"]

MOST = 48
"""Questions that one search answers: machine code notes what is broken in the bits of a word."""


@dataclass(frozen=True)
class Remark:
    """Something that does no work: where it stands, what it is, and why it does none."""

    kind: Kind
    at: ir.Place | None
    name: str
    text: str

    def __str__(self) -> str:
        return f"{f'{self.at}: ' if self.at is not None else ''}{self.name}: {self.text}"


@dataclass(frozen=True)
class Linted:
    """The remarks on a model, and the searches they rest on; one that was cut short tells less."""

    configuration: Configuration
    remarks: tuple[Remark, ...]
    searches: tuple[Exploration, ...]

    @property
    def complete(self) -> bool:
        """Whether every search came to its end."""
        return all(search.exhausted for search in self.searches)

    @property
    def off(self) -> tuple[str, ...]:
        """Actions that the settings and bounds rule out: no remark, since others may not."""
        return self.searches[0].off


@dataclass(frozen=True)
class _Question:
    """An invariant of the checker's own: where it holds in every state, the remark is true."""

    property: Property
    remark: Remark


def lint(request: Request) -> Linted:
    """Looks at a model under the settings and in the scope asked for.

    Raises `UsageError` for what the model does not have, `ModelError` for a broken model.
    """
    model = load(request.model)
    chosen = configured(model, request)
    check_names("action", request.idle, [item.name for item in model.actions])
    grounded = ground(model, chosen.settings, chosen.bounds)
    questions = [*_guards(model, chosen, grounded), *_strengthened(model, chosen)]
    certain = [question.remark for question in questions if question.property.body is TRUE]
    open_ones = [question for question in questions if question.property.body not in (TRUE, FALSE)]
    memory = budget.default_budget() if request.memory is None else request.memory
    searches, held = [], []
    for start in range(0, max(1, len(open_ones)), MOST):
        part = open_ones[start : start + MOST]
        found = _search(grounded, part, request, memory, first=not start)
        searches.append(found)
        names = {finding.property.name for finding in found.findings if finding.word == "exhausted"}
        held += [question.remark for question in part if question.property.name in names]
        if not found.exhausted:
            break
    remarks = [*_idle(model, searches[0], request.idle), *_constant(model, searches[0]), *certain, *held]
    remarks += [Remark("unread", None, name, why) for name, why in unread(model).items()]
    never = set(searches[0].idle) | set(searches[0].off)
    kept = [remark for remark in remarks if not (remark.kind == "implied" and remark.name in never)]
    return Linted(chosen, tuple(sorted(kept, key=_order)), tuple(searches))


def _order(remark: Remark) -> tuple[int, str, int]:
    kinds: tuple[Kind, ...] = ("idle", "constant", "vacuous", "implied", "unread")
    at = remark.at or ir.Place("", 0)
    return kinds.index(remark.kind), at.file, at.line


def _search(
    grounded: Grounded, questions: Sequence[_Question], request: Request, memory: int, first: bool
) -> Exploration:
    """Searches with the questions as properties; the first search judges the model's own too."""
    own = [item for item in grounded.properties if item.kind != "eventually"] if first else []
    asked = dataclasses.replace(grounded, properties=(*own, *(question.property for question in questions)))
    found = explore(asked, memory=memory, states=request.states, engine=request.engine)
    if found.stopped == "interrupted":
        raise KeyboardInterrupt
    return found


def _idle(model: ir.Model, found: Exploration, declared: Sequence[str]) -> Iterator[Remark]:
    for action in model.actions:
        if found.exhausted and action.name in found.idle and action.name not in declared:
            yield Remark("idle", action.at, action.name, "it never fires in this scope")


def _constant(model: ir.Model, found: Exploration) -> Iterator[Remark]:
    constant = {finding.property.name for finding in found.findings if finding.constant}
    for item in model.properties:
        if item.name in constant:
            yield Remark("constant", item.at, item.name, "it does not depend on the state under these settings")


# --- guards that the others imply ---------------------------------------------------------------------------


def _guards(model: ir.Model, chosen: Configuration, grounded: Grounded) -> Iterator[_Question]:
    """Of each guard, whether wherever the others hold it holds too."""
    removed = [without for step in model.actions for without in ablations(step)]
    steps = tuple(dataclasses.replace(without.step, name=f"guard {n}") for n, without in enumerate(removed))
    if not steps:
        return
    alone = dataclasses.replace(model, actions=steps, properties=(), lemmas=())
    others = _by_name(ground(alone, chosen.settings, chosen.bounds).actions)
    whole = _by_name(grounded.actions)
    for step, without in zip(steps, removed, strict=True):
        guards = others.get(step.name, {})
        if not guards or (_decided(guards, whole.get(without.step.name, {})) and not _is_of_the_state(without)):
            continue
        body = conjunction(
            disjunction((negation(guard), whole.get(without.step.name, {}).get(arguments, FALSE)))
            for arguments, guard in guards.items()
        )
        text = f"`{without.guard.text}` holds wherever its other guards do"
        remark = Remark("implied", without.guard.at, without.step.name, text)
        yield _Question(Property(step.name, "invariant", "", body, ()), remark)


def _by_name(actions: Sequence[Action]) -> dict[str, dict[tuple[int, ...], Term]]:
    """The guards of the instances of each action, by their arguments."""
    found: dict[str, dict[tuple[int, ...], Term]] = {}
    for action in actions:
        found.setdefault(action.name, {})[action.arguments] = action.guard
    return found


def _decided(without: dict[tuple[int, ...], Term], whole: dict[tuple[int, ...], Term]) -> bool:
    """Whether a guard is gone before the search: settings and bounds decide it, or the other guards as they stand."""
    return all(whole.get(arguments) is guard for arguments, guard in without.items())


def _is_of_the_state(without: Without) -> bool:
    """Whether a guard speaks of the state alone: what settings and bounds have a say in may matter under others."""
    locals_ = [part.value for part in parts(without.step.body) if isinstance(part, ir.Define)]
    around = reads((*without.under, *locals_))
    found = reads(without.condition)
    return bool(found.places) and not found.configuration and not around.configuration


# --- properties that hold for less --------------------------------------------------------------------------


def _strengthened(model: ir.Model, chosen: Configuration) -> Iterator[_Question]:
    """Of each `A or B` in an invariant, whether A alone always holds, so that B is never needed, or the reverse."""
    made: list[tuple[ir.Property, ir.Expr, str]] = [
        (item, body, text) for item in model.properties if item.kind == "invariant" for body, text in _less(item.body)
    ]
    properties = tuple(dataclasses.replace(item, name=f"part {n}", body=body) for n, (item, body, _) in enumerate(made))
    alone = dataclasses.replace(model, properties=properties, lemmas=())
    for prop, (item, _, text) in zip(ground(alone, chosen.settings, chosen.bounds).properties, made, strict=True):
        if prop.body is not TRUE:  # else the settings say so
            yield _Question(dataclasses.replace(prop, checks=()), Remark("vacuous", item.at, item.name, text))


def _less(body: ir.Expr) -> Iterator[tuple[ir.Expr, str]]:
    """Stronger conditions than the given one, each with what it would mean that it holds."""
    if isinstance(body, ir.Let):
        for inner, text in _less(body.body):
            yield dataclasses.replace(body, body=inner), text
    elif isinstance(body, ir.Fold) and body.operator == "all":
        for inner, text in _less(body.body):
            yield dataclasses.replace(body, body=inner), text
        if body.where is not None:
            never = ir.Apply(body.where.type, body.where.at, "not", (body.where,))
            text = f"nothing satisfies the `if` of `{body.where.at.text.strip()}` ({body.where.at})"
            yield dataclasses.replace(body, where=None, body=never), text
    elif isinstance(body, ir.Apply) and body.operator == "and":
        for number, part in enumerate(body.arguments):
            for inner, text in _less(part):
                arguments = (*body.arguments[:number], inner, *body.arguments[number + 1 :])
                yield dataclasses.replace(body, arguments=arguments), text
    elif isinstance(body, ir.Apply) and body.operator == "or":
        for number, part in enumerate(body.arguments):
            which = f"alternative {number + 1} of {len(body.arguments)} in `{body.at.text.strip()}` ({body.at})"
            yield part, f"{which} holds in every state, so the rest of it is never needed"
