"""The least state of an orbit, as LLVM text over the words of a state."""

from __future__ import annotations

from collections.abc import Sequence

from checker.backends.images import Lookup, Plan, plan
from checker.backends.llvm_text import Function, signed
from checker.backends.words import Slot, TooWide, WordLayout
from checker.reductions.symmetry import Image


def canonical_text(layout: WordLayout, images: Sequence[Image]) -> str:
    """The text of `canonical(state)`, which replaces a state by the least of its orbit, words compared in their order.

    Cells that change places must have equal limits.  Raises `TooWide` for elements that a word has no table for.
    """
    function = Function()
    function.open("entry")
    words = [function.load("%state", word) for word in range(layout.words)]
    least = words
    for image in images:
        made = _image(function, plan(layout, image), words)
        smaller = _smaller(function, made, least)
        least = [function.value(f"select i1 {smaller}, i64 {a}, i64 {b}") for a, b in zip(made, least, strict=True)]
    for word, value in enumerate(least):
        function.store(value, "%state", word)
    function.do("ret void")
    lines = "\n".join(function.lines)
    return f"define internal void @canonical(ptr noalias %state) nounwind {{\n{lines}\n}}\n"


def _smaller(function: Function, left: list[str], right: list[str]) -> str:
    """Whether one state is less than another."""
    found = "0"
    for one, other in reversed(list(zip(left, right, strict=True))):
        less = function.value(f"icmp ult i64 {one}, {other}")
        same = function.value(f"icmp eq i64 {one}, {other}")
        found = function.value(f"select i1 {same}, i1 {found}, i1 {less}")
    return found


def _image(function: Function, made: Plan, words: list[str]) -> list[str]:
    parts: list[list[str]] = [[] for _ in words]
    for shift in made.shifts:
        value = function.value(f"and i64 {words[shift.source]}, {signed(shift.mask)}")
        if shift.distance:
            operator = "shl" if shift.distance > 0 else "lshr"
            value = function.value(f"{operator} i64 {value}, {abs(shift.distance)}")
        parts[shift.target].append(value)
    for look in made.lookups:
        parts[look.target.word].append(_looked_up(function, look, words))
    return [_joined(function, values) for values in parts]


def _joined(function: Function, values: list[str]) -> str:
    result = values[0] if values else "0"
    for value in values[1:]:
        result = function.value(f"or i64 {result}, {value}")
    return result


def _code(function: Function, slot: Slot, words: list[str]) -> str:
    """The code of a cell."""
    value = function.value(f"lshr i64 {words[slot.word]}, {slot.offset}") if slot.offset else words[slot.word]
    return function.value(f"and i64 {value}, {(1 << slot.width) - 1}")


def _looked_up(function: Function, look: Lookup, words: list[str]) -> str:
    """The new bits of a cell that holds an element, in their place: from a table in one word."""
    width = look.source.width
    if width << width > 64:
        raise TooWide(f"a cell that holds one of {1 << width} elements, which change places")
    old = _code(function, look.source, words)
    table = sum(code << place * width for place, code in enumerate(look.codes))
    place = function.value(f"mul i64 {old}, {width}")
    value = function.value(f"lshr i64 {signed(table)}, {place}")
    value = function.value(f"and i64 {value}, {(1 << width) - 1}")
    if look.silent:
        value = _unless_silent(function, look, words, value, old)
    return function.value(f"shl i64 {value}, {look.target.offset}") if look.target.offset else value


def _unless_silent(function: Function, look: Lookup, words: list[str], new: str, old: str) -> str:
    if look.width > 6:
        raise TooWide(f"fields of {1 << look.width} values together say whether another one holds an element")
    offset, parts = 0, []
    for slot in look.siblings:
        code = _code(function, slot, words)
        parts.append(function.value(f"shl i64 {code}, {offset}") if offset else code)
        offset += slot.width
    said = function.value(f"lshr i64 {signed(look.mask)}, {_joined(function, parts)}")
    is_silent = function.value(f"trunc i64 {said} to i1")
    return function.value(f"select i1 {is_silent}, i64 {old}, i64 {new}")
