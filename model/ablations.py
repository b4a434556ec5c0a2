"""Settings under which guards are taken away one by one, to see which are needed (`checker ablate`)."""

from __future__ import annotations

from model.settings import Drop, Faults, Mode, PrimaryFaults, Settings, SplitRecords, SwitchedOn, Tail, WalOrder

ABLATIONS = {
    "data_flush, cut": Settings(mode=Mode.DATA_FLUSH, tail=Tail.CUT),
    "all, cut": Settings(mode=Mode.ALL, sync=True, tail=Tail.CUT),
    "commit, cancellable": Settings(sync=True, wait_cancellable=True),
    "copy, relation map": Settings(mode=Mode.DATA_FLUSH, tail=Tail.COPY, map_rewrites=True),
    "cut late, split records": Settings(mode=Mode.DATA_FLUSH, tail=Tail.CUT_LATE, split_records=SplitRecords.BYTES),
    "delete, interlock": Settings(mode=Mode.DATA_FLUSH, tail=Tail.DELETE, switched_on=SwitchedOn.WITH_INTERLOCK),
    "delete, fast shutdown": Settings(mode=Mode.DATA_FLUSH, tail=Tail.DELETE, fast_shutdown=True),
    "delete, crash-restart": Settings(
        mode=Mode.DATA_FLUSH, tail=Tail.DELETE, standby_faults=Faults.NONE, crash_restart=True
    ),
    "clean, two failovers": Settings(mode=Mode.ALL, sync=True, tail=Tail.CLEAN, ack_timeline=True),
    "clean, drop table": Settings(mode=Mode.DATA_FLUSH, tail=Tail.CLEAN, standby_faults=Faults.NONE, drop=Drop.TABLE),
    "clean, drop database": Settings(mode=Mode.DATA_FLUSH, tail=Tail.CLEAN, drop=Drop.DATABASE),
    "clean, two-phase": Settings(
        mode=Mode.DATA_FLUSH,
        tail=Tail.CLEAN,
        standby_faults=Faults.NONE,
        prepared_transactions=True,
        two_phase_gate=True,
    ),
    "rewind": Settings(tail=Tail.REWIND, wal_log_hints=True),
    "rewind, refused": Settings(tail=Tail.REWIND),
    "rewind, same timeline ID": Settings(
        tail=Tail.REWIND, standby_faults=Faults.NONE, wal_log_hints=True, timeline_bump=False
    ),
    "OS crashes": Settings(
        mode=Mode.DATA_FLUSH, tail=Tail.CUT, primary_faults=PrimaryFaults.OS, standby_faults=Faults.OS
    ),
    "promotion crash": Settings(mode=Mode.DATA_FLUSH, tail=Tail.CUT, promotion_crash=True),
    "remote first, restartpoints": Settings(
        mode=Mode.DATA_FLUSH, tail=Tail.CUT, wal_order=WalOrder.REMOTE_FIRST, restartpoints=True
    ),
    "three nodes": Settings(mode=Mode.DATA_FLUSH, tail=Tail.DELETE),
    "no failover, logged hints": Settings(
        mode=Mode.DATA_FLUSH, tail=Tail.CUT, standby_faults=Faults.NONE, wal_log_hints=True
    ),
}
"""In each something can happen that can happen in no other, so that no guard of the model goes without a trial: the
operator's procedures, the faults, the clients' other statements, and what recovery and shipping do under each."""

ABLATION_BOUNDS = {
    "clean, two failovers": {"promotions": 2},
    "clean, drop table": {"records": 2},
    "clean, two-phase": {"records": 4},
    "three nodes": {"nodes": 3},
    "no failover, logged hints": {"records": 3, "promotions": 0},
}
"""Where the scope asked for is too small for that: a hint follows a commit of an earlier record, and is logged on a
page that a checkpoint has written since; a state file of a prepared transaction comes with a checkpoint after its
PREPARE and goes after its end."""

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
