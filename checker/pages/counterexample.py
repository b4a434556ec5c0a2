"""A counterexample as a page of Markdown, for those who have to be convinced by it, and may want to make it again."""

from __future__ import annotations

from collections.abc import Iterator

from checker.configuration import Configuration, spelled
from checker.draw.changes import change_lines
from checker.draw.clearest import Clearest
from checker.draw.ending import Ending
from checker.draw.sequence import mermaid
from checker.gate import Outcome
from checker.labels import action_sentence
from checker.reading.sources import function_source
from checker.run import Request
from checker.serve.address import of_steps
from checker.spec import MODEL, Spec
from checker.traces.trace import Trace


def page(spec: Spec, outcome: Outcome, chosen: Configuration, clear: Clearest, shown: Ending) -> str:
    """The whole page: result, picture, property, trace, expected against actual, why minimal, how to reproduce, why."""
    trace = clear.trace
    parts = [
        [f"# {trace.property}: violated in {len(trace)} step{'' if len(trace) == 1 else 's'}", ""],
        _result(spec, outcome, chosen, shown),
        _picture(trace),
        _property(trace),
        _steps(clear),
        _expected(trace, shown),
        _minimal(outcome, trace, clear),
        _reproduce(spec, outcome, trace),
        _why(spec, trace),
    ]
    return "\n".join(line for part in parts for line in part).rstrip() + "\n"


def _result(spec: Spec, outcome: Outcome, chosen: Configuration, shown: Ending) -> Iterator[str]:
    settings = ", ".join(f"`{name}={spelled(value)}`" for name, value in chosen.changed_settings().items())
    bounds = ", ".join(f"{name}={value}" for name, value in chosen.bound_values().items())
    if shown.told:
        yield from (f"**{_cell(shown.told)}**", "")
    yield f"**Result.** {shown.headline}, under {settings or 'the default settings'}"
    yield f"in scope `{chosen.scope}`{f' ({bounds})' if bounds else ''}."
    yield f"Claim `{spec.name}`: {outcome.word}."
    yield ""


def _picture(trace: Trace) -> Iterator[str]:
    """The space-time picture, which lies beside the page."""
    yield from (f"![the nodes, their steps and their WAL, from top to bottom]({trace.property}.svg)", "")


def _property(trace: Trace) -> Iterator[str]:
    item = next(item for item in trace.grounded.model.properties if item.name == trace.property)
    yield from ("## The property", "", *(f"> {line}".rstrip() for line in item.doc.splitlines()), "")
    yield from (f"`{item.at}`:", "", "```python", function_source(item.python), "```", "")


def _steps(clear: Clearest) -> Iterator[str]:
    trace = clear.trace
    yield from ("## The trace", "", "| # | step | what happens | what changes |", "|---|---|---|---|")
    for number, action in enumerate(trace.actions):
        if number == trace.loop:
            yield "| | | **and from here for ever:** | |"
        lines = "<br>".join(
            f"`{line.place}` {line.text}" for line in change_lines(trace.grounded, trace.changes(number))
        )
        sentence = action_sentence(trace.grounded, action.name)
        yield f"| {number + 1} | `{action.label}` | {_cell(sentence)} | {_cell(lines) or 'nothing'} |"
    yield ""
    yield from ("```mermaid", mermaid(trace).rstrip(), "```", "")


def _expected(trace: Trace, shown: Ending) -> Iterator[str]:
    yield from ("## Expected and actual", "", "| expected | actual |", "|---|---|")
    facts = "<br>".join([*filter(None, [shown.told]), *(f"`{fact}`" for fact in shown.because)]) or "it is false"
    yield f"| {_cell(shown.sentence.split(' This should ')[0])} | {_cell(facts)} |"
    yield ""


def _minimal(outcome: Outcome, trace: Trace, clear: Clearest) -> Iterator[str]:
    yield from ("## Why it is minimal", "")
    if trace.loop is not None:
        yield "The way to what goes on for ever is a shortest one; the loop itself need not be."
    else:
        whole = outcome.came is not None and outcome.came.stopped is None
        seen = f"; all {outcome.states:,} states of the scope were visited" if whole else ""
        yield f"States are visited level by level, so no behaviour with fewer steps shows it{seen}."
    if clear.note:
        yield clear.note
    yield ""


def _reproduce(spec: Spec, outcome: Outcome, trace: Trace) -> Iterator[str]:
    yield from ("## How to reproduce", "", "```", outcome.command, f"checker gate {spec.name}", "```", "")
    if spec.model == MODEL:
        yield from (
            "To step through it, start `checker serve` and open there:",
            "",
            "```",
            stepped(spec, trace),
            "```",
            "",
        )
    yield f"Plain execution of the model, without the search, takes the same {len(trace)} steps."
    yield ""


def stepped(spec: Spec, trace: Trace) -> str:
    """The address of a trace on the interactive page."""
    request = Request(
        sets=tuple(spec.settings.items()), preset=spec.preset, scope=spec.scope, bounds=tuple(spec.bounds.items())
    )
    start = trace.grounded.initials.index(trace.states[0])
    return f"/?{of_steps(request, [action.label for action in trace.actions], start).query()}"


def _why(spec: Spec, trace: Trace) -> Iterator[str]:
    yield from ("## Why the property fails", "", *(spec.why.splitlines()), "")
    hint = (getattr(trace.grounded.model.module, "HINTS", None) or {}).get(trace.property or "")
    if hint:
        yield from (f"What changes it: {hint}", "")


def _cell(text: str) -> str:
    """Text that stays in its cell of a table."""
    return text.replace("|", "\\|").replace("\n", " ")
