"""LLVM values of expressions over a state in words.

What is evaluated where it dominates is shared.  Expensive parts of conditions are evaluated only where they matter,
cheap ones always: a branch costs more than a few instructions.  Expressions are total, as in the other back ends: a
division by zero is 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from checker.backends.literals import OPPOSITE, Facts, Literal, decided, resolved, value_test
from checker.backends.llvm_text import Function, signed
from checker.backends.words import TooWide, WordLayout
from checker.grounding.grounded import Term

LAZY = 24
"""Size of an expression from which on it is worth a branch."""

DEEPEST = 100
"""Branches inside branches, past which everything is evaluated: the generator recurses with them."""

BOOLEAN = frozenset({"not", "and", "or", *OPPOSITE})

COMPARISON = {"==": "eq", "!=": "ne", "<": "slt", "<=": "sle", ">": "sgt", ">=": "sge"}


class Evaluator:
    """Makes values of terms at the place where its function stands: as 64-bit integers or as bits."""

    def __init__(self, function: Function, layout: WordLayout, words: Sequence[str], facts: Facts) -> None:
        self.function = function
        self.layout = layout
        self.words = words
        self.facts = facts
        self._names: dict[tuple[Term, bool], str] = {}
        self._trail: list[tuple[tuple[Term, bool], str | None]] = []
        self._sizes: dict[Term, int] = {}
        self._depth = 0

    @contextmanager
    def block(self, facts: Facts | None = None) -> Iterator[None]:
        """A part of the program that does not dominate what follows it; `facts` replace those known so far."""
        mark, outer = len(self._trail), self.facts
        self.facts = outer if facts is None else facts
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            self.facts = outer
            while len(self._trail) > mark:
                key, before = self._trail.pop()
                if before is None:
                    del self._names[key]
                else:
                    self._names[key] = before

    def integer(self, term: Term) -> str:
        """The value of a term as an i64."""
        return self._value(term, False)

    def truth(self, term: Term) -> str:
        """The value of a term that is 0 or 1, as an i1."""
        return self._value(term, True)

    def code(self, term: Term, low: int) -> str:
        """The value of a term less `low`, as an i64: of a cell, with that low limit, just its bits."""
        value = decided(term, self.facts)
        if value is not None:
            return str(value - low)
        if term.operator == "cell" and self.layout.slots[term.value].low == low:
            return self._bits(term.value)
        return self._less(self.integer(term), low)

    def holds(self, literals: Sequence[Literal]) -> str:
        """A bit: all these conditions hold.  Values wanted of cells in one word are compared at once."""
        masks: dict[int, tuple[int, int]] = {}
        parts = []
        for literal in literals:
            wanted = value_test(literal)
            if wanted is not None and not self._known(literal):
                slot = self.layout.slots[wanted[0]]
                mask, bits = masks.get(slot.word, (0, 0))
                more = wanted[1] - slot.low << slot.offset
                if mask & slot.mask and bits & slot.mask != more:
                    return "false"  # two values wanted of one cell
                masks[slot.word] = mask | slot.mask, bits | more
            else:
                parts.append(self._literal(literal))
        tests = []
        for word, (mask, bits) in masks.items():
            cut = self.function.value(f"and i64 {self.words[word]}, {signed(mask)}")
            tests.append(self.function.value(f"icmp eq i64 {cut}, {signed(bits)}"))
        return self._all([*tests, *parts])

    def size(self, term: Term) -> int:
        """About how many instructions a term needs if nothing of it is shared, up to a limit."""
        pending = [term]
        while pending:
            top = pending[-1]
            missing = [argument for argument in top.arguments if argument not in self._sizes]
            if missing:
                pending += missing
            else:
                pending.pop()
                total = 1 + sum(self._sizes[argument] for argument in top.arguments)
                self._sizes[top] = 0 if top.operator == "const" else min(10 * LAZY, total)
        return self._sizes[term]

    def assume(self, literal: Literal) -> None:
        """From here on, to the end of the block, the condition is known to hold."""
        self._name(literal.term, True, "true" if literal.positive else "false")

    # --- one value ------------------------------------------------------------------------------------------

    def _known(self, literal: Literal) -> bool:
        return decided(literal.term, self.facts) is not None or (literal.term, True) in self._names

    def _literal(self, literal: Literal) -> str:
        return self._not_if(self.truth(literal.term), not literal.positive)

    def _value(self, term: Term, bit: bool) -> str:
        """Evaluates what the term surely needs, innermost first, so that the depth of a term costs no recursion."""
        pending = [(term, bit, False)]
        while pending:
            term_, bit_, ready = pending.pop()
            term_ = resolved(term_, self.facts)
            if (term_, bit_) in self._names or decided(term_, self.facts) is not None:
                continue
            if ready:
                self._name(term_, bit_, self._made(term_, bit_))
            else:
                pending.append((term_, bit_, True))
                pending += [(argument, kind, False) for argument, kind in reversed(self._needs(term_, bit_))]
        return self._finished(term, bit)

    def _finished(self, term: Term, bit: bool) -> str:
        term = resolved(term, self.facts)
        value = decided(term, self.facts)
        if value is None:
            return self._names[term, bit]
        return ("true" if value else "false") if bit else str(value)

    def _name(self, term: Term, bit: bool, name: str) -> None:
        self._trail.append(((term, bit), self._names.get((term, bit))))
        self._names[term, bit] = name

    def _needs(self, term: Term, bit: bool) -> list[tuple[Term, bool]]:
        """The arguments that are evaluated before the term, and as what; the others are left to branches."""
        operator, arguments = term.operator, term.arguments
        if operator == "cell":
            return [(term, False)] if bit else []
        if operator in BOOLEAN and not bit:
            return [(term, True)]
        if operator in ("and", "or"):
            return [(argument, True) for argument in arguments if not self._lazy(argument)]
        if operator == "if":
            condition, then, otherwise = arguments
            lazy = self._lazy(then) or self._lazy(otherwise)
            return [(condition, True)] if lazy else [(condition, True), (then, bit), (otherwise, bit)]
        if operator == "not":
            return [(arguments[0], True)]
        if bit and operator not in BOOLEAN:
            return [(term, False)]
        return [(argument, False) for argument in arguments]

    def _lazy(self, term: Term) -> bool:
        known = (term, True) in self._names or (term, False) in self._names
        return not known and self._depth < DEEPEST and self.size(term) > LAZY

    def _made(self, term: Term, bit: bool) -> str:
        operator = term.operator
        if operator == "cell" and not bit:
            slot = self.layout.slots[term.value]
            return self._less(self._bits(term.value), -slot.low)
        if operator == "if":
            return self._conditional(term, bit)
        if operator in ("and", "or"):
            return self._junction(term) if bit else self._widened(term)
        if operator in BOOLEAN:
            return self._boolean(term) if bit else self._widened(term)
        return self._narrowed(term) if bit else self._arithmetic(term)

    def _widened(self, term: Term) -> str:
        value = self._finished(term, True)
        return {"true": "1", "false": "0"}.get(value) or self.function.value(f"zext i1 {value} to i64")

    def _narrowed(self, term: Term) -> str:
        return self.function.value(f"icmp ne i64 {self._finished(term, False)}, 0")

    def _bits(self, cell: int) -> str:
        slot = self.layout.slots[cell]
        if not slot.width:
            return "0"
        value = self.words[slot.word]
        if slot.offset:
            value = self.function.value(f"lshr i64 {value}, {slot.offset}")
        if slot.offset + slot.width < 64:
            value = self.function.value(f"and i64 {value}, {(1 << slot.width) - 1}")
        return value

    def _less(self, value: str, amount: int) -> str:
        return self.function.value(f"sub i64 {value}, {amount}") if amount else value

    def _boolean(self, term: Term) -> str:
        if term.operator == "not":
            return self._not_if(self._finished(term.arguments[0], True), True)
        left, right = (self._finished(argument, False) for argument in term.arguments)
        return self.function.value(f"icmp {COMPARISON[term.operator]} i64 {left}, {right}")

    def _arithmetic(self, term: Term) -> str:
        values = [self._finished(argument, False) for argument in term.arguments]
        if (
            min(term.low, *(a.low for a in term.arguments)) < -(2**62)
            or max(term.high, *(a.high for a in term.arguments)) >= 2**62
        ):
            raise TooWide(f"an expression takes values from {term.low} to {term.high}")
        operator = term.operator
        if operator == "neg":
            return self.function.value(f"sub i64 0, {values[0]}")
        if operator in ("//", "%"):
            return self._division(term, *values)
        result = values[0]
        for value in values[1:]:
            if operator in ("min", "max"):
                result = self.function.value(f"call i64 @llvm.s{operator}.i64(i64 {result}, i64 {value})")
            else:
                name = {"+": "add", "-": "sub", "*": "mul"}[operator]
                result = self.function.value(f"{name} i64 {result}, {value}")
        return result

    def _division(self, term: Term, left: str, right: str) -> str:
        """Rounds down, as Python does; by zero gives 0."""
        write = self.function.value
        dividend, divisor = term.arguments
        zero = None
        if divisor.low <= 0 <= divisor.high:
            zero = write(f"icmp eq i64 {right}, 0")
            right = write(f"select i1 {zero}, i64 1, i64 {right}")
        remainder = write(f"srem i64 {left}, {right}")
        result = remainder if term.operator == "%" else write(f"sdiv i64 {left}, {right}")
        if dividend.low < 0 or divisor.low < 0:
            mixed = write(f"xor i64 {remainder}, {right}")
            negative = write(f"icmp slt i64 {mixed}, 0")
            inexact = write(f"icmp ne i64 {remainder}, 0")
            adjust = write(f"and i1 {negative}, {inexact}")
            other = f"add i64 {result}, {right}" if term.operator == "%" else f"sub i64 {result}, 1"
            result = write(f"select i1 {adjust}, i64 {write(other)}, i64 {result}")
        return result if zero is None else write(f"select i1 {zero}, i64 0, i64 {result}")

    # --- choices --------------------------------------------------------------------------------------------

    def _not_if(self, value: str, negative: bool) -> str:
        if not negative:
            return value
        return {"true": "false", "false": "true"}.get(value) or self.function.value(f"xor i1 {value}, true")

    def _all(self, values: Sequence[str], operator: str = "and") -> str:
        neutral, strong = ("true", "false") if operator == "and" else ("false", "true")
        if strong in values:
            return strong
        result = neutral
        for value in dict.fromkeys(values):
            if value != neutral:
                result = value if result == neutral else self.function.value(f"{operator} i1 {result}, {value}")
        return result

    def _junction(self, term: Term) -> str:
        """Cheap arguments at once, then one branch for each expensive one."""
        operator = term.operator
        ready = [argument for argument in term.arguments if self._is_ready(argument)]
        result = self._all([self._finished(argument, True) for argument in ready], operator)
        for argument in term.arguments:
            if argument not in ready:
                result = self._further(operator, result, argument)
        return result

    def _is_ready(self, term: Term) -> bool:
        term = resolved(term, self.facts)
        return (term, True) in self._names or decided(term, self.facts) is not None

    def _further(self, operator: str, so_far: str, argument: Term) -> str:
        if so_far == ("false" if operator == "and" else "true"):
            return so_far
        function = self.function
        start, evaluate, join = function.block, function.new_label(), function.new_label()
        yes, no = (evaluate, join) if operator == "and" else (join, evaluate)
        function.branch(so_far, yes, no)
        function.open(evaluate)
        with self.block():
            value = self.truth(argument)
        end = function.block
        function.jump(join)
        function.open(join)
        return function.phi("i1", [("false" if operator == "and" else "true", start), (value, end)])

    def _conditional(self, term: Term, bit: bool) -> str:
        kind = "i1" if bit else "i64"
        condition, then, otherwise = term.arguments
        test = self._finished(condition, True)
        if self._has(then, bit) and self._has(otherwise, bit):
            first, second = self._finished(then, bit), self._finished(otherwise, bit)
            return self.function.value(f"select i1 {test}, {kind} {first}, {kind} {second}")
        function = self.function
        labels = [function.new_label() for _ in range(3)]
        function.branch(test, labels[0], labels[1])
        sources = []
        for side, positive, label in ((then, True, labels[0]), (otherwise, False, labels[1])):
            function.open(label)
            with self.block():
                self.assume(Literal(condition, positive))
                value = self._value(side, bit)
            sources.append((value, function.block))
            function.jump(labels[2])
        function.open(labels[2])
        return function.phi(kind, sources)

    def _has(self, term: Term, bit: bool) -> bool:
        term = resolved(term, self.facts)
        return (term, bit) in self._names or decided(term, self.facts) is not None
