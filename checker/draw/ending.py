"""How a trace ends: what it shows, in sentences that every picture uses alike."""

from __future__ import annotations

from dataclasses import dataclass

from checker.draw.changes import Line, change_lines
from checker.draw.explain import facts, reads
from checker.grounding.grounded import Property
from checker.labels import first_sentence
from checker.plain import decode
from checker.traces.trace import Trace
from model.drawing import View
from model.language import within

MOST_FACTS = 8
"""So many deciding comparisons are shown; the rest is counted."""


@dataclass(frozen=True)
class Ending:
    """`wrong`: the trace shows a mistake, not a witness.  `because` and `changed` are empty for a deadlock or error.

    `sentence` is what should be, and is not, in the property's words; `told` what that comes to here, in the model's
    (`model.drawing.View.says`): empty where the model says nothing.
    """

    wrong: bool
    headline: str
    sentence: str
    because: tuple[str, ...]
    changed: tuple[Line, ...]
    told: str = ""

    @property
    def said(self) -> str:
        """Both, what it comes to first."""
        return f"{self.told} {self.sentence}".strip()


def ending(trace: Trace) -> Ending | None:
    """What the trace shows in its last state; None for a trace that is only a behaviour."""
    if trace.property is None:
        return None
    found = next((item for item in trace.grounded.properties if item.name == trace.property), None)
    after = f"after step {len(trace)}" if len(trace) else f"in the initial state{_number(trace)}"
    if found is None:
        return Ending(True, *_without_property(trace, after), (), ())
    if trace.loop is not None:
        return _for_ever(trace, found, trace.loop)
    if found.kind == "eventually":
        return _no_way(trace, found, after)
    wrong = found.kind == "invariant"
    headline = f"{found.name} is violated {after}" if wrong else f"{found.name} is reached {after}"
    should = first_sentence(found.doc) or f"{found.name} has no docstring"
    tail = "This should hold in every state. It is false here" if wrong else "It is true here"
    sentence, told = f"{_ended(should)} {tail}.", _told(trace, found) if wrong else ""
    return Ending(wrong, headline, sentence, _because(trace, found), _changed(trace, found), told)


def _told(trace: Trace, found: Property) -> str:
    """What the model's view says of the last state."""
    view: View | None = getattr(trace.grounded.model.module, "VIEW", None)
    says = None if view is None else view.says.get(found.name)
    if says is None:
        return ""
    with within(trace.grounded.bounds):
        return says(decode(trace.grounded, trace.states[-1]))


def _for_ever(trace: Trace, found: Property, loop: int) -> Ending:
    """The end of a behaviour without end."""
    after = f"after step {loop}" if loop else f"from the initial state{_number(trace)} on"
    headline = f"{found.name} never comes true {after}"
    should = _ended(first_sentence(found.doc) or f"{found.name} has no docstring")
    if loop == len(trace):
        tail = (
            "This should come true again and again. It is false here, and here it stops: nothing that must happen can."
        )
    else:
        steps = f"step {loop + 1}" if loop + 1 == len(trace) else f"steps {loop + 1} to {len(trace)}"
        tail = f"This should come true again and again. It is false in all of {steps}, which go on for ever."
    return Ending(True, headline, f"{should} {tail}", _because(trace, found), ())


def _no_way(trace: Trace, found: Property, after: str) -> Ending:
    """The end of a trace to a state from which no way leads to what a liveness property waits for."""
    should = _ended(first_sentence(found.doc) or f"{found.name} has no docstring")
    tail = "This should come true again and again. It is false here, and only steps from outside can change that."
    return Ending(True, f"{found.name} is out of reach {after}", f"{should} {tail}", _because(trace, found), ())


def _number(trace: Trace) -> str:
    initials = trace.grounded.initials
    return f" number {initials.index(trace.states[0]) + 1}" if len(initials) > 1 and trace.states[0] in initials else ""


def _without_property(trace: Trace, after: str) -> tuple[str, str]:
    if trace.property == "deadlock":
        where = "this state" if not len(trace) else f"the state after step {len(trace)}"
        return f"deadlock {after}", f"No action is enabled in {where}, and the model does not name it an end state."
    if trace.property == "error":
        return f"a mistake of the model {after}", "From here the model does what its own declarations forbid."
    return f"{trace.property} {after}", "The model has no property of this name."


def _because(trace: Trace, found: Property) -> tuple[str, ...]:
    said = facts(trace.grounded, found.body, trace.states[-1])
    if len(said) <= MOST_FACTS:
        return tuple(said)
    return (*said[:MOST_FACTS], f"and {len(said) - MOST_FACTS} more")


def _changed(trace: Trace, found: Property) -> tuple[Line, ...]:
    if not len(trace):
        return ()
    read = reads(found.body)
    last = [change for change in trace.changes(len(trace) - 1) if change.cell.index in read]
    return tuple(change_lines(trace.grounded, last))


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."
