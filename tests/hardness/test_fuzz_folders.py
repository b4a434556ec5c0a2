"""Random changes to folders that this program reads again, and to addresses: read, or refused with a message."""

from __future__ import annotations

import json
import random
import shutil
import sys
from collections import Counter

import pytest

from checker.configuration import configure
from checker.outputs import Outputs
from checker.prove.certificate import MANIFEST, write_certificates
from checker.prove.certify import certify
from checker.prove.induction import induction
from checker.reading import ModelError, load
from checker.refusal import UsageError
from checker.run import Request, run
from checker.serve.address import read
from tests.cli.models import MODELS, TANK
from tests.hardness.test_fuzz import ODD, paths

CLOCKS = str(MODELS / "clocks.py")


def spoilt(path, chance):
    """Bytes of a file changed, cut off, doubled, or all of them gone; JSON also at a place inside it."""
    content = bytearray(path.read_bytes())
    change = chance.choice(["flip", "cut", "double", "gone", "inside", "inside", "inside"])
    if change == "gone":
        path.unlink()
    elif change == "inside" and path.suffix == ".json":
        document = json.loads(content)
        *above, last = chance.choice([place for place in paths(document) if place])
        owner = document
        for key in above:
            owner = owner[key]
        owner[last] = chance.choice([*ODD, "/dev/zero", "../../../etc/passwd", 2**70])
        path.write_text(json.dumps(document))
    elif content:
        at = chance.randrange(len(content))
        new = {"cut": content[:at], "double": content[:at] + content[:at]}.get(change)
        content[at] ^= 1 << chance.randrange(8)
        path.write_bytes(content if new is None else new)


# --- a search that is to go on ------------------------------------------------------------------------------


def searched(folder, states=None):
    sys.modules.pop("clocks", None)  # a file that is read twice in one process has another name, as a search knows it
    bounds = (("hands", 3), ("hours", 5))
    return run(Request(CLOCKS, bounds=bounds, resume=folder, states=states, engine="python")).exploration


@pytest.fixture(scope="module")
def unfinished(tmp_path_factory):
    """A folder of a search that ended early, and what all of it comes to: each of three hands at one of six hours."""
    folder = tmp_path_factory.mktemp("unfinished") / "run"
    assert searched(folder, states=100).stopped is not None
    assert searched(shutil.copytree(folder, folder.with_name("whole"))).states == 6**3, "it goes on where it is whole"
    return folder


def went_on(unfinished, chance, folder):
    """How a search from a spoilt folder ended: either in words, or with the states that there are."""
    copy = shutil.copytree(unfinished, folder)
    spoilt(chance.choice(sorted(path for path in copy.rglob("*") if path.is_file())), chance)
    try:
        assert searched(copy).states == 6**3
    except UsageError as error:
        assert str(error)
        return "refused"
    return "read"


@pytest.mark.parametrize("part", range(2))
def test_a_search_goes_on_rightly_or_not_at_all(unfinished, part, tmp_path):
    ends = Counter(
        went_on(unfinished, random.Random(seed), tmp_path / str(seed)) for seed in range(part * 25, part * 25 + 25)
    )
    assert min(ends["read"], ends["refused"]) > 3


# --- certificates -------------------------------------------------------------------------------------------


def proved(folder):
    chosen = configure(load(TANK))
    with Outputs(folder) as outputs:
        write_certificates(induction(chosen.model, chosen.settings, ["never_over"]), TANK, chosen, {}, outputs)
    return folder


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    folder = proved(tmp_path_factory.mktemp("certificates") / "proof")
    assert certify(folder, 10, 1).checked
    return folder


def checked_again(certificates, chance, folder, name=MANIFEST):
    copy = shutil.copytree(certificates, folder)
    spoilt(copy / name, chance)
    try:
        certify(copy, 10, 1)
    except (UsageError, ModelError) as error:
        assert str(error)
        return "refused"
    return "read"


def test_certificates_are_right_or_refused(certificates, tmp_path):
    ends = Counter(checked_again(certificates, random.Random(seed), tmp_path / str(seed)) for seed in range(60))
    assert ends["refused"] > 40


@pytest.mark.parametrize("name", ["/dev/zero", "../proof/../x.smt2", "x.txt", ""])
def test_a_certificate_is_a_file_of_its_folder(certificates, name, tmp_path):
    copy = shutil.copytree(certificates, tmp_path / "proof")
    document = json.loads((copy / MANIFEST).read_text())
    document["obligations"][0]["file"] = name
    (copy / MANIFEST).write_text(json.dumps(document))
    with pytest.raises(UsageError, match="is no name of a certificate"):
        certify(copy, 10, 1)


def test_a_certificate_that_never_ends_is_not_read(certificates, tmp_path):
    copy = shutil.copytree(certificates, tmp_path / "proof")
    first = sorted(copy.glob("*.smt2"))[0]
    first.unlink()
    first.symlink_to("/dev/zero")
    with pytest.raises(UsageError, match="is no file"):
        certify(copy, 10, 1)


# --- addresses of the page ----------------------------------------------------------------------------------

PIECES = [
    "path",
    "=",
    "&",
    ";",
    "set.mode",
    "bound.size",
    "at",
    "start",
    "other",
    "%",
    "%00",
    "%ff",
    "(",
    "A",
    ",",
    "9",
]


def addressed(chance):
    text = "".join(chance.choices([*PIECES, "9" * 30, "é", "\x00"], k=chance.randint(0, 30))) * chance.choice(
        [1, 1, 99]
    )
    try:
        found = read(text)
    except UsageError as error:
        assert str(error)
        return "refused"
    assert read(found.query()) == found
    return "read"


def test_addresses_of_any_text():
    ends = Counter(addressed(random.Random(seed)) for seed in range(3000))
    assert min(ends["read"], ends["refused"]) > 20
    with pytest.raises(UsageError, match="more than 200 keys"):
        read("&".join(f"set.s{number}=1" for number in range(300)))
