"""Log files of servers and of what runs them, as entries: what was said, when, and on which line of which file.

stderr with any log_line_prefix, csvlog, jsonlog, CloudNativePG's records, and each of these as Docker, Kubernetes or a
paste into a web page wraps it.  What is none of them is a line of text like any other: the messages in it are found.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from checker.refusal import UsageError

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d+)?")
_CSV = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} [^,\"]+,")
_CRI = re.compile(r"\S+Z? (?:stdout|stderr) [FP] ")
_CSV_MESSAGE, _CSV_DETAIL, _CSV_COLUMNS = 13, 14, 23
_LONGEST = 200
"""Lines after which a quoted field of a csvlog that never ends is taken for a line that was cut off."""
_WIDEST = 100_000
"""Characters of a line; a longer one is none of a server's, and is taken in pieces, as lines of their own."""


@dataclass(frozen=True)
class Entry:
    """One thing that was logged. `moment` is as the log writes it, to the second or finer; empty where it has none."""

    file: str
    number: int
    moment: str
    text: str
    line: str


def read_entries(path: Path) -> Iterator[Entry]:
    """The entries of one file, in order. Raises `UsageError` for one that cannot be read."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            yield from entries(iter(lambda: file.readline(_WIDEST), ""), path.name)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None


def entries(lines: Iterable[str], file: str) -> Iterator[Entry]:
    """The entries of a log that is given line by line."""
    source = iter(lines)
    number = 0
    for raw in source:
        number += 1
        wrapped = _CRI.match(raw)
        line = raw[wrapped.end() if wrapped else 0 :].rstrip("\n")
        if line.startswith("{") and (said := _of_json(line)) is not None:
            yield from (Entry(file, number, moment, text, line) for moment, text in said)
            continue
        if _CSV.match(line):
            first = number
            while line.count('"') % 2 and number - first < _LONGEST and (more := next(source, None)) is not None:
                number += 1
                line += "\n" + more.rstrip("\n")
            yield _of_csv(line, file, first)
            continue
        entry = _of_text(line, file, number)
        yield entry if entry.moment or wrapped is None else replace(entry, moment=_moment(wrapped.group()))


def _of_text(line: str, file: str, number: int) -> Entry:
    found = _MOMENT.search(line[:200])
    return Entry(file, number, _moment(found.group()) if found else "", line, line)


def _of_csv(line: str, file: str, number: int) -> Entry:
    """Message and detail of a csvlog entry; where the columns do not fit, the whole of it."""
    try:
        fields = next(csv.reader([line.rstrip()]), [])
    except csv.Error:
        fields = []
    shown = " ".join(line.split())
    if len(fields) < _CSV_COLUMNS - 1:
        return Entry(file, number, _moment(line), line, shown)
    return Entry(file, number, _moment(fields[0]), f"{fields[_CSV_MESSAGE]}\n{fields[_CSV_DETAIL]}", shown)


def _of_json(line: str) -> list[tuple[str, str]] | None:
    """What a JSON line says: message and detail of a server, or the lines that Docker's driver wraps; None: no JSON."""
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict):
        return None
    if isinstance(wrapped := document.get("log"), str):
        inner = list(entries(wrapped.splitlines(), ""))
        outer = _moment(_text(document, "time"))
        return [(entry.moment or outer, entry.text) for entry in inner]
    outer = _moment(_text(document, "ts", "timestamp", "time", "@timestamp"))
    record = document.get("record")
    said = record if isinstance(record, dict) else document
    moment = _moment(_text(said, "log_time", "timestamp")) or outer
    text = _text(said, "message", "msg")
    return [(moment, "\n".join(part for part in (text, _text(said, "detail", "err", "error")) if part))]


def _text(document: dict[str, Any], *names: str) -> str:
    return next((value for name in names if isinstance(value := document.get(name), str)), "")


def _moment(text: str) -> str:
    """A moment in one spelling, so that moments of one zone can be compared as text; empty for anything else."""
    found = _MOMENT.match(text)
    return found.group().replace("T", " ").replace(",", ".") if found else ""
