"""One Ray of this machine for the tests of a process, and one S3, which Moto imitates."""

from __future__ import annotations

import itertools
import os
import socket
import subprocess
import sys
import time

import pytest
from obstore.store import MemoryStore

from checker.explore import bucket
from checker.explore.cluster.ray_fleet import Asked, connected


@pytest.fixture(scope="session")
def s3():
    """The environment in which there is an object store, with a bucket `checker`; this process is in it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    environment = {
        "AWS_ACCESS_KEY_ID": "someone",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ALLOW_HTTP": "true",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _create_bucket(server, port)
            yield environment
        finally:
            server.kill()
            server.wait()


def _create_bucket(server, port):
    from http.client import HTTPConnection

    until = time.monotonic() + 60
    while True:
        assert server.poll() is None and time.monotonic() < until, "Moto does not start"
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request("PUT", "/checker")
            assert connection.getresponse().status == 200
            connection.close()
            return
        except OSError:
            time.sleep(0.05)


NUMBERS = itertools.count()


@pytest.fixture
def prefix(s3):
    """The address of an empty prefix of it."""
    return f"s3://checker/{os.getpid()}-{next(NUMBERS)}"


@pytest.fixture(scope="session")
def ray_cluster(s3):
    """Workers have the environment of the process that started them."""
    with connected(Asked(partitions=2)) as cluster:
        yield cluster


@pytest.fixture
def shared(monkeypatch):
    """An object store of this process only, which is quick."""
    memory = MemoryStore()
    monkeypatch.setattr(bucket, "store", lambda address: memory)
    return "s3://here/there"
