"""Two doors and a wall: who wants in has to pass both doors, or the wall."""

from model.language import Variables, action, initial, invariant, require, settings

PROTECTIONS = ("first_door", "second_door", "wall")
CANDIDATE = ("wall",)
PROTECTED = ("nobody_inside",)


@settings
class Settings:
    """What is locked."""

    first_door: bool = True
    """Locked."""
    second_door: bool = True
    """Locked."""
    wall: bool = True
    """Built."""


class State(Variables):
    """Who is where."""

    settings: Settings
    between: bool
    inside: bool


@initial
def outside(s: State) -> None:
    """All are outside."""


@action
def knock(s: State) -> None:
    """It changes nothing."""


@action
def pass_first_door(s: State) -> None:
    """The first door is open, or it is in the way of nobody."""
    require(not s.settings.first_door and not s.between and not s.inside)
    s.between = True


@action
def pass_second_door(s: State) -> None:
    """From between the doors."""
    require(s.between and not s.settings.second_door)
    s.between = False
    s.inside = True


@action
def pass_where_no_wall_is(s: State) -> None:
    """Around the doors, if both are shut: a locked door makes people look for another way."""
    require(s.settings.first_door and s.settings.second_door and not s.settings.wall and not s.inside)
    s.inside = True


@action
def leave(s: State) -> None:
    """Back out, from wherever."""
    require(s.between or s.inside)
    s.between = False
    s.inside = False


@invariant
def nobody_inside(s: State) -> bool:
    """Nobody gets in."""
    return not s.inside
