---- MODULE model ----
\* PostgreSQL's failback-safety protocol: may an old primary come back without a fresh base backup?
\*
\* To be read in this order: the words (vocabulary, settings, state, waits), then who does what, then what
\* should hold.
EXTENDS Integers, FiniteSets

CONSTANTS
    \* As in every release WAL is sent once it is flushed locally (GetFlushRecPtr); or, a design that was asked
    \* for, the first primary sends it before and flushes only what its standby has acknowledged.
    wal_order,
    \* Clients use two-phase commit (max_prepared_transactions): PREPARE, then COMMIT or ROLLBACK PREPARED.
    prepared_transactions,
    \* The operator's procedure for the WAL beyond the fork, before the old primary's first start: keep; cut
    \* (zeroed exactly from the fork on); copy (replaced by the new primary's pg_wal with its history file);
    \* delete (all of pg_wal); cut_late (start once with the tail, see the error, then cut); clean (no crash:
    \* fast shutdown with the standby attached, then promotion); rewind (pg_rewind against the new primary,
    \* which needs wal_log_hints and full_page_writes).
    tail,
    \* The primary may also be shut down fast in the other procedures than `clean`, whether its standby is there
    \* or not, before a promotion or after it (ShutdownXLOG).
    fast_shutdown,
    \* Clients also drop tables (the record is the COMMIT, the file goes afterwards: smgrDoPendingDeletes) or
    \* databases (the files go first, and the record after them: remove_dbtablespaces).
    drop,
    \* The primary may crash and be started again as the primary, alone (StartupXLOG without a signal file).
    crash_restart,
    \* Every wait may end without replication (SyncRepWaitForLSN: cancel, terminate, death of the postmaster); a
    \* cancelled data wait then writes, a cancelled commit wait tells the client nothing.
    wait_cancellable,
    \* `synchronous_transfer`: commit (commits wait, if a synchronous standby is named), data_flush (data waits,
    \* commits never do: IsSyncRepSkipped), or all (both).
    mode,
    \* A synchronous standby is named (SyncStandbysDefined); of no effect in data_flush.
    sync,
    \* What a commit waits for when it waits (SyncRepWaitMode); `off` does not even wait for the local flush
    \* (XLogSetAsyncXactLSN).
    synchronous_commit,
    \* What the end of a prepared transaction leaves on disk waits too: the commit log and the hints know the
    \* LSN of a ROLLBACK PREPARED, and the state file is removed once the record is acknowledged. In no release
    \* and no patch: TransactionIdAbortTree passes no LSN, SetHintBits asks for none, RemoveTwoPhaseFile waits
    \* for nothing.
    two_phase_gate,
    \* When data waits began: with the cluster, or by a reload of the configuration while the primary ran
    \* (ProcessConfigFile). Nobody relies on them before: failovers come after the reload, at once, or
    \* (with_interlock) once the standby has acknowledged all that was inserted by then.
    switched_on,
    \* Where a data wait stands: at the call site (v5), or inside XLogFlush behind its early exit "already
    \* flushed locally" (v4).
    guard,
    \* Whether the end of a crash recovery (pages, commit log, control file) waits: the checkpoint that
    \* StartupXLOG asks for, and smgr_redo. No walsender can connect then.
    recovery_guard,
    \* Which reported position releases a data wait (v1's remote_flush and remote_write).
    ack,
    \* The first change of a page after a redo point carries its image (XLogRecordAssemble).
    full_page_writes,
    \* For which commits the commit log and hints know an LSN to wait for: all; as in stock PostgreSQL only
    \* asynchronous ones (a synchronous commit stores none, for its record is flushed before its status is set);
    \* or all that did not go through a crash recovery of the primary (xact_redo_commit stores none there).
    commit_lsn_setting,
    \* In data_flush and all a hint is set only when its commit LSN is acknowledged (SetHintBits skips, it never
    \* blocks). Off: the stock rule, locally flushed.
    hint_gate,
    \* A hint that dirties a clean buffer whose page LSN is not beyond the redo point logs a record and moves
    \* the page LSN (MarkBufferDirtyHint, XLogSaveBufferForHint); the record carries an image when
    \* full_page_writes is on.
    wal_log_hints,
    \* In data_flush and all a page write waits (FlushBuffer).
    page_gate,
    \* In data_flush and all a commit-log write waits (SlruPhysicalWritePage).
    clog_gate,
    \* In data_flush and all a truncation waits for its record (RelationTruncate, smgrDoPendingDeletes).
    truncate_gate,
    \* Clients rewrite a catalog that the relation map locates (VACUUM FULL of pg_class): the map file is
    \* written as soon as its record is flushed here (write_relmap_file).
    map_rewrites,
    \* In data_flush and all the relation map's file waits for its record, as it does behind an XLogFlush that
    \* waits (the fourth patch changed relmapper.c too).
    map_gate,
    \* A checkpoint that has set its redo point waits for commits between their record and its effect before it
    \* writes, and for truncations before its own record (delayChkpt; for truncations since 2022 only).
    checkpoint_delays,
    \* A checkpoint that has set its redo point waits for a ROLLBACK PREPARED between its record and the commit
    \* log, as it does for commits. Up to 16.2 and 18.4 none does, RecordTransactionAbortPrepared sets no
    \* DELAY_CHKPT_START; 15.20 does.
    abort_delays_checkpoint,
    \* A truncation keeps a checkpoint not only from its record but from its first write, so that the
    \* checkpoint's fsync covers it (DELAY_CHKPT_START in RelationTruncate, since December 2024). Of no effect
    \* without checkpoint_delays.
    truncation_delays_start,
    \* How a primary may crash: an OS crash may lose any of the data written since the last checkpoint's fsync
    \* (ProcessSyncRequests).
    primary_faults,
    \* Standbys take restartpoints: their pages, commit log and control file follow the checkpoints they replay
    \* (CreateRestartPoint).
    restartpoints,
    \* In data_flush and all the control file's update waits for its checkpoint record (CreateCheckPoint).
    control_gate,
    \* No standby is connected to the first primary, from the beginning and for good. For liveness only: to
    \* safety a standby that is away is one that takes no steps, which any may do.
    standby_away,
    \* A node being promoted may crash between the beginning of its timeline and its opening; it is started
    \* again (StartupXLOG: what it removes and writes in which order).
    promotion_crash,
    \* A flush and a reception may end within a record (XLogBackgroundFlush, XLogSendPhysical): none does; they
    \* do, and fork_covers_acks counts whole records (whole) or the very position that was reported (bytes).
    \* Off, for waits are for the ends of records and a promoted node keeps whole ones only: it matters to who
    \* comes back with a part that reaches into the next segment.
    split_records,
    \* Acknowledgements carry the timeline, and one of another timeline releases nobody; in no release
    \* (ProcessStandbyReplyMessage reads three LSNs).
    ack_timeline,
    \* How a standby may crash: a process crash keeps what was written, an OS crash loses what was not fsynced.
    standby_faults,
    \* Which standby is promoted when there are several: the one whose reports release the waits (B; A where B
    \* is the primary), or any, also one that does not see that another was promoted.
    promote_setting,
    \* A promotion begins a new timeline ID (findNewestTimeLine); off: a standby made a primary by removing its
    \* recovery configuration.
    timeline_bump,
    \* Whether a promoted node waits for its end-of-recovery record (CreateEndOfRecoveryRecord). Its walsenders
    \* are still cascading and release nobody, so it waits for ever.
    promotion_guard,
    \* The old primary archived its complete segments, and finds them with its restore_command when it comes
    \* back (RestoreArchivedFile); the new timeline's history file is not in that archive.
    archive,
    \* Promotions, in all.
    promotions,
    \* WAL records on the first timeline; each later one may reach one position further.
    records,
    \* WAL records in a segment.
    segment,
    \* Transaction ids.
    transactions,
    \* A page of a relation, the only one of its file: truncating the file removes the page.
    Page,
    \* A transaction id. A node hands out ids that its own WAL does not know, so a tail's ids are used again.
    Transaction,
    \* A server. Nodes are symmetric: what one does follows from its role. A is the primary at the start.
    Node,
    \* an element of Page
    p1,
    \* an element of Transaction
    x1,
    \* an element of Node
    A,
    \* an element of Node
    B

last_lsn == records + promotions + 1

\* A timeline, in the order of their beginning. It names who wrote a record: position 5 of timeline 0 is not
\* 5 of 1.
Timeline == 0..promotions

\* A position at which a record ends.
Position == 1..last_lsn

\* A position in the WAL, counted in whole records: n is the END of the n-th record, 0 the base backup.
Lsn == 0..last_lsn

\* The kinds of WAL records.
Kind == {"NOTHING",
         "UPDATE",
         "COMMIT",
         "TRUNCATE",
         "HINT",
         "CHECKPOINT",
         "END_OF_RECOVERY",
         "PREPARE",
         "ABORT",
         "DROP_DATABASE",
         "RELATION_MAP"}

\* A record of the WAL; `image`: it carries the whole page, so that redo restores the page unconditionally;
\* `drops`: the page's table or database is gone with it.
WalRecord == [kind : Kind, page : Page, transaction : Transaction, image : BOOLEAN, drops : BOOLEAN]

\* What a server is doing.
Role == {"PRIMARY", "STOPPING", "STANDBY", "PROMOTING", "FORKED", "RECOVERING", "RESTARTING", "DOWN"}

\* pg_control: the latest checkpoint, as the END of its record (the file stores its start), with that
\* record's timeline and redo point; and the minimum recovery point of a node that runs as a standby.
ControlFile == [checkpoint : Lsn,
                timeline : Timeline,
                redo : Lsn,
                min_recovery : Lsn,
                min_recovery_timeline : Timeline]

\* What a primary was told of its standbys. Monotone, a plain LSN without a timeline, forgotten at a
\* restart.
Acknowledged == [write : Lsn, flush : Lsn, apply : Lsn]

\* What a copy of a page says of itself; `exists`: the file reaches that far and the page is not new.
PageHeader == [lsn : Lsn, exists : BOOLEAN]

\* pg_filenode.map, which is written whole: the record that it was written for; 0: that of the base backup.
MapFile == [lsn : Lsn, timeline : Timeline]

\* How far a backend is in its transaction: the order of RecordTransactionCommit.
Phase == {"IDLE", "RUNNING", "LOGGED", "PENDING", "PREPARED", "ABORT_LOGGED", "ABORT_PENDING", "ENDED"}

\* A write in progress by FlushBuffer or SlruPhysicalWritePage: `lsn` was read when it began.
Writing == [busy : BOOLEAN, page : Page, lsn : Lsn]

\* How far CreateCheckPoint is.
CheckpointStep == {"IDLE", "REDO", "COMMIT_LOG", "SYNCED", "RECORD", "ENDED"}

\* The checkpoint in progress: its redo point, and the end of its record once that is inserted.
Checkpointer == [step : CheckpointStep, redo : Lsn, record : Lsn]

\* How the return of an old primary ended; the words are those of the server's log.
Outcome == {"NONE",
            "STREAMING",
            "TAIL_DIVERGED",
            "NOT_IN_HISTORY",
            "NO_CHECKPOINT",
            "MIN_RECOVERY",
            "INVALID_PAGES",
            "START_AHEAD",
            "BLOCKED",
            "REWIND_REFUSED"}

VARIABLES
    \* The record that ends at a position of a timeline, as its primary inserted it.
    log,
    \* The newest timeline begun.
    latest,
    \* Where a timeline begins: the end of the last record its node had replayed when it was promoted.
    fork,
    \* history[t, u]: up to where timeline t's history file takes records from its ancestor u; 0 if u is none.
    history,
    \* The last position that the histories of two different timelines have in common.
    common,
    \* Who was promoted to begin a timeline.
    author,
    \* The timeline ID in names of files and messages: two nodes that do not see each other may pick the same.
    number,
    \* The redo point in a checkpoint record; kept where somebody reads it from the WAL (pg_rewind,
    \* restartpoints).
    checkpoint_redo,
    role,
    \* The timeline a node writes or follows.
    timeline,
    \* The end of a node's WAL: what a primary has inserted (in WAL buffers), what a standby has received
    \* (written).
    wal_end,
    \* How far a node's WAL is fsynced.
    flushed,
    \* How far a standby or a recovering node has replayed; 0 on a primary.
    replayed,
    \* RedoRecPtr in shared memory: decides which record carries a page image.
    redo,
    control,
    acknowledged,
    \* Behind the end of a node's WAL its disk has the first part of the next record; kept under split_records
    \* only.
    part,
    \* The last flush position reported lies within the record behind acknowledged.flush; under
    \* split_records=bytes.
    acknowledged_part,
    \* The largest timeline ID of which a node has a history file that it wrote or was sent.
    seen,
    buffer,
    buffer_holds,
    \* The tuples of a transaction on this page are marked committed.
    buffer_hint,
    dirty,
    disk,
    disk_holds,
    disk_hint,
    \* The tuples of a prepared transaction are marked aborted: to every reader, for ever.
    buffer_aborted,
    disk_aborted,
    \* Recovery met a record for a page that the file does not have (log_invalid_page).
    invalid,
    \* The buffer says committed.
    status,
    \* The LSN kept beside that status (group_lsn); 0 when none is known.
    status_lsn,
    disk_status,
    \* The buffer says aborted; kept of prepared transactions only.
    aborted,
    disk_status_aborted,
    \* A node in recovery knows the transaction as prepared (TwoPhaseState).
    two_phase,
    \* pg_twophase has a file of it; fsynced as it is written.
    state_file,
    map_file,
    \* The record of a new map whose file is not written yet (its writer holds RelationMappingLock); 0: none.
    map_record,
    synced,
    synced_holds,
    synced_hint,
    synced_aborted,
    synced_status,
    synced_status_aborted,
    \* The node's system crashed and has not been started since: what was not fsynced may turn out to be gone.
    losing,
    phase,
    \* The end of a transaction's COMMIT record (XactLastRecEnd of its backend).
    commit_lsn,
    writer,
    clog_writing,
    truncater,
    checkpointer,
    \* The configuration was reloaded: from now on data waits.
    switched,
    \* The end of the primary's WAL at that time.
    interlock,
    \* The operator relies on the mode.
    relied_on,
    \* A primary was started again alone after a crash: once in a scope.
    restarted,
    \* A primary's control file says that a shutdown ended it (DB_SHUTDOWNED); kept under fast_shutdown.
    shutdowned,
    \* An old primary was started as a standby.
    came_back,
    outcome,
    \* How far the archive has the WAL of an old primary whose tail was cut.
    archived,
    \* pg_rewind has said that it is done, or that there was nothing to do.
    rewound,
    \* A client was told that the commit that ends here is done.
    told,
    \* The record of the last removal carried out on a node's disk as a primary; beyond all, if it has none yet.
    removed,
    \* The record for which a node, as a primary, removed a state file.
    forgotten,
    \* The operator really removed something.
    tail_cut,
    \* When an old primary was started, something on its disk was ahead of the fork.
    came_back_ahead

log_vars == <<log, latest, fork, history, common, author, number, checkpoint_redo>>
role_vars == <<role, timeline, wal_end, flushed, replayed, redo, control, acknowledged>>
part_vars == <<part, acknowledged_part>>
buffer_vars == <<buffer, buffer_holds, buffer_hint, dirty, disk, disk_holds, disk_hint, buffer_aborted,
                 disk_aborted, invalid>>
status_vars == <<status, status_lsn, disk_status, aborted, disk_status_aborted>>
two_phase_vars == <<two_phase, state_file>>
map_file_vars == <<map_file, map_record>>
synced_vars == <<synced, synced_holds, synced_hint, synced_aborted, synced_status, synced_status_aborted,
                 losing>>
phase_vars == <<phase, commit_lsn, writer, clog_writing, truncater, checkpointer>>
switched_vars == <<switched, interlock, relied_on>>
restarted_vars == <<restarted, shutdowned, came_back, outcome, archived, rewound>>
told_vars == <<told, removed, forgotten, tail_cut, came_back_ahead>>
vars == <<log_vars, role_vars, part_vars, seen, buffer_vars, status_vars, two_phase_vars, map_file_vars,
          synced_vars, phase_vars, switched_vars, restarted_vars, told_vars>>

---- \* Arithmetic

Min(a, b) == IF a <= b THEN a ELSE b

Mod(a, b) == IF b > 0 THEN a % b ELSE -((-a) % (-b))

Max(a, b) == IF a >= b THEN a ELSE b

---- \* What variables may hold

TypeOK ==
    /\ log \in [Timeline \X Position -> WalRecord]
    /\ latest \in Timeline
    /\ fork \in [Timeline -> Lsn]
    /\ history \in [Timeline \X Timeline -> Lsn]
    /\ common \in [Timeline \X Timeline -> Lsn]
    /\ author \in [Timeline -> Node]
    /\ number \in [Timeline -> Timeline]
    /\ checkpoint_redo \in [Timeline \X Position -> Lsn]
    /\ role \in [Node -> Role]
    /\ timeline \in [Node -> Timeline]
    /\ wal_end \in [Node -> Lsn]
    /\ flushed \in [Node -> Lsn]
    /\ replayed \in [Node -> Lsn]
    /\ redo \in [Node -> Lsn]
    /\ control \in [Node -> ControlFile]
    /\ acknowledged \in [Node -> Acknowledged]
    /\ part \in [Node -> BOOLEAN]
    /\ acknowledged_part \in [Node -> BOOLEAN]
    /\ seen \in [Node -> Timeline]
    /\ buffer \in [Node \X Page -> PageHeader]
    /\ buffer_holds \in [Node \X Page \X Timeline \X Position -> BOOLEAN]
    /\ buffer_hint \in [Node \X Page \X Transaction -> BOOLEAN]
    /\ dirty \in [Node \X Page -> BOOLEAN]
    /\ disk \in [Node \X Page -> PageHeader]
    /\ disk_holds \in [Node \X Page \X Timeline \X Position -> BOOLEAN]
    /\ disk_hint \in [Node \X Page \X Transaction -> BOOLEAN]
    /\ buffer_aborted \in [Node \X Page \X Transaction -> BOOLEAN]
    /\ disk_aborted \in [Node \X Page \X Transaction -> BOOLEAN]
    /\ invalid \in [Node \X Page -> BOOLEAN]
    /\ status \in [Node \X Transaction -> BOOLEAN]
    /\ status_lsn \in [Node \X Transaction -> Lsn]
    /\ disk_status \in [Node \X Transaction -> BOOLEAN]
    /\ aborted \in [Node \X Transaction -> BOOLEAN]
    /\ disk_status_aborted \in [Node \X Transaction -> BOOLEAN]
    /\ two_phase \in [Node \X Transaction -> BOOLEAN]
    /\ state_file \in [Node \X Transaction -> BOOLEAN]
    /\ map_file \in [Node -> MapFile]
    /\ map_record \in [Node -> Lsn]
    /\ synced \in [Node \X Page -> PageHeader]
    /\ synced_holds \in [Node \X Page \X Timeline \X Position -> BOOLEAN]
    /\ synced_hint \in [Node \X Page \X Transaction -> BOOLEAN]
    /\ synced_aborted \in [Node \X Page \X Transaction -> BOOLEAN]
    /\ synced_status \in [Node \X Transaction -> BOOLEAN]
    /\ synced_status_aborted \in [Node \X Transaction -> BOOLEAN]
    /\ losing \in [Node -> BOOLEAN]
    /\ phase \in [Node \X Transaction -> Phase]
    /\ commit_lsn \in [Node \X Transaction -> Lsn]
    /\ writer \in [Node -> Writing]
    /\ clog_writing \in [Node -> BOOLEAN]
    /\ truncater \in [Node -> Writing]
    /\ checkpointer \in [Node -> Checkpointer]
    /\ switched \in BOOLEAN
    /\ interlock \in Lsn
    /\ relied_on \in BOOLEAN
    /\ restarted \in [Node -> BOOLEAN]
    /\ shutdowned \in [Node -> BOOLEAN]
    /\ came_back \in [Node -> BOOLEAN]
    /\ outcome \in [Node -> Outcome]
    /\ archived \in [Node -> Lsn]
    /\ rewound \in [Node -> BOOLEAN]
    /\ told \in [Timeline \X Position -> BOOLEAN]
    /\ removed \in [Node \X Page -> Lsn]
    /\ forgotten \in [Node \X Transaction -> Lsn]
    /\ tail_cut \in [Node -> BOOLEAN]
    /\ came_back_ahead \in [Node -> BOOLEAN]

---- \* Helpers

\* The node is a primary whose checkpointer, WAL writer and walsenders are at work.
running(n) == role[n] = "PRIMARY" \/ role[n] = "STOPPING"

\* The node's buffers, commit log and control file may be written: a primary, or the end of a crash
\* recovery.
\*
\* That end is a checkpoint; its own record is not replayed.
writing(n) ==
    \/ running(n)
    \/ /\ role[n] = "RESTARTING"
       /\ (replayed[n] = wal_end[n] \/ checkpointer[n].step # "IDLE")

\* This node flushes only what its standby has acknowledged; asked of the first primary only.
flushes_after_standby(n) == wal_order = "REMOTE_FIRST" /\ timeline[n] = 0

\* The operator shuts a primary down fast: always in the procedure `clean`, or at will.
may_shut_down_fast == tail = "CLEAN" \/ fast_shutdown

\* A checkpoint is at work, its record not inserted yet: 1, or 0.
checkpoint_due(n) ==
    LET at_work == \/ checkpointer[n].step = "REDO"
                   \/ checkpointer[n].step = "COMMIT_LOG"
                   \/ checkpointer[n].step = "SYNCED"
    IN  IF at_work THEN 1 ELSE 0

\* A DROP DATABASE has removed the files, its record not inserted yet: 1, or 0.
removal_due(n) == IF drop = "DATABASE" /\ truncater[n].busy /\ truncater[n].lsn = 0 THEN 1 ELSE 0

\* The last position that node n may reach on timeline t.
\*
\* Each timeline goes one further than the one before, for its end-of-recovery record; a shutdown checkpoint
\* and the checkpoint that ends a crash recovery have a position of their own too.
room(n, t) ==
    LET spare == may_shut_down_fast \/ crash_restart
        at_the_end == role[n] = "STOPPING" \/ role[n] = "RESTARTING"
    IN  (records + t) + (IF spare /\ (t > 0 \/ at_the_end) THEN 1 ELSE 0)

\* The next record of node n ends at position `at` of timeline t, and the scope has room for it.
may_insert(n, t, at) == timeline[n] = t /\ wal_end[n] + 1 = at /\ at <= room(n, t)

\* The same for a backend, which leaves room for what is at work where that has to end for a shutdown.
backend_may_insert(n, t, at) ==
    LET reserved == IF may_shut_down_fast THEN checkpoint_due(n) + removal_due(n) ELSE 0
    IN  role[n] = "PRIMARY" /\ may_insert(n, t, at) /\ at + reserved <= room(n, t)

\* SyncRepRequested and not IsSyncRepSkipped, with a synchronous standby named.
commit_waits ==
    /\ mode # "DATA_FLUSH"
    /\ sync
    /\ synchronous_commit # "OFF"
    /\ synchronous_commit # "LOCAL"

\* SyncRepWaitForLSN of a committing backend returns (mode WRITE, FLUSH or APPLY), or is not entered.
commit_released(n, lsn) ==
    \/ ~commit_waits
    \/ lsn
          <= (IF synchronous_commit = "REMOTE_WRITE"
              THEN acknowledged[n].write
              ELSE IF synchronous_commit = "REMOTE_APPLY"
              THEN acknowledged[n].apply
              ELSE acknowledged[n].flush)

\* PREPARE TRANSACTION has returned: its record is flushed, and the wait for the standby is over
\* (EndPrepare).
\*
\* Nobody sees that moment but the client; so it is no step. A node that was promoted or restarted knows
\* prepared transactions from its WAL, and waits for nothing.
prepare_is_done(n, x) ==
    /\ phase[n, x] = "PREPARED"
    /\ commit_lsn[n, x] <= flushed[n]
    /\ (wait_cancellable \/ commit_released(n, commit_lsn[n, x]))

\* The node writes or follows the last timeline that the scope allows: no promotion can follow.
on_last_timeline(n) == timeline[n] = promotions /\ timeline[n] # 0

\* What this node puts on its disk, tells its clients or is told by its standbys will be read by nobody.
\*
\* So it is on the last timeline; but pg_rewind reads the new primary's disk, and a crash recovery ends with
\* a checkpoint, on which its opening depends. Actors whose only effect is of that kind rest there: this
\* loses nothing that a property can see.
rests(n) == on_last_timeline(n) /\ tail # "REWIND" /\ role[n] # "RESTARTING"

\* A prepared transaction has ended, and its state file is still there.
is_over(n, x) == prepared_transactions /\ phase[n, x] = "ENDED" /\ state_file[n, x]

\* SyncTransRequested: data waits for the attached standby, whether a synchronous one is named or not.
data_waits == mode # "COMMIT" /\ (switched_on = "AT_START" \/ switched)

\* A data wait for `lsn` is over, or there is none: this gate is off, or no LSN is known to wait for.
\*
\* Inside XLogFlush the wait stands behind "if (record <= LogwrtResult.Flush) return": whoever calls it when
\* another process has flushed that far already, and a caller can always be that late, leaves without
\* waiting.
data_released(n, lsn, gate) ==
    \/ ~data_waits
    \/ ~gate
    \/ guard = "INSIDE_XLOGFLUSH"
    \/ wait_cancellable
    \/ (role[n] = "RESTARTING" /\ recovery_guard = "BYPASS")
    \/ lsn <= (IF ack = "WRITE" THEN acknowledged[n].write ELSE acknowledged[n].flush)

timelines == 0..promotions

positions == 1..last_lsn

\* The record that ends at this position of timeline u belongs to the history of timeline t.
in_history(t, u, position) == fork[u] < position /\ (u = t \/ position <= history[t, u])

\* In timeline t's history up to `end`, page p's table or database was dropped: no catalog knows it any
\* more.
dropped(t, end, p) ==
    /\ drop # "NONE"
    /\ \E u \in timelines, position \in positions :
           /\ position <= end
           /\ log[u, position].drops
           /\ log[u, position].page = p
           /\ in_history(t, u, position)

\* The transaction's COMMIT record is that of a DROP TABLE whose file is still there.
commits_drop(n, x) ==
    /\ drop = "TABLE"
    /\ truncater[n].busy
    /\ truncater[n].lsn = commit_lsn[n, x]

\* A commit does not wait for its own flush; one that drops a table always does (nrels > 0).
asynchronous(n, x) == synchronous_commit = "OFF" /\ ~commits_drop(n, x)

\* The commit log keeps the commit's LSN beside its status: stock does so for asynchronous commits only
\* (TransactionIdAsyncCommitTree; TransactionIdCommitTree passes InvalidXLogRecPtr).
commit_lsn_is_kept(n, x) == commit_lsn_setting # "ASYNC_ONLY" \/ asynchronous(n, x)

is_update(t, position, p) == log[t, position].kind = "UPDATE" /\ log[t, position].page = p

\* A reader finds tuples of x on the page, x no longer in progress, committed, and its commit LSN no
\* obstacle.
\*
\* HeapTupleSatisfiesMVCC asks TransactionIdIsInProgress first: where a commit waits, its hint waits too.
\* SetHintBits skips a commit whose LSN is not flushed (XLogNeedsFlush), with the patch one that is not
\* acknowledged (SyncRepWaitForLSN with Wait = false); a commit whose LSN is not known is no obstacle, nor
\* is an abort. Who finds a mark looks no further. Later majors (9.5) set it all the same where the page's
\* own LSN is not before that of the commit: nothing new, for that page's write waits for an LSN which has
\* the commit's behind it.
may_mark(n, p, x) ==
    /\ role[n] = "PRIMARY"
    /\ phase[n, x] = "ENDED"
    /\ (status[n, x] \/ aborted[n, x])
    /\ buffer[n, p].exists
    /\ ~dropped(timeline[n], wal_end[n], p)
    /\ ~buffer_hint[n, p, x]
    /\ ~buffer_aborted[n, p, x]
    /\ ~(truncater[n].busy /\ truncater[n].page = p)
    /\ \E t \in timelines, position \in positions :
           buffer_holds[n, p, t, position] /\ is_update(t, position, p) /\ log[t, position].transaction = x
    /\ status_lsn[n, x] <= flushed[n]
    /\ data_released(n, status_lsn[n, x], hint_gate)

\* MarkBufferDirtyHint logs a hint that dirties a clean buffer whose page LSN is not beyond the redo point.
hint_is_logged(n, p) == wal_log_hints /\ ~dirty[n, p] /\ buffer[n, p].lsn <= redo[n]

commit_log_dirty(n) ==
    \E x \in Transaction : status[n, x] # disk_status[n, x] \/ aborted[n, x] # disk_status_aborted[n, x]

\* Nothing else is being removed, and the page is there to be removed.
can_be_removed(n, p) ==
    /\ ~truncater[n].busy
    /\ buffer[n, p].exists
    /\ ~dropped(timeline[n], wal_end[n], p)

\* Transaction x has changed the page and has not ended: it holds a lock on the relation.
unfinished_change(n, p, x) ==
    /\ phase[n, x] # "IDLE"
    /\ phase[n, x] # "ENDED"
    /\ \E t \in timelines, position \in positions :
           /\ is_update(t, position, p)
           /\ log[t, position].transaction = x
           /\ \/ t = timeline[n]
              \/ (prepared_transactions /\ buffer_holds[n, p, t, position])

\* A DROP DATABASE has removed the files and not inserted its record.
removes_database(n) == removal_due(n) = 1

\* A backend is between its record and the commit log, and has said so.
delays_checkpoint(n, x) ==
    \/ phase[n, x] = "LOGGED"
    \/ (abort_delays_checkpoint /\ phase[n, x] = "ABORT_LOGGED")

\* A PREPARE record before the redo point is not flushed: its transaction is not marked valid, and no
\* checkpoint would make a file of it that redo could not (EndPrepare: DELAY_CHKPT_START).
prepare_delays_checkpoint(n, redo_2) ==
    \E x \in Transaction :
        phase[n, x] = "PREPARED" /\ flushed[n] < commit_lsn[n, x] /\ commit_lsn[n, x] <= redo_2

\* A dropped table's file that outlives its COMMIT does no harm, and a database's is gone before its record.
removes_without_delay(n) == removes_database(n) \/ (\E x \in Transaction : commits_drop(n, x))

\* A truncation whose record is before the redo point has not reached the file yet: no redo would repeat it.
truncation_delays(n) ==
    /\ checkpoint_delays
    /\ truncater[n].busy
    /\ ~removes_without_delay(n)
    /\ truncater[n].lsn <= checkpointer[n].redo

\* A new map's record is before the redo point, its file not written: CheckPointRelationMap waits for the
\* lock.
map_delays_checkpoint(n, redo_2) == map_record[n] # 0 /\ map_record[n] <= redo_2

\* Every change up to the redo point is on disk (CheckPointBuffers).
pages_written(n) ==
    ~(\E p \in Page, u \in timelines, position \in positions :
          /\ buffer_holds[n, p, u, position]
          /\ ~disk_holds[n, p, u, position]
          /\ position <= checkpointer[n].redo)

has_record(t, end, x, kind) ==
    \E u \in timelines, position \in positions :
        /\ position <= end
        /\ log[u, position].kind = kind
        /\ log[u, position].transaction = x
        /\ in_history(t, u, position)

\* A checkpoint with this redo point writes a state file: x is prepared, its record flushed, and not done
\* with, be it in the middle of COMMIT or ROLLBACK PREPARED. At the end of a crash recovery, what redo found
\* (inredo).
has_state_file_due(n, t, redo_2, x) ==
    LET prepared_2 == phase[n, x] # "IDLE" /\ phase[n, x] # "RUNNING" /\ phase[n, x] # "ENDED"
        found == role[n] = "RESTARTING" /\ two_phase[n, x]
    IN  (prepared_2 \/ found) /\ has_record(t, Min(redo_2, flushed[n]), x, "PREPARE")

\* With the gate a state file waits for the latest record of its transaction.
state_files_released(n, t, redo_2) ==
    \/ ~two_phase_gate
    \/ \A x \in Transaction : ~has_state_file_due(n, t, redo_2, x) \/ data_released(n, commit_lsn[n, x], TRUE)

\* Standbys are connected to this upstream.
\*
\* standby_away concerns the first primary only: that nobody is connected to a promoted node needs no
\* setting, as the old primary comes back when the operator brings it back.
connected(upstream) == ~standby_away \/ timeline[upstream] # 0

\* What node n asks for is on a newer timeline than the upstream is on ("highest timeline of the primary is
\* behind recovery timeline").
\*
\* It asks by the newest history file that it has (WaitForWALToBecomeAvailable: tliOfPointInHistory), which
\* it had from an upstream that it asked before, or wrote itself and gave up. Where its own WAL ends before
\* that history leaves the upstream's timeline it asks for that one, and is sent all there is of it, beyond
\* the fork too: WalReceiverMain compares timeline IDs. From the fork on it is refused. Seen so on 15.20,
\* 16.2 and 18.4.
is_behind(n, upstream) ==
    /\ number[timeline[upstream]] < seen[n]
    /\ ~(\E t \in timelines : number[t] = seen[n] /\ wal_end[n] < history[t, timeline[upstream]])

\* To a server two timelines are the same if their IDs are.
same_timeline_id(n, upstream) == number[timeline[n]] = number[timeline[upstream]]

\* Where the histories of the two nodes part.
fork_of(n, upstream) == common[timeline[upstream], timeline[n]]

\* Node n knew the upstream's timeline, and was sent an older one beyond the fork since: see is_behind.
\*
\* The end of its WAL was held against the fork when it began to aim at that timeline
\* (rescanLatestTimeLine), and is not again: it asks for it by its ID, as soon as what it has is replayed,
\* and is accepted. A return that ended in a refusal is over. In `cut_late` the first start is there for the
\* mark that it leaves, whatever it is told; a node that gave a timeline up (promotion_crash) has its
\* checkpoint beyond that fork, and was not tried on servers.
has_passed_fork(n, upstream) ==
    /\ seen[n] = number[timeline[upstream]]
    /\ \A t \in timelines : t = timeline[upstream] \/ number[t] # seen[n]
    /\ number[timeline[n]] < seen[n]
    /\ fork_of(n, upstream) < wal_end[n]
    /\ replayed[n] = wal_end[n]
    /\ (outcome[n] = "NONE" \/ outcome[n] = "STREAMING")
    /\ tail # "CUT_LATE"
    /\ ~promotion_crash

\* Where the segment begins that holds this position: a standby asks from there (RequestXLogStreaming).
segment_start(lsn) == lsn - Mod(lsn, segment)

\* The record that node n has in part begins at the fork, and its first part fills a segment: see
\* split_records.
asks_past_part(n, upstream) ==
    /\ split_records # "NONE"
    /\ part[n]
    /\ ~same_timeline_id(n, upstream)
    /\ wal_end[n] = fork_of(n, upstream)
    /\ wal_end[n] = segment_start(wal_end[n])

\* The upstream's walsender finds all that node n has in its own history (StartReplication).
can_follow(n, upstream) ==
    /\ n # upstream
    /\ ~is_behind(n, upstream)
    /\ \/ same_timeline_id(n, upstream)
       \/ has_passed_fork(n, upstream)
       \/ (wal_end[n] <= fork_of(n, upstream) /\ ~asks_past_part(n, upstream))

\* How far walsenders send: what is flushed; in the design that sends first, what is inserted.
sendable(upstream) ==
    IF flushes_after_standby(upstream) THEN wal_end[upstream] ELSE flushed[upstream]

\* The standby whose reports release waits: the synchronous one where one is named. Of three nodes, A and B
\* are to each other what C is to neither.
releases(n) == n = A \/ n = B

\* What the upstream does next may depend on what it was told: on the last timeline only its WAL is of
\* interest.
reply_matters(upstream) == ~rests(upstream) \/ truncater[upstream].busy \/ wal_log_hints

write_releases ==
    \/ (data_waits /\ ack = "WRITE")
    \/ (commit_waits /\ synchronous_commit = "REMOTE_WRITE")

flush_releases ==
    \/ (data_waits /\ ack = "FLUSH")
    \/ (commit_waits /\ synchronous_commit = "ON")
    \/ wal_order = "REMOTE_FIRST"

apply_releases == commit_waits /\ synchronous_commit = "REMOTE_APPLY"

\* Node n's WAL ends beyond the fork, but its request, from the start of a segment, is not beyond it.
accepted_past_fork(n, upstream) ==
    /\ ~same_timeline_id(n, upstream)
    /\ segment_start(wal_end[n]) <= fork_of(n, upstream)
    /\ fork_of(n, upstream) < wal_end[n]

\* The next record ends at position `at` of timeline t.
\*
\* A standby replays what its walreceiver has fsynced (GetWalRcvFlushRecPtr); crash recovery and promotion
\* read what is in pg_wal.
can_replay(n, t, at) ==
    /\ \/ role[n] = "STANDBY"
       \/ role[n] = "RECOVERING"
       \/ role[n] = "PROMOTING"
       \/ (role[n] = "RESTARTING" /\ ~writing(n))
    /\ replayed[n] + 1 = at
    /\ at <= (IF role[n] = "STANDBY" THEN flushed[n] ELSE wal_end[n])
    /\ in_history(timeline[n], t, at)

\* A standby's replay can be put off until something depends on it: an acknowledgement, promotion, a return.
replay_matters(n) == role[n] # "STANDBY" \/ came_back[n] \/ apply_releases \/ restartpoints

\* A primary that restarts alone waits with a truncation too, where its recovery waits (smgr_redo).
may_redo_truncation(n, t, at) ==
    \/ role[n] # "RESTARTING"
    \/ ~(log[t, at].kind = "TRUNCATE" \/ log[t, at].drops)
    \/ data_released(n, at, truncate_gate)

\* A truncation of the page's file, or a drop of its table or database.
is_removal(t, position, p) ==
    /\ (log[t, position].kind = "TRUNCATE" \/ log[t, position].drops)
    /\ log[t, position].page = p

\* In timeline t's history up to `end`, page p carries the change that ends at this position of timeline u.
page_carries(t, end, p, u, position) ==
    /\ position <= end
    /\ is_update(u, position, p)
    /\ in_history(t, u, position)
    /\ ~(\E v \in timelines, later \in positions :
             position < later /\ later <= end /\ is_removal(v, later, p) /\ in_history(t, v, later))

is_commit_of(t, at, x) == log[t, at].kind = "COMMIT" /\ log[t, at].transaction = x

\* xact_redo_commit stores the commit's LSN on a standby; in crash recovery (standbyState DISABLED) it does
\* not.
redo_keeps_lsn(n) == role[n] # "RESTARTING" \/ commit_lsn_setting = "ALL"

\* A standby meets a record without an image for a page that its file does not have.
missing_page(n, t, at) ==
    /\ role[n] = "STANDBY"
    /\ log[t, at].kind = "UPDATE"
    /\ ~log[t, at].image
    /\ \E p \in Page : log[t, at].page = p /\ ~buffer[n, p].exists

\* Whoever fails over does so because the mode is on; without a mode there is nothing to rely on.
relied_on_2 == switched_on = "AT_START" \/ mode = "COMMIT" \/ relied_on

\* A primary, or one on its way to be one again; not in the procedure `clean`, nor where nobody would see
\* it.
may_crash(n) ==
    /\ (running(n) \/ role[n] = "RESTARTING")
    /\ ~on_last_timeline(n)
    /\ tail # "CLEAN"
    /\ relied_on_2

\* A standby has the record that this primary has not flushed.
sent_before(n, t, position) ==
    /\ wal_order = "REMOTE_FIRST"
    /\ \E m \in Node : m # n /\ timeline[m] = t /\ position <= wal_end[m]

\* The page on disk is not what the last fsync left.
page_unsynced(n, p) ==
    \/ disk[n, p].lsn # synced[n, p].lsn
    \/ disk[n, p].exists # synced[n, p].exists
    \/ \E t \in timelines, position \in positions :
           disk_holds[n, p, t, position] # synced_holds[n, p, t, position]
    \/ \E x \in Transaction : disk_hint[n, p, x] # synced_hint[n, p, x]
    \/ \E x \in Transaction : disk_aborted[n, p, x] # synced_aborted[n, p, x]

\* A standby has WAL of its primary's timeline that the primary has lost.
standby_is_ahead(m, n) ==
    /\ wal_order = "REMOTE_FIRST"
    /\ m # n
    /\ role[m] = "STANDBY"
    /\ timeline[m] = timeline[n]
    /\ wal_end[n] < wal_end[m]

\* Timeline t's history up to `end` has a record of transaction x.
id_is_used(t, end, x) ==
    \E u \in timelines, position \in positions :
        /\ position <= end
        /\ (log[u, position].kind = "UPDATE" \/ log[u, position].kind = "COMMIT")
        /\ log[u, position].transaction = x
        /\ in_history(t, u, position)

\* The scope has a position for the shutdown checkpoint's record, and for that of the one at work.
has_room_to_shut_down(n) == wal_end[n] + checkpoint_due(n) <= records + timeline[n]

may_be_promoted(n) == promote_setting = "ANY" \/ releases(n)

\* The timeline that a start without signal files recovers: the newer of the checkpoint's and that of the
\* minimum recovery point.
recovery_target(n) ==
    LET named == control[n].min_recovery_timeline
    IN  IF number[control[n].timeline] < number[named] THEN named ELSE control[n].timeline

\* The operator takes this node for the new primary: open, or, where it will never be, with its timeline
\* begun.
is_upstream(upstream) ==
    /\ timeline[upstream] = latest
    /\ \/ role[upstream] = "PRIMARY"
       \/ (role[upstream] = "FORKED" /\ data_waits /\ promotion_guard = "WAIT")

\* Node n is an old primary that has stopped, the upstream is open on a timeline that forked off its own.
may_come_back(n, upstream) ==
    /\ role[n] = "DOWN"
    /\ outcome[n] = "NONE"
    /\ (~came_back[n] \/ tail_cut[n] \/ rewound[n])
    /\ n # upstream
    /\ is_upstream(upstream)

\* The node's WAL goes on beyond the fork, if only with a part of a record.
reaches_past_fork(n, upstream) ==
    \/ fork_of(n, upstream) < wal_end[n]
    \/ (split_records # "NONE" /\ part[n] /\ fork_of(n, upstream) = wal_end[n])

\* lsn <= H, for a position of P's own timeline.
within_horizon(lsn) ==
    IF latest > 0
    THEN lsn <= fork[1]
    ELSE \A m \in Node :
             (m # A /\ may_be_promoted(m))
             => lsn <= (IF standby_faults = "OS" THEN flushed[m] ELSE wal_end[m])

pages_within == \A p \in Page : within_horizon(disk[A, p].lsn)

is_commit(t, position, x) == log[t, position].kind = "COMMIT" /\ log[t, position].transaction = x

\* The COMMIT record of x on P's own timeline is within the horizon (no record: it is not).
commit_within_horizon(x) ==
    \E position \in positions : is_commit(0, position, x) /\ within_horizon(position)

is_record_of(position, x, kind) == log[0, position].kind = kind /\ log[0, position].transaction = x

\* Nobody within the horizon can commit x: it is not prepared there, or rolled back there too.
abort_within_horizon(x) ==
    \/ ~(\E position \in positions : is_record_of(position, x, "PREPARE") /\ within_horizon(position))
    \/ \E position \in positions : is_record_of(position, x, "ABORT") /\ within_horizon(position)

commit_status_within ==
    \A x \in Transaction :
        /\ (~disk_status[A, x] \/ commit_within_horizon(x))
        /\ (~disk_status_aborted[A, x] \/ abort_within_horizon(x))

control_within ==
    /\ within_horizon(control[A].checkpoint)
    /\ within_horizon(control[A].min_recovery)

removal_within ==
    /\ \A p \in Page : within_horizon(removed[A, p])
    /\ \A x \in Transaction : within_horizon(forgotten[A, x])
    /\ (map_file[A].timeline # 0 \/ within_horizon(map_file[A].lsn))

hint_within ==
    \A p \in Page, x \in Transaction :
        /\ (~disk_hint[A, p, x] \/ commit_within_horizon(x))
        /\ (~disk_aborted[A, p, x] \/ abort_within_horizon(x))

\* Something durable on P's disk is beyond the horizon.
ahead_of_fork ==
    ~(pages_within /\ commit_status_within /\ control_within /\ removal_within /\ hint_within)

\* The record that the control file names as its checkpoint is in the node's pg_wal.
has_checkpoint(n) ==
    /\ tail # "DELETE"
    /\ control[n].checkpoint <= wal_end[n]
    /\ \/ control[n].checkpoint = 0
       \/ in_history(timeline[n], control[n].timeline, control[n].checkpoint)

\* Missing its checkpoint record, the server is in standby mode already and asks its upstream for it.
\*
\* So it is where the control file has a minimum recovery point or tells of a shutdown (InitWalRecovery sets
\* InArchiveRecovery before it reads the record); it asks from the segment of the redo point on
\* (fetching_ckpt in WaitForWALToBecomeAvailable). Beyond the fork that is refused; else what comes ends at
\* the fork, before the record, again and again. Without any pg_wal the history files are gone too, and the
\* start ends ("is not a child of this server's history").
asks_for_checkpoint(n) == tail # "DELETE" /\ (control[n].min_recovery > 0 \/ shutdowned[n])

\* The node's history and WAL contain the minimum recovery point that its control file names.
reaches_min_recovery(n) ==
    \/ control[n].min_recovery = 0
    \/ /\ control[n].min_recovery <= wal_end[n]
       /\ in_history(timeline[n], control[n].min_recovery_timeline, control[n].min_recovery)

\* The node has the history file of the upstream's timeline, whose ID is newer than its minimum recovery
\* point's.
\*
\* Only the history of the newest timeline that the node knows is held against that point (InitWalRecovery:
\* expectedTLEs), and without the file that is its own. What it hears of later is held against its WAL
\* (rescanLatestTimeLine), and an LSN of any timeline then reaches the point (CheckRecoveryConsistency).
knows_newer_timeline(n, upstream) ==
    LET newer == number[timeline[upstream]]
    IN  /\ number[control[n].min_recovery_timeline] < newer
        /\ (timeline[n] = timeline[upstream] \/ newer <= seen[n])

\* The operator runs pg_rewind on a stopped old primary, once, against the new one.
may_rewind(n, source) == tail = "REWIND" /\ may_come_back(n, source) /\ ~rewound[n]

\* pg_rewind's preconditions: of the source full_page_writes, which is asked first (init_libpq_conn), for it
\* copies pages while they are written; of the target wal_log_hints or checksums (sanityChecks).
refuses == ~full_page_writes \/ ~wal_log_hints

\* Both control files name the same timeline ID, as of their latest checkpoints (so up to 15).
nothing_to_do(n, source) == number[control[n].timeline] = number[control[source].timeline]

is_checkpoint(t, at) ==
    \E position \in positions : at = position /\ log[t, position].kind = "CHECKPOINT"

\* The last checkpoint record before the histories part ends at `at` of timeline t; 0: the base backup's.
common_checkpoint(n, source, t, at) ==
    /\ \/ (at = 0 /\ t = 0)
       \/ /\ at > 0
          /\ at <= fork_of(n, source)
          /\ in_history(timeline[n], t, at)
          /\ is_checkpoint(t, at)
    /\ ~(\E u \in timelines, later \in positions :
             /\ at < later
             /\ later <= fork_of(n, source)
             /\ in_history(timeline[n], u, later)
             /\ log[u, later].kind = "CHECKPOINT")

\* The checkpoint record that ends at `at` names this redo point; that of the base backup names 0.
has_redo_point(t, at, redo_2) ==
    \/ (at = 0 /\ redo_2 = 0)
    \/ \E position \in positions : at = position /\ checkpoint_redo[t, position] = redo_2

\* The target's WAL after position `at` has a record about the page (extractPageMap).
touched_since(n, p, at) ==
    \E t \in timelines, position \in positions :
        /\ at < position
        /\ position <= wal_end[n]
        /\ in_history(timeline[n], t, position)
        /\ log[t, position].page = p
        /\ \/ log[t, position].kind = "UPDATE"
           \/ log[t, position].kind = "HINT"
           \/ log[t, position].kind = "TRUNCATE"

\* In timeline t's history up to `end`, page p exists: it was never truncated away, or changed again since.
page_exists(t, end, p) ==
    \/ ~(\E u \in timelines, position \in positions :
             position <= end /\ is_removal(u, position, p) /\ in_history(t, u, position))
    \/ \E u \in timelines, position \in positions : page_carries(t, end, p, u, position)

\* In timeline t's history up to `end`, transaction x committed.
committed(t, end, x) ==
    \E u \in timelines, position \in positions :
        position <= end /\ is_commit(u, position, x) /\ in_history(t, u, position)

\* The page is what an ideal redo of the node's history up to its replay position gives, true hints aside.
\*
\* Nobody reads a file that no catalog knows. A row marked aborted is hidden from every reader, so the mark
\* must not be on a row that is committed.
page_as_in_history(n, p) ==
    \/ dropped(timeline[n], replayed[n], p)
    \/ /\ buffer[n, p].exists = page_exists(timeline[n], replayed[n], p)
       /\ \A t \in timelines, position \in positions :
              buffer_holds[n, p, t, position] = page_carries(timeline[n], replayed[n], p, t, position)
       /\ \A x \in Transaction : ~buffer_hint[n, p, x] \/ committed(timeline[n], replayed[n], x)
       /\ \A x \in Transaction : ~buffer_aborted[n, p, x] \/ ~committed(timeline[n], replayed[n], x)

\* The map is that of the last such record in the node's history up to its replay position.
map_as_in_history(n) ==
    /\ \/ map_file[n].lsn = 0
       \/ /\ map_file[n].lsn <= replayed[n]
          /\ in_history(timeline[n], map_file[n].timeline, map_file[n].lsn)
    /\ ~(\E t \in timelines, position \in positions :
             /\ map_file[n].lsn < position
             /\ position <= replayed[n]
             /\ log[t, position].kind = "RELATION_MAP"
             /\ in_history(timeline[n], t, position))

\* In timeline t's history up to `end`, transaction x was prepared and is neither committed nor rolled back.
prepared(t, end, x) ==
    /\ prepared_transactions
    /\ has_record(t, end, x, "PREPARE")
    /\ ~has_record(t, end, x, "COMMIT")
    /\ ~has_record(t, end, x, "ABORT")

\* A checkpoint is begun and has not come to the control file.
checkpoint_at_work(n) == checkpointer[n].step # "IDLE" /\ checkpointer[n].step # "ENDED"

\* The scope has no position left for the record of a checkpoint: a limit of the scope, not of the protocol.
out_of_room(n) ==
    LET before_record == \/ checkpointer[n].step = "REDO"
                         \/ checkpointer[n].step = "COMMIT_LOG"
                         \/ checkpointer[n].step = "SYNCED"
    IN  before_record /\ wal_end[n] >= room(n, timeline[n])

\* Nothing is asked of this node's checkpoint.
\*
\* Its standby was promoted away from it, and "with a standby connected" is the condition; or it is on the
\* scope's last timeline, where such actors rest; or the scope has no room.
out_of_question(n) == timeline[n] # latest \/ rests(n) \/ out_of_room(n)

\* The next record of a restarting primary is a truncation that it may not repeat yet.
redo_of_truncation_waits(n) ==
    /\ ~writing(n)
    /\ \E t \in timelines, at \in positions :
           replayed[n] + 1 = at /\ in_history(timeline[n], t, at) /\ ~may_redo_truncation(n, t, at)

\* The startup process waits for a reply that its own walsenders cannot take before it has ended.
\*
\* No walsender can connect during a crash recovery, and those of a node being promoted are cascading ones,
\* which release nobody. Everywhere else those for whom somebody waits wait for nobody who waits for them: a
\* checkpoint for backends and truncaters, a truncater for the page's writer, a backend for the commit
\* log's, all for walsenders.
waits_for_itself(n) ==
    LET ends_crash_recovery == /\ recovery_guard = "WAIT"
                               /\ role[n] = "RESTARTING"
                               /\ \/ /\ writing(n)
                                     /\ (writer[n].busy \/ clog_writing[n] \/ checkpointer[n].step = "RECORD")
                                  \/ redo_of_truncation_waits(n)
        ends_promotion == promotion_guard = "WAIT" /\ role[n] = "FORKED" /\ fork[timeline[n]] < flushed[n]
    IN  data_waits /\ (ends_crash_recovery \/ ends_promotion)

---- \* Initial states

\* A is the primary; every other node is a standby that has what A had at position 0, and A's control file.
base_backup ==
    LET buffer_so_far == [n \in Node, p \in Page |-> [lsn |-> 0, exists |-> FALSE]]
        disk_so_far == [n \in Node, p \in Page |-> [lsn |-> 0, exists |-> FALSE]]
        synced_so_far == [n \in Node, p \in Page |-> [lsn |-> 0, exists |-> FALSE]]
    IN  /\ log = [i \in Timeline, i_2 \in Position |->
                     [kind |-> "NOTHING", page |-> p1, transaction |-> x1, image |-> FALSE, drops |-> FALSE]]
        /\ latest = 0
        /\ fork = [i \in Timeline |-> 0]
        /\ history = [i, i_2 \in Timeline |-> 0]
        /\ common = [i, i_2 \in Timeline |-> 0]
        /\ author = [i \in Timeline |-> A]
        /\ number = [i \in Timeline |-> 0]
        /\ checkpoint_redo = [i \in Timeline, i_2 \in Position |-> 0]
        /\ role = [n \in Node |-> IF n = A THEN "PRIMARY" ELSE "STANDBY"]
        /\ timeline = [n \in Node |-> 0]
        /\ wal_end = [n \in Node |-> 0]
        /\ flushed = [n \in Node |-> 0]
        /\ replayed = [n \in Node |-> 0]
        /\ redo = [n \in Node |-> 0]
        /\ control = [n \in Node |->
                         [checkpoint |-> 0,
                          timeline |-> 0,
                          redo |-> 0,
                          min_recovery |-> 0,
                          min_recovery_timeline |-> 0]]
        /\ acknowledged = [n \in Node |-> [write |-> 0, flush |-> 0, apply |-> 0]]
        /\ part = [n \in Node |-> FALSE]
        /\ acknowledged_part = [n \in Node |-> FALSE]
        /\ seen = [n \in Node |-> 0]
        /\ buffer = [n \in Node, p \in Page |-> [buffer_so_far[n, p] EXCEPT !.exists = TRUE]]
        /\ buffer_holds = [n \in Node, p \in Page, i \in Timeline, i_2 \in Position |-> FALSE]
        /\ buffer_hint = [n \in Node, p \in Page, t \in Transaction |-> FALSE]
        /\ dirty = [n \in Node, p \in Page |-> FALSE]
        /\ disk = [n \in Node, p \in Page |-> [disk_so_far[n, p] EXCEPT !.exists = TRUE]]
        /\ disk_holds = [n \in Node, p \in Page, i \in Timeline, i_2 \in Position |-> FALSE]
        /\ disk_hint = [n \in Node, p \in Page, t \in Transaction |-> FALSE]
        /\ buffer_aborted = [n \in Node, p \in Page, t \in Transaction |-> FALSE]
        /\ disk_aborted = [n \in Node, p \in Page, t \in Transaction |-> FALSE]
        /\ invalid = [n \in Node, p \in Page |-> FALSE]
        /\ status = [n \in Node, t \in Transaction |-> FALSE]
        /\ status_lsn = [n \in Node, t \in Transaction |-> 0]
        /\ disk_status = [n \in Node, t \in Transaction |-> FALSE]
        /\ aborted = [n \in Node, t \in Transaction |-> FALSE]
        /\ disk_status_aborted = [n \in Node, t \in Transaction |-> FALSE]
        /\ two_phase = [n \in Node, t \in Transaction |-> FALSE]
        /\ state_file = [n \in Node, t \in Transaction |-> FALSE]
        /\ map_file = [n \in Node |-> [lsn |-> 0, timeline |-> 0]]
        /\ map_record = [n \in Node |-> 0]
        /\ synced = [n \in Node, p \in Page |-> [synced_so_far[n, p] EXCEPT !.exists = TRUE]]
        /\ synced_holds = [n \in Node, p \in Page, i \in Timeline, i_2 \in Position |-> FALSE]
        /\ synced_hint = [n \in Node, p \in Page, t \in Transaction |-> FALSE]
        /\ synced_aborted = [n \in Node, p \in Page, t \in Transaction |-> FALSE]
        /\ synced_status = [n \in Node, t \in Transaction |-> FALSE]
        /\ synced_status_aborted = [n \in Node, t \in Transaction |-> FALSE]
        /\ losing = [n \in Node |-> FALSE]
        /\ phase = [n \in Node, t \in Transaction |-> "IDLE"]
        /\ commit_lsn = [n \in Node, t \in Transaction |-> 0]
        /\ writer = [n \in Node |-> [busy |-> FALSE, page |-> p1, lsn |-> 0]]
        /\ clog_writing = [n \in Node |-> FALSE]
        /\ truncater = [n \in Node |-> [busy |-> FALSE, page |-> p1, lsn |-> 0]]
        /\ checkpointer = [n \in Node |-> [step |-> "IDLE", redo |-> 0, record |-> 0]]
        /\ switched = FALSE
        /\ interlock = 0
        /\ relied_on = FALSE
        /\ restarted = [n \in Node |-> FALSE]
        /\ shutdowned = [n \in Node |-> FALSE]
        /\ came_back = [n \in Node |-> FALSE]
        /\ outcome = [n \in Node |-> "NONE"]
        /\ archived = [n \in Node |-> 0]
        /\ rewound = [n \in Node |-> FALSE]
        /\ told = [i \in Timeline, i_2 \in Position |-> FALSE]
        /\ removed = [n \in Node, p \in Page |-> 0]
        /\ forgotten = [n \in Node, t \in Transaction |-> 0]
        /\ tail_cut = [n \in Node |-> FALSE]
        /\ came_back_ahead = [n \in Node |-> FALSE]

---- \* Actions

\* The WAL writer, or a backend on its way, flushes the WAL (XLogBackgroundFlush, XLogFlush).
\*
\* All of it: a flush that ends earlier is this one, taken earlier.
flush_wal(n) ==
    /\ (writing(n) \/ role[n] = "FORKED")
    /\ flushed[n] < wal_end[n]
    /\ ~flushes_after_standby(n)
    /\ flushed' = [flushed EXCEPT ![n] = wal_end[n]]
    /\ part' = [part EXCEPT ![n] = FALSE]
    /\ UNCHANGED <<log_vars, role, timeline, wal_end, replayed, redo, control, acknowledged,
                   acknowledged_part, seen, buffer_vars, status_vars, two_phase_vars, map_file_vars,
                   synced_vars, phase_vars, switched_vars, restarted_vars, told_vars>>

\* In the design that sends first: XLogFlush flushes what the primary's standby has acknowledged.
flush_acknowledged_wal(n) ==
    /\ writing(n)
    /\ flushes_after_standby(n)
    /\ flushed[n] < acknowledged[n].flush
    /\ flushed' = [flushed EXCEPT ![n] = acknowledged[n].flush]
    /\ UNCHANGED <<log_vars, role, timeline, wal_end, replayed, redo, control, acknowledged, part_vars, seen,
                   buffer_vars, status_vars, two_phase_vars, map_file_vars, synced_vars, phase_vars,
                   switched_vars, restarted_vars, told_vars>>

\* A backend inserts the PREPARE record of its transaction, which holds its locks from then on by itself
\* (EndPrepare).
prepare_transaction(n, x, t, at) ==
    /\ prepared_transactions
    /\ backend_may_insert(n, t, at)
    /\ phase[n, x] = "RUNNING"
    /\ log' = [log EXCEPT
                ![t, at] = [kind |-> "PREPARE",
                            page |-> p1,
                            transaction |-> x,
                            image |-> FALSE,
                            drops |-> FALSE]]
    /\ wal_end' = [wal_end EXCEPT ![n] = at]
    /\ phase' = [phase EXCEPT ![n, x] = "PREPARED"]
    /\ commit_lsn' = [commit_lsn EXCEPT ![n, x] = at]
    /\ UNCHANGED <<latest, fork, history, common, author, number, checkpoint_redo, role, timeline, flushed,
                   replayed, redo, control, acknowledged, part_vars, seen, buffer_vars, status_vars,
                   two_phase_vars, map_file_vars, synced_vars, writer, clog_writing, truncater, checkpointer,
                   switched_vars, restarted_vars, told_vars>>

\* A client rolls a prepared transaction back: the record is inserted (RecordTransactionAbortPrepared).
rollback_prepared(n, x, t, at) ==
    /\ prepared_transactions
    /\ backend_may_insert(n, t, at)
    /\ prepare_is_done(n, x)
    /\ log' = [log EXCEPT
                ![t, at] = [kind |-> "ABORT",
                            page |-> p1,
                            transaction |-> x,
                            image |-> FALSE,
                            drops |-> FALSE]]
    /\ wal_end' = [wal_end EXCEPT ![n] = at]
    /\ phase' = [phase EXCEPT ![n, x] = "ABORT_LOGGED"]
    /\ commit_lsn' = [commit_lsn EXCEPT ![n, x] = at]
    /\ UNCHANGED <<latest, fork, history, common, author, number, checkpoint_redo, role, timeline, flushed,
                   replayed, redo, control, acknowledged, part_vars, seen, buffer_vars, status_vars,
                   two_phase_vars, map_file_vars, synced_vars, writer, clog_writing, truncater, checkpointer,
                   switched_vars, restarted_vars, told_vars>>

\* The abort is set in the commit log's buffer, its record flushed ("since we're about to remove the state
\* file").
\*
\* TransactionIdAbortTree passes no LSN.
set_abort_status(n, x) ==
    /\ prepared_transactions
    /\ role[n] = "PRIMARY"
    /\ ~rests(n)
    /\ phase[n, x] = "ABORT_LOGGED"
    /\ commit_lsn[n, x] <= flushed[n]
    /\ ~(two_phase_gate /\ clog_writing[n])
    /\ status_lsn' = [status_lsn EXCEPT ![n, x] = IF two_phase_gate THEN commit_lsn[n, x] ELSE 0]
    /\ aborted' = [aborted EXCEPT ![n, x] = TRUE]
    /\ phase' = [phase EXCEPT ![n, x] = "ABORT_PENDING"]
    /\ UNCHANGED <<log_vars, role_vars, part_vars, seen, buffer_vars, status, disk_status,
                   disk_status_aborted, two_phase_vars, map_file_vars, synced_vars, commit_lsn, writer,
                   clog_writing, truncater, checkpointer, switched_vars, restarted_vars, told_vars>>

\* The wait for the standby is over, cancelled, or was not entered: the transaction is aborted to everybody.
\*
\* SyncRepWaitForLSN returns to RecordTransactionAbortPrepared, and FinishPreparedTransaction goes on
\* (ProcArrayRemove).
answer_rollback(n, x) ==
    /\ prepared_transactions
    /\ role[n] = "PRIMARY"
    /\ phase[n, x] = "ABORT_PENDING"
    /\ (wait_cancellable \/ commit_released(n, commit_lsn[n, x]))
    /\ phase' = [phase EXCEPT ![n, x] = "ENDED"]
    /\ UNCHANGED <<log_vars, role_vars, part_vars, seen, buffer_vars, status_vars, two_phase_vars,
                   map_file_vars, synced_vars, commit_lsn, writer, clog_writing, truncater, checkpointer,
                   switched_vars, restarted_vars, told_vars>>

\* The prepared transaction is over, and its state file is removed (FinishPreparedTransaction).
\*
\* Last of all, and without a wait of its own.
remove_state_file(n, x) ==
    /\ is_over(n, x)
    /\ running(n)
    /\ ~rests(n)
    /\ (~two_phase_gate \/ data_released(n, commit_lsn[n, x], TRUE))
    /\ state_file' = [state_file EXCEPT ![n, x] = FALSE]
    /\ forgotten' = [forgotten EXCEPT ![n, x] = commit_lsn[n, x]]
    /\ UNCHANGED <<log_vars, role_vars, part_vars, seen, buffer_vars, status_vars, two_phase, map_file_vars,
                   synced_vars, phase_vars, switched_vars, restarted_vars, told, removed, tail_cut,
                   came_back_ahead>>

\* A backend inserts a heap record and changes the page in its buffer (heap_update, XLogInsert).
\*
\* Once a transaction: what a second change of the same transaction would add, another transaction's adds
\* too. The record carries the page's image when this is its first change since the redo point, and makes
\* the page anew when the file has lost it (XLOG_HEAP_INIT_PAGE).
update_page(n, p, x, t, at) ==
    LET image == ~buffer[n, p].exists \/ (full_page_writes /\ buffer[n, p].lsn <= redo[n])
    IN  /\ backend_may_insert(n, t, at)
        /\ phase[n, x] = "IDLE"
        /\ ~(writer[n].busy /\ writer[n].page = p)
        /\ ~(truncater[n].busy /\ truncater[n].page = p)
        /\ ~dropped(timeline[n], wal_end[n], p)
        /\ log' = [log EXCEPT
                    ![t, at] = [kind |-> "UPDATE",
                                page |-> p,
                                transaction |-> x,
                                image |-> image,
                                drops |-> FALSE]]
        /\ wal_end' = [wal_end EXCEPT ![n] = at]
        /\ buffer' = [buffer EXCEPT ![n, p].exists = TRUE, ![n, p].lsn = at]
        /\ buffer_holds' = [buffer_holds EXCEPT ![n, p, t, at] = TRUE]
        /\ dirty' = [dirty EXCEPT ![n, p] = TRUE]
        /\ phase' = [phase EXCEPT ![n, x] = "RUNNING"]
        /\ UNCHANGED <<latest, fork, history, common, author, number, checkpoint_redo, role, timeline,
                       flushed, replayed, redo, control, acknowledged, part_vars, seen, buffer_hint, disk,
                       disk_holds, disk_hint, buffer_aborted, disk_aborted, invalid, status_vars,
                       two_phase_vars, map_file_vars, synced_vars, commit_lsn, writer, clog_writing,
                       truncater, checkpointer, switched_vars, restarted_vars, told_vars>>

\* A backend inserts its COMMIT record (XactLogCommitRecord).
\*
\* Also of a transaction that changed nothing the scope has: its changes are elsewhere. COMMIT PREPARED is
\* the same (RecordTransactionCommitPrepared).
insert_commit(n, x, t, at) ==
    /\ backend_may_insert(n, t, at)
    /\ \/ phase[n, x] = "IDLE"
       \/ phase[n, x] = "RUNNING"
       \/ prepare_is_done(n, x)
    /\ log' = [log EXCEPT
                ![t, at] = [kind |-> "COMMIT",
                            page |-> p1,
                            transaction |-> x,
                            image |-> FALSE,
                            drops |-> FALSE]]
    /\ wal_end' = [wal_end EXCEPT ![n] = at]
    /\ phase' = [phase EXCEPT ![n, x] = "LOGGED"]
    /\ commit_lsn' = [commit_lsn EXCEPT ![n, x] = at]
    /\ UNCHANGED <<latest, fork, history, common, author, number, checkpoint_redo, role, timeline, flushed,
                   replayed, redo, control, acknowledged, part_vars, seen, buffer_vars, status_vars,
                   two_phase_vars, map_file_vars, synced_vars, writer, clog_writing, truncater, checkpointer,
                   switched_vars, restarted_vars, told_vars>>

\* A backend sets its status in the commit log's buffer, its record flushed unless it commits
\* asynchronously.
\*
\* With an LSN beside the status it waits for a write of the commit-log page that is in progress; without
\* one it scribbles on the page being written (TransactionIdSetPageStatus: "if we're doing an async commit
\* ...").
set_commit_status(n, x) ==
    /\ role[n] = "PRIMARY"
    /\ phase[n, x] = "LOGGED"
    /\ ~rests(n)
    /\ (asynchronous(n, x) \/ commit_lsn[n, x] <= flushed[n])
    /\ ~(commit_lsn_is_kept(n, x) /\ clog_writing[n])
    /\ status' = [status EXCEPT ![n, x] = TRUE]
    /\ status_lsn' = [status_lsn EXCEPT ![n, x] = IF commit_lsn_is_kept(n, x) THEN commit_lsn[n, x] ELSE 0]
    /\ aborted' = [aborted EXCEPT ![n, x] = FALSE]
    /\ phase' = [phase EXCEPT ![n, x] = "PENDING"]
    /\ UNCHANGED <<log_vars, role_vars, part_vars, seen, buffer_vars, disk_status, disk_status_aborted,
                   two_phase_vars, map_file_vars, synced_vars, commit_lsn, writer, clog_writing, truncater,
                   checkpointer, switched_vars, restarted_vars, told_vars>>

\* The wait for the standby is over or was not entered: the commit becomes visible and the client is told.
\*
\* SyncRepWaitForLSN returns to RecordTransactionCommit, CommitTransaction calls ProcArrayEndTransaction.
answer_commit(n, x, t, at) ==
    /\ role[n] = "PRIMARY"
    /\ phase[n, x] = "PENDING"
    /\ timeline[n] = t
    /\ commit_lsn[n, x] = at
    /\ commit_released(n, at)
    /\ phase' = [phase EXCEPT ![n, x] = "ENDED"]
    /\ told' = [told EXCEPT ![t, at] = TRUE]
    /\ UNCHANGED <<log_vars, role_vars, part_vars, seen, buffer_vars, status_vars, two_phase_vars,
                   map_file_vars, synced_vars, commit_lsn, writer, clog_writing, truncater, checkpointer,
                   switched_vars, restarted_vars, removed, forgotten, tail_cut, came_back_ahead>>

\* A commit's wait is cancelled: it is done here and visible, and its client is warned instead of told.
\*
\* SyncRepWaitForLSN cancels its wait where the backend is told to end (ProcDiePending), where its query is
\* cancelled (QueryCancelPending), and where the postmaster is dead.
cancel_commit_wait(n, x) ==
    /\ wait_cancellable
    /\ role[n] = "PRIMARY"
    /\ phase[n, x] = "PENDING"
    /\ ~commit_released(n, commit_lsn[n, x])
    /\ phase' = [phase EXCEPT ![n, x] = "ENDED"]
    /\ UNCHANGED <<log_vars, role_vars, part_vars, seen, buffer_vars, status_vars, two_phase_vars,
                   map_file_vars, synced_vars, commit_lsn, writer, clog_writing, truncater, checkpointer,
                   switched_vars, restarted_vars, told_vars>>

\* A reader marks the tuples of a transaction that ended; the page is dirty, its LSN is not touched
\* (SetHintBits).
set_hint(n, p, x) ==
    /\ may_mark(n, p, x)
    /\ ~rests(n)
    /\ ~hint_is_logged(n, p)
    /\ buffer_hint' = [buffer_hint EXCEPT ![n, p, x] = IF status[n, x] THEN TRUE ELSE @]
    /\ dirty' = [dirty EXCEPT ![n, p] = TRUE]
    /\ buffer_aborted' = [buffer_aborted EXCEPT ![n, p, x] = IF ~status[n, x] THEN TRUE ELSE @]
    /\ UNCHANGED <<log_vars, role_vars, part_vars, seen, buffer, buffer_holds, disk, disk_holds, disk_hint,
                   disk_aborted, invalid, status_vars, two_phase_vars, map_file_vars, synced_vars, phase_vars,
                   switched_vars, restarted_vars, told_vars>>

\* A reader marks the tuples of a transaction that ended and logs it, with the page's image
\* (XLogSaveBufferForHint).
\*
\* In 9.4 the record carries the image always, in later majors with full_page_writes only: the later.
set_logged_hint(n, p, x, t, at) ==
    /\ may_mark(n, p, x)
    /\ hint_is_logged(n, p)
    /\ backend_may_insert(n, t, at)
    /\ log' = [log EXCEPT
                ![t, at] = [kind |-> "HINT",
                            page |-> p,
                            transaction |-> x1,
                            image |-> full_page_writes,
                            drops |-> FALSE]]
    /\ wal_end' = [wal_end EXCEPT ![n] = at]
    /\ buffer' = [buffer EXCEPT ![n, p].lsn = at]
    /\ buffer_hint' = [buffer_hint EXCEPT ![n, p, x] = IF status[n, x] THEN TRUE ELSE @]
    /\ dirty' = [dirty EXCEPT ![n, p] = TRUE]
    /\ buffer_aborted' = [buffer_aborted EXCEPT ![n, p, x] = IF ~status[n, x] THEN TRUE ELSE @]
    /\ UNCHANGED <<latest, fork, history, common, author, number, checkpoint_redo, role, timeline, flushed,
                   replayed, redo, control, acknowledged, part_vars, seen, buffer_holds, disk, disk_holds,
                   disk_hint, disk_aborted, invalid, status_vars, two_phase_vars, map_file_vars, synced_vars,
                   phase_vars, switched_vars, restarted_vars, told_vars>>

\* The buffer writer takes up a dirty page and reads its LSN (FlushBuffer: BufferGetLSN).
start_page_write(n, p) ==
    /\ writing(n)
    /\ ~rests(n)
    /\ dirty[n, p]
    /\ ~writer[n].busy
    /\ writer' = [writer EXCEPT ![n] = [busy |-> TRUE, page |-> p, lsn |-> buffer[n, p].lsn]]
    /\ UNCHANGED <<log_vars, role_vars, part_vars, seen, buffer_vars, status_vars, two_phase_vars,
                   map_file_vars, synced_vars, phase, commit_lsn, clog_writing, truncater, checkpointer,
                   switched_vars, restarted_vars, told_vars>>

\* The buffer writer writes the page, its WAL flushed here and, as the mode says, acknowledged by the
\* standby.
\*
\* FlushBuffer waits for the LSN it read at the start; the page cannot have been changed since, but hints
\* can have been set (they need a share lock only), and go to disk with it.
write_page(n, p) ==
    /\ writing(n)
    /\ writer[n].busy
    /\ writer[n].page = p
    /\ writer[n].lsn <= flushed[n]
    /\ data_released(n, writer[n].lsn, page_gate)
    /\ dirty' = [dirty EXCEPT ![n, p] = FALSE]
    /\ disk' = [disk EXCEPT ![n, p] = buffer[n, p]]
    /\ disk_holds' = [node \in Node, page \in Page, t \in Timeline, position \in Position |->
                         IF node = n /\ page = p
                         THEN buffer_holds[n, p, t, position]
                         ELSE disk_holds[node, page, t, position]]
    /\ disk_hint' = [node \in Node, page \in Page, x \in Transaction |->
                        IF node = n /\ page = p THEN buffer_hint[n, p, x] ELSE disk_hint[node, page, x]]
    /\ disk_aborted' = [node \in Node, page \in Page, x \in Transaction |->
                           IF node = n /\ page = p
                           THEN buffer_aborted[n, p, x]
                           ELSE disk_aborted[node, page, x]]
    /\ writer' = [writer EXCEPT ![n] = [busy |-> FALSE, page |-> p1, lsn |-> 0]]
    /\ UNCHANGED <<log_vars, role_vars, part_vars, seen, buffer, buffer_holds, buffer_hint, buffer_aborted,
                   invalid, status_vars, two_phase_vars, map_file_vars, synced_vars, phase, commit_lsn,
                   clog_writing, truncater, checkpointer, switched_vars, restarted_vars, told_vars>>

