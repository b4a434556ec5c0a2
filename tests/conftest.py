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


_scenarios_run: set[str] = set()


def pytest_runtest_logreport(report):
    if report.when == "call" and report.passed and _SCENARIO in report.nodeid:
        _scenarios_run.add(report.nodeid)


_SCENARIO = "tests/postgres/test_scenarios.py::test_servers_do_what_was_predicted["


def pytest_sessionfinish(session):
    """Where servers are required, as many scenarios have run as there are: none was lost on the way to a test."""
    config = session.config
    chosen = config.option.keyword or config.option.markexpr or config.args != config.getini("testpaths")
    if os.environ.get(REQUIRED["tests/postgres/"]) != "1" or chosen or hasattr(config, "workerinput"):
        return
    from checker.postgres.scenarios import SCENARIOS

    if len(_scenarios_run) != len(SCENARIOS):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        print(f"\n{len(_scenarios_run)} of {len(SCENARIOS)} scenarios on real servers ran and passed")


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
