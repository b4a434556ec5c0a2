"""Claims: one TOML file each, that says what must come out of an exploration, and why.

title = "data_flush keeps the disk within the standby"
why = '''An argument, not a first run: ...'''
mode = "data_flush"                  short for a line of [settings]
model = "../other/model.py"          relative to this file; left out: the package `model`
preset = "patch-v5"
scope = "small"
idle = ["rejoin"]                    actions that need not fire in this scope
properties = ["no_wal_tail"]         only these; left out: every property of the model, each with an expectation
states = 37190                       exact numbers; left out: not claimed
transitions = 77678
depth = 18
deadlocks = 0                        the default

[settings]
tail = "cut"
sync = true

[bounds]
records = 4

[expect]
page_within_standby = "exhausted"
no_wal_tail = { verdict = "violated", depth = 3 }
ack_is_true = { verdict = "exhausted", constant = true }     the settings alone decide it
fork_covers_acks = { verdict = "exhausted", proved = true }  for any size too, by induction
acknowledged_commit_survives = { verdict = "exhausted", proved = { promotions = 1 } }     for any size but of this bound
checkpoint_completes = { verdict = "violated", depth = 4, possible = false }     liveness, checked where it is named:
                                     steps before what goes on for ever; no way leads out of it but from outside
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from checker.refusal import UsageError, listed, unknown

VERDICTS = ("exhausted", "violated", "reached", "unreached")
"""What may be expected: of a reachable property one of the last two, of all others one of the first."""

WITH_LENGTH = ("violated", "reached")
"""Verdicts whose evidence is a trace, so that its length can be claimed."""

MOST_BYTES = 1_000_000
"""Of a claim: many times what any argument needs."""

MODEL = "model"
"""The model of a claim, and of a command, that names none: the package of that name."""


class SpecError(Exception):
    """A spec that cannot be read or claims nothing; the message starts with its file."""


@dataclass(frozen=True)
class Expected:
    """The verdict a claim expects, and the length in steps of the shortest trace that shows it (None: any).

    `constant`: that the settings decide it, whatever the state; such a verdict says little, so it must be claimed.
    `possible`: of a liveness property, whether a way to it exists from every state; None: not claimed.
    `proved`: that it is shown for any size, the bounds fixed that it names; None: not claimed.
    """

    verdict: str
    depth: int | None = None
    constant: bool = False
    possible: bool | None = None
    proved: Mapping[str, int] | None = None

    def __str__(self) -> str:
        length = "" if self.depth is None else f" in {self.depth} step{'' if self.depth == 1 else 's'}"
        way = {None: "", True: ", yet possible from everywhere", False: ", and from somewhere impossible"}[
            self.possible
        ]
        return f"{self.verdict}{length}{way}{', constant under these settings' if self.constant else ''}"


@dataclass(frozen=True)
class Spec:
    """One claim, as written; names of the model are checked when it is run."""

    path: Path
    title: str
    why: str
    expect: dict[str, Expected]
    model: str = MODEL
    settings: dict[str, str] = field(default_factory=dict)
    preset: str | None = None
    scope: str | None = None
    bounds: dict[str, int] = field(default_factory=dict)
    idle: tuple[str, ...] = ()
    properties: tuple[str, ...] | None = None
    states: int | None = None
    transitions: int | None = None
    depth: int | None = None
    deadlocks: int = 0
    first: bool = False

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return self.path.stem

    @property
    def demands_proofs(self) -> bool:
        """Whether something is to be shown for any size."""
        return any(expected.proved is not None for expected in self.expect.values())


def read(path: Path) -> Spec:
    """Reads one spec.  Raises `SpecError` for a file that is unreadable, no TOML, or not what a spec must be."""
    try:
        if path.exists() and not path.is_file():
            raise SpecError(f"{path}: this is no file")
        if path.stat().st_size > MOST_BYTES:
            raise SpecError(f"{path}: this is no claim: it has more than {MOST_BYTES:,} bytes")
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SpecError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SpecError(f"{path}: this is not UTF-8 text") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SpecError(f"{path}: this is not TOML: {error}") from None
    try:
        _printable(table)
        return _spec(path, table)
    except _Wrong as error:
        raise SpecError(f"{path}: {error}") from None


def line_of(path: Path, name: str) -> int:
    """The line, from 1, on which a spec says what it expects of a property, else of `[expect]`, else the first."""
    table, lines = "", path.read_text(encoding="utf-8").splitlines()
    beginning = 1
    for number, line in enumerate(lines, 1):
        header = re.match(r"\s*\[\s*([^\[\]]+?)\s*\]", line)
        table = header[1] if header else table
        if table == "expect" and header:
            beginning = number
        quoted = rf"[\"']?{re.escape(name)}[\"']?"
        if (table == "expect" and re.match(rf"\s*{quoted}\s*[=.]", line)) or re.fullmatch(rf"expect\.{quoted}", table):
            return number
    return beginning


def find(asked: tuple[str, ...], folder: Path) -> list[Path]:
    """The files of the specs asked for: files, folders, or names of specs in `folder`; all of `folder` when none is.

    Raises `UsageError` where one of them matches nothing: a gate that runs nothing must not succeed.
    """
    if not asked:
        return _inside(folder)
    found = [path for one in asked for path in _matching(one, folder)]
    return list(dict.fromkeys(found))


def _inside(folder: Path) -> list[Path]:
    paths = sorted(folder.glob("*.toml"))
    if not paths:
        raise UsageError(f"no spec to run: there is no {folder}/*.toml here{_elsewhere(folder)}")
    return paths


def _elsewhere(folder: Path) -> str:
    """What to do where the folder is looked for from below it."""
    if folder.is_absolute():
        return ""
    above = next((up for up in Path.cwd().parents if any((up / folder).glob("*.toml"))), None)
    return "" if above is None else f", but in {above}: run it there, or name files or a folder"


def _matching(asked: str, folder: Path) -> list[Path]:
    path = Path(asked)
    if path.is_dir():
        return _inside(path)
    if path.is_file():
        return [path]
    names = {found.stem: found for found in sorted(folder.glob("*.toml"))}
    if asked not in names:
        raise UsageError(f"{unknown('spec', asked, list(names))} Looked in {folder}/ and for a file of that name.")
    return [names[asked]]


# --- what a spec must be ------------------------------------------------------------------------------------


class _Wrong(Exception):
    pass


_KEYS: dict[str, type] = {
    "title": str,
    "why": str,
    "model": str,
    "mode": str,
    "preset": str,
    "scope": str,
    "idle": list,
    "properties": list,
    "states": int,
    "transitions": int,
    "depth": int,
    "deadlocks": int,
    "first": bool,
    "settings": dict,
    "bounds": dict,
    "expect": dict,
}

_EXPECTED = ("verdict", "depth", "constant", "possible", "proved")

_TYPES = {str: "text", int: "a whole number", bool: "true or false", list: "a list", dict: "a table"}


def _spec(path: Path, table: Mapping[str, Any]) -> Spec:
    for key, value in table.items():
        if key not in _KEYS:
            raise _Wrong(unknown("key", key, list(_KEYS)))
        _check(key, value, _KEYS[key])
    for key in ("title", "why"):
        if not table.get(key, "").strip():
            raise _Wrong(f"{key} is missing" + (": a claim needs an argument, not a number" if key == "why" else ""))
    expect = {name: _expected(name, value) for name, value in table.get("expect", {}).items()}
    if not expect:
        raise _Wrong("[expect] is missing or empty: this spec claims nothing")
    properties = _names("properties", table["properties"]) if "properties" in table else None
    if table.get("first") and "violated" not in {one.verdict for one in expect.values()}:
        raise _Wrong("first ends a search at a violation, and this spec expects none")
    if properties is not None and set(properties) != set(expect):
        only = [(set(properties) - set(expect), "properties"), (set(expect) - set(properties), "[expect]")]
        odd = "; ".join(f"only {where} names {listed(sorted(names))}" for names, where in only if names)
        raise _Wrong(f"properties and [expect] must name the same ones: {odd}")
    return Spec(
        path=path,
        title=" ".join(table["title"].split()),
        why=table["why"].strip(),
        expect=expect,
        model=_model(path, table.get("model")),
        settings=_settings(table),
        preset=table.get("preset"),
        scope=table.get("scope"),
        bounds=_bounds(table.get("bounds", {})),
        idle=_names("idle", table.get("idle", [])),
        properties=properties,
        first=table.get("first", False),
        **{key: _count(key, table[key]) for key in ("states", "transitions", "depth", "deadlocks") if key in table},
    )


def _printable(value: Any) -> None:
    """Refuses control characters: what a spec says goes to terminals and to the logs of other programs."""
    if isinstance(value, str):
        odd = sorted({letter for letter in value if not letter.isprintable() and letter not in "\n\t\r"})
        if odd:
            raise _Wrong(f"{value[:60]!r} has a character that cannot be printed: {odd[0]!r}")
    elif isinstance(value, dict):
        for key, item in value.items():
            _printable(key)
            _printable(item)
    elif isinstance(value, list):
        for item in value:
            _printable(item)


def _check(key: str, value: Any, kind: type) -> None:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise _Wrong(f"{key} must be {_TYPES[kind]}, got {value!r}")


def _count(key: str, value: int) -> int:
    if value < 0:
        raise _Wrong(f"{key} must be 0 or more, got {value}")
    return value


def _names(key: str, values: list[Any]) -> tuple[str, ...]:
    for value in values:
        _check(f"each of {key}", value, str)
    repeated = sorted({value for value in values if values.count(value) > 1})
    if repeated:
        raise _Wrong(f"{key} names {listed(repeated)} twice")
    return tuple(values)


def _model(path: Path, value: str | None) -> str:
    """A file is meant relative to the spec; anything else is the name of a package."""
    if value is None:
        return MODEL
    if not value.endswith(".py") and "/" not in value:
        return value
    there = path.parent / value
    shortest = Path(os.path.normpath(there))  # which is another file where a folder before `..` is a link
    return str(shortest if shortest.resolve() == there.resolve() else there)


def _settings(table: Mapping[str, Any]) -> dict[str, str]:
    chosen: dict[str, str] = {}
    for name, value in table.get("settings", {}).items():
        if not isinstance(value, bool | str):
            raise _Wrong(f"[settings] {name} must be text or true or false, got {value!r}")
        chosen[name] = ("true" if value else "false") if isinstance(value, bool) else value
    if "mode" in table:
        if "mode" in chosen:
            raise _Wrong("mode is given twice, at the top and in [settings]")
        chosen["mode"] = table["mode"]
    return chosen


def _bounds(values: Mapping[str, Any]) -> dict[str, int]:
    for name, value in values.items():
        _check(f"[bounds] {name}", value, int)
    return dict(values)


def _expected(name: str, value: Any) -> Expected:
    where = f"[expect] {name}"
    if isinstance(value, str):
        value = {"verdict": value}
    if not isinstance(value, dict):
        raise _Wrong(f"{where} must be a verdict or a table with one, got {value!r}")
    for key in value:
        if key not in _EXPECTED:
            raise _Wrong(f"{where}: {unknown('key', key, _EXPECTED)}")
    verdict: Any = value.get("verdict")
    depth, constant = value.get("depth"), value.get("constant", False)
    _check(f"{where}.verdict", verdict, str)
    if verdict not in VERDICTS:
        raise _Wrong(f"{where}: {unknown('verdict', verdict, VERDICTS)}")
    _check(f"{where}.constant", constant, bool)
    possible = value.get("possible")
    if possible is not None:
        _check(f"{where}.possible", possible, bool)
    proved = _proved(where, verdict, value.get("proved"))
    if depth is None:
        return Expected(verdict, None, constant, possible, proved)
    _check(f"{where}.depth", depth, int)
    if verdict not in WITH_LENGTH:
        raise _Wrong(f"{where}: {verdict} has no trace, so no depth; {listed(WITH_LENGTH)} have")
    return Expected(verdict, _count(f"{where}.depth", depth), constant, possible)


def _proved(where: str, verdict: str, value: Any) -> dict[str, int] | None:
    """The bounds that a proof may fix: none where it is `true`."""
    if value is None:
        return None
    if verdict != "exhausted":
        raise _Wrong(f"{where}: what is {verdict} in a scope cannot be proved for any size")
    if value is True:
        return {}
    if not isinstance(value, dict) or not value:
        raise _Wrong(f"{where}.proved must be true, or a table of the bounds that it fixes, got {value!r}")
    for name, limit in value.items():
        _check(f"{where}.proved.{name}", limit, int)
    return dict(value)
