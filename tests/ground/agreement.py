"""Holds the grounded form of a model against plain execution: same enabledness, same successors, same mistakes."""

from __future__ import annotations

from hypothesis import strategies as st

from checker import plain
from checker.grounding.ground import evaluate
from model import language

WRONG = "a mistake of the model"
TWICE = "assigned twice in one step"


def states(grounded):
    """A strategy of states: any values within the limits of the cells, reachable or not."""
    return st.tuples(*(st.integers(cell.low, cell.high) for cell in grounded.cells))


def instances(grounded):
    """Every instance of every action: the step, its arguments in Python and as numbers, its grounded form or None."""
    by_name = {(action.name, action.arguments): action for action in grounded.actions}
    with language.within(grounded.bounds):
        choices = [(step, arguments) for step in grounded.model.actions for arguments in plain.choices(step)]
    for step, arguments in choices:
        kinds = [kind for _, kind in step.parameters]
        numbers = tuple(plain.number(kind, value) for kind, value in zip(kinds, arguments, strict=True))
        yield step, arguments, by_name.get((step.name, numbers))


def by_plain_execution(grounded, step, arguments, values):
    """The state after a step, None where it is disabled, or `WRONG`."""
    try:
        after = plain.step(step, plain.decode(grounded, values), arguments)
    except language.OutOfModel:
        return WRONG
    return None if after is None else plain.encode(grounded, after)


def by_evaluation(action, values):
    """The same, from the grounded form; `TWICE` where a cell is assigned twice, which is no mistake to Python."""
    wrong = [check for check in action.checks if evaluate(check.wrong, values)]
    if any(check.early for check in wrong):
        return WRONG
    if not evaluate(action.guard, values):
        return None
    if wrong:
        return TWICE if any(check.message.endswith(TWICE) for check in wrong) else WRONG
    after = list(values)
    for index, term in action.updates:
        after[index] = evaluate(term, values)
    return tuple(after)


def compare_steps(grounded, values):
    """Asserts that every instance of every action does the same in both forms."""
    for step, arguments, action in instances(grounded):
        expected = by_plain_execution(grounded, step, arguments, values)
        if action is None:
            assert expected in (None, WRONG), f"{step.name}{arguments} was ruled out, yet it leads somewhere"
            continue
        found = by_evaluation(action, values)
        if found is TWICE:
            assert expected is not None, f"{action.label} in {values} is disabled"
        else:
            assert found == expected, f"{action.label} in {values}"


def compare_properties(grounded, values):
    """Asserts that every property has the same value, or makes a mistake, in both forms."""
    state = plain.decode(grounded, values)
    for item, grounded_item in zip(grounded.model.properties, grounded.properties, strict=True):
        wrong = any(evaluate(check.wrong, values) for check in grounded_item.checks)
        try:
            expected = plain.holds(item, state)
        except language.OutOfModel:
            expected = WRONG
        assert (WRONG if wrong else bool(evaluate(grounded_item.body, values))) == expected, item.name


def limits_hold(term, values, done):
    """Asserts that a term and all within it lie within their limits."""
    if term in done:
        return
    done.add(term)
    for part in term.arguments:
        limits_hold(part, values, done)
    assert term.low <= evaluate(term, values) <= term.high, term.operator
