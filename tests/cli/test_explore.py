"""The command `explore` as a user runs it: what it prints, its exit codes, its JSON.

The numbers are those of the tank (see its docstring): size k gives k + 1 states and k transitions, an open valve one
more of each, and its violation in k + 1 steps.
"""

import json
import os
import pty
import re
import signal
import subprocess
import sys

import pytest

from tests.cli.models import BARE, MODELS, ROOT, TANK, answer, checker, line_of

LAST = re.compile(r"^(\w+)  states ([\d,]+)  transitions ([\d,]+)  depth (\d+)  \d+\.\d s$")


def last(done):
    """Word, states, transitions and depth of the last line."""
    return LAST.fullmatch(done.stdout.splitlines()[-1]).groups()


@pytest.mark.parametrize(
    ("options", "code", "line"),
    [
        ([], 0, ("exhausted", "4", "3", "3")),
        (["--scope", "wide"], 0, ("exhausted", "41", "40", "40")),
        (["--bound", "size=7"], 0, ("exhausted", "8", "7", "7")),
        (["--mode", "open"], 12, ("violated", "5", "4", "4")),
        (["--preset", "leaky", "--bound", "size=1"], 12, ("violated", "3", "2", "2")),
        (["--preset", "dry", "--property", "never_over"], 11, ("deadlock", "1", "0", "0")),
        (["--preset", "dry"], 12, ("violated", "1", "0", "0")),
        (["--states", "2"], 3, None),
    ],
)
def test_exit_code_and_last_line(options, code, line):
    done = checker("explore", "--model", TANK, *options)
    assert done.returncode == code, done.stdout + done.stderr
    assert done.stderr == ""
    if line is None:
        assert last(done)[0] == "incomplete"
    else:
        assert last(done) == line


def test_an_action_that_never_fires_is_no_success():
    done = checker("explore", "--model", BARE)
    assert done.returncode == 3
    assert "incomplete: replace_bulb never fired" in done.stdout
    assert last(done) == ("incomplete", "2", "2", "1")


def test_unless_it_is_declared_idle():
    done = checker("explore", "--model", BARE, "--idle", "replace_bulb")
    assert done.returncode == 0
    assert "never fired, and declared idle: replace_bulb" in done.stdout


def test_each_property_has_its_sentence_and_a_counterexample_its_steps():
    text = checker("explore", "--model", TANK, "--mode", "open").stdout
    assert re.search(r"violated +never_over +in 4 steps\n +The tank never holds more than its size\.", text)
    assert re.search(r"reached +fills_up +in 3 steps\n +The tank can become full\.", text)
    assert text.index("1 fill") < text.index("4 spill")
    assert "hint  With --mode closed the valve keeps the last litre out." in text


def test_the_heading_has_the_exact_scope_and_what_differs():
    text = checker("explore", "--model", TANK, "--mode", "open", "--bound", "size=2").stdout
    assert re.search(r"settings +mode=open; the others at their defaults\n", text)
    assert re.search(r"scope +small with changes: size=2\n", text)
    assert re.search(r"limit +\S+ of memory", text)


@pytest.mark.parametrize("columns", [40, 80])
def test_nothing_is_wider_than_the_terminal(columns):
    done = checker("explore", "--model", TANK, "--mode", "open", COLUMNS=str(columns))
    *lines, _ = done.stdout.splitlines()
    assert max(map(len, lines)) <= columns
    assert "never_over" in done.stdout


def test_no_colours_where_there_is_no_terminal():
    assert "\033" not in checker("explore", "--model", TANK, "--mode", "open").stdout


def on_a_terminal(**environment):
    """What `explore` prints where standard output is a terminal."""
    terminal, stdout = pty.openpty()
    command = [sys.executable, "-m", "checker", "explore", "--model", TANK, "--mode", "open"]
    plain = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    with subprocess.Popen(
        command, stdout=stdout, stderr=stdout, cwd=ROOT, env={**plain, "TERM": "xterm", **environment}
    ):
        os.close(stdout)
        text = b""
        while b" s\r\n" not in text[-20:] and b" s\x1b[0m\r\n" not in text[-20:]:
            text += os.read(terminal, 4096)
    os.close(terminal)
    return text.decode()


COLOR = re.compile(r"\x1b\[[\d;]*3\d")


def test_colours_on_a_terminal():
    assert COLOR.search(on_a_terminal())


