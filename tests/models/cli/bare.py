"""A switch: no settings, no bounds, no scopes, and an action that never fires."""

from __future__ import annotations

from model.language import Variables, action, initial, invariant, require


class State(Variables):
    """One switch."""

    on: bool
    burnt: bool


@initial
def off(s: State) -> None:
    """The switch is off."""
    s.on = False


@action
def toggle(s: State) -> None:
    """Somebody turns the switch."""
    s.on = not s.on


@action
def replace_bulb(s: State) -> None:
    """A burnt bulb is replaced: it never burns, so this never fires."""
    require(s.burnt)
    s.burnt = False


@invariant
def never_burnt(s: State) -> bool:
    """The bulb does not burn."""
    return not s.burnt
