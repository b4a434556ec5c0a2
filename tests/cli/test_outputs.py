"""Outputs appear whole or not at all."""

import errno
import os

import pytest

from checker.outputs import Outputs
from checker.refusal import UsageError


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_nothing_appears_before_it_is_published(tmp_path):
    with Outputs(tmp_path / "out") as outputs:
        outputs.write("a.txt", "one")
        assert not (tmp_path / "out" / "a.txt").exists()
        outputs.publish(stale=())
        assert (tmp_path / "out" / "a.txt").read_text() == "one"
    assert names(tmp_path / "out") == ["a.txt"]


def test_a_failure_leaves_what_was_there(tmp_path):
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(KeyError), Outputs(tmp_path) as outputs:
        outputs.write("a.txt", "new")
        raise KeyError
    assert names(tmp_path) == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "old"


def test_stale_files_go_and_strangers_stay(tmp_path):
    for name in ("old.svg", "letter.txt"):
        (tmp_path / name).write_text("x")
    with Outputs(tmp_path) as outputs:
        outputs.write("new.svg", "y")
        outputs.publish(stale=["old.svg", "new.svg", "never.svg"])
    assert names(tmp_path) == ["letter.txt", "new.svg"]


def test_a_file_in_the_way_is_refused_at_once(tmp_path):
    (tmp_path / "out").write_text("not a folder")
    with pytest.raises(UsageError, match=r"cannot write .*out: File exists"), Outputs(tmp_path / "out"):
        pass


def test_a_full_disk_is_told(tmp_path, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UsageError, match=r"a\.txt: No space left on device"), Outputs(tmp_path) as outputs:
        outputs.write("a.txt", "one")
    assert names(tmp_path) == []
