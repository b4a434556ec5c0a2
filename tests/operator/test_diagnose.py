"""Logs, in every form and language they come in, and what they are said to mean."""

from __future__ import annotations

import gettext
import json
import re
import struct
from pathlib import Path

import pytest
from click.testing import CliRunner

from checker.cli import main
from checker.operator.cases import CASES, case_of, trace_of
from checker.operator.diagnosis import OTHER_ENDS, REFUSALS, Reader
from checker.operator.logs import entries, read_entries
from checker.operator.messages import FORMATS, Catalogue, installed
from checker.postgres.lsn import format_lsn
from checker.postgres.outcomes import Outcome, refusal_in
from checker.postgres.prediction import predict
from tests.operator.sample_logs import (
    F1,
    F2,
    KUBERNETES,
    LATER_RETURN,
    MIB,
    PATRONI,
    PROMOTED,
    R1,
    R2,
    RETURNED,
    csvlog,
)


def diagnosed(*files: str):
    """What the reader makes of files with this content, English catalogues only."""
    reader = Reader(Catalogue())
    for number, text in enumerate(files):
        reader.file(entries(text.splitlines(keepends=True), f"{number}.log"))
    return reader.diagnoses()


def prefixed(csv: str, prefix: str) -> str:
    """The messages of a csvlog as lines of stderr."""
    messages = re.findall(r',(LOG|FATAL),00000,"((?:[^"]|"")*)"', csv)
    return "".join(f"{prefix}{severity}:  {text.strip()}\n" for severity, text in messages)


def test_the_first_return_of_2013() -> None:
    (found,) = diagnosed(PROMOTED, RETURNED)
    assert (found.outcome, format_lsn(found.fork), format_lsn(found.end_of_wal)) == (Outcome.START_AHEAD, F1, R1)
    assert (found.timeline, found.new_timeline, found.times) == (1, 2, 2)
    assert round(found.tail / MIB, 1) == 201.4
    assert not found.fork_is_bound


def test_without_the_log_of_the_new_primary_the_fork_is_a_bound() -> None:
    (found,) = diagnosed(RETURNED)
    assert (format_lsn(found.fork), found.fork_is_bound) == ("0/45AD6088", True)


def test_the_second_return_of_2013_is_not_given_the_first_fork() -> None:
    first, second = diagnosed("\n".join([PROMOTED, RETURNED, LATER_RETURN]))
    assert first.outcome == Outcome.START_AHEAD
    assert (second.outcome, format_lsn(second.fork), format_lsn(second.end_of_wal)) == (Outcome.NOT_IN_HISTORY, F2, R2)
    assert round(second.tail / MIB, 1) == 108.1


@pytest.mark.parametrize("prefix", ["", "2013-08-06 09:39:53.650 CST [13339] startup ", "old-1 | app=[] ", "<%> "])
def test_stderr_with_any_prefix(prefix: str) -> None:
    (found,) = diagnosed(prefixed(PROMOTED, prefix), prefixed(RETURNED, prefix))
    assert (found.outcome, round(found.tail / MIB, 1)) == (Outcome.START_AHEAD, 201.4)


def test_jsonlog_and_what_wraps_it() -> None:
    lines = prefixed(RETURNED, "").splitlines()
    jsonlog = "".join(
        json.dumps({"timestamp": "2024-07-01 16:03:23.362 UTC", "error_severity": "LOG", "message": line}) + "\n"
        for line in lines
    )
    docker = "".join(
        json.dumps({"log": line + "\n", "stream": "stderr", "time": "2020-02-21T13:09:25.249059942Z"}) + "\n"
        for line in lines
    )
    kubernetes = "".join(f"2024-07-01T16:03:23.362907674Z stderr F {line}\n" for line in lines)
    for text in (jsonlog, docker, kubernetes):
        (found,) = diagnosed(text)
        assert (found.outcome, format_lsn(found.end_of_wal), found.times) == (Outcome.START_AHEAD, R1, 2)
        assert found.moment.startswith("20")


def test_patroni_says_the_fork_in_words_of_its_own() -> None:
    (found,) = diagnosed(PATRONI)
    assert (found.outcome, format_lsn(found.fork)) == (Outcome.TAIL_DIVERGED, F1)
    assert (found.timeline, found.new_timeline) == (1, 2)
    assert round(found.tail / MIB, 1) == 201.4


def test_cloudnative_pg_wraps_the_record() -> None:
    (found,) = diagnosed(KUBERNETES)
    assert (found.kind, found.outcome) == ("not_a_child", Outcome.NOT_IN_HISTORY)
    assert (format_lsn(found.fork), format_lsn(found.end_of_wal), found.new_timeline) == (F1, R1, 2)
    assert found.moment == "2024-07-01 16:03:23.362"


