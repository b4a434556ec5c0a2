/* two_phase_commit, for SPIN.  checker export promela --model tests/models/two_phase_commit.py
   spin -a FILE; gcc -O2 -DSAFETY -DBFS -o pan pan.c; ./pan
   An assertion that fails is a property violated, or an example of one to be reached; a step before it
   is the state that shows it.  A state that enables nothing is a deadlock. */

unsigned local_r1 : 2 = 0;  /* 0 WORKING, 1 PREPARED, 2 COMMITTED, 3 ABORTED */
unsigned local_r2 : 2 = 0;  /* 0 WORKING, 1 PREPARED, 2 COMMITTED, 3 ABORTED */
unsigned local_r3 : 2 = 0;  /* 0 WORKING, 1 PREPARED, 2 COMMITTED, 3 ABORTED */
unsigned decision : 2 = 0;  /* 0 OPEN, 1 COMMITTED, 2 ABORTED */
bit heard_r1 = 0;
bit heard_r2 = 0;
bit heard_r3 = 0;
bit sent_prepared_r1 = 0;
bit sent_prepared_r2 = 0;
bit sent_prepared_r3 = 0;
bit sent_commit = 0;
bit sent_abort = 0;

active proctype two_phase_commit() {
    do
    :: d_step { /* property managers_agree */ !(((local_r1 != 3) || (local_r1 != 2)) && ((local_r1 != 3) || (local_r2 != 2)) && ((local_r1 != 3) || (local_r3 != 2)) && ((local_r2 != 3) || (local_r1 != 2)) && ((local_r2 != 3) || (local_r2 != 2)) && ((local_r2 != 3) || (local_r3 != 2)) && ((local_r3 != 3) || (local_r1 != 2)) && ((local_r3 != 3) || (local_r2 != 2)) && ((local_r3 != 3) || (local_r3 != 2))) -> assert(false) }
    :: d_step { /* property all_commit */ ((local_r1 == 2) && (local_r2 == 2) && (local_r3 == 2)) -> assert(false) }
    :: d_step { /* hear_prepared(r1) */ ((decision == 0) && (sent_prepared_r1 != 0)) ->
        heard_r1 = 1;
    }
    :: d_step { /* hear_prepared(r2) */ ((decision == 0) && (sent_prepared_r2 != 0)) ->
        heard_r2 = 1;
    }
    :: d_step { /* hear_prepared(r3) */ ((decision == 0) && (sent_prepared_r3 != 0)) ->
        heard_r3 = 1;
    }
    :: d_step { /* decide_commit */ ((decision == 0) && (heard_r1 != 0) && (heard_r2 != 0) && (heard_r3 != 0)) ->
        decision = 1;
        sent_commit = 1;
    }
    :: d_step { /* decide_abort */ (decision == 0) ->
        decision = 2;
        sent_abort = 1;
    }
    :: d_step { /* prepare(r1) */ (local_r1 == 0) ->
        local_r1 = 1;
        sent_prepared_r1 = 1;
    }
    :: d_step { /* prepare(r2) */ (local_r2 == 0) ->
        local_r2 = 1;
        sent_prepared_r2 = 1;
    }
    :: d_step { /* prepare(r3) */ (local_r3 == 0) ->
        local_r3 = 1;
        sent_prepared_r3 = 1;
    }
    :: d_step { /* choose_abort(r1) */ (local_r1 == 0) ->
        local_r1 = 3;
    }
    :: d_step { /* choose_abort(r2) */ (local_r2 == 0) ->
        local_r2 = 3;
    }
    :: d_step { /* choose_abort(r3) */ (local_r3 == 0) ->
        local_r3 = 3;
    }
    :: d_step { /* follow_commit(r1) */ (sent_commit != 0) ->
        local_r1 = 2;
    }
    :: d_step { /* follow_commit(r2) */ (sent_commit != 0) ->
        local_r2 = 2;
    }
    :: d_step { /* follow_commit(r3) */ (sent_commit != 0) ->
        local_r3 = 2;
    }
    :: d_step { /* follow_abort(r1) */ (sent_abort != 0) ->
        local_r1 = 3;
    }
    :: d_step { /* follow_abort(r2) */ (sent_abort != 0) ->
        local_r2 = 3;
    }
    :: d_step { /* follow_abort(r3) */ (sent_abort != 0) ->
        local_r3 = 3;
    }
    :: d_step { /* at an end */ (((local_r1 == 2) || (local_r1 == 3)) && ((local_r2 == 2) || (local_r2 == 3)) && ((local_r3 == 2) || (local_r3 == 3))) -> skip }
    od
}
