"""What all Graphviz pictures have in common: escaped labels, a colour for each action, the legend."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from html import escape
from typing import Any

import graphviz

from checker.grounding.grounded import Grounded

FONT, MONO = "Helvetica", "Courier"
"""Faces whose widths a Graphviz without fonts knows: of any other it would draw the boxes too narrow."""
RED = "#c62828"
GREY = "#57616c"
COLUMNS = 60
"""Lines of a node are wrapped at so many characters."""

_COLORS = ("#1f5fd6", "#b76a00", "#15804e", "#7444d4", "#b83280", "#0b7a8c", "#7a5a2b", "#4d6b00", "#44505c", "#9a4a9e")
_LINES = ("solid", "dashed", "dotted", "bold")


def new_graph(title: str, caption: str) -> Any:
    """An empty directed graph on white, whatever page it is shown on; the caption stands above it."""
    graph = graphviz.Digraph(title)
    graph.attr(rankdir="TB", bgcolor="white")
    graph.attr(label=label([caption]), fontname=MONO, fontsize="12", labelloc="t", labeljust="l")
    graph.attr("node", shape="box", style="rounded,filled", fillcolor="#f3f5f8", color=GREY)
    graph.attr("node", fontname=MONO, fontsize="11", margin="0.16,0.08")
    graph.attr("edge", fontname=FONT, fontsize="11")
    return graph


def label(lines: Iterable[str]) -> str:
    """A label of several lines, each wrapped: Graphviz reads backslashes and HTML entities even in a plain label."""
    wrapped = [piece for line in lines for piece in textwrap.wrap(line, COLUMNS, subsequent_indent="  ") or [""]]
    return "".join(plain(line) + "\\l" for line in wrapped)


def plain(text: str) -> str:
    """Text that Graphviz shows as it stands."""
    shown = escape(_printable(text), quote=False).replace("\\", "\\\\")
    return str(graphviz.nohtml(shown))


def edge_label(text: str) -> str:
    """The label of an edge, a little away from it."""
    return f"  {plain(text)}  "


def action_style(grounded: Grounded, name: str) -> tuple[str, str]:
    """The colour and the line of an action: by its place in the model, so the same in every picture of it."""
    names = [step.name for step in grounded.model.actions]
    number = names.index(name) if name in names else len(names)
    return _COLORS[number % len(_COLORS)], _LINES[number // len(_COLORS) % len(_LINES)]


def add_legend(graph: Any, grounded: Grounded, names: Iterable[str], notes: Iterable[str] = ()) -> None:
    """Which colour is which action, in the order of the model; and notes on how nodes are drawn.

    Plain nodes, one below the other: a small Graphviz has no tables.
    """
    chosen = set(names)
    ordered = [step.name for step in grounded.model.actions if step.name in chosen]
    entries = [*ordered, *sorted(chosen - set(ordered))]
    with graph.subgraph(name="cluster_legend") as legend:
        legend.attr(label="legend", color=GREY, fontsize="11", fontname=FONT)
        legend.attr("node", fontname=FONT, fillcolor="white", height="0.2", margin="0.12,0.04")
        for number, name in enumerate(entries):
            color, line = action_style(grounded, name)
            legend.node(f"legend{number}", plain(name), color=color, fontcolor=color, style=f"filled,{line}")
        said = [*notes]
        if said:
            legend.node(
                f"legend{len(entries)}", label(said), shape="plaintext", style="", fontname=MONO, fontcolor=GREY
            )
        for number in range(1, len(entries) + bool(said)):
            legend.edge(f"legend{number - 1}", f"legend{number}", style="invis")


def _printable(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return "".join(c if c >= " " and c not in "\ufffe\uffff" else " " for c in text)
