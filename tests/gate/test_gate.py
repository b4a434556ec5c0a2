"""The command `gate`: a claim that came out otherwise is never a success, and says what differs.

Numbers are those of the tank: size 3 gives 4 states, 3 transitions, depth 3; an open valve 5, 4, 4 and a violation in
4 steps.
"""

import shutil

import pytest

from checker.gate import check
from tests.cli.models import MODELS, answer, checker, line_of

HOLDS = """
title = "a closed valve keeps the tank"
why = "Only `spill` adds to a full tank, and it needs an open valve."
model = "tank.py"
states = 4
transitions = 3
depth = 3
[expect]
never_over = "exhausted"
fills_up = { verdict = "reached", depth = 3 }
"""

BREAKS = """
title = "an open valve spills"
why = "Three litres fill it; the fourth step lets one more in."
model = "tank.py"
mode = "open"
[expect]
never_over = { verdict = "violated", depth = 4 }
fills_up = "reached"
"""


@pytest.fixture
def folder(tmp_path):
    """A folder as a project has it: models, and claims in `specs`."""
    (tmp_path / "specs").mkdir()
    for model in MODELS.glob("*.py"):
        shutil.copy(model, tmp_path / "specs")
    return tmp_path


@pytest.fixture
def claims(folder):
    def write(**specs):
        for name, text in specs.items():
            (folder / "specs" / f"{name}.toml").write_text(text)
        return folder

    return write


def gate(folder, *arguments):
    return checker("gate", *arguments, cwd=folder)


def test_claims_that_hold(claims):
    done = gate(claims(holds=HOLDS, breaks=BREAKS))
    assert done.returncode == 0, done.stdout + done.stderr
    first, second, last = done.stdout.splitlines()
    assert first.startswith("as claimed  breaks  an open valve spills  (5 states")
    assert second.startswith("as claimed  holds  a closed valve keeps the tank  (4 states")
    assert last.startswith("passed  claims 2  as claimed 2  ")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("states = 4", "states = 5", "states: expected 5, came out 4"),
        ("transitions = 3", "transitions = 4", "transitions: expected 4, came out 3"),
        ("\ndepth = 3", "\ndepth = 2", "depth: expected 2, came out 3"),
        ('"exhausted"', '{ verdict = "violated", depth = 4 }', "expected violated in 4 steps, came out exhausted"),
        ('"reached", depth = 3', '"reached", depth = 2', "expected reached in 2 steps, came out reached in 3 steps"),
        ('"reached", depth = 3', '"reached", depth = 4', "expected reached in 4 steps, came out reached in 3 steps"),
        ('"reached", depth = 3', '"unreached"', "expected unreached, came out reached in 3 steps"),
        ("states = 4", "deadlocks = 1", "deadlocks: expected 1, came out 0"),
        ("[expect]", '[settings]\nmode = "open"\n[expect]', "expected exhausted, came out violated in 4 steps"),
    ],
)
def test_both_sides_of_a_difference(claims, old, new, said):
    assert old in HOLDS
    done = gate(claims(claim=HOLDS.replace(old, new)))
    assert done.returncode == 1
    assert said in done.stdout
    assert "see it: checker explore --model" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("failed  claims 1  as claimed 0  otherwise 1")


def test_a_property_that_no_state_decides_has_to_be_claimed_as_one(claims):
    folder = claims(claim=HOLDS)
    model = folder / "specs" / "tank.py"
    model.write_text(
        model.read_text().replace("return s.level <= s.bounds.size\n", "return s.level <= s.bounds.size + 1\n")
    )
    done = gate(folder)
    assert done.returncode == 1
    assert "no state can make it otherwise; if that is meant, claim it with `constant = true`" in done.stdout
    folder = claims(claim=HOLDS.replace('"exhausted"', '{ verdict = "exhausted", constant = true }'))
    assert gate(folder).returncode == 0


def test_a_deadlock_that_nobody_claimed(claims):
    dry = HOLDS.replace("[expect]", "[settings]\npump = false\n[expect]")
    done = gate(claims(claim=dry))
    assert done.returncode == 1
    assert "deadlocks: expected 0, came out 1, the nearest after 0 steps" in done.stdout


LAMP = """
title = "the bulb never burns"
why = "No action sets `burnt`."
model = "bare.py"
{idle}
[expect]
never_burnt = "exhausted"
"""


