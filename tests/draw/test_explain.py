"""Why a property is false: the comparisons named must be true of the state, and must decide the property."""

from __future__ import annotations

from checker.draw.explain import facts, reads
from checker.grounding.grounded import Term
from checker.labels import first_sentence
from tests.draw.replication import apply, constant, grounded

MODEL = grounded()
START = MODEL.initials[0]


def cell(name: str) -> Term:
    found = MODEL.cells[MODEL.numbers[name]]
    return Term("cell", (), found.index, found.low, found.high)


def said(term: Term, **changed: int) -> list[str]:
    state = list(START)
    for name, value in changed.items():
        state[MODEL.numbers[f"{name}[A]"]] = value
    return facts(MODEL, term, tuple(state))


def is_down(node: str) -> Term:
    return apply("==", cell(f"role[{node}]"), constant(3))


AHEAD = apply("<=", cell("wal_end[A]"), cell("flushed[A]"))


def test_a_comparison_is_told_in_the_direction_in_which_it_is_true() -> None:
    assert said(AHEAD, wal_end=2) == ["wal_end[A] (2) > flushed[A] (0)"]
    assert said(AHEAD) == ["wal_end[A] (0) <= flushed[A] (0)"]


def test_a_cell_compared_with_a_constant_is_told_by_its_value() -> None:
    assert said(is_down("A")) == ["role[A] is PRIMARY"]
    assert said(apply("<", constant(1), cell("wal_end[A]"))) == ["wal_end[A] is 0"]


def test_of_a_false_conjunction_the_shortest_false_part_is_told() -> None:
    two = apply("or", is_down("A"), is_down("B"))
    assert said(apply("and", two, AHEAD), wal_end=1) == ["wal_end[A] (1) > flushed[A] (0)"]


def test_of_a_false_disjunction_all_parts_are_told() -> None:
    assert said(apply("or", is_down("A"), is_down("B"))) == ["role[A] is PRIMARY", "role[B] is STANDBY"]


def test_the_taken_branch_of_a_choice_and_its_condition_are_told() -> None:
    choice = apply("if", is_down("A"), AHEAD, is_down("B"))
    assert said(choice) == ["role[A] is PRIMARY", "role[B] is STANDBY"]


def test_arithmetic_is_told_with_its_operands() -> None:
    total = apply("+", cell("wal_end[A]"), cell("flushed[A]"))
    assert said(apply("<", total, apply("max", cell("acked[A]"), constant(1))), wal_end=3) == [
        "(wal_end[A] (3) + flushed[A] (0)) >= max(acked[A] (0), 1)"
    ]


def test_a_count_is_told_by_what_was_counted() -> None:
    """Of a count that is too high what is counted matters, of one that is too low what is not."""

    def counts(node: str, role: int) -> Term:
        return apply("if", apply("==", cell(f"role[{node}]"), constant(role)), constant(1), constant(0))

    roles = (START[MODEL.numbers["role[A]"]], START[MODEL.numbers["role[B]"]], 3)
    primary, standby, down = ([counts(node, role) for node in "AB"] for role in roles)
    assert said(apply("<=", apply("+", *primary), constant(0))) == ["sum (1) > 0", "role[A] is PRIMARY"]
    assert said(apply("<=", constant(2), apply("+", *standby))) == ["2 > sum (1)", "role[A] is PRIMARY"]
    assert said(apply("==", apply("+", *down), constant(0))) == [
        "sum (0) == 0",
        "role[A] is PRIMARY",
        "role[B] is STANDBY",
    ]


def test_the_numbers_of_a_sum_are_told_as_one() -> None:
    counted = apply("if", is_down("A"), constant(1), constant(2))
    total = apply("+", apply("+", cell("wal_end[A]"), constant(1)), counted)
    assert said(apply("<", total, constant(2))) == ["(wal_end[A] (0) + 3) >= 2", "role[A] is PRIMARY"]


def test_two_conditions_that_are_compared_are_told_by_their_own_facts() -> None:
    assert said(apply("==", is_down("A"), is_down("B"))) == ["role[A] is PRIMARY", "role[B] is STANDBY"]


def test_a_comparison_of_a_choice_names_members() -> None:
    chosen = apply("if", AHEAD, cell("role[A]"), cell("role[B]"))
    assert said(apply("!=", chosen, cell("role[B]"))) == ["role[A] (PRIMARY) != role[B] (STANDBY)"]


def test_what_an_expression_reads() -> None:
    assert reads(apply("and", AHEAD, is_down("B"))) == {
        MODEL.numbers[name] for name in ("wal_end[A]", "flushed[A]", "role[B]")
    }


def test_shared_expressions_are_explained_once() -> None:
    """Each level doubles the paths through the expression: followed one by one this would never end."""
    term = AHEAD
    for _ in range(60):
        term = apply("and", term, term)
    assert said(term, wal_end=1) == ["wal_end[A] (1) > flushed[A] (0)"]


def test_first_sentences() -> None:
    assert first_sentence("One.  Two.") == "One."
    assert first_sentence("\n  One that goes\n  on (e.g. Here).\n\n  More.") == "One that goes on (e.g. Here)."
    assert first_sentence("It reads 9.4 and pg_wal. Then") == "It reads 9.4 and pg_wal."
    assert first_sentence("No stop at all") == "No stop at all"
    assert first_sentence("") == ""
