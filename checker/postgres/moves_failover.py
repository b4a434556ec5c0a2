"""How each action of the model is done on servers, second half: shipping, crash, promotion, coming back."""

from __future__ import annotations

from checker.postgres import tail
from checker.postgres.enactment import Enactment
from checker.postgres.feasible import NotDone, Unmapped
from checker.postgres.lsn import format_lsn
from checker.postgres.moves import Step, move
from checker.postgres.proxy import Proxy
from checker.postgres.returning import wait_refused_or_streaming
from checker.postgres.shim import Kind
from checker.postgres.waiting import wait_until
from model.settings import Tail
from model.vocabulary import Outcome
from model.waits import apply_releases, commit_waits

_RECEIVED = "select greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) - '0/0'::pg_lsn"
"""A walreceiver that gets what was there already does not say so."""

_SENT = "select application_name, state, sent_lsn::text from pg_stat_replication"
_STREAMS = "select count(*) from pg_stat_replication where application_name = 'A' and state = 'streaming'"


# Shipping


@move
def receive(e: Enactment, step: Step) -> str:
    """The proxy lets pass what the upstream has flushed."""
    name, upstream = step.node(), step.node("upstream")
    if e.servers[name].follows != upstream or e.upstream_of(name).refusing:
        _follow(e, name, upstream)
    proxy = e.upstream_of(name)
    end = _sendable(e, step, upstream)
    if proxy.limit is not None:
        proxy.release_to(end)
    wait_until(
        lambda: _received(e, name) >= end,
        f"{name} to receive WAL up to {format_lsn(end)}",
        seen=lambda: (
            f"{format_lsn(_received(e, name))}; {e.ask(upstream, _SENT)}; {e.servers[name].node.log_text()[-400:]}"
        ),
    )
    return f"WAL up to {format_lsn(end)} passes and is received"


def _sendable(e: Enactment, step: Step, upstream: str) -> int:
    """What the upstream has flushed. A promoted one's log is not held: a commit, or a PREPARE, flushes by itself what
    the model flushes later (EndPrepare, RecordTransactionCommit), and no more than the model's passes."""
    s, u = step.before, step.arguments["upstream"]
    if s.timeline[u] > 0 and s.flushed[u] < s.wal_end[u]:
        return e.ends[s.timeline[u], s.flushed[u]]
    return e.flushed(upstream)


def _follow(e: Enactment, name: str, upstream: str) -> None:
    """A standby asks another server from now on, and gets no more of it than it has already."""
    server = e.servers[name]
    proxy = e.cluster.proxy(e.servers[upstream].node, f"{upstream}-to-{name}")
    proxy.cut_at(_received(e, name))
    # what it asks for at the end of a timeline must not wait behind a reply
    proxy.lose_replies()
    server.upstream, server.follows = proxy, upstream
    source = server.node.source_of(proxy.directory)
    server.node.configure({"primary_conninfo": source})
    proxy.wait_connected()


def _received(e: Enactment, name: str) -> int:
    (value,) = e.ask(name, _RECEIVED)[0]
    return int(value or 0)


@move
def fsync_wal(e: Enactment, step: Step) -> str:
    """Nothing is to be done: a walreceiver fsyncs before it reports. What it reports is as the model has it."""
    end = _received(e, step.node())
    e.is_fsynced(step.node(), end)
    return f"fsynced to {format_lsn(end)}: the server's walreceiver does so at once"


@move
def reply(e: Enactment, step: Step) -> str:
    """The proxy lets the standby's reply pass."""
    name = step.node()
    proxy = e.upstream_of(name)
    end = _received(e, name)
    proxy.keep_replies(False)
    proxy.lose_replies(False)
    proxy.wait_acknowledged(end, "write")
    proxy.wait_acknowledged(e.servers[name].fsynced or end)
    if apply_releases(step.before):
        proxy.wait_acknowledged(e.servers[name].fsynced or end, "apply")
    proxy.keep_replies() if proxy is e.acknowledging else proxy.lose_replies()
    told = proxy.acknowledged
    return f"the reply passes: written {format_lsn(told.write)}, flushed {format_lsn(told.flush)}"


@move
def replay(e: Enactment, step: Step) -> str:
    """Nothing is to be done: a server replays as soon as it can."""
    return "done by the startup process as soon as it can"


