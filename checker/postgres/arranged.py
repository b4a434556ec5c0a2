"""What of the model's freedom can be arranged on servers, which do several of its steps at once or in one order only.

Each rule says of a step whether servers can be brought to do it here and not sooner or later. A behaviour that breaks
one is a behaviour of the model all the same, and of servers too, but not one that they can be asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from checker.postgres.enacting import CHECKPOINT, DURABLE
from checker.postgres.moves_pages import INSERTS
from checker.postgres.prepared import removes_state_file
from model import settings as chosen
from model.language import within
from model.shipping import segment_start
from model.vocabulary import CheckpointStep, Kind, Node, Outcome, Phase, Role
from model.waits import apply_releases, data_waits, write_releases

A, B = Node(0), Node(1)
_PROMOTION = ("replay", "begin_timeline", "insert_end_of_recovery", "flush_wal", "open_for_writes")
_RECOVERY = ("replay", "connect")
_END_OF_PREPARED = (
    *("set_commit_status", "answer_commit", "set_abort_status", "answer_rollback"),
    *("cancel_commit_wait", "remove_state_file"),
)
_NONE, _LAST = CheckpointStep.IDLE, CheckpointStep.RECORD


def _transactions(s: Any) -> set[Any]:
    return {x for _, x in s.phase}


def _same_line(s: Any, n: Node, m: Node) -> bool:
    """Two nodes that were promoted without knowing of each other picked the same timeline ID."""
    return bool(s.timeline[n] != s.timeline[m] and s.number[s.timeline[n]] == s.number[s.timeline[m]])


def _delays(s: Any, n: Node, x: Any) -> bool:
    """A backend is between its record and what that does, or has prepared and not flushed: a checkpoint may wait."""
    unflushed = s.phase[n, x] == Phase.PREPARED and s.flushed[n] < s.commit_lsn[n, x]
    return unflushed or s.phase[n, x] in (Phase.LOGGED, Phase.ABORT_LOGGED)


def _sentence(rule: Callable[..., bool]) -> str:
    """What a rule says of servers: its docstring."""
    return " ".join((rule.__doc__ or "").split())


class Arranged:
    """The rules, and what they remember of the behaviour so far."""

    def __init__(self, settings: Any) -> None:
        self._settings = settings
        self._checkpoint_without_record = False
        """The commit log was written by a server's checkpoint that the model does not have."""
        self._room_needed = False
        """The log ends before records that a crash lost, in another segment than they were in."""
        self._dropped = False
        self._dirtied_again = False
        """A hint was set while the page was being written: the server's stays dirty, with nothing new in it."""
        self._vacuumed = False
        self._vacuum_unsent = 0
        """VACUUM's own commit, which the model does not have: to be received (2) and to be acknowledged (1)."""

    def took(self, s: Any, name: str, arguments: Mapping[str, Any]) -> None:
        """Remembers a step."""
        if name == "start_commit_log_write" and s.checkpointer[arguments["n"]].step == CheckpointStep.IDLE:
            self._checkpoint_without_record = True
        if name in ("crash", "crash_system"):
            self._checkpoint_without_record = False
            n = arguments["n"]
            in_later_segment = (s.flushed[n] + 1) % s.bounds.segment == 0
            self._room_needed = in_later_segment and bool(s.flushed[n] < s.wal_end[n])
        if name in ("set_hint", "set_logged_hint") and s.writer[arguments["n"]].busy:
            self._dirtied_again = True
        if name in ("start_page_write", "crash", "crash_system") and arguments["n"] == A:
            self._dirtied_again = False
        if name == "insert_drop_table":
            self._dropped = True
        removes_rows = name == "truncate_file" and not self._dropped
        if removes_rows:
            self._vacuumed = True
        if removes_rows or (self._vacuumed and name in ("start_commit_log_write", "checkpoint_commit_log")):
            self._vacuum_unsent = 2
        acknowledges = (name, self._vacuum_unsent) in (("receive", 2), ("reply", 1))
        if acknowledges and arguments["n"] == B:
            self._vacuum_unsent -= 1

    def allows(self, s: Any, name: str, arguments: Mapping[str, Any]) -> bool:
        """Whether servers can be brought to do this step in this state, and not sooner or later."""
        return not self.obstacle(s, name, arguments)

    def obstacle(self, s: Any, name: str, arguments: Mapping[str, Any]) -> str:
        """Why servers cannot be brought to do this step in this state: the rule that it breaks, or nothing."""
        n = arguments.get("n", A)
        by_node = (self._in_one_go, self._on_this_node, self._checkpoints, self._gates, self._shipping)
        by_arguments = (self._faults, self._upstreams, self._numbers, self._hints, self._rows)
        with within(s.bounds):
            for rule in by_node:
                if not rule(s, name, n):
                    return _sentence(rule)
            for choice in by_arguments:
                if not choice(s, name, arguments):
                    return _sentence(choice)
        return ""

    def _in_one_go(self, s: Any, name: str, n: Node) -> bool:
        """A promotion, the start of a returning node, and the end of a prepared transaction run to their end."""
        for m in s.role:
            if s.role[m] in (Role.PROMOTING, Role.FORKED):
                return n == m and name in _PROMOTION
        for m in s.role:
            if s.role[m] == Role.RECOVERING:
                return n == m and name in _RECOVERY
            if s.role[m] == Role.RESTARTING and s.replayed[m] < s.wal_end[m] and s.checkpointer[m].step == _NONE:
                return n == m and name == "replay"
            if s.role[m] == Role.PRIMARY and any(removes_state_file(s, m, x) for x in _transactions(s)):
                return n == m and name in _END_OF_PREPARED
        return True

    def _on_this_node(self, s: Any, name: str, n: Node) -> bool:
        """Durable writes are under control on the first primary; a promoted one's checkpoint is done at once."""
        if name not in DURABLE or (n == A and s.timeline[n] == 0):
            return True
        waited_for = any(s.role[m] == Role.DOWN and not s.came_back[m] for m in s.role)
        return name in CHECKPOINT and self._settings.tail == chosen.Tail.REWIND and waited_for

    def _checkpoints(self, s: Any, name: str, n: Node) -> bool:
        """A server's checkpoint writes the commit log, then every dirty page, and nothing is inserted meanwhile.

        Those of a table that was dropped are in the catalogs, which the model does not have: none is written then.
        """
        step = s.checkpointer[n].step
        at_work = step not in (CheckpointStep.IDLE, CheckpointStep.ENDED)
        open_ended = self._checkpoint_without_record and n == A
        if name in INSERTS and name != "insert_checkpoint" and (open_ended or (at_work and step != _LAST)):
            return False
        if name in INSERTS and step == _LAST and (n != A or s.timeline[n] != 0):
            return False
        if name in ("start_checkpoint", "start_commit_log_write") and open_ended:
            return False
        if name in ("start_checkpoint", "start_commit_log_write") and step == _NONE and n == A and self._dirtied_again:
            return False
        unflushed = s.flushed[n] < s.wal_end[n]
        # VACUUM's own status would be written with the others, and the log flushed before, which is a tail after a fork
        alone = self._vacuumed and (unflushed or (n == A and (self._vacuum_unsent == 2 or s.latest > 0)))
        if name in ("start_commit_log_write", "checkpoint_commit_log") and alone:
            return False
        delayed = s.truncater[n].busy or any(_delays(s, n, x) for m, x in s.phase if m == n)
        if self._dropped and n == A and name in ("start_page_write", "start_commit_log_write", "start_checkpoint"):
            return False
        if name == "start_commit_log_write":
            known = all(s.status_lsn[key] <= s.flushed[n] for key in s.status_lsn if key[0] == n)
            # a checkpoint that the model does not have would go on to their state files
            prepared = any(s.phase[m, x] == Phase.PREPARED and not s.state_file[m, x] for m, x in s.phase if m == n)
            # a shutdown's checkpoint, and a promoted node's, are the only ones there
            return (
                known
                and not delayed
                and (step == CheckpointStep.REDO or (step == CheckpointStep.IDLE and not prepared))
                and ((s.role[n] == Role.PRIMARY and n == A) or step == CheckpointStep.REDO)
            )
        if name == "start_checkpoint":
            return not delayed and not s.clog_writing[n] and not s.writer[n].busy
        if name == "checkpoint_commit_log":
            written = all(
                s.disk_status[key] == s.status[key] and s.disk_status_aborted[key] == s.aborted[key]
                for key in s.status
                if key[0] == n
            )
            return (
                written
                and not s.clog_writing[n]
                and all(s.buffer[key].lsn <= s.flushed[n] for key in s.dirty if key[0] == n)
            )
        if name == "start_page_write" and s.role[n] != Role.PRIMARY:
            return bool(step == CheckpointStep.COMMIT_LOG)
        redo = s.checkpointer[n].redo
        late = name == "insert_checkpoint" and self._settings.tail == chosen.Tail.CUT_LATE
        if late and segment_start(s, redo) != segment_start(s, redo + 1):
            # a server's redo point lies close before the record, where the next segment has begun
            return False
        if name in ("insert_checkpoint", "sync_files"):
            return not any(dirty for key, dirty in s.dirty.items() if key[0] == n) and not s.writer[n].busy
        return True

    def _numbers(self, s: Any, name: str, arguments: Mapping[str, Any]) -> bool:
        """Transaction numbers are handed out in their order, also where a truncation takes one."""
        if name not in ("update_page", "insert_commit", "insert_drop_table"):
            return True
        n, x = arguments["n"], arguments["x"]
        return all(s.phase[n, y] != Phase.IDLE for m, y in s.phase if m == n and y < x)

    def _gates(self, s: Any, name: str, n: Node) -> bool:
        """But for pages the gate compares the end of the log that is written, not that of the record in question."""
        if name not in ("write_commit_log", "update_control_file", "truncate_file") or not data_waits(s):
            return True
        told = s.acknowledged[n].write if self._settings.ack == chosen.Ack.WRITE else s.acknowledged[n].flush
        gate = {
            "write_commit_log": self._settings.clog_gate,
            "update_control_file": self._settings.control_gate,
            "truncate_file": self._settings.truncate_gate,
        }[name]
        passes = self._settings.wait_cancellable or self._settings.guard == chosen.Guard.INSIDE_XLOGFLUSH
        return not gate or passes or n != A or (told == s.flushed[n] and not self._vacuum_unsent)

    def _shipping(self, s: Any, name: str, n: Node) -> bool:
        """A walreceiver fsyncs at once, unless its fsyncs are held; a startup process replays at once."""
        splits = not s.came_back[n] and (write_releases(s) or self._settings.standby_faults == chosen.Faults.OS)
        if name == "receive" and s.role[A] == Role.STOPPING:
            # what its sessions leave behind is flushed with the last record, and sent then
            return bool(s.checkpointer[A].record and s.checkpointer[A].record <= s.flushed[A])
        if name == "reply":
            replayed = not apply_releases(s) or s.replayed[n] == s.wal_end[n]
            return replayed and (splits or s.flushed[n] == s.wal_end[n])
        if name == "copy_wal":
            return all(s.flushed[m] == s.wal_end[m] for m in s.role if s.role[m] == Role.PRIMARY)
        return True

    def _faults(self, s: Any, name: str, arguments: Mapping[str, Any]) -> bool:
        """What a server is past before it can be stopped, and what would keep it from stopping, or from starting."""
        n = arguments.get("n", A)
        if name == "crash_standby":
            # its WAL is fsynced at once, and to replay a truncation fixes how far it has to get again
            replayed = s.flushed[n] == s.wal_end[n] or all(one.kind != Kind.TRUNCATE for one in s.log.values())
            streams = not s.came_back[n] or s.outcome[n] == Outcome.STREAMING
            # nor is it let in again by a primary that shuts down
            stops = any(s.role[m] == Role.STOPPING for m in s.role)
            return bool(s.role[n] == Role.STANDBY and replayed and streams and not stops)
        if name in ("crash", "crash_system"):
            if s.role[n] == Role.RESTARTING and not self._before_record(s, n):
                return bool(s.checkpointer[n].record and s.checkpointer[n].record <= s.flushed[n])
            if self._dropped and n == A and s.flushed[n] < s.wal_end[n]:
                # of a DROP TABLE without its commit the catalogs' records are flushed
                return False
            held = n == A and s.timeline[n] == 0 and s.role[n] == Role.PRIMARY
            return bool(held or s.flushed[n] == s.wal_end[n])
        if name in ("lose_page_write", "lose_commit_log_write"):
            return bool(n == A)
        if name == "restart_alone":
            # the checkpoint that ends the recovery begins where the log ends; and nobody gates a truncation's redo
            waits = data_waits(s) and self._settings.recovery_guard == chosen.Waiting.WAIT
            truncates = any(one.kind == Kind.TRUNCATE or one.drops for one in s.log.values())
            return n == A and not self._room_needed and not (waits and truncates) and not self._vacuumed
        if name == "take_restartpoint":
            t, at = arguments["t"], arguments["at"]
            later = [k for (u, k), one in s.log.items() if one.kind == Kind.CHECKPOINT and k > at]
            return s.replayed[n] == s.flushed[n] and not [k for k in later if k <= s.flushed[n]] and t == s.timeline[n]
        if name == "request_shutdown":
            quiet = not s.writer[n].busy and not s.clog_writing[n] and not s.truncater[n].busy
            idle = s.checkpointer[n].step == CheckpointStep.IDLE and not self._checkpoint_without_record
            return quiet and idle and s.flushed[n] == s.wal_end[n]
        if name == "promote":
            # VACUUM's commit alone would be a tail that the model does not have
            whole = self._vacuum_unsent == 2 and s.flushed[A] <= s.wal_end[B] and s.latest == 0
            return not whole or bool(s.came_back[n])
        if name == "insert_drop_table" and s.writer[n].busy:
            # a table's buffers are dropped before its file, and the one that is being written is waited for (WaitIO)
            return False
        if name in ("truncate_file", "insert_drop_table"):
            return bool(s.flushed[n] == s.wal_end[n])
        if name == "insert_truncate":
            return not any(holds for key, holds in s.buffer_holds.items() if key[0] == n)
        if name == "find_nothing_to_rewind" and _same_line(s, n, arguments["source"]):
            return True
        if name in ("rewind", "find_nothing_to_rewind", "refuse_to_rewind"):
            return bool(s.control[arguments["source"]].timeline == s.latest)
        return True

    def _upstreams(self, s: Any, name: str, arguments: Mapping[str, Any]) -> bool:
        """Who is asked sends a server all it has: one that has asked a newer primary is past the fork, where no older
        one is asked. Before the fork one is (shipping.is_behind), if the newer one was slow."""
        if name not in ("receive", "connect"):
            return True
        return bool(s.number[s.timeline[arguments["upstream"]]] >= s.seen[arguments["n"]])

    def _before_record(self, s: Any, n: Node) -> bool:
        """Something holds the checkpoint that ends a recovery before its record: the commit log, which was trimmed and
        is always written, or a page; there may be nothing to fsync."""
        step = s.checkpointer[n].step
        page = any(dirty for key, dirty in s.dirty.items() if key[0] == n)
        log = step == CheckpointStep.IDLE or any(s.disk_status[key] != s.status[key] for key in s.status if key[0] == n)
        return step != _LAST and (page or log)

    def _hints(self, s: Any, name: str, arguments: Mapping[str, Any]) -> bool:
        """A query marks the rows of every transaction that is over, not of one."""
        if name not in ("set_hint", "set_logged_hint"):
            return True
        n, x, p = arguments["n"], arguments["x"], arguments["p"]
        if self._settings.wal_log_hints and self._checkpoint_without_record and n == A:
            return False
        return all(
            s.phase[n, y] != Phase.ENDED or s.buffer_hint[n, p, y] or s.buffer_aborted[n, p, y]
            for m, y in s.phase
            if m == n and y != x
        )

    def _rows(self, s: Any, name: str, arguments: Mapping[str, Any]) -> bool:
        """A row of the new primary has its place in the page: where the old one has a row that never was, redo of an
        insert without an image ends in `PANIC: failed to add tuple`, or makes the page anew for its first row. What a
        page is to the model, a set of changes that do not mind each other, it is not then."""
        if name == "restart_alone" and not self._settings.full_page_writes:
            return not any(holds for (n, *_), holds in s.disk_holds.items() if n == A)
        if name in ("start_page_write", "write_page") and arguments["n"] == A and s.latest > 0:
            return all(t == 0 or one.kind != Kind.UPDATE or one.image for (t, _), one in s.log.items())
        if name != "update_page" or arguments["n"] == A:
            return name != "insert_truncate" or bool(self._settings.full_page_writes)
        n, p = arguments["n"], arguments["p"]
        image = self._settings.full_page_writes and s.buffer[n, p].lsn <= s.redo[n]
        return image or bool(s.disk[A, p].exists and s.disk[A, p].lsn <= s.fork[s.latest])
