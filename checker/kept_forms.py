"""The two forms of a model, kept between runs: reading it and grounding it take most of the time of a small search.

What is kept is data, and is taken only for exactly the sources, settings and bounds that it was made of, by exactly
this checker (`checker.fingerprint`, `checker.cache`).  The search itself is never kept here: it is made each time.
"""

from __future__ import annotations

import gc
import os
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from checker import cache, fingerprint, ir
from checker.encoding import NotEncodable, decoded, encoded
from checker.grounding import ground as grounding
from checker.grounding.grounded import Grounded
from checker.reading.models import read_whole
from checker.reading.sources import load_module

Key = dict[str, object]

BELOW = "forms"
"""The folder in that of the cache, apart from verdicts, which take longer to find and next to no room."""

MOST = 256 << 20
"""Bytes of all that is kept there; one configuration takes about two million."""

_origins: dict[int, Key] = {}
"""By the identity of a form, as long as there is one: what it was made of."""


def load(reference: str = "model") -> ir.Model:
    """The model that `checker.reading.load` reads.  Raises `ModelError` as that does."""
    module = load_module(reference)
    sources = fingerprint.of_sources(module)
    if sources is None:
        return read_whole(module, reference)
    key: Key = {
        "what": "structured form",
        "name": module.__name__,
        "sources": sources,
        "checker": fingerprint.of_checker(),
        "named from": os.getcwd(),  # noqa: PTH109 - as `checker.reading.sources.place` does
    }
    model: ir.Model = _kept(key, lambda: read_whole(module, reference))
    _made_of(model, key)
    return model


def ground(model: ir.Model, settings: Any = None, bounds: Any = None) -> Grounded:
    """The form that `checker.grounding.ground.ground` makes of a model.  Raises `ModelError` as that does."""
    of_model = _origins.get(id(model))
    settings = settings if settings is not None or model.settings is None else model.settings()
    bounds = bounds if bounds is not None or model.bounds is None else model.bounds()
    said = f"{settings!r} {bounds!r}"
    if of_model is None or " at 0x" in said:
        return grounding.ground(model, settings, bounds)
    key: Key = {**of_model, "what": "grounded form", "of": said}
    made: list[Grounded] = []

    def parts() -> tuple[Any, ...]:
        made.append(grounding.ground(model, settings, bounds))
        return tuple(getattr(made[0], name) for name in _PARTS)

    found = dict(zip(_PARTS, _kept(key, parts), strict=True))
    numbers = {cell.name: cell.index for cell in found["cells"]}
    grounded = made[0] if made else Grounded(model, settings, bounds, **found, numbers=numbers)
    _made_of(grounded, key)
    return grounded


_PARTS = ("cells", "initials", "actions", "properties", "end", "off")


def origin(grounded: Grounded) -> Key | None:
    """All that a grounded form depends on, if `ground` made or found it in this process, or it is `derived` of one."""
    return _origins.get(id(grounded))


def _made_of(form: ir.Model | Grounded, key: Key) -> None:
    """Notes where a form comes from, until nobody has it any more."""
    _origins[id(form)] = key
    weakref.finalize(form, _origins.pop, id(form), None).atexit = False


def derived(made: Grounded, whole: Grounded, how: Key) -> Grounded:
    """The first form, known as what is made of the second in that way: all that is kept of it is kept under both."""
    of = origin(whole)
    if of is not None:
        _made_of(made, {**of, **how})
    return made


def recall(key: Key) -> object | None:
    """What was kept of a form under its whole key, or made of it; None where there is nothing."""
    return cache.lookup(key, BELOW)


def keep(key: Key, value: object) -> None:
    """Keeps what JSON can say for later runs, if there is a place for it."""
    cache.store(key, value, BELOW, MOST)


def _kept(key: Key, make: Callable[[], Any]) -> Any:
    with _without_collections():
        nodes = recall(key)
        if isinstance(nodes, list):
            try:
                return decoded(nodes)
            except (NotEncodable, TypeError, ValueError, LookupError):
                pass
        made = make()
        with suppress(NotEncodable):
            keep(key, encoded(made))
        return made


@contextmanager
def _without_collections() -> Iterator[None]:
    """Forms have no cycles worth a search for them each time that some thousand parts more were made."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
