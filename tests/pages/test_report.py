"""The command `report` on claims about the tank: size 3 fills in 3 steps, and spills in 4 with an open valve."""

from __future__ import annotations

import re
import shutil
import struct
from html.parser import HTMLParser

import pytest

from checker.pages.elsewhere import taken
from tests.cli.models import MODELS, checker

CLOSED = """
title = "a closed valve keeps the tank"
why = "Only `spill` adds to a full tank, and it needs an open valve."
model = "tank.py"
[expect]
never_over = "exhausted"
fills_up = { verdict = "reached", depth = 3 }
"""
OPEN = """
title = "an open valve <spills>"
why = "Three litres fill it; the fourth step lets one more in."
model = "tank.py"
mode = "open"
[expect]
never_over = { verdict = "violated", depth = 4 }
fills_up = "reached"
"""
WRONG = OPEN.replace("depth = 4", "depth = 5")
FRONT = """
title = "What of the `tank`?"
answer = "Keep it closed."
plotted = ["open"]
pages = ["gone.md", "proofs.md"]
[[safe]]
lead = "Calm."
text = "A closed `<valve>`."
rests = [["closed", "never_over", "exhausted"]]
[[unsafe]]
text = "An open one."
rests = [["open", "never_over", "exhausted"]]
[[picture]]
file = "spill"
claim = "open"
property = "never_over"
caption = "It spills"
"""


