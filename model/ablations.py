"""Settings under which guards are taken away one by one, to see which are needed (`checker ablate`)."""

from __future__ import annotations

from model.settings import Faults, Mode, PrimaryFaults, Settings, Tail

ABLATIONS = {
    "data_flush, cut": Settings(mode=Mode.DATA_FLUSH, tail=Tail.CUT),
    "all, sync, cut": Settings(mode=Mode.ALL, sync=True, tail=Tail.CUT),
    "commit, sync": Settings(mode=Mode.COMMIT, sync=True),
    "data_flush, copy": Settings(mode=Mode.DATA_FLUSH, tail=Tail.COPY),
    "commit, clean": Settings(tail=Tail.CLEAN),
    "commit, rewind": Settings(tail=Tail.REWIND, wal_log_hints=True),
    "data_flush, cut, OS crashes": Settings(
        mode=Mode.DATA_FLUSH, tail=Tail.CUT, primary_faults=PrimaryFaults.OS, standby_faults=Faults.OS
    ),
    "data_flush, cut, restart": Settings(mode=Mode.DATA_FLUSH, tail=Tail.CUT, crash_restart=True),
}
"""The two that keep what can be kept; stock PostgreSQL, where the old primary is refused or is in step; and what brings
the other procedures, crashes and restarts into play."""

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

CANDIDATE = ("page_gate", "clog_gate", "control_gate", "full_page_writes", "wal_log_hints")
"""Of these it was said, from runs on servers, that with the tail cut they are safe without a rule for hints."""

PROTECTED = ("no_silent_divergence", "failback_succeeds")
"""What they are to keep."""
