"""Random behaviours of the model on real servers: the same for a seed, behaviours all, and servers show them."""

import itertools
import json
import time
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from checker.cli import main
from checker.postgres.arranged import Arranged
from checker.postgres.conformance import Attempt, conform, disagreements, done
from checker.postgres.replaying import Replayed
from checker.postgres.walks import SETTINGS, some_walks, walks
from checker.report.conform import page
from checker.traces.replay import replay
from model.settings import Settings, Tail

SECONDS = 25
"""For each of the two seeds; what is left of the walks is left."""


def labels(walk):
    return [action.label for action in walk.trace.actions]


def test_walks_of_a_seed_are_the_same_and_behaviours_of_the_model():
    first, second = (list(some_walks("here-1")) for _ in range(2))
    assert [labels(walk) for walk in first] == [labels(walk) for walk in second]
    assert first
    for walk in first:
        replay(walk.trace)
        assert any(action.name == "start_as_standby" for action in walk.trace.actions)
    (other,) = itertools.islice(walks("there"), 1)
    assert labels(other) not in [labels(walk) for walk in first]


def test_who_has_asked_a_newer_timeline_is_not_sent_an_older_one():
    """A walreceiver fetches the history files first (WalRcvFetchTimeLineHistoryFiles), and here it is sent all then."""
    state = SimpleNamespace(timeline={0: 0, 1: 1, 2: 2}, number={0: 1, 1: 2, 2: 3}, seen={0: 1, 1: 2, 2: 3})
    rules = Arranged(Settings(tail=Tail.CUT))
    assert rules._upstreams(state, "receive", {"n": 0, "upstream": 1})
    state.seen[0] = 3
    assert not rules._upstreams(state, "receive", {"n": 0, "upstream": 1})
    assert rules._upstreams(state, "receive", {"n": 0, "upstream": 2})
    assert not rules._upstreams(state, "receive", {"n": 1, "upstream": 0})


def test_a_table_is_not_dropped_while_its_page_is_written():
    """Seen on 15.20: the backend waits for that buffer, and never comes to the file."""
    rules = Arranged(Settings())
    state = SimpleNamespace(flushed={0: 1}, wal_end={0: 1}, writer={0: SimpleNamespace(busy=True)})
    assert not rules._faults(state, "insert_drop_table", {"n": 0})
    state.writer[0].busy = False
    assert rules._faults(state, "insert_drop_table", {"n": 0})


def test_every_setting_that_walks_choose_is_one_of_the_models():
    for name, values in SETTINGS.items():
        kind = type(getattr(Settings(), name))
        known = {"true", "false"} if kind is bool else {value.value for value in kind}
        assert set(values) <= known


@pytest.mark.parametrize("seed", ["1", f"t{time.time_ns()}"], ids=["fixed", "fresh"])
def test_servers_do_what_random_behaviours_say(programs, seed):
    attempts = conform(6, seed, [programs], minutes=SECONDS / 60)
    assert list(done(attempts))
    assert not disagreements(attempts), [
        (one.walk.seed, one.problem, one.replayed and (one.replayed.predicted, one.replayed.shown, one.replayed.steps))
        for one in disagreements(attempts)
    ]


def test_a_run_that_differs_is_told(programs):
    (walk,) = itertools.islice(walks("here", {"tail": "cut"}), 1)
    wrong = Replayed(walk.trace, 15, predicted="identical; x", shown="silent_divergence; x")
    right = Replayed(walk.trace, 15, predicted="identical; x", shown="identical; x")
    attempts = [Attempt(walk, 15, wrong), Attempt(walk, 15, right), Attempt(walk, 15, None, "no", unmapped=True)]
    assert [one.word for one in attempts] == ["differs", "agrees", "cannot be done"]
    assert disagreements(attempts) == attempts[:1]


def test_the_command_prints_runs_that_another_can_add(programs, tmp_path):
    printed = CliRunner().invoke(main, ["conform", "--runs", "1", "--seed", "7", "--set", "tail=delete", "--json"])
    assert printed.exit_code == 0, printed.output
    (tmp_path / "runs.json").write_text(printed.stdout)
    arguments = ["conform", "--runs", "0", "--add", str(tmp_path / "runs.json"), "--report", str(tmp_path)]
    assert CliRunner().invoke(main, arguments).exit_code == 0
    runs = json.loads(printed.stdout)["runs"]
    assert (tmp_path / "conformance.md").read_text() == page(runs)
    assert {run["settings"]["tail"] for run in runs} == {"delete"}
    (tmp_path / "runs.json").write_text("[]")
    refused = CliRunner().invoke(main, arguments)
    assert refused.exit_code == 2
    assert "conform --json" in refused.output


def test_a_promotion_runs_to_its_end():
    """On servers it is one step; this seed's first walk once ended within its second promotion (e15-7-0)."""
    for walk in some_walks("e15-7"):
        names = [action.name for action in walk.trace.actions]
        assert names.count("promote") == names.count("open_for_writes")
        promotion = names[names.index("promote") + 1 : names.index("open_for_writes")]
        assert set(promotion) <= {"replay", "begin_timeline", "insert_end_of_recovery", "flush_wal"}
