"""Settings and bounds: how they are chosen, shown again, and refused."""

import pytest

from checker.configuration import configure
from checker.reading import load
from checker.refusal import UsageError
from tests.cli.models import BARE, TANK


@pytest.fixture(scope="module")
def tank():
    return load(TANK)


@pytest.fixture(scope="module")
def bare():
    return load(BARE)


def test_defaults(tank):
    chosen = configure(tank)
    assert chosen.setting_values() == {"mode": "closed", "pump": True}
    assert chosen.changed_settings() == {}
    assert (chosen.scope, chosen.bound_values()) == ("small", {"size": 3})


def test_a_single_setting_goes_over_a_preset(tank):
    chosen = configure(tank, preset="leaky", sets={"pump": "false"})
    assert chosen.changed_settings() == {"mode": "open", "pump": False}


def test_a_single_bound_goes_over_a_scope(tank):
    chosen = configure(tank, scope="wide", bounds={"size": 7})
    assert (chosen.bounds.size, chosen.changed_bounds) == (7, ("size",))


def test_options_make_the_same_again(tank):
    chosen = configure(tank, preset="leaky", bounds={"size": 7})
    options = "--set mode=open --set pump=true --scope small --bound size=7"
    assert chosen.options() == options.split()


def test_a_model_without_settings_and_bounds(bare):
    chosen = configure(bare)
    assert (chosen.settings, chosen.bounds, chosen.scope) == (None, None, "default")
    assert chosen.options() == []


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"sets": {"mood": "open"}}, "no setting 'mood'; did you mean mode? The settings are: mode, pump."),
        ({"sets": {"mode": "opne"}}, "mode cannot be 'opne': it is closed or open; did you mean open?"),
        ({"sets": {"pump": "yes"}}, "pump cannot be 'yes': it is true or false"),
        ({"sets": {"mode": "OPEN"}}, "did you mean open?"),
        ({"preset": "leeky"}, "no preset 'leeky'; did you mean leaky? The presets are: leaky, dry."),
        ({"scope": "smal"}, "no scope 'smal'; did you mean small? The scopes are: small, wide."),
        ({"bounds": {"sise": 3}}, "no bound 'sise'; did you mean size? The bounds are: size."),
        ({"bounds": {"rim": 3}}, "'rim' follows from the others (size)"),
        ({"bounds": {"size": -1}}, "size cannot be -1: it is a whole number, 0 or more"),
    ],
)
def test_what_does_not_exist_is_refused(tank, asked, said):
    with pytest.raises(UsageError) as refused:
        configure(tank, **asked)
    assert said in str(refused.value)
    assert "model tank" in str(refused.value)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"sets": {"mode": "open"}}, "it has no settings, so mode=open cannot be chosen"),
        ({"preset": "leaky"}, "it has no settings, so preset leaky cannot be chosen"),
        ({"scope": "small"}, "no scope 'small'. The scopes are: default."),
        ({"bounds": {"size": 3}}, "it has no bounds, so size cannot be chosen"),
    ],
)
def test_a_model_without_them_refuses_all(bare, asked, said):
    with pytest.raises(UsageError) as refused:
        configure(bare, **asked)
    assert said in str(refused.value)
