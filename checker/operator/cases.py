"""What each end of a return means, what to do, and the behaviour of the model that ends the same way."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from checker.operator.diagnosis import Diagnosis
from checker.postgres import behaviours
from checker.postgres.behaviour import Behaviour, NotPossible, last_state, protocol

if TYPE_CHECKING:
    from checker.traces.trace import Trace

PREFLIGHT = "checker preflight --pgdata OLD --new-primary DSN"
_STOP = "Stop the node and leave its pg_wal alone"
_REWIND = "pg_rewind, where wal_log_hints or data checksums are on; else a new base backup"


@dataclass(frozen=True)
class Ask:
    """Settings under which the shortest failing return of the model ends like this one."""

    mode: str
    settings: Mapping[str, str] = field(default_factory=dict)
    bounds: Mapping[str, int] = field(default_factory=dict)
    about: str = "failback_succeeds"
    scope: str = "tiny"

    @property
    def command(self) -> str:
        """The command that finds it, and draws it with `--out`."""
        words = ["checker", "explore", "--mode", self.mode]
        words += [word for name, value in self.settings.items() for word in ("--set", f"{name}={value}")]
        words += ["--scope", self.scope]
        words += [word for name, value in self.bounds.items() for word in ("--bound", f"{name}={value}")]
        return shlex.join([*words, "--property", self.about, "--first", "--out", "trace/"])


@dataclass(frozen=True)
class Case:
    """Two sentences, what to do, and how the model gets there; `ask` is None where a shorter trace ends otherwise."""

    explanation: str
    advice: tuple[str, ...]
    behaviour: Behaviour | None = None
    ask: Ask | None = None


_TAIL_ADVICE = (
    f"{_STOP}: each start with the tail in place writes more of it into the data files.",
    f"{PREFLIGHT} says whether cutting the tail is enough, which it is only before the first start.",
    f"After a start with the tail: {_REWIND}.",
)

_AGAIN = _REWIND[0].upper() + _REWIND[1:] + "."

CASES: dict[str, Case] = {
    "forked_before": Case(
        "The node's own WAL goes past the point where the new timeline left the old one, inside the same segment, so "
        "the new primary let it connect and the node found out by itself. It replayed that tail before it connected, "
        "so its data is no longer a past state of the new primary, and it serves it to readers.",
        (
            *_TAIL_ADVICE,
            "Do not name the node in synchronous_standby_names: its reports can release commits that it does not have.",
        ),
        behaviours.TAIL_IN_FORK_SEGMENT,
        Ask("commit"),
    ),
    "start_not_in_history": Case(
        "The node's own WAL ends in a later segment than the fork, so it asks the new primary for old-timeline WAL "
        "that was never in the new primary's history. Nothing was exchanged, but the node has replayed its tail.",
        _TAIL_ADVICE,
        behaviours.TAIL_IN_LATER_SEGMENT,
        Ask("commit", bounds={"segment": 1}),
    ),
    "start_ahead": Case(
        "The node asks for WAL from a position that the upstream does not have: the tail ends in a segment past all "
        "that the upstream has flushed, which still speaks for the old timeline. Once that has promoted, the same node "
        "is told that its starting point is not in the history.",
        (*_TAIL_ADVICE, "Look whether the upstream has really been promoted: select pg_is_in_recovery()."),
        behaviours.ATTACHED_EARLY,
    ),
    "minimum_recovery": Case(
        "The control file says that the data files are consistent only from a point past the fork on: the node was "
        "started once with its tail. Cutting the tail now is too late, and the refusal is what protects the data.",
        (_AGAIN,),
        behaviours.GATED_CUT_LATE,
        Ask("data_flush", {"tail": "cut_late"}),
    ),
    "not_a_child": Case(
        "The node's last checkpoint lies past the point where the requested timeline left the node's own. Its control "
        "file, and so its pages, have run ahead of what the new primary had when it was promoted.",
        (_AGAIN,),
        behaviours.kept(*behaviours.CHECKPOINT, segment=1),
        Ask("commit", bounds={"segment": 1}),
    ),
    "no_checkpoint": Case(
        "The control file names a checkpoint whose record is not in pg_wal: it was in the part that was removed, or "
        "never reached the standby. Recovery has nowhere to begin.",
        (
            "If WAL files were removed by hand and are still somewhere, put them back and start over with "
            f"{PREFLIGHT}.",
            "Do not run pg_resetwal to get past this: it makes the divergence silent.",
            f"Otherwise: {_REWIND}.",
        ),
        behaviours.CHECKPOINT_AHEAD,
        Ask("commit", {"tail": "cut"}),
    ),
    "invalid_pages": Case(
        "A record of the new timeline changes a page that this node's files do not have: a truncation ran ahead of the "
        "standby, and the new primary went on with the longer file. The node stops rather than continue with a hole.",
        (
            _AGAIN,
            "Do not set ignore_invalid_pages: rows of the new primary would be missing here.",
        ),
        behaviours.TRUNCATION_AHEAD_NO_IMAGES,
        Ask("data_flush", {"tail": "cut", "truncate_gate": "false", "full_page_writes": "false"}),
    ),
    "waiting": Case(
        "A server process waits for a standby to acknowledge WAL, and no standby does: with data_flush or all a "
        "checkpoint or a fast shutdown waits for ever while the standby is away. A promoted node, or one in crash "
        "recovery, cannot take on a standby until it is through, so there the wait has no end.",
        (
            "Attach a standby, or stop with -m immediate and set synchronous_transfer = commit before the next start.",
            "An immediate stop leaves a tail: see the return that follows it.",
        ),
        behaviours.CRASH_RESTART_WAITS,
        Ask("data_flush", {"promotion_guard": "wait"}),
    ),
    "streaming": Case(
        "The node streams the new timeline, and nothing in its log speaks against it. A log cannot show a silent "
        "divergence: no page LSN is ever compared with the fork.",
        (
            "If WAL was removed from the node before this start, compare its data with the new primary's before you "
            "rely on it.",
        ),
        behaviours.EMPTY_TAIL,
    ),
    "wal_removed": Case(
        "The new primary no longer has the WAL that the node needs to catch up. That says nothing on whether the node "
        "had diverged.",
        (
            "Give the node a restore_command for an archive that has the segment, or take a new base backup.",
            "For the next time: a replication slot, or wal_keep_size.",
        ),
    ),
}
CASES["not_a_child_of"] = CASES["not_a_child"]


def case_of(found: Diagnosis) -> Case:
    """The case that a diagnosis is."""
    return CASES[found.kind]


def trace_of(behaviour: Behaviour, shows: str) -> Trace:
    """A behaviour as a trace that can be drawn and written. Raises NotPossible where the model does not allow it."""
    from checker import plain
    from checker.configuration import configure
    from checker.grounding.ground import ground
    from checker.traces.trace import Trace

    model = protocol()
    chosen = configure(model, sets=behaviour.settings, scope="small", bounds=behaviour.bounds)
    grounded = ground(model, chosen.settings, chosen.bounds)
    labelled = {(action.name, action.arguments): action for action in grounded.actions}
    (state,) = plain.initial_states(model, chosen.settings, chosen.bounds)
    states, actions = [plain.encode(grounded, state)], []
    for target in _states(behaviour):
        for step, arguments, after in plain.successors(model, state):
            if after == target:
                kinds = zip(step.parameters, arguments, strict=True)
                actions.append(labelled[step.name, tuple(plain.number(kind, value) for (_, kind), value in kinds)])
                states.append(plain.encode(grounded, after))
                state = after
                break
    return Trace(grounded, tuple(states), tuple(actions), shows)


def _states(behaviour: Behaviour) -> Iterator[Any]:
    """The state after each single step; `replay(A)*` is as many steps as can be taken."""
    done: list[str] = []
    for written in behaviour.steps:
        single = written.removesuffix("*")
        while True:
            try:
                state = last_state(replace(behaviour, steps=(*done, single)))
            except NotPossible:
                if single == written:
                    raise
                break
            done.append(single)
            if not written.startswith("not "):
                yield state
            if single == written:
                break
