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
from checker.grounding.ground import ground
from checker.grounding.grounded import Action, Grounded
from checker.labels import parameters
from checker.postgres.arranged import Arranged
from checker.postgres.behaviour import protocol
from checker.postgres.enacting import KNOWN
from checker.postgres.prediction import NoOutcome, holds, outcome_of
from checker.traces.trace import Trace
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
    "drop": ("none", "none", "none", "none", "table"),
    "promote": ("acked", "any"),
}
"""The values that servers can be given, as often as they are to come up. What else the model knows, no server has yet
(a promotion that waits, acknowledgements with a timeline), or all of them have (a checkpoint that waits).
"""

BOUNDS: Mapping[str, tuple[int, ...]] = {
    "records": (2, 3, 4, 4),
    "transactions": (1, 2),
    "segment": (2, 3),
    "nodes": (2, 2, 2, 3),
    "promotions": (1, 1, 2),
}

_TO_A_RESTARTPOINT: Mapping[str, float] = {
    **dict.fromkeys(("start_checkpoint", "checkpoint_commit_log", "insert_checkpoint"), 4.0),
    **{"start_commit_log_write": 2.0, "write_commit_log": 4.0, "flush_wal": 2.0, "receive": 2.0, "fsync_wal": 3.0},
    "take_restartpoint": 8.0,
}
"""Where standbys take them: before one lies a whole checkpoint, received and replayed."""


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
        # only the first primary's shutdown is held
        settings["primary_faults"], bounds["promotions"] = "process", 1
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
        self.weights = {**_WEIGHTS, **(_TO_A_RESTARTPOINT if grounded.settings.restartpoints else {})}
        self.actions: list[Action] = []
        self.states = [grounded.initials[0]]
        self.patience = dice.randint(8, 22) if grounded.settings.restartpoints else dice.randint(3, 18)
        """Steps that the first primary is given before it has to fail."""
        self.onward = dice.randint(0, 5)
        """Steps that the new one is given before the old one has to return."""
        self.returned = words.Node(0)
        """Who was started last as a standby."""

    def walk(self) -> Trace | None:
        """The trace up to the end of the return; None where there is no way on."""
        while len(self.actions) < LONGEST:
            state = plain.decode(self.grounded, self.program.unpack(self.packed))
            if self._over(state):
                return Trace(self.grounded, tuple(self.states), tuple(self.actions))
            choices = self._choices(state)
            if not choices:
                return None
            action, after = self.dice.choices(choices, [self.weights.get(one.name, 1.0) for one, _ in choices])[0]
            self.arranged.took(state, action.name, self._arguments(action))
            if action.name == "open_after_restart":
                self.patience = len(self.actions) + self.dice.randint(1, 8)
            if action.name == "promote":
                self.onward = self.dice.randint(0, 5)
            if action.name == "start_as_standby":
                self.returned = self._arguments(action)["n"]
                self.patience = len(self.actions) + self.dice.randint(6, 16)
            self.actions.append(action)
            self.packed = after
            self.states.append(self.program.unpack(after))
        return None

    def _choices(self, state: Any) -> list[tuple[Action, int]]:
        found = [(self.grounded.actions[number], after) for number, after in self.program.expand(self.packed)]
        found = [
            (action, after)
            for action, after in found
            if action.name in KNOWN
            and self._in_order(state, action)
            and self.arranged.allows(state, action.name, self._arguments(action))
        ]
        return _preferred(found, self._story(state))

    def _arguments(self, action: Action) -> dict[str, Any]:
        return {name: plain.python_value(kind, value) for name, kind, value in parameters(self.grounded, action)}

    def _story(self, state: Any) -> Callable[[str], bool] | None:
        """Which actions the story needs now; None where any will do."""
        taken, last = len(self.actions), self.grounded.bounds.promotions
        primaries = {n for n in state.role if state.role[n] == words.Role.PRIMARY}
        newest = {n for n in primaries if state.timeline[n] == state.latest}
        down = any(role == words.Role.DOWN for role in state.role.values())
        if primaries - newest:
            return _fails if taken >= self.patience + 8 else None
        if newest and state.latest < last and (state.latest == 0 or self._came_back_whole(state)):
            fault = _is_shut_down if self.grounded.settings.tail == chosen.Tail.CLEAN else _fails
            return fault if taken >= self.patience else None
        if not newest and state.latest < last and down:
            return lambda name: name in _AFTER_CRASH
        self.onward -= 1
        if self.onward < 0 and down:
            return lambda name: name in _RETURN or name in _BEFORE_RETURN
        return None

    def _ended(self, state: Any) -> bool:
        """The last return has ended: refused, or all that the new primary has is replayed."""
        outcome = state.outcome[self.returned]
        if outcome == words.Outcome.REWIND_REFUSED:
            return True
        try:
            return outcome != words.Outcome.NONE and bool(outcome_of(state, self.returned))
        except NoOutcome:
            return False

    def _over(self, state: Any) -> bool:
        """The last return of the scope has ended, or one after which the history of the cluster does not go on."""
        promoted = any(role in (words.Role.PROMOTING, words.Role.FORKED) for role in state.role.values())
        if promoted or not self._ended(state):
            return False
        return state.latest == self.grounded.bounds.promotions or not self._came_back_whole(state)

    def _came_back_whole(self, state: Any) -> bool:
        """It streams, and nothing diverged: who comes back next can be compared with it."""
        streams = state.outcome[self.returned] == words.Outcome.STREAMING
        return streams and holds("no_silent_divergence", state)

    def _in_order(self, state: Any, action: Action) -> bool:
        """A second failover comes after the first primary's return, and is to a node on the newest timeline."""
        again = state.latest > 0 and action.name == "promote"
        n = self._arguments(action).get("n")
        if again:
            return self._came_back_whole(state) and state.timeline[n] == state.latest
        return not (_fails(action.name) and state.timeline[n] > 0) or self._came_back_whole(state)


def _fails(name: str) -> bool:
    return name in ("crash", "crash_system")


def _is_shut_down(name: str) -> bool:
    return name == "request_shutdown"


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