\* The SLRU writer takes up the dirty commit-log page (SlruInternalWritePage).
start_commit_log_write(n) ==
    /\ writing(n)
    /\ ~rests(n)
    /\ ~clog_writing[n]
    /\ commit_log_dirty(n)
    /\ clog_writing' = [clog_writing EXCEPT ![n] = TRUE]
    /\ UNCHANGED <<log_vars, role_vars, part_vars, seen, buffer_vars, status_vars, two_phase_vars,
                   map_file_vars, synced_vars, phase, commit_lsn, writer, truncater, checkpointer,
                   switched_vars, restarted_vars, told_vars>>

\* The SLRU writer writes the page, once the WAL of every status that has an LSN is where the mode wants it.
\*
\* group_lsn is read when the write begins; it cannot grow before the write ends, for a backend that brings
\* an LSN waits for that (transactions.set_commit_status). A status without an LSN is waited for by nobody.
write_commit_log(n) ==
    /\ writing(n)
    /\ clog_writing[n]
    /\ \A x \in Transaction : status_lsn[n, x] <= flushed[n]
    /\ \A x \in Transaction : data_released(n, status_lsn[n, x], clog_gate)
    /\ disk_status' = [node \in Node, x \in Transaction |->
                          IF node = n THEN status[n, x] ELSE disk_status[node, x]]
    /\ disk_status_aborted' = [node \in Node, x \in Transaction |->
                                  IF node = n THEN aborted[n, x] ELSE disk_status_aborted[node, x]]
    /\ clog_writing' = [clog_writing EXCEPT ![n] = FALSE]
    /\ UNCHANGED <<log_vars, role_vars, part_vars, seen, buffer_vars, status, status_lsn, aborted,
                   two_phase_vars, map_file_vars, synced_vars, phase, commit_lsn, writer, truncater,
                   checkpointer, switched_vars, restarted_vars, told_vars>>

