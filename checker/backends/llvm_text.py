"""LLVM's textual form, written block by block.  Text is made several times faster than llvmlite's builder objects."""

from __future__ import annotations

from collections.abc import Sequence


class Function:
    """The body of one function in the making: instructions go to the end of the block that is open."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.block = ""
        self._numbers = 0

    def new_label(self) -> str:
        """The name of a block that is yet to be opened."""
        self._numbers += 1
        return f"b{self._numbers}"

    def open(self, label: str) -> None:
        """Starts a block; the one before must have ended."""
        self.lines.append(f"{label}:")
        self.block = label

    def do(self, instruction: str) -> None:
        """An instruction without a value."""
        self.lines.append(f"  {instruction}")

    def value(self, instruction: str) -> str:
        """An instruction with a value: the value's name."""
        self._numbers += 1
        name = f"%v{self._numbers}"
        self.lines.append(f"  {name} = {instruction}")
        return name

    def jump(self, label: str) -> None:
        """Ends the block."""
        self.do(f"br label %{label}")

    def branch(self, condition: str, yes: str, no: str) -> None:
        """Ends the block with a choice."""
        self.do(f"br i1 {condition}, label %{yes}, label %{no}")

    def choose(self, value: str, cases: Sequence[tuple[int, str]], otherwise: str) -> None:
        """Ends the block with a choice by the value of an integer."""
        shown = " ".join(f"i64 {number}, label %{label}" for number, label in cases)
        self.do(f"switch i64 {value}, label %{otherwise} [{shown}]")

    def phi(self, kind: str, sources: Sequence[tuple[str, str]]) -> str:
        """A value that depends on the block one came from; first in its block."""
        return self.value(f"phi {kind} " + ", ".join(f"[{value}, %{label}]" for value, label in sources))

    def word(self, pointer: str, index: int | str) -> str:
        """The address of a 64-bit word."""
        return self.value(f"getelementptr i64, ptr {pointer}, i64 {index}") if index != 0 else pointer

    def load(self, pointer: str, index: int | str = 0) -> str:
        """A 64-bit word from memory."""
        return self.value(f"load i64, ptr {self.word(pointer, index)}")

    def store(self, value: int | str, pointer: str, index: int | str = 0) -> None:
        """A 64-bit word to memory."""
        self.do(f"store i64 {value}, ptr {self.word(pointer, index)}")


def signed(number: int) -> int:
    """A 64-bit pattern as the signed number that LLVM's text wants."""
    return number - (1 << 64) if number >> 63 else number
