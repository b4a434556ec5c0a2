"""One proof from what was asked to what came out: induction first, then counterexamples for what it does not show."""

from __future__ import annotations

import dataclasses
import shlex
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from checker import ir
from checker.configuration import Configuration, spelled
from checker.grounding.ground import ground
from checker.prove.bounded import Bounded, bounded
from checker.prove.induction import Induction, induction
from checker.prove.reached import Reached, reached
from checker.prove.step import breaking_step, scopes, with_lemmas
from checker.reading import load
from checker.run import Request, configured
from checker.traces.replay import replay
from checker.traces.trace import Trace
from checker.verdict import INCOMPLETE, OK, VIOLATED, Verdict, Word

DEPTH = 12
"""Steps within which a counterexample is looked for to what induction does not show."""

Progress = Callable[[str], None]
"""Called with what is being done."""


@dataclass(frozen=True)
class Asked:
    """What was asked of a proof: `bounded` steps and no induction, or None: induction over up to `k` steps at once."""

    request: Request
    bounded: int | None = None
    k: int = 1


@dataclass(frozen=True)
class Breaking:
    """A counterexample to induction: a step that breaks a property, and whether the state before it can come about."""

    step: Trace
    before: Reached

    @property
    def counterexample(self) -> Trace | None:
        """The behaviour that leads to the step and takes it, where there is one: the property is violated then."""
        way = self.before.trace
        if way is None:
            return None
        return dataclasses.replace(
            self.step, states=(*way.states, self.step.states[1]), actions=(*way.actions, *self.step.actions)
        )


@dataclass
class Proof:
    """What came out.  `breaking` has, for a property that is not inductive, a step that breaks it."""

    asked: Asked
    configuration: Configuration
    properties: list[ir.Property]
    induction: Induction | None = None
    bounded: Bounded | None = None
    breaking: dict[str, Breaking] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def verdicts(self) -> list[Verdict]:
        """One a property, in the model's order."""
        return [self._verdict(item) for item in self.properties]

    @property
    def code(self) -> int:
        """The exit code: 12 for a violation, 0 where everything is proved (or has its example), else 3."""
        words = [verdict.word for verdict in self.verdicts]
        if "violated" in words:
            return VIOLATED
        said = any(not verdict.constant for verdict in self.verdicts)
        return OK if said and set(words) <= {"proved", "reached"} else INCOMPLETE

    @property
    def word(self) -> str:
        """How it came out, in a word: proved, violated or incomplete."""
        return {OK: "proved", VIOLATED: "violated"}.get(self.code, "incomplete")

    @property
    def command(self) -> str:
        """The command that makes this proof again, every setting spelled out."""
        request, chosen = self.asked.request, self.configuration
        words = ["checker", "prove", "--model", request.model]
        for name, value in chosen.setting_values().items():
            words += ["--set", f"{name}={spelled(value)}"]
        words += ["--scope", chosen.scope] if chosen.bounds is not None else []
        for name, limit in request.bounds:
            words += ["--bound", f"{name}={limit}"]
        words += [word for name in request.properties for word in ("--property", name)]
        words += [] if self.asked.bounded is None else ["--bounded", str(self.asked.bounded)]
        words += [] if self.asked.k == 1 else ["--k", str(self.asked.k)]
        return shlex.join(words)

    def sizes(self) -> str:
        """For which sizes a proof holds: `2 or more of Node, 1 or more of Page, any bounds`."""
        found = self.induction
        assert found is not None
        said = [f"{least} or more of {name}" for name, least in found.least.items()]
        said += [f"{name}={value}" for name, value in self.asked.request.bounds]
        return ", ".join([*said, "any other bounds" if self.asked.request.bounds else "any bounds"])

    def _verdict(self, item: ir.Property) -> Verdict:
        if self.induction is not None and item.name in self.induction.proved:
            return self._proved(item.name, self.induction)
        trace = None if self.bounded is None else self.bounded.traces.get(item.name)
        if trace is None and item.name in self.breaking:
            trace = self.breaking[item.name].counterexample
        if trace is None:
            return self._open(item)
        word: Word = "reached" if item.kind == "reachable" else "violated"
        what = "example" if item.kind == "reachable" else "counterexample"
        told = f"{what} of {len(trace)} steps, taken again by plain execution"
        return Verdict(item.name, word, len(trace), told, trace, constant=self._is_constant(item.name))

    def _proved(self, name: str, found: Induction) -> Verdict:
        lemmas = [other for other in found.rests_on(name) if found.claims[other].kind != "range"]
        rests = f", resting on {len(lemmas)} other claims" if lemmas else ""
        answers = [answer for other in (name, *found.rests_on(name)) for answer in found.of(other)]
        said = [answer.hypothesis for answer in answers if answer.result == "proved"]
        nothing = said.count("rules the step out")
        steps = f", by induction over up to {self.asked.k} steps" if self.asked.k > 1 else ""
        if not said:
            return Verdict(name, "proved", None, "it does not depend on the state", constant=True)
        ruled = f", {nothing} more of steps that the claims rule out" if nothing else ""
        return Verdict(
            name, "proved", None, f"{len(said) - nothing} obligations{ruled}{rests}{steps}, for {self.sizes()}"
        )

    def _is_constant(self, name: str) -> bool:
        properties = () if self.bounded is None else self.bounded.grounded.properties
        return any(item.name == name and item.body.operator == "const" for item in properties)

    def _open(self, item: ir.Property) -> Verdict:
        """The verdict of a property that is neither shown nor refuted."""
        depth = -1 if self.bounded is None else self.bounded.depth
        why = self._why(item)
        if item.kind == "eventually":
            return Verdict(item.name, "unknown", None, "liveness: ask explore")
        if depth < 0:
            return Verdict(item.name, "unknown", None, why)
        where = f"{depth} steps in scope {self.configuration.scope}"
        if item.kind == "reachable":
            return Verdict(item.name, "unknown", None, f"no example within {where}")
        further = " (--bounded K looks within K, explore at all)" if self.asked.bounded is None else ""
        told = f"no counterexample within {where}{further}"
        return Verdict(item.name, "bounded", depth, f"{told}; {why}" if why else told)

    def _why(self, item: ir.Property) -> str:
        return "no proof was asked for" if self.induction is None else self.induction.why_not(item.name)


