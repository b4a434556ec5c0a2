"""Clusters of real servers: their life, their files, and that nothing of them stays."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from checker.postgres import owned
from checker.postgres.cluster import Cluster
from checker.postgres.lsn import parse_lsn
from checker.postgres.node import NodeFailed
from checker.postgres.programs import MissingProgram, find_programs
from checker.postgres.waiting import wait_until

ROOT = Path(__file__).parents[2]


def test_servers_never_run_as_root(cluster):
    node = cluster.create("a")
    node.start()
    owners = {Path(f"/proc/{pid}").stat().st_uid for pid in node.processes()}
    assert len(node.processes()) >= 4
    assert 0 not in owners


def test_control_file_as_pg_controldata_reads_it(cluster):
    node = cluster.create("a")
    node.start()
    node.query("checkpoint")
    node.stop_fast()
    done = owned.run([cluster.programs.path("pg_controldata"), node.data])
    told = dict(re.findall(r"^(.+?):\s+(.*)$", done.stdout, re.MULTILINE))
    control = node.control_file()
    assert control.checkpoint == parse_lsn(told["Latest checkpoint location"])
    assert control.redo == parse_lsn(told["Latest checkpoint's REDO location"])
    assert control.timeline == int(told["Latest checkpoint's TimeLineID"])
    assert control.system_identifier == int(told["Database system identifier"])
    assert control.minimum_recovery_point == parse_lsn(told["Minimum recovery ending location"])


def test_nothing_stays_after_a_failure(programs):
    with pytest.raises(ZeroDivisionError), Cluster(programs) as cluster:
        directory = cluster.directory
        cluster.create("a").start()
        assert list(owned.processes_in(directory))
        1 / 0  # noqa: B018
    assert not directory.exists()
    assert not list(owned.processes_in(directory))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_nothing_stays_after_the_end_of_our_process(programs, number):
    script = (
        "from checker.postgres.cluster import Cluster\n"
        "with Cluster() as cluster:\n"
        "    cluster.create('a').start()\n"
        "    print(cluster.directory, flush=True)\n"
        "    input()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    with process:
        assert process.stdout is not None
        directory = Path(process.stdout.readline().strip())
        assert list(owned.processes_in(directory))
        process.send_signal(number)
        process.wait(30)
    wait_until(lambda: not directory.exists(), "the directory to be removed")
    assert not list(owned.processes_in(directory))


def test_a_killed_process_is_the_one_that_was_named(cluster):
    primary = cluster.create("a")
    primary.start()
    standby = cluster.base_backup(primary, "b")
    standby.become_standby(primary.socket)
    standby.start()
    first = wait_until(lambda: standby.pid_of("walreceiver"), "a walreceiver")
    assert standby.kill("walreceiver") == first
    wait_until(lambda: not standby.running() or standby.pid_of("walreceiver") not in (0, first), "the consequences")
    assert first not in standby.processes()


def test_a_server_that_cannot_start_says_why(cluster):
    node = cluster.create("a")
    with pytest.raises(NodeFailed, match="no_such_setting"):
        node.start({"no_such_setting": "1"})


def test_a_missing_installation_names_its_package(tmp_path):
    with pytest.raises(MissingProgram, match="apt-get install postgresql-15"):
        find_programs(tmp_path)


def test_a_missing_program_names_its_package(programs, tmp_path):
    (tmp_path / "postgres").symlink_to(programs.bindir / "postgres")
    with pytest.raises(MissingProgram, match=f"pg_rewind is missing .* postgresql-{programs.major}"):
        find_programs(tmp_path).path("pg_rewind")


def test_no_shared_memory_stays_after_a_kill(programs):
    with Cluster(programs) as cluster:
        nodes = [cluster.create(name) for name in ("a", "b")]
        for node in nodes:
            node.start()
        # the seventh line of postmaster.pid: key and identifier of the server's System V segment
        ours = {int((node.data / "postmaster.pid").read_text().splitlines()[6].split()[1]) for node in nodes}
        assert len(ours) == 2
        assert ours <= segments()
        nodes[0].kill_postmaster()
        nodes[0].wait_ended()
    assert not ours & segments()


KILLED_AT_ONCE = """
import os, signal
from checker.postgres import owned
def die(path):
    print(path, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
owned.give = die
owned.private_directory()
"""


def test_a_directory_goes_with_who_is_killed_as_soon_as_it_is_there():
    killed = subprocess.run([sys.executable, "-c", KILLED_AT_ONCE], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert killed.returncode == -signal.SIGKILL
    directory = Path(killed.stdout.strip())
    assert directory.name.startswith("failback-")
    wait_until(lambda: not directory.exists(), "the directory to go", limit=10)


def segments():
    """The System V segments of this machine, by their identifiers."""
    lines = Path("/proc/sysvipc/shm").read_text().splitlines()[1:]
    return {int(line.split()[1]) for line in lines}
