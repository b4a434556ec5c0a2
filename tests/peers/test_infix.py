"""Expressions written out for other tools, evaluated by C, against the plain evaluation of the terms."""

from __future__ import annotations

import itertools
import subprocess

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from checker.backends.infix import Infix, Spelling, TooLarge
from checker.backends.sequential import assignments
from checker.grounding.evaluation import evaluate
from checker.peers.outcome import after
from checker.peers.running import Missing, program
from tests.random_models import all_states, models
from tests.small_models import Builder

C = Spelling("&&", "||", "==", "({} ? {} : {})", booleans=False)


def drawn(count):
    """Random models, the same in every run."""
    found = []

    @seed(7)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(models())
    def collect(made):
        found.append(made[0])

    collect()
    return found


def test_expressions_mean_in_c_what_the_terms_mean(tmp_path):
    try:
        gcc = program("gcc", "gcc")
    except Missing as reason:
        pytest.skip(f"{reason} (Debian package gcc)")
    lines, expected = [], []
    for grounded in drawn(60):
        names = {cell.index: f"s[{cell.index}]" for cell in grounded.cells}
        text = Infix(C, grounded.cells, names)
        truths = [prop.body for prop in grounded.properties] + [action.guard for action in grounded.actions]
        numbers = [term for action in grounded.actions for _, term in action.updates]
        shown = [text.truth(term) for term in truths] + [text.number(term) for term in numbers]
        for state in all_states(grounded)[:: max(1, len(all_states(grounded)) // 5)]:
            values = ", ".join(map(str, state))
            lines.append(f"{{ long s[] = {{{values}}}; (void)s; " + " ".join(map(printed, shown)) + " }")
            expected += [int(bool(evaluate(term, state))) for term in truths]
            expected += [evaluate(term, state) for term in numbers]
    body = "\n".join(lines)
    source = f"#include <stdio.h>\n#include <stdbool.h>\nint main(void) {{\n{body}\nreturn 0; }}\n"
    (tmp_path / "terms.c").write_text(source)
    subprocess.run([gcc, "-O0", "-w", "-o", "terms", "terms.c"], cwd=tmp_path, check=True)
    said = subprocess.run([tmp_path / "terms"], capture_output=True, text=True, check=True).stdout
    assert [int(line) for line in said.split()] == expected
    assert len(set(expected)) > 5


def test_quotients_and_remainders_of_either_sign(tmp_path):
    """C rounds to zero and gives the remainder the sign of the dividend; Python rounds down."""
    try:
        gcc = program("gcc", "gcc")
    except Missing as reason:
        pytest.skip(f"{reason} (Debian package gcc)")
    lines, expected = [], []
    for low in (-4, 0):
        b = Builder(x=(low, 4), y=(-3, 3))
        text = Infix(C, b.cells, {0: "s[0]", 1: "s[1]"})
        for operator in ("//", "%"):
            shown = text.number(b.op(operator, b["x"], b["y"]))
            for x, y in itertools.product(range(low, 5), range(-3, 4)):
                lines.append(f"{{ long s[] = {{{x}, {y}}}; {printed(shown)} }}")
                expected.append((x // y if operator == "//" else x % y) if y else 0)
    body = "\n".join(lines)
    (tmp_path / "terms.c").write_text(f"#include <stdio.h>\nint main(void) {{\n{body}\nreturn 0; }}\n")
    subprocess.run([gcc, "-O0", "-w", "-o", "terms", "terms.c"], cwd=tmp_path, check=True)
    said = subprocess.run([tmp_path / "terms"], capture_output=True, text=True, check=True).stdout
    assert [int(line) for line in said.split()] == expected


def printed(expression):
    return f'printf("%ld\\n", (long)({expression}));'


def test_assignments_in_order_do_what_the_simultaneous_ones_do():
    saved = 0
    for grounded in drawn(150):
        for action in grounded.actions:
            made = assignments(action, grounded.cells)
            saved += len(made.saved)
            for state in all_states(grounded)[::7]:
                if not evaluate(action.guard, state):
                    continue
                now, kept = list(state), {cell.index: state[cell.index] for cell in made.saved}
                for cell, term in made.updates:
                    seen = [kept.get(i, value) for i, value in enumerate(now)]
                    now[cell.index] = evaluate(term, tuple(seen))
                assert tuple(now) == after(action, state)
    assert saved > 0


def test_values_that_change_places_are_kept():
    b = Builder(x=(0, 3), y=(0, 3))
    b.action("swap", b.const(1), {"x": b["y"], "y": b["x"]})
    grounded = b.grounded((1, 2))
    made = assignments(grounded.actions[0], grounded.cells)
    assert len(made.saved) == 1
    assert {cell.name for cell, _ in made.updates} == {"x", "y"}


def test_an_expression_without_end_is_refused():
    b = Builder(x=(0, 1))
    term = b["x"]
    for _ in range(30):
        term = b.op("+", term, term)
    with pytest.raises(TooLarge, match="200,000"):
        Infix(C, b.cells, {0: "x"}).number(term)
