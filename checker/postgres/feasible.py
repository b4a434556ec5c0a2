"""What servers here can be brought to be: settings and bounds of the model that can be enacted, and refusals."""

from __future__ import annotations

from typing import Any

from checker.configuration import Configuration, spelled

NODES = 3
"""Servers at most: a primary and two standbys."""

OFFSETS = (0.6, 0.3, 0.1)
"""Where in a slot a record of each timeline lies: where the model calls two equal, the older one is not less."""

NO_SERVER: dict[str, tuple[tuple[str, ...], str]] = {
    "promotion_guard": (("wait",), "a promoted server of today does not wait before it opens"),
    "wal_order": (("remote_first",), "a walsender sends what its server has flushed, and nothing else"),
    "ack_timeline": (("true",), "no server's acknowledgement has a timeline"),
    "two_phase_gate": (("true",), "no server knows an LSN of an abort, nor waits before it removes a state file"),
    "timeline_bump": (("false",), "a server that is promoted without a new timeline is not to be had by pg_promote"),
    "archive": (
        ("true",),
        "a segment is archived as a whole, and no position of the model is the end of one here",
    ),
    "drop": (("database",), "DROP DATABASE makes a checkpoint first, which the model leaves out"),
    "checkpoint_delays": (
        ("false",),
        "a checkpoint of every server waits for commits that are between record and effect",
    ),
    "commit_lsn": (
        ("forgotten_at_restart",),
        "the gate of the commit log compares the end of the log with what is told",
    ),
    "promotion_crash": (
        ("true",),
        "a server that is being promoted cannot be held between its history file and its opening",
    ),
    "map_rewrites": (("true",), "no rewrite of a mapped catalog is done here"),
    "split_records": (("whole", "bytes"), "records here are placed whole, and so are what is flushed and received"),
    "switched_on": (("without_interlock", "with_interlock"), "the gate is there from the beginning"),
    "standby_away": (("true",), "a standby is connected from the beginning"),
}
"""What no server here can be brought to be, and why."""


ONLY_WITH = {
    "tail": "start_as_standby",
    "sync": "insert_commit",
    "synchronous_commit": "insert_commit",
    "commit_lsn": "insert_commit",
    "hint_gate": "set_hint",
    "crash_restart": "restart_alone",
    "recovery_guard": "restart_alone",
    "prepared_transactions": "prepare_transaction",
    "restartpoints": "take_restartpoint",
    "drop": "insert_drop_table",
    "fast_shutdown": "request_shutdown",
    "promote": "promote",
}
"""Settings that make no difference to servers where an action does not take place."""


class Unmapped(RuntimeError):
    """A step of the model that cannot be done on servers, or not in this order; the message says which and why."""


class NotDone(RuntimeError):
    """A server did otherwise than the step of the model that was asked of it; the message says what."""


def check_feasible(settings: Any, bounds: Any) -> None:
    """Raises Unmapped for settings or bounds that no server here can have; the message says why."""
    if bounds.nodes > NODES or bounds.pages != 1 or bounds.promotions >= len(OFFSETS):
        raise Unmapped(f"two or three nodes, one page and up to {len(OFFSETS) - 1} promotions can be enacted: {bounds}")
    for name, (values, reason) in NO_SERVER.items():
        value = spelled(getattr(settings, name))
        if value in values and not _of_no_effect(settings, name):
            raise Unmapped(f"{name}={value}: {reason}")


def _of_no_effect(settings: Any, name: str) -> bool:
    """Where no data waits, a promotion has nothing to wait for either."""
    return name == "promotion_guard" and spelled(settings.mode) == "commit"


def bearing(chosen: Configuration, actions: set[str]) -> str:
    """The settings that are not the model's defaults and make a difference to the servers, and the bounds that do."""
    settings = {
        name: spelled(value)
        for name, value in chosen.changed_settings().items()
        if name not in ONLY_WITH or ONLY_WITH[name] in actions
    }
    bounds = {name: chosen.bound_values()[name] for name in ("nodes", "segment")}
    return ", ".join(f"{name}={value}" for name, value in {**settings, **bounds}.items())
