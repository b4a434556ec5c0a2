"""The cache of verdicts: what was stored comes back, and nothing else is ever believed."""

from __future__ import annotations

import multiprocessing

import pytest

from checker import cache

KEY = {"kind": "test", "model": "abc", "settings": {"mode": "commit", "sync": True}}
VALUE = {"words": ["proved", "unknown"], "states": 12, "none": None}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "kept"))
    return tmp_path / "kept"


def entry(folder):
    (path,) = folder.glob("*.json")
    return path


def test_what_was_stored_comes_back():
    assert cache.lookup(KEY) is None
    assert cache.store(KEY, VALUE)
    assert cache.lookup(KEY) == VALUE
    assert cache.lookup(dict(reversed(KEY.items()))) == VALUE


@pytest.mark.parametrize("change", [{"model": "abd"}, {"settings": {"mode": "commit", "sync": 1}}, {"more": None}])
def test_another_key_has_another_value(change):
    cache.store(KEY, VALUE)
    assert cache.lookup({**KEY, **change}) is None


def test_the_last_value_counts(folder):
    cache.store(KEY, VALUE)
    cache.store(KEY, [1])
    assert cache.lookup(KEY) == [1]
    assert len(list(folder.iterdir())) == 1, "nothing unfinished is left behind"


def test_every_torn_entry_is_refused(folder):
    """Cut off after any byte, as a full disk or a crash leaves a file."""
    cache.store(KEY, VALUE)
    path, whole = entry(folder), entry(folder).read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert cache.lookup(KEY) is None
    path.write_bytes(whole)
    assert cache.lookup(KEY) == VALUE


@pytest.mark.parametrize(
    "edit",
    [
        lambda checksum, key, value: [checksum, key, value.replace(b"unknown", b"proved")],
        lambda checksum, key, value: [checksum, key.replace(b"abc", b"abd"), value],
        lambda checksum, key, value: [checksum, key.replace(b":true", b":  1"), value],
        lambda checksum, key, value: [b"0" * 64, key, value],
        lambda checksum, key, value: [checksum, key, value, b"1"],
        lambda checksum, key, value: [checksum, key],
        lambda checksum, key, value: [key, value],
        lambda checksum, key, value: [checksum, key + value],
        lambda checksum, key, value: [value],
        lambda checksum, key, value: [],
    ],
)
def test_an_edited_entry_is_refused(folder, edit):
    cache.store(KEY, VALUE)
    path = entry(folder)
    path.write_bytes(b"\n".join(edit(*path.read_bytes().split(b"\n"))))
    assert cache.lookup(KEY) is None


def test_an_entry_under_the_name_of_another_is_refused(folder):
    other = {**KEY, "model": "other"}
    cache.store(KEY, VALUE)
    first = entry(folder)
    cache.store(other, [2])
    (second,) = set(folder.glob("*.json")) - {first}
    second.write_bytes(first.read_bytes())
    assert cache.lookup(other) is None
    assert cache.lookup(KEY) == VALUE


def test_an_entry_of_an_older_format_is_refused(monkeypatch):
    cache.store(KEY, VALUE)
    monkeypatch.setattr(cache, "FORMAT", cache.FORMAT + 1)
    assert cache.lookup(KEY) is None


@pytest.mark.parametrize("who", ["file", "folder"])
def test_what_somebody_else_could_have_written_is_refused(folder, who):
    cache.store(KEY, VALUE)
    path = entry(folder) if who == "file" else folder
    path.chmod(path.stat().st_mode | 0o022)
    assert cache.lookup(KEY) is None


def test_bytes_that_are_no_text_are_refused(folder):
    cache.store(KEY, VALUE)
    entry(folder).write_bytes(b"\xff\xfe\x00")
    assert cache.lookup(KEY) is None


def test_a_folder_that_cannot_be_is_no_error(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "file" / "below"))
    assert not cache.store(KEY, VALUE)
    assert cache.lookup(KEY) is None


def test_where_it_is_without_being_told(tmp_path, monkeypatch):
    monkeypatch.delenv(cache.VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache.folder() == tmp_path / "failback-checker"
    cache.store(KEY, VALUE)
    assert (tmp_path / "failback-checker").stat().st_mode & 0o777 == 0o700


def writing(number):
    return all(cache.store(KEY, [number, "x" * 1000]) and cache.lookup(KEY) is not None for _ in range(50))


def test_writers_at_the_same_time_never_show_half_an_entry(folder):
    with multiprocessing.get_context("spawn").Pool(2) as p:
        assert p.map(writing, range(2)) == [True, True]
    assert len(list(folder.iterdir())) == 1
