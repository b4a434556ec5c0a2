"""The matrix of verdicts, settings by property, as Markdown: what a reader of the repository sees without running."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checker import ir
from checker.configuration import spelled
from checker.labels import first_sentence
from checker.pages.sheets import Sheet, model_of

OPENING = """# Verdicts

What came out of each claim in `specs/`; made by `checker report`, which runs them as `checker gate` does.

- **proved**: by induction, for any size, but for the bounds in brackets; and exhausted in the claim's scope.
- **holds**: in every state of the claim's scope; the first column says how many those are.
- **violated n**, **reached n**: a shortest counterexample, or example, has n steps.
- **never**: there is no example in the whole scope. **bounded**: the search ended early.
- **fixed**: the settings decide it, whatever the state. Empty: the claim does not speak of it.
- **!**: it came out otherwise than the claim says.
"""

SAID = {"exhausted": "holds", "unreached": "never"}
"""Words of cells that a reader who knows no model checking understands; the others are as they are."""


def said(sheet: Sheet, name: str) -> str:
    """A cell in words: `proved`, `holds`, `violated 4`, `fixed`; empty for a property the claim does not speak of."""
    judged = sheet.judged(name)
    if judged is None:
        return ""
    mark = " !" if sheet.differs(name) else ""
    if judged.constant:
        return f"fixed{mark}"
    word = sheet.word(name)
    length = "" if judged.depth is None else f" {judged.depth}"
    fixed = sheet.proved_with(name)
    return f"{SAID.get(word, word)}{length}{f' ({fixed})' if fixed else ''}{mark}"


def by_model(sheets: Sequence[Sheet]) -> Iterator[tuple[ir.Model, list[Sheet]]]:
    """The claims of each model, in the order in which they come."""
    for reference in dict.fromkeys(sheet.spec.model for sheet in sheets):
        yield model_of(reference), [sheet for sheet in sheets if sheet.spec.model == reference]


def spoken_of(model: ir.Model, sheets: Sequence[Sheet]) -> list[ir.Property]:
    """The properties of a model of which any claim speaks, in the model's order."""
    return [item for item in model.properties if any(sheet.judged(item.name) for sheet in sheets)]


def settings_text(sheet: Sheet) -> str:
    """The settings that differ from the model's defaults."""
    return ", ".join(f"{name}={spelled(value)}" for name, value in sheet.changed.items()) or "defaults"


def matrix_page(sheets: Sequence[Sheet]) -> str:
    """Markdown: for each model a table of invariants and one of the rest, and the sentence of each property."""
    lines = [OPENING]
    for model, claims in by_model(sheets):
        if len({sheet.spec.model for sheet in sheets}) > 1:
            lines += [f"## {first_sentence(model.doc) or model.name}", ""]
        items = spoken_of(model, claims)
        for heading, kinds in (("What should always hold", ("invariant",)), ("What should be possible, or end", ())):
            chosen = [item for item in items if (item.kind in kinds if kinds else item.kind != "invariant")]
            rows = [sheet for sheet in claims if any(sheet.judged(item.name) for item in chosen)]
            if rows:
                lines += [f"### {heading}", "", *_table(rows, chosen), ""]
        lines += ["### The properties", ""]
        lines += [f"- `{item.name}`: {first_sentence(item.doc)}" for item in items]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _table(sheets: Sequence[Sheet], items: Sequence[ir.Property]) -> Iterator[str]:
    yield f"| claim | settings | scope, states | {' | '.join(_broken(item.name) for item in items)} |"
    yield "|---|---|---|" + "---|" * len(items)
    for sheet in sheets:
        cells = [_marked(said(sheet, item.name)) for item in items]
        states = f"{sheet.outcome.states:,}" if sheet.outcome.came else sheet.outcome.word
        chosen = settings_text(sheet).replace(", ", "<br>")
        yield f"| {sheet.name} | {chosen} | {sheet.scope}, {states} | {' | '.join(cells)} |"


def _marked(cell: str) -> str:
    return f"**{cell}**" if cell.startswith(("violated", "unreached", "never")) else cell


def _broken(name: str) -> str:
    """A name that a narrow column may break."""
    return name.replace("_", "\\_<wbr>")
