"""The page on trials: what counts as wrong, as too cautious, as right."""

from __future__ import annotations

from checker.operator.decision import Decision
from checker.operator.trial import Trial
from checker.operator.trials_page import cross_table, page


def trial(decision: str, outcome: str, rewound: str = "", name: str = "random 1") -> Trial:
    return Trial(name, ("| cut |", "insert"), decision, "because", "as it was", outcome, ("a line",), rewound)


RIGHT = trial(str(Decision.AFTER_CUT), "identical")
LIE = trial(str(Decision.COMES_BACK), "silent_divergence")
FAILED = trial(str(Decision.COMES_BACK), "failed")
CAUTIOUS = trial(str(Decision.REWIND), "identical", rewound="identical")
USELESS = trial(str(Decision.REWIND), "tail_diverged", rewound="silent_divergence")
KEPT = trial(f"{Decision.AFTER_CUT}, and not cut", "tail_diverged", name="tail_in_fork_segment")


def test_what_is_wrong_and_what_is_only_cautious() -> None:
    wrong = [one for one in (RIGHT, LIE, FAILED, CAUTIOUS, USELESS, KEPT) if one.false_comes_back or one.false_rewind]
    assert wrong == [LIE, FAILED, USELESS]
    assert [one for one in (RIGHT, LIE, CAUTIOUS, KEPT) if one.too_cautious] == [CAUTIOUS]


def test_the_page_counts_them() -> None:
    text = page([KEPT], [RIGHT, CAUTIOUS], [], "15.0", "checker preflight --report reports", str.strip)
    assert '- **false "comes back": 0** of 3 trials' in text
    assert "more cautious than needed: 1." in text
    assert "1 times run, 1 times the data were identical then" in text
    assert "## Wrong" not in text
    bad = page([KEPT], [LIE], ["random 9: broke"], "15.0", "checker preflight --report reports", str.strip)
    assert '- **false "comes back": 1** of 2 trials' in bad
    assert "## Wrong" in bad
    assert "- random 9: broke" in bad


def test_the_table_has_a_row_for_each_decision_and_a_column_for_each_outcome() -> None:
    header, _, *rows = cross_table([RIGHT, RIGHT, LIE, CAUTIOUS])
    assert header == "| preflight said | identical | silent_divergence | all |"
    assert rows == [
        "| `comes_back` | - | 1 | 1 |",
        "| `comes_back_after_cut` | 2 | - | 2 |",
        "| `needs_pg_rewind` | 1 | - | 1 |",
    ]