\* A truncation inserts its record, holding the relation's exclusive lock: nobody's unfinished change is
\* there (RelationTruncate).
\*
\* That the rows were deleted before and are dead to everybody (VACUUM truncates empty pages only) is left
\* out.
insert_truncate(n, p, t, at) ==
    /\ backend_may_insert(n, t, at)
    /\ can_be_removed(n, p)
    /\ ~(\E x \in Transaction : unfinished_change(n, p, x))
    /\ log' = [log EXCEPT
                ![t, at] = [kind |-> "TRUNCATE",
                            page |-> p,
                            transaction |-> x1,
                            image |-> FALSE,
                            drops |-> FALSE]]
    /\ wal_end' = [wal_end EXCEPT ![n] = at]
    /\ truncater' = [truncater EXCEPT ![n] = [busy |-> TRUE, page |-> p, lsn |-> at]]
    /\ UNCHANGED <<latest, fork, history, common, author, number, checkpoint_redo, role, timeline, flushed,
                   replayed, redo, control, acknowledged, part_vars, seen, buffer_vars, status_vars,
                   two_phase_vars, map_file_vars, synced_vars, phase, commit_lsn, writer, clog_writing,
                   checkpointer, switched_vars, restarted_vars, told_vars>>

\* A transaction that drops the page's table inserts its COMMIT record, which names the file
\* (smgrGetPendingDeletes).
insert_drop_table(n, p, x, t, at) ==
    /\ drop = "TABLE"
    /\ backend_may_insert(n, t, at)
    /\ (phase[n, x] = "IDLE" \/ phase[n, x] = "RUNNING")
    /\ can_be_removed(n, p)
    /\ ~(\E y \in Transaction : y # x /\ unfinished_change(n, p, y))
    /\ log' = [log EXCEPT
                ![t, at] = [kind |-> "COMMIT",
                            page |-> p,
                            transaction |-> x,
                            image |-> FALSE,
                            drops |-> TRUE]]
    /\ wal_end' = [wal_end EXCEPT ![n] = at]
    /\ phase' = [phase EXCEPT ![n, x] = "LOGGED"]
    /\ commit_lsn' = [commit_lsn EXCEPT ![n, x] = at]
    /\ truncater' = [truncater EXCEPT ![n] = [busy |-> TRUE, page |-> p, lsn |-> at]]
    /\ UNCHANGED <<latest, fork, history, common, author, number, checkpoint_redo, role, timeline, flushed,
                   replayed, redo, control, acknowledged, part_vars, seen, buffer_vars, status_vars,
                   two_phase_vars, map_file_vars, synced_vars, writer, clog_writing, checkpointer,
                   switched_vars, restarted_vars, told_vars>>