def prove(asked: Asked, progress: Progress = lambda doing: None) -> Proof:
    """Does what was asked.

    Raises `UsageError` for what the model does not have, `ModelError` for a broken model, `Mistaken` where a bounded
    search comes to a mistake of the model.
    """
    start = time.monotonic()
    request = asked.request
    model = load(request.model)
    chosen = configured(model, request)
    names = request.properties or [item.name for item in model.properties if item.kind != "eventually"]
    found = Proof(asked, chosen, [item for item in model.properties if item.name in names])
    if asked.bounded is None:
        _induct(found, model, progress)
    _search(found, progress)
    if found.induction is not None:
        _explain(found, found.induction, progress)
    found.seconds = time.monotonic() - start
    return found


def _induct(found: Proof, model: ir.Model, progress: Progress) -> None:
    asked = [item.name for item in found.properties if item.kind == "invariant"]
    found.induction = induction(
        model,
        found.configuration.settings,
        asked,
        fixed=dict(found.asked.request.bounds),
        k=found.asked.k,
        progress=lambda claim, step, seconds: progress(f"{claim}: {step}"),
    )


def _search(found: Proof, progress: Progress) -> None:
    proved = found.induction.proved if found.induction is not None else []
    grounded = ground(found.configuration.model, found.configuration.settings, found.configuration.bounds)
    open_ = [
        item
        for item in grounded.properties
        if item.kind in ("invariant", "reachable")
        and item.name not in proved
        and any(item.name == wanted.name for wanted in found.properties)
    ]
    depth = DEPTH if found.asked.bounded is None else found.asked.bounded
    if open_:
        found.bounded = bounded(grounded, open_, depth, progress=lambda depth, _: progress(f"depth {depth}"))


def _explain(found: Proof, shown: Induction, progress: Progress) -> None:
    """Looks for a step that breaks each property that is not inductive and has no counterexample either."""
    chosen = found.configuration
    for item in found.properties:
        failed = shown.failure(item.name)
        if failed is None or failed.result != "fails" or (found.bounded and item.name in found.bounded.traces):
            continue
        known = [name for name in shown.claims if name not in shown.failed]
        for bounds in scopes(chosen.model, chosen.bounds):
            progress(f"{item.name}: a step of {failed.step} that breaks it")
            step = breaking_step(with_lemmas(chosen.model, chosen.settings, bounds), item.name, failed.step, known)
            if step is not None:
                progress(f"{item.name}: whether the state before {step.actions[0].label} can come about")
                found.breaking[item.name] = breaking = Breaking(step, reached(step.grounded, step.states[0]))
                if breaking.counterexample is not None:
                    replay(breaking.counterexample)
                break
