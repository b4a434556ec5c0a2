"""What verdicts depend on, as digests: the model's source, the checker's own, the libraries that judge."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.metadata
import inspect
import re
import sys
from collections.abc import Iterable
from enum import Enum
from functools import cache
from pathlib import Path
from types import FunctionType, ModuleType

from checker import ir
from checker.reading.sources import modules_of
from model import language

SHOWN = ("cli", "draw", "operator", "pages", "peers", "postgres", "report", "serve")
"""The packages that show what came out, or look at other things; no verdict depends on them (an import contract says
so), so verdicts are kept where only they change."""


def of_model(model: ir.Model) -> str:
    """A digest of a model: the text of its modules, and its structured form with all that was inlined from others."""
    sources = {inspect.getsourcefile(module) for module in (*modules_of(model.module), language)}
    sources |= {inspect.getsourcefile(cls) for cls in (model.settings, model.bounds, model.state) if cls is not None}
    return _digest([_structure(model), *(Path(file).read_bytes() for file in sorted(filter(None, sources)))])


def of_sources(module: ModuleType) -> str | None:
    """A digest of all that reading a model depends on, without reading it: the text of its modules and of those that
    its names lead to, and what is behind these names now, which a module may have computed.

    None where a module has no text.  Objects without a text of their own are all alike here: a model cannot read them.
    """
    told: list[bytes] = []
    pending, seen = [module.__name__], {*sys.stdlib_module_names}
    while pending:
        name = pending.pop()
        inner = sys.modules.get(name)
        if name in seen or name.partition(".")[0] in sys.stdlib_module_names or inner is None:
            continue
        seen.add(name)
        file = inspect.getsourcefile(inner) if getattr(inner, "__file__", None) else None
        if file is None or len(seen) - len(sys.stdlib_module_names) > MOST_MODULES:
            return None
        names = [
            _ADDRESS.sub("", f"{key} {_said(value)}") for key, value in vars(inner).items() if not key.startswith("__")
        ]
        told += [name.encode(), str(Path(file).absolute()).encode(), Path(file).read_bytes(), *map(str.encode, names)]
        for value in vars(inner).values():
            home = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)
            pending += [home] if isinstance(home, str) else []
    return _digest(told)


def _said(value: object) -> str:
    """What a module's name stands for, as far as its text does not say it."""
    if isinstance(value, ModuleType):
        return value.__name__
    if isinstance(value, FunctionType):
        marks = sorted(vars(value).items())
        return f"{value.__module__}.{value.__qualname__} {value.__code__.co_firstlineno} {marks!r}"
    if isinstance(value, type):
        plain = [(name, item) for name, item in vars(value).items() if isinstance(item, (int, str, tuple, Enum))]
        members = list(getattr(value, "__members__", ()))
        annotations = vars(value).get("__annotations__")
        return f"{value.__module__}.{value.__qualname__} {plain!r} {members} {annotations!r}"
    return repr(value)


MOST_MODULES = 500
"""That a model may lead to for its sources to be told: past that, reading it takes less time."""

_ADDRESS = re.compile(r" at 0x[0-9a-f]+")

_structures: dict[int, tuple[ir.Model, bytes]] = {}
"""By the identity of a model, which is kept with it: a gate asks for each of its claims."""


def _structure(model: ir.Model) -> bytes:
    """The structured form as text, once for each model."""
    if id(model) not in _structures:
        # A file that is read twice in one process has two module names, which its classes show: they are in its text.
        nameless = dataclasses.replace(model, name="", settings=None, bounds=None, state=None)
        _structures[id(model)] = model, hashlib.sha256(repr(nameless).encode()).digest()
    return _structures[id(model)][1]


@cache
def of_checker() -> str:
    """A digest of the checker that runs: all of its source that verdicts can depend on, and the version of Python."""
    package = Path(__file__).parent
    files = {path.relative_to(package).as_posix(): path for path in package.rglob("*.py")}
    named = [
        part
        for name in sorted(files)
        if name.split("/")[0] not in SHOWN
        for part in (name.encode(), files[name].read_bytes())
    ]
    return _digest([sys.version.encode(), *named])


def installed(*names: str) -> dict[str, str | None]:
    """The versions of libraries, by the names they are installed under; None for one that is not there."""
    return {name: _version(name) for name in names}


@cache
def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _digest(parts: Iterable[bytes]) -> str:
    """Of the parts one by one, so that no two lists of parts read alike."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(hashlib.sha256(part).digest())
    return whole.hexdigest()
