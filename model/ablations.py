"""Settings under which guards are taken away one by one, to see which are needed (`checker ablate`)."""

from __future__ import annotations

from model.settings import Mode, Settings, Tail

ABLATIONS = {
    "data_flush, cut": Settings(mode=Mode.DATA_FLUSH, tail=Tail.CUT),
    "all, sync, cut": Settings(mode=Mode.ALL, sync=True, tail=Tail.CUT),
    "commit, sync": Settings(mode=Mode.COMMIT, sync=True),
}
"""The two that keep what can be kept, and stock PostgreSQL, where the old primary is refused or is in step."""

PROTECTIONS = (
    "page_gate",
    "clog_gate",
    "control_gate",
    "truncate_gate",
    "hint_gate",
    "full_page_writes",
    "wal_log_hints",
)
"""Settings of which some set may be enough (`checker ablate --smallest`)."""

PROTECTED = ("no_silent_divergence", "failback_succeeds")
"""What they are to keep."""
