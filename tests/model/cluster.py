"""A cluster under plain execution: one state of the protocol, and the model's own actions taken on it."""

from __future__ import annotations

from contextlib import contextmanager

from checker import plain
from model import language
from model.failback import connect, start_as_standby
from model.failover import begin_timeline, crash, insert_end_of_recovery, open_for_writes, promote
from model.language import Disabled
from model.settings import Settings
from model.start import base_backup
from model.state import Bounds, State
from model.vocabulary import Kind, Node, Page, Transaction, WalRecord
from model.wal import flush_wal

A, B, C = Node(0), Node(1), Node(2)
P1, P2 = Page(0), Page(1)
X1, X2 = Transaction(0), Transaction(1)


class Cluster:
    """`s` is the state; a test may set it up by hand, which need not be a state that can be reached."""

    def __init__(self, bounds=None, **settings):
        self.s = State.blank(Settings(**settings), bounds or Bounds(records=4))
        base_backup(self.s)

    def can(self, action, *arguments):
        """Whether an action can be taken; the state stays as it is."""
        try:
            action(self.s.copy(), *arguments)
        except Disabled:
            return False
        return True

    def do(self, action, *arguments):
        """Takes an action, which must be enabled."""
        after = self.s.copy()
        try:
            action(after, *arguments)
        except Disabled:
            raise AssertionError(f"{action.__name__}{arguments} cannot be taken") from None
        plain.validate(after)
        self.s = after

    def record(self, position, kind, page=P1, transaction=X1, image=False, timeline=0):
        """Puts a record into the WAL."""
        self.s.log[timeline, position] = WalRecord(kind=kind, page=page, transaction=transaction, image=image)

    def fail_over(self, to=B, old=0):
        """The primary of the old timeline, if it runs, is out of sight; another node is promoted and opens."""
        self.do(promote, to)
        self.do(begin_timeline, to, old, old + 1)
        self.do(insert_end_of_recovery, to, old + 1, self.s.fork[old + 1] + 1)
        self.do(flush_wal, to)
        self.do(open_for_writes, to, old + 1)

    def forked(self, end, fork):
        """By hand: A has stopped, its WAL flushed up to `end`; B is open, its timeline begun at `fork`."""
        for position in range(1, max(end, fork) + 1):
            self.record(position, Kind.CHECKPOINT)
        s = self.s
        s.wal_end[A] = s.flushed[A] = end
        s.wal_end[B] = s.flushed[B] = fork
        self.do(crash, A, 0)
        s = self.s
        s.replayed[B] = fork
        self.fail_over()

    def come_back(self):
        """A is started as a standby, and asks for more once its own WAL is replayed by hand."""
        self.do(start_as_standby, A, B)
        self.s.replayed[A] = self.s.wal_end[A]
        self.do(connect, A, B)


@contextmanager
def cluster(bounds=None, **settings):
    """A cluster as it begins, its scope in force."""
    bounds = bounds or Bounds(records=4)
    with language.within(bounds):
        yield Cluster(bounds, **settings)
