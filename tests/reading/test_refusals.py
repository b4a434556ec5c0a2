"""What is not in the language is refused: with the file, the line, the line's text and what to write instead."""

from __future__ import annotations

import pytest

from checker.reading import ModelError, load
from tests.reading.sources import VOCABULARY, action, condition, helper, load_text

# Each case: the model, a piece of its refused line, a piece of the message, a piece of the hint.
EXPRESSIONS = {
    "unknown name": (condition("bussy"), "bussy", "`bussy` is not defined", ""),
    "near name": (condition("newset(s, n) == 0"), "newset", "`newset` is not defined", "`newest`"),
    "unknown variable": (condition("s.rol[n] == Role.PRIMARY"), "s.rol", "no variable `rol`", "`role`"),
    "unknown field": (condition("s.page[n, k].drty"), "drty", "`Page` has no field `drty`", "`dirty`"),
    "unknown member": (condition("s.role[n] == Role.PRIMRY"), "PRIMRY", "no member `PRIMRY`", "`PRIMARY`"),
    "unknown setting": (condition("s.settings.strct"), "strct", "no setting `strct`", "`strict`"),
    "unknown bound": (condition("k < s.bounds.record"), "record", "no bound `record`", "`records`"),
    "too few keys": (condition("s.page[n].dirty"), "s.page[n]", "`s.page` takes 2 keys, got 1", "Node, int from 0"),
    "too many keys": (condition("s.flushed[n, k] == 0"), "flushed", "takes 1 key, got 2", "Node"),
    "key of another type": (condition("s.flushed[k] == 0"), "flushed", "key 1 of `s.flushed`", ""),
    "map as a value": (condition("s.role == Role.PRIMARY"), "s.role", "is the map `s.role`, not a value", "keys"),
    "state as a value": (condition("s == 1"), "s == 1", "`s` is the state, not a value", "attributes"),
    "method of a map": (condition("s.role.get(n) == 1"), "get", "cannot be called", "calls are"),
    "keys of no map": (condition("s.busy[n]"), "s.busy[n]", "`s.busy` is bool, not a map", "Map[...]"),
    "field of a scalar": (condition("s.flushed[n].lsn == 0"), "lsn", "is int and has no `lsn`", "records"),
    "int as condition": (condition("k"), "require(k)", "`k` must be bool, got int", "no truth"),
    "bool in arithmetic": (condition("s.busy + 1 > 0"), "s.busy", "`s.busy` must be int, got bool", ""),
    "enum against int": (condition("s.role[n] == 0"), "== 0", "must be a Role, got int", ""),
    "order of sorts": (condition("n < m"), "n < m", "the left of `<` must be int, got a Node", "== and !="),
    "mixed sorts": (condition("n == Pair(0)"), "Pair", "must be a Node, got a Pair", ""),
    "records compared": (condition("s.control == s.page[n, k]"), "==", "compares records", "fields"),
    "is": (condition("s.busy is True"), "is True", "`is` is not in the language", "=="),
    "in a map": (condition("k in s.flushed"), "s.flushed", "holds no values to compare with", "x in (a, b, c)"),
    "in nothing": (condition("k in ()"), "()", "holds no values", "a frozenset"),
    "in names": (condition("k in NAMES"), "k in NAMES", "`NAMES` is a str, which is no value", "int, bool and Enum"),
    "in values of another type": (condition("n in ROLES"), "n in ROLES", "must be a Node, got a Role", ""),
    "true division": (condition("k / 2 == 1"), "k / 2", "this operator", "+ - * // %"),
    "bits": (condition("s.busy & True"), "&", "this operator", "and/or"),
    "lambda": (condition("(lambda: True)()"), "lambda", "cannot be called", ""),
    "f-string": (condition("f'{k}' == 'a'"), "f'", "an f-string is not in the language", "expressions are"),
    "string": (condition("'a' == 'a'"), "'a'", "a str is not in the language", ""),
    "float": (condition("k < 1.5"), "1.5", "a float is not in the language", ""),
    "list comprehension": (condition("all([True for x in Node])"), "[", "`all` takes one generator", "for x in"),
    "min of one": (condition("min(k) == 0"), "min(k)", "`min` takes two or more", "min(a, b)"),
    "sum of bools": (condition("sum(s.busy for x in Node) > 0"), "sum", "must be int, got bool", "sum(1 for"),
    "any of ints": (condition("any(k for x in Node)"), "any", "must be bool, got int", ""),
    "len": (condition("len(s.role) > 0"), "len", "`len` is not in the language", "calls are"),
    "domain list": (condition("any(x == 1 for x in (1, 2))"), "(1, 2)", "is no domain", "range(a, b)"),
    "domain with step": (condition("any(x == 1 for x in range(0, 4, 2))"), "range", "a start and an end", ""),
    "two names": (condition("any(a == b for a, b in Node)"), "a, b", "one name", "for y in Y"),
    "shadowed name": (condition("any(n == m for n in Node)"), "n in Node", "`n` is already a name", ""),
    "range as value": (condition("range(3) == 1"), "range(3)", "`range` is only a domain", ""),
    "require in a value": (condition("require(True)"), "require(", "`require` is a statement", ""),
    "enum called": (condition("Role('primary') == s.role[n]"), "Role(", "calls an enumeration", "Role.NAME"),
    "sort of a value": (condition("Node(k) == n"), "Node(k)", "no element of a sort", "Node(0)"),
    "element by its name": (condition("Pair.B == Pair(0)"), "Pair.B", "`Pair` is a class", "is Pair(0), Pair(1)"),
    "sort too small": (condition("Pair(2) == Pair(0)"), "Pair(2)", "`Pair` has 2 elements", "from 0"),
    "global list": (condition("NAMES == 1"), "NAMES", "is a list, which is no value", "int, bool and Enum"),
    "walrus": (condition("(x := k) > 0"), ":=", "`:=` is not in the language", ""),
    "choice of types": (condition("(1 if s.busy else True) == 1"), "else True", "must be int, got bool", ""),
}
STATEMENTS = {
    "while": (action("while s.busy:", "    pass"), "while", "`while s.busy:` is not in the language", "for x in"),
    "assert": (action("assert s.busy"), "assert", "`assert s.busy` is not", "require"),
    "return": (action("return"), "return", "`return` is not in", "belongs to helpers"),
    "try": (action("try:", "    pass", "finally:", "    pass"), "try", "`try:` is not", "statements are"),
    "annotated local": (action("x: int"), "x: int", "is not in the language", "gets its value where it stands"),
    "annotated place": (action("s.busy: bool = True"), "s.busy: bool", "is not in the language", "has its type"),
    "second value of a local": (action("x = 1", "x = 2"), "x = 2", "`x` already has a value", "one value"),
    "local changed": (action("x = 1", "x += 2"), "x += 2", "`x` already has a value", "another name"),
    "parameter changed": (action("k = 1"), "k = 1", "`k` already has a value", "another name"),
    "local of a branch": (action("if s.busy:", "    x = 1", "require(x == 1)"), "x == 1", "inside another block", "if"),
    "two targets": (action("s.busy = s.control.dirty = True"), "s.busy", "assigns to several", "one assignment"),
    "tuple target": (action("a, b = 1, 2"), "a, b", "assigns to several", "one assignment"),
    "times": (action("s.control.lsn *= 2"), "*=", "only += and -=", ""),
    "plus on a bool": (action("s.busy += 1"), "+=", "`s.busy` must be int, got bool", "for integers"),
    "wrong value": (action("s.busy = 1"), "s.busy", "`1`, assigned to `s.busy`, must be bool, got int", ""),
    "wrong record": (action("s.control = s.role[n]"), "s.control", "must be a Page, got a Role", ""),
    "whole map": (action("s.role = s.role"), "s.role", "is not assigned as a whole", "for k in Key"),
    "settings": (action("s.settings.strict = True"), "strict", "is no variable of the state", "fixed"),
    "state replaced": (action("s = s"), "s = s", "`s` already has a value", ""),
    "through a local": (action("p = s.control", "p.lsn = 1"), "p.lsn", "through a local name", "place itself"),
    "assigned twice": (action("s.busy = True", "s.busy = False"), "False", "assigned twice, first at line", "if/else"),
    "assigned on both sides": (
        action("if s.control.dirty:", "    s.busy = True", "else:", "    s.busy = False", "s.busy = s.control.dirty"),
        "s.busy = s.control.dirty",
        "assigned twice, first at line",
        "if/else",
    ),
    "part and whole": (
        action("s.control.lsn = 1", "s.control = Page()"),
        "Page()",
        "a place of `s.control` is assigned twice",
        "",
    ),
    "replaced record": (
        action("p = s.page[n, k]", "s.page[m, k] = Page()", "require(p.dirty)"),
        "p.dirty",
        "`p` names a record that has been replaced",
        "read the place again",
    ),
    "replaced in a loop": (
        action("p = s.page[n, 0]", "for i in range(2):", "    s.page[m, i] = p"),
        "= p",
        "`p` names a record that has been replaced",
        "read the place again",
    ),
    "value unused": (action("newest(s, n)"), "newest", "returns a value that nothing uses", "procedure"),
    "expression alone": (action("s.busy"), "s.busy", "does nothing", "require"),
    "require of two": (action("require(s.busy, True)"), "require", "takes one condition", "a and b"),
    "print": (action("print(k)"), "print", "does nothing", "calls are"),
    "action called": (action("act(s, n, m, k)"), "act(", "is an action, which nothing calls", "procedure"),
    "procedure as value": (condition("touch(s, n)"), "touch", "`touch` returns nothing", "line of its own"),
    "loop with else": (action("for x in Node:", "    pass", "else:", "    pass"), "for x", "no else", ""),
    "record unknown field": (action("s.control = Page(lns=1)"), "lns", "no field `lns`", "`lsn`"),
    "record twice": (action("s.control = Page(1, lsn=1)"), "lsn", "is given `lsn` twice", ""),
    "record too many": (action("s.control = Page(1, True, 2)"), "Page(", "has 2 fields, got 3", ""),
}
HELPERS = {
    "recursion": (
        helper("def helped(s: State, n: Node) -> bool:", "    return helped(s, n)"),
        "return helped",
        "`helped` calls itself (",
        "inlined",
    ),
    "mutual recursion": (
        helper(
            "def other(s: State, n: Node) -> bool:",
            "    return helped(s, n)",
            "def helped(s: State, n: Node) -> bool:",
            "    return other(s, n)",
        ),
        "return helped",
        "helped -> other -> helped",
        "",
    ),
    "no result type": (
        helper("def helped(s: State, n: Node):", "    return True"),
        "def helped",
        "says not what",
        "->",
    ),
    "no parameter type": (helper("def helped(s: State, n) -> bool:", "    return True"), "helped", "has no type", ""),
    "no return": (
        helper("def helped(s: State, n: Node) -> bool:", "    if s.busy:", "        return True"),
        "def helped",
        "may end without `return`",
        "a last `return`",
    ),
    "assignment": (
        helper("def helped(s: State, n: Node) -> bool:", "    s.busy = True", "    return True"),
        "s.busy = True",
        "cannot stand in a helper",
        "",
    ),
    "loop of two ends": (
        helper(
            "def helped(s: State, n: Node) -> bool:",
            "    for x in Node:",
            "        if s.busy:",
            "            return True",
            "        return False",
            "    return False",
        ),
        "for x",
        "returns both True and False, or never",
        "all/any",
    ),
    "loop without an end": (
        helper("def helped(s: State, n: Node) -> bool:", "    for x in Node:", "        pass", "    return False"),
        "for x",
        "returns both True and False, or never",
        "all/any",
    ),
    "loop of values": (
        helper("def helped(s: State, n: Node) -> Lsn:", "    for x in Node:", "        return 1", "    return 0"),
        "return 1",
        "`return 1` stands in a loop",
        "all/any/sum",
    ),
    "loop that assigns": (
        helper(
            "def helped(s: State, n: Node) -> bool:", "    for x in Node:", "        s.busy = True", "    return False"
        ),
        "s.busy = True",
        "cannot stand in a helper",
        "all/any/sum",
    ),
    "loop with a rest": (
        helper(
            "def helped(s: State, n: Node) -> bool:",
            "    for x in Node:",
            "        return True",
            "    else:",
            "        return False",
        ),
        "for x",
        "cannot stand in a helper",
        "",
    ),
    "wrong result": (
        helper("def helped(s: State, n: Node) -> bool:", "    return 1"),
        "return 1",
        "must be bool, got int",
        "",
    ),
    "wrong argument": (
        helper("def helped(s: State, n: Lsn) -> bool:", "    return True"),
        "helped(s, n)",
        "`n` of `helped` must be int, got a Node",
        "",
    ),
    "unbounded map": (
        helper("def helped(s: State, n: float) -> bool:", "    return True"),
        "helped",
        "float",
        "types are",
    ),
    "star": (helper("def helped(*a: State) -> bool:", "    return True"), "def helped", "takes * or **", ""),
    "too many arguments": (
        helper("def helped(s: State) -> bool:", "    return True"),
        "helped(",
        "takes 1 arguments, got 2",
        "",
    ),
    "missing argument": (
        helper("def helped(s: State, n: Node, k: int) -> bool:", "    return True"),
        "helped(",
        "needs `k`",
        "s, n, k",
    ),
    "unknown keyword": (condition("newest(s, node=n) == 0"), "node", "no parameter `node`", "n"),
    "state missing": (condition("newest(n, n) == 0"), "newest", "must be the state, got a Node", ""),
    "range misused": (condition("positions(s, n) == 1"), "positions", "which is only a domain", "after `in`"),
}
CASES = EXPRESSIONS | STATEMENTS | HELPERS


