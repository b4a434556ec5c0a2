"""Claims that came out otherwise as SARIF 2.1.0, the format in which code hosts take findings.

A result stands at the line of the claim; its code flow walks the actions of the counterexample, each at its source.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import quote

from checker import __version__
from checker.evidence import Evidence
from checker.gate import Outcome
from checker.spec import line_of

Json: TypeAlias = dict[str, Any]

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

RULES = {
    "space": "The state space is as claimed: its numbers, its deadlocks, the actions that never fire.",
    "broken": "A claim and its model can be read and run.",
    "incomplete": "A claim is decided within its limits.",
}
"""Of results that are about no property."""


def sarif(outcomes: Sequence[Outcome], code: int) -> Json:
    """A log of one run of the gate, which ended with this exit code."""
    results = [result for outcome in outcomes for result in _results(outcome)]
    names = list(dict.fromkeys(result["ruleId"] for result in results))
    for result in results:
        result["ruleIndex"] = names.index(result["ruleId"])
    driver = {"name": "failback-checker", "version": __version__, "rules": [_rule(name) for name in names]}
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "invocations": [{"executionSuccessful": code in (0, 1), "exitCode": code}],
                "columnKind": "unicodeCodePoints",
                "results": results,
            }
        ],
    }


def _rule(name: str) -> Json:
    return {"id": name, "shortDescription": {"text": RULES.get(name, f"The claims about {name} come out as they say.")}}


def _results(outcome: Outcome) -> Iterator[Json]:
    shown = {one.name: one for one in outcome.evidence}
    for difference in outcome.differences:
        about = difference.about or difference.what.removesuffix("s")
        yield _result(outcome, difference.about or "space", "error", str(difference), shown.get(about))
    if outcome.word == "broken":
        yield _result(outcome, "broken", "error", outcome.message, shown.get("error"))
    elif outcome.word in ("incomplete", "interrupted"):
        yield _result(outcome, "incomplete", "warning", f"{outcome.word}: {outcome.message}", None)


def _result(outcome: Outcome, rule: str, level: str, text: str, shown: Evidence | None) -> Json:
    told = [f"{outcome.name}: {text}"]
    told += [f"{shown.headline}. {shown.sentence}"] if shown is not None else []
    told += [f"See it: {outcome.command}"] if outcome.command else []
    mark = hashlib.sha256(f"{outcome.name}\n{rule}\n{text.partition(':')[0]}".encode()).hexdigest()
    return {
        "ruleId": rule,
        "level": level,
        "message": {"text": "\n".join(told)},
        "locations": [{"physicalLocation": _place(outcome.path, spec_line(outcome.path, rule))}],
        "partialFingerprints": {"claim/v1": mark},
        **({"codeFlows": [_flow(shown)]} if shown is not None and shown.steps else {}),
    }


def _flow(shown: Evidence) -> Json:
    steps: Iterable[Json] = (
        {
            "executionOrder": number,
            "location": {
                "physicalLocation": _place(step.file, step.line),
                "message": {"text": "\n".join([f"{number} {step.label}: {step.sentence}", *step.changes])},
            },
        }
        for number, step in enumerate(shown.steps, 1)
    )
    return {"message": {"text": shown.headline}, "threadFlows": [{"locations": list(steps)}]}


def _place(file: str, line: int) -> Json:
    return {"artifactLocation": {"uri": _uri(file)}, "region": {"startLine": line}}


def _uri(file: str) -> str:
    """Relative to the repository where the file is in it, as code hosts want it, else absolute."""
    path = Path(file).absolute()
    root = repository()
    return quote(path.relative_to(root).as_posix()) if path.is_relative_to(root) else path.as_uri()


def repository() -> Path:
    """The folder that reports name files from: what GitHub checked out, if this is run in it, else the current one."""
    here, checkout = Path.cwd(), os.environ.get("GITHUB_WORKSPACE")
    return Path(checkout) if checkout and here.is_relative_to(checkout) else here


def spec_line(path: str, name: str) -> int:
    """The line of a spec that says something of a property; the first where the spec cannot be read."""
    try:
        return line_of(Path(path), name)
    except (OSError, UnicodeDecodeError):
        return 1
