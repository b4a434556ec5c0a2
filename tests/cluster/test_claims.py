"""`gate --cluster`: the same outcomes in the same order, proofs with them, and what a worker cannot do."""

from __future__ import annotations

import json

from tests.gate.test_gate import BREAKS, HOLDS, claims, folder, gate

__all__ = ["claims", "folder"]

PROVED = HOLDS.replace('never_over = "exhausted"', 'never_over = { verdict = "exhausted", proved = true }')
WRONG = HOLDS.replace("states = 4", "states = 5")


VARIES = {"seconds", "command"}


def told(done):
    """All that a gate says but for how long it took, and the memory in its commands."""
    document = json.loads(done.stdout)
    timeless = [{name: value for name, value in claim.items() if name not in VARIES} for claim in document["claims"]]
    return {**document, "claims": timeless, "seconds": 0}


def test_claims_come_out_as_on_one_machine(claims):
    at = claims(breaks=BREAKS, holds=HOLDS, proved=PROVED, wrong=WRONG, broken="title = 1")
    here, there = gate(at, "--fresh", "--json"), gate(at, "--fresh", "--json", "--cluster", "auto", "--workers", "2")
    assert (here.returncode, there.returncode) == (150, 150)
    assert told(here) == told(there)
    assert "starting Ray" in there.stderr and "Traceback" not in there.stderr


def test_a_cluster_that_is_not_there(claims):
    done = gate(claims(holds=HOLDS), "--fresh", "--cluster", "127.0.0.1:1")
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no Ray cluster at 127.0.0.1:1" in done.stderr
