"""Where servers did otherwise than the model said, and what that was settled as: the model, the harness, PostgreSQL."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Settled:
    """One kind of disagreement: what was seen, who was wrong, what became of it."""

    name: str
    seen: str
    wrong: str
    changed: str


SETTLED = (
    Settled(
        "another_upstream_at_the_end",
        "a second failover of a third node: the returned node never replayed what the newest primary had (h16-4-7)",
        "harness",
        "It had been given that one as another upstream, of which as much passes as the model has received; what the"
        " primary writes for the comparison was kept from it. All passes now when a return is judged, and it agrees.",
    ),
    Settled(
        "unlinked_by_redo",
        "a primary that dropped a table restarts alone, its fork before that: no outcome, `could not open file`"
        " (h18-10-1)",
        "harness",
        "Its redo unlinks the file of a table that the new primary has: silent_divergence, as the model says. A file"
        " that is not there has no rows now.",
    ),
    Settled(
        "dropped_while_written",
        "DROP TABLE while a page of the table is held in its write: its commit was awaited for ever (h15-8-5)",
        "harness",
        "The backend is past its commit, and waits for that buffer before it comes to the file (InvalidateBuffer:"
        " WaitIO); its client is answered after that. Such walks are not taken.",
    ),
    Settled(
        "asks_whom_it_followed",
        "a second failover of a third node: the returned node, crashed and started, was to stream timeline 3, and went"
        " on asking its former primary for timeline 2 (1-1-2)",
        "model",
        "A node that is started again is told whom the model has it ask. In the same run the model then let it go on"
        " with that former primary from the fork on, which no server does that has the newer history file"
        " (WalReceiverMain: `highest timeline 2 of the primary is behind recovery timeline 3`). Before the fork one"
        " does, and is sent the older timeline beyond the fork too, without a word (15.20, 16.2, 18.4): so the model"
        " has it now. Walks do not take that, for here who is asked sends all it has.",
    ),
    Settled(
        "flushed_of_its_own_accord",
        "a second failover: the returned node had received the PREPARE TRANSACTION that its primary had not flushed in"
        " the model: a fork one position too late, the same end (e15-4-1)",
        "harness",
        "A promoted server's log is not held, and a commit, or a PREPARE, flushes it at once (EndPrepare); what passed"
        " was what the server had flushed. It is what the model has flushed now, and it agrees (15.20, 16.2, 18.4).",
    ),
    Settled(
        "asked_without_waiting",
        "cut_late, and the checkpoint in the control file lies in the tail that was cut: blocked in the model, on a"
        " machine under load no outcome within 30 s (e16-1-6)",
        "harness",
        "That it asks for ever was told from `waiting for WAL to become available`, and a server logs that only when"
        " asking took less than wal_retrieve_retry_interval: with that at 1 ms it asked 388 times in 30 s, and never"
        " said so. The same request and the same end are counted now, and it agrees.",
    ),
    Settled(
        "end_in_a_promotion",
        "the returned node never replayed what the newest primary had (e15-7-0)",
        "harness",
        "The walk ended within a second promotion, of a node that the returned one did not follow. A walk does not end"
        " there any more; this one goes on to a return that is identical, on both sides.",
    ),
    Settled(
        "copied_is_received",
        "a second failover, tail=copy: a reply of the returned node, which has the new timeline's WAL as a copy, was"
        " awaited for ever (f16-1-3)",
        "harness",
        "It says what was received, and that was kept from it (new_timeline_at_once). As much as was copied passes. And"
        " what fills the slot of a promotion's record was not always flushed when the copy was taken, so that it had"
        " half of it: a fork one position too early, in a replay. It is awaited now, and the run agrees.",
    ),
    Settled(
        "history_of_a_lost_timeline",
        "the trace of two-failovers-cut: a promoted node, lost before its first checkpoint, its timeline cut off: the"
        " model refused it for its minimum recovery point, 15.20 and 16.2 let it stream, and it was identical",
        "model",
        "That point is held against the newest history that the node has itself (InitWalRecovery: expectedTLEs), which"
        " is that of its own lost timeline; what it hears of later is held against the end of its WAL only"
        " (rescanLatestTimeLine). So the model has it now, and nothing is refused from A to B to A with the tail cut."
        " A node that knows of a timeline newer than its upstream's is not served (`highest timeline of the primary is"
        " behind recovery timeline`): that too, where a promotion may crash.",
    ),
    Settled(
        "restart_after_a_clean_stop",
        "tail=clean and a primary that may restart alone: after its shutdown the model let it recover, and make the"
        " checkpoint that ends a recovery; the server was open at once (n15-4-2)",
        "model",
        "One that was shut down has nothing to recover, the model said, and looked for that in the setting"
        " fast_shutdown only. It does not restart in `clean` any more.",
    ),
    Settled(
        "woken_by_the_crash",
        "a second failover: the lost primary had a tail of 208 bytes, in the model none (n18-1-1)",
        "harness",
        "A promoted server's checkpointer is kept stopped, and was woken before the immediate stop: time enough for the"
        " first records of its checkpoint. It is killed now.",
    ),
    Settled(
        "new_timeline_at_once",
        "a second failover: a commit that the returned node had not received in the model was not lost on the servers"
        " (o15-1-2)",
        "harness",
        "What comes of the new timeline made no difference before. Where somebody is promoted later it passes as the"
        " model has it received.",
    ),
    Settled(
        "asked_again",
        "a second failover: a second standby waited for ever for the first primary, which was promoted again"
        " (p18-3-0, p18-3-3)",
        "harness",
        "Its old connection is refused since that one came back (standby_of_a_standby). It gets a new one.",
    ),
    Settled(
        "written_after_the_row",
        "full_page_writes off: an old primary that ran on wrote its page after the new one had a row there:"
        " silent_divergence in the model, identical on the server (p18-6-0)",
        "harness",
        "See first_row_makes_the_page: the rule looked at what was on disk when the row came. Such walks are not"
        " taken either.",
    ),
    Settled(
        "drop_needs_buffers",
        "DROP TABLE never came to its commit (q16-1-0)",
        "harness",
        "It needs a buffer, so it may have to write a page of the catalogs, whose log was held. Where all else is"
        " flushed the log is let through while it is at work; and no primary crashes before its commit is flushed.",
    ),
    Settled(
        "cancelled_before_its_files",
        "a commit that drops a table, its wait cancelled: no answer within 30 s (c15x2-3-4)",
        "harness",
        "Between wait and answer the files go, and they were held. That is as far as it is awaited; the run agrees.",
    ),
    Settled(
        "abort_redone_over_a_commit",
        "a tail had set a transaction committed, and the new primary gave its number to one that it prepared and rolled"
        " back: silent_divergence in the model, identical on the server (p15-34-1)",
        "model",
        "Redo of an abort overwrites what the commit log has (TransactionIdSetStatusBit), as that of a commit does. In"
        " the model the commit stood; it does not any more.",
    ),
    Settled(
        "state_files_after_a_crash",
        "a primary restarts alone with a prepared transaction: a state file on the server, none in the model (m15-4-1)",
        "model",
        "The checkpoint that ends a crash recovery writes a state file of what redo found prepared (CheckPointTwoPhase:"
        " inredo). The model looked for sessions, of which there are none then; it has it now.",
    ),
    Settled(
        "no_rows_no_page",
        "16.2 without pageinspect, a page without rows that a tail truncated: silent_divergence in the model, identical"
        " on the server (p16-16-1)",
        "harness",
        "Sizes were those up to the last row. They are those of the files now, behind a checkpoint.",
    ),
    Settled(
        "standby_of_a_standby",
        "a second standby ahead of the fork did not start again after a crash: `requested timeline 2 does not contain"
        " minimum recovery point` (p15-2-0)",
        "harness",
        "It still asked the old primary, which had come back, and was told of the new timeline. What a standby sends"
        " another is not in the model; its proxy refuses then.",
    ),
    Settled(
        "vacuum_commits_on_all",
        "two standbys: VACUUM's own commit was taken for sent when the second standby had it (m15-2-1)",
        "harness",
        "See vacuum_commits; it has to be on the standby that is promoted.",
    ),
    Settled(
        "dirty_after_its_write",
        "a hint was set while the page was being written: the next checkpoint had a page to write that the model has"
        " not (z215-2-3)",
        "harness",
        "Such a buffer stays dirty (BM_JUST_DIRTIED), though all of it is on disk. To write the same again changes"
        " nothing, so the model has no second write; a checkpoint after it is not taken.",
    ),
    Settled(
        "rewind_before_the_checkpoint",
        "a second standby's restartpoint was on the new timeline, the new primary's control file not yet: `no rewind"
        " required` in the model, 16.2 rewinds (z216-6-1 and three more)",
        "harness",
        "A promoted server's checkpoint is done at once here, control file and all. Such walks were not meant, but"
        " it was asked whether any node's control file was on the new timeline; now it is the source's.",
    ),
    Settled(
        "stopping_lets_nobody_in",
        "tail=clean: the standby crashes while the primary shuts down, and receives the rest in the model; on the"
        " server it does not (`FATAL:  the database system is shutting down`; k15-18-3)",
        "harness",
        "A primary that shuts down accepts no connection, also none of a standby that comes again, and then does not"
        " wait for it. That no standby is lost is what the procedure `clean` takes for given (failover.shut_down). Such"
        " walks are not taken.",
    ),
    Settled(
        "end_before_all_is_replayed",
        "silent_divergence in the model, identical on the server (k18-7-4)",
        "harness",
        "The walk ended with a row that the new primary had inserted and not flushed. The servers are compared behind a"
        " checkpoint, which flushed it, and its full-page image healed the page. A return has ended when all is"
        " replayed that the new primary inserted.",
    ),
    Settled(
        "applied_beyond_the_fsync",
        "remote_apply: the reply of the returned standby was awaited for ever (os1-8-2)",
        "harness",
        "Where a system may crash the reply says that no more is applied than the model has fsynced; what the server"
        " itself had received was waited for.",
    ),
    Settled(
        "recovery_at_one_go",
        "a primary restarts alone: its file is truncated before the model replays the truncation (ra-1-6)",
        "harness",
        "Redo runs to its end before anything can be seen; nothing on disk is compared until it is over in the model.",
    ),
    Settled(
        "held_at_an_fsync",
        "the same where the system may crash: the checkpoint that ends the recovery was not seen to be held (ra-1-4)",
        "harness",
        "It was held at the fsync of the truncated file. Nobody can be asked then, and the shim was asked for writes"
        " only.",
    ),
    Settled(
        "room_is_a_tail",
        "a primary restarts alone and crashes again before that checkpoint's record: the server had a tail, the model"
        " none (ra2-2-1, ra2-9-1; y215-6-0 and four more)",
        "harness",
        "The log had been filled up to where the record was to be: that is done only where the record is written before"
        " the next crash. And where the model's checkpoint has nothing left to write, the server's is at its record"
        " already: such walks are not taken.",
    ),
    Settled(
        "state_file_too_early",
        "a page of the commit log is written by itself in the model: on the server there was a state file (pr-2-5,"
        " pr-3-0)",
        "harness",
        "Only a checkpoint writes the commit log here, and with no page to write it went on to the state files of what"
        " was prepared. Such walks are not taken.",
    ),
    Settled(
        "checkpoint_after_late_cut",
        "cut_late, and the checkpoint in the control file lies in the tail that was cut: the model said no_checkpoint,"
        " the server not_in_history, or it asked for ever and said nothing (u15-4-4)",
        "model",
        "Its first start left a minimum recovery point. With one in the control file a server enters standby mode"
        " before it looks for its checkpoint (InitWalRecovery), so it asks the new primary for WAL from its redo point"
        " on: refused as for any other position of a tail, or, in the fork's segment, sent up to the fork for ever"
        " (blocked). So the model has it now.",
    ),
    Settled(
        "redo_in_the_next_segment",
        "the same, the checkpoint's record the first of a segment: blocked in the model, not_in_history on the server",
        "harness",
        "A server's redo point lies close before the record, so in that segment too. Such walks are not taken.",
    ),
    Settled(
        "buffers_to_ask",
        "a backend that needs a buffer did not come to the page within 30 s (a15-2-2 and six more of a hundred)",
        "harness",
        "The session that asks what others wait for had to read catalogs for its question, and so needed a buffer"
        " itself. All that is asked later is asked once before.",
    ),
    Settled(
        "flush_after_fork",
        "after a truncation, and a promotion while the old primary ran on, that had a tail that the model has not"
        " (a15-12-1)",
        "harness",
        "VACUUM has changed other pages too, so the log is flushed before a checkpoint. Such walks are not taken.",
    ),
    Settled(
        "first_byte_of_a_checkpoint",
        "the control file's checkpoint was taken for the position before it",
        "harness",
        "The file has the first byte of the record, which may be where the one before it ends.",
    ),
    Settled(
        "running_after_a_crash",
        "a standby took transactions for running that a crash of its new primary had ended, and the primary for"
        " aborted (p1-2-1)",
        "harness",
        "So it does until a transaction that was prepared before them is over; it counts as the same now.",
    ),
    Settled(
        "restart_makes_the_page",
        "full_page_writes off, the primary restarts alone: its checkpoint had a page to write that the model has not"
        " (b15-1-3, b15-1-5, b15-1-6)",
        "harness",
        "The same as first_row_makes_the_page; such walks are not taken.",
    ),
    Settled(
        "replies_before_the_switch",
        "a standby that was to follow another promoted one received nothing of its timeline (b15-2-5)",
        "harness",
        "Its reply was kept back, and with it what it says at the end of the old timeline. It is lost now.",
    ),
    Settled(
        "rewind_of_a_double",
        "the trace of rewind-uncoordinated (two promotions that picked one timeline ID): 16.2 says `no rewind"
        " required` as the model does, and the node then stops for ever at a record that is none (`invalid resource"
        " manager ID`), for the two logs do not fit each other byte by byte; 15.20 does rewind",
        "PostgreSQL",
        "pg_rewind first lets the target finish its crash recovery, whose checkpoint names the target's timeline. 15"
        " compares it with the source's latest checkpoint, still of the timeline before; from 16 on with the source's"
        " minimum recovery point. In no walk; where the two logs are made to fit, and the source has made a checkpoint,"
        " both do as the model says: uncoordinated-promotions.md.",
    ),
    Settled(
        "standby_needs_what_it_lost",
        "after a crash of the standby's system it never accepted connections (k15-5-1, k16-3-1, k18-5-4)",
        "harness",
        "A server fsyncs and replays what it receives at once; the trace had not fsynced it, so it was taken away."
        " Where a page was written meanwhile, the minimum recovery point was behind that. Such a step cannot be done.",
    ),
    Settled(
        "rewind_without_images",
        "tail=rewind, wal_log_hints on and full_page_writes off: the model rewound, pg_rewind refused"
        " (`full_page_writes must be enabled in the source server`; k15-20-0)",
        "model",
        "pg_rewind asks its source for full_page_writes before it looks at anything (init_libpq_conn). The model"
        " refuses now too.",
    ),
    Settled(
        "late_flush",
        "a server's log ended a few bytes behind the fork, where the model has no tail (u18-6-3, u18-8-1, u18-8-4)",
        "harness",
        "What wakes the WAL writer is a record of its own, and its write could be on the way when writes were held"
        " again. It is waited for now.",
    ),
    Settled(
        "shutdown_unflushed",
        "in a clean shutdown the standby did not receive all that the model sends before the last checkpoint (u15-3-0,"
        " u16-4-0, u16-4-6)",
        "harness",
        "What ending sessions write is flushed with the checkpoint's record. Such walks are not taken.",
    ),
    Settled(
        "start_ahead_waits",
        "attached before the promotion, the start of the tail's segment ahead: no line of the list in the log",
        "PostgreSQL",
        "15.20 does not ask any more when it is ahead by up to a segment: its walreceiver says so and waits, for"
        " wal_receiver_timeout at most. The outcome is the same; the line is in the list now.",
    ),
    Settled(
        "clog_scribbled",
        "found by `checker observe`: under the gate a page of the commit log was written with a commit that the standby"
        " had not acknowledged",
        "harness",
        "A commit that stores no LSN sets its status in the page while that waits at the gate, and passes with the"
        " rest: what commit_lsn=async_only says of the patch. The gate now writes the page as it came, which is"
        " commit_lsn=all.",
    ),
    Settled(
        "vacuum_commits",
        "after a truncation a checkpoint waited for ever, or there was a tail, or a status in the commit log, that the"
        " model does not have",
        "harness",
        "VACUUM commits a transaction of its own behind its truncation, and a checkpoint waits for that commit"
        " (delayChkpt). It is let through with the truncation, counts as sent when the next record is, and no commit"
        " log is written before.",
    ),
    Settled(
        "deleted_nothing",
        "tail=delete where nothing was written since the base backup: no_checkpoint, and the server came back",
        "harness",
        "There the model has no step that deletes; the segment with the base backup's checkpoint goes all the same.",
    ),
    Settled(
        "first_row_makes_the_page",
        "full_page_writes off, a page ahead, the new primary writes it: silent_divergence, and the server healed it",
        "harness",
        "Redo of the first row of a page makes the page anew (XLOG_HEAP_INIT_PAGE), and redo of a row in a place that"
        " is taken ends in PANIC. To the model changes of a page do not mind each other; such walks are not taken.",
    ),
    Settled(
        "hint_logged_after_all",
        "with wal_log_hints a hint was logged that the model does not log, and its page waited for a flush",
        "harness",
        "The commit log is written by a checkpoint only, which has moved the redo point; no hint is set from then on.",
    ),
    Settled(
        "new_page_on_disk",
        "a row after a truncation did not end: the file grows by an empty page before the row is there",
        "harness",
        "That write is let through, and an empty page counts as none.",
    ),
    Settled(
        "promoted_checkpoint",
        "found while reading: a promoted server makes a checkpoint of its own accord, which moves its redo point",
        "harness",
        "Its checkpointer is stopped by a signal until the behaviour has one.",
    ),
)
