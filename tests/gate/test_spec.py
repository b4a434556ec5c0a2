"""What a spec may say, and how everything else is refused."""

from pathlib import Path

import pytest

from checker.refusal import UsageError
from checker.spec import Expected, SpecError, find, read

LEAST = """
title = "a claim"
why = "because"
"""


@pytest.fixture
def written(tmp_path):
    def write(text, name="claim.toml"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def test_all_that_can_be_said(written, tmp_path):
    spec = read(
        written("""
title = "the mode keeps the disk behind"
why = '''It waits.'''
model = "models/tank.py"
mode = "data_flush"
preset = "v5"
scope = "small"
idle = ["rejoin"]
properties = ["holds", "breaks", "happens"]
states = 4
transitions = 3
depth = 3
deadlocks = 1
[settings]
sync = true
tail = "cut"
[bounds]
records = 4
[expect]
holds = "exhausted"
breaks = { verdict = "violated", depth = 2 }
happens = "reached"
""")
    )
    assert spec.name == "claim"
    assert spec.model == str(tmp_path / "models/tank.py")
    assert spec.settings == {"mode": "data_flush", "sync": "true", "tail": "cut"}
    assert (spec.preset, spec.scope, spec.bounds) == ("v5", "small", {"records": 4})
    assert spec.idle == ("rejoin",)
    assert spec.expect == {
        "holds": Expected("exhausted"),
        "breaks": Expected("violated", 2),
        "happens": Expected("reached"),
    }
    assert (spec.states, spec.transitions, spec.depth, spec.deadlocks) == (4, 3, 3, 1)


@pytest.mark.parametrize(("linked", "meant"), [(False, "tank.py"), (True, "specs/../tank.py")])
def test_the_model_beside_is_named_as_briefly_as_it_can_be(linked, meant, tmp_path, monkeypatch):
    """Of a folder that is a link, `..` is where it leads, so no word of the path can go."""
    (tmp_path / "other" / "specs").mkdir(parents=True)
    (tmp_path / "specs").symlink_to(tmp_path / "other" / "specs") if linked else (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "a.toml").write_text(LEAST + 'model = "../tank.py"\n[expect]\nholds = "exhausted"\n')
    monkeypatch.chdir(tmp_path)
    assert read(Path("specs/a.toml")).model == meant


def test_what_is_left_out(written):
    spec = read(written(LEAST + '[expect]\nholds = "exhausted"'))
    assert spec.model == "model"
    assert spec.states is None
    assert spec.properties is None
    assert spec.deadlocks == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title = ", "this is not TOML"),
        ('title = "x"\n[expect]\nholds = "exhausted"', "why is missing: a claim needs an argument"),
        ('title = "x"\nwhy = " "\n[expect]\nholds = "exhausted"', "why is missing"),
        ('why = "x"\n[expect]\nholds = "exhausted"', "title is missing"),
        (LEAST, "this spec claims nothing"),
        (LEAST + "[expect]", "this spec claims nothing"),
        (LEAST + 'scoep = "small"', "did you mean scope?"),
        (LEAST + 'states = "many"', "states must be a whole number, got 'many'"),
        (LEAST + "states = true", "states must be a whole number, got True"),
        (LEAST + 'states = -1\n[expect]\nholds = "exhausted"', "states must be 0 or more"),
        (LEAST + 'idle = "rejoin"', "idle must be a list"),
        (LEAST + 'idle = [1]\n[expect]\nholds = "exhausted"', "each of idle must be text"),
        (LEAST + 'idle = ["a", "a"]\n[expect]\nholds = "exhausted"', "idle names a twice"),
        (LEAST + '[settings]\nsync = 1\n[expect]\nholds = "exhausted"', "[settings] sync must be text or true"),
        (LEAST + 'mode = "a"\n[settings]\nmode = "b"\n[expect]\nh = "exhausted"', "mode is given twice"),
        (LEAST + '[bounds]\nrecords = "4"\n[expect]\nholds = "exhausted"', "[bounds] records must be a whole number"),
        (LEAST + '[expect]\nholds = "exausted"', "did you mean exhausted?"),
        (LEAST + "[expect]\nholds = 3", "must be a verdict or a table"),
        (LEAST + "[expect]\nholds = {depth = 3}", "[expect] holds.verdict must be text, got None"),
        (LEAST + '[expect]\nholds = {verdict = "violated", dept = 3}', "did you mean depth?"),
        (LEAST + '[expect]\nholds = {verdict = "exhausted", depth = 3}', "exhausted has no trace"),
        (LEAST + 'properties = ["a"]\n[expect]\nb = "exhausted"', "only properties names a; only [expect] names b"),
    ],
)
def test_everything_else_is_refused(written, text, message):
    path = written(text)
    with pytest.raises(SpecError) as refused:
        read(path)
    assert str(refused.value).startswith(f"{path}: ")
    assert message in str(refused.value)


def test_a_file_that_is_not_text(tmp_path):
    path = tmp_path / "claim.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(SpecError, match="not UTF-8"):
        read(path)


def test_all_of_the_folder_in_order(written, tmp_path):
    for name in ("b.toml", "a.toml", "notes.md"):
        written("", name)
    assert [path.name for path in find((), tmp_path)] == ["a.toml", "b.toml"]


def test_files_folders_and_names_each_once(written, tmp_path):
    path = written("", "a.toml")
    assert find((str(path), "a", str(tmp_path)), tmp_path) == [path]


@pytest.mark.parametrize("asked", [(), ("nothing",)])
def test_matching_nothing_is_refused(asked, tmp_path):
    with pytest.raises(UsageError, match="no spec"):
        find(asked, tmp_path)


def test_a_near_miss_is_named(written, tmp_path):
    written("", "data_flush.toml")
    with pytest.raises(UsageError, match="did you mean data_flush"):
        find(("data-flsh",), tmp_path)


def test_first_without_a_violation_to_end_at_is_refused(tmp_path):
    path = tmp_path / "claim.toml"
    path.write_text('title = "t"\nwhy = "w"\nfirst = true\n\n[expect]\nheld = "exhausted"\n', encoding="utf-8")
    with pytest.raises(SpecError, match="first ends a search at a violation"):
        read(path)