\* The file is truncated, its record flushed here and acknowledged as the mode says; a dropped one is
\* unlinked.
\*
\* The buffer is dropped with it, a write of it that is in progress awaited (InvalidateBuffer, WaitIO). A
\* drop comes after the whole of its commit (CommitTransaction: smgrDoPendingDeletes follows
\* ProcArrayEndTransaction).
truncate_file(n, p) ==
    /\ writing(n)
    /\ truncater[n].busy
    /\ truncater[n].page = p
    /\ ~removes_database(n)
    /\ truncater[n].lsn <= flushed[n]
    /\ \A x \in Transaction : phase[n, x] = "ENDED" \/ ~commits_drop(n, x)
    /\ data_released(n, truncater[n].lsn, truncate_gate)
    /\ ~(writer[n].busy /\ writer[n].page = p)
    /\ buffer' = [buffer EXCEPT ![n, p] = [lsn |-> 0, exists |-> FALSE]]
    /\ buffer_holds' = [node \in Node, page \in Page, t \in Timeline, position \in Position |->
                           IF node = n /\ page = p THEN FALSE ELSE buffer_holds[node, page, t, position]]
    /\ buffer_hint' = [node \in Node, page \in Page, x \in Transaction |->
                          IF node = n /\ page = p THEN FALSE ELSE buffer_hint[node, page, x]]
    /\ dirty' = [dirty EXCEPT ![n, p] = FALSE]
    /\ disk' = [disk EXCEPT ![n, p] = [lsn |-> 0, exists |-> FALSE]]
    /\ disk_holds' = [node \in Node, page \in Page, t \in Timeline, position \in Position |->
                         IF node = n /\ page = p THEN FALSE ELSE disk_holds[node, page, t, position]]
    /\ disk_hint' = [node \in Node, page \in Page, x \in Transaction |->
                        IF node = n /\ page = p THEN FALSE ELSE disk_hint[node, page, x]]
    /\ buffer_aborted' = [node \in Node, page \in Page, x \in Transaction |->
                             IF node = n /\ page = p THEN FALSE ELSE buffer_aborted[node, page, x]]
    /\ disk_aborted' = [node \in Node, page \in Page, x \in Transaction |->
                           IF node = n /\ page = p THEN FALSE ELSE disk_aborted[node, page, x]]
    /\ truncater' = [truncater EXCEPT ![n] = [busy |-> FALSE, page |-> p1, lsn |-> 0]]
    /\ removed' = [removed EXCEPT ![n, p] = truncater[n].lsn]
    /\ UNCHANGED <<log_vars, role_vars, part_vars, seen, invalid, status_vars, two_phase_vars, map_file_vars,
                   synced_vars, phase, commit_lsn, writer, clog_writing, checkpointer, switched_vars,
                   restarted_vars, told, forgotten, tail_cut, came_back_ahead>>

\* DROP DATABASE: the directory is removed, nobody connected to it (dropdb; rmtree in remove_dbtablespaces).
\*
\* There is no record yet to wait for. The checkpoint that it asks for first is left out: it need not have
\* waited long ago.
remove_database(n, p) ==
    /\ drop = "DATABASE"
    /\ role[n] = "PRIMARY"
    /\ timeline[n] = latest
    /\ can_be_removed(n, p)
    /\ ~(\E x \in Transaction : unfinished_change(n, p, x))
    /\ ~(writer[n].busy /\ writer[n].page = p)
    /\ \/ ~may_shut_down_fast
       \/ wal_end[n] + checkpoint_due(n) < room(n, timeline[n])
    /\ buffer' = [buffer EXCEPT ![n, p] = [lsn |-> 0, exists |-> FALSE]]
    /\ buffer_holds' = [node \in Node, page \in Page, t \in Timeline, position \in Position |->
                           IF node = n /\ page = p THEN FALSE ELSE buffer_holds[node, page, t, position]]
    /\ buffer_hint' = [node \in Node, page \in Page, x \in Transaction |->
                          IF node = n /\ page = p THEN FALSE ELSE buffer_hint[node, page, x]]
    /\ dirty' = [dirty EXCEPT ![n, p] = FALSE]
    /\ disk' = [disk EXCEPT ![n, p] = [lsn |-> 0, exists |-> FALSE]]
    /\ disk_holds' = [node \in Node, page \in Page, t \in Timeline, position \in Position |->
                         IF node = n /\ page = p THEN FALSE ELSE disk_holds[node, page, t, position]]
    /\ disk_hint' = [node \in Node, page \in Page, x \in Transaction |->
                        IF node = n /\ page = p THEN FALSE ELSE disk_hint[node, page, x]]
    /\ buffer_aborted' = [node \in Node, page \in Page, x \in Transaction |->
                             IF node = n /\ page = p THEN FALSE ELSE buffer_aborted[node, page, x]]
    /\ disk_aborted' = [node \in Node, page \in Page, x \in Transaction |->
                           IF node = n /\ page = p THEN FALSE ELSE disk_aborted[node, page, x]]
    /\ truncater' = [truncater EXCEPT ![n] = [busy |-> TRUE, page |-> p, lsn |-> 0]]
    /\ removed' = [removed EXCEPT ![n, p] = last_lsn]
    /\ UNCHANGED <<log_vars, role_vars, part_vars, seen, invalid, status_vars, two_phase_vars, map_file_vars,
                   synced_vars, phase, commit_lsn, writer, clog_writing, checkpointer, switched_vars,
                   restarted_vars, told, forgotten, tail_cut, came_back_ahead>>

\* DROP DATABASE inserts its record (XLOG_DBASE_DROP), the files gone (remove_dbtablespaces).
insert_drop_database(n, p, t, at) ==
    /\ removes_database(n)
    /\ truncater[n].page = p
    /\ role[n] = "PRIMARY"
    /\ may_insert(n, t, at)
    /\ log' = [log EXCEPT
                ![t, at] = [kind |-> "DROP_DATABASE",
                            page |-> p,
                            transaction |-> x1,
                            image |-> FALSE,
                            drops |-> TRUE]]
    /\ wal_end' = [wal_end EXCEPT ![n] = at]
    /\ truncater' = [truncater EXCEPT ![n] = [busy |-> FALSE, page |-> p1, lsn |-> 0]]
    /\ removed' = [removed EXCEPT ![n, p] = at]
    /\ UNCHANGED <<latest, fork, history, common, author, number, checkpoint_redo, role, timeline, flushed,
                   replayed, redo, control, acknowledged, part_vars, seen, buffer_vars, status_vars,
                   two_phase_vars, map_file_vars, synced_vars, phase, commit_lsn, writer, clog_writing,
                   checkpointer, switched_vars, restarted_vars, told, forgotten, tail_cut, came_back_ahead>>

\* A backend that rewrote a mapped catalog inserts the record of the new relation map (XLOG_RELMAP_UPDATE).
\*
\* It does so in write_relmap_file, called by perform_relmap_update with the lock held
\* (RelationMappingLock). The new file's pages are logged before it, and redo makes them; of them nothing
\* can be said that is not said of the map.
insert_map_update(n, t, at) ==
    /\ map_rewrites
    /\ map_record[n] = 0
    /\ backend_may_insert(n, t, at)
    /\ log' = [log EXCEPT
                ![t, at] = [kind |-> "RELATION_MAP",
                            page |-> p1,
                            transaction |-> x1,
                            image |-> FALSE,
                            drops |-> FALSE]]
    /\ wal_end' = [wal_end EXCEPT ![n] = at]
    /\ map_record' = [map_record EXCEPT ![n] = at]
    /\ UNCHANGED <<latest, fork, history, common, author, number, checkpoint_redo, role, timeline, flushed,
                   replayed, redo, control, acknowledged, part_vars, seen, buffer_vars, status_vars,
                   two_phase_vars, map_file, synced_vars, phase_vars, switched_vars, restarted_vars,
                   told_vars>>

\* The relation map is written and fsynced, its record flushed here (write_relmap_file).
write_map_file(n) ==
    /\ map_rewrites
    /\ running(n)
    /\ map_record[n] > 0
    /\ map_record[n] <= flushed[n]
    /\ data_released(n, map_record[n], map_gate)
    /\ map_file' = [map_file EXCEPT ![n] = [lsn |-> map_record[n], timeline |-> timeline[n]]]
    /\ map_record' = [map_record EXCEPT ![n] = 0]
    /\ UNCHANGED <<log_vars, role_vars, part_vars, seen, buffer_vars, status_vars, two_phase_vars,
                   synced_vars, phase_vars, switched_vars, restarted_vars, told_vars>>

\* The checkpointer sets its redo point; from here on a page's first change carries an image
\* (CreateCheckPoint).
\*
\* At any time: a forced checkpoint is not skipped when nothing happened since the last.
start_checkpoint(n) ==
    LET reserved == IF may_shut_down_fast THEN removal_due(n) ELSE 0
    IN  /\ writing(n)
        /\ checkpointer[n].step = "IDLE"
        /\ wal_end[n] + reserved < room(n, timeline[n])
        /\ \/ role[n] # "STOPPING"
           \/ ~(truncater[n].busy \/ (\E x \in Transaction : is_over(n, x)))
        /\ (role[n] # "STOPPING" \/ map_record[n] = 0)
        /\ redo' = [redo EXCEPT ![n] = wal_end[n]]
        /\ checkpointer' = [checkpointer EXCEPT ![n].step = "REDO", ![n].redo = wal_end[n]]
        /\ UNCHANGED <<log_vars, role, timeline, wal_end, flushed, replayed, control, acknowledged, part_vars,
                       seen, buffer_vars, status_vars, two_phase_vars, map_file_vars, synced_vars, phase,
                       commit_lsn, writer, clog_writing, truncater, switched_vars, restarted_vars, told_vars>>

\* The commit log is on disk up to the redo point (CheckPointCLOG).
\*
\* First the checkpointer waits for commits that are between their record and their status, and for
\* truncations that are between their record and the file (GetVirtualXIDsDelayingChkpt, DELAY_CHKPT_START):
\* a redo that starts behind such a record would never repeat it.
checkpoint_commit_log(n) ==
    /\ writing(n)
    /\ checkpointer[n].step = "REDO"
    /\ ~rests(n)
    /\ \/ ~checkpoint_delays
       \/ \A x \in Transaction : ~delays_checkpoint(n, x) \/ checkpointer[n].redo < commit_lsn[n, x]
    /\ ~(checkpoint_delays /\ prepare_delays_checkpoint(n, checkpointer[n].redo))
    /\ ~(truncation_delays_start /\ truncation_delays(n))
    /\ ~map_delays_checkpoint(n, checkpointer[n].redo)
    /\ \A x \in Transaction :
           \/ /\ disk_status[n, x] = status[n, x]
              /\ disk_status_aborted[n, x] = aborted[n, x]
           \/ checkpointer[n].redo < commit_lsn[n, x]
    /\ checkpointer' = [checkpointer EXCEPT ![n].step = "COMMIT_LOG"]
    /\ UNCHANGED <<log_vars, role_vars, part_vars, seen, buffer_vars, status_vars, two_phase_vars,
                   map_file_vars, synced_vars, phase, commit_lsn, writer, clog_writing, truncater,
                   switched_vars, restarted_vars, told_vars>>

\* The checkpointer fsyncs all that was written since its last fsync (ProcessSyncRequests).
\*
\* The commit log too, as 14 and later do it; before, SimpleLruFlush did so a little earlier in the same
\* checkpoint.
sync_files(n) ==
    /\ primary_faults = "OS"
    /\ writing(n)
    /\ checkpointer[n].step = "COMMIT_LOG"
    /\ pages_written(n)
    /\ synced' = [node \in Node, p \in Page |-> IF node = n THEN disk[n, p] ELSE synced[node, p]]
    /\ synced_holds' = [node \in Node, p \in Page, t \in Timeline, position \in Position |->
                           IF node = n
                           THEN disk_holds[n, p, t, position]
                           ELSE synced_holds[node, p, t, position]]
    /\ synced_hint' = [node \in Node, p \in Page, x \in Transaction |->
                          IF node = n THEN disk_hint[n, p, x] ELSE synced_hint[node, p, x]]
    /\ synced_aborted' = [node \in Node, p \in Page, x \in Transaction |->
                             IF node = n THEN disk_aborted[n, p, x] ELSE synced_aborted[node, p, x]]
    /\ synced_status' = [node \in Node, x \in Transaction |->
                            IF node = n THEN disk_status[n, x] ELSE synced_status[node, x]]
    /\ synced_status_aborted' = [node \in Node, x \in Transaction |->
                                    IF node = n
                                    THEN disk_status_aborted[n, x]
                                    ELSE synced_status_aborted[node, x]]
    /\ checkpointer' = [checkpointer EXCEPT ![n].step = "SYNCED"]
    /\ UNCHANGED <<log_vars, role_vars, part_vars, seen, buffer_vars, status_vars, two_phase_vars,
                   map_file_vars, losing, phase, commit_lsn, writer, clog_writing, truncater, switched_vars,
                   restarted_vars, told_vars>>

\* The pages are on disk up to the redo point, fsynced, and the checkpoint record is inserted.
\*
\* Before the record CreateCheckPoint waits for truncations that are between their record and the file
\* (DELAY_CHKPT_COMPLETE).
insert_checkpoint(n, t, at) ==
    LET redo_2 == checkpointer[n].redo
    IN  /\ writing(n)
        /\ may_insert(n, t, at)
        /\ IF primary_faults = "OS"
           THEN checkpointer[n].step = "SYNCED"
           ELSE checkpointer[n].step = "COMMIT_LOG" /\ pages_written(n)
        /\ ~truncation_delays(n)
        /\ state_files_released(n, t, checkpointer[n].redo)
        /\ log' = [log EXCEPT
                    ![t, at] = [kind |-> "CHECKPOINT",
                                page |-> p1,
                                transaction |-> x1,
                                image |-> FALSE,
                                drops |-> FALSE]]
        /\ checkpoint_redo' = [checkpoint_redo EXCEPT
                                ![t, at] = IF tail = "REWIND" \/ restartpoints
                                           THEN checkpointer[n].redo
                                           ELSE @]
        /\ wal_end' = [wal_end EXCEPT ![n] = at]
        /\ state_file' = [node \in Node, x \in Transaction |->
                             IF /\ node = n
                                /\ LET prepared_2 == /\ phase[n, x] # "IDLE"
                                                     /\ phase[n, x] # "RUNNING"
                                                     /\ phase[n, x] # "ENDED"
                                       found == role[n] = "RESTARTING" /\ two_phase[n, x]
                                   IN  /\ (prepared_2 \/ found)
                                       /\ LET end == Min(redo_2, flushed[n])
                                          IN  \E u \in timelines, position \in positions :
                                                  /\ position <= end
                                                  /\ log'[u, position].kind = "PREPARE"
                                                  /\ log'[u, position].transaction = x
                                                  /\ in_history(t, u, position)
                             THEN TRUE
                             ELSE state_file[node, x]]
        /\ checkpointer' = [checkpointer EXCEPT ![n].record = at, ![n].step = "RECORD"]
        /\ UNCHANGED <<latest, fork, history, common, author, number, role, timeline, flushed, replayed, redo,
                       control, acknowledged, part_vars, seen, buffer_vars, status_vars, two_phase,
                       map_file_vars, synced_vars, phase, commit_lsn, writer, clog_writing, truncater,
                       switched_vars, restarted_vars, told_vars>>

\* The checkpointer names the new checkpoint in the control file, its record flushed and acknowledged.
\*
\* CreateCheckPoint flushes the record first (XLogFlush), and then calls UpdateControlFile.
update_control_file(n) ==
    LET ending == role[n] = "STOPPING" \/ role[n] = "RESTARTING"
        last == /\ ending
                /\ checkpointer[n].record = checkpointer[n].redo + 1
                /\ checkpointer[n].record = wal_end[n]
                /\ ~commit_log_dirty(n)
                /\ ~(\E x \in Transaction : is_over(n, x))
    IN  /\ writing(n)
        /\ checkpointer[n].step = "RECORD"
        /\ checkpointer[n].record <= flushed[n]
        /\ data_released(n, checkpointer[n].record, control_gate)
        /\ control' = [control EXCEPT
                        ![n].checkpoint = checkpointer[n].record,
                        ![n].timeline = timeline[n],
                        ![n].redo = checkpointer[n].redo,
                        ![n].min_recovery = 0,
                        ![n].min_recovery_timeline = 0]
        /\ checkpointer' = [checkpointer EXCEPT
                             ![n] = [step |-> IF last THEN "ENDED" ELSE "IDLE", redo |-> 0, record |-> 0]]
        /\ UNCHANGED <<log_vars, role, timeline, wal_end, flushed, replayed, redo, acknowledged, part_vars,
                       seen, buffer_vars, status_vars, two_phase_vars, map_file_vars, synced_vars, phase,
                       commit_lsn, writer, clog_writing, truncater, switched_vars, restarted_vars, told_vars>>

\* A standby's walreceiver writes the WAL its upstream has flushed (XLogSendPhysical sends up to
\* GetFlushRecPtr).
\*
\* All of it: a reception that ends earlier is this one, taken earlier. At the end of the old timeline it
\* goes on with the new one, whose history file it fetched.
receive(n, upstream) ==
    /\ role[n] = "STANDBY"
    /\ running(upstream)
    /\ connected(upstream)
    /\ can_follow(n, upstream)
    /\ wal_end[n] < sendable(upstream)
    /\ timeline' = [timeline EXCEPT ![n] = timeline[upstream]]
    /\ wal_end' = [wal_end EXCEPT ![n] = sendable(upstream)]
    /\ part' = [part EXCEPT ![n] = FALSE]
    /\ seen' = [seen EXCEPT ![n] = Max(seen[n], number[timeline'[upstream]])]
    /\ UNCHANGED <<log_vars, role, flushed, replayed, redo, control, acknowledged, acknowledged_part,
                   buffer_vars, status_vars, two_phase_vars, map_file_vars, synced_vars, phase_vars,
                   switched_vars, restarted_vars, told_vars>>

\* A standby's walreceiver fsyncs what it wrote (XLogWalRcvFlush).
fsync_wal(n) ==
    /\ role[n] = "STANDBY"
    /\ flushed[n] < wal_end[n]
    /\ flushed' = [flushed EXCEPT ![n] = wal_end[n]]
    /\ UNCHANGED <<log_vars, role, timeline, wal_end, replayed, redo, control, acknowledged, part_vars, seen,
                   buffer_vars, status_vars, two_phase_vars, map_file_vars, synced_vars, phase_vars,
                   switched_vars, restarted_vars, told_vars>>

\* A standby reports its positions and the primary believes them (ProcessStandbyReplyMessage).
\*
\* A reply carries plain LSNs, and what was believed once stays believed.
reply(n, upstream) ==
    LET condition == acknowledged[upstream].flush < flushed[n]
    IN  /\ role[n] = "STANDBY"
        /\ running(upstream)
        /\ n # upstream
        /\ releases(n)
        /\ timeline[n] = timeline[upstream]
        /\ connected(upstream)
        /\ reply_matters(upstream)
        /\ \/ (write_releases /\ acknowledged[upstream].write < wal_end[n])
           \/ (flush_releases /\ acknowledged[upstream].flush < flushed[n])
           \/ (apply_releases /\ acknowledged[upstream].apply < replayed[n])
        /\ acknowledged' = [acknowledged EXCEPT
                             ![upstream].write = IF write_releases
                                                 THEN Max(acknowledged[upstream].write, wal_end[n])
                                                 ELSE @,
                             ![upstream].flush = IF flush_releases
                                                 THEN Max(acknowledged[upstream].flush, flushed[n])
                                                 ELSE @,
                             ![upstream].apply = IF apply_releases
                                                 THEN Max(acknowledged[upstream].apply, replayed[n])
                                                 ELSE @]
        /\ acknowledged_part' = [acknowledged_part EXCEPT
                                  ![upstream] = IF flush_releases /\ condition THEN FALSE ELSE @]
        /\ UNCHANGED <<log_vars, role, timeline, wal_end, flushed, replayed, redo, control, part, seen,
                       buffer_vars, status_vars, two_phase_vars, map_file_vars, synced_vars, phase_vars,
                       switched_vars, restarted_vars, told_vars>>

