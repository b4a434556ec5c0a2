"""The Python behind a model: its modules, imported; its functions, parsed; the places of both."""

from __future__ import annotations

import ast
import importlib
import importlib.machinery
import importlib.util
import inspect
import itertools
import linecache
import os
import re
import sys
import textwrap
import traceback
from functools import lru_cache
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Annotated, Any, get_args, get_origin

from checker import ir
from checker.reading.errors import ModelError
from model.language import Range


def place(file: str, line: int) -> ir.Place:
    """A place in a source file; the file is named from the current directory where it lies under it."""
    name = _named(file, os.getcwd())  # noqa: PTH109 - asked thousands of times, and a Path takes ten times as long
    return ir.Place(name, line, linecache.getline(file, line).rstrip("\n"))


@lru_cache(maxsize=256)  # a model has thousands of places, in few files
def _named(file: str, here: str) -> str:
    path = Path(file)
    return str(path.relative_to(here) if path.is_absolute() and path.is_relative_to(here) else path)


def load_module(reference: str) -> ModuleType:
    """Imports a model by dotted name, or by the path of a file or of a package's directory.

    Raises `ModelError` where there is none, and where its text cannot be parsed or its import fails.
    """
    linecache.checkcache()
    is_path = reference.endswith(".py") or "/" in reference or "\\" in reference
    try:
        return _from_path(Path(reference)) if is_path else _by_name(reference)
    except SyntaxError as error:
        where = place(error.filename or reference, error.lineno or 1)
        raise ModelError(f"not Python: {error.msg}", where) from None
    except ModelError:
        raise
    except (Exception, SystemExit) as error:
        raise ModelError(f"importing {reference} failed: {_summary(error)}", _raised_at(error)) from None


def _by_name(name: str) -> ModuleType:
    try:
        found = importlib.util.find_spec(name)
    except (ModuleNotFoundError, ValueError):
        found = None
    if found is None:
        raise ModelError(f"there is no model {name!r}", None, "give a module's name, or the path of a .py file")
    return importlib.import_module(name)


class _AsItStands(importlib.machinery.SourceFileLoader):
    """Runs what a file says now: kept bytecode is that of a file of this size and second, which may have changed."""

    called: str
    """What people know the file by, whatever number its module's name has."""

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.get_data(self.path), self.path)


def called(module: ModuleType) -> str:
    """The name of a model: that of its module, or of the file or folder it was read from."""
    return module.__loader__.called if isinstance(module.__loader__, _AsItStands) else module.__name__