@pytest.mark.parametrize(("text", "line", "message", "hint"), CASES.values(), ids=CASES)
def test_refused_with_place_and_advice(tmp_path, text, line, message, hint):
    with pytest.raises(ModelError) as caught:
        load_text(tmp_path, text)
    error = caught.value
    assert message in error.message
    assert hint in error.hint
    assert error.place is not None
    assert error.place.text == text.splitlines()[error.place.line - 1]
    assert line in error.place.text
    first, source, *advice = str(error).splitlines()
    assert first == f"{error.place.file}:{error.place.line}: {error.message}"
    assert source.strip() == error.place.text.strip()
    assert advice == ([error.hint] if error.hint else [])


ACTION = "@action\ndef act(s: State) -> None:\n    s.busy = True\n"
WHOLES = {
    "no action": (VOCABULARY, "the model has no action", "@action"),
    "no initial state": (VOCABULARY.replace("@initial\n", "") + ACTION, "no initial state", "@initial"),
    "no state": ("from model.language import *\n", "the model has no state", "Variables"),
    "two states": (VOCABULARY + "class Other(Variables):\n    x: bool\n" + ACTION, "more than one class", "keep one"),
    "untyped parameter": (
        VOCABULARY + "@action\ndef act(s: State, n) -> None:\n    pass\n",
        "`n` of `act` has no",
        "bool",
    ),
    "untyped state": (VOCABULARY + "@action\ndef act(s) -> None:\n    pass\n", "must be the state", "s: State"),
    "parameter without limits": (
        VOCABULARY + "@action\ndef act(s: State, k: int) -> None:\n    pass\n",
        "has the type int, which the language has not",
        "give it limits",
    ),
    "default": (
        VOCABULARY + "@action\ndef act(s: State, b: bool = True) -> None:\n    pass\n",
        "plain param",
        "default",
    ),
    "action that returns": (
        VOCABULARY + "@action\ndef act(s: State) -> bool:\n    pass\n",
        "must return None",
        "-> None",
    ),
    "property with parameters": (
        VOCABULARY + ACTION + "@invariant\ndef ok(s: State, n: Node) -> bool:\n    return True\n",
        "takes only the state",
        "all/any",
    ),
    "property of numbers": (
        VOCABULARY + ACTION + "@invariant\ndef ok(s: State) -> int:\n    return 1\n",
        "must return bool",
        "-> bool",
    ),
    "name given twice": (
        VOCABULARY + ACTION + "first = act\n" + ACTION.replace("True", "False"),
        "`act` is defined twice",
        "names of their own",
    ),
    "unknown limit": (
        VOCABULARY.replace('Range(0, "records")', 'Range(0, "recrds")') + ACTION,
        "limited by 'recrds', which is no bound",
        "`records`",
    ),
    "unlimited variable": (
        VOCABULARY.replace("busy: bool", "busy: int") + ACTION,
        "`State.busy` has the type int",
        "limits",
    ),
    "map of maps": (
        VOCABULARY.replace("busy: bool", "busy: Map[Node, Map[Node, bool]]") + ACTION,
        "is a map",
        "Map[tuple[K1, K2], V]",
    ),
    "record in a record": (
        VOCABULARY.replace("@settings", "@record\nclass Deep:\n    page: Page\n@settings", 1).replace(
            "busy: bool", "busy: Deep"
        )
        + ACTION,
        "`Deep.page` has the type Page",
        "types are",
    ),
    "annotation of nothing": (
        VOCABULARY.replace("busy: bool", "busy: Bool") + ACTION,
        "an annotation of `State` cannot be resolved",
        "types are",
    ),
    "bounds without an attribute": (
        VOCABULARY.replace("    bounds: Bounds\n", "") + ACTION,
        "does not say that it is within bounds",
        "bounds: Bounds",
    ),
}


