"""The option `--dump` of `explore`: the state graph in a file."""

from __future__ import annotations

from pathlib import Path

import click

from checker.grounding.ground import ground
from checker.reading import load
from checker.refusal import UsageError, listed
from checker.run import Request, configured

LIMIT = 5_000
"""States of a graph that is written; Graphviz takes minutes for one of a thousand."""


def dump(request: Request, path: Path) -> None:
    """Writes the graph of all states and transitions under what was asked; the ending of the name says the format.

    Raises `UsageError` for an ending that says none, a graph beyond `LIMIT`, a reduced search and a full disk.  Where
    the model makes a mistake, which the search tells, it writes nothing and says so.
    """
    from checker.backends.program import Mistake
    from checker.draw.dump import FORMATS
    from checker.explore.graph import TooLarge, state_graph

    if path.suffix not in FORMATS:
        raise UsageError(f"--dump {path}: its name must end in {listed(FORMATS, 'or')}, which says what to write")
    if request.slice or request.symmetry:
        raise UsageError("--dump writes every state: leave out --slice and --symmetry")
    model = load(request.model)
    chosen = configured(model, request)
    grounded = ground(model, chosen.settings, chosen.bounds)
    try:
        graph = state_graph(grounded, LIMIT)
    except TooLarge:
        raise UsageError(
            f"--dump: there are more than {LIMIT:,} states, too many for a graph; take a smaller --scope or --bound"
        ) from None
    except Mistake:
        click.echo("note: no graph is written, since the model makes a mistake", err=True)
        return
    try:
        path.write_text(FORMATS[path.suffix](graph, grounded), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}") from None
    click.echo(f"written: {path}  {len(graph):,} states  {graph.number_of_edges():,} transitions", err=True)
