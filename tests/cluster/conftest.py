"""One Ray of this machine for the tests of a process."""

from __future__ import annotations

import pytest

from checker.explore.cluster.ray_fleet import Asked, connected


@pytest.fixture(scope="session")
def ray_cluster():
    with connected(Asked(partitions=2)) as cluster:
        yield cluster
