"""What is in specs/exported/, and making it anew: python -m tests.peers.exported"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from checker.configuration import configure
from checker.grounding.ground import ground
from checker.reading import load
from checker.report.export import exported

FOLDER = Path(__file__).parents[2] / "specs" / "exported"
MODES = ("commit", "data_flush", "all")


def files():
    """The text of each file by its name: one TLA+ module, and for each mode its configuration at the scope `tiny`.

    Promela and Murphi are of one scope and one choice of settings, with every instance of an action written out: long
    for the protocol, so a small model stands there as an example.
    """
    made = {}
    model = load("model")
    for mode in MODES:
        chosen = configure(model, sets={"mode": mode}, scope="tiny")
        command = shlex.join(["checker", "export", "tla", "--mode", mode, "--scope", "tiny"])
        texts = exported("tla", ground(model, chosen.settings, chosen.bounds), None, command)
        for name, text in texts.items():
            stem = f"{Path(name).stem}.{mode}" if name.endswith(".cfg") else Path(name).stem
            made.setdefault(f"{stem}{Path(name).suffix}", text)
            assert name.endswith(".cfg") or made[name] == text, "one module serves every mode"
    sys.modules.pop("two_phase_commit", None)  # else it would be read under a second name
    small = load("tests/models/two_phase_commit.py")
    chosen = configure(small)
    grounded = ground(small, chosen.settings, chosen.bounds)
    for language in ("promela", "murphi"):
        command = shlex.join(["checker", "export", language, "--model", "tests/models/two_phase_commit.py"])
        texts = exported(language, grounded, None, command)
        made |= {f"two_phase_commit{Path(name).suffix}": text for name, text in texts.items()}
    return made


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in files().items():
        (FOLDER / name).write_text(text)
        print(FOLDER / name, len(text))
