"""Each action says which function of PostgreSQL it is, or whose step it is instead; each setting likewise."""

from __future__ import annotations

import ast
import re
from enum import Enum
from pathlib import Path

import pytest

from checker.kept_forms import load
from model import settings

MODEL = load("model")

FUNCTION = re.compile(
    r"\b(?:[A-Z][A-Za-z]*[a-z][A-Za-z]*[A-Z]\w*|XLog\w+|[a-z]+(?:_[a-z]+)+|smgr[A-Z]\w+|[a-z]+[A-Z]\w+)\b"
)
"""How the functions of PostgreSQL are written: CreateCheckPoint, XLogFlush, heap_update, smgrDoPendingDeletes."""

OTHERS = re.compile(r"\b(?:operator|operating system|system crash|standby crashes|pg_rewind)\b")
"""Whose step it is that is no server's: the operator's, or the machine's."""

OWN = {name for step in MODEL.actions for name in (step.name, *(p for p, _ in step.parameters))}
OWN |= {item.name for item in MODEL.properties} | set(settings.Settings.__annotations__)
KINDS = [kind for kind in vars(settings).values() if isinstance(kind, type) and issubclass(kind, Enum)]
OWN |= {str(member.value) for kind in KINDS for member in kind}

WITHOUT_FUNCTION = {"standby_faults", "promote", "standby_away"}
"""Settings of which no function is the subject: what the machine, the operator and the network do."""


def named(text: str) -> set[str]:
    """The functions of PostgreSQL that a text names."""
    return set(FUNCTION.findall(text)) - OWN - {"PostgreSQL"}


@pytest.mark.parametrize("action", MODEL.actions, ids=lambda action: action.name)
def test_an_action_says_what_it_is(action):
    text = action.python.__doc__
    assert named(text) or OTHERS.search(text), f"{action.name}: which function of PostgreSQL, or whose step?"


def test_a_setting_says_where_it_bites():
    tree = ast.parse(Path(settings.__file__).read_text(encoding="utf-8"))
    (declared,) = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Settings"]
    texts = {
        field.target.id: doc.value.value
        for field, doc in zip(declared.body, declared.body[1:], strict=False)
        if isinstance(field, ast.AnnAssign)
    }
    assert set(texts) == set(settings.Settings.__annotations__)
    assert {name for name, text in texts.items() if not named(text)} == WITHOUT_FUNCTION


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The checkpointer (CreateCheckPoint) flushes.", {"CreateCheckPoint"}),
        ("Files go (smgrDoPendingDeletes), a page comes (heap_update).", {"smgrDoPendingDeletes", "heap_update"}),
        ("PostgreSQL writes a page as write_page does.", set()),
        ("Nothing of the kind, in WAL or out of it.", set()),
    ],
)
def test_what_counts_as_a_name(text, found):
    assert named(text) == found
