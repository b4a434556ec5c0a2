"""The server: what it answers, what it refuses, and that it keeps nothing."""

from __future__ import annotations

import json
import socket
import time
from urllib.parse import quote

import pytest

from checker.report.serving import LOOPBACK, hosts
from tests.cli.models import checker
from tests.serve.serving import BARE, TANK, get, served, state


def test_a_state_is_its_address(tank):
    told = state(tank, "set.mode=open&path=fill;fill")
    assert (told["at"], told["changed"], told["scope"]) == (2, {"mode": "open"}, "small")
    assert told["state"] == [["level", "2"]]
    assert [step["label"] for step in told["steps"]] == ["fill", "fill"]
    assert told["steps"][1]["changes"] == [["level", "1 -> 2"]]
    assert told["picture"].count('class="label') == 3  # the initial state and two steps


def test_what_can_happen_and_what_each_step_changes(tank):
    (step,) = state(tank)["enabled"]
    assert (step["label"], step["changes"]) == ("fill", [["level", "0 -> 1"]])
    assert step["text"] == "The pump adds a litre while there is room."


def test_what_cannot_happen_says_guard_line_and_values(tank):
    (blocked,) = state(tank, "set.mode=open&path=fill")["disabled"]
    assert blocked["label"] == "spill"
    assert blocked["guard"] == "s.settings.mode == Mode.OPEN and s.level == s.bounds.size"
    assert blocked["facts"] == ["level is 1"]
    assert blocked["line"].startswith(f"{TANK}:")
    assert not blocked["off"]


def test_what_the_settings_rule_out_names_them(tank):
    (blocked,) = state(tank)["disabled"]
    assert (blocked["label"], blocked["off"], blocked["set"]) == ("spill", True, ["mode=closed"])


def test_properties_hold_or_say_why_not(tank):
    told = {p["name"]: p for p in state(tank, "set.mode=open&path=fill;fill;fill;spill")["properties"]}
    assert not told["never_over"]["holds"]
    assert told["never_over"]["facts"] == ["level is 4"]
    assert not told["fills_up"]["holds"]
    assert state(tank, "path=fill;fill;fill")["properties"][1]["facts"] == ["level is 3"]


def test_after_a_change_of_settings_it_says_from_which_step_the_trace_is_gone(tank):
    told = state(tank, "set.mode=closed&path=fill;fill;fill;spill")
    assert (len(told["steps"]), told["rest"]) == (3, ["spill"])
    assert (told["stop"]["step"], told["stop"]["label"], told["stop"]["set"]) == (3, "spill", ["mode=closed"])
    assert "never_over" not in json.dumps(told["stop"])


def test_a_step_that_does_not_exist_ends_the_path_there(tank):
    told = state(tank, "path=fill;drain")
    assert (len(told["steps"]), told["stop"]["label"]) == (1, "drain")
    assert "no such step" in told["stop"]["why"]


def test_two_behaviours_are_compared(tank):
    told = state(tank, f"path=fill;fill&other={quote('set.mode=open&path=fill')}")["other"]
    assert (told["common"], told["steps"], told["changed"]) == (1, ["fill"], {"mode": "open"})
    assert told["different"] == [["level", "2", "1"]]


def test_a_model_without_settings_or_bounds_is_served_too():
    with served(BARE) as url:
        assert state(url)["enabled"]
        assert get(url)[0] == 200


# --- searches


def search(url, query, goal):
    """The end of a search."""
    status, text = get(f"{url}/api/search", "POST", {"query": query, "goal": goal})
    assert status == 200, text
    number = json.loads(text)["search"]
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        told = json.loads(get(f"{url}/api/search/{number}")[1])
        if told["state"] != "running":
            return told
        time.sleep(0.05)
    raise AssertionError(f"it does not end: {told}")


@pytest.mark.parametrize(
    ("goal", "path"),
    [("never_over", ["fill", "fill", "spill"]), ("any", ["fill", "fill", "spill"]), ("spill", ["fill", "fill"])],
)
def test_the_nearest_state_that_shows_a_goal_from_here(tank, goal, path):
    told = search(tank, "set.mode=open&path=fill", goal)
    assert (told["state"], told["path"], told["steps"]) == ("found", path, len(path))


def test_an_example_of_what_is_reachable_from_here(tank):
    assert search(tank, "path=fill", "fills_up")["path"] == ["fill", "fill"]


