"""A trace as a Mermaid sequence diagram, which GitHub renders in Markdown: fewer words than the space-time picture."""

from __future__ import annotations

from checker.draw.changes import change_lines
from checker.draw.ending import ending
from checker.traces.trace import Trace
from checker.view import Sight
from model.drawing import View

_CODES = {"#": "#35;", ";": "#59;", "<": "#lt;", ">": "#gt;", "&": "#amp;", '"': "#quot;", "\\": "#92;", "%": "#37;"}
"""What Mermaid reads as its own, as the entity codes it shows."""


def mermaid(trace: Trace, *, view: View | None = None) -> str:
    """The Mermaid source of a trace, without the fence around it; `view` None: the model's own.

    Raises `checker.view.ViewError` when the model's `VIEW` names what it does not have.
    """
    sight, shown = Sight(trace.grounded, view), ending(trace)
    lines = ["sequenceDiagram"]
    lines += [f"    participant L{one} as {_text(sight.name(one))}" for one in sight.lifelines]
    roles = {one: sight.role(trace.states[0], one) for one in sight.lifelines}
    lines += [f"    Note over L{one}: {_text(role.label)}" for one, role in roles.items() if role]
    for step in range(len(trace)):
        wrong = shown is not None and shown.wrong and step == len(trace) - 1
        said = _step(sight, trace, step)
        lines += ["    rect rgb(250, 205, 205)", *(f"    {line}" for line in said), "    end"] if wrong else said
    if shown is not None:
        lines.append(f"    Note over {_all(sight)}: {_joined([shown.headline, shown.said, *shown.because])}")
    return "\n".join(lines) + "\n"


def _step(sight: Sight, trace: Trace, step: int) -> list[str]:
    """An arrow for a message, and a note with the action and what it changed."""
    action = trace.actions[step]
    changed = [f"{line.place}: {line.text}" for line in change_lines(trace.grounded, trace.changes(step))]
    arrow = sight.arrow(action, trace.states[step], trace.states[step + 1])
    label = f"{step + 1}  {action.label}"
    if arrow is None:
        over = ",".join(f"L{one}" for one in sorted(sight.taking_part(action))) or _all(sight)
        return [f"    Note over {over}: {_joined([label, *changed])}"]
    sent = f"    L{arrow.sender}->>L{arrow.receiver}: {_joined([label, arrow.label])}"
    return [sent, *([f"    Note over L{arrow.receiver}: {_joined(changed)}"] if changed else [])]


def _all(sight: Sight) -> str:
    ends = dict.fromkeys((sight.lifelines[0], sight.lifelines[-1]))
    return ",".join(f"L{one}" for one in ends)


def _joined(lines: list[str]) -> str:
    return "<br/>".join(map(_text, lines))


def _text(text: str) -> str:
    """Text on one line, without what Mermaid reads as its own."""
    return "".join(_CODES.get(character, character) for character in " ".join(text.split()))