def _from_path(path: Path) -> ModuleType:
    """Runs the file anew under a module name of its own, so that two models of one file name do not mix."""
    file = path / "__init__.py" if path.is_dir() else path
    if not file.is_file():
        raise ModelError(f"there is no file {str(path)!r}", None, "give a module's name, or the path of a .py file")
    stem = path.resolve().stem
    name, number = stem, 2
    while name in sys.modules:
        name, number = f"{stem}_{number}", number + 1
    packages = [str(path.resolve())] if path.is_dir() else None
    loader = _AsItStands(name, str(file.resolve()))
    loader.called = stem
    spec = importlib.util.spec_from_file_location(
        name, file.resolve(), loader=loader, submodule_search_locations=packages
    )
    if spec is None or spec.loader is None:
        raise ModelError(f"{str(path)!r} is no Python source", None, "a model is a .py file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _summary(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def _raised_at(error: BaseException) -> ir.Place | None:
    """The innermost line of the traceback that is no part of Python's own import machinery or of this program."""
    own = str(Path(__file__).parent.parent)
    frames = [f for f in traceback.extract_tb(error.__traceback__) if not f.filename.startswith(("<", own))]
    library = str(Path(importlib.__file__).parent.parent)
    frames = [f for f in frames if not f.filename.startswith(library) or "site-packages" in f.filename]
    return place(frames[-1].filename, frames[-1].lineno or 1) if frames else None


def modules_of(module: ModuleType) -> list[ModuleType]:
    """A module itself, or a package's own modules in the order of its namespace; not what models are written with."""
    if not hasattr(module, "__path__"):
        return [module]
    found = [module]
    for value in list(vars(module).values()):
        if isinstance(value, ModuleType) and value.__name__.startswith(f"{module.__name__}."):
            found += [inner for inner in modules_of(value) if inner not in found]
    return [inner for inner in found if inner.__name__ not in ("model.language", "model.drawing")]


def names_of_functions(module: ModuleType) -> set[str]:
    """The names of all functions that a model's modules know, without those of the language."""
    known = (value for inner in modules_of(module) for value in vars(inner).values() if isinstance(value, FunctionType))
    return {function.__name__ for function in known if function.__module__ != "model.language"}


def functions_of(module: ModuleType) -> list[FunctionType]:
    """The functions defined in a module, in the order of its lines."""
    own = [f for f in vars(module).values() if isinstance(f, FunctionType) and f.__module__ == module.__name__]
    return sorted(set(own), key=lambda f: f.__code__.co_firstlineno)


@lru_cache(maxsize=256)
def _parsed(file: str, _text: str) -> dict[int, ast.FunctionDef]:
    """The functions of a file by their first line, a decorator's line included."""
    found: dict[int, ast.FunctionDef] = {}
    for node in ast.walk(ast.parse(_text)):
        if isinstance(node, ast.FunctionDef):
            found[min([node.lineno, *(d.lineno for d in node.decorator_list)])] = node
    return found


def definition(function: FunctionType) -> ast.FunctionDef:
    """The syntax tree of a function.  Raises `ModelError` for one that no `def` in a file made."""
    code = function.__code__
    text = "".join(linecache.getlines(code.co_filename))
    try:
        return _parsed(code.co_filename, text)[code.co_firstlineno]
    except (KeyError, SyntaxError):
        where = place(code.co_filename, code.co_firstlineno)
        raise ModelError(
            f"`{function.__name__}` has no source that can be read", where, "write it with `def`"
        ) from None


def function_source(function: FunctionType) -> str:
    """The text of a function without its decorators and its docstring."""
    node = definition(function)
    lines = linecache.getlines(function.__code__.co_filename)
    said = node.body[0] if ast.get_docstring(node) is not None else None
    hidden = range(said.lineno, (said.end_lineno or said.lineno) + 1) if said is not None and node.body[1:] else ()
    kept = [lines[at - 1] for at in range(node.lineno, (node.end_lineno or node.lineno) + 1) if at not in hidden]
    return textwrap.dedent("".join(kept)).rstrip()


def function_place(function: FunctionType) -> ir.Place:
    """Where a function's `def` stands."""
    return place(function.__code__.co_filename, definition(function).lineno)


def class_place(cls: type) -> ir.Place | None:
    """Where a class stands, as far as Python can tell."""
    found = _line_of(cls)
    return None if found is None else place(*found)


@lru_cache(maxsize=256)  # Python parses the whole file for each
def _line_of(cls: type) -> tuple[str, int] | None:
    try:
        _, line = inspect.getsourcelines(cls)
        return inspect.getsourcefile(cls) or "", line
    except (OSError, TypeError):
        return None


def doc(item: Any) -> str:
    """The docstring of a class, function or module, without its indentation; not one that Python made or inherits."""
    if not isinstance(item, type):
        return inspect.getdoc(item) or ""
    text = vars(item).get("__doc__") or ""
    signature = text.startswith(f"{item.__name__}(")  # which is what a dataclass without one is given
    return "" if signature else inspect.cleandoc(text)


def attribute_docs(cls: type | None) -> dict[str, str]:
    """The texts below the attributes of a class, by attribute; empty where its source cannot be read."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(cls))) if cls is not None else ast.parse("")
    except (OSError, TypeError, SyntaxError):
        return {}
    body = tree.body[0].body if tree.body and isinstance(tree.body[0], ast.ClassDef) else []
    return {
        named.target.id: " ".join(said.value.value.split())
        for named, said in itertools.pairwise(body)
        if isinstance(named, ast.AnnAssign)
        and isinstance(named.target, ast.Name)
        and isinstance(said, ast.Expr)
        and isinstance(said.value, ast.Constant)
        and isinstance(said.value.value, str)
    }


def integer_types(module: ModuleType) -> dict[str, tuple[Range, str]]:
    """The names that a model's modules give to integers with limits, with the texts below them."""
    found: dict[str, tuple[Range, str]] = {}
    for inner in modules_of(module):
        for name, value in vars(inner).items():
            limits = next((part for part in get_args(value)[1:] if isinstance(part, Range)), None)
            if get_origin(value) is Annotated and limits is not None and name not in found:
                found[name] = limits, _below(inner).get(name, "")
    return found


@lru_cache(maxsize=256)
def _below(module: ModuleType) -> dict[str, str]:
    """The texts below the assignments of a module, by name; empty where its source cannot be read."""
    try:
        body = ast.parse(inspect.getsource(module)).body
    except (OSError, TypeError, SyntaxError):
        return {}
    return {
        named.targets[0].id: " ".join(said.value.value.split())
        for named, said in itertools.pairwise(body)
        if isinstance(named, ast.Assign)
        and isinstance(named.targets[0], ast.Name)
        and isinstance(said, ast.Expr)
        and isinstance(said.value, ast.Constant)
        and isinstance(said.value.value, str)
    }


def attribute_blocks(cls: type) -> list[list[str]]:
    """The attributes of a class as empty lines and comments part them; one block where its source cannot be read."""
    try:
        lines = textwrap.dedent(inspect.getsource(cls)).splitlines()
    except (OSError, TypeError):
        return [list(cls.__annotations__)]
    blocks: list[list[str]] = [[]]
    for before, line in itertools.pairwise(lines):
        name = re.match(r"    (\w+)\s*:\s", line)
        if name is None or name[1] not in cls.__annotations__:
            continue
        if not before.strip() or before.strip().startswith("#"):
            blocks.append([])
        blocks[-1].append(name[1])
    return [block for block in blocks if block]
