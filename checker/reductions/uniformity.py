"""Whether a model treats the elements of a sort alike: then a permutation of them leads from behaviours to behaviours.

The language compares elements only for equality, and a key or value of a sort is of that sort: neither order nor
arithmetic of elements can be written.  What is left to look for, in the structured form:

- An element named, `Node(0)`: it stays where it is, and only the others may change places.  One that only fills a field
  of a record that is about no element does not count (`checker.reductions.padding`).
- Rounds of a loop over the sort that depend on each other, so that their order matters.

Initial states are not looked at here: `checker.reductions.symmetry` holds them against their images, one by one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from checker import ir, plain
from checker.grounding import partial
from checker.reductions.padding import Body, Field, Padding, given, is_element, paddings, record_name


class NotUniform(Exception):
    """The elements are not treated alike; `at` is where."""

    def __init__(self, message: str, at: ir.Place) -> None:
        super().__init__(message)
        self.at = at


@dataclass(frozen=True)
class Uniform:
    """How a model treats a sort.

    `named`: the elements that it names, each with a place where it does.  `padded`: fields that may hold an element and
    mean none.  `told`: fields of which that might be so, but for what this place reads.  `ordered`: files and lines
    where something is computed for one element after the other.
    """

    sort: ir.SortType
    named: dict[int, ir.Place]
    padded: dict[Field, Padding]
    told: dict[Field, ir.Place]
    ordered: frozenset[tuple[str, int]]


def uniform(model: ir.Model, sort: ir.SortType, settings: Any, properties: Collection[str] | None = None) -> Uniform:
    """How the actions of a model and the named properties (None: all) treat a sort under some settings.

    Raises `NotUniform` where the order of the elements matters.
    """
    bodies = list(_bodies(model, settings, properties))
    filled = paddings(model, bodies, sort)
    padded = {field: found for field, found in filled.items() if isinstance(found, Padding)}
    told = {field: found for field, found in filled.items() if isinstance(found, ir.Place)}
    named: dict[int, ir.Place] = {}
    ordered: set[tuple[str, int]] = set()
    for body in bodies:
        for literal in _named(body, sort, padded):
            named.setdefault(literal.value, literal.at)
        for over in _over(body, sort):
            if isinstance(over, ir.Loop):
                _check_rounds(over)
            ordered |= {(n.at.file, n.at.line) for n in partial.nodes(over) if not isinstance(n, ir.Span)}
    return Uniform(sort, named, padded, told, frozenset(ordered))


def _bodies(model: ir.Model, settings: Any, properties: Collection[str] | None) -> Iterator[Body]:
    """What actions do and properties say, as far as the settings let it be done and said."""

    def known(node: ir.Expr) -> int | None:
        if not isinstance(node, ir.Setting) or isinstance(node.type, ir.RecordType | ir.MapType):
            return None
        return plain.number(node.type, getattr(settings, node.name))

    for step in model.actions:
        yield partial.block(step.body, known)
    asked = (item for item in model.properties if properties is None or item.name in properties)
    for item in (*asked, *model.end_states):
        yield (partial.expression(item.body, known),)


def _named(root: Any, sort: ir.SortType, padded: Collection[Field]) -> Iterator[ir.Literal]:
    """The elements that are named, but for padding."""
    if isinstance(root, ir.Literal) and root.type == sort:
        yield root
    inner: Iterable[Any] = partial.parts(root)
    if isinstance(root, ir.Make):
        fields = [((record_name(root), name), value) for name, value in given(root)]
        inner = [value for field, value in fields if field not in padded or not is_element(value, sort)]
    for part in inner:
        yield from _named(part, sort, padded)


# --- one element after the other ----------------------------------------------------------------------------


def _over(body: Body, sort: ir.SortType) -> Iterator[ir.Fold | ir.Loop]:
    """The quantifiers, sums and loops over the sort."""
    for node in partial.nodes(body):
        domains = [node.domain] if isinstance(node, ir.Loop) else []
        domains += [domain for _, domain in node.variables] if isinstance(node, ir.Fold) else []
        if sort in domains and isinstance(node, ir.Loop | ir.Fold):
            yield node


def _check_rounds(loop: ir.Loop) -> None:
    """Raises `NotUniform` where a round may read what another one assigned."""
    targets = [node.target for node in partial.nodes(loop.body) if isinstance(node, ir.Assign)]
    for read in _read(loop.body):
        for target in targets:
            if read.variable == target.variable and not _own(target, loop.name) & _own(read, loop.name):
                message = f"a round of the loop over {loop.domain} reads `{read.variable}`, which another may assign"
                raise NotUniform(message, read.at)


def _own(read: ir.Read, name: str) -> set[int]:
    """The positions of the keys that are the variable of the loop."""
    return {n for n, key in enumerate(read.keys) if isinstance(key, ir.Local) and key.name == name}


def _read(root: Any) -> Iterator[ir.Read]:
    """What is read: of the target of an assignment its keys only."""
    if isinstance(root, ir.Read):
        yield root
    for part in (*root.target.keys, root.value) if isinstance(root, ir.Assign) else partial.parts(root):
        yield from _read(part)