class Page(HTMLParser):
    """What a document refers to, what it has, and the text of its cells."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.loaded, self.text = set(), [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if "id" in given:
            assert given["id"] not in self.ids, f"{given['id']} is there twice"
            self.ids.add(given["id"])
        if tag == "a":
            self.links.append(given["href"])
        self.loaded += [f"{tag} {name}" for name in ("src", "action", "data") if name in given]
        if tag in ("script", "link", "iframe", "object"):
            self.loaded.append(tag)

    def handle_data(self, data):
        self.text.append(data)


def report(folder, *arguments, front=FRONT, **specs):
    (folder / "specs").mkdir()
    shutil.copy(MODELS / "tank.py", folder / "specs")
    for name, text in specs.items():
        (folder / "specs" / f"{name}.toml").write_text(text)
    (folder / "reports").mkdir()
    (folder / "reports" / "front-page.toml").write_text(front)
    (folder / "reports" / "proofs.md").write_text("# Proofs\n\n| a | b |\n|---|---|\n| c<br>d | <script>e</script> |\n")
    return checker("report", "--workers", "1", *arguments, cwd=folder)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reported")
    done = report(folder, "--pages", closed=CLOSED, open=OPEN)
    assert done.returncode == 0, done.stderr
    return folder / "reports"


@pytest.fixture(scope="module")
def page(made):
    return Page((made / "report.html").read_text())


def test_it_writes_what_it_says(made):
    assert sorted(path.name for path in made.iterdir()) == [
        "counterexamples",
        "front-page.toml",
        "pictures",
        "proofs.md",
        "report.html",
        "verdicts.md",
    ]
    names = sorted(path.name for path in (made / "counterexamples" / "open").iterdir())
    assert names == ["never_over.md", "never_over.png", "never_over.svg"]
    assert sorted(path.name for path in (made / "pictures").iterdir()) == ["README.md", "spill.svg"]


def test_the_file_needs_nothing_else(made, page):
    text = (made / "report.html").read_text()
    assert page.loaded == []
    assert "url(" not in text
    assert "@import" not in text
    assert set(re.findall(r"https?://[^\s\"<]+", text)) == {"http://www.w3.org/2000/svg"}


def test_every_cell_leads_to_its_evidence(page):
    assert page.links
    assert {link.removeprefix("#") for link in page.links} <= page.ids
    assert {"open--never_over", "closed--fills_up", "closed", "open"} <= page.ids


def test_the_words_of_the_matrix(made, page):
    for word in ("holds", "violated 4", "reached 3"):
        assert word in page.text
    row = next(line for line in (made / "verdicts.md").read_text().splitlines() if line.startswith("| open |"))
    assert row == "| open | mode=open | small, 5 | **violated 4** |"


@pytest.mark.parametrize(
    ("proved", "cell", "ground"),
    [
        ("true", "proved", "proved for any size; all 4 states"),
        ("{ size = 3 }", "proved (size=3)", "proved for any size with size=3; all 4 states"),
    ],
)
def test_a_proof_says_which_bounds_it_leaves_fixed(tmp_path, proved, cell, ground):
    claim = CLOSED.replace('"exhausted"', f'{{ verdict = "exhausted", proved = {proved} }}')
    done = report(tmp_path, closed=claim, open=OPEN)
    assert done.returncode == 0, done.stderr
    assert f"| closed | defaults | small, 4 | {cell} |" in (tmp_path / "reports" / "verdicts.md").read_text()
    assert ground in (tmp_path / "reports" / "report.html").read_text()


def test_the_first_screen_says_where_a_sentence_does_not_stand(page):
    text = " ".join(" ".join(page.text).split())
    assert "What of the tank ? Keep it closed." in text
    assert "What is safe Calm. A closed <valve> . closed : all 4 states" in text
    assert "An open one. open : counterexample, 4 steps ( never_over: expected exhausted, violated )" in text
    assert "2 of 2 claims came out as claimed, 1 counterexample." in text
    assert text.index("What is safe") < text.index("Why, and how to make it again")


def test_other_pages_are_taken_in_as_text(page):
    assert "<script>e</script>" in page.text
    assert {"c", "d"} <= set(page.text)
    assert "page-proofs" in page.ids
    assert "page-gone" not in page.ids


def test_a_page_that_is_taken_in_stands_alone(tmp_path):
    """Its own headings become lower ones; only links that lead somewhere stay links; a long one is folded."""
    (tmp_path / "a.md").write_text(
        "# The `a` page\n\nSee [b](b.md#x), [web](https://example.org/), [code](../x.py) ![shot](p.svg).\n\n"
        "## Part\n\n| x |\n|---|\n| [in](c.md) `y` |\n"
    )
    (tmp_path / "b.md").write_text("no heading\n\n" + "word " * 2_000)
    one, other = taken(tmp_path, ["a*.md", "absent.md", "a.md", "b.md"])
    assert (one.id, one.heading, one.folded) == ("page-a", "The a page", False)
    assert one.beginning == ('<p>See <a href="#page-b">b</a>, <a href="https://example.org/">web</a>, code shot.</p>\n')
    assert one.rest.startswith("<h3>Part</h3>\n<table>")
    assert "<td>in <code>y</code></td>" in one.rest
    assert (other.heading, other.folded, other.rest) == ("b", True, "")


def test_the_plots_are_there(page):
    text = " ".join(page.text)
    assert "States at each depth" in text
    assert "size: 4 states with 3, 6 with 5" in text


def test_the_page_of_a_counterexample(made):
    text = (made / "counterexamples" / "open" / "never_over.md").read_text()
    headings = [line for line in text.splitlines() if line.startswith("#")]
    assert headings == [
        "# never_over: violated in 4 steps",
        "## The property",
        "## The trace",
        "## Expected and actual",
        "## Why it is minimal",
        "## How to reproduce",
        "## Why the property fails",
    ]
    (picture,) = re.findall(r"!\[.+]\((.+)\)", text)
    assert (made / "counterexamples" / "open" / picture).read_text().count("<svg") == 1
    assert "return s.level <= s.bounds.size" in text
    assert "| 4 | `spill` | An open valve lets a litre into a full tank. | `level` 3 -> 4 |" in text
    assert "all 5 states of the scope were visited" in text
    command = next(line for line in text.splitlines() if line.startswith("checker explore"))
    assert "mode=open" in command


def test_the_command_of_a_page_makes_it_again(made):
    text = (made / "counterexamples" / "open" / "never_over.md").read_text()
    words = next(line for line in text.splitlines() if line.startswith("checker explore")).split()
    done = checker(*words[1:], cwd=made.parent)
    assert done.returncode == 12
    assert "never_over  in 4 steps" in done.stdout


def test_the_picture_as_png(made):
    data = (made / "counterexamples" / "open" / "never_over.png").read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", data[16:24])
    assert width == 1200
    assert height > 400


def test_a_claim_that_came_out_otherwise_is_marked_and_fails(tmp_path):
    done = report(tmp_path, front="title = 'x'\n", wrong=WRONG)
    assert done.returncode == 1
    text = (tmp_path / "reports" / "verdicts.md").read_text()
    assert "**violated 4 !**" in text
    html = (tmp_path / "reports" / "report.html").read_text()
    assert "bad differs" in html
    assert "never_over: expected violated in 5 steps" in html


def test_what_was_kept_gives_the_same_report(tmp_path):
    first = report(tmp_path, closed=CLOSED, open=OPEN)
    texts = [(tmp_path / "reports" / name).read_text() for name in ("pictures/spill.svg", "verdicts.md")]
    again = checker("report", "--workers", "1", cwd=tmp_path)
    assert (first.returncode, again.returncode) == (0, 0)
    assert texts == [(tmp_path / "reports" / name).read_text() for name in ("pictures/spill.svg", "verdicts.md")]


@pytest.mark.parametrize(
    ("front", "said"),
    [
        ("title = ", "front-page.toml cannot be read"),
        ("title = 'x'\n[[safe]]\ntext = 'all'\n", "rests on no verdict"),
        ("title = 'x'\n[[safe]]\ntext = 'a'\nrests = [['closed', 'never_ovr', 'exhausted']]\n", "never_over"),
        ("title = 'x'\n[[picture]]\nname = 'a'\n", "cannot be read"),
    ],
)
def test_a_front_page_that_is_none_is_refused(tmp_path, front, said):
    done = report(tmp_path, front=front, closed=CLOSED)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_claims_that_were_not_run_are_named(tmp_path):
    done = report(tmp_path, front="title='x'\n[[safe]]\ntext='a'\nrests=[['gone', 'p', 'exhausted']]\n", closed=CLOSED)
    assert done.returncode == 0
    assert "not run: gone" in done.stderr
    assert "not run" in (tmp_path / "reports" / "report.html").read_text()
