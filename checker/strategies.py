"""Hypothesis strategies from a model, for tests of YOUR code: that it does what the model says.

    from checker.strategies import behaviours, machine, opened, states

    model = opened("lock.py", scope="small")           a model in one scope, under one choice of settings

    @given(states(model))                              any state that its types allow, reachable or not
    @given(behaviours(model, most=30))                 what can happen from an initial state on

    class Lock:                                        your code behind the model's words:
        def __init__(self, state): ...                     made for an initial state
        def enter(self, p): ...                            a method an action, called where the model takes it
        def check(self, state): ...                        called after every step: does yours agree with the model's?

    TestLock = machine(model, Lock).TestCase

Values are those of the model: members of its enumerations, elements of its sorts, integers, booleans; a state is an
instance of its state class.  Needs the package `hypothesis`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from checker import ir, plain
from checker.backends.python import PythonProgram, compile_program
from checker.configuration import configure, spelled
from checker.grounding.ground import ground
from checker.grounding.grounded import Grounded
from checker.labels import parameters
from checker.reading import load
from checker.refusal import UsageError, listed
from model import language


@dataclass(frozen=True, eq=False)
class Opened:
    """A model in one scope, under one choice of settings."""

    grounded: Grounded

    @property
    def model(self) -> ir.Model:
        """The model itself."""
        return self.grounded.model

    @cached_property
    def program(self) -> PythonProgram:
        """What can happen, compiled."""
        return compile_program(self.grounded, [])

    def state(self, packed: int) -> Any:
        """The state of a packed one, as the model's own class."""
        return plain.decode(self.grounded, self.program.unpack(packed))


@dataclass(frozen=True)
class Step:
    """An action by its name, its arguments by theirs, and the state after it."""

    action: str
    arguments: dict[str, Any]
    state: Any

    def __str__(self) -> str:
        return f"{self.action}({', '.join(f'{name}={value}' for name, value in self.arguments.items())})"


@dataclass(frozen=True)
class Behaviour:
    """What happens from an initial state on."""

    initial: Any
    steps: list[Step] = field(default_factory=list)

    @property
    def states(self) -> list[Any]:
        """Every state in order, one more than there are steps."""
        return [self.initial, *(step.state for step in self.steps)]


def opened(
    model: str = "model",
    *,
    settings: Mapping[str, object] | None = None,
    preset: str | None = None,
    scope: str | None = None,
    bounds: Mapping[str, int] | None = None,
) -> Opened:
    """A model by the name of its package or the path of its .py file, with names and values as on the command line.

    A setting may be the model's own value too: `True`, `Answer.COPIED`.

    Raises `UsageError` for what the model does not have, `ModelError` for a broken model.
    """
    read = load(model)
    sets = {name: spelled(value) for name, value in (settings or {}).items()}
    chosen = configure(read, sets=sets, preset=preset, scope=scope, bounds=bounds)
    return Opened(ground(read, chosen.settings, chosen.bounds))


def states(model: Opened) -> st.SearchStrategy[Any]:
    """States that the types of the variables allow; whether the model reaches them is another matter."""
    cells = [st.integers(cell.low, cell.high) for cell in model.grounded.cells]
    return st.tuples(*cells).map(lambda values: plain.decode(model.grounded, values))


@st.composite
def behaviours(draw: st.DrawFn, model: Opened, *, most: int = 20) -> Behaviour:
    """Behaviours of at most so many steps; they shrink to fewer steps, and to actions that the model has first."""
    packed = draw(st.sampled_from(model.program.initials))
    made = Behaviour(model.state(packed))
    for _ in range(draw(st.integers(0, most))):
        possible = model.program.expand(packed)
        if not possible:
            break
        number, packed = draw(st.sampled_from(possible))
        made.steps.append(_step(model, number, packed))
    return made


def _step(model: Opened, number: int, packed: int) -> Step:
    action = model.grounded.actions[number]
    with language.within(model.grounded.bounds):
        pairs = [(name, plain.python_value(kind, value)) for name, kind, value in parameters(model.grounded, action)]
    return Step(action.name, dict(pairs), model.state(packed))


# --- a system beside its model ------------------------------------------------------------------------------


def machine(model: Opened, system: Callable[[Any], Any]) -> type[RuleBasedStateMachine]:
    """A state machine of hypothesis that takes behaviours of the model, and has the system do the same.

    `system(state)` makes what is tested, for an initial state.  It has a method for each action that can be taken
    here, with the action's parameters by name; `check(state)`, called at the start and after every step with the
    model's state, fails where the system does not agree; `close()`, if there is one, ends it.  Raises `UsageError`
    for a class that lacks a method.
    """
    names = list(dict.fromkeys(action.name for action in model.grounded.actions))
    if isinstance(system, type):
        lacking = [name for name in (*names, "check") if not callable(getattr(system, name, None))]
        if lacking:
            raise UsageError(f"{system.__name__} has no method {listed(lacking)}: an action of the model is a method")
    members: dict[str, Any] = {name: _rule(name) for name in names}
    members |= {"model": model, "make": staticmethod(system), "__doc__": f"{model.model.name} beside {system}"}
    return type(f"{getattr(system, '__name__', 'System')}Machine", (_Beside,), members)


class _Beside(RuleBasedStateMachine):
    """The model's state, packed, and the system that should be in the same."""

    model: Opened
    make: Callable[[Any], Any]

    def __init__(self) -> None:
        super().__init__()
        self.system: Any = None
        self.possible: dict[str, list[tuple[int, int]]] = {}

    @initialize(data=st.data())
    def begin(self, data: Any) -> None:
        packed = data.draw(st.sampled_from(self.model.program.initials))
        self._at(packed)
        state = self.model.state(packed)
        self.system = self.make(state)
        self.system.check(state)

    @rule()
    @precondition(lambda self: self.system is not None and not self.possible)
    def rest(self) -> None:
        """Nothing can happen any more."""

    def teardown(self) -> None:
        close = getattr(self.system, "close", None)
        if close is not None:
            close()

    def _at(self, packed: int) -> None:
        self.possible = {}
        for number, after in self.model.program.expand(packed):
            self.possible.setdefault(self.model.grounded.actions[number].name, []).append((number, after))

    def _take(self, name: str, data: Any) -> None:
        number, packed = data.draw(st.sampled_from(self.possible[name]))
        step = _step(self.model, number, packed)
        note(f"the model takes {step}")
        getattr(self.system, name)(**step.arguments)
        self._at(packed)
        self.system.check(step.state)


def _rule(name: str) -> Any:
    """The rule that takes an action, where the model can."""

    def take(self: _Beside, data: Any) -> None:
        self._take(name, data)

    take.__name__ = name
    return precondition(lambda self: name in self.possible)(rule(data=st.data())(take))
