"""reports/ablation.md where only lines of the model have moved: python -m tests.prove.ablation_page

The page is `checker ablate --scope tiny`, many minutes of searching.  What it says of a guard stands as long as the
model's text does not change but for comments; where a guard stands, and the comment above it, are written anew here.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

from checker import ir
from checker.prove.guards import Guard, ablations
from checker.prove.spare import noted
from checker.reading import load
from checker.report.ablation_table import code

PAGE = Path(__file__).parents[2] / "reports" / "ablation.md"


class Stale(Exception):
    """The page is not of this model's guards: it has to be made again."""


def cells(line: str) -> list[str]:
    """The cells of a row of a table."""
    return [cell.strip() for cell in line.replace("\\|", "\0").strip().strip("|").split("|")]


def guards(model: ir.Model) -> dict[tuple[str, str], list[Guard]]:
    """The model's guards by action and text as a row shows them; several of the same in their order."""
    found = defaultdict(list)
    for action in model.actions:
        for without in ablations(action):
            key = f"`{action.name}`", code(without.guard.text).replace("|", "\0")
            found[key].append(without.guard)
    return found


def refreshed(page: str) -> str:
    """The page with places and comments of today.  Raises `Stale`."""
    model, lines = load("model"), []
    left = guards(model)
    for line in page.splitlines():
        row = cells(line)
        if line.startswith("| `model/") and len(row) >= 4:
            same = left[row[1], row[2]]
            if not same:
                raise Stale(f"the model has no such guard: {row[1]} {row[2]}")
            guard = same.pop(0)
            row[0] = f"`{guard.at}`"
            if len(row) == 4:
                row[3] = "<br>".join(
                    filter(None, (row[3].partition("<br>")[0], noted(guard, model).replace("|", "\0")))
                )
            line = f"| {' | '.join(row)} |".replace("\0", "\\|")
        lines.append(line)
    missing = [f"{action} {text}" for (action, text), rest in left.items() for _ in rest]
    if missing:
        raise Stale(f"the page has no row for {len(missing)} guards, such as {missing[0]}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    try:
        PAGE.write_text(refreshed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    except Stale as stale:
        sys.exit(f"{PAGE}: {stale}; run checker ablate --scope tiny --out DIR")
