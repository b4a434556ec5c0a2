"""The command `ablate`: what it prints and writes, its exit codes, its JSON; on the lock, see its docstring."""

import json
import re

from tests.cli.models import BARE, MODELS, answer, checker, line_of

LOCK = str(MODELS / "lock.py")


def test_a_line_for_each_and_the_count():
    done = checker("ablate", "--model", LOCK, "--workers", "1")
    assert (done.returncode, done.stderr) == (0, "")
    where = line_of("lock.py", "require(not (s.settings.polite and s.held)").replace("lock.py", r"\S*lock\.py")
    assert re.search(
        rf"needed  {where}  enter  not \(s\.settings\.polite and s\.held\)\n +exclusive in 2 steps", done.stdout
    )
    assert re.search(r"spare   \S+  tick  s\.clock < 2\n +Narrows: 3 more states \(defaults\)", done.stdout)
    assert "needed  polite switched off\n" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("ablated  guards 13  settings 1  needed 4  spare 10  ")


def test_what_is_open_is_no_success():
    done = checker("ablate", "--model", LOCK, "--action", "tick", "--states", "10", "--workers", "1")
    assert done.returncode == 3
    assert done.stdout.splitlines()[-1].startswith("incomplete  guards 2  settings 0  needed 0  spare 1  open 1  ")


def test_json_and_nothing_else():
    document, code = answer("ablate", "--model", LOCK, "--action", "leave", "--workers", "1")
    assert code == document["exit"] == 0
    first, second = document["rows"]
    assert (first["action"], first["guard"], first["verdict"]) == ("leave", "s.inside[who]", "needed")
    effect = first["effects"]["defaults"]
    assert (effect["word"], effect["depth"], effect["steps"]) == ("error", 1, ["leave(A)"])
    assert second["verdict"] == "spare"
    again, _ = answer(*document["command"].split()[1:], "--workers", "1")
    assert [row["verdict"] for row in again["rows"]] == ["needed", "spare"]


def test_the_table_is_written_with_its_document(tmp_path):
    done = checker("ablate", "--model", LOCK, "--workers", "1", "--out", tmp_path / "out")
    assert done.returncode == 0
    table = (tmp_path / "out" / "ablation.md").read_text()
    headings = [line for line in table.splitlines() if line.startswith("## ")]
    assert headings == [
        "## Settings switched off",
        "## Guards without which something breaks",
        "## Guards without which nothing breaks",
    ]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines() if line.startswith("| `")]
    assert len(rows) == 14
    where = f"`tests/models/cli/lock.py:{line_of('lock.py', 'require(s.inside[who] and').split(':')[-1]}`"
    assert [
        where,
        "`leave`",
        "`s.inside[who]`",
        "a mistake of the model: count gets a value outside 0..2",
        "1",
        "defaults",
    ] in rows
    assert ["`polite`", "`exclusive`", "2", "defaults"] in rows
    (tick,) = [row for row in rows if row[2:3] == ["`s.clock < 2`"]]
    assert tick[3:] == ["Narrows: 3 more states (defaults), in which all that is asked holds."]
    assert max(map(len, table.splitlines()[5:])) < 400, "a row is read without scrolling"
    assert json.loads((tmp_path / "out" / "ablation.json").read_text())["outcome"] == "ablated"


def test_wrong_words_are_refused():
    for options, said in (
        (("--action", "entr"), "did you mean enter?"),
        (("--set", "polit=false"), "did you mean polite?"),
        (("--states", "3"), "not exhausted within"),
    ):
        done = checker("ablate", "--model", LOCK, "--workers", "1", *options)
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr


def test_a_model_without_settings():
    done = checker("ablate", "--model", BARE, "--workers", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert " settings 0 " in done.stdout.splitlines()[-1]
