"""Where a claim says what it expects: the line that reports point at."""

import pytest

from checker.spec import line_of

TEXT = """title = "t"
ack = 1

[settings]
ack = "write"
[expect]
held = "exhausted"
  "ack" = { verdict = "violated" }
[expect.long]
verdict = "violated"
"""


@pytest.mark.parametrize(("name", "line"), [("held", 7), ("ack", 8), ("long", 9), ("space", 6), ("hel", 6)])
def test_the_line(tmp_path, name, line):
    path = tmp_path / "claim.toml"
    path.write_text(TEXT)
    assert line_of(path, name) == line


def test_a_claim_without_expectations(tmp_path):
    path = tmp_path / "claim.toml"
    path.write_text("title = 't'")
    assert line_of(path, "held") == 1