@pytest.mark.parametrize(("text", "message", "hint"), WHOLES.values(), ids=WHOLES)
def test_models_that_are_none(tmp_path, text, message, hint):
    with pytest.raises(ModelError) as caught:
        load_text(tmp_path, text)
    assert message in caught.value.message
    assert hint in caught.value.hint
    assert caught.value.place is not None


def test_a_file_that_is_missing(tmp_path):
    with pytest.raises(ModelError, match="there is no file"):
        load(str(tmp_path / "absent.py"))


def test_a_module_that_is_missing():
    with pytest.raises(ModelError, match="there is no model 'no_such_model'"):
        load("no_such_model")


def test_text_that_is_no_python(tmp_path):
    with pytest.raises(ModelError, match="not Python") as caught:
        load_text(tmp_path, "x = 1\ndef broken(:\n")
    assert caught.value.place.line == 2
    assert caught.value.place.text == "def broken(:"


def test_an_import_that_raises(tmp_path):
    with pytest.raises(ModelError, match="failed: ZeroDivisionError") as caught:
        load_text(tmp_path, "def f():\n    return 1 // 0\nf()\n")
    assert caught.value.place.line == 2


def test_an_import_of_nothing(tmp_path):
    with pytest.raises(ModelError, match="No module named 'no_such_thing'") as caught:
        load_text(tmp_path, "x = 1\nimport no_such_thing\n")
    assert caught.value.place.line == 2