def test_an_action_that_never_fires_must_be_declared(claims):
    assert gate(claims(lamp=LAMP.format(idle='idle = ["replace_bulb"]'))).returncode == 0
    done = gate(claims(lamp=LAMP.format(idle="")))
    assert done.returncode == 1
    assert "actions that never fire: expected none, came out replace_bulb" in done.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HOLDS.replace("why", "because"), "no key 'because'"),
        (HOLDS.replace("never_over", "never_ower"), "did you mean never_over?"),
        (HOLDS.replace('never_over = "exhausted"', ""), "[expect] says nothing of never_over"),
        (
            HOLDS.replace('"exhausted"', '"reached"'),
            "never_over is an invariant property, so it is exhausted or violated",
        ),
        (HOLDS.replace("tank.py", "nowhere.py"), "nowhere.py"),
        (HOLDS.replace("tank.py", "broken.py"), line_of("broken.py", "[True, False]")),
        (HOLDS.replace("states = 4", 'mode = "opne"'), "did you mean open?"),
        (HOLDS.replace("states = 4", 'idle = ["fil"]'), "did you mean fill?"),
    ],
)
def test_a_broken_spec_or_model(claims, text, said):
    done = gate(claims(good=HOLDS, bad=text))
    assert done.returncode == 150
    assert said in done.stdout
    assert "bad.toml" in done.stdout
    assert "as claimed  good" in done.stdout
    assert "Traceback" not in done.stderr


def test_a_mistake_of_the_model_is_no_verdict(claims):
    text = LAMP.format(idle="").replace("bare.py", "overrun.py").replace("never_burnt", "stays_open")
    done = gate(claims(claim=text))
    assert done.returncode == 150
    assert line_of("overrun.py", "s.count += 1") in done.stdout


def test_a_trace_that_plain_execution_does_not_take_is_a_difference(claims, monkeypatch):
    """A claim counts only with its counterexample taken again; here nothing that is taken leads where it should."""
    path = claims(claim=BREAKS) / "specs" / "claim.toml"
    monkeypatch.chdir(path.parent.parent)
    assert check(path).word == "as claimed"
    monkeypatch.setattr("checker.plain.encode", lambda grounded, state: grounded.initials[0])
    found = check(path)
    assert found.word == "otherwise"
    assert {difference.what for difference in found.differences} == {"the trace of never_over", "the trace of fills_up"}
    assert "leads elsewhere" in str(found.differences[0])


def test_what_was_left_unknown_is_no_success(claims, monkeypatch):
    """The space is exhausted, but its state graph, which liveness is asked of, is too large for the memory."""
    folder = claims()
    shutil.copy(MODELS.parent / "lock.py", folder / "specs")
    text = 'title = "left is served"\nwhy = "They take turns."\nmodel = "lock.py"\n[settings]\norder = "turns"\n'
    (folder / "specs" / "live.toml").write_text(
        text + '[expect]\none_at_a_time = "exhausted"\nleft_is_served = "exhausted"\n'
    )
    path = folder / "specs" / "live.toml"
    monkeypatch.chdir(folder)
    assert check(path).word == "as claimed"
    monkeypatch.setattr("checker.explore.liveness.bytes_needed", lambda *_: 1 << 60)
    found = check(path)
    assert (found.word, found.differences) == ("incomplete", ())
    assert "its state graph would take" in found.message


def test_some_of_the_properties(claims):
    text = HOLDS.replace("states = 4", 'properties = ["never_over"]').replace(
        'fills_up = { verdict = "reached", depth = 3 }', ""
    )
    assert gate(claims(claim=text)).returncode == 0


@pytest.mark.parametrize("asked", [[], ["nothing"]])
def test_matching_nothing_is_no_success(tmp_path, asked):
    done = gate(tmp_path, *asked)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no spec" in done.stderr


def test_only_what_was_asked_for(claims):
    done = gate(claims(holds=HOLDS, wrong=HOLDS.replace("states = 4", "states = 5")), "holds")
    assert done.returncode == 0
    assert "wrong" not in done.stdout


def test_several_processes_say_the_same_in_the_same_order(claims):
    folder = claims(a=HOLDS, b=BREAKS, c=HOLDS.replace("states = 4", "states = 5"))
    one, three = gate(folder, "--workers", "1"), gate(folder, "--workers", "3")
    assert one.returncode == three.returncode == 1
    names = [[line.split()[2] for line in done.stdout.splitlines()[:2]] for done in (one, three)]
    assert names[0] == names[1] == ["a", "b"]


def test_below_the_folder_of_claims_it_says_where_to_go(claims):
    done = checker("gate", cwd=claims(holds=HOLDS) / "specs")
    assert done.returncode == 2
    assert f"no specs/*.toml here, but in {claims()}: run it there, or name files or a folder" in done.stderr


def test_json_and_nothing_else(claims, monkeypatch):
    folder = claims(a=HOLDS, b=HOLDS.replace("states = 4", "states = 5"))
    monkeypatch.chdir(folder)
    document, code = answer("gate")
    assert code == document["exit"] == 1
    assert [claim["word"] for claim in document["claims"]] == ["as claimed", "otherwise"]
    assert document["claims"][1]["differences"] == [{"what": "states", "expected": "5", "actual": "4", "about": ""}]
