"""For each property, which setting changes its verdict: shown below a counterexample."""

HINTS = {
    "page_lsn_within_standby_flush": "mode=data_flush or all with page_gate=true and ack=flush makes page writes wait.",
    "page_within_standby": "mode=data_flush or all makes page writes wait (page_gate; ack=flush if the standby's "
    "system may crash, standby_faults=os).",
    "commit_status_within_standby": "mode=data_flush or all with clog_gate=true makes commit-log writes wait, and "
    "commit_lsn=all gives them an LSN to wait for.",
    "control_within_standby": "mode=data_flush or all with control_gate=true makes the control file wait.",
    "removal_within_standby": "mode=data_flush or all with truncate_gate=true makes truncations wait.",
    "hint_within_standby": "mode=data_flush or all with hint_gate=true and commit_lsn=all, or commits that wait "
    "(sync=true).",
    "ack_is_true": "ack=flush and synchronous_commit=on trust only what the standby has fsynced.",
    "no_wal_tail": "No mode prevents it: WAL is flushed before it is sent. tail=clean has none, tail=cut removes it.",
    "acknowledged_commit_survives": "sync=true with mode=commit or all and synchronous_commit=on; ack_timeline=true if "
    "a second failover is in the scope.",
    "no_silent_divergence": "mode=data_flush or all keeps the disk within the standby; tail=clean needs no mode.",
    "failback_succeeds": "tail=cut, copy or clean removes the tail before the first start; mode=data_flush or all "
    "keeps the rest within the fork.",
    "divergence_is_detected": "mode=data_flush or all leaves nothing to detect.",
    "failback_happens": "tail=cut, copy or clean; tail=delete takes the checkpoint record away with the tail.",
    "checkpoint_completes": "An attached standby (standby_away=false), or mode=commit; wait_cancellable=true ends any "
    "wait.",
    "base_backup_completes": "An attached standby (standby_away=false), or mode=commit for as long as it takes.",
    "shutdown_completes": "An attached standby (standby_away=false), or mode=commit; an immediate stop ends any wait.",
    "promotion_completes": "promotion_guard=bypass.",
    "crash_restart_completes": "recovery_guard=bypass, at the price of the five.",
    "no_wait_cycle": "promotion_guard=bypass and recovery_guard=bypass.",
}
