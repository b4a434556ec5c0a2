"""An exploration as JSON: the same on standard output and in the folder of results."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from checker.report import reduction_text
from checker.run import Run
from checker.traces.trace import Trace
from checker.verdict import Verdict


def explored(run: Run, traces: Mapping[str, str]) -> str:
    """The whole run; `traces` are the paths of the traces that were written, by the name of what they show."""
    return json.dumps(_document(run, traces), indent=2, ensure_ascii=False)


def _document(run: Run, traces: Mapping[str, str]) -> dict[str, Any]:
    found, chosen = run.exploration, run.configuration
    return {
        "model": run.request.model,
        "settings": chosen.setting_values(),
        "scope": {"name": chosen.scope, "bounds": chosen.bound_values()},
        "outcome": run.word,
        "exit": run.code,
        "verdicts": [
            {
                "property": verdict.property,
                "verdict": verdict.word,
                "depth": verdict.depth,
                "trace": traces.get(verdict.property),
                "steps": labels(verdict.trace),
                "constant": verdict.constant,
                "evidence": verdict.evidence,
                **_liveness(verdict),
            }
            for verdict in run.verdicts
        ],
        "deadlocks": {
            "count": found.deadlocks.count,
            "trace": traces.get("deadlock"),
            "steps": labels(found.deadlocks.trace),
        },
        "error": None if found.error is None else str(found.error),
        "states": found.states,
        "transitions": found.transitions,
        "depth": found.depth,
        "levels": list(found.levels),
        "reduction": reduction_text.document(found),
        "fired": found.fired,
        "idle": list(found.idle),
        "off": list(found.off),
        "stopped": found.stopped,
        "shortcomings": run.shortcomings,
        "memory": run.memory,
        "disk": found.disk,
        "note": found.note,
        "seconds": round(found.seconds, 3),
        "command": run.command,
    }


def _liveness(verdict: Verdict) -> dict[str, Any]:
    """What only a liveness property has: the steps that go on for ever are those from `loop` on."""
    if verdict.possible is None:
        return {}
    return {
        "possible": verdict.possible,
        "loop": None if verdict.trace is None else verdict.trace.loop,
        "no_way": labels(verdict.no_way),
    }


def labels(trace: Trace | None) -> list[str] | None:
    """The actions of a trace as it shows them."""
    return None if trace is None else [action.label for action in trace.actions]
