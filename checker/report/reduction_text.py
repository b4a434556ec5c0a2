"""What was searched instead of a whole model, in words and as JSON: what was dropped, and what that does not show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from checker.grounding.grounded import Grounded, Term
from checker.labels import cell_label

if TYPE_CHECKING:
    from checker.explore.reduction import Reduction
    from checker.explore.result import Exploration
    from checker.reductions.slicing import Slice

NOT_SHOWN = ("deadlocks", "actions that never fire", "mistakes of the model in what was dropped")
"""What a slice cannot show."""

IN_ORDER = "whether a counterexample is a shortest one"
"""What a search that takes one order of steps cannot show."""


def heading(reduction: Reduction) -> str:
    """What is searched, in a line: `what bears on the properties; up to the names of Page p1 p2`."""
    said = ["what bears on the properties"] if reduction.slice is not None else []
    said += [f"up to the names of {', '.join(reduction.symmetry.shown)}"] if reduction.symmetry is not None else []
    said += ["one order of steps that commute"] if reduction.order else []
    return "; ".join(said)


def remarks(found: Exploration) -> list[tuple[str, str]]:
    """What a reduction left out of an exploration, and what it stands for, each by its name."""
    reduction = found.reduction
    if reduction is None:
        return []
    said: list[tuple[str, str]] = []
    part = reduction.slice
    if part is not None:
        not_shown = list(NOT_SHOWN)
        if part.settled.operator != "const":
            not_shown.append(f"what happens once {written(part.whole, part.settled)}, which settles all that was asked")
        said += [
            ("dropped variables", ", ".join(dropped_variables(part)) or "none"),
            ("dropped actions", ", ".join(dropped_actions(part)) or "none"),
            ("not looked for in a slice", "; ".join(not_shown)),
        ]
    if reduction.symmetry is not None and found.represented is not None:
        times = found.represented / max(1, found.states)
        said.append(("symmetry", f"these states stand for {found.represented:,}, {times:.2f} times as many"))
    if reduction.order:
        said.append(("not looked for in one order", IN_ORDER))
    return said


def document(found: Exploration) -> dict[str, Any] | None:
    """The same as JSON; None where the whole model was searched."""
    reduction = found.reduction
    if reduction is None:
        return None
    part, same = reduction.slice, reduction.symmetry
    return {
        "slice": None
        if part is None
        else {
            "variables": [cell.name for cell in part.dropped_cells],
            "actions": [action.label for action in part.dropped_actions],
            "settled": None if part.settled.operator == "const" else written(part.whole, part.settled),
            "not_shown": list(NOT_SHOWN),
        },
        "symmetry": None if same is None else {"elements": same.shown, "states": found.represented},
        "order": {"not_shown": [IN_ORDER]} if reduction.order else None,
    }


def dropped_variables(part: Slice) -> list[str]:
    """The variables that are dropped, and of others the cells that are."""
    gone = {cell.index for cell in part.dropped_cells}
    varying = [cell for cell in part.whole.cells if cell.low < cell.high]
    kept = {c.variable for c in part.grounded.cells if c.low < c.high}
    return _joined([(cell.variable not in kept, cell.variable, cell.name) for cell in varying if cell.index in gone])


def dropped_actions(part: Slice) -> list[str]:
    """The actions that are dropped, and of others the instances that are."""
    kept = {action.name for action in part.grounded.actions}
    return _joined([(action.name not in kept, action.name, action.label) for action in part.dropped_actions])


def _joined(items: Sequence[tuple[bool, str, str]]) -> list[str]:
    """Names of what is dropped as a whole, labels of the others; each once, in order."""
    return list(dict.fromkeys(name if whole else label for whole, name, label in items))


def written(grounded: Grounded, term: Term) -> str:
    """A condition in the model's words: `came_back[A]`, `latest == 1`."""
    operator, arguments = term.operator, term.arguments
    if operator == "cell":
        return grounded.cells[term.value].name
    if operator == "const":
        return str(term.value)
    if operator in ("not", "neg"):
        return f"{'not ' if operator == 'not' else '-'}{_inner(grounded, arguments[0])}"
    if operator in ("min", "max"):
        return f"{operator}({', '.join(written(grounded, part) for part in arguments)})"
    if operator == "if":
        condition, then, otherwise = (_inner(grounded, part) for part in arguments)
        return f"{then} if {condition} else {otherwise}"
    if len(arguments) == 2:
        left, right = arguments
        return f"{_operand(grounded, left, right)} {operator} {_operand(grounded, right, left)}"
    return f" {operator} ".join(_inner(grounded, part) for part in arguments)


def _inner(grounded: Grounded, term: Term) -> str:
    text = written(grounded, term)
    return f"({text})" if term.arguments and term.operator not in ("min", "max") else text


def _operand(grounded: Grounded, term: Term, other: Term) -> str:
    """A side of a comparison, a constant as the model writes it."""
    if term.operator == "const" and other.operator == "cell":
        return cell_label(grounded.cells[other.value], term.value)
    return _inner(grounded, term)