def test_a_search_that_finds_nothing_says_how_much_it_saw(tank):
    told = search(tank, "path=fill", "never_over")
    assert told["state"] == "none"
    assert told["states"] == 3  # levels 1, 2 and 3


def test_a_search_for_what_is_no_goal_fails_with_the_names(tank):
    told = search(tank, "", "never_ovr")
    assert told["state"] == "failed"
    assert "never_over" in told["text"]


def test_a_search_is_cancelled_and_the_next_one_works(failback):
    query = "scope=large"
    number = json.loads(get(f"{failback}/api/search", "POST", {"query": query, "goal": "ack_is_true"})[1])["search"]
    told = json.loads(get(f"{failback}/api/search/{number}", "DELETE")[1])
    assert told["state"] == "stopped"
    assert search(failback, "scope=tiny", "no_wal_tail")["state"] == "found"
    assert get(f"{failback}/api/search/{number}")[0] == 400  # only the last one is kept


# --- refusals


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("set.mode=opn", "did you mean open"),
        ("set.mod=open", "did you mean mode"),
        ("scope=smal", "did you mean small"),
        ("bound.size=x", "whole number"),
        ("bound.size=-1", "whole number"),
        ("presett=leaky", "did you mean preset"),
        ("start=7", "initial state"),
        ("scope=small&scope=wide", "twice"),
        ("path=" + ";".join(["fill"] * 401), "401 steps"),
        ("other=set.mode%3Dopn", "did you mean open"),
        ("path=" + "%00%ff<script>", None),
    ],
)
def test_bad_input_gets_a_message_and_never_a_traceback(tank, query, said):
    status, text = get(f"{tank}/api/state?{query}")
    page_status, page = get(f"{tank}/?{query}")
    assert status == page_status == (200 if said is None else 400)
    assert "Traceback" not in text + page
    assert "<script>" not in page.replace('<script type="application', "")
    if said is not None:
        assert said in json.loads(text)["error"]
        assert "<title>That cannot be shown</title>" in page


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "[::2]:80", ""]
)
def test_a_request_for_another_host_is_refused(tank, host):
    status, text = get(f"{tank}/api/state", Host=host)
    assert status in (400, 421)
    assert "settings" not in text


@pytest.mark.parametrize("host", ["localhost:1", "LOCALHOST", "127.0.0.1", "[::1]:99"])
def test_this_machine_by_any_of_its_names(tank, host):
    assert get(f"{tank}/api/state", Host=host)[0] == 200


def test_a_search_cannot_be_begun_by_a_form_of_another_site(tank):
    status, _ = get(f"{tank}/api/search", "POST", {"query": "", "goal": "any"}, **{"Content-Type": "text/plain"})
    assert status == 415


@pytest.mark.parametrize("body", [[], {"query": ""}, "x"])
def test_a_search_that_asks_nothing_is_refused(tank, body):
    assert get(f"{tank}/api/search", "POST", body)[0] == 400


def test_too_long_a_request_is_refused(tank):
    assert get(f"{tank}/api/search", "POST", {"query": "x" * 100_000, "goal": "any"})[0] == 413


def test_no_page_is_no_page(tank):
    status, text = get(f"{tank}/nowhere")
    assert status == 404
    assert "There is no such page" in text


def test_nothing_comes_from_elsewhere(tank):
    with_headers = json.dumps(state(tank))
    _, page = get(tank)
    for word in ("http://", "https://", "//cdn", "@import"):
        assert word not in page.replace("http://www.w3.org/2000/svg", "")
    assert with_headers


def test_a_port_in_use_is_refused_with_a_message():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = checker("serve", "--model", TANK, "--port", taken.getsockname()[1])
    assert done.returncode == 2
    assert "cannot listen on 127.0.0.1" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_model_that_is_none_is_refused_with_a_message():
    done = checker("serve", "--model", "no/such.py", "--port", "0")
    assert done.returncode == 150
    assert "there is no file" in done.stderr


def test_a_server_for_others_answers_for_the_machines_own_name():
    assert hosts("127.0.0.1") == LOOPBACK
    assert hosts("Db.Example") == (*LOOPBACK, "db.example")
    assert socket.gethostname().lower() in hosts("0.0.0.0")
    assert "[::]" in hosts("::")