\* An old primary whose tail is still there reports it, and the new primary believes that its own WAL is
\* meant.
\*
\* The request from the start of the fork's segment was accepted, and at the end of the old timeline the
\* walsender counts as streaming (WalSndLoop); the reply says flush = apply = the end of the old WAL, write
\* = the fork. No condition between ProcessStandbyReplyMessage and SyncRepReleaseWaiters looks at a
\* timeline.
reply_past_fork(n, upstream) ==
    /\ ~ack_timeline
    /\ (tail = "KEEP" \/ tail = "CUT_LATE")
    /\ role[n] = "STANDBY"
    /\ came_back[n]
    /\ releases(n)
    /\ role[upstream] = "PRIMARY"
    /\ n # upstream
    /\ accepted_past_fork(n, upstream)
    /\ timeline[upstream] = latest
    /\ reply_matters(upstream)
    /\ \/ (flush_releases /\ acknowledged[upstream].flush < wal_end[n])
       \/ (apply_releases /\ acknowledged[upstream].apply < wal_end[n])
    /\ acknowledged' = [acknowledged EXCEPT
                         ![upstream].flush = IF flush_releases
                                             THEN Max(acknowledged[upstream].flush, wal_end[n])
                                             ELSE @,
                         ![upstream].apply = IF apply_releases
                                             THEN Max(acknowledged[upstream].apply, wal_end[n])
                                             ELSE @]
    /\ UNCHANGED <<log_vars, role, timeline, wal_end, flushed, replayed, redo, control, part_vars, seen,
                   buffer_vars, status_vars, two_phase_vars, map_file_vars, synced_vars, phase_vars,
                   switched_vars, restarted_vars, told_vars>>

\* The WAL writer flushes up to the end of a page, which lies within the next record (XLogBackgroundFlush).
flush_part(n) ==
    /\ split_records # "NONE"
    /\ writing(n)
    /\ ~on_last_timeline(n)
    /\ flushed[n] < wal_end[n]
    /\ ~part[n]
    /\ ~flushes_after_standby(n)
    /\ part' = [part EXCEPT ![n] = TRUE]
    /\ UNCHANGED <<log_vars, role_vars, acknowledged_part, seen, buffer_vars, status_vars, two_phase_vars,
                   map_file_vars, synced_vars, phase_vars, switched_vars, restarted_vars, told_vars>>

\* A standby that has all whole records up to here receives the first part of the next one, and fsyncs it.
\*
\* XLogWalRcvWrite and XLogWalRcvFlush in one step: one that is not fsynced is told to nobody who waits for
\* a flush, and lost with the system it is as good as not received.
receive_part(n, upstream) ==
    /\ split_records # "NONE"
    /\ role[n] = "STANDBY"
    /\ running(upstream)
    /\ can_follow(n, upstream)
    /\ timeline[n] = timeline[upstream]
    /\ connected(upstream)
    /\ flushed[n] = wal_end[n]
    /\ ~part[n]
    /\ ~on_last_timeline(upstream)
    /\ \/ wal_end[n] < sendable(upstream)
       \/ (wal_end[n] = flushed[upstream] /\ part[upstream])
    /\ part' = [part EXCEPT ![n] = TRUE]
    /\ UNCHANGED <<log_vars, role_vars, acknowledged_part, seen, buffer_vars, status_vars, two_phase_vars,
                   map_file_vars, synced_vars, phase_vars, switched_vars, restarted_vars, told_vars>>

\* The standby reports as flushed what ends within a record (XLogWalRcvSendReply: LogstreamResult.Flush).
\*
\* It releases nobody whom the end of the record before it does not release, so only `fork_covers_acks`
\* reads it.
reply_part(n, upstream) ==
    /\ split_records = "BYTES"
    /\ role[n] = "STANDBY"
    /\ running(upstream)
    /\ n # upstream
    /\ releases(n)
    /\ connected(upstream)
    /\ flush_releases
    /\ timeline[n] = timeline[upstream]
    /\ ~on_last_timeline(upstream)
    /\ part[n]
    /\ acknowledged[upstream].flush = flushed[n]
    /\ ~acknowledged_part[upstream]
    /\ acknowledged_part' = [acknowledged_part EXCEPT ![upstream] = TRUE]
    /\ UNCHANGED <<log_vars, role_vars, part, seen, buffer_vars, status_vars, two_phase_vars, map_file_vars,
                   synced_vars, phase_vars, switched_vars, restarted_vars, told_vars>>

\* The operator switches the mode on, and without an interlock relies on it at once.
switch_on(n) ==
    /\ switched_on # "AT_START"
    /\ mode # "COMMIT"
    /\ ~switched
    /\ role[n] = "PRIMARY"
    /\ switched' = TRUE
    /\ interlock' = IF switched_on = "WITH_INTERLOCK" THEN wal_end[n] ELSE interlock
    /\ relied_on' = IF switched_on # "WITH_INTERLOCK" THEN TRUE ELSE relied_on
    /\ UNCHANGED <<log_vars, role_vars, part_vars, seen, buffer_vars, status_vars, two_phase_vars,
                   map_file_vars, synced_vars, phase_vars, restarted_vars, told_vars>>

\* The operator relies on the mode once the standby has acknowledged all that was inserted when it was
\* switched on.
\*
\* All that was written until then is up to there: a page, a status or a removal goes to disk after its
\* record.
rely_on_mode(n) ==
    /\ switched_on = "WITH_INTERLOCK"
    /\ switched
    /\ ~relied_on
    /\ role[n] = "PRIMARY"
    /\ interlock <= (IF ack = "WRITE" THEN acknowledged[n].write ELSE acknowledged[n].flush)
    /\ relied_on' = TRUE
    /\ UNCHANGED <<log_vars, role_vars, part_vars, seen, buffer_vars, status_vars, two_phase_vars,
                   map_file_vars, synced_vars, phase_vars, switched, interlock, restarted_vars, told_vars>>

\* The startup process replays the next record (PerformWalRecovery: ApplyWalRecord).
replay(n, t, at) ==
    LET buffer_so_far == [node \in Node, p \in Page |->
                             [buffer[node, p] EXCEPT
                               !.exists = IF node = n /\ log[t, at].page = p
                                          THEN IF log[t, at].kind = "UPDATE"
                                               THEN IF log[t, at].image THEN TRUE ELSE @
                                               ELSE IF log[t, at].kind = "HINT" /\ log[t, at].image
                                               THEN TRUE
                                               ELSE @
                                          ELSE @,
                               !.lsn = IF node = n /\ log[t, at].page = p
                                       THEN IF log[t, at].kind = "UPDATE"
                                            THEN IF log[t, at].image
                                                 THEN at
                                                 ELSE IF buffer[n, p].exists /\ buffer[n, p].lsn < at
                                                 THEN at
                                                 ELSE @
                                            ELSE IF log[t, at].kind = "HINT" /\ log[t, at].image
                                            THEN at
                                            ELSE @
                                       ELSE @]]
        condition == /\ role[n] = "STANDBY"
                     /\ log[t, at].kind = "UPDATE"
                     /\ ~log[t, at].image
                     /\ \E p \in Page : log[t, at].page = p /\ ~buffer'[n, p].exists
        condition_2 == role[n] = "STANDBY" /\ came_back[n] /\ author[t] # n
        buffer_holds_so_far == [node \in Node, p \in Page, u \in Timeline, position \in Position |->
                                   IF node = n /\ log[t, at].page = p
                                   THEN IF log[t, at].kind = "UPDATE"
                                        THEN IF log[t, at].image
                                             THEN page_carries(timeline[n], at, p, u, position)
                                             ELSE buffer_holds[node, p, u, position]
                                        ELSE IF log[t, at].kind = "HINT" /\ log[t, at].image
                                        THEN page_carries(timeline[n], at, p, u, position)
                                        ELSE buffer_holds[node, p, u, position]
                                   ELSE buffer_holds[node, p, u, position]]
        buffer_holds_so_far_2 == [node \in Node, p \in Page, i \in Timeline, i_2 \in Position |->
                                     IF /\ (node = n /\ i = t /\ i_2 = at)
                                        /\ log[t, at].page = p
                                        /\ log[t, at].kind = "UPDATE"
                                        /\ ~log[t, at].image
                                        /\ buffer[n, p].exists
                                        /\ buffer[n, p].lsn < at
                                     THEN TRUE
                                     ELSE buffer_holds_so_far[node, p, i, i_2]]
    IN  /\ can_replay(n, t, at)
        /\ replay_matters(n)
        /\ may_redo_truncation(n, t, at)
        /\ buffer' = [node \in Node, p \in Page |->
                         IF /\ node = n
                            /\ log[t, at].page = p
                            /\ log[t, at].kind # "UPDATE"
                            /\ ~(log[t, at].kind = "HINT" /\ log[t, at].image)
                            /\ (log[t, at].kind = "TRUNCATE" \/ log[t, at].drops)
                         THEN [lsn |-> 0, exists |-> FALSE]
                         ELSE buffer_so_far[node, p]]
        /\ role' = [role EXCEPT ![n] = IF condition THEN "DOWN" ELSE @]
        /\ replayed' = [replayed EXCEPT ![n] = at]
        /\ buffer_holds' = [node \in Node, p \in Page, t_2 \in Timeline, position \in Position |->
                               IF /\ node = n
                                  /\ log[t, at].page = p
                                  /\ log[t, at].kind # "UPDATE"
                                  /\ ~(log[t, at].kind = "HINT" /\ log[t, at].image)
                                  /\ (log[t, at].kind = "TRUNCATE" \/ log[t, at].drops)
                               THEN FALSE
                               ELSE buffer_holds_so_far_2[node, p, t_2, position]]
        /\ buffer_hint' = [node \in Node, p \in Page, x \in Transaction |->
                              IF node = n /\ log[t, at].page = p
                              THEN IF log[t, at].kind = "UPDATE"
                                   THEN IF log[t, at].image THEN FALSE ELSE buffer_hint[node, p, x]
                                   ELSE IF log[t, at].kind = "HINT" /\ log[t, at].image
                                   THEN FALSE
                                   ELSE IF log[t, at].kind = "TRUNCATE" \/ log[t, at].drops
                                   THEN FALSE
                                   ELSE buffer_hint[node, p, x]
                              ELSE buffer_hint[node, p, x]]
        /\ dirty' = [node \in Node, p \in Page |->
                        IF node = n /\ log[t, at].page = p
                        THEN IF log[t, at].kind = "UPDATE"
                             THEN IF log[t, at].image
                                  THEN TRUE
                                  ELSE IF buffer[n, p].exists /\ buffer[n, p].lsn < at
                                  THEN TRUE
                                  ELSE dirty[node, p]
                             ELSE IF log[t, at].kind = "HINT" /\ log[t, at].image
                             THEN TRUE
                             ELSE IF log[t, at].kind = "TRUNCATE" \/ log[t, at].drops
                             THEN FALSE
                             ELSE dirty[node, p]
                        ELSE dirty[node, p]]
        /\ disk' = [node \in Node, p \in Page |->
                       IF /\ node = n
                          /\ log[t, at].page = p
                          /\ log[t, at].kind # "UPDATE"
                          /\ ~(log[t, at].kind = "HINT" /\ log[t, at].image)
                          /\ (log[t, at].kind = "TRUNCATE" \/ log[t, at].drops)
                       THEN [lsn |-> 0, exists |-> FALSE]
                       ELSE disk[node, p]]
        /\ disk_holds' = [node \in Node, p \in Page, t_2 \in Timeline, position \in Position |->
                             IF /\ node = n
                                /\ log[t, at].page = p
                                /\ log[t, at].kind # "UPDATE"
                                /\ ~(log[t, at].kind = "HINT" /\ log[t, at].image)
                                /\ (log[t, at].kind = "TRUNCATE" \/ log[t, at].drops)
                             THEN FALSE
                             ELSE disk_holds[node, p, t_2, position]]
        /\ disk_hint' = [node \in Node, p \in Page, x \in Transaction |->
                            IF /\ node = n
                               /\ log[t, at].page = p
                               /\ log[t, at].kind # "UPDATE"
                               /\ ~(log[t, at].kind = "HINT" /\ log[t, at].image)
                               /\ (log[t, at].kind = "TRUNCATE" \/ log[t, at].drops)
                            THEN FALSE
                            ELSE disk_hint[node, p, x]]
        /\ buffer_aborted' = [node \in Node, p \in Page, x \in Transaction |->
                                 IF node = n /\ log[t, at].page = p
                                 THEN IF log[t, at].kind = "UPDATE"
                                      THEN IF log[t, at].image THEN FALSE ELSE buffer_aborted[node, p, x]
                                      ELSE IF log[t, at].kind = "HINT" /\ log[t, at].image
                                      THEN FALSE
                                      ELSE IF log[t, at].kind = "TRUNCATE" \/ log[t, at].drops
                                      THEN FALSE
                                      ELSE buffer_aborted[node, p, x]
                                 ELSE buffer_aborted[node, p, x]]
        /\ disk_aborted' = [node \in Node, p \in Page, x \in Transaction |->
                               IF /\ node = n
                                  /\ log[t, at].page = p
                                  /\ log[t, at].kind # "UPDATE"
                                  /\ ~(log[t, at].kind = "HINT" /\ log[t, at].image)
                                  /\ (log[t, at].kind = "TRUNCATE" \/ log[t, at].drops)
                               THEN FALSE
                               ELSE disk_aborted[node, p, x]]
        /\ invalid' = [node \in Node, p \in Page |->
                          IF node = n /\ log[t, at].page = p
                          THEN IF log[t, at].kind = "UPDATE"
                               THEN IF log[t, at].image
                                    THEN FALSE
                                    ELSE IF ~buffer[n, p].exists THEN TRUE ELSE invalid[node, p]
                               ELSE IF /\ ~(log[t, at].kind = "HINT" /\ log[t, at].image)
                                       /\ (log[t, at].kind = "TRUNCATE" \/ log[t, at].drops)
                               THEN FALSE
                               ELSE invalid[node, p]
                          ELSE invalid[node, p]]
        /\ status' = [node \in Node, x \in Transaction |->
                         IF node = n
                         THEN IF is_commit_of(t, at, x)
                              THEN TRUE
                              ELSE IF log[t, at].kind = "ABORT" /\ log[t, at].transaction = x
                              THEN FALSE
                              ELSE status[node, x]
                         ELSE status[node, x]]
        /\ status_lsn' = [node \in Node, x \in Transaction |->
                             IF node = n
                             THEN IF is_commit_of(t, at, x)
                                  THEN IF redo_keeps_lsn(n) THEN at ELSE 0
                                  ELSE IF log[t, at].kind = "ABORT" /\ log[t, at].transaction = x
                                  THEN IF two_phase_gate /\ redo_keeps_lsn(n) THEN at ELSE 0
                                  ELSE status_lsn[node, x]
                             ELSE status_lsn[node, x]]
        /\ aborted' = [node \in Node, x \in Transaction |->
                          IF node = n
                          THEN IF is_commit_of(t, at, x)
                               THEN FALSE
                               ELSE IF log[t, at].kind = "ABORT" /\ log[t, at].transaction = x
                               THEN TRUE
                               ELSE aborted[node, x]
                          ELSE aborted[node, x]]
        /\ two_phase' = [node \in Node, x \in Transaction |->
                            IF node = n /\ log[t, at].transaction = x
                            THEN IF log[t, at].kind = "PREPARE"
                                 THEN TRUE
                                 ELSE IF log[t, at].kind = "COMMIT" \/ log[t, at].kind = "ABORT"
                                 THEN FALSE
                                 ELSE two_phase[node, x]
                            ELSE two_phase[node, x]]
        /\ state_file' = [node \in Node, x \in Transaction |->
                             IF /\ node = n
                                /\ log[t, at].transaction = x
                                /\ log[t, at].kind # "PREPARE"
                                /\ (log[t, at].kind = "COMMIT" \/ log[t, at].kind = "ABORT")
                             THEN FALSE
                             ELSE state_file[node, x]]
        /\ map_file' = [map_file EXCEPT
                         ![n] = IF log[t, at].kind = "RELATION_MAP"
                                THEN [lsn |-> at, timeline |-> t]
                                ELSE @]
        /\ outcome' = [outcome EXCEPT
                        ![n] = IF condition
                               THEN "INVALID_PAGES"
                               ELSE IF condition_2 THEN "STREAMING" ELSE @]
        /\ removed' = [node \in Node, p \in Page |->
                          IF /\ node = n
                             /\ log[t, at].page = p
                             /\ log[t, at].kind # "UPDATE"
                             /\ ~(log[t, at].kind = "HINT" /\ log[t, at].image)
                             /\ (log[t, at].kind = "TRUNCATE" \/ log[t, at].drops)
                             /\ (role[n] = "RESTARTING" /\ buffer[n, p].exists)
                          THEN at
                          ELSE removed[node, p]]
        /\ UNCHANGED <<log_vars, timeline, wal_end, flushed, redo, control, acknowledged, part_vars, seen,
                       disk_status, disk_status_aborted, map_record, synced_vars, phase_vars, switched_vars,
                       restarted, shutdowned, came_back, archived, rewound, told, forgotten, tail_cut,
                       came_back_ahead>>

\* A standby makes a checkpoint it has replayed its own: pages, commit log, control file
\* (CreateRestartPoint).
\*
\* In one step: of what it writes nobody reads anything before it starts again, and redo skips what is on
\* disk already. Its minimum recovery point follows the pages it wrote (UpdateMinRecoveryPoint).
take_restartpoint(n, t, at, redo_2) ==
    /\ restartpoints
    /\ role[n] = "STANDBY"
    /\ at <= replayed[n]
    /\ log[t, at].kind = "CHECKPOINT"
    /\ in_history(timeline[n], t, at)
    /\ control[n].checkpoint < at
    /\ checkpoint_redo[t, at] = redo_2
    /\ redo' = [redo EXCEPT ![n] = redo_2]
    /\ control' = [control EXCEPT
                    ![n].checkpoint = at,
                    ![n].timeline = t,
                    ![n].redo = redo_2,
                    ![n].min_recovery = replayed[n],
                    ![n].min_recovery_timeline = timeline[n]]
    /\ dirty' = [node \in Node, p \in Page |-> IF node = n THEN FALSE ELSE dirty[node, p]]
    /\ disk' = [node \in Node, p \in Page |-> IF node = n THEN buffer[n, p] ELSE disk[node, p]]
    /\ disk_holds' = [node \in Node, p \in Page, u \in Timeline, position \in Position |->
                         IF node = n
                         THEN buffer_holds[n, p, u, position]
                         ELSE disk_holds[node, p, u, position]]
    /\ disk_hint' = [node \in Node, p \in Page, x \in Transaction |->
                        IF node = n THEN buffer_hint[n, p, x] ELSE disk_hint[node, p, x]]
    /\ disk_aborted' = [node \in Node, p \in Page, x \in Transaction |->
                           IF node = n THEN buffer_aborted[n, p, x] ELSE disk_aborted[node, p, x]]
    /\ disk_status' = [node \in Node, x \in Transaction |->
                          IF node = n THEN status[n, x] ELSE disk_status[node, x]]
    /\ disk_status_aborted' = [node \in Node, x \in Transaction |->
                                  IF node = n THEN aborted[n, x] ELSE disk_status_aborted[node, x]]
    /\ state_file' = [node \in Node, x \in Transaction |->
                         IF node = n THEN two_phase[n, x] ELSE state_file[node, x]]
    /\ UNCHANGED <<log_vars, role, timeline, wal_end, flushed, replayed, acknowledged, part_vars, seen,
                   buffer, buffer_holds, buffer_hint, buffer_aborted, invalid, status, status_lsn, aborted,
                   two_phase, map_file_vars, synced_vars, phase_vars, switched_vars, restarted_vars,
                   told_vars>>

\* The machine or the operator ends the primary's processes (kill -9, immediate stop): what was written
\* stays.
\*
\* WAL that was not flushed is gone; of an immediate stop nobody flushes it either (quickdie).
crash(n, t) ==
    /\ may_crash(n)
    /\ timeline[n] = t
    /\ log' = [i \in Timeline, position \in Position |->
                  IF /\ i = t
                     /\ /\ flushed[n] < position
                        /\ position <= wal_end[n]
                        /\ ~sent_before(n, t, position)
                  THEN [kind |-> "NOTHING",
                        page |-> p1,
                        transaction |-> x1,
                        image |-> FALSE,
                        drops |-> FALSE]
                  ELSE log[i, position]]
    /\ role' = [role EXCEPT ![n] = "DOWN"]
    /\ wal_end' = [wal_end EXCEPT ![n] = flushed[n]]
    /\ replayed' = [replayed EXCEPT ![n] = 0]
    /\ redo' = [redo EXCEPT ![n] = control[n].redo]
    /\ acknowledged' = [acknowledged EXCEPT ![n] = [write |-> 0, flush |-> 0, apply |-> 0]]
    /\ acknowledged_part' = [acknowledged_part EXCEPT ![n] = FALSE]
    /\ buffer' = [node \in Node, p \in Page |-> IF node = n THEN disk[n, p] ELSE buffer[node, p]]
    /\ buffer_holds' = [node \in Node, p \in Page, t_2 \in Timeline, position \in Position |->
                           IF node = n
                           THEN disk_holds[n, p, t_2, position]
                           ELSE buffer_holds[node, p, t_2, position]]
    /\ buffer_hint' = [node \in Node, p \in Page, x \in Transaction |->
                          IF node = n THEN disk_hint[n, p, x] ELSE buffer_hint[node, p, x]]
    /\ dirty' = [node \in Node, p \in Page |-> IF node = n THEN FALSE ELSE dirty[node, p]]
    /\ buffer_aborted' = [node \in Node, p \in Page, x \in Transaction |->
                             IF node = n THEN disk_aborted[n, p, x] ELSE buffer_aborted[node, p, x]]
    /\ invalid' = [node \in Node, p \in Page |-> IF node = n THEN FALSE ELSE invalid[node, p]]
    /\ status' = [node \in Node, x \in Transaction |->
                     IF node = n THEN disk_status[n, x] ELSE status[node, x]]
    /\ status_lsn' = [node \in Node, x \in Transaction |-> IF node = n THEN 0 ELSE status_lsn[node, x]]
    /\ aborted' = [node \in Node, x \in Transaction |->
                      IF node = n THEN disk_status_aborted[n, x] ELSE aborted[node, x]]
    /\ map_record' = [map_record EXCEPT ![n] = 0]
    /\ phase' = [node \in Node, x \in Transaction |-> IF node = n THEN "IDLE" ELSE phase[node, x]]
    /\ commit_lsn' = [node \in Node, x \in Transaction |-> IF node = n THEN 0 ELSE commit_lsn[node, x]]
    /\ writer' = [writer EXCEPT ![n] = [busy |-> FALSE, page |-> p1, lsn |-> 0]]
    /\ clog_writing' = [clog_writing EXCEPT ![n] = FALSE]
    /\ truncater' = [truncater EXCEPT ![n] = [busy |-> FALSE, page |-> p1, lsn |-> 0]]
    /\ checkpointer' = [checkpointer EXCEPT ![n] = [step |-> "IDLE", redo |-> 0, record |-> 0]]
    /\ UNCHANGED <<latest, fork, history, common, author, number, checkpoint_redo, timeline, flushed, control,
                   part, seen, disk, disk_holds, disk_hint, disk_aborted, disk_status, disk_status_aborted,
                   two_phase_vars, map_file, synced_vars, switched_vars, restarted_vars, told_vars>>

\* The primary's operating system goes down: what was written and not fsynced may turn out to be gone.
crash_system(n, t) ==
    /\ may_crash(n)
    /\ timeline[n] = t
    /\ primary_faults = "OS"
    /\ log' = [i \in Timeline, position \in Position |->
                  IF /\ i = t
                     /\ /\ flushed[n] < position
                        /\ position <= wal_end[n]
                        /\ ~sent_before(n, t, position)
                  THEN [kind |-> "NOTHING",
                        page |-> p1,
                        transaction |-> x1,
                        image |-> FALSE,
                        drops |-> FALSE]
                  ELSE log[i, position]]
    /\ role' = [role EXCEPT ![n] = "DOWN"]
    /\ wal_end' = [wal_end EXCEPT ![n] = flushed[n]]
    /\ replayed' = [replayed EXCEPT ![n] = 0]
    /\ redo' = [redo EXCEPT ![n] = control[n].redo]
    /\ acknowledged' = [acknowledged EXCEPT ![n] = [write |-> 0, flush |-> 0, apply |-> 0]]
    /\ acknowledged_part' = [acknowledged_part EXCEPT ![n] = FALSE]
    /\ buffer' = [node \in Node, p \in Page |-> IF node = n THEN disk[n, p] ELSE buffer[node, p]]
    /\ buffer_holds' = [node \in Node, p \in Page, t_2 \in Timeline, position \in Position |->
                           IF node = n
                           THEN disk_holds[n, p, t_2, position]
                           ELSE buffer_holds[node, p, t_2, position]]
    /\ buffer_hint' = [node \in Node, p \in Page, x \in Transaction |->
                          IF node = n THEN disk_hint[n, p, x] ELSE buffer_hint[node, p, x]]
    /\ dirty' = [node \in Node, p \in Page |-> IF node = n THEN FALSE ELSE dirty[node, p]]
    /\ buffer_aborted' = [node \in Node, p \in Page, x \in Transaction |->
                             IF node = n THEN disk_aborted[n, p, x] ELSE buffer_aborted[node, p, x]]
    /\ invalid' = [node \in Node, p \in Page |-> IF node = n THEN FALSE ELSE invalid[node, p]]
    /\ status' = [node \in Node, x \in Transaction |->
                     IF node = n THEN disk_status[n, x] ELSE status[node, x]]
    /\ status_lsn' = [node \in Node, x \in Transaction |-> IF node = n THEN 0 ELSE status_lsn[node, x]]
    /\ aborted' = [node \in Node, x \in Transaction |->
                      IF node = n THEN disk_status_aborted[n, x] ELSE aborted[node, x]]
    /\ map_record' = [map_record EXCEPT ![n] = 0]
    /\ losing' = [losing EXCEPT ![n] = TRUE]
    /\ phase' = [node \in Node, x \in Transaction |-> IF node = n THEN "IDLE" ELSE phase[node, x]]
    /\ commit_lsn' = [node \in Node, x \in Transaction |-> IF node = n THEN 0 ELSE commit_lsn[node, x]]
    /\ writer' = [writer EXCEPT ![n] = [busy |-> FALSE, page |-> p1, lsn |-> 0]]
    /\ clog_writing' = [clog_writing EXCEPT ![n] = FALSE]
    /\ truncater' = [truncater EXCEPT ![n] = [busy |-> FALSE, page |-> p1, lsn |-> 0]]
    /\ checkpointer' = [checkpointer EXCEPT ![n] = [step |-> "IDLE", redo |-> 0, record |-> 0]]
    /\ UNCHANGED <<latest, fork, history, common, author, number, checkpoint_redo, timeline, flushed, control,
                   part, seen, disk, disk_holds, disk_hint, disk_aborted, disk_status, disk_status_aborted,
                   two_phase_vars, map_file, synced, synced_holds, synced_hint, synced_aborted, synced_status,
                   synced_status_aborted, switched_vars, restarted_vars, told_vars>>

