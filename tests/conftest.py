"""A test that does not run proves nothing: a skip, wherever it comes from, is a failure here.

But for one: what needs a program of the system (PostgreSQL, another model checker, a browser) is skipped on a machine
without it, and the reason names the Debian package; unless the variable below is 1, as `.ci/run` sets each of them.
"""

from __future__ import annotations

import os

import pytest

REQUIRED = {
    "tests/postgres/": "CHECKER_REQUIRE_POSTGRES",
    "tests/operator/": "CHECKER_REQUIRE_POSTGRES",
    "tests/peers/": "CHECKER_REQUIRE_PEERS",
    "tests/serve/": "CHECKER_REQUIRE_BROWSER",
}


@pytest.fixture(autouse=True, scope="session")
def kept_apart(tmp_path_factory):
    """Verdicts that tests keep are no user's, and none of a user's are believed here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHECKER_CACHE", str(tmp_path_factory.mktemp("kept")))
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    return _failed(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    report = yield
    return _failed(report)


def _failed(report):
    if report.outcome == "skipped":
        reason = report.longrepr[-1] if isinstance(report.longrepr, tuple) else report.longrepr
        demanded = [os.environ.get(name) == "1" for folder, name in REQUIRED.items() if folder in report.nodeid]
        if demanded == [False] and "Debian package" in str(reason):
            return report
        report.outcome = "failed"
        report.longrepr = f"a skipped or expected failure counts as a failure: {reason}"
    return report