def test_a_history_file_says_the_fork() -> None:
    (found,) = diagnosed(f"1\t{F1}\tno recovery target specified\n", RETURNED)
    assert (format_lsn(found.fork), found.fork_is_bound) == (F1, False)


def test_a_return_that_streams_is_told_from_one_that_is_refused() -> None:
    text = "LOG:  entering standby mode\nLOG:  started streaming WAL from primary at 0/3000000 on timeline 2\n"
    (found,) = diagnosed(text)
    assert (found.kind, found.outcome, found.new_timeline) == ("streaming", None, 2)


def test_a_log_that_says_nothing() -> None:
    assert diagnosed("LOG:  checkpoint complete\n", '{"msg": 7}\n{"broken\n[1]\n') == []


def test_a_csvlog_that_is_cut_off_inside_a_quoted_message() -> None:
    assert diagnosed(RETURNED[: RETURNED.index(" is ahead")]) == []


# --- languages ----------------------------------------------------------------------------------------------

NUMBERS = {"X": "1A2B", "u": "7", "d": "7", "s": "000000010000000000000003", "m": "x", "z": "7"}


def turned(text: str) -> str:
    """A language of our own: the words upside down as it were, the last argument first."""
    pieces = re.split(r"(%0?\d*[uXs](?:/%0?\d*X)?)", text)
    places, count = [], 0
    for spec in pieces[1::2]:
        numbered = re.sub(r"%(0?\d*[uXs])", lambda m: f"%{{}}${m[1]}", spec)
        taken = spec.count("%")
        places.append(numbered.format(*range(count + 1, count + 1 + taken)))
        count += taken
    words = [piece[::-1].replace("%", "") for piece in pieces[::2]]
    return words[0] + "".join(place + word for place, word in zip(reversed(places), words[1:], strict=True))


def compiled(path: Path, texts: dict[str, str]) -> Path:
    """A message catalogue in the binary form that gettext reads, keys in order."""
    entries = sorted({"": "Content-Type: text/plain; charset=UTF-8\n", **texts}.items())
    table, data = [], b""
    start = 28 + 16 * len(entries)
    for column in (0, 1):
        for entry in entries:
            text = entry[column].encode()
            table.append(struct.pack("<II", len(text), start + len(data)))
            data += text + b"\0"
    count = len(entries)
    head = struct.pack("<7I", 0x950412DE, 0, count, 28, 28 + 8 * count, 0, 28 + 16 * count)
    path.parent.mkdir(parents=True)
    path.write_bytes(head + b"".join(table) + data)
    return path


@pytest.fixture
def catalogues(tmp_path: Path) -> list[Path]:
    """Ours, and every one that is installed here."""
    texts = {text: turned(text) for _, formats in FORMATS.values() for text in formats}
    return [compiled(tmp_path / "xx" / "LC_MESSAGES" / "postgres-99.mo", texts), *installed()]


def filled(text: str) -> str:
    """A format string with numbers in it, each argument the same for every place."""
    return re.sub(r"%(?:\d+\$)?[-0 ]*\d*l*([uXdsmz])", lambda match: NUMBERS[match.group(1)], text)


@pytest.mark.parametrize("kind", FORMATS)
def test_every_message_is_found_in_english_in_any_line(kind: str) -> None:
    for text in FORMATS[kind][1]:
        found = Catalogue().find(f"prefix [1]: ERROR:  {filled(text)}, and more")
        assert kind in [match.kind for match in found]


def test_every_message_is_found_in_every_language(catalogues: list[Path]) -> None:
    counts: dict[Path, int] = {}
    for path in catalogues:
        only = Catalogue([path])
        with path.open("rb") as file:
            translate = gettext.GNUTranslations(file).gettext
        for kind, (_, formats) in FORMATS.items():
            for text in formats:
                if translate(text) != text:
                    counts[path] = counts.get(path, 0) + 1
                    (match,) = [one for one in only.find(filled(translate(text))) if one.kind == kind]
                    assert match.lsn in (0, 0x1A2B << 32 | 0x1A2B), (path, text)
    assert counts[catalogues[0]] == sum(len(formats) for _, formats in FORMATS.values())
    assert all(count >= 10 for count in counts.values())


def test_arguments_in_another_order_are_put_in_the_english_one(catalogues: list[Path]) -> None:
    (english,) = FORMATS["start_not_in_history"][1]
    text = re.sub(r"%3\$u", "7", turned(english))
    text = re.sub(r"%1\$X/%2\$X", "0/89000000", text)
    assert text.index("7") < text.index("0/89000000")
    (match,) = Catalogue(catalogues[:1]).find(text)
    assert (match.kind, match.lsn, match.old_timeline) == ("start_not_in_history", 0x89000000, 7)


