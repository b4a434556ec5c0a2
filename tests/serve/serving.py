"""A server of the page in a process of its own, as a user starts it, and a page of it in a real browser."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
TANK = "tests/models/cli/tank.py"
BARE = "tests/models/cli/bare.py"
CHROMIUM = Path("/usr/bin/chromium")
OPTIONS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]


@contextmanager
def served(model="model", port=0):
    """The URL of a running server, without a slash at its end."""
    command = [sys.executable, "-m", "checker", "serve", "--model", model, "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        found = re.match(r"(http://127\.0\.0\.1:\d+)/", line)
        if found is None:
            process.kill()
            raise AssertionError(f"it did not start: {line}{process.stderr.read()}")
        yield found[1]
    finally:
        process.terminate()
        process.communicate(timeout=30)


def get(url, method="GET", body=None, **headers):
    """Status and text of an answer, whatever it is."""
    data = None if body is None else json.dumps(body).encode()
    kind = {} if body is None else {"Content-Type": "application/json"}
    request = urllib.request.Request(url, data, {**kind, **headers}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()


def state(url, query=""):
    """The document of a state."""
    status, text = get(f"{url}/api/state?{query}")
    assert status == 200, text
    return json.loads(text)
