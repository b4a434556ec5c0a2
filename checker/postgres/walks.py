"""Random behaviours of the model that servers can be made to show: an old primary that comes back, in random settings.

A walk takes random steps of the compiled model, weighted so that a primary works a little, fails, and comes back. It
keeps to what can be arranged on servers (`arranged`): where a server does several steps of the model at once, or in an
order of its own, a behaviour with another order is none that it can be asked to show.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from checker import plain
from checker.backends.python import PythonProgram
from checker.configuration import configure
from checker.ground import ground
from checker.grounded import Action, Grounded
from checker.labels import parameters
from checker.postgres.arranged import Arranged
from checker.postgres.behaviour import protocol
from checker.postgres.enacting import KNOWN
from checker.postgres.prediction import NoOutcome, outcome_of
from checker.trace import Trace
from model import settings as chosen
from model import vocabulary as words

LONGEST = 80
"""Steps after which a walk is given up."""

_WEIGHTS: Mapping[str, float] = {
    "crash": 0.08,
    "crash_system": 0.12,
    "lose_page_write": 4,
    "lose_commit_log_write": 4,
    "promote": 0.05,
    "receive": 0.5,
    "request_shutdown": 0.1,
    "crash_standby": 0.2,
    "set_hint": 2,
    "set_logged_hint": 3,
    "write_page": 2,
    "start_page_write": 1.5,
    "truncate_file": 3,
    "insert_truncate": 0.7,
    "update_page": 1.5,
    "restart_alone": 2,
    "insert_drop_table": 0.3,
    "prepare_transaction": 2,
    "rollback_prepared": 2,
    "take_restartpoint": 1.5,
}
"""How likely an action is; those not named have weight 1."""

SETTINGS: Mapping[str, tuple[str, ...]] = {
    "mode": ("commit", "commit", "data_flush", "data_flush", "all"),
    "sync": ("false", "true"),
    "synchronous_commit": ("on", "on", "on", "local", "remote_write", "remote_apply", "off"),
    "ack": ("flush", "flush", "write"),
    "tail": ("keep", "cut", "cut", "cut", "copy", "delete", "cut_late", "clean", "rewind"),
    "standby_faults": ("process", "none", "os"),
    "primary_faults": ("process", "process", "os"),
    "commit_lsn": ("all", "async_only"),
    "hint_gate": ("true", "false"),
    "page_gate": ("true", "true", "true", "false"),
    "clog_gate": ("true", "true", "true", "false"),
    "control_gate": ("true", "true", "true", "false"),
    "truncate_gate": ("true", "true", "true", "false"),
    "guard": ("call_site", "call_site", "call_site", "inside_xlogflush"),
    "full_page_writes": ("true", "true", "false"),
    "wal_log_hints": ("false", "false", "true"),
    "wait_cancellable": ("false", "false", "false", "true"),
    "crash_restart": ("false", "false", "true"),
    "recovery_guard": ("bypass", "bypass", "wait"),
    "prepared_transactions": ("false", "false", "true"),
    "restartpoints": ("false", "false", "true"),
}
"""The values that servers can be given, as often as they are to come up. What else the model knows, no server has yet
(a promotion that waits, acknowledgements with a timeline), or all of them have (a checkpoint that waits). DROP TABLE is
replayed from traces: --set brings it up all the same.
"""

BOUNDS: Mapping[str, tuple[int, ...]] = {
    "records": (2, 3, 4, 4),
    "transactions": (1, 2),
    "segment": (2, 3),
    "nodes": (2, 2, 2, 3),
}


@dataclass(frozen=True)
class Walk:
    """A behaviour, and the settings that are not the model's defaults."""

    seed: str
    settings: Mapping[str, str]
    bounds: Mapping[str, int]
    trace: Trace


ALIKE = 8
"""Walks in the same settings: to make the model executable takes longer than to walk."""


def walks(seed: str, fixed: Mapping[str, str] | None = None) -> Iterator[Walk]:
    """Walks without end, a few in each choice of settings: the same for the same seed and the same model."""
    number = 0
    while True:
        number += 1
        yield from some_walks(f"{seed}-{number}", fixed)


