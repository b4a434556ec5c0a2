"""Faults: each does something bad to the program and says in a sentence what happened, or fails.

The page `reports/robustness.md` is made of them: `python -m tests.hardness.faults > reports/robustness.md`.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.hardness.bombs import bombs

ROOT = Path(__file__).parents[2]
TANK = ROOT / "tests" / "models" / "cli" / "tank.py"
LONG = ROOT / "tests" / "models" / "hardness" / "long.py"
LEAKS = ("explore", "--model", str(TANK), "--mode", "open")
CLAIM = f"""
title = "a closed valve keeps the tank"
why = "Only `spill` adds to a full tank."
model = "{TANK}"
[expect]
never_over = "exhausted"
fills_up = "reached"
"""

FAULTS: list[tuple[str, str, Callable[[Path], str]]] = []
"""Subject, fault, and what tries it in an empty folder."""


def fault(subject: str, tried: str) -> Callable[[Callable[[Path], str]], Callable[[Path], str]]:
    def add(function: Callable[[Path], str]) -> Callable[[Path], str]:
        FAULTS.append((subject, tried, function))
        return function

    return add


def start(*arguments, cwd=None, limits=(), **environment):
    """A run of the checker, which under limits keeps no bytecode: Python cuts that short and says nothing."""
    told = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.Popen(
        [sys.executable, *["-B"] * bool(limits), "-m", "checker", *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
        env={**told, "PYTHONPATH": str(ROOT), "CHECKER_CACHE": "/proc/none", **environment},
        preexec_fn=lambda: _limited(limits),
    )


def _limited(limits):
    """In the new process: limits, and an interrupt that is not ignored, as it is in what a shell runs behind itself."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for what, most in limits:
        resource.setrlimit(what, (most, most))


class Done:
    """A run that ended: its exit code and what it said.  No traceback, whatever happened."""

    def __init__(self, process):
        try:
            self.out, self.err = process.communicate(timeout=240)
        finally:
            process.kill()
        self.code = process.returncode
        assert "Traceback" not in self.out + self.err, self.err

    def says(self, text, code):
        assert text in self.out + self.err, self.out + self.err
        assert self.code == code, (self.code, self.err)
        return f"exit code {code}: “{text}”"


def run(*arguments, **options):
    return Done(start(*arguments, **options))


