"""What people ask first, as settings and the property to look for: the interactive page offers them."""

from __future__ import annotations

from model.drawing import Question

QUESTIONS = (
    Question(
        "PostgreSQL as released, a crash: may the old primary simply be started again?",
        settings={},
        goal="failback_succeeds",
    ),
    Question(
        "And if its WAL is cut at the fork first?",
        settings={"tail": "cut"},
        goal="no_silent_divergence",
    ),
    Question(
        "With data_flush and the tail cut: show a return that works.",
        settings={"mode": "data_flush", "tail": "cut"},
        goal="failback_after_cut_happens",
    ),
    Question(
        "With data_flush: can a commit that a client was told of be lost?",
        settings={"mode": "data_flush"},
        goal="acknowledged_commit_survives",
    ),
    Question(
        "How does a page get to the primary's disk ahead of the standby?",
        settings={},
        goal="page_within_standby",
    ),
    Question(
        "A synchronous standby, mode all: is anything of the old primary's WAL still in the way?",
        settings={"mode": "all", "sync": "true"},
        goal="no_wal_tail",
    ),
)
