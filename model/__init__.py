"""PostgreSQL's failback-safety protocol: may an old primary come back without a fresh base backup?

To be read in this order: the words (vocabulary, settings, state, waits), then who does what, then what should hold.
"""

from model import (  # isort: skip
    vocabulary,
    settings,
    state,
    waits,
    start,
    wal,
    two_phase,
    transactions,
    hint_bits,
    buffers,
    commit_log,
    checkpoint,
    files,
    shipping,
    recovery,
    failover,
    failback,
    rewind,
    properties,
    completion,
    lemmas,
    presets,
    hints,
    scopes,
    ablations,
    questions,
    telling,
    view,
)
from model.ablations import ABLATIONS, PROTECTED, PROTECTIONS
from model.hints import HINTS
from model.presets import PRESET_NOTES, PRESETS
from model.questions import QUESTIONS
from model.scopes import DEFAULT_SCOPE, SCOPES
from model.view import VIEW

__all__ = [  # noqa: RUF022  (the reading order, which the verdict tables keep)
    "vocabulary",
    "settings",
    "state",
    "waits",
    "start",
    "wal",
    "two_phase",
    "transactions",
    "hint_bits",
    "buffers",
    "commit_log",
    "checkpoint",
    "files",
    "shipping",
    "recovery",
    "failover",
    "failback",
    "rewind",
    "properties",
    "completion",
    "lemmas",
    "presets",
    "hints",
    "scopes",
    "ablations",
    "questions",
    "telling",
    "view",
    "ABLATIONS",
    "DEFAULT_SCOPE",
    "HINTS",
    "PRESETS",
    "PRESET_NOTES",
    "PROTECTED",
    "PROTECTIONS",
    "QUESTIONS",
    "SCOPES",
    "VIEW",
]