def files(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def whole(folder):
    """Whether a folder of results is complete: the verdicts, and every trace that they name."""
    document = json.loads((folder / "verdicts.json").read_text())
    for verdict in document["verdicts"]:
        if verdict["trace"]:
            trace = json.loads((folder / Path(verdict["trace"]).name).read_text())
            assert len(trace["states"]) == verdict["depth"] + 1
    assert not [name for name in files(folder) if name.startswith(".")]
    return True


# --- disks --------------------------------------------------------------------------------------------------


@fault("disk", "a full one: files may not pass 1 kB")
def full_disk(folder):
    said = run(*LEAKS, "--out", folder / "out", limits=[(resource.RLIMIT_FSIZE, 1024)]).says("cannot write", 2)
    assert files(folder / "out") == []
    return f"{said}; the folder is empty"


@fault("disk", "a full one, results of an earlier run in place")
def full_disk_again(folder):
    run(*LEAKS, "--out", folder / "out")
    before = files(folder / "out")
    said = run(*LEAKS, "--out", folder / "out", limits=[(resource.RLIMIT_FSIZE, 1024)]).says("cannot write", 2)
    assert files(folder / "out") == before
    assert whole(folder / "out")
    return f"{said}; the earlier results are whole"


@fault("disk", "a file system of 64 kB that fills up while results are written")
def small_disk(folder):
    """Mounted in a name space of its own, so that nobody needs to be root and nothing stays mounted."""
    script = (
        'mount -t tmpfs -o size=64k none "$0" && head -c 56k /dev/zero > "$0/other" && '
        '"$@" --out "$0/out"; code=$?; ls -A "$0/out" | wc -l; exit $code'
    )
    (folder / "disk").mkdir()
    command = ["unshare", "-rm", "sh", "-c", script, folder / "disk", sys.executable, "-m", "checker", *LEAKS]
    told = {**os.environ, "PYTHONPATH": str(ROOT), "CHECKER_CACHE": "/proc/none"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=told, check=False)
    if "unshare" in done.stderr or "mount:" in done.stderr:  # not allowed in some containers
        done = subprocess.run(
            [sys.executable, "-B", "-m", "checker", *LEAKS, "--out", str(folder / "disk")],
            **{"capture_output": True, "text": True, "timeout": 120, "env": told, "check": False},
            preexec_fn=lambda: _limited([(resource.RLIMIT_FSIZE, 4096)]),
        )
        done.stdout += f"{len(files(folder / 'disk'))}\n"
    assert "Traceback" not in done.stderr
    assert "cannot write" in done.stderr, done.stderr
    assert (done.returncode, done.stdout.splitlines()[-1]) == (2, "0"), done.stdout
    return "exit code 2: “cannot write”; the folder is empty"


@fault("disk", "an output folder that nobody may write")
def read_only(folder):
    return run(*LEAKS, "--out", "/proc/out").says("cannot write /proc/out", 2) + ", before any work"


@fault("disk", "SARIF to a place that nobody may write")
def read_only_sarif(folder):
    (folder / "a.toml").write_text(CLAIM)
    return run("gate", folder, "--sarif", "/proc/out/x.sarif").says("cannot write", 2) + ", before any work"


@fault("disk", "a cache that nobody may write")
def read_only_cache(folder):
    (folder / "a.toml").write_text(CLAIM)
    return run("gate", folder).says("passed", 0) + "; nothing is kept"


@fault("disk", "no HOME and no environment at all")
def no_home(folder):
    (folder / "a.toml").write_text(CLAIM)
    done = subprocess.run(
        [sys.executable, "-m", "checker", "gate", str(folder), "--fresh"],
        capture_output=True,
        text=True,
        timeout=120,
        env={"PYTHONPATH": str(ROOT), "CHECKER_CACHE": str(folder / "kept")},
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return "exit code 0"


# --- clocks -------------------------------------------------------------------------------------------------

JUMPS = """
import itertools, time
_real, _jumps = time.time, itertools.cycle([0, 3e7, -3e7, 1e9, -1e9])
time.time = lambda: _real() + next(_jumps)
time.time_ns = lambda: int(time.time() * 1e9)
"""


@fault("clocks", "one that jumps by a year or by thirty, forth and back, each time it is read")
def jumping_clock(folder):
    (folder / "sitecustomize.py").write_text(JUMPS)
    (folder / "a.toml").write_text(CLAIM)
    told = {"PYTHONPATH": f"{folder}{os.pathsep}{ROOT}", "CHECKER_CACHE": str(folder / "kept")}
    documents = [json.loads(run("gate", folder, "--json", **told).out) for _ in range(2)]
    assert [document["exit"] for document in documents] == [0, 0]
    assert [document["claims"][0]["kept"] for document in documents] == [False, True]
    assert all(0 <= document["seconds"] < 1000 for document in documents)
    run(*LEAKS, "--out", folder / "out", **told).says("violated", 12)
    assert whole(folder / "out")
    return "exit code 0, durations as they were; what was kept is kept, and results are whole"


# --- ends ---------------------------------------------------------------------------------------------------


def _searching(folder):
    """A search of minutes, some seconds after it has begun to write: its model is read by then."""
    process = start("explore", "--model", LONG, "--engine", "python", "--out", folder / "out")
    while process.poll() is None and not list(folder.glob("out/.unfinished-*")):
        time.sleep(0.01)
    time.sleep(5)
    return process


@fault("ends", "SIGTERM in the middle of a search")
def terminated(folder):
    process = _searching(folder)
    process.send_signal(signal.SIGTERM)
    said = Done(process).says("the search was interrupted before the space was exhausted", 130)
    assert whole(folder / "out")
    return f"{said}; what was found until then is printed and written whole"


@fault("ends", "SIGINT (Ctrl-C) in the middle of a search")
def interrupted(folder):
    process = _searching(folder)
    process.send_signal(signal.SIGINT)
    return Done(process).says("the search was interrupted before the space was exhausted", 130)


@fault("ends", "SIGKILL at any moment of writing, six times")
def killed(folder):
    """At the moment when the hidden folder appears, and later and later after it."""
    for delay in range(6):
        process = start(*LEAKS, "--out", folder / "out")
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None and not list(folder.glob("out/.unfinished-*")):
            time.sleep(0.001)
        time.sleep(delay * 0.05)
        process.kill()
        process.communicate()
        visible = [name for name in files(folder / "out") if not name.startswith(".")]
        if "verdicts.json" in visible:
            for name in visible:
                assert (folder / "out" / name).stat().st_size > 0
    run(*LEAKS, "--out", folder / "out").says("violated", 12)
    assert whole(folder / "out")
    return "no file is ever half there; the next run removes what was hidden and writes all"


@fault("ends", "the reader of a pipe goes away")
def broken_pipe(folder):
    process = start("claims", ROOT / "specs")
    process.stdout.close()
    process.stdout = None
    _, err = process.communicate(timeout=60)
    assert err == ""
    assert process.returncode == 141
    return "exit code 141, nothing on standard error"


@fault("ends", "two runs into one folder, at the same time, four times")
def two_runs(folder):
    for _ in range(4):
        first = start(*LEAKS, "--out", folder / "out")
        second = start(*LEAKS, "--bound", "size=5", "--out", folder / "out")
        assert {Done(first).code, Done(second).code} == {12}
        assert whole(folder / "out")
    return "the folder has all of one of them, and nothing of the other"


# --- memory -------------------------------------------------------------------------------------------------


@fault("memory", "160 MB of address space for a search that needs more")
def little_memory(folder):
    arguments = ("explore", "--model", LONG, "--engine", "python")
    done = run(*arguments, "--memory", "100G", "--bound", "size=200", limits=[(resource.RLIMIT_AS, 160 * 2**20)])
    assert done.code == 3, done.err
    assert "the memory limit ended the search" in done.out or "out of memory" in done.err
    return "exit code 3: incomplete"


@fault("memory", "a bound of a billion, in a claim")
def billion(folder):
    (folder / "a.toml").write_text(CLAIM + "[bounds]\nsize = 1000000000\n")
    return run("gate", folder, limits=[(resource.RLIMIT_AS, 2**31)]).says("more than 1,000,000", 150)


@fault("memory", "models of a few lines: helpers that double 40 times, ten billion instances, 729 million rounds")
def bombed(folder):
    for number, (text, said) in enumerate(bombs()):
        (folder / f"bomb{number}.py").write_text(text)
        limits = [(resource.RLIMIT_AS, 2**32)]
        run("explore", "--model", folder / f"bomb{number}.py", "--engine", "python", limits=limits).says(said, 150)
    return "exit code 150, each told at its place, in less than 4 GB of addresses"


@fault("memory", "a claim that is /dev/zero")
def endless(folder):
    (folder / "a.toml").symlink_to("/dev/zero")
    return run("gate", folder, limits=[(resource.RLIMIT_AS, 2**31)]).says("this is no file", 150)


@fault("memory", "a claim of 50 MB")
def large_claim(folder):
    (folder / "a.toml").write_text(CLAIM.replace("Only", "x" * 50_000_000))
    return run("gate", folder).says("has more than 1,000,000 bytes", 150)


@fault("memory", "a claim of lists, a hundred thousand deep")
def deep_claim(folder):
    (folder / "a.toml").write_text("title = " + "[" * 100_000)
    return run("gate", folder).says("this is not TOML", 150)


# --- what others wrote --------------------------------------------------------------------------------------


@fault("claims", "control characters for the terminal in a title")
def escapes(folder):
    (folder / "a.toml").write_text(CLAIM.replace("a closed", "\\u001b[2J a closed"))
    done = run("gate", folder)
    assert "\x1b" not in done.out
    return done.says("has a character that cannot be printed", 150)


@fault("claims", "names of properties, settings and scopes that are paths, code and formats")
def evil_names(folder):
    evil = ["../../x", "__import__('os').system('touch harm')", "{0.__class__}", "%s%n", "never_over; touch harm"]
    for number, name in enumerate(evil):
        shown = json.dumps(name)
        (folder / f"{number}.toml").write_text(CLAIM.replace("never_over", shown) + f"[settings]\n{shown} = {shown}\n")
    done = run("gate", folder, cwd=folder)
    assert done.code == 150
    assert files(folder) == [f"{number}.toml" for number in range(len(evil))]
    return "exit code 150: each is refused as a name that does not exist; nothing is run or written"


@fault("models", "one that ends the program while it is imported: `sys.exit(0)`")
def exiting_model(folder):
    (folder / "evil.py").write_text("import sys\nsys.exit(0)\n")
    return run("explore", "--model", folder / "evil.py").says("SystemExit: 0", 150)


@fault("models", "one that raises, one that is binary, one that is nested 10,000 deep")
def odd_models(folder):
    (folder / "raises.py").write_text("raise RuntimeError('no')\n")
    (folder / "binary.py").write_bytes(b"\x00\xff\xfe")
    (folder / "deep.py").write_text("x = " + "-" * 10_000 + "1\n")
    for name in ("raises", "binary", "deep"):
        assert run("explore", "--model", folder / f"{name}.py").code == 150
    return "exit code 150, each told at its place"


@fault("terminals", "one of 40 columns, and one that is none and knows no letters but ASCII")
def terminals(folder):
    done = run(*LEAKS, COLUMNS="40", PYTHONIOENCODING="ascii", NO_COLOR="1")
    assert done.code == 12
    prose = [line for line in done.out.splitlines()[:-1] if "──" not in line]
    assert max(map(len, prose)) <= 40
    return "exit code 12; no line of prose is longer than 40 columns"


def page() -> str:
    """The table of faults and of what happened, each tried now."""
    head = [
        "# Robustness",
        "",
        "Faults, and what happens: each is tried by a test, which writes its row. Made by",
        "`python -m tests.hardness.faults > reports/robustness.md`.",
        "",
        "| | tried | what happens |",
        "|---|---|---|",
    ]
    tail = [
        "",
        "Besides, random changes are made to claims, traces and models (`tests/hardness/test_fuzz.py`), to folders",
        "of searches that are to go on, certificates and addresses (`tests/hardness/test_fuzz_folders.py`), and by",
        "`python -m tests.hardness.long SECONDS SEED` to all of these and logs, for as long as one likes: each is read",
        "rightly, or refused with a message. A poisoned cache: `tests/gate/test_kept.py`. Not tried: other systems",
        "than Linux.",
        "",
    ]
    return "\n".join([*head, *(row(*one) for one in FAULTS), *tail])


def row(subject: str, tried: str, function: Callable[[Path], str]) -> str:
    """A row of the page: the fault tried in a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="fault-"))
    try:
        return f"| {subject} | {tried} | {function(folder)} |"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    print(page(), end="")
