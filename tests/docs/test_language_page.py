"""`model/LANGUAGE.md` does what it says: its files are written, its commands run, and their output is as shown."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from checker.cli.codes import EXIT_CODES
from model import drawing, language

TOP = Path(__file__).parents[2]
PAGE = (TOP / "model" / "LANGUAGE.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"File `([^`]+)`(?:(?!```).)*?```\w+\n(.*?)```", PAGE, re.DOTALL))
SESSIONS = re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
NEEDED = {"replica.py", "specs/copied.toml", "specs/written.toml", "pytest.ini", "test_store.py"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the files of the page, as its reader has them."""
    made = tmp_path_factory.mktemp("reader")
    for name, text in FILES.items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(text)
    (old, new) = ("s.leader += 1", "s.leader = s.leader * 2 / 2 + 1")
    assert FILES["replica.py"].count(old) == 1
    assert f"`{new}`" in PAGE
    (made / "wrong.py").write_text(FILES["replica.py"].replace(old, new))
    return made


def test_the_files_are_found():
    assert FILES.keys() >= NEEDED


def run(command, folder):
    program, *arguments = shlex.split(command)
    told = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(
        [sys.executable, "-m", program, *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=120,
        env={**told, "PYTHONPATH": str(TOP), "COLUMNS": "150", "CHECKER_CACHE": str(folder / "kept")},
        check=False,
    )


@pytest.mark.parametrize("session", SESSIONS, ids=[session.splitlines()[0] for session in SESSIONS])
def test_a_session_prints_what_is_shown(folder, session):
    """Each line that is shown stands, in this order, in what its command prints."""
    shown = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", session, re.MULTILINE)
    assert shown
    for command, lines in shown:
        done = run(command, folder)
        rest = done.stdout + done.stderr
        for line in lines.splitlines():
            _, found, rest = rest.partition(line.strip())
            assert found, f"{line!r} not in, or not here in\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr


def test_sessions_were_found():
    assert len(SESSIONS) >= 6


def test_every_word_of_the_language_is_named():
    public = [
        name
        for module in (language, drawing)
        for name, item in vars(module).items()
        if getattr(item, "__module__", "") == module.__name__
    ]
    words = {name for name in public if len(name) > 1 and not name.startswith("_")}
    of_the_checker = {"OutOfModel", "Disabled", "SortType", "within", "bound", "hints", "values_of", "default_of"}
    of_pictures = {"Message", "Mark"}
    assert words >= of_the_checker | of_pictures
    assert words - of_the_checker - of_pictures <= set(re.findall(r"[A-Za-z_]\w*", PAGE))


@pytest.mark.parametrize("name", ["gate"])
def test_the_action_that_is_shown_exists(name):
    assert (TOP / ".github" / "actions" / name / "action.yml").is_file()
    assert f"OWNER/REPOSITORY/.github/actions/{name}@" in PAGE
    assert "- id: checker-gate" in (TOP / ".pre-commit-hooks.yaml").read_text()


def test_links_lead_somewhere():
    for target in re.findall(r"\]\(([^)]+)\)", PAGE):
        path, _, anchor = target.partition("#")
        if path:
            assert (TOP / "model" / path).exists(), target
        else:
            headings = re.findall(r"^#+ (.*)$", PAGE, re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}, target


def test_the_exit_codes_are_those_of_the_help():
    table = PAGE.partition("| exit code |")[2].partition("\n\n")[0]
    named = {code for cell in re.findall(r"^\| ([\d, ]+) \|", table, re.MULTILINE) for code in re.findall(r"\d+", cell)}
    assert named == set(re.findall(r"^  (\d+)", EXIT_CODES, re.MULTILINE))
