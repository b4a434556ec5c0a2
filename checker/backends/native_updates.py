"""LLVM values of the words of a successor: constants of a word merged, cells copied together moved together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from checker.backends.literals import Literal, conjuncts, decided, resolved, value_test
from checker.backends.llvm_text import signed
from checker.backends.native_terms import Evaluator
from checker.backends.words import Slot
from checker.grounding.grounded import Term

Updates = Sequence[tuple[int, Term]]


@dataclass
class _Word:
    """What is to be put into one word: bits that are known, bits moved from (word, distance), other values."""

    known: int = 0
    moved: dict[tuple[int, int], int] = field(default_factory=dict)
    parts: list[str] = field(default_factory=list)


def successor(updates: Updates, evaluator: Evaluator) -> list[str]:
    """The words of the state that these updates lead to."""
    words = list(evaluator.words)
    by_word: dict[int, list[tuple[Slot, Term]]] = {}
    for cell, term in updates:
        slot = evaluator.layout.slots[cell]
        term = resolved(term, evaluator.facts)
        value = decided(term, evaluator.facts)
        unchanged = (term.operator == "cell" and term.value == cell) or (
            value is not None and evaluator.facts.get(cell) == value
        )
        if slot.width and not unchanged:
            by_word.setdefault(slot.word, []).append((slot, term))
    for word, changed in by_word.items():
        mask = sum(slot.mask for slot, _ in changed)
        kept = evaluator.function.value(f"and i64 {words[word]}, {signed(mask ^ (1 << 64) - 1)}")
        words[word] = _joined([kept, _content(changed, evaluator)], evaluator)
    return words


def _content(changed: list[tuple[Slot, Term]], evaluator: Evaluator) -> str:
    """The new bits of cells of one word, in their places, the other bits 0."""
    made = _Word()
    choices: dict[Term, list[tuple[Slot, Term]]] = {}
    for slot, term in changed:
        term = resolved(term, evaluator.facts)
        if term.operator == "if" and decided(term, evaluator.facts) is None:
            choices.setdefault(term.arguments[0], []).append((slot, term))
        else:
            _include(made, slot, term, evaluator)
    for (word, distance), mask in made.moved.items():
        made.parts.append(_moved(evaluator, word, distance, mask))
    for condition, cells in choices.items():
        made.parts.append(_choice(condition, cells, evaluator))
    return _joined([*made.parts, str(signed(made.known))], evaluator)


def _include(made: _Word, slot: Slot, term: Term, evaluator: Evaluator) -> None:
    value = decided(term, evaluator.facts)
    if value is not None:
        # A value that does not fit belongs to a mistake, of which a check tells: it must not spoil other cells here.
        made.known |= (value - slot.low << slot.offset) & slot.mask
        return
    source = evaluator.layout.slots[term.value] if term.operator == "cell" else None
    if source is not None and source.low == slot.low:
        key = (source.word, source.offset - slot.offset)
        made.moved[key] = made.moved.get(key, 0) | (1 << min(source.width, slot.width)) - 1 << slot.offset
        return
    value_ = evaluator.code(term, slot.low)
    made.parts.append(evaluator.function.value(f"shl i64 {value_}, {slot.offset}") if slot.offset else value_)


def _moved(evaluator: Evaluator, word: int, distance: int, mask: int) -> str:
    value = evaluator.words[word]
    if distance:
        shift = "lshr" if distance > 0 else "shl"
        value = evaluator.function.value(f"{shift} i64 {value}, {abs(distance)}")
    return evaluator.function.value(f"and i64 {value}, {signed(mask)}")


def _choice(condition: Term, cells: list[tuple[Slot, Term]], evaluator: Evaluator) -> str:
    """The bits of cells whose new values are chosen by one condition."""
    function = evaluator.function
    test = evaluator.truth(condition)
    sides = [[(slot, term.arguments[side]) for slot, term in cells] for side in (1, 2)]
    if sum(evaluator.size(term) for _, term in cells) <= 2 * len(cells) + 12:
        values = [_content(side, evaluator) for side in sides]
        return function.value(f"select i1 {test}, i64 {values[0]}, i64 {values[1]}")
    labels = [function.new_label() for _ in range(3)]
    function.branch(test, labels[0], labels[1])
    sources = []
    for side, positive, label in zip(sides, (True, False), labels[:2], strict=True):
        function.open(label)
        found = [value_test(literal) for literal in conjuncts(condition, positive) or []]
        with evaluator.block({**evaluator.facts, **dict(value for value in found if value is not None)}):
            evaluator.assume(Literal(condition, positive))
            value = _content(side, evaluator)
        sources.append((value, function.block))
        function.jump(labels[2])
    function.open(labels[2])
    return function.phi("i64", sources)


def _joined(values: Sequence[str], evaluator: Evaluator) -> str:
    values = [value for value in values if value != "0"] or ["0"]
    result = values[0]
    for value in values[1:]:
        result = evaluator.function.value(f"or i64 {result}, {value}")
    return result