\* After a system crash a page is found as the last checkpoint's fsync left it: any page may be, or not.
lose_page_write(n, p) ==
    /\ primary_faults = "OS"
    /\ losing[n]
    /\ role[n] = "DOWN"
    /\ page_unsynced(n, p)
    /\ buffer' = [buffer EXCEPT ![n, p] = synced[n, p]]
    /\ buffer_holds' = [node \in Node, page \in Page, t \in Timeline, position \in Position |->
                           IF node = n /\ page = p
                           THEN synced_holds[n, p, t, position]
                           ELSE buffer_holds[node, page, t, position]]
    /\ buffer_hint' = [node \in Node, page \in Page, x \in Transaction |->
                          IF node = n /\ page = p THEN synced_hint[n, p, x] ELSE buffer_hint[node, page, x]]
    /\ disk' = [disk EXCEPT ![n, p] = synced[n, p]]
    /\ disk_holds' = [node \in Node, page \in Page, t \in Timeline, position \in Position |->
                         IF node = n /\ page = p
                         THEN synced_holds[n, p, t, position]
                         ELSE disk_holds[node, page, t, position]]
    /\ disk_hint' = [node \in Node, page \in Page, x \in Transaction |->
                        IF node = n /\ page = p THEN synced_hint[n, p, x] ELSE disk_hint[node, page, x]]
    /\ buffer_aborted' = [node \in Node, page \in Page, x \in Transaction |->
                             IF node = n /\ page = p
                             THEN synced_aborted[n, p, x]
                             ELSE buffer_aborted[node, page, x]]
    /\ disk_aborted' = [node \in Node, page \in Page, x \in Transaction |->
                           IF node = n /\ page = p
                           THEN synced_aborted[n, p, x]
                           ELSE disk_aborted[node, page, x]]
    /\ removed' = [removed EXCEPT ![n, p] = IF synced[n, p].exists THEN 0 ELSE @]
    /\ UNCHANGED <<log_vars, role_vars, part_vars, seen, dirty, invalid, status_vars, two_phase_vars,
                   map_file_vars, synced_vars, phase_vars, switched_vars, restarted_vars, told, forgotten,
                   tail_cut, came_back_ahead>>

\* After a system crash the commit-log page is found as the last checkpoint's fsync left it.
lose_commit_log_write(n) ==
    /\ primary_faults = "OS"
    /\ losing[n]
    /\ role[n] = "DOWN"
    /\ \E x \in Transaction :
           disk_status[n, x] # synced_status[n, x] \/ disk_status_aborted[n, x] # synced_status_aborted[n, x]
    /\ status' = [node \in Node, x \in Transaction |->
                     IF node = n THEN synced_status[n, x] ELSE status[node, x]]
    /\ disk_status' = [node \in Node, x \in Transaction |->
                          IF node = n THEN synced_status[n, x] ELSE disk_status[node, x]]
    /\ aborted' = [node \in Node, x \in Transaction |->
                      IF node = n THEN synced_status_aborted[n, x] ELSE aborted[node, x]]
    /\ disk_status_aborted' = [node \in Node, x \in Transaction |->
                                  IF node = n
                                  THEN synced_status_aborted[n, x]
                                  ELSE disk_status_aborted[node, x]]
    /\ UNCHANGED <<log_vars, role_vars, part_vars, seen, buffer_vars, status_lsn, two_phase_vars,
                   map_file_vars, synced_vars, phase_vars, switched_vars, restarted_vars, told_vars>>

\* The operator starts a crashed primary again as the primary; it recovers from its own WAL.
\*
\* One that was shut down has nothing to recover: what it would do next it could have done before. In the
\* procedure `clean` nothing else stops it.
restart_alone(n) ==
    /\ crash_restart
    /\ role[n] = "DOWN"
    /\ ~restarted[n]
    /\ ~came_back[n]
    /\ timeline[n] = latest
    /\ ~shutdowned[n]
    /\ tail # "CLEAN"
    /\ role' = [[m_2 \in Node |->
                    IF (\E m \in Node : standby_is_ahead(m, n)) /\ standby_is_ahead(m_2, n)
                    THEN "DOWN"
                    ELSE role[m_2]] EXCEPT
                 ![n] = IF ~(\E m \in Node : standby_is_ahead(m, n)) THEN "RESTARTING" ELSE @]
    /\ replayed' = [replayed EXCEPT
                     ![n] = IF ~(\E m \in Node : standby_is_ahead(m, n)) THEN control[n].redo ELSE @]
    /\ two_phase' = [node \in Node, x \in Transaction |->
                        IF node = n /\ ~(\E m \in Node : standby_is_ahead(m, n))
                        THEN /\ state_file[n, x]
                             /\ ~disk_status[n, x]
                             /\ ~disk_status_aborted[n, x]
                             /\ id_is_used(timeline[n], control[n].redo, x)
                        ELSE two_phase[node, x]]
    /\ state_file' = [node \in Node, x \in Transaction |->
                         IF node = n /\ ~(\E m \in Node : standby_is_ahead(m, n))
                         THEN /\ state_file[n, x]
                              /\ ~disk_status[n, x]
                              /\ ~disk_status_aborted[n, x]
                              /\ id_is_used(timeline[n], control[n].redo, x)
                         ELSE state_file[node, x]]
    /\ losing' = [losing EXCEPT ![n] = FALSE]
    /\ restarted' = [restarted EXCEPT ![n] = TRUE]
    /\ outcome' = [m_2 \in Node |->
                      IF (\E m \in Node : standby_is_ahead(m, n)) /\ standby_is_ahead(m_2, n)
                      THEN "START_AHEAD"
                      ELSE outcome[m_2]]
    /\ UNCHANGED <<log_vars, timeline, wal_end, flushed, redo, control, acknowledged, part_vars, seen,
                   buffer_vars, status_vars, map_file_vars, synced, synced_holds, synced_hint, synced_aborted,
                   synced_status, synced_status_aborted, phase_vars, switched_vars, shutdowned, came_back,
                   archived, rewound, told_vars>>

\* The checkpoint that ends the crash recovery is done: the primary is open again.
\*
\* StartupXLOG asks for it and waits (RequestCheckpoint with CHECKPOINT_END_OF_RECOVERY).
\*
\* Transactions in progress were aborted by the crash, but for prepared ones; every transaction id in the
\* WAL is used up.
open_after_restart(n, t) ==
    /\ (crash_restart \/ promotion_crash)
    /\ role[n] = "RESTARTING"
    /\ timeline[n] = t
    /\ checkpointer[n].step = "ENDED"
    /\ \A p \in Page : ~invalid[n, p]
    /\ role' = [role EXCEPT ![n] = "PRIMARY"]
    /\ replayed' = [replayed EXCEPT ![n] = 0]
    /\ part' = [part EXCEPT ![n] = FALSE]
    /\ two_phase' = [node \in Node, x \in Transaction |-> IF node = n THEN FALSE ELSE two_phase[node, x]]
    /\ phase' = [node \in Node, x \in Transaction |->
                    IF node = n
                    THEN IF two_phase[n, x] /\ ~aborted[n, x] /\ ~status[n, x]
                         THEN "PREPARED"
                         ELSE IF id_is_used(t, wal_end[n], x) THEN "ENDED" ELSE phase[node, x]
                    ELSE phase[node, x]]
    /\ checkpointer' = [checkpointer EXCEPT ![n] = [step |-> "IDLE", redo |-> 0, record |-> 0]]
    /\ UNCHANGED <<log_vars, timeline, wal_end, flushed, redo, control, acknowledged, acknowledged_part, seen,
                   buffer_vars, status_vars, state_file, map_file_vars, synced_vars, commit_lsn, writer,
                   clog_writing, truncater, switched_vars, restarted_vars, told_vars>>

\* A standby crashes and is started again; an OS crash takes the WAL it had not fsynced.
\*
\* One step: while it is down nothing can be done with it that could not be left undone with one that is up.
\* A promotion that had not come to its timeline is forgotten. An old primary that came back repeats its
\* start.
crash_standby(n) ==
    /\ (role[n] = "STANDBY" \/ role[n] = "PROMOTING" \/ role[n] = "RECOVERING")
    /\ (outcome[n] = "NONE" \/ outcome[n] = "STREAMING")
    /\ standby_faults # "NONE"
    /\ \/ (standby_faults = "OS" /\ flushed[n] < wal_end[n])
       \/ control[n].redo < replayed[n]
       \/ role[n] = "PROMOTING"
    /\ role' = [role EXCEPT ![n] = IF came_back[n] THEN "RECOVERING" ELSE "STANDBY"]
    /\ wal_end' = [wal_end EXCEPT ![n] = IF standby_faults = "OS" THEN flushed[n] ELSE @]
    /\ replayed' = [replayed EXCEPT ![n] = control[n].redo]
    /\ redo' = [redo EXCEPT ![n] = control[n].redo]
    /\ acknowledged' = [acknowledged EXCEPT ![n] = [write |-> 0, flush |-> 0, apply |-> 0]]
    /\ acknowledged_part' = [acknowledged_part EXCEPT ![n] = FALSE]
    /\ buffer' = [node \in Node, p \in Page |-> IF node = n THEN disk[n, p] ELSE buffer[node, p]]
    /\ buffer_holds' = [node \in Node, p \in Page, t \in Timeline, position \in Position |->
                           IF node = n
                           THEN disk_holds[n, p, t, position]
                           ELSE buffer_holds[node, p, t, position]]
    /\ buffer_hint' = [node \in Node, p \in Page, x \in Transaction |->
                          IF node = n THEN disk_hint[n, p, x] ELSE buffer_hint[node, p, x]]
    /\ dirty' = [node \in Node, p \in Page |-> IF node = n THEN FALSE ELSE dirty[node, p]]
    /\ buffer_aborted' = [node \in Node, p \in Page, x \in Transaction |->
                             IF node = n THEN disk_aborted[n, p, x] ELSE buffer_aborted[node, p, x]]
    /\ invalid' = [node \in Node, p \in Page |-> IF node = n THEN FALSE ELSE invalid[node, p]]
    /\ status' = [node \in Node, x \in Transaction |->
                     IF node = n THEN disk_status[n, x] ELSE status[node, x]]
    /\ status_lsn' = [node \in Node, x \in Transaction |-> IF node = n THEN 0 ELSE status_lsn[node, x]]
    /\ aborted' = [node \in Node, x \in Transaction |->
                      IF node = n THEN disk_status_aborted[n, x] ELSE aborted[node, x]]
    /\ two_phase' = [node \in Node, x \in Transaction |->
                        IF node = n
                        THEN /\ state_file[n, x]
                             /\ ~disk_status[n, x]
                             /\ ~disk_status_aborted[n, x]
                             /\ id_is_used(timeline[n], control[n].redo, x)
                        ELSE two_phase[node, x]]
    /\ state_file' = [node \in Node, x \in Transaction |->
                         IF node = n
                         THEN /\ state_file[n, x]
                              /\ ~disk_status[n, x]
                              /\ ~disk_status_aborted[n, x]
                              /\ id_is_used(timeline[n], control[n].redo, x)
                         ELSE state_file[node, x]]
    /\ map_record' = [map_record EXCEPT ![n] = 0]
    /\ phase' = [node \in Node, x \in Transaction |-> IF node = n THEN "IDLE" ELSE phase[node, x]]
    /\ commit_lsn' = [node \in Node, x \in Transaction |-> IF node = n THEN 0 ELSE commit_lsn[node, x]]
    /\ writer' = [writer EXCEPT ![n] = [busy |-> FALSE, page |-> p1, lsn |-> 0]]
    /\ clog_writing' = [clog_writing EXCEPT ![n] = FALSE]
    /\ truncater' = [truncater EXCEPT ![n] = [busy |-> FALSE, page |-> p1, lsn |-> 0]]
    /\ checkpointer' = [checkpointer EXCEPT ![n] = [step |-> "IDLE", redo |-> 0, record |-> 0]]
    /\ outcome' = [outcome EXCEPT ![n] = "NONE"]
    /\ UNCHANGED <<log_vars, timeline, flushed, control, part, seen, disk, disk_holds, disk_hint,
                   disk_aborted, disk_status, disk_status_aborted, map_file, synced_vars, switched_vars,
                   restarted, shutdowned, came_back, archived, rewound, told_vars>>

\* The operator asks for a fast shutdown: backends are ended, a commit that waited is told nothing.
\*
\* What is prepared stays so: the shutdown checkpoint makes a state file of it.
\*
\* A truncation that waits goes on waiting, and the shutdown for it. In the procedure `clean` it is the
\* primary that is shut down, and a promotion follows; elsewhere it can be an old one that ran on, too.
request_shutdown(n) ==
    /\ role[n] = "PRIMARY"
    /\ may_shut_down_fast
    /\ relied_on_2
    /\ (latest = timeline[n] \/ tail # "CLEAN")
    /\ IF tail = "CLEAN" THEN latest < promotions ELSE ~on_last_timeline(n)
    /\ has_room_to_shut_down(n)
    /\ \A x \in Transaction : phase[n, x] # "LOGGED" /\ phase[n, x] # "ABORT_LOGGED"
    /\ ~removes_database(n)
    /\ role' = [role EXCEPT ![n] = "STOPPING"]
    /\ phase' = [node \in Node, x \in Transaction |->
                    IF node = n /\ (phase[n, x] # "IDLE" /\ phase[n, x] # "PREPARED")
                    THEN "ENDED"
                    ELSE phase[node, x]]
    /\ UNCHANGED <<log_vars, timeline, wal_end, flushed, replayed, redo, control, acknowledged, part_vars,
                   seen, buffer_vars, status_vars, two_phase_vars, map_file_vars, synced_vars, commit_lsn,
                   writer, clog_writing, truncater, checkpointer, switched_vars, restarted_vars, told_vars>>

\* The shutdown checkpoint is done and the walsenders have seen every standby flush all of it: the primary
\* ends.
\*
\* A standby whose connection is lost is not waited for (WalSndDone ends with its walsender); in the
\* procedure `clean` none is lost.
shut_down(n) ==
    /\ may_shut_down_fast
    /\ role[n] = "STOPPING"
    /\ checkpointer[n].step = "ENDED"
    /\ \/ tail # "CLEAN"
       \/ ~connected(n)
       \/ \A m \in Node : role[m] = "STANDBY" => flushed[m] = wal_end[n]
    /\ role' = [role EXCEPT ![n] = "DOWN"]
    /\ redo' = [redo EXCEPT ![n] = control[n].redo]
    /\ acknowledged' = [acknowledged EXCEPT ![n] = [write |-> 0, flush |-> 0, apply |-> 0]]
    /\ acknowledged_part' = [acknowledged_part EXCEPT ![n] = FALSE]
    /\ buffer' = [node \in Node, p \in Page |-> IF node = n THEN disk[n, p] ELSE buffer[node, p]]
    /\ buffer_holds' = [node \in Node, p \in Page, t \in Timeline, position \in Position |->
                           IF node = n
                           THEN disk_holds[n, p, t, position]
                           ELSE buffer_holds[node, p, t, position]]
    /\ buffer_hint' = [node \in Node, p \in Page, x \in Transaction |->
                          IF node = n THEN disk_hint[n, p, x] ELSE buffer_hint[node, p, x]]
    /\ dirty' = [node \in Node, p \in Page |-> IF node = n THEN FALSE ELSE dirty[node, p]]
    /\ buffer_aborted' = [node \in Node, p \in Page, x \in Transaction |->
                             IF node = n THEN disk_aborted[n, p, x] ELSE buffer_aborted[node, p, x]]
    /\ invalid' = [node \in Node, p \in Page |-> IF node = n THEN FALSE ELSE invalid[node, p]]
    /\ status' = [node \in Node, x \in Transaction |->
                     IF node = n THEN disk_status[n, x] ELSE status[node, x]]
    /\ status_lsn' = [node \in Node, x \in Transaction |-> IF node = n THEN 0 ELSE status_lsn[node, x]]
    /\ aborted' = [node \in Node, x \in Transaction |->
                      IF node = n THEN disk_status_aborted[n, x] ELSE aborted[node, x]]
    /\ map_record' = [map_record EXCEPT ![n] = 0]
    /\ phase' = [node \in Node, x \in Transaction |-> IF node = n THEN "IDLE" ELSE phase[node, x]]
    /\ commit_lsn' = [node \in Node, x \in Transaction |-> IF node = n THEN 0 ELSE commit_lsn[node, x]]
    /\ writer' = [writer EXCEPT ![n] = [busy |-> FALSE, page |-> p1, lsn |-> 0]]
    /\ clog_writing' = [clog_writing EXCEPT ![n] = FALSE]
    /\ truncater' = [truncater EXCEPT ![n] = [busy |-> FALSE, page |-> p1, lsn |-> 0]]
    /\ checkpointer' = [checkpointer EXCEPT ![n] = [step |-> "IDLE", redo |-> 0, record |-> 0]]
    /\ shutdowned' = [shutdowned EXCEPT ![n] = fast_shutdown]
    /\ UNCHANGED <<log_vars, timeline, wal_end, flushed, replayed, control, part, seen, disk, disk_holds,
                   disk_hint, disk_aborted, disk_status, disk_status_aborted, two_phase_vars, map_file,
                   synced_vars, switched_vars, restarted, came_back, outcome, archived, rewound, told_vars>>

\* The operator promotes a standby: its walreceiver is stopped, nothing is received or reported any more
\* (CheckForStandbyTrigger, XLogShutdownWalRcv).
\*
\* Whether the primary is dead or only out of sight, nobody asks; in the procedure `clean` it was stopped
\* before.
promote(n) ==
    /\ latest < promotions
    /\ may_be_promoted(n)
    /\ relied_on_2
    /\ \/ role[n] = "STANDBY"
       \/ (role[n] = "RECOVERING" /\ replayed[n] = wal_end[n])
    /\ control[n].min_recovery <= wal_end[n]
    /\ \A m \in Node : role[m] # "PROMOTING" /\ role[m] # "FORKED"
    /\ (tail # "CLEAN" \/ (\A m \in Node : ~running(m)))
    /\ role' = [role EXCEPT ![n] = "PROMOTING"]
    /\ UNCHANGED <<log_vars, timeline, wal_end, flushed, replayed, redo, control, acknowledged, part_vars,
                   seen, buffer_vars, status_vars, two_phase_vars, map_file_vars, synced_vars, phase_vars,
                   switched_vars, restarted_vars, told_vars>>

\* All it has is replayed: the fork is where that ends, and a new timeline and its history file begin there.
\*
\* StartupXLOG takes one more than the newest ID it can see (findNewestTimeLine), its own among them where
\* that was copied. The walreceiver fsyncs what it wrote before it goes (WalRcvDie). (A loop whose rounds
\* depend on each other is written out, for the scope of this export.)
begin_timeline(n, old, t) ==
    LET end == wal_end[n]
        common_then == [common EXCEPT
                         ![t, 0] = IF 0 # t THEN IF 0 = old THEN end ELSE Min(common[old, 0], end) ELSE @]
        history_then == [history EXCEPT ![t, 0] = IF 0 = old THEN end ELSE history[old, 0]]
        common_then_2 == [common_then EXCEPT
                           ![0, t] = IF 0 # t
                                     THEN IF 0 = old THEN end ELSE Min(common_then[old, 0], end)
                                     ELSE @]
        common_then_3 == [common_then_2 EXCEPT
                           ![t, 1] = IF 1 # t
                                     THEN IF 1 = old THEN end ELSE Min(common_then_2[old, 1], end)
                                     ELSE @]
    IN  /\ role[n] = "PROMOTING"
        /\ replayed[n] = wal_end[n]
        /\ timeline[n] = old
        /\ t = latest + 1
        /\ latest' = t
        /\ fork' = [fork EXCEPT ![t] = end]
        /\ history' = [history_then EXCEPT ![t, 1] = IF 1 = old THEN end ELSE history_then[old, 1]]
        /\ common' = [common_then_3 EXCEPT
                       ![1, t] = IF 1 # t
                                 THEN IF 1 = old THEN end ELSE Min(common_then_3[old, 1], end)
                                 ELSE @]
        /\ author' = [author EXCEPT ![t] = n]
        /\ number' = [number EXCEPT
                       ![t] = IF timeline_bump THEN Max(seen[n], number[old]) + 1 ELSE number[old]]
        /\ role' = [role EXCEPT ![n] = "FORKED"]
        /\ timeline' = [timeline EXCEPT ![n] = t]
        /\ flushed' = [flushed EXCEPT ![n] = wal_end[n]]
        /\ part' = [part EXCEPT ![n] = FALSE]
        /\ seen' = [seen EXCEPT ![n] = IF timeline_bump THEN Max(seen[n], number[old]) + 1 ELSE number[old]]
        /\ outcome' = [outcome EXCEPT ![n] = "NONE"]
        /\ UNCHANGED <<log, checkpoint_redo, wal_end, replayed, redo, control, acknowledged,
                       acknowledged_part, buffer_vars, status_vars, two_phase_vars, map_file_vars,
                       synced_vars, phase_vars, switched_vars, restarted, shutdowned, came_back, archived,
                       rewound, told_vars>>