@move
def reply_past_fork(e: Enactment, step: Step) -> str:
    """The proxy lets the reply pass that the old primary gave at the end of the old timeline."""
    proxy, upstream = e.upstream_of(step.node()), step.node("upstream")
    wait_until(lambda: e.ask(upstream, _STREAMS)[0][0], f"the walsender of {upstream} to count as streaming")
    proxy.keep_replies(False)
    end = e.ends[0, step.before.wal_end[step.arguments["n"]]]
    proxy.wait_acknowledged(end)
    e.refused_later = False
    return f"the reply passes: flushed {format_lsn(proxy.acknowledged.flush)}; then {_answer(e, step)}"


# Crash and promotion


@move
def crash(e: Enactment, step: Step) -> str:
    """All processes of the server are ended at once."""
    name = step.node()
    n = step.arguments["n"]
    if (name != "A" or step.before.timeline[n] != 0) and step.before.flushed[n] < step.before.wal_end[n]:
        raise Unmapped(f"{step.label}: what a promoted server inserts it flushes at once")
    if name == "A" and _restarts_and_checkpoints(step) and not e.servers[name].silent:
        leave_room(e, step)
    e.servers[name].node.stop_immediate()
    e.servers[name].stopped_process = 0
    is_down(e, name)
    return "immediate stop"


def _restarts_and_checkpoints(step: Step) -> bool:
    """The checkpoint that ends the recovery gets to its record: where A crashes before, room for it would be a tail."""
    own = [name for name, arguments in step.following[1:] if arguments.get("n") == step.arguments["n"]]
    if "restart_alone" not in own:
        return False
    restarted = own[own.index("restart_alone") :]
    ends = [name for name in restarted if name.startswith("crash") or name == "insert_checkpoint"]
    return ends[:1] == ["insert_checkpoint"]


def leave_room(e: Enactment, step: Step) -> None:
    """Fills the log up to the next position: a checkpoint that ends a recovery begins where the log ends.

    Raises Unmapped where records are lost by this crash, so that the log ends before them, and in another segment.
    """
    s, n = step.before, step.arguments["n"]
    following = s.flushed[n] + 1
    if s.flushed[n] == s.wal_end[n]:
        e.pad("A", 0, following)
        e.ask("A", "select pg_logical_emit_message(false, 'flush', '')")
        end = e.inserted("A")
        e.release(Kind.WAL, lambda: e.flushed("A") >= end, "the log to be flushed before the crash")
    elif following % s.bounds.segment == 0:
        raise Unmapped(f"{step.label}: the checkpoint that ends the recovery would begin in the segment before its own")


def is_down(e: Enactment, name: str) -> None:
    """A primary has ended: its sessions are over, and what was held is not any more."""
    server = e.servers[name]
    if name == "A":
        e.stop_evicting()
        e.checkpoint = None
    for client in [*server.background, *(one.commit for one in server.sessions.values() if one.commit)]:
        client.join()
    server.background, server.sessions, server.monitor = [], {}, None
    server.stopping = server.recovering = False
    if server.node.shim is not None:
        server.node.shim.let_go()
        server.node.shim.open_gate()
        server.node.shim.restarted()


@move
def promote(e: Enactment, step: Step) -> str:
    """The whole promotion, up to the end-of-recovery record; the steps that follow find it done."""
    name, n = step.node(), step.arguments["n"]
    node = e.servers[name].node
    e.keep_from_checkpoints(name)
    e.ask(name, "select pg_promote(true, 30)")
    (timeline,) = e.ask(name, "select ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int")[0]
    t = step.before.latest + 1
    e.timelines[t] = (name, timeline)
    fork = tail.fork_of(node, timeline)
    position = step.before.wal_end[n]
    e.ends[t, position] = fork
    e.forks[t] = fork
    if commit_waits(step.before):
        others = ", ".join(other for other in ("A", "B") if other != name)
        node.configure({"synchronous_standby_names": f"ANY 1 ({others})"})
    e.pad(name, t, position + 1)
    end = e.ends[t, position + 1] = e.inserted(name)
    # a copy taken at once would have half of what fills the slot, which counts as nothing
    wait_until(lambda: e.flushed(name) >= end, f"what the promotion inserted to be flushed to {format_lsn(end)}")
    return f"pg_promote, to the end: timeline {timeline} begins at {format_lsn(fork)}"


@move
def begin_timeline(e: Enactment, step: Step) -> str:
    """Done by the promotion."""
    return f"done by the promotion: the history file says {format_lsn(e.forks[step.arguments['t']])}"


@move
def insert_end_of_recovery(e: Enactment, step: Step) -> str:
    """Done by the promotion."""
    return "done by the promotion"


