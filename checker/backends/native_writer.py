"""The two functions a grounded model becomes, as LLVM text.

`expand(states, count, out, room, fired, report) -> done`: the successors of `count` states, one after the other, to
`out`, which has room for `room` of them; stops before a state whose successors might not fit.  `fired[a]` grows by
the transitions of action a.  report[0]: successors written.  report[1]: 1 + the mistake that state `done` shows, or 0.
report[2]: set to the first state that is stuck (no successor, and no behaviour may end there) where it was negative.
report[3] grows by the number of such states.

`notice(states, count, found, report) -> index`: the first state in which a property is worth noting that `found`
does not have, or which shows a mistake; `count` if there is none.  report[0]: 1 + the mistake, or 0.  report[1 + w]:
the bits of the properties 64 w and up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from checker.backends.decision import arrange
from checker.backends.literals import Facts, Literal, conjuncts
from checker.backends.llvm_text import Function, signed
from checker.backends.native_terms import Evaluator
from checker.backends.native_tree import Rule, write_tree
from checker.backends.native_updates import Updates, successor
from checker.backends.words import WordLayout
from checker.grounding.grounded import Action, Grounded, Property, Term

Mistakes: TypeAlias = list[tuple[str, int, int]]
"""Each mistake that can be told of: "action" or "property", its number, and the number of its check."""


def mistakes_of(grounded: Grounded, properties: Sequence[Property]) -> Mistakes:
    """The mistakes that the two functions tell of, by their numbers."""
    kinds: list[tuple[str, Sequence[Action | Property]]] = [("action", grounded.actions), ("property", properties)]
    return [
        (kind, number, place)
        for kind, items in kinds
        for number, item in enumerate(items)
        for place in range(len(item.checks))
    ]


INTRINSICS = "declare i64 @llvm.smin.i64(i64, i64)\ndeclare i64 @llvm.smax.i64(i64, i64)\n"


class _Wrong:
    """Tells of a mistake of the model and ends the function."""

    def __init__(self, number: int, slot: int) -> None:
        self.number, self.slot = number, slot

    def write(self, evaluator: Evaluator) -> None:
        """Stores the number and leaves; what follows in the text is never reached."""
        function = evaluator.function
        function.store(self.number + 1, "%report", self.slot)
        function.jump("wrong")
        function.open(function.new_label())


class _Note:
    """Sets the bit of a property."""

    def __init__(self, number: int) -> None:
        self.word, self.bit = divmod(number, 64)

    def write(self, evaluator: Evaluator) -> None:
        """One `or` into the word that collects it."""
        function = evaluator.function
        noted = function.value(f"or i64 {function.load(f'%noted{self.word}')}, {signed(1 << self.bit)}")
        function.store(noted, f"%noted{self.word}")


class _Successor:
    """One transition, after the checks that belong to it."""

    def __init__(self, number: int, updates: Updates, checks: Sequence[tuple[Term, int]], canonical: bool) -> None:
        self.number, self.updates, self.checks, self.canonical = number, updates, checks, canonical

    def write(self, evaluator: Evaluator) -> None:
        """The checks, then the words of the successor, then the count of its action."""
        function = evaluator.function
        for wrong, number in self.checks:
            is_wrong, is_right = function.new_label(), function.new_label()
            function.branch(evaluator.truth(wrong), is_wrong, is_right)
            function.open(is_wrong)
            function.store(number + 1, "%report", 1)
            function.jump("wrong")
            function.open(is_right)
        words = successor(self.updates, evaluator)
        place = function.value("load ptr, ptr %next")
        for index, word in enumerate(words):
            function.store(word, place, index)
        if self.canonical:
            function.do(f"call void @canonical(ptr {place})")
        function.do(f"store ptr {function.word(place, len(words))}, ptr %next")
        count = function.word("%fired", self.number)
        function.store(function.value(f"add i64 {function.load(count)}, 1"), count)


def expand_text(grounded: Grounded, layout: WordLayout, mistakes: Mistakes, canonical: bool = False) -> str:
    """The text of `expand`, which tells of mistakes by their places in the list.

    `canonical`: each successor is replaced by the least of its orbit (see `native_canonical`).
    """
    numbers = {mistake: number for number, mistake in enumerate(mistakes)}
    rules: list[tuple[Rule, Literal]] = []
    for number, action in enumerate(grounded.actions):
        late = []
        for position, check in enumerate(action.checks):
            mistake = numbers["action", number, position]
            if check.early:
                rules.append((_Wrong(mistake, 1), Literal(check.wrong)))
            else:
                late.append((check.wrong, mistake))
        rules.append((_Successor(number, action.updates, late, canonical), Literal(action.guard)))
    function = Function()
    function.open("entry")
    function.do("%next = alloca ptr")
    function.do("store ptr %out, ptr %next")
    function.do(f"%least = sub i64 %room, {len(grounded.actions)}")
    function.do(f"%words = mul i64 %least, {layout.words}")
    function.do("%last = getelementptr i64, ptr %out, i64 %words")
    _loop(function, layout, "%here = load ptr, ptr %next", "%fits = icmp ule ptr %here, %last")
    evaluator = _evaluator(grounded, layout, function)
    write_tree(arrange(rules, evaluator.facts), evaluator)
    function.do("%now = load ptr, ptr %next")
    function.do("%still = icmp eq ptr %now, %here")
    function.branch("%still", "stuck", "latch")
    function.open("stuck")
    function.branch(evaluator.truth(grounded.end), "latch", "deadlock")
    function.open("deadlock")
    known = function.load("%report", 2)
    first = function.value(f"icmp slt i64 {known}, 0")
    function.store(function.value(f"select i1 {first}, i64 %i, i64 {known}"), "%report", 2)
    function.store(function.value(f"add i64 {function.load('%report', 3)}, 1"), "%report", 3)
    function.jump("latch")
    function.open("wrong")
    function.do("store ptr %here, ptr %next")
    function.jump("finish")
    function.open("finish")
    function.do("%end = load ptr, ptr %next")
    function.do("%from = ptrtoint ptr %out to i64")
    function.do("%to = ptrtoint ptr %end to i64")
    function.do("%bytes = sub i64 %to, %from")
    function.store(function.value(f"udiv exact i64 %bytes, {8 * layout.words}"), "%report", 0)
    function.do("ret i64 %i")
    return _function(
        "expand(ptr noalias %states, i64 %count, ptr noalias %out, i64 %room, ptr noalias %fired", function
    )


def notice_text(grounded: Grounded, properties: Sequence[Property], layout: WordLayout, mistakes: Mistakes) -> str:
    """The text of `notice`, which tells of mistakes by their places in the list."""
    numbers = {mistake: number for number, mistake in enumerate(mistakes)}
    rules: list[tuple[Rule, Literal]] = []
    for number, prop in enumerate(properties):
        for position, check in enumerate(prop.checks):
            rules.append((_Wrong(numbers["property", number, position], 0), Literal(check.wrong)))
        rules += [(_Note(number), condition) for condition in _alternatives(prop)]
    masks = range(-(-len(properties) // 64))
    function = Function()
    function.open("entry")
    function.store(0, "%report")
    for mask in masks:
        function.do(f"%noted{mask} = alloca i64")
        function.do(f"%ignored{mask} = xor i64 {function.load('%found', mask)}, -1")
    _loop(function, layout)
    for mask in masks:
        function.store(0, f"%noted{mask}")
    evaluator = _evaluator(grounded, layout, function)
    write_tree(arrange(rules, evaluator.facts), evaluator)
    values = [function.load(f"%noted{mask}") for mask in masks]
    total = "0"
    for mask, value in enumerate(values):
        fresh = function.value(f"and i64 {value}, %ignored{mask}")
        total = function.value(f"or i64 {total}, {fresh}")
    function.branch(function.value(f"icmp eq i64 {total}, 0"), "latch", "hit")
    function.open("hit")
    for mask, value in enumerate(values):
        function.store(value, "%report", mask + 1)
    function.jump("finish")
    function.open("wrong")
    function.jump("finish")
    function.open("finish")
    function.do("ret i64 %i")
    return _function("notice(ptr noalias %states, i64 %count, ptr noalias %found", function)


def _function(head: str, function: Function) -> str:
    lines = "\n".join(function.lines)
    return f"define i64 @{head}, ptr noalias %report) nounwind {{\n{lines}\n}}\n"


def _loop(function: Function, layout: WordLayout, *limit: str) -> None:
    """A loop over the states, up to the start of its body: `%i` counts, the words of state `%i` are `%w0` and so on."""
    function.jump("head")
    function.open("head")
    function.do("%i = phi i64 [0, %entry], [%i1, %latch]")
    for instruction in limit:
        function.do(instruction)
    function.do("%more = icmp ult i64 %i, %count")
    function.branch(function.value("and i1 %more, %fits") if limit else "%more", "body", "finish")
    function.open("latch")
    function.do("%i1 = add i64 %i, 1")
    function.jump("head")
    function.open("body")
    function.do(f"%start = mul i64 %i, {layout.words}")
    function.do("%state = getelementptr i64, ptr %states, i64 %start")
    for word in range(layout.words):
        function.do(f"%w{word} = load i64, ptr {function.word('%state', word)}")


def _evaluator(grounded: Grounded, layout: WordLayout, function: Function) -> Evaluator:
    facts: Facts = {cell.index: cell.low for cell in grounded.cells if cell.low == cell.high}
    return Evaluator(function, layout, [f"%w{word}" for word in range(layout.words)], facts)


def _alternatives(prop: Property) -> list[Literal]:
    """Conditions any of which makes a property worth noting: a part of an invariant is false, or of a witness true."""
    invariant = prop.kind == "invariant"
    parts = conjuncts(prop.body, invariant)
    if parts is None:
        return [Literal(prop.body, not invariant)]
    return [Literal(part.term, not part.positive) for part in parts]