def test_no_colours_where_the_user_wants_none():
    text = on_a_terminal(NO_COLOR="1")
    assert "violated" in text
    assert not COLOR.search(text)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--mode", "opne"], "did you mean open?"),
        (["--set", "mood=open"], "did you mean mode?"),
        (["--set", "mode"], "not of the form NAME=VALUE"),
        (["--set", "mode=open", "--mode", "open"], "give one of them"),
        (["--set", "pump=true", "--set", "pump=false"], "--set gives pump twice"),
        (["--scope", "smal"], "did you mean small?"),
        (["--bound", "size=many"], "no whole number"),
        (["--bound", "size=--1"], "no whole number"),
        (["--property", "never_ower"], "did you mean never_over?"),
        (["--idle", "fil"], "did you mean fill?"),
        (["--preset", "leeky"], "did you mean leaky?"),
        (["--memory", "much"], "no size of memory"),
        (["--states", "0"], "--states"),
        (["--no-such-option"], "--no-such-option"),
    ],
)
def test_wrong_words_are_refused(options, said):
    done = checker("explore", "--model", TANK, *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_mode_needs_a_setting_of_that_name():
    done = checker("explore", "--model", BARE, "--mode", "open")
    assert done.returncode == 2
    assert "--mode is short for --set mode=..., and model bare has no setting 'mode'" in done.stderr


def test_a_mistyped_command_is_refused():
    done = checker("explroe")
    assert done.returncode == 2
    assert "Did you mean explore" in done.stderr


@pytest.mark.parametrize("model", ["broken.py", "nowhere.py"])
def test_a_model_that_cannot_be_read(model):
    done = checker("explore", "--model", MODELS / model)
    assert (done.returncode, done.stdout) == (150, "")
    assert model in done.stderr
    assert "Traceback" not in done.stderr


def test_a_broken_model_shows_the_line():
    done = checker("explore", "--model", MODELS / "broken.py")
    assert line_of("broken.py", "[True, False]") in done.stderr
    assert "s.lit = [True, False][0]" in done.stderr


def test_a_mistake_that_only_the_search_finds():
    done = checker("explore", "--model", MODELS / "overrun.py")
    assert done.returncode == 150
    assert last(done)[0] == "error"
    assert line_of("overrun.py", "s.count += 1") in done.stdout
    assert "2 increase" in done.stdout


# --- JSON ---------------------------------------------------------------------------------------------------


def test_json_and_nothing_else():
    document, code = answer("explore", "--model", TANK, "--mode", "open")
    assert code == document["exit"] == 12
    assert document["settings"] == {"mode": "open", "pump": True}
    assert document["scope"] == {"name": "small", "bounds": {"size": 3}}
    assert (document["states"], document["transitions"], document["depth"]) == (5, 4, 4)
    over, full = document["verdicts"]
    assert (over["property"], over["verdict"], over["depth"]) == ("never_over", "violated", 4)
    assert over["steps"] == ["fill", "fill", "fill", "spill"]
    assert (full["verdict"], full["depth"], full["trace"]) == ("reached", 3, None)


def test_json_says_what_was_left_out():
    document, code = answer("explore", "--model", BARE)
    assert code == document["exit"] == 3
    assert document["idle"] == ["replace_bulb"]
    assert document["shortcomings"] == ["replace_bulb never fired"]


def test_the_command_makes_it_again():
    options = ["--preset", "leaky", "--bound", "size=2", "--property", "never_over", "--idle", "fill", "--states", "99"]
    document, _ = answer("explore", "--model", TANK, *options)
    words = document["command"].split()
    assert words[0] == "checker"
    again, _ = answer(*words[1:])
    for changing in ("seconds", "memory"):  # how much memory is free changes
        document.pop(changing), again.pop(changing)
    assert again == document


def test_only_the_properties_asked_for():
    document, code = answer("explore", "--model", TANK, "--mode", "open", "--property", "fills_up")
    assert [verdict["property"] for verdict in document["verdicts"]] == ["fills_up"]
    assert code == 0


def test_first_ends_at_the_first_violation():
    document, code = answer("explore", "--model", TANK, "--mode", "open", "--first")
    assert (code, document["stopped"]) == (12, "first")


# --- limits and interruption --------------------------------------------------------------------------------

ENDLESS = str(MODELS / "endless.py")


def test_too_little_memory_is_incomplete_not_a_crash():
    document, code = answer("explore", "--model", ENDLESS, "--memory", "16M", "--disk", "0")
    assert (code, document["stopped"], document["outcome"]) == (3, "memory", "incomplete")
    assert document["states"] > 1
    assert [verdict["verdict"] for verdict in document["verdicts"]] == ["unknown"]


def _heeded():
    """In a new process: an interrupt ends it, also where all this was started behind a shell, which ignores them."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_an_interrupted_search_tells_what_it_knows():
    terminal, stderr = pty.openpty()
    command = [sys.executable, "-m", "checker", "explore", "--model", ENDLESS, "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, cwd=ROOT, preexec_fn=_heeded) as process:
        os.close(stderr)
        progress = b""
        while b"states/s" not in progress:
            progress += os.read(terminal, 1024)
        process.send_signal(signal.SIGINT)
        stdout, _ = process.communicate(timeout=60)
    os.close(terminal)
    assert process.returncode == 130
    assert json.loads(stdout)["outcome"] == "interrupted"


def test_a_reader_that_goes_away_gets_no_traceback():
    command = [sys.executable, "-m", "checker", "explore", "--model", TANK, "--scope", "wide", "--mode", "open"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 141
