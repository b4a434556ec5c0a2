"""Model sources with something changed: what a tired writer, or nobody, would write."""

from __future__ import annotations

import ast
import copy
import random
from typing import Any

OPERATORS = [ast.Add, ast.Sub, ast.Mult, ast.FloorDiv, ast.Mod, ast.Div, ast.Pow, ast.BitAnd, ast.LShift, ast.MatMult]
COMPARISONS = [ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Is, ast.In, ast.NotIn]
VALUES = [0, 1, -1, 7, 10**30, True, None, "x", 1.5, b"y", ..., ""]
STATEMENTS = [
    "return",
    "return s",
    "pass",
    "del s",
    "s = 1",
    "x = s",
    "s.nowhere = 1",
    "assert s",
    "raise ValueError",
    "import os",
    "global s",
    "while s: pass",  # in a class this has to end
    "for i in range(3): pass",
    "for i, j in s: pass",
    "with s: pass",
    "try:\n    pass\nfinally:\n    pass",
    "def inner(): return 1",
    "lambda: 1",
    "x = [i for i in range(3)]",
    "match s:\n    case _:\n        pass",
    "x: int = 1",
    "x = y = 1",
    "x, y = 1, 2",
    "require()",
    "require(1, 2)",
    "require(s)",
    "print(s)",
    "yield",
    "await s",
    "nonlocal s",
    "class Inner: pass",
    "*x, = s",
    "x = (y := 1)",
    "f'{s}'",
    "x = s[0]",
    "s[0] = 1",
    "s.a.b.c = s.d[1][2]",
    "type X = int",
]


def mutated(source: str, chance: random.Random) -> str:
    """The source with one to four changes, which may or may not be Python any more."""
    if chance.random() < 0.15:
        return _characters(source, chance)
    tree = ast.parse(source)
    changes = [_operator, _value, _name, _expression, _statement, _dropped, _annotation, _decorator]
    for _ in range(chance.randint(1, 4)):
        chance.choice(changes)(tree, chance)
    try:
        return ast.unparse(ast.fix_missing_locations(tree))
    except (ValueError, RecursionError, AttributeError, TypeError):
        return source


def _characters(source: str, chance: random.Random) -> str:
    """A piece cut out, doubled, or replaced by letters that mean something."""
    start = chance.randrange(len(source))
    end = min(len(source), start + chance.randint(1, 40))
    new = chance.choice(["", source[start:end] * 2, "".join(chance.choices("()[]{}:.,=+-*@#\n\t '\"\\\0é\u202e", k=5))])
    return source[:start] + new + source[end:]


def _nodes(tree: ast.AST, *kinds: type) -> list[Any]:
    return [node for node in ast.walk(tree) if isinstance(node, kinds)]


def _operator(tree: ast.AST, chance: random.Random) -> None:
    found = _nodes(tree, ast.BinOp, ast.AugAssign, ast.Compare, ast.BoolOp)
    if not found:
        return
    node = chance.choice(found)
    if isinstance(node, ast.Compare):
        node.ops[0] = chance.choice(COMPARISONS)()
    elif isinstance(node, ast.BoolOp):
        node.op = chance.choice([ast.And, ast.Or])()
    else:
        node.op = chance.choice(OPERATORS)()


def _value(tree: ast.AST, chance: random.Random) -> None:
    found = _nodes(tree, ast.Constant)
    if found:
        chance.choice(found).value = chance.choice(VALUES)


def _name(tree: ast.AST, chance: random.Random) -> None:
    found = _nodes(tree, ast.Name, ast.Attribute, ast.arg)
    named = [(node, next(field for field in ("id", "attr", "arg") if hasattr(node, field))) for node in found]
    words = [*(getattr(node, field) for node, field in named), "nothing", "int"]
    node, field = chance.choice(named)
    setattr(node, field, chance.choice(words))


def _expression(tree: ast.AST, chance: random.Random) -> None:
    """An expression where another one was."""
    places = [
        (node, name, value)
        for node in ast.walk(tree)
        for name, value in ast.iter_fields(node)
        if isinstance(value, ast.expr) and not isinstance(node, ast.AnnAssign | ast.arg)
    ]
    node, name, _ = chance.choice(places)
    setattr(node, name, copy.deepcopy(chance.choice(places)[2]))


def _block(tree: ast.AST, chance: random.Random) -> list[ast.stmt]:
    return chance.choice([node.body for node in _nodes(tree, ast.FunctionDef, ast.ClassDef, ast.If, ast.For)])


def _statement(tree: ast.AST, chance: random.Random) -> None:
    block = _block(tree, chance)
    try:
        new = ast.parse(chance.choice(STATEMENTS)).body
    except SyntaxError:  # newer Python
        return
    block[(at := chance.randrange(len(block) + 1)) : at] = new


def _dropped(tree: ast.AST, chance: random.Random) -> None:
    block = _block(tree, chance)
    if len(block) > 1:
        del block[chance.randrange(len(block))]


def _annotation(tree: ast.AST, chance: random.Random) -> None:
    found = [node for node in _nodes(tree, ast.AnnAssign, ast.arg) if node.annotation is not None]
    if found:
        chance.choice(found).annotation = copy.deepcopy(chance.choice(found).annotation)


def _decorator(tree: ast.AST, chance: random.Random) -> None:
    found = _nodes(tree, ast.FunctionDef, ast.ClassDef)
    node, other = chance.choice(found), chance.choice(found)
    node.decorator_list = chance.choice([[], copy.deepcopy(other.decorator_list), node.decorator_list * 2])