\* A node being promoted crashes, its new timeline begun but not in its control file, and is started again.
\*
\* StartupXLOG removes standby.signal before it writes the history file; all there is of the new timeline by
\* then is a copy of the last segment (XLogInitNewTimeline), which nobody asks for. So this start is a crash
\* recovery, of the timeline that the control file names (InitWalRecovery: recoveryTargetTLI), and ends with
\* the server open on that one: a second primary without a new timeline ID. What it wrote of the new
\* timeline is lost to it; the history file stays. One step: down, it is as good as out of sight.
\*
\* A crash before that only forgets the request (crash_standby, RemovePromoteSignalFiles). Up to 2018 the
\* history file came first (cbc55da556): a node that crashed in between is a standby again, of a timeline
\* that nobody writes, and can only be promoted once more, to the next ID. One after
\* CreateEndOfRecoveryRecord has come to the control file is that of a primary (crash). (A loop whose rounds
\* depend on each other is written out, for the scope of this export.)
crash_promoted(n, t, old, end) ==
    LET common_then == [common EXCEPT
                         ![t, 0] = IF 0 # t THEN IF 0 = old THEN end ELSE Min(common[old, 0], end) ELSE @]
        history_then == [history EXCEPT ![t, 0] = IF 0 = old THEN end ELSE history[old, 0]]
        common_then_2 == [common_then EXCEPT
                           ![0, t] = IF 0 # t
                                     THEN IF 0 = old THEN end ELSE Min(common_then[old, 0], end)
                                     ELSE @]
        common_then_3 == [common_then_2 EXCEPT
                           ![t, 1] = IF 1 # t
                                     THEN IF 1 = old THEN end ELSE Min(common_then_2[old, 1], end)
                                     ELSE @]
    IN  /\ promotion_crash
        /\ role[n] = "FORKED"
        /\ timeline[n] = t
        /\ old = recovery_target(n)
        /\ old # t
        /\ history[t, old] = end
        /\ log' = [i \in Timeline, position \in Position |->
                      IF i = t /\ (fork[t] < position /\ position <= wal_end[n])
                      THEN [kind |-> "NOTHING",
                            page |-> p1,
                            transaction |-> x1,
                            image |-> FALSE,
                            drops |-> FALSE]
                      ELSE log[i, position]]
        /\ fork' = [fork EXCEPT ![t] = end]
        /\ history' = [history_then EXCEPT ![t, 1] = IF 1 = old THEN end ELSE history_then[old, 1]]
        /\ common' = [common_then_3 EXCEPT
                       ![1, t] = IF 1 # t
                                 THEN IF 1 = old THEN end ELSE Min(common_then_3[old, 1], end)
                                 ELSE @]
        /\ number' = [number EXCEPT ![t] = number[old]]
        /\ role' = [role EXCEPT ![n] = "RESTARTING"]
        /\ wal_end' = [wal_end EXCEPT ![n] = end]
        /\ flushed' = [flushed EXCEPT ![n] = end]
        /\ replayed' = [replayed EXCEPT ![n] = control[n].redo]
        /\ redo' = [redo EXCEPT ![n] = control[n].redo]
        /\ acknowledged' = [acknowledged EXCEPT ![n] = [write |-> 0, flush |-> 0, apply |-> 0]]
        /\ acknowledged_part' = [acknowledged_part EXCEPT ![n] = FALSE]
        /\ buffer' = [node \in Node, p \in Page |-> IF node = n THEN disk[n, p] ELSE buffer[node, p]]
        /\ buffer_holds' = [node \in Node, p \in Page, t_2 \in Timeline, position \in Position |->
                               IF node = n
                               THEN disk_holds[n, p, t_2, position]
                               ELSE buffer_holds[node, p, t_2, position]]
        /\ buffer_hint' = [node \in Node, p \in Page, x \in Transaction |->
                              IF node = n THEN disk_hint[n, p, x] ELSE buffer_hint[node, p, x]]
        /\ dirty' = [node \in Node, p \in Page |-> IF node = n THEN FALSE ELSE dirty[node, p]]
        /\ buffer_aborted' = [node \in Node, p \in Page, x \in Transaction |->
                                 IF node = n THEN disk_aborted[n, p, x] ELSE buffer_aborted[node, p, x]]
        /\ invalid' = [node \in Node, p \in Page |-> IF node = n THEN FALSE ELSE invalid[node, p]]
        /\ status' = [node \in Node, x \in Transaction |->
                         IF node = n THEN disk_status[n, x] ELSE status[node, x]]
        /\ status_lsn' = [node \in Node, x \in Transaction |-> IF node = n THEN 0 ELSE status_lsn[node, x]]
        /\ aborted' = [node \in Node, x \in Transaction |->
                          IF node = n THEN disk_status_aborted[n, x] ELSE aborted[node, x]]
        /\ two_phase' = [node \in Node, x \in Transaction |->
                            IF node = n
                            THEN /\ state_file[n, x]
                                 /\ ~disk_status[n, x]
                                 /\ ~disk_status_aborted[n, x]
                                 /\ \E u \in timelines, position \in positions :
                                        /\ position <= control[n].redo
                                        /\ \/ log'[u, position].kind = "UPDATE"
                                           \/ log'[u, position].kind = "COMMIT"
                                        /\ log'[u, position].transaction = x
                                        /\ fork'[u] < position
                                        /\ (u = timeline[n] \/ position <= history'[timeline[n], u])
                            ELSE two_phase[node, x]]
        /\ state_file' = [node \in Node, x \in Transaction |->
                             IF node = n
                             THEN /\ state_file[n, x]
                                  /\ ~disk_status[n, x]
                                  /\ ~disk_status_aborted[n, x]
                                  /\ \E u \in timelines, position \in positions :
                                         /\ position <= control[n].redo
                                         /\ \/ log'[u, position].kind = "UPDATE"
                                            \/ log'[u, position].kind = "COMMIT"
                                         /\ log'[u, position].transaction = x
                                         /\ fork'[u] < position
                                         /\ (u = timeline[n] \/ position <= history'[timeline[n], u])
                             ELSE state_file[node, x]]
        /\ map_record' = [map_record EXCEPT ![n] = 0]
        /\ phase' = [node \in Node, x \in Transaction |-> IF node = n THEN "IDLE" ELSE phase[node, x]]
        /\ commit_lsn' = [node \in Node, x \in Transaction |-> IF node = n THEN 0 ELSE commit_lsn[node, x]]
        /\ writer' = [writer EXCEPT ![n] = [busy |-> FALSE, page |-> p1, lsn |-> 0]]
        /\ clog_writing' = [clog_writing EXCEPT ![n] = FALSE]
        /\ truncater' = [truncater EXCEPT ![n] = [busy |-> FALSE, page |-> p1, lsn |-> 0]]
        /\ checkpointer' = [checkpointer EXCEPT ![n] = [step |-> "IDLE", redo |-> 0, record |-> 0]]
        /\ UNCHANGED <<latest, author, checkpoint_redo, timeline, control, part, seen, disk, disk_holds,
                       disk_hint, disk_aborted, disk_status, disk_status_aborted, map_file, synced_vars,
                       switched_vars, restarted_vars, told_vars>>

\* The promoted node inserts its end-of-recovery record (fast promotion; CreateEndOfRecoveryRecord).
insert_end_of_recovery(n, t, at) ==
    /\ role[n] = "FORKED"
    /\ may_insert(n, t, at)
    /\ wal_end[n] = fork[t]
    /\ log' = [log EXCEPT
                ![t, at] = [kind |-> "END_OF_RECOVERY",
                            page |-> p1,
                            transaction |-> x1,
                            image |-> FALSE,
                            drops |-> FALSE]]
    /\ wal_end' = [wal_end EXCEPT ![n] = at]
    /\ UNCHANGED <<latest, fork, history, common, author, number, checkpoint_redo, role, timeline, flushed,
                   replayed, redo, control, acknowledged, part_vars, seen, buffer_vars, status_vars,
                   two_phase_vars, map_file_vars, synced_vars, phase_vars, switched_vars, restarted_vars,
                   told_vars>>

\* The end-of-recovery record is flushed and the promoted node opens for writes, if nothing waits for that
\* record (StartupXLOG).
\*
\* Transaction ids that its WAL knows are used up; those in progress there are aborted. Its redo pointer is
\* still that of the checkpoint it last started from, until its first checkpoint as a primary.
open_for_writes(n, t) ==
    /\ role[n] = "FORKED"
    /\ timeline[n] = t
    /\ ~(data_waits /\ promotion_guard = "WAIT")
    /\ fork[t] < flushed[n]
    /\ flushed[n] = wal_end[n]
    /\ role' = [role EXCEPT ![n] = "PRIMARY"]
    /\ replayed' = [replayed EXCEPT ![n] = 0]
    /\ control' = [control EXCEPT ![n].min_recovery = flushed[n], ![n].min_recovery_timeline = t]
    /\ acknowledged' = [acknowledged EXCEPT ![n] = [write |-> 0, flush |-> 0, apply |-> 0]]
    /\ acknowledged_part' = [acknowledged_part EXCEPT ![n] = FALSE]
    /\ two_phase' = [node \in Node, x \in Transaction |-> IF node = n THEN FALSE ELSE two_phase[node, x]]
    /\ phase' = [node \in Node, x \in Transaction |->
                    IF node = n
                    THEN IF two_phase[n, x] /\ ~aborted[n, x] /\ ~status[n, x]
                         THEN "PREPARED"
                         ELSE IF id_is_used(t, wal_end[n], x) THEN "ENDED" ELSE phase[node, x]
                    ELSE phase[node, x]]
    /\ UNCHANGED <<log_vars, timeline, wal_end, flushed, redo, part, seen, buffer_vars, status_vars,
                   state_file, map_file_vars, synced_vars, commit_lsn, writer, clog_writing, truncater,
                   checkpointer, switched_vars, restarted_vars, told_vars>>

\* The operator zeroes the old primary's WAL from the fork on and removes the segments behind it.
cut_tail(n, upstream) ==
    /\ tail = "CUT"
    /\ may_come_back(n, upstream)
    /\ reaches_past_fork(n, upstream)
    /\ wal_end' = [wal_end EXCEPT ![n] = fork_of(n, upstream)]
    /\ flushed' = [flushed EXCEPT ![n] = fork_of(n, upstream)]
    /\ part' = [part EXCEPT ![n] = FALSE]
    /\ archived' = [archived EXCEPT ![n] = IF archive THEN segment_start(wal_end[n]) ELSE @]
    /\ tail_cut' = [tail_cut EXCEPT ![n] = TRUE]
    /\ UNCHANGED <<log_vars, role, timeline, replayed, redo, control, acknowledged, acknowledged_part, seen,
                   buffer_vars, status_vars, two_phase_vars, map_file_vars, synced_vars, phase_vars,
                   switched_vars, restarted, shutdowned, came_back, outcome, rewound, told, removed,
                   forgotten, came_back_ahead>>

\* The operator has started the old primary, saw the new one refuse it, stops it and cuts the tail now.
cut_tail_late(n, upstream) ==
    /\ tail = "CUT_LATE"
    /\ role[n] = "STANDBY"
    /\ came_back[n]
    /\ role[upstream] = "PRIMARY"
    /\ timeline[upstream] = latest
    /\ timeline[n] # latest
    /\ reaches_past_fork(n, upstream)
    /\ role' = [role EXCEPT ![n] = "DOWN"]
    /\ wal_end' = [wal_end EXCEPT ![n] = fork_of(n, upstream)]
    /\ flushed' = [flushed EXCEPT ![n] = fork_of(n, upstream)]
    /\ redo' = [redo EXCEPT ![n] = control[n].redo]
    /\ acknowledged' = [acknowledged EXCEPT ![n] = [write |-> 0, flush |-> 0, apply |-> 0]]
    /\ part' = [part EXCEPT ![n] = FALSE]
    /\ acknowledged_part' = [acknowledged_part EXCEPT ![n] = FALSE]
    /\ buffer' = [node \in Node, p \in Page |-> IF node = n THEN disk[n, p] ELSE buffer[node, p]]
    /\ buffer_holds' = [node \in Node, p \in Page, t \in Timeline, position \in Position |->
                           IF node = n
                           THEN disk_holds[n, p, t, position]
                           ELSE buffer_holds[node, p, t, position]]
    /\ buffer_hint' = [node \in Node, p \in Page, x \in Transaction |->
                          IF node = n THEN disk_hint[n, p, x] ELSE buffer_hint[node, p, x]]
    /\ dirty' = [node \in Node, p \in Page |-> IF node = n THEN FALSE ELSE dirty[node, p]]
    /\ buffer_aborted' = [node \in Node, p \in Page, x \in Transaction |->
                             IF node = n THEN disk_aborted[n, p, x] ELSE buffer_aborted[node, p, x]]
    /\ invalid' = [node \in Node, p \in Page |-> IF node = n THEN FALSE ELSE invalid[node, p]]
    /\ status' = [node \in Node, x \in Transaction |->
                     IF node = n THEN disk_status[n, x] ELSE status[node, x]]
    /\ status_lsn' = [node \in Node, x \in Transaction |-> IF node = n THEN 0 ELSE status_lsn[node, x]]
    /\ aborted' = [node \in Node, x \in Transaction |->
                      IF node = n THEN disk_status_aborted[n, x] ELSE aborted[node, x]]
    /\ map_record' = [map_record EXCEPT ![n] = 0]
    /\ phase' = [node \in Node, x \in Transaction |-> IF node = n THEN "IDLE" ELSE phase[node, x]]
    /\ commit_lsn' = [node \in Node, x \in Transaction |-> IF node = n THEN 0 ELSE commit_lsn[node, x]]
    /\ writer' = [writer EXCEPT ![n] = [busy |-> FALSE, page |-> p1, lsn |-> 0]]
    /\ clog_writing' = [clog_writing EXCEPT ![n] = FALSE]
    /\ truncater' = [truncater EXCEPT ![n] = [busy |-> FALSE, page |-> p1, lsn |-> 0]]
    /\ checkpointer' = [checkpointer EXCEPT ![n] = [step |-> "IDLE", redo |-> 0, record |-> 0]]
    /\ tail_cut' = [tail_cut EXCEPT ![n] = TRUE]
    /\ UNCHANGED <<log_vars, timeline, replayed, control, seen, disk, disk_holds, disk_hint, disk_aborted,
                   disk_status, disk_status_aborted, two_phase_vars, map_file, synced_vars, switched_vars,
                   restarted_vars, told, removed, forgotten, came_back_ahead>>

\* The operator puts the new primary's pg_wal, its history file included, in the place of the old primary's.
copy_wal(n, upstream) ==
    /\ tail = "COPY"
    /\ may_come_back(n, upstream)
    /\ timeline[n] # latest
    /\ timeline' = [timeline EXCEPT ![n] = latest]
    /\ wal_end' = [wal_end EXCEPT ![n] = flushed[upstream]]
    /\ flushed' = [flushed EXCEPT ![n] = flushed[upstream]]
    /\ part' = [part EXCEPT ![n] = FALSE]
    /\ tail_cut' = [tail_cut EXCEPT ![n] = fork_of(n, upstream) < wal_end[n]]
    /\ UNCHANGED <<log_vars, role, replayed, redo, control, acknowledged, acknowledged_part, seen,
                   buffer_vars, status_vars, two_phase_vars, map_file_vars, synced_vars, phase_vars,
                   switched_vars, restarted_vars, told, removed, forgotten, came_back_ahead>>

\* The operator removes all of the old primary's pg_wal, and with it the checkpoint record to start from.
delete_wal(n, upstream) ==
    /\ tail = "DELETE"
    /\ may_come_back(n, upstream)
    /\ wal_end[n] > 0
    /\ wal_end' = [wal_end EXCEPT ![n] = 0]
    /\ flushed' = [flushed EXCEPT ![n] = 0]
    /\ part' = [part EXCEPT ![n] = FALSE]
    /\ UNCHANGED <<log_vars, role, timeline, replayed, redo, control, acknowledged, acknowledged_part, seen,
                   buffer_vars, status_vars, two_phase_vars, map_file_vars, synced_vars, phase_vars,
                   switched_vars, restarted_vars, told_vars>>

