"""A state as a URL: which settings, which scope, which steps from the start.  Nothing else is kept anywhere.

`?preset=ideal&set.mode=commit&scope=tiny&bound.records=2&start=0&path=flush_wal(A);crash(A,0)&at=1&other=...`:
`path` are the steps as traces show them, without spaces; `at` how many of them have been taken (left out: all);
`start` the number of the initial state; `other` another such text, of the behaviour this one is compared with.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from checker.refusal import UsageError, unknown
from checker.run import Request

LONGEST = 400
"""Steps of a path: a server must not be kept busy by one URL."""


@dataclass(frozen=True)
class Address:
    """What one URL says.  `path` are labels of steps without spaces."""

    preset: str | None = None
    sets: tuple[tuple[str, str], ...] = ()
    scope: str | None = None
    bounds: tuple[tuple[str, int], ...] = ()
    start: int = 0
    path: tuple[str, ...] = ()
    at: int | None = None
    other: str = ""

    def request(self, model: str) -> Request:
        """The configuration that is asked for."""
        return Request(model=model, preset=self.preset, sets=self.sets, scope=self.scope, bounds=self.bounds)

    def query(self) -> str:
        """The text of the URL behind its question mark."""
        pairs: list[tuple[str, str]] = [("preset", self.preset)] if self.preset else []
        pairs += [(f"set.{name}", value) for name, value in self.sets]
        pairs += [("scope", self.scope)] if self.scope else []
        pairs += [(f"bound.{name}", str(value)) for name, value in self.bounds]
        pairs += [("start", str(self.start))] if self.start else []
        pairs += [("path", ";".join(self.path))] if self.path else []
        pairs += [("at", str(self.at))] if self.at is not None else []
        pairs += [("other", self.other)] if self.other else []
        return urlencode(pairs, safe="();,")


KEYS = ("preset", "set.NAME", "scope", "bound.NAME", "start", "path", "at", "other")


def read(query: str) -> Address:
    """What a URL says.  Raises `UsageError` for a key that is none, one given twice, and a number that is none."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=200)
    except ValueError:
        raise UsageError("the address has more than 200 keys") from None
    given = dict(pairs)
    if len(given) != len(pairs):
        names = [name for name, _ in pairs]
        raise UsageError(f"the address gives {next(name for name in names if names.count(name) > 1)} twice")
    for name in given:
        if name not in KEYS and not re.fullmatch(r"(set|bound)\.\w+", name):
            raise UsageError(f"the address: {unknown('key', name, KEYS)}")
    path = tuple(step for step in given.get("path", "").replace(" ", "").split(";") if step)
    if len(path) > LONGEST:
        raise UsageError(f"the address has {len(path)} steps; at most {LONGEST} can be shown")
    return Address(
        preset=given.get("preset") or None,
        sets=_named(given, "set."),
        scope=given.get("scope") or None,
        bounds=tuple((name, _number(f"bound.{name}", value)) for name, value in _named(given, "bound.")),
        start=_number("start", given.get("start") or "0"),
        path=path,
        at=_number("at", given["at"]) if given.get("at") else None,
        other=given.get("other", ""),
    )


def of_steps(request: Request, path: Sequence[str], start: int = 0) -> Address:
    """The address of a behaviour, by the labels of its steps, under what was asked for elsewhere."""
    mode = () if request.mode is None else (("mode", request.mode),)
    return Address(
        request.preset, (*mode, *request.sets), request.scope, tuple(request.bounds), start, tuple(map(short, path))
    )


def short(label: str) -> str:
    """The label of a step as an address has it."""
    return label.replace(" ", "")


def _named(given: Mapping[str, str], prefix: str) -> tuple[tuple[str, str], ...]:
    return tuple((name.removeprefix(prefix), value) for name, value in given.items() if name.startswith(prefix))


def _number(name: str, text: str) -> int:
    if not re.fullmatch("[0-9]{1,6}", text):
        raise UsageError(f"the address: {name} is {text!r}, and must be a whole number")
    return int(text)