@move
def open_for_writes(e: Enactment, step: Step) -> str:
    """Done by the promotion. Raises NotDone where it is not."""
    (recovering,) = e.ask(step.node(), "select pg_is_in_recovery()")[0]
    if recovering:
        raise NotDone(f"{step.node()} is still in recovery")
    return "done by the promotion: it accepts writes"


# Coming back


@move
def cut_tail(e: Enactment, step: Step) -> str:
    """The tail is zeroed."""
    fork = e.forks[step.before.latest]
    tail.cut(e.servers[step.node()].node, fork)
    return f"WAL zeroed from {format_lsn(fork)} on, later segments removed"


@move
def cut_tail_late(e: Enactment, step: Step) -> str:
    """The old primary is stopped, and the tail zeroed."""
    e.servers[step.node()].node.stop_immediate()
    e.servers[step.node()].monitor = None
    return f"stopped; {cut_tail(e, step)}"


@move
def copy_wal(e: Enactment, step: Step) -> str:
    """The new primary's WAL takes the place of the old one's."""
    tail.copy(e.servers[step.node()].node, e.servers[step.node("upstream")].node)
    return "pg_wal replaced by the new primary's"


@move
def delete_wal(e: Enactment, step: Step) -> str:
    """The old primary's WAL is removed."""
    tail.delete(e.servers[step.node()].node)
    return "every file in pg_wal removed"


@move
def start_as_standby(e: Enactment, step: Step) -> str:
    """The old primary is started behind a proxy of its own.

    The base backup's WAL, which the model does not have, is deleted with the rest.
    """
    name, n = step.node(), step.arguments["n"]
    server = e.servers[name]
    for other in e.servers.values():
        if other.follows == name and other.upstream is not None:
            # what a standby sends another is not in the model
            other.upstream.refuse()
    server.fsynced = 0
    asks(e, step, step.node("upstream"))
    server.node.settings["synchronous_standby_names"] = ""
    if e.settings.tail == Tail.DELETE:
        tail.delete(server.node)
    e.returns.append(server.node.mark())
    server.node.start(wait=False)
    if step.after.outcome[n] == Outcome.NONE:
        return "started with standby.signal"
    return f"started with standby.signal: {_answer(e, step)}"


def asks(e: Enactment, step: Step, source: str) -> None:
    """A node that is down will ask another server from its start on, through a proxy of its own."""
    server = e.servers[step.node()]
    server.upstream = e.cluster.proxy(e.servers[source].node, f"{source}-to-{step.node()}")
    server.follows = source
    _withhold_replies(e, step, server.upstream)
    _limit(e, step, server.upstream, source)
    server.node.become_standby(server.upstream.directory)


def _limit(e: Enactment, step: Step, proxy: Proxy, source: str) -> None:
    """Where it is promoted later, what it has of the new timeline matters: with copied WAL all that its source had, and
    pg_rewind left it in need of that. One that is promoted before it was answered never got through."""
    own = [name for name, arguments in step.following if arguments.get("n") == step.arguments["n"]]
    if "promote" in own and "connect" not in own[: own.index("promote")]:
        proxy.refuse()
    elif any(name == "promote" for name, _ in step.following):
        has_all = e.settings.tail in (Tail.REWIND, Tail.COPY)
        proxy.cut_at(e.flushed(source) if has_all else e.forks[step.before.latest])


def _withhold_replies(e: Enactment, step: Step, proxy: Proxy) -> None:
    """A reply that the model has later on is kept for then; that of a tail is given once, before it is refused."""
    if any(name == "reply_past_fork" for name, _ in step.following):
        proxy.keep_replies()
        e.refused_later = True
    elif commit_waits(step.before):
        proxy.lose_replies()


@move
def connect(e: Enactment, step: Step) -> str:
    """What comes of its request is awaited."""
    if e.refused_later:
        wait_until(lambda: e.ask(step.node("upstream"), _STREAMS)[0][0], "the walsender to count as streaming")
        return "the request is accepted; what it replies is on its way"
    answer = _answer(e, step)
    e.servers[step.node()].node.wait_ready()
    return answer


def _answer(e: Enactment, step: Step) -> str:
    """What comes of asking the new primary: a refusal of the log's own words, or the timeline that streams."""
    node = e.servers[step.node()].node
    timeline = e.timelines[step.before.latest][1]
    refusal = wait_refused_or_streaming(node, timeline, e.returns[-1])
    return (refusal.line.partition("  ")[2] or refusal.line) if refusal else f"streams timeline {timeline}"
