"""The cut: a kill at any moment leaves the log whole or cut, and what was cut can be put back."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from checker.operator import cut as cutting
from checker.operator.refusal import CannotTell
from checker.postgres.lsn import segment_name

SEGMENT = 1 << 20
FORK = 3 * SEGMENT + 5000
NAMES = [segment_name(1, number * SEGMENT, SEGMENT) for number in range(2, 7)]
LATER = NAMES[2:]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Five segments full of bytes that are not zero, and a control file."""
    (tmp_path / "global").mkdir()
    (tmp_path / "global" / "pg_control").write_bytes(b"control")
    (tmp_path / "pg_wal" / "archive_status").mkdir(parents=True)
    for number, name in enumerate(NAMES):
        (tmp_path / "pg_wal" / name).write_bytes(bytes([number + 1]) * SEGMENT)
    (tmp_path / "pg_wal" / "archive_status" / f"{LATER[0]}.ready").touch()
    return tmp_path


def contents(data: Path) -> dict[str, bytes]:
    """The files that a server would read."""
    wal = data / "pg_wal"
    return {str(path.relative_to(wal)): path.read_bytes() for path in wal.rglob("0*") if "failback" not in str(path)}


def plan(data: Path) -> cutting.Plan:
    return cutting.plan_cut(data, 1, FORK, 6 * SEGMENT, LATER, SEGMENT)


def is_cut(now: dict[str, bytes], before: dict[str, bytes]) -> bool:
    """Whether the log ends at the fork: nothing before it changed, and nothing but zeros follows in its segment."""
    offset = FORK % SEGMENT
    assert now[NAMES[0]] == before[NAMES[0]]
    assert now[NAMES[1]][:offset] == before[NAMES[1]][:offset]
    return not any(now[NAMES[1]][offset:])


def test_a_cut_and_its_undo(data: Path) -> None:
    before = contents(data)
    cutting.cut(data, plan(data))
    after = contents(data)
    assert is_cut(after, before)
    assert sorted(after) == NAMES[:2]
    assert len(after[NAMES[1]]) == SEGMENT
    assert cutting.done(data) == plan(data)
    assert cutting.undo(data) == plan(data)
    assert contents(data) == before
    assert sorted(path.name for path in (data / "pg_wal").iterdir()) == [*NAMES, "archive_status"]


def test_a_second_cut_would_lose_the_way_back(data: Path) -> None:
    cutting.cut(data, plan(data))
    with pytest.raises(CannotTell, match="undo it"):
        cutting.cut(data, plan(data))


def test_after_a_start_nothing_is_put_back(data: Path) -> None:
    cutting.cut(data, plan(data))
    (data / "global" / "pg_control").write_bytes(b"changed")
    after = contents(data)
    with pytest.raises(CannotTell, match="a server was started"):
        cutting.undo(data)
    assert contents(data) == after


def test_without_a_cut_there_is_nothing_to_undo(data: Path) -> None:
    with pytest.raises(CannotTell, match="nothing to undo"):
        cutting.undo(data)


# --- kill -9 ------------------------------------------------------------------------------------------------

STEPS = ("rename", "replace", "touch", "mkdir", "write_bytes", "unlink")
"""What changes a directory or a file, of Path."""


def killed_at(number: int, work: Callable[[], object]) -> bool:
    """Does the work in a process that kills itself before its change number `number`; whether it came so far."""
    child = os.fork()
    if child == 0:
        count = 0

        def counted(real: Callable[..., object]) -> Callable[..., object]:
            def wrapper(*arguments: object, **named: object) -> object:
                nonlocal count
                if count == number:
                    os.kill(os.getpid(), signal.SIGKILL)
                count += 1
                return real(*arguments, **named)

            return wrapper

        for name in STEPS:
            setattr(Path, name, counted(getattr(Path, name)))
        try:
            work()
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def test_a_cut_that_is_killed_at_any_step_is_whole_or_done_and_can_be_finished_or_undone(data: Path) -> None:
    before = contents(data)
    seen = set()
    number = 0
    while killed_at(number, lambda: cutting.cut(data, plan(data))):
        now = contents(data)
        seen.add(cut := is_cut(now, before))
        assert cut or now == before
        if cutting.unfinished(data) is None:
            assert not cut
            cutting.cut(data, plan(data))
        elif number % 2:
            cutting.undo(data)
            assert contents(data) == before
            cutting.cut(data, plan(data))
        else:
            cutting.cut(data, cutting.unfinished(data) or plan(data))
        assert sorted(contents(data)) == NAMES[:2]
        cutting.undo(data)
        assert contents(data) == before
        number += 1
    assert seen == {True, False}
    assert number >= len(LATER) + 6
    cutting.undo(data)


def test_an_undo_that_is_killed_at_any_step_leaves_the_log_cut_or_whole_and_goes_on(data: Path) -> None:
    before = contents(data)
    cutting.cut(data, plan(data))
    number = 0
    while killed_at(number, lambda: cutting.undo(data)):
        now = contents(data)
        assert is_cut(now, before) or now == before
        if (data / "pg_wal" / cutting.FOLDER).exists():
            if (data / "pg_wal" / cutting.FOLDER / "undoing").exists():
                with pytest.raises(CannotTell, match=r"run --undo again|undo it"):
                    cutting.cut(data, plan(data))
            cutting.undo(data)
        assert contents(data) == before
        cutting.cut(data, plan(data))
        number += 1
    assert number >= len(LATER) + 3
    assert contents(data) == before
