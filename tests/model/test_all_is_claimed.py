"""Nothing of the model is on the command line only: every value of every setting, every preset and every property that
is judged is in some claim of specs/."""

from __future__ import annotations

import dataclasses
import enum
from pathlib import Path

from checker.configuration import configure, spelled
from checker.reading import load
from checker.spec import read
from model.presets import PRESET_NOTES, PRESETS
from model.settings import Settings

MODEL = load("model")
SPECS = [read(path) for path in sorted((Path(__file__).parents[2] / "specs").glob("*.toml"))]


def test_every_value_of_every_setting():
    chosen = [
        configure(MODEL, sets=s.settings, preset=s.preset, scope=s.scope, bounds=s.bounds).setting_values()
        for s in SPECS
    ]
    claimed = {(name, spelled(value)) for values in chosen for name, value in values.items()}
    for field in dataclasses.fields(Settings):
        default = getattr(Settings(), field.name)
        values = list(type(default)) if isinstance(default, enum.Enum) else [False, True]
        missing = [spelled(value) for value in values if (field.name, spelled(value)) not in claimed]
        assert missing == [], f"{field.name}: no claim speaks of {missing}"


def test_every_preset_and_where_it_comes_from():
    assert set(PRESETS) - {spec.preset for spec in SPECS} == set()
    assert set(PRESETS) == set(PRESET_NOTES)


def test_every_property():
    assert {item.name for item in MODEL.properties} - {name for spec in SPECS for name in spec.expect} == set()


def test_every_claim_says_how_many_states_it_has_or_stops_at_the_first_violation():
    uncounted = [spec.path.stem for spec in SPECS if spec.states is None]
    assert uncounted == ["rewind-uncoordinated"]