def test_languages_are_found_where_a_server_keeps_them(catalogues: list[Path]) -> None:
    folder = catalogues[0].parents[2]
    assert catalogues[0] in installed([folder])
    assert "xx/postgres-99.mo" in Catalogue(installed([folder])).languages


# --- cases --------------------------------------------------------------------------------------------------


def test_the_servers_own_list_of_refusals_says_the_same() -> None:
    for kind, outcome in REFUSALS.items():
        for text in FORMATS[kind][1]:
            refusal = refusal_in(filled(text))
            assert kind == "not_a_child_of" or (refusal is not None and refusal.outcome == outcome)


def test_every_end_has_a_case_of_two_sentences() -> None:
    assert set(CASES) == {*REFUSALS, *OTHER_ENDS, "streaming", "waiting"}
    for case in CASES.values():
        assert len(re.findall(r"[a-z]\. |[a-z]\.$", case.explanation)) == 2, case.explanation
        assert case.advice


@pytest.mark.parametrize("kind", sorted(REFUSALS))
def test_the_models_behaviour_ends_as_the_message_says(kind: str) -> None:
    behaviour = CASES[kind].behaviour
    assert behaviour is not None
    assert predict(behaviour) == REFUSALS[kind]


@pytest.mark.parametrize("kind", sorted({**REFUSALS, "waiting": None}.keys() - {"not_a_child_of"}))
def test_the_command_shown_finds_a_trace_that_ends_so(kind: str) -> None:
    from checker import plain
    from checker.postgres.prediction import outcome_of
    from checker.run import Request, run

    ask = CASES[kind].ask
    if ask is None:
        assert kind == "start_ahead"
        return
    request = Request(
        mode=ask.mode,
        sets=tuple(ask.settings.items()),
        scope=ask.scope,
        bounds=tuple(ask.bounds.items()),
        properties=(ask.about,),
        first=True,
    )
    (verdict,) = run(request).verdicts
    assert verdict.trace is not None
    state = plain.decode(verdict.trace.grounded, verdict.trace.states[-1])
    assert outcome_of(state) == (Outcome.BLOCKED if kind == "waiting" else REFUSALS[kind])


def test_a_behaviour_becomes_a_trace_that_plain_execution_takes_again() -> None:
    from checker.traces.replay import replay

    (found,) = diagnosed(RETURNED)
    behaviour = case_of(found).behaviour
    assert behaviour is not None
    trace = trace_of(behaviour, "start_ahead")
    replay(trace)
    starred = sum(step.endswith("*") for step in behaviour.steps)
    refused = sum(step.startswith("not ") for step in behaviour.steps)
    assert len(trace) >= len(behaviour.steps) - starred - refused


# --- the command --------------------------------------------------------------------------------------------


def run_command(*arguments: str):
    return CliRunner().invoke(main, ["diagnose", *arguments])


def test_the_command(tmp_path: Path) -> None:
    for name, text in (("new.csv", PROMOTED), ("old.csv", RETURNED)):
        (tmp_path / name).write_text(text)
    logs = [str(tmp_path / name) for name in ("new.csv", "old.csv")]
    done = run_command(*logs, "--out", str(tmp_path / "out"))
    assert done.exit_code == 0, done.output
    assert "201.4 MiB past the fork" in done.output
    assert done.output.splitlines()[-1].startswith("diagnosed  1 return  files 2")
    assert "<svg" in (tmp_path / "out" / "start_ahead.spacetime.svg").read_text()
    document = json.loads(run_command(*logs, "--json").output)
    assert document["returns"][0]["tail_bytes"] == 211166704


def test_nothing_found_is_no_success(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("LOG:  ready\n")
    done = run_command(str(tmp_path / "log"))
    assert done.exit_code == 3
    assert "No message says" in done.output
    assert run_command(str(tmp_path / "none")).exit_code == 2


@pytest.mark.parametrize(
    "line",
    ['{"log":' * 100_000, csvlog("09:00:00.000", "LOG", "x" * 200_000), '{"log":' + "9" * 10_000 + "}"],
    ids=["deep JSON", "a field wider than Python's reader of CSV takes", "a long number"],
)
def test_lines_that_no_server_writes_are_text(tmp_path: Path, line: str) -> None:
    (tmp_path / "a.log").write_text(f"{line}\n{PROMOTED}\n{RETURNED}\n")
    reader = Reader(Catalogue())
    reader.file(read_entries(tmp_path / "a.log"))
    assert [one.kind for one in reader.diagnoses()] == [one.kind for one in diagnosed(f"{PROMOTED}\n{RETURNED}\n")]


def test_a_line_that_never_ends_is_taken_in_pieces(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("x" * 250_000)
    assert [len(entry.line) for entry in read_entries(tmp_path / "a.log")] == [100_000, 100_000, 50_000]