def some_walks(seed: str, fixed: Mapping[str, str] | None = None) -> Iterator[Walk]:
    """The walks of one choice of settings: those that lead to an end."""
    dice = random.Random(seed)
    settings = {name: dice.choice(values) for name, values in SETTINGS.items()}
    settings |= fixed or {}
    bounds = {name: dice.choice(values) for name, values in BOUNDS.items()}
    if settings["tail"] == "clean":
        settings["primary_faults"] = "process"
    if settings["tail"] == "rewind":
        # pg_rewind needs it, and is seen to refuse without
        settings["wal_log_hints"] = dice.choice(("true", "true", "true", "false"))
    model = protocol()
    configured = configure(model, sets=settings, scope="small", bounds=bounds)
    grounded = ground(model, configured.settings, configured.bounds)
    program = PythonProgram(grounded, ())
    changed = {name: str(value).lower() for name, value in configured.changed_settings().items()}
    for number in range(ALIKE):
        trace = _Walker(grounded, program, random.Random(f"{seed}-{number}")).walk()
        if trace is not None:
            yield Walk(f"{seed}-{number}", changed, bounds, trace)


class _Walker:
    """One walk: the state as numbers and as Python values, and where in the story it is."""

    def __init__(self, grounded: Grounded, program: PythonProgram, dice: random.Random) -> None:
        self.grounded = grounded
        self.dice = dice
        self.program = program
        self.packed = self.program.initials[0]
        self.arranged = Arranged(grounded.settings)
        self.actions: list[Action] = []
        self.states = [grounded.initials[0]]
        self.patience = dice.randint(3, 18)
        """Steps that the first primary is given before it has to fail."""
        self.onward = dice.randint(0, 5)
        """Steps that the new one is given before the old one has to return."""

    def walk(self) -> Trace | None:
        """The trace up to the end of the return; None where there is no way on."""
        while len(self.actions) < LONGEST:
            state = plain.decode(self.grounded, self.program.unpack(self.packed))
            if _ended(state):
                return Trace(self.grounded, tuple(self.states), tuple(self.actions))
            choices = self._choices(state)
            if not choices:
                return None
            action, after = self.dice.choices(choices, [_WEIGHTS.get(one.name, 1.0) for one, _ in choices])[0]
            self.arranged.took(state, action.name, self._arguments(action))
            if action.name == "open_after_restart":
                self.patience = len(self.actions) + self.dice.randint(1, 8)
            self.actions.append(action)
            self.packed = after
            self.states.append(self.program.unpack(after))
        return None

    def _choices(self, state: Any) -> list[tuple[Action, int]]:
        found = [(self.grounded.actions[number], after) for number, after in self.program.expand(self.packed)]
        found = [
            (action, after)
            for action, after in found
            if action.name in KNOWN and self.arranged.allows(state, action.name, self._arguments(action))
        ]
        return _preferred(found, self._story(state))

    def _arguments(self, action: Action) -> dict[str, Any]:
        return {name: plain.python_value(kind, value) for name, kind, value in parameters(self.grounded, action)}

    def _story(self, state: Any) -> Callable[[str], bool] | None:
        """Which actions the story needs now; None where any will do."""
        first = words.Node(0)
        taken = len(self.actions)
        if state.latest == 0 and state.role[first] == words.Role.PRIMARY:
            over = taken >= self.patience
            fault = "request_shutdown" if self.grounded.settings.tail == chosen.Tail.CLEAN else "crash"
            return (lambda name: name.startswith(fault)) if over else None
        if state.latest == 0 and state.role[first] == words.Role.DOWN:
            return lambda name: name in _AFTER_CRASH
        if state.role[first] == words.Role.PRIMARY:
            return (lambda name: name.startswith("crash")) if taken >= self.patience + 8 else None
        self.onward -= 1
        if self.onward < 0 and state.role[first] == words.Role.DOWN:
            return lambda name: name in _RETURN or name in _BEFORE_RETURN
        return None


_AFTER_CRASH = ("promote", "lose_page_write", "lose_commit_log_write", "crash_standby", "restart_alone")
_RETURN = ("cut_tail", "copy_wal", "delete_wal", "start_as_standby", "rewind", "refuse_to_rewind")
_BEFORE_RETURN = (
    *("find_nothing_to_rewind", "flush_wal", "start_checkpoint", "start_commit_log_write", "write_commit_log"),
    *("checkpoint_commit_log", "start_page_write", "write_page", "insert_checkpoint", "update_control_file"),
)


def _preferred(found: list[tuple[Action, int]], wanted: Callable[[str], bool] | None) -> list[tuple[Action, int]]:
    """Those that the story needs, if there are any; a way on is better than none."""
    fitting = [one for one in found if wanted is None or wanted(one[0].name)]
    return fitting or found


def _ended(state: Any) -> bool:
    """The return has ended: refused, or all that the new primary has is replayed."""
    outcome = state.outcome[words.Node(0)]
    if outcome == words.Outcome.REWIND_REFUSED:
        return True
    try:
        return outcome != words.Outcome.NONE and bool(outcome_of(state))
    except NoOutcome:
        return False
