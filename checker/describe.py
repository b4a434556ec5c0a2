"""What a model is made of, as a Markdown page from its own words: settings, scopes, variables, actions, properties.

Nothing is written here a second time: a setting's meaning is the docstring below it, a property's is its own.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from checker import ir
from checker.configuration import preset_names, scope_names, spelled
from checker.labels import first_sentence
from checker.reading.sources import attribute_docs, doc
from model.language import hints, values_of

KINDS = {
    "invariant": "Must hold in every reachable state (`@invariant`).",
    "reachable": "Must hold in at least one reachable state: an example is a success (`@reachable`).",
    "eventually": "Must come true again and again in every fair behaviour (`@eventually`; with `--liveness`).",
}


def described(model: ir.Model) -> str:
    """The page; ends with a newline."""
    parts = [
        *([f"# {first_sentence(model.doc) or model.name}"]),
        *_settings(model),
        *_presets(model),
        *_bounds(model),
        *_variables(model),
        *_actions(model),
        *_properties(model),
    ]
    return "\n\n".join(parts) + "\n"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(text: str) -> str:
    """One line, without what would end a cell."""
    return " ".join(text.split()).replace("|", "\\|")


def _settings(model: ir.Model) -> Iterator[str]:
    if model.settings is None:
        return
    docs, kinds, defaults = attribute_docs(model.settings), hints(model.settings), model.settings()
    yield "## Settings"
    yield "One value each, fixed for a whole run: `--set NAME=VALUE`.  The default stands first."
    rows = []
    for field in dataclasses.fields(model.settings):
        values = [spelled(value) for value in values_of(kinds[field.name])]
        default = spelled(getattr(defaults, field.name))
        shown = [f"**`{default}`**", *(f"`{value}`" for value in values if value != default)]
        rows.append((f"`{field.name}`", ", ".join(shown), _meaning(docs.get(field.name, ""), kinds[field.name])))
    yield _table(("setting", "values", "meaning"), rows)


def _meaning(text: str, kind: Any) -> str:
    """What is said of a setting, else of the type of its values."""
    return text or (first_sentence(doc(kind)) if isinstance(kind, type) and kind is not bool else "")


def _presets(model: ir.Model) -> Iterator[str]:
    names = preset_names(model)
    if not names:
        return
    notes = getattr(model.module, "PRESET_NOTES", None) or {}
    yield "## Presets"
    yield "Named choices of settings: `--preset NAME`; `--set` changes one of them."
    rows = []
    for name in names:
        chosen, default = model.module.PRESETS[name], model.settings()
        differs = [f for f in dataclasses.fields(chosen) if getattr(chosen, f.name) != getattr(default, f.name)]
        said = ", ".join(f"`{f.name}={spelled(getattr(chosen, f.name))}`" for f in differs) or "the defaults"
        rows.append((f"`{name}`", said, notes.get(name, "")))
    yield _table(("preset", "differs from the defaults in", "what it is"), rows)


def _bounds(model: ir.Model) -> Iterator[str]:
    if model.bounds is None:
        return
    docs, scopes = attribute_docs(model.bounds), scope_names(model)
    known = getattr(model.module, "SCOPES", None) or {"default": model.bounds()}
    yield "## Scopes and bounds"
    yield "How many of everything a search is limited to: `--scope NAME`, and `--bound NAME=N` for one of them."
    fields = dataclasses.fields(model.bounds)
    rows = [(f"`{f.name}`", *(str(getattr(known[s], f.name)) for s in scopes), docs.get(f.name, "")) for f in fields]
    yield _table(("bound", *(f"`{name}`" for name in scopes), "meaning"), rows)


def _variables(model: ir.Model) -> Iterator[str]:
    docs = attribute_docs(model.state)
    yield "## Variables"
    yield _table(
        ("variable", "type", "meaning"),
        [(f"`{name}`", f"`{_type(kind)}`", docs.get(name) or _type_doc(kind)) for name, kind in model.variables],
    )


def _type_doc(kind: ir.Type) -> str:
    """What a type of the model's own says of itself."""
    if isinstance(kind, ir.MapType):
        return _type_doc(kind.value)
    if isinstance(kind, ir.RecordType | ir.EnumType | ir.SortType):
        return first_sentence(doc(kind.python))
    return ""


def _type(kind: ir.Type) -> str:
    if isinstance(kind, ir.MapType):
        return f"[{', '.join(map(_type, kind.keys))}] {_type(kind.value)}"
    if isinstance(kind, ir.IntType):
        return f"{kind.low}..{kind.high}"
    return str(kind)


def _actions(model: ir.Model) -> Iterator[str]:
    yield "## Actions"
    yield "What can happen, one at a time.  *outside*: a fault or an operator; *may*: it need never happen."
    rows = []
    for action in model.actions:
        named = f"`{action.name}({', '.join(name for name, _ in action.parameters)})`"
        word = "outside" if action.outside else "" if action.fair else "may"
        rows.append((named, word, " ".join(re.split(r"\n\s*\n", action.doc.strip(), maxsplit=1)[0].split())))
    yield _table(("action", "", "what it is"), rows)


def _properties(model: ir.Model) -> Iterator[str]:
    yield "## Properties"
    told = getattr(model.module, "HINTS", None) or {}
    for kind, meaning in KINDS.items():
        items = [item for item in model.properties if item.kind == kind]
        if items:
            yield f"### {kind}\n\n{meaning}"
            yield "\n".join(_property(item, told.get(item.name, "")) for item in items)
    if model.end_states:
        yield "### Ends\n\nA state in which nothing can happen is a deadlock, unless one of these holds (`@end_state`)."
        yield "\n".join(_property(item, "") for item in model.end_states)


def _property(item: ir.Property, hint: str) -> str:
    text = " ".join(item.doc.split())
    return f"- `{item.name}`: {text}{f' *Hint:* {hint}' if hint else ''}"
