"""A search from a state, in a process of its own: the page stays alive meanwhile, and it can be ended at any moment."""

from __future__ import annotations

import multiprocessing
import signal
from dataclasses import asdict, replace
from multiprocessing.connection import Connection
from typing import Any

from checker import memory as budget
from checker.configuration import Configuration
from checker.draw.clearest import clearest
from checker.explore import Exploration, explore
from checker.grounding.grounded import Grounded, Property
from checker.grounding.terms import disjunction, negation
from checker.kept_forms import load
from checker.refusal import UsageError, unknown
from checker.serve.address import read, short
from checker.serve.walk import Walk, opener, walk
from checker.verdict import STOPS

ANY = "any"
"""A goal: the nearest state in which any invariant is violated.  The others are names of properties and of actions."""

Told = dict[str, Any]
"""How far a search is, or how it ended: `running`, `found` with the steps from here, `none`, `stopped` or `failed`."""


class Searches:
    """One search at a time.  Its process is started before it is needed, since loading a model takes a moment."""

    def __init__(self, reference: str) -> None:
        self.reference = reference
        self.number = 0
        self.told: Told = {}
        self._start()

    def begin(self, query: str, goal: str) -> int:
        """Looks for a goal from the state of an address; ends the search before it.  Returns the search's number."""
        self.cancel()
        self.number += 1
        self.told = {"state": "running", "states": 0, "depth": 0}
        self._pipe.send((query, goal))
        return self.number

    def look(self, number: int) -> Told:
        """How far the search of that number is.  Raises `UsageError` for one that is not the last."""
        if number != self.number:
            raise UsageError(f"search {number} is over: only the last one is kept")
        try:
            while self.told.get("state") == "running" and self._pipe.poll():
                self.told = self._pipe.recv()
        except (EOFError, OSError):
            self.told = {"state": "failed", "text": "the search's process ended; it may have run out of memory"}
            self._start()
        return self.told

    def cancel(self) -> None:
        """Ends the search that is under way, if there is one."""
        if self.told.get("state") == "running":
            self.close()
            self.told = {"state": "stopped", "text": "the search was cancelled"}
            self._start()

    def close(self) -> None:
        """Ends the process."""
        self._process.terminate()
        self._process.join()
        self._pipe.close()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=_serve, args=(self.reference, other), daemon=True)
        self._process.start()
        other.close()


def _serve(reference: str, pipe: Connection) -> None:
    """What the process does: searches one after the other until it is ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process of a terminal; the server ends this one
    opened = opener(load(reference), reference)
    while True:
        try:
            query, goal = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            address = read(query)
            said = found_from(walk(opened(address), address), goal, pipe.send)
        except UsageError as error:
            said = {"state": "failed", "text": str(error)}
        pipe.send(said)


def found_from(here: Walk, goal: str, tell: Any = lambda told: None) -> Told:
    """The nearest state from the end of a walk that shows the goal.  Raises `UsageError` for a goal that is none."""
    grounded = here.world.grounded
    wanted = _wanted(grounded, goal)
    asked = replace(grounded, initials=(here.trace.states[-1],), properties=wanted)
    found = explore(
        asked,
        first=True,
        memory=budget.default_budget(),
        progress=lambda now: tell({"state": "running", **asdict(now)}),
    )
    return _told(found, here.world.configuration, goal)


def _wanted(grounded: Grounded, goal: str) -> tuple[Property, ...]:
    """The goal as invariants whose violation is what is looked for: a search can end at its first violation."""
    if goal == ANY:
        return tuple(item for item in grounded.properties if item.kind == "invariant")
    named = {item.name: item for item in grounded.properties if item.kind != "eventually"}
    if goal in named:
        item = named[goal]
        return (item if item.kind == "invariant" else replace(item, kind="invariant", body=negation(item.body)),)
    guards = [action.guard for action in grounded.actions if action.name == goal]
    names = [*named, *(step.name for step in grounded.model.actions)]
    if goal not in names:
        raise UsageError(unknown("property or action", goal, names, "goals"))
    return (Property(goal, "invariant", "", negation(disjunction(guards)), ()),)


def _told(found: Exploration, chosen: Configuration, goal: str) -> Told:
    counts = {"states": found.states, "depth": found.depth, "seconds": round(found.seconds, 2)}
    traces = [(len(f.trace), f.property.name, f.trace) for f in found.findings if f.trace is not None]
    if traces:
        steps, name, trace = min(traces, key=lambda item: item[0])
        path = [short(action.label) for action in clearest(trace).trace.actions]
        return {"state": "found", "goal": name, "steps": steps, "path": path, **counts}
    if found.error is not None:
        return {"state": "failed", "text": f"a mistake of the model: {found.error}", **counts}
    if found.stopped in (None, "first"):
        text = f"none from here, in all of {found.states:,} states of scope {chosen.scope}"
        return {"state": "none", "goal": goal, "text": text, **counts}
    return {"state": "stopped", "text": STOPS[found.stopped], **counts}
