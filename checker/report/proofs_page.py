"""What is proved, exhausted and violated under the settings of each claim, as one Markdown page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checker.configuration import spelled
from checker.labels import first_sentence
from checker.prove.demanded import sizes
from checker.prove.table import Fixed, Row

OPENING = """# Proofs

What holds for any number of nodes, pages, transactions, records and timelines, beside what was seen in one scope.
Made from claims by `checker proofs`, which takes their names; `checker gate` demands each proof that a claim states.

- **proved**: by induction, for any size; with a number, for any size but of the bounds in the note of that number.
- **exhausted**: holds in every state of the claim's scope, of so many states; no proof was found, see below.
- **violated (n)**: a shortest counterexample in that scope has n steps.
- **constant**: these settings decide it, whatever the state.
"""


def proofs_page(rows: Sequence[Row]) -> str:
    """Markdown: the table, then why what is exhausted is not proved, then the lemmas that proofs rest on."""
    notes = sorted({fixed for row in rows for name in row.invariants if (fixed := row.proof(name))})
    lines = [OPENING, *_table(rows, notes), "", *_notes(notes), *_open(rows), *_lemmas(rows)]
    return "\n".join(lines).rstrip()


def _table(rows: Sequence[Row], notes: Sequence[Fixed]) -> Iterator[str]:
    names = [item.name for item in rows[0].chosen.model.properties if item.kind == "invariant"] if rows else []
    yield f"| claim | settings | states | {' | '.join(map(_broken, names))} | obligations | by reading | idle |"
    yield "|---|---|---:|" + "---|" * len(names) + "---:|---:|---:|"
    for row in rows:
        cells = [_cell(row, name, notes) for name in names]
        chosen = (
            ", ".join(f"{name}={spelled(value)}" for name, value in row.chosen.changed_settings().items()) or "defaults"
        )
        counted = row.shown[()]
        states = "" if row.spec.states is None else f"{row.spec.states:,}"
        ends = [row.spec.name, chosen, states, *cells, f"{counted.asked:,}", f"{counted.read:,}", f"{counted.idle:,}"]
        yield f"| {' | '.join(ends)} |"


def _broken(name: str) -> str:
    """A name with the places where a narrow column may break it."""
    return name.replace("_", "_<wbr>")


def _cell(row: Row, name: str, notes: Sequence[Fixed]) -> str:
    if name not in row.invariants:
        return ""
    expected, fixed = row.spec.expect[name], row.proof(name)
    if name in row.contradictions:
        return "**CONTRADICTION**"
    if expected.constant:
        return "constant"
    if fixed is not None:
        return "**proved**" + (f" {notes.index(fixed) + 1}" if fixed else "")
    return f"{expected.verdict}{'' if expected.depth is None else f' ({expected.depth})'}"


def _notes(notes: Sequence[Fixed]) -> Iterator[str]:
    for number, fixed in enumerate(notes, 1):
        yield f"{number}. for {sizes(dict(fixed))}."
    yield ""
    yield (
        "`obligations`: how many the solver proved for any size, those of lemmas included; `by reading`: how many hold "
        "because the step touches nothing that the claim reads, or because the settings rule the step out; `idle`: how "
        "many more it proved of a step that it cannot show to be possible where the claims they use hold, so that they "
        "say nothing."
    )
    yield ""


def _open(rows: Sequence[Row]) -> Iterator[str]:
    """Of what is exhausted and not proved, where the induction fails."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        for name in row.invariants:
            expected = row.spec.expect[name]
            if expected.verdict == "exhausted" and not expected.constant and row.proof(name) is None:
                reasons.setdefault((name, row.shown[()].open[name]), []).append(row.spec.name)
    yield "## Exhausted and not proved"
    yield ""
    yield "| property | where induction ends | claims |"
    yield "|---|---|---|"
    for (name, reason), claims in sorted(reasons.items()):
        yield f"| `{name}` | {reason} | {', '.join(claims)} |"
    yield ""


def _lemmas(rows: Sequence[Row]) -> Iterator[str]:
    """Each lemma, and under how many claims a proved property rests on it."""
    if not rows or not rows[0].chosen.model.lemmas:
        return
    yield "## Lemmas"
    yield ""
    yield "Proved together with the properties that rest on them, under so many of the claims above."
    yield ""
    yield "| lemma | says | claims |"
    yield "|---|---|---:|"
    used = [
        {other for shown in row.shown.values() for lemmas in shown.proved.values() for other in lemmas} for row in rows
    ]
    for lemma in rows[0].chosen.model.lemmas:
        count = sum(lemma.name in names for names in used)
        yield f"| `{lemma.name}` | {first_sentence(lemma.doc)} | {count} |"
