-- two_phase_commit, for Rumur.  checker export murphi --model tests/models/two_phase_commit.py
-- rumur --deadlock-detection stuck --value-type auto --output model.c FILE
-- gcc -std=c11 -O3 -mcx16 -o model model.c -lpthread

var
  local_r1 : 0..3;  -- 0 WORKING, 1 PREPARED, 2 COMMITTED, 3 ABORTED
  local_r2 : 0..3;  -- 0 WORKING, 1 PREPARED, 2 COMMITTED, 3 ABORTED
  local_r3 : 0..3;  -- 0 WORKING, 1 PREPARED, 2 COMMITTED, 3 ABORTED
  decision : 0..2;  -- 0 OPEN, 1 COMMITTED, 2 ABORTED
  heard_r1 : boolean;
  heard_r2 : boolean;
  heard_r3 : boolean;
  sent_prepared_r1 : boolean;
  sent_prepared_r2 : boolean;
  sent_prepared_r3 : boolean;
  sent_commit : boolean;
  sent_abort : boolean;

startstate "initial 1" begin
  local_r1 := 0;
  local_r2 := 0;
  local_r3 := 0;
  decision := 0;
  heard_r1 := false;
  heard_r2 := false;
  heard_r3 := false;
  sent_prepared_r1 := false;
  sent_prepared_r2 := false;
  sent_prepared_r3 := false;
  sent_commit := false;
  sent_abort := false;
end;

rule "hear_prepared(r1)"
  ((decision = 0) & sent_prepared_r1)
==>
begin
  heard_r1 := true;
end;

rule "hear_prepared(r2)"
  ((decision = 0) & sent_prepared_r2)
==>
begin
  heard_r2 := true;
end;

rule "hear_prepared(r3)"
  ((decision = 0) & sent_prepared_r3)
==>
begin
  heard_r3 := true;
end;

rule "decide_commit"
  ((decision = 0) & heard_r1 & heard_r2 & heard_r3)
==>
begin
  decision := 1;
  sent_commit := true;
end;

rule "decide_abort"
  (decision = 0)
==>
begin
  decision := 2;
  sent_abort := true;
end;

rule "prepare(r1)"
  (local_r1 = 0)
==>
begin
  local_r1 := 1;
  sent_prepared_r1 := true;
end;

rule "prepare(r2)"
  (local_r2 = 0)
==>
begin
  local_r2 := 1;
  sent_prepared_r2 := true;
end;

rule "prepare(r3)"
  (local_r3 = 0)
==>
begin
  local_r3 := 1;
  sent_prepared_r3 := true;
end;

rule "choose_abort(r1)"
  (local_r1 = 0)
==>
begin
  local_r1 := 3;
end;

rule "choose_abort(r2)"
  (local_r2 = 0)
==>
begin
  local_r2 := 3;
end;

rule "choose_abort(r3)"
  (local_r3 = 0)
==>
begin
  local_r3 := 3;
end;

rule "follow_commit(r1)"
  sent_commit
==>
begin
  local_r1 := 2;
end;

rule "follow_commit(r2)"
  sent_commit
==>
begin
  local_r2 := 2;
end;

rule "follow_commit(r3)"
  sent_commit
==>
begin
  local_r3 := 2;
end;

rule "follow_abort(r1)"
  sent_abort
==>
begin
  local_r1 := 3;
end;

rule "follow_abort(r2)"
  sent_abort
==>
begin
  local_r2 := 3;
end;

rule "follow_abort(r3)"
  sent_abort
==>
begin
  local_r3 := 3;
end;

-- A behaviour may stop here: no deadlock.
rule "at an end" (((local_r1 = 2) | (local_r1 = 3)) & ((local_r2 = 2) | (local_r2 = 3)) & ((local_r3 = 2) | (local_r3 = 3))) ==> begin end;

invariant "managers_agree" (((local_r1 != 3) | (local_r1 != 2)) & ((local_r1 != 3) | (local_r2 != 2)) & ((local_r1 != 3) | (local_r3 != 2)) & ((local_r2 != 3) | (local_r1 != 2)) & ((local_r2 != 3) | (local_r2 != 2)) & ((local_r2 != 3) | (local_r3 != 2)) & ((local_r3 != 3) | (local_r1 != 2)) & ((local_r3 != 3) | (local_r2 != 2)) & ((local_r3 != 3) | (local_r3 != 2)));
invariant "all_commit" !((local_r1 = 2) & (local_r2 = 2) & (local_r3 = 2));
