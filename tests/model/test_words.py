"""The words of the model: everything a user can name says what it is, and what names something names what exists."""

from __future__ import annotations

import ast
import dataclasses
import enum
import inspect
import itertools
import re

import pytest

import model
from checker.configuration import spelled
from checker.labels import first_sentence
from checker.reading import load
from model import language, vocabulary
from model import settings as knobs
from model.settings import Settings
from model.state import Bounds

MODEL = load("model")
ITEMS = [*MODEL.initials, *MODEL.actions, *MODEL.properties, *MODEL.end_states]
ENUMS = [
    item
    for module in (vocabulary, knobs)
    for item in vars(module).values()
    if inspect.isclass(item) and issubclass(item, enum.Enum) and item is not enum.Enum
]


def documented(cls):
    """The attributes of a class with the docstrings below them, empty where there is none."""
    (tree,) = ast.parse(inspect.getsource(cls)).body
    found = {}
    for node, below in itertools.pairwise([*tree.body, ast.Pass()]):
        if isinstance(node, ast.AnnAssign):
            text = isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) and below.value.value
            found[node.target.id] = text or ""
    return found


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.name)
def test_every_action_and_property_has_a_sentence(item):
    sentence = first_sentence(item.doc)
    assert re.fullmatch(r"[A-Z][^\n]{10,}[^.]", sentence.rstrip(".")), sentence
    assert item.doc.strip().endswith("."), item.doc


def test_no_two_say_the_same():
    sentences = [first_sentence(item.doc) for item in ITEMS]
    assert len(set(sentences)) == len(sentences)


@pytest.mark.parametrize("cls", [Settings, Bounds], ids=lambda cls: cls.__name__)
def test_every_setting_and_bound_says_what_it_is(cls):
    found = documented(cls)
    assert list(found) == [field.name for field in dataclasses.fields(cls)]
    assert [name for name, text in found.items() if len(text) < 10 or text.rstrip()[-1] != "."] == []


@pytest.mark.parametrize("item", ENUMS, ids=lambda item: item.__name__)
def test_every_enumeration_says_what_it_is_and_its_words_differ(item):
    assert item.__doc__.endswith((".", "`."))
    assert [member.value for member in item] == [member.name.lower() for member in item]


def allowed(name):
    """The values of a setting, as the command line writes them."""
    return [spelled(value) for value in language.values_of(language.hints(Settings)[name])]


SETTINGS = [field.name for field in dataclasses.fields(Settings)]
PAIR = re.compile(r"\b([a-z_]+)=([a-z_]+)\b")


@pytest.mark.parametrize("name", list(model.HINTS))
def test_a_hint_names_a_property_and_settings_that_exist(name):
    assert name in [item.name for item in MODEL.properties]
    named = PAIR.findall(model.HINTS[name])
    assert {setting for setting, _ in named} <= set(SETTINGS)
    assert [(setting, value) for setting, value in named if value not in allowed(setting)] == []


def test_settings_whose_docstring_names_a_setting_name_one_that_exists():
    named = [pair for text in documented(Settings).values() for pair in PAIR.findall(text)]
    assert [(setting, value) for setting, value in named if setting not in SETTINGS] == []


def test_presets_are_settings_each_with_a_note():
    assert all(type(preset) is Settings for preset in model.PRESETS.values())
    assert list(model.PRESET_NOTES) == list(model.PRESETS)
    assert all(re.fullmatch(r"[A-Z].{20,}\.", note) for note in model.PRESET_NOTES.values())


def test_a_preset_has_values_of_the_types_declared():
    kinds = language.hints(Settings)
    wrong = [
        (preset, name)
        for preset, chosen in model.PRESETS.items()
        for name in SETTINGS
        if getattr(chosen, name) not in language.values_of(kinds[name])
    ]
    assert wrong == []


def test_scopes_contain_each_other_in_their_order():
    assert model.DEFAULT_SCOPE in model.SCOPES
    for smaller, larger in itertools.pairwise(model.SCOPES.values()):
        pairs = zip(dataclasses.astuple(smaller), dataclasses.astuple(larger), strict=True)
        assert smaller != larger
        assert all(less <= more for less, more in pairs)


def test_the_settings_of_the_design_are_all_there():
    """The names of the settings are a contract: command line, specs and reports use them."""
    assert {
        "mode", "sync", "synchronous_commit", "ack", "tail", "standby_faults", "primary_faults", "commit_lsn",
        "hint_gate", "truncate_gate", "control_gate", "page_gate", "clog_gate", "guard", "recovery_guard",
        "promotion_guard", "crash_restart", "wait_cancellable", "full_page_writes", "wal_log_hints",
        "checkpoint_delays", "ack_timeline", "promote",
    } <= set(SETTINGS)  # fmt: skip


def test_the_properties_of_the_design_are_all_there():
    assert {
        "page_lsn_within_standby_flush", "page_within_standby", "commit_status_within_standby",
        "control_within_standby", "removal_within_standby", "hint_within_standby", "ack_is_true", "no_wal_tail",
        "acknowledged_commit_survives", "no_silent_divergence", "failback_succeeds", "divergence_is_detected",
        "fork_covers_acks",
    } <= {item.name for item in MODEL.properties}  # fmt: skip
