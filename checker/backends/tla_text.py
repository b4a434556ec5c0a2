"""Pieces of TLA+ text that know how to break over several lines."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

WIDTH = 110

SHORT = 70
"""Characters of a junction that is read at a glance: it stands on one line, also where others are bulleted lists."""

ATOM, SUM, COMPARISON, IMPLICATION, JUNCTION, OPEN = range(6)
"""How tightly a text holds together: a name or call, arithmetic, a comparison or negation, `=>` and `<=>`, a junction,
and what goes on as far as it can (IF, LET, a quantifier)."""

_OPPOSITES = {"=": "#", "#": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">", "\\in": "\\notin"}

Lines = list[str]


@dataclass(frozen=True)
class Text:
    """A piece of text: `flat` is on one line, `broken` gives its lines where that is too long for a width.

    `opposite` is its negation, where that is as short; `parts` are those of an IF.
    """

    flat: str
    level: int = ATOM
    broken: Callable[[int], Lines] | None = None
    opposite: Text | None = None
    parts: tuple[Text, ...] = ()

    def lines(self, width: int = WIDTH) -> Lines:
        """On one line where it fits, else broken as far as it can be."""
        if len(self.flat) <= width or self.broken is None:
            return [self.flat]
        return self.broken(width)

    def within(self, level: int) -> Text:
        """In parentheses, unless it holds together at least as tightly as this level."""
        if self.level <= level:
            return self

        def broken(width: int) -> Lines:
            lines = hang("(", self.lines(width - 2))
            return [*lines[:-1], lines[-1] + ")"]

        return Text(f"({self.flat})", ATOM, broken)


def hang(head: str, lines: Lines) -> Lines:
    """Lines behind a head, those after the first below where the first begins."""
    return [head + lines[0], *(" " * len(head) + line for line in lines[1:])]


def junction(operator: str, parts: Sequence[Text]) -> Text:
    """`/\\` or `\\/` of truth values: a bulleted list where it does not fit on a line."""
    if len(parts) == 1:
        return parts[0]
    flat = f" {operator} ".join(part.within(COMPARISON).flat for part in parts)
    return Text(flat, JUNCTION, lambda width: bullets(operator, parts, width))


def bullets(operator: str, parts: Iterable[Text], width: int = WIDTH) -> Lines:
    """A bulleted list; a junction inside one is a list too, or short and in parentheses: no other rule is needed."""
    made: Lines = []
    for part in parts:
        inner = width - len(operator) - 1
        if part.level == JUNCTION and part.broken is not None:
            short = len(part.flat) <= min(SHORT, inner - 2)
            made += hang(f"{operator} ", [f"({part.flat})"] if short else part.broken(inner))
        else:
            made += hang(f"{operator} ", part.lines(inner))
    return made


def operation(operator: str, left: Text, right: Text, level: int, both: bool = True) -> Text:
    """Two operands and what stands between them, in parentheses where they are not tight enough."""
    inner = {SUM: ATOM, COMPARISON: SUM, IMPLICATION: ATOM}[level]
    first, second = left.within(inner), right.within(inner)

    def broken(width: int) -> Lines:
        lines = first.lines(width)
        return [*lines, *hang(f"   {operator} ", second.lines(width - 4 - len(operator)))]

    opposite = operation(_OPPOSITES[operator], left, right, level, False) if both and operator in _OPPOSITES else None
    return Text(f"{first.flat} {operator} {second.flat}", level, broken, opposite)


def negated(text: Text) -> Text:
    """`~` of a truth value."""
    if text.opposite is not None:
        return text.opposite
    inner = text.within(ATOM)
    return Text(f"~{inner.flat}", COMPARISON, lambda width: hang("~", inner.lines(width - 1)), text)


def choice(condition: Text, then: Text, otherwise: Text) -> Text:
    """`IF ... THEN ... ELSE ...`; a chain of them stays flush."""
    flat = f"IF {condition.flat} THEN {then.flat} ELSE {otherwise.flat}"

    def broken(width: int) -> Lines:
        lines, head, last = [], "IF ", (condition, then, otherwise)
        while True:
            lines += [*hang(head, last[0].lines(width - 8)), *hang("THEN ", last[1].lines(width - 5))]
            head, other = "ELSE IF ", last[2]
            if not other.parts or len(other.flat) <= width - 5:
                return [*lines, *hang("ELSE ", other.lines(width - 5))]
            last = (other.parts[0], other.parts[1], other.parts[2])

    return Text(flat, OPEN, broken, parts=(condition, then, otherwise))


def bound(head: str, body: Text, level: int = OPEN) -> Text:
    """A head that ends with a colon, and what it speaks of: `\\A n \\in Node : ...`."""
    return Text(f"{head} {body.flat}", level, lambda width: [head, *hang("    ", body.lines(width - 4))])


def implied(condition: Text, body: Text) -> Text:
    """`condition => body`."""
    first, second = condition.within(COMPARISON), body.within(COMPARISON)
    flat = f"{first.flat} => {second.flat}"
    return Text(flat, IMPLICATION, lambda width: [*first.lines(width), *hang("=> ", second.lines(width - 3))])


def local(definitions: Sequence[tuple[str, Text]], body: Text) -> Text:
    """`LET name == value IN body`."""
    if not definitions:
        return body
    flat = f"LET {' '.join(f'{name} == {value.flat}' for name, value in definitions)} IN {body.flat}"

    def broken(width: int) -> Lines:
        lines: Lines = []
        for number, (name, value) in enumerate(definitions):
            head = "LET " if number == 0 else "    "
            lines += hang(f"{head}{name} == ", value.lines(width - len(name) - 8))
        return [*lines, *hang("IN  ", body.lines(width - 4))]

    return Text(flat, OPEN, broken)


def bracket(head: str, parts: Sequence[Text], tail: str) -> Text:
    """Parts with commas between them, in brackets: what an operator is applied to, a tuple, a record."""
    flat = head + ", ".join(part.flat for part in parts) + tail

    def broken(width: int) -> Lines:
        lines: Lines = []
        for number, part in enumerate(parts):
            end = tail if number == len(parts) - 1 else ","
            inner = part.lines(width - len(head) - len(end))
            lines += hang(head if number == 0 else " " * len(head), [*inner[:-1], inner[-1] + end])
        return lines

    return Text(flat, ATOM, broken if parts else None)


def headed(head: str, body: Text) -> Text:
    """A short head and a body that is broken below where it begins: `![n] = ...`, `lsn |-> ...`."""
    return Text(head + body.flat, OPEN, lambda width: hang(head, body.lines(width - len(head))))


def wrapped(head: str, words: Sequence[str], tail: str, width: int = WIDTH) -> Lines:
    """Words with commas between them, as many on a line as fit."""
    lines, line = [], head
    for number, word in enumerate(words):
        piece = word + (tail if number == len(words) - 1 else ",")
        if len(line) > len(head) and len(line) + 1 + len(piece) > width:
            lines.append(line)
            line = " " * len(head)
        line += piece if len(line) <= len(head) else f" {piece}"
    return [*lines, line]


def comment(text: str) -> Lines:
    """A docstring as comments."""
    plain = text.encode("ascii", "replace").decode().strip()
    paragraphs = re.split(r"\n\s*\n", plain) if plain else []
    blocks = [textwrap.wrap(" ".join(paragraph.split()), 105) for paragraph in paragraphs]
    lines = [line for block in blocks for line in ("", *block)]
    return [f"\\* {line}".rstrip() for line in lines[1:]]