\* The operator starts the old primary as a standby: recovery begins at the control file's checkpoint.
\*
\* Its record has to be there (PANIC otherwise; 11 and later try no other), and so has a minimum recovery
\* point that an earlier start left; redo begins at the checkpoint's redo point.
start_as_standby(n, upstream) ==
    LET condition == ~(/\ tail # "DELETE"
                       /\ control[n].checkpoint <= wal_end'[n]
                       /\ \/ control[n].checkpoint = 0
                          \/ in_history(timeline[n], control[n].timeline, control[n].checkpoint))
        condition_2 == fork_of(n, upstream) < segment_start(control[n].redo)
        condition_3 == /\ ~(\/ control[n].min_recovery = 0
                            \/ /\ control[n].min_recovery <= wal_end'[n]
                               /\ in_history(timeline[n],
                                             control[n].min_recovery_timeline,
                                             control[n].min_recovery))
                       /\ knows_newer_timeline(n, upstream)
    IN  /\ may_come_back(n, upstream)
        /\ (tail # "CUT" \/ ~reaches_past_fork(n, upstream))
        /\ (tail # "COPY" \/ timeline[n] = latest)
        /\ (tail # "DELETE" \/ wal_end[n] = 0)
        /\ (tail # "REWIND" \/ rewound[n])
        /\ flushed' = [flushed EXCEPT ![n] = IF wal_end[n] < archived[n] THEN archived[n] ELSE @]
        /\ wal_end' = [wal_end EXCEPT ![n] = IF wal_end[n] < archived[n] THEN archived[n] ELSE @]
        /\ role' = [role EXCEPT ![n] = IF ~condition /\ ~condition_3 THEN "RECOVERING" ELSE @]
        /\ replayed' = [replayed EXCEPT ![n] = IF ~condition /\ ~condition_3 THEN control[n].redo ELSE @]
        /\ two_phase' = [node \in Node, x_2 \in Transaction |->
                            IF node = n /\ ~condition /\ ~condition_3
                            THEN /\ state_file[n, x_2]
                                 /\ ~disk_status[n, x_2]
                                 /\ ~disk_status_aborted[n, x_2]
                                 /\ id_is_used(timeline[n], control[n].redo, x_2)
                            ELSE two_phase[node, x_2]]
        /\ state_file' = [node \in Node, x_2 \in Transaction |->
                             IF node = n /\ ~condition /\ ~condition_3
                             THEN /\ state_file[n, x_2]
                                  /\ ~disk_status[n, x_2]
                                  /\ ~disk_status_aborted[n, x_2]
                                  /\ id_is_used(timeline[n], control[n].redo, x_2)
                             ELSE state_file[node, x_2]]
        /\ losing' = [losing EXCEPT ![n] = FALSE]
        /\ came_back' = [came_back EXCEPT ![n] = TRUE]
        /\ outcome' = [outcome EXCEPT
                        ![n] = IF condition
                               THEN IF ~asks_for_checkpoint(n)
                                    THEN "NO_CHECKPOINT"
                                    ELSE IF condition_2 THEN "NOT_IN_HISTORY" ELSE "BLOCKED"
                               ELSE IF condition_3 THEN "MIN_RECOVERY" ELSE @]
        /\ came_back_ahead' = [came_back_ahead EXCEPT
                                ![n] = IF tail # "REWIND"
                                       THEN \/ came_back_ahead[n]
                                            \/ /\ n = A
                                               /\ ~(/\ \A p \in Page :
                                                           LET lsn == disk[A, p].lsn
                                                           IN  IF latest > 0
                                                               THEN lsn <= fork[1]
                                                               ELSE \A m \in Node :
                                                                        (m # A /\ may_be_promoted(m))
                                                                        => lsn
                                                                              <= (IF standby_faults
                                                                                        = "OS"
                                                                                  THEN flushed'[m]
                                                                                  ELSE wal_end'[m])
                                                    /\ \A x \in Transaction :
                                                           /\ \/ ~disk_status[A, x]
                                                              \/ \E position \in positions :
                                                                     /\ is_commit(0, position, x)
                                                                     /\ IF latest > 0
                                                                        THEN position <= fork[1]
                                                                        ELSE \A m \in Node :
                                                                                 (/\ m # A
                                                                                  /\ may_be_promoted(m))
                                                                                 => position
                                                                                       <= (IF standby_faults
                                                                                                 = "OS"
                                                                                           THEN flushed'[m]
                                                                                           ELSE wal_end'[m])
                                                           /\ \/ ~disk_status_aborted[A, x]
                                                              \/ \/ ~(\E position \in positions :
                                                                          /\ is_record_of(position,
                                                                                          x,
                                                                                          "PREPARE")
                                                                          /\ IF latest > 0
                                                                             THEN position <= fork[1]
                                                                             ELSE \A m \in Node :
                                                                                      (/\ m # A
                                                                                       /\ may_be_promoted(m))
                                                                                      => position
                                                                                            <= (IF standby_faults
                                                                                                      = "OS"
                                                                                                THEN flushed'[m]
                                                                                                ELSE wal_end'[m]))
                                                                 \/ \E position \in positions :
                                                                        /\ is_record_of(position,
                                                                                        x,
                                                                                        "ABORT")
                                                                        /\ IF latest > 0
                                                                           THEN position <= fork[1]
                                                                           ELSE \A m \in Node :
                                                                                    (/\ m # A
                                                                                     /\ may_be_promoted(m))
                                                                                    => position
                                                                                          <= (IF standby_faults
                                                                                                    = "OS"
                                                                                              THEN flushed'[m]
                                                                                              ELSE wal_end'[m])
                                                    /\ LET lsn == control[A].checkpoint
                                                       IN  IF latest > 0
                                                           THEN lsn <= fork[1]
                                                           ELSE \A m \in Node :
                                                                    (m # A /\ may_be_promoted(m))
                                                                    => lsn
                                                                          <= (IF standby_faults
                                                                                    = "OS"
                                                                              THEN flushed'[m]
                                                                              ELSE wal_end'[m])
                                                    /\ LET lsn == control[A].min_recovery
                                                       IN  IF latest > 0
                                                           THEN lsn <= fork[1]
                                                           ELSE \A m \in Node :
                                                                    (m # A /\ may_be_promoted(m))
                                                                    => lsn
                                                                          <= (IF standby_faults
                                                                                    = "OS"
                                                                              THEN flushed'[m]
                                                                              ELSE wal_end'[m])
                                                    /\ \A p \in Page :
                                                           LET lsn == removed[A, p]
                                                           IN  IF latest > 0
                                                               THEN lsn <= fork[1]
                                                               ELSE \A m \in Node :
                                                                        (m # A /\ may_be_promoted(m))
                                                                        => lsn
                                                                              <= (IF standby_faults
                                                                                        = "OS"
                                                                                  THEN flushed'[m]
                                                                                  ELSE wal_end'[m])
                                                    /\ \A x \in Transaction :
                                                           LET lsn == forgotten[A, x]
                                                           IN  IF latest > 0
                                                               THEN lsn <= fork[1]
                                                               ELSE \A m \in Node :
                                                                        (m # A /\ may_be_promoted(m))
                                                                        => lsn
                                                                              <= (IF standby_faults
                                                                                        = "OS"
                                                                                  THEN flushed'[m]
                                                                                  ELSE wal_end'[m])
                                                    /\ \/ map_file[A].timeline # 0
                                                       \/ LET lsn == map_file[A].lsn
                                                          IN  IF latest > 0
                                                              THEN lsn <= fork[1]
                                                              ELSE \A m \in Node :
                                                                       (m # A /\ may_be_promoted(m))
                                                                       => lsn
                                                                             <= (IF standby_faults
                                                                                       = "OS"
                                                                                 THEN flushed'[m]
                                                                                 ELSE wal_end'[m])
                                                    /\ \A p \in Page, x \in Transaction :
                                                           /\ \/ ~disk_hint[A, p, x]
                                                              \/ \E position \in positions :
                                                                     /\ is_commit(0, position, x)
                                                                     /\ IF latest > 0
                                                                        THEN position <= fork[1]
                                                                        ELSE \A m \in Node :
                                                                                 (/\ m # A
                                                                                  /\ may_be_promoted(m))
                                                                                 => position
                                                                                       <= (IF standby_faults
                                                                                                 = "OS"
                                                                                           THEN flushed'[m]
                                                                                           ELSE wal_end'[m])
                                                           /\ \/ ~disk_aborted[A, p, x]
                                                              \/ \/ ~(\E position \in positions :
                                                                          /\ is_record_of(position,
                                                                                          x,
                                                                                          "PREPARE")
                                                                          /\ IF latest > 0
                                                                             THEN position <= fork[1]
                                                                             ELSE \A m \in Node :
                                                                                      (/\ m # A
                                                                                       /\ may_be_promoted(m))
                                                                                      => position
                                                                                            <= (IF standby_faults
                                                                                                      = "OS"
                                                                                                THEN flushed'[m]
                                                                                                ELSE wal_end'[m]))
                                                                 \/ \E position \in positions :
                                                                        /\ is_record_of(position,
                                                                                        x,
                                                                                        "ABORT")
                                                                        /\ IF latest > 0
                                                                           THEN position <= fork[1]
                                                                           ELSE \A m \in Node :
                                                                                    (/\ m # A
                                                                                     /\ may_be_promoted(m))
                                                                                    => position
                                                                                          <= (IF standby_faults
                                                                                                    = "OS"
                                                                                              THEN flushed'[m]
                                                                                              ELSE wal_end'[m]))
                                       ELSE @]
        /\ UNCHANGED <<log_vars, timeline, redo, control, acknowledged, part_vars, seen, buffer_vars,
                       status_vars, map_file_vars, synced, synced_holds, synced_hint, synced_aborted,
                       synced_status, synced_status_aborted, phase_vars, switched_vars, restarted, shutdowned,
                       archived, rewound, told, removed, forgotten, tail_cut>>

\* The end of its own WAL is replayed: the database is declared consistent and the new primary is asked for
\* more.
\*
\* Pages that are missing and were not forgiven end it (XLogCheckInvalidPages). Then R, the end of its WAL,
\* is held against the fork F: R <= F streams; a request from the start of R's segment that is not beyond F
\* is accepted and leads nowhere (rescanLatestTimeLine); one that is beyond F is refused (StartReplication).
\* An upstream that is not open yet still speaks for the old timeline, and has nothing to send. A minimum
\* recovery point that pg_rewind left further on stays until that is replayed (CheckRecoveryConsistency);
\* pages that are missing end a server only then, and the model here: the same end, a few steps early.
connect(n, upstream) ==
    LET ahead_2 == segment_start(wal_end[n]) > flushed[upstream]
        condition == \/ same_timeline_id(n, upstream)
                     \/ /\ seen[n] = number[timeline[upstream]]
                        /\ \A t \in timelines : t = timeline[upstream] \/ number[t] # seen[n]
                        /\ number[timeline[n]] < seen[n]
                        /\ fork_of(n, upstream) < wal_end[n]
                        /\ replayed[n] = wal_end[n]
                        /\ (outcome[n] = "NONE" \/ outcome[n] = "STREAMING")
                        /\ tail # "CUT_LATE"
                        /\ ~promotion_crash
    IN  /\ role[n] = "RECOVERING"
        /\ replayed[n] = wal_end[n]
        /\ is_upstream(upstream)
        /\ upstream # n
        /\ role' = [role EXCEPT ![n] = IF \E p \in Page : invalid[n, p] THEN "DOWN" ELSE "STANDBY"]
        /\ control' = [control EXCEPT
                        ![n].min_recovery = IF /\ ~(\E p \in Page : invalid[n, p])
                                               /\ (~rewound[n] \/ reaches_min_recovery(n))
                                            THEN wal_end[n]
                                            ELSE @,
                        ![n].min_recovery_timeline = IF /\ ~(\E p \in Page : invalid[n, p])
                                                        /\ (~rewound[n] \/ reaches_min_recovery(n))
                                                     THEN timeline[n]
                                                     ELSE @]
        /\ seen' = [seen EXCEPT
                     ![n] = IF ~(\E p \in Page : invalid[n, p])
                            THEN Max(seen[n], number[timeline[upstream]])
                            ELSE @]
        /\ outcome' = [outcome EXCEPT
                        ![n] = IF \E p \in Page : invalid[n, p]
                               THEN "INVALID_PAGES"
                               ELSE IF role'[upstream] = "FORKED"
                               THEN IF ahead_2 THEN "START_AHEAD" ELSE "BLOCKED"
                               ELSE IF is_behind(n, upstream)
                               THEN "BLOCKED"
                               ELSE IF timeline[n] = timeline[upstream]
                               THEN "STREAMING"
                               ELSE IF condition
                               THEN IF wal_end[n] > flushed[upstream] THEN "START_AHEAD" ELSE @
                               ELSE IF ~(tail = "CUT_LATE" /\ ~tail_cut[n])
                               THEN IF accepted_past_fork(n, upstream)
                                    THEN "TAIL_DIVERGED"
                                    ELSE IF wal_end[n] > fork_of(n, upstream)
                                    THEN "NOT_IN_HISTORY"
                                    ELSE IF asks_past_part(n, upstream) THEN "BLOCKED" ELSE @
                               ELSE @]
        /\ UNCHANGED <<log_vars, timeline, wal_end, flushed, replayed, redo, acknowledged, part_vars,
                       buffer_vars, status_vars, two_phase_vars, map_file_vars, synced_vars, phase_vars,
                       switched_vars, restarted, shutdowned, came_back, archived, rewound, told_vars>>

\* Without wal_log_hints (or checksums) pg_rewind refuses: it could not know which pages hints changed.
\*
\* Nor does it copy pages of a source without full_page_writes.
refuse_to_rewind(n, source) ==
    /\ may_rewind(n, source)
    /\ refuses
    /\ came_back' = [came_back EXCEPT ![n] = TRUE]
    /\ outcome' = [outcome EXCEPT ![n] = "REWIND_REFUSED"]
    /\ UNCHANGED <<log_vars, role_vars, part_vars, seen, buffer_vars, status_vars, two_phase_vars,
                   map_file_vars, synced_vars, phase_vars, switched_vars, restarted, shutdowned, archived,
                   rewound, told_vars>>

\* The operator runs pg_rewind, which finds both on the same timeline: no rewind required.
find_nothing_to_rewind(n, source) ==
    /\ may_rewind(n, source)
    /\ ~refuses
    /\ nothing_to_do(n, source)
    /\ came_back' = [came_back EXCEPT ![n] = TRUE]
    /\ rewound' = [rewound EXCEPT ![n] = TRUE]
    /\ came_back_ahead' = [came_back_ahead EXCEPT ![n] = n = A /\ ahead_of_fork]
    /\ UNCHANGED <<log_vars, role_vars, part_vars, seen, buffer_vars, status_vars, two_phase_vars,
                   map_file_vars, synced_vars, phase_vars, switched_vars, restarted, shutdowned, outcome,
                   archived, told, removed, forgotten, tail_cut>>

\* The operator runs pg_rewind: pages touched since the last common checkpoint are copied, all other files
\* whole.
\*
\* So is what the target's file does not have (decide_file_action: a missing file, a shorter one).
\*
\* Recovery will begin at that checkpoint and has to reach the source's position. (A loop whose rounds
\* depend on each other is written out, for the scope of this export.)
rewind(n, source, t, at, redo_2) ==
    LET condition == touched_since(n, p1, at) \/ ~disk[n, p1].exists
        disk_holds_then == [disk_holds EXCEPT
                             ![n, p1, 0, 1] = IF condition THEN disk_holds[source, p1, 0, 1] ELSE @]
        disk_holds_then_2 == [disk_holds_then EXCEPT
                               ![n, p1, 0, 2] = IF condition THEN disk_holds_then[source, p1, 0, 2] ELSE @]
        disk_holds_then_3 == [disk_holds_then_2 EXCEPT
                               ![n, p1, 0, 3] = IF condition
                                                THEN disk_holds_then_2[source, p1, 0, 3]
                                                ELSE @]
        disk_holds_then_4 == [disk_holds_then_3 EXCEPT
                               ![n, p1, 1, 1] = IF condition
                                                THEN disk_holds_then_3[source, p1, 1, 1]
                                                ELSE @]
        disk_holds_then_5 == [disk_holds_then_4 EXCEPT
                               ![n, p1, 1, 2] = IF condition
                                                THEN disk_holds_then_4[source, p1, 1, 2]
                                                ELSE @]
    IN  /\ may_rewind(n, source)
        /\ ~refuses
        /\ ~nothing_to_do(n, source)
        /\ common_checkpoint(n, source, t, at)
        /\ has_redo_point(t, at, redo_2)
        /\ disk' = [disk EXCEPT ![n, p1] = IF condition THEN disk[source, p1] ELSE @]
        /\ disk_holds' = [disk_holds_then_5 EXCEPT
                           ![n, p1, 1, 3] = IF condition THEN disk_holds_then_5[source, p1, 1, 3] ELSE @]
        /\ disk_hint' = [disk_hint EXCEPT ![n, p1, x1] = IF condition THEN disk_hint[source, p1, x1] ELSE @]
        /\ disk_aborted' = [disk_aborted EXCEPT
                             ![n, p1, x1] = IF condition THEN disk_aborted[source, p1, x1] ELSE @]
        /\ disk_status' = [disk_status EXCEPT ![n, x1] = disk_status[source, x1]]
        /\ disk_status_aborted' = [disk_status_aborted EXCEPT ![n, x1] = disk_status_aborted[source, x1]]
        /\ timeline' = [timeline EXCEPT ![n] = timeline[source]]
        /\ wal_end' = [wal_end EXCEPT ![n] = flushed[source]]
        /\ flushed' = [flushed EXCEPT ![n] = flushed[source]]
        /\ control' = [control EXCEPT
                        ![n].checkpoint = at,
                        ![n].timeline = t,
                        ![n].redo = redo_2,
                        ![n].min_recovery = IF on_last_timeline(source)
                                            THEN flushed[source]
                                            ELSE wal_end[source],
                        ![n].min_recovery_timeline = timeline[source]]
        /\ part' = [part EXCEPT ![n] = FALSE]
        /\ buffer' = [buffer EXCEPT ![n, p1] = IF condition THEN disk'[source, p1] ELSE @]
        /\ buffer_holds' = [buffer_holds EXCEPT
                             ![n, p1, 0, 1] = IF condition THEN disk_holds_then[source, p1, 0, 1] ELSE @,
                             ![n, p1, 0, 2] = IF condition THEN disk_holds_then_2[source, p1, 0, 2] ELSE @,
                             ![n, p1, 0, 3] = IF condition THEN disk_holds_then_3[source, p1, 0, 3] ELSE @,
                             ![n, p1, 1, 1] = IF condition THEN disk_holds_then_4[source, p1, 1, 1] ELSE @,
                             ![n, p1, 1, 2] = IF condition THEN disk_holds_then_5[source, p1, 1, 2] ELSE @,
                             ![n, p1, 1, 3] = IF condition THEN disk_holds'[source, p1, 1, 3] ELSE @]
        /\ buffer_hint' = [buffer_hint EXCEPT
                            ![n, p1, x1] = IF condition THEN disk_hint'[source, p1, x1] ELSE @]
        /\ buffer_aborted' = [buffer_aborted EXCEPT
                               ![n, p1, x1] = IF condition THEN disk_aborted'[source, p1, x1] ELSE @]
        /\ status' = [status EXCEPT ![n, x1] = disk_status'[source, x1]]
        /\ aborted' = [aborted EXCEPT ![n, x1] = disk_status_aborted'[source, x1]]
        /\ state_file' = [state_file EXCEPT ![n, x1] = state_file[source, x1]]
        /\ map_file' = [map_file EXCEPT ![n] = map_file[source]]
        /\ came_back' = [came_back EXCEPT ![n] = TRUE]
        /\ rewound' = [rewound EXCEPT ![n] = TRUE]
        /\ tail_cut' = [tail_cut EXCEPT ![n] = fork_of(n, source) < wal_end[n]]
        /\ came_back_ahead' = [came_back_ahead EXCEPT ![n] = n = A /\ ahead_of_fork]
        /\ UNCHANGED <<log_vars, role, replayed, redo, acknowledged, acknowledged_part, seen, dirty, invalid,
                       status_lsn, two_phase, map_record, synced_vars, phase_vars, switched_vars, restarted,
                       shutdowned, outcome, archived, told, removed, forgotten>>

---- \* Properties

\* While P is primary and no fork exists, every page on its disk has an LSN up to the standby's flush LSN.
page_lsn_within_standby_flush ==
    \/ latest > 0
    \/ ~running(A)
    \/ \A p \in Page, m \in Node : (m # A /\ may_be_promoted(m)) => disk[A, p].lsn <= flushed[m]

\* Every page on the old primary's disk has an LSN that the standby keeps.
page_within_standby == came_back[A] \/ pages_within

\* Every transaction that the old primary's disk calls committed has its commit record on the standby.
\*
\* One-sided: a status that is not on disk does no harm, nor does one that says aborted, unless the
\* transaction is prepared on the standby and not rolled back there.
commit_status_within_standby == came_back[A] \/ commit_status_within

\* The checkpoint and the minimum recovery point in the old primary's control file are on the standby.
control_within_standby == came_back[A] \/ control_within

\* Every file truncated, removed or replaced on the old primary's disk has the record of that on the
\* standby.
removal_within_standby == came_back[A] \/ removal_within

\* Every tuple marked committed on the old primary's disk has its transaction's commit record on the
\* standby.
\*
\* One marked aborted does no harm, unless its transaction is prepared on the standby and not rolled back
\* there.
hint_within_standby == came_back[A] \/ hint_within

\* The positions that release the old primary's waits are kept by the standby.
ack_is_true ==
    \/ came_back[A]
    \/ /\ within_horizon(acknowledged[A].write)
       /\ within_horizon(acknowledged[A].flush)
       /\ within_horizon(acknowledged[A].apply)

\* The fork is not before a flush position that the old primary was told of, counted in whole records.
\*
\* Or, with split_records=bytes, as it was reported.
fork_covers_acks ==
    \/ came_back[A]
    \/ latest = 0
    \/ acknowledged[A].flush < fork[1]
    \/ /\ acknowledged[A].flush = fork[1]
       /\ ~(split_records = "BYTES" /\ acknowledged_part[A])

\* The old primary's own WAL does not reach past the fork.
no_wal_tail == came_back[A] \/ timeline[A] # 0 \/ latest = 0 \/ flushed[A] <= fork[1]

\* A commit that a client was told of is in the history of the newest timeline.
acknowledged_commit_survives ==
    \A t \in timelines, position \in positions : ~told[t, position] \/ in_history(latest, t, position)

\* A node that came back and streams has exactly what the new timeline's history up to its replay position
\* gives.
\*
\* Its pages, its commit log, its relation map, and the prepared transactions that it would take over if it
\* were promoted.
no_silent_divergence ==
    \A n \in Node :
        \/ outcome[n] # "STREAMING"
        \/ /\ \A p \in Page : page_as_in_history(n, p)
           /\ map_as_in_history(n)
           /\ \A x \in Transaction : status[n, x] = committed(timeline[n], replayed[n], x)
           /\ \A x \in Transaction :
                  (two_phase[n, x] /\ ~aborted[n, x]) <=> prepared(timeline[n], replayed[n], x)

\* An old primary's return never ends in anything but streaming from the new primary.
failback_succeeds == \A n \in Node : outcome[n] = "NONE" \/ outcome[n] = "STREAMING"

\* P, with something durable ahead of the fork when it came back, does not get as far as streaming.
divergence_is_detected == \A n \in Node : outcome[n] # "STREAMING" \/ ~came_back_ahead[n]

\* An old primary comes back and streams the new timeline.
failback_happens == \E n \in Node : outcome[n] = "STREAMING"
never_failback_happens == ~failback_happens

\* With tail=cut: an old primary whose WAL reached past the fork comes back and streams.
failback_after_cut_happens ==
    \/ tail # "CUT"
    \/ \E n \in Node : outcome[n] = "STREAMING" /\ tail_cut[n]
never_failback_after_cut_happens == ~failback_after_cut_happens

\* With tail=cut and two transactions: of two commits the fork keeps one, the cut removes one, and P
\* streams.
failback_with_commits_on_both_sides_happens ==
    \/ tail # "CUT"
    \/ transactions < 2
    \/ /\ outcome[A] = "STREAMING"
       /\ tail_cut[A]
       /\ \E x \in Transaction, position \in positions : is_commit(0, position, x) /\ position <= fork[1]
       /\ \E x \in Transaction, position \in positions : is_commit(0, position, x) /\ position > fork[1]
never_failback_with_commits_on_both_sides_happens == ~failback_with_commits_on_both_sides_happens

\* No checkpoint of a primary is unfinished for ever.
checkpoint_completes == \A n \in Node : ~(running(n) /\ checkpoint_at_work(n)) \/ out_of_question(n)

\* No base backup from an open primary waits for ever for its checkpoint.
\*
\* It asks for a checkpoint of its own and waits for that one to end (do_pg_start_backup, RequestCheckpoint
\* with CHECKPOINT_WAIT); of what comes after, copying files and a record at the end, nothing waits for a
\* standby. So a base backup needs no variable: it ends where the checkpoint ends that it began with. A
\* checkpoint of a shutdown is nobody's base backup. The first one is that with standby_away=true, for it is
\* what a standby is made from.
base_backup_completes ==
    \A n \in Node : ~(role[n] = "PRIMARY" /\ checkpoint_at_work(n)) \/ out_of_question(n)

\* No fast shutdown is unfinished for ever, of a primary whose standby was not promoted away from it.
shutdown_completes ==
    \/ ~may_shut_down_fast
    \/ \A n \in Node : role[n] # "STOPPING" \/ timeline[n] # latest

\* No promotion is unfinished for ever.
promotion_completes == \A n \in Node : role[n] # "PROMOTING" /\ role[n] # "FORKED"

\* No crashed primary that was started again alone is in recovery for ever.
crash_restart_completes ==
    \/ ~(crash_restart \/ promotion_crash)
    \/ \A n \in Node : role[n] # "RESTARTING"

\* No set of actors waits for each other for ever.
no_wait_cycle == \A n \in Node : ~waits_for_itself(n)

---- \* Behaviours

Init == base_backup

\* An old primary's return has ended after the scope's last promotion, or the scope has none, or nobody is
\* up.
\*
\* Nobody, that is, who may be promoted. And wherever nobody relies on the mode yet, which may stay so.
settled ==
    \/ /\ latest = promotions
       /\ (promotions = 0 \/ (\E n \in Node : outcome[n] # "NONE"))
    \/ \A n \in Node : role[n] = "DOWN" \/ ~may_be_promoted(n)
    \/ ~relied_on_2

\* A behaviour may stop here: no deadlock.
Terminating == settled /\ UNCHANGED vars

Next ==
    \/ \E n \in Node : flush_wal(n)
    \/ \E n \in Node : flush_acknowledged_wal(n)
    \/ \E n \in Node, x \in Transaction, t \in Timeline, at \in Position : prepare_transaction(n, x, t, at)
    \/ \E n \in Node, x \in Transaction, t \in Timeline, at \in Position : rollback_prepared(n, x, t, at)
    \/ \E n \in Node, x \in Transaction : set_abort_status(n, x)
    \/ \E n \in Node, x \in Transaction : answer_rollback(n, x)
    \/ \E n \in Node, x \in Transaction : remove_state_file(n, x)
    \/ \E n \in Node, p \in Page, x \in Transaction, t \in Timeline, at \in Position :
           update_page(n, p, x, t, at)
    \/ \E n \in Node, x \in Transaction, t \in Timeline, at \in Position : insert_commit(n, x, t, at)
    \/ \E n \in Node, x \in Transaction : set_commit_status(n, x)
    \/ \E n \in Node, x \in Transaction, t \in Timeline, at \in Position : answer_commit(n, x, t, at)
    \/ \E n \in Node, x \in Transaction : cancel_commit_wait(n, x)
    \/ \E n \in Node, p \in Page, x \in Transaction : set_hint(n, p, x)
    \/ \E n \in Node, p \in Page, x \in Transaction, t \in Timeline, at \in Position :
           set_logged_hint(n, p, x, t, at)
    \/ \E n \in Node, p \in Page : start_page_write(n, p)
    \/ \E n \in Node, p \in Page : write_page(n, p)
    \/ \E n \in Node : start_commit_log_write(n)
    \/ \E n \in Node : write_commit_log(n)
    \/ \E n \in Node, p \in Page, t \in Timeline, at \in Position : insert_truncate(n, p, t, at)
    \/ \E n \in Node, p \in Page, x \in Transaction, t \in Timeline, at \in Position :
           insert_drop_table(n, p, x, t, at)
    \/ \E n \in Node, p \in Page : truncate_file(n, p)
    \/ \E n \in Node, p \in Page : remove_database(n, p)
    \/ \E n \in Node, p \in Page, t \in Timeline, at \in Position : insert_drop_database(n, p, t, at)
    \/ \E n \in Node, t \in Timeline, at \in Position : insert_map_update(n, t, at)
    \/ \E n \in Node : write_map_file(n)
    \/ \E n \in Node : start_checkpoint(n)
    \/ \E n \in Node : checkpoint_commit_log(n)
    \/ \E n \in Node : sync_files(n)
    \/ \E n \in Node, t \in Timeline, at \in Position : insert_checkpoint(n, t, at)
    \/ \E n \in Node : update_control_file(n)
    \/ \E n, upstream \in Node : receive(n, upstream)
    \/ \E n \in Node : fsync_wal(n)
    \/ \E n, upstream \in Node : reply(n, upstream)
    \/ \E n, upstream \in Node : reply_past_fork(n, upstream)
    \/ \E n \in Node : flush_part(n)
    \/ \E n, upstream \in Node : receive_part(n, upstream)
    \/ \E n, upstream \in Node : reply_part(n, upstream)
    \/ \E n \in Node : switch_on(n)
    \/ \E n \in Node : rely_on_mode(n)
    \/ \E n \in Node, t \in Timeline, at \in Position : replay(n, t, at)
    \/ \E n \in Node, t \in Timeline, at \in Position, redo_2 \in Lsn : take_restartpoint(n, t, at, redo_2)
    \/ \E n \in Node, t \in Timeline : crash(n, t)
    \/ \E n \in Node, t \in Timeline : crash_system(n, t)
    \/ \E n \in Node, p \in Page : lose_page_write(n, p)
    \/ \E n \in Node : lose_commit_log_write(n)
    \/ \E n \in Node : restart_alone(n)
    \/ \E n \in Node, t \in Timeline : open_after_restart(n, t)
    \/ \E n \in Node : crash_standby(n)
    \/ \E n \in Node : request_shutdown(n)
    \/ \E n \in Node : shut_down(n)
    \/ \E n \in Node : promote(n)
    \/ \E n \in Node, old, t \in Timeline : begin_timeline(n, old, t)
    \/ \E n \in Node, t, old \in Timeline, end \in Lsn : crash_promoted(n, t, old, end)
    \/ \E n \in Node, t \in Timeline, at \in Position : insert_end_of_recovery(n, t, at)
    \/ \E n \in Node, t \in Timeline : open_for_writes(n, t)
    \/ \E n, upstream \in Node : cut_tail(n, upstream)
    \/ \E n, upstream \in Node : cut_tail_late(n, upstream)
    \/ \E n, upstream \in Node : copy_wal(n, upstream)
    \/ \E n, upstream \in Node : delete_wal(n, upstream)
    \/ \E n, upstream \in Node : start_as_standby(n, upstream)
    \/ \E n, upstream \in Node : connect(n, upstream)
    \/ \E n, source \in Node : refuse_to_rewind(n, source)
    \/ \E n, source \in Node : find_nothing_to_rewind(n, source)
    \/ \E n, source \in Node, t \in Timeline, at, redo_2 \in Lsn : rewind(n, source, t, at, redo_2)
    \/ Terminating

Spec == Init /\ [][Next]_vars

\* Each choice of an action's parameters is fair by itself.
Fairness ==
    /\ \A n \in Node : WF_vars(flush_wal(n))
    /\ \A n \in Node : WF_vars(flush_acknowledged_wal(n))
    /\ \A n \in Node, x \in Transaction : WF_vars(set_abort_status(n, x))
    /\ \A n \in Node, x \in Transaction : WF_vars(answer_rollback(n, x))
    /\ \A n \in Node, x \in Transaction : WF_vars(remove_state_file(n, x))
    /\ \A n \in Node, x \in Transaction : WF_vars(set_commit_status(n, x))
    /\ \A n \in Node, x \in Transaction, t \in Timeline, at \in Position :
           WF_vars(answer_commit(n, x, t, at))
    /\ \A n \in Node, p \in Page : WF_vars(start_page_write(n, p))
    /\ \A n \in Node, p \in Page : WF_vars(write_page(n, p))
    /\ \A n \in Node : WF_vars(start_commit_log_write(n))
    /\ \A n \in Node : WF_vars(write_commit_log(n))
    /\ \A n \in Node, p \in Page : WF_vars(truncate_file(n, p))
    /\ \A n \in Node, p \in Page, t \in Timeline, at \in Position :
           WF_vars(insert_drop_database(n, p, t, at))
    /\ \A n \in Node : WF_vars(write_map_file(n))
    /\ \A n \in Node : WF_vars(start_checkpoint(n))
    /\ \A n \in Node : WF_vars(checkpoint_commit_log(n))
    /\ \A n \in Node : WF_vars(sync_files(n))
    /\ \A n \in Node, t \in Timeline, at \in Position : WF_vars(insert_checkpoint(n, t, at))
    /\ \A n \in Node : WF_vars(update_control_file(n))
    /\ \A n, upstream \in Node : WF_vars(receive(n, upstream))
    /\ \A n \in Node : WF_vars(fsync_wal(n))
    /\ \A n, upstream \in Node : WF_vars(reply(n, upstream))
    /\ \A n, upstream \in Node : WF_vars(reply_past_fork(n, upstream))
    /\ \A n \in Node : WF_vars(flush_part(n))
    /\ \A n, upstream \in Node : WF_vars(receive_part(n, upstream))
    /\ \A n, upstream \in Node : WF_vars(reply_part(n, upstream))
    /\ \A n \in Node, t \in Timeline, at \in Position : WF_vars(replay(n, t, at))
    /\ \A n \in Node, t \in Timeline, at \in Position, redo_2 \in Lsn :
           WF_vars(take_restartpoint(n, t, at, redo_2))
    /\ \A n \in Node, t \in Timeline : WF_vars(open_after_restart(n, t))
    /\ \A n \in Node : WF_vars(shut_down(n))
    /\ \A n \in Node, old, t \in Timeline : WF_vars(begin_timeline(n, old, t))
    /\ \A n \in Node, t \in Timeline, at \in Position : WF_vars(insert_end_of_recovery(n, t, at))
    /\ \A n \in Node, t \in Timeline : WF_vars(open_for_writes(n, t))
    /\ \A n, upstream \in Node : WF_vars(connect(n, upstream))

\* Faults and operators: taken only finitely often.
Outside ==
    \/ \E n \in Node, x \in Transaction : cancel_commit_wait(n, x)
    \/ \E n \in Node : switch_on(n)
    \/ \E n \in Node : rely_on_mode(n)
    \/ \E n \in Node, t \in Timeline : crash(n, t)
    \/ \E n \in Node, t \in Timeline : crash_system(n, t)
    \/ \E n \in Node, p \in Page : lose_page_write(n, p)
    \/ \E n \in Node : lose_commit_log_write(n)
    \/ \E n \in Node : restart_alone(n)
    \/ \E n \in Node : crash_standby(n)
    \/ \E n \in Node : request_shutdown(n)
    \/ \E n \in Node : promote(n)
    \/ \E n \in Node, t, old \in Timeline, end \in Lsn : crash_promoted(n, t, old, end)
    \/ \E n, upstream \in Node : cut_tail(n, upstream)
    \/ \E n, upstream \in Node : cut_tail_late(n, upstream)
    \/ \E n, upstream \in Node : copy_wal(n, upstream)
    \/ \E n, upstream \in Node : delete_wal(n, upstream)
    \/ \E n, upstream \in Node : start_as_standby(n, upstream)
    \/ \E n, source \in Node : refuse_to_rewind(n, source)
    \/ \E n, source \in Node : find_nothing_to_rewind(n, source)
    \/ \E n, source \in Node, t \in Timeline, at, redo_2 \in Lsn : rewind(n, source, t, at, redo_2)

always_checkpoint_completes == (Fairness /\ <>[][~Outside]_vars) => []<>checkpoint_completes

always_base_backup_completes == (Fairness /\ <>[][~Outside]_vars) => []<>base_backup_completes

always_shutdown_completes == (Fairness /\ <>[][~Outside]_vars) => []<>shutdown_completes

always_promotion_completes == (Fairness /\ <>[][~Outside]_vars) => []<>promotion_completes

always_crash_restart_completes == (Fairness /\ <>[][~Outside]_vars) => []<>crash_restart_completes

always_no_wait_cycle == (Fairness /\ <>[][~Outside]_vars) => []<>no_wait_cycle

====
