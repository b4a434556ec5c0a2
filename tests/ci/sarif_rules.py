"""What SARIF 2.1.0 requires of the parts that are written here.

A reduced validation, by hand: the published schema is in no package that could be installed for tests.  Field names,
required fields and value sets are those of the standard (OASIS, SARIF 2.1.0, section 3).
"""

from __future__ import annotations

from typing import Any

Fields = dict[str, Any]

MESSAGE: Fields = {"text": str}
REGION: Fields = {"startLine": int}
PLACE: Fields = {"artifactLocation": {"uri": str}, "region": REGION}
LOCATION: Fields = {"physicalLocation": PLACE, "message?": MESSAGE}
STEP: Fields = {"executionOrder": int, "location": LOCATION}
FLOW: Fields = {"message?": MESSAGE, "threadFlows": [{"locations": [STEP]}]}
RESULT: Fields = {
    "ruleId": str,
    "ruleIndex": int,
    "level": ("none", "note", "warning", "error"),
    "message": MESSAGE,
    "locations": [LOCATION],
    "partialFingerprints": dict,
    "codeFlows?": [FLOW],
}
DRIVER: Fields = {"name": str, "version?": str, "rules?": [{"id": str, "shortDescription?": MESSAGE}]}
INVOCATION: Fields = {"executionSuccessful": bool, "exitCode?": int}
RUN: Fields = {
    "tool": {"driver": DRIVER},
    "invocations?": [INVOCATION],
    "columnKind?": ("utf16CodeUnits", "unicodeCodePoints"),
    "results": [RESULT],
}
LOG: Fields = {"$schema?": str, "version": ("2.1.0",), "runs": [RUN]}


def check(value: Any, wanted: Any = LOG, where: str = "log") -> None:
    """Fails where a required field is missing, one is unknown, or a value is none of those it may be."""
    if isinstance(wanted, tuple):
        assert value in wanted, where
    elif isinstance(wanted, type):
        assert type(value) is wanted, where
        assert not isinstance(value, int) or value >= 0, where
    elif isinstance(wanted, list):
        assert isinstance(value, list), where
        for number, item in enumerate(value):
            check(item, wanted[0], f"{where}[{number}]")
    else:
        names = {name.rstrip("?") for name in wanted}
        assert isinstance(value, dict), where
        assert value.keys() <= names, f"{where}: {value.keys() - names}"
        for name, inner in wanted.items():
            if name.rstrip("?") in value:
                check(value[name.rstrip("?")], inner, f"{where}.{name}")
            else:
                assert name.endswith("?"), f"{where} has no {name}"
