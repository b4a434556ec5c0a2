"""Not in the language: a comprehension that makes a list."""

from __future__ import annotations

from model.language import Variables, action, initial


class State(Variables):
    """One lamp."""

    lit: bool


@initial
def dark(s: State) -> None:
    """The lamp is dark."""
    s.lit = False


@action
def flash(s: State) -> None:
    """The lamp is lit from a list."""
    s.lit = [True, False][0]
