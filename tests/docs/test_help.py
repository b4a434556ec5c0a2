"""The help of every command: there, complete, readable in 40 columns; and the completion of shells."""

from __future__ import annotations

import re

import click
import pytest
from click.testing import CliRunner

from checker.cli import COMMANDS, main
from tests.cli.models import checker
from tests.gate.test_gate import BREAKS, HOLDS, claims, folder

__all__ = ["claims", "folder"]


def command(name):
    found = main.get_command(click.Context(main), name)
    assert found is not None
    return found


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_is(name):
    for parameter in command(name).params:
        if isinstance(parameter, click.Option):
            assert re.fullmatch(r"[A-Z0-9].*[.)]", parameter.help or "", re.DOTALL), parameter.opts
        else:
            assert parameter.metavar or isinstance(parameter.type, click.Choice), f"{name}: {parameter.name}"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_what_it_does_and_how_it_ends(name):
    found = command(name)
    assert re.match(r"[A-Z][^.]+[.:]", found.help or "")
    assert "Exit codes:" in (found.epilog or "")


@pytest.mark.parametrize("name", [(), *((name,) for name in COMMANDS)])
@pytest.mark.parametrize("columns", [40, 80, 200])
def test_help_is_printed_in_any_terminal(name, columns):
    done = CliRunner().invoke(main, [*name, "--help"], terminal_width=columns)
    assert done.exit_code == 0, done.output
    assert done.output.startswith("Usage: ")
    if not name:
        assert all(re.search(rf"^  {word}\b", done.output, re.MULTILINE) for word in COMMANDS)


def test_help_of_the_program():
    done = checker("--help", COLUMNS="40")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_command_that_does_not_exist_is_no_success():
    done = checker("explroe")
    assert done.returncode == 2
    assert "Did you mean explore" in done.stderr


# --- completion: what the shell asks through the environment ------------------------------------------------


def completed(*words, cwd=None):
    """What bash is offered for the last word."""
    done = checker(
        cwd=cwd, _CHECKER_COMPLETE="bash_complete", COMP_WORDS=" ".join(["checker", *words]), COMP_CWORD=str(len(words))
    )
    assert done.returncode == 0, done.stderr
    return [line.partition(",")[2] for line in done.stdout.splitlines()]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_can_load_it(shell):
    done = checker(_CHECKER_COMPLETE=f"{shell}_source", PATH="/usr/bin:/bin")
    assert done.returncode == 0, done.stderr
    assert "_CHECKER_COMPLETE" in done.stdout


def test_commands_and_options_are_completed():
    assert completed("simu") == ["simulate"]
    assert "--liveness" in completed("explore", "--liv")
    assert completed("explore", "--engine", "n") == ["native"]


def test_names_of_claims_are_completed(claims):
    made = claims(holds=HOLDS, breaks=BREAKS)
    assert completed("gate", "ho", cwd=made) == ["holds"]
    assert completed("claims", "", cwd=made) == ["breaks", "holds"]
