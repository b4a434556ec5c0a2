"""The progress line: only on a terminal, over itself, never wider than the terminal."""

import io

from checker.explore import Progress
from checker.progress import ProgressLine


class Terminal(io.StringIO):
    def isatty(self):
        return True


NOW = Progress(states=12_345, queue=67, rate=10_000.4, depth=8, transitions=20_000)


def test_silent_where_there_is_no_terminal():
    stream = io.StringIO()
    line = ProgressLine(stream)
    line(NOW)
    line.clear()
    assert stream.getvalue() == ""


def test_says_states_queue_rate_and_depth():
    stream = Terminal()
    ProgressLine(stream)(NOW)
    assert stream.getvalue() == "\rstates 12,345  queue 67  10,000 states/s  depth 8"


def test_a_shorter_line_covers_a_longer_one():
    stream = Terminal()
    line = ProgressLine(stream)
    line(NOW)
    line(Progress(states=1, queue=2, rate=3, depth=4, transitions=5))
    first, second = stream.getvalue().removeprefix("\r").split("\r")
    assert len(first) == len(second)


def test_never_wider_than_the_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    stream = Terminal()
    ProgressLine(stream)(NOW)
    assert len(stream.getvalue().removeprefix("\r")) == 39


def test_cleared_before_the_results():
    stream = Terminal()
    line = ProgressLine(stream)
    line(NOW)
    width = len(stream.getvalue()) - 1
    line.clear()
    assert stream.getvalue().endswith("\r" + " " * width + "\r")
