"""The protocol itself, as plain execution and as generated Python have it, made comparable state by state."""

from __future__ import annotations

import functools

from hypothesis import strategies as st

from checker import ir, plain
from checker.backends.python import compile_program
from checker.grounding.ground import evaluate, ground, label
from checker.reading import load
from model import language
from model.settings import Settings
from model.state import Bounds


@functools.cache
def protocol():
    """The model, read once."""
    return load("model")


def settings_by(random):
    """Settings by a random generator: every field on its own, any of its values."""
    return Settings(
        **{name: random.choice(language.values_of(kind)) for name, kind in language.hints(Settings).items()}
    )


def any_settings(**fixed):
    """A strategy of settings: every field on its own, any of its values, but for those that are fixed."""
    fields = {name: st.sampled_from(language.values_of(kind)) for name, kind in language.hints(Settings).items()}
    return st.builds(Settings, **{**fields, **{name: st.just(value) for name, value in fixed.items()}})


def any_bounds(nodes=2, pages=1, transactions=1, records=3, promotions=1):
    """A strategy of bounds up to these; segments of one to three records."""
    return st.builds(
        Bounds,
        nodes=st.integers(2, nodes),
        pages=st.integers(1, pages),
        transactions=st.integers(1, transactions),
        records=st.integers(1, records),
        promotions=st.integers(1, promotions),
        segment=st.integers(1, 3),
    )


class Both:
    """One configuration in both forms; a state is held as plain Python, and compared as a packed number."""

    def __init__(self, settings, bounds):
        self.grounded = ground(protocol(), settings, bounds)
        self.program = compile_program(self.grounded)
        self.bounds = bounds
        with language.within(bounds):
            self.steps = [
                (step, arguments, self._label(step, arguments))
                for step in protocol().actions
                for arguments in plain.choices(step)
            ]
            self.places = [self._place(cell) for cell in self.grounded.cells]

    @staticmethod
    def _label(step, arguments):
        kinds = [kind for _, kind in step.parameters]
        return label(step, tuple(plain.number(kind, value) for kind, value in zip(kinds, arguments, strict=True)))

    def _place(self, cell):
        kind = dict(protocol().variables)[cell.variable]
        keys = kind.keys if isinstance(kind, ir.MapType) else ()
        values = tuple(plain.python_value(of, key) for of, key in zip(keys, cell.keys, strict=True))
        members = (
            {member: index for index, member in enumerate(cell.type.python)}
            if isinstance(cell.type, ir.EnumType)
            else None
        )
        return cell.variable, values if len(values) > 1 else values[0] if values else None, cell.part, members

    def initial_states(self):
        return plain.initial_states(protocol(), self.grounded.settings, self.bounds)

    def packed(self, state):
        """A plain state as a number; raises ValueError where one of its values is outside the limits of its place."""
        values = []
        for variable, key, part, members in self.places:
            value = getattr(state, variable)
            if key is not None:
                value = value[key]
            if part is not None:
                value = getattr(value, part)
            values.append(int(value) if members is None else members[value])
        return self.program.pack(tuple(values))

    def plain_successors(self, state):
        """Each action that plain execution can take, by label, with the state after it.

        A step that is disabled has changed nothing yet in this model, so one copy serves until a step is taken.  Were
        it otherwise, what a disabled step left behind would show as a difference, here or in a successor.
        """
        with language.within(self.bounds):
            scratch = state.copy()
            for step, arguments, name in self.steps:
                try:
                    step.python(scratch, *arguments)
                except language.Disabled:
                    continue
                yield name, scratch
                scratch = state.copy()
        assert scratch == state, "a disabled action changed the state"

    def generated_successors(self, packed):
        """Each action that the generated program can take, by label, with the packed state after it."""
        return {self.grounded.actions[number].label: after for number, after in self.program.expand(packed)}

    def compare_steps(self, state):
        """Asserts that both take the same actions to the same states; returns the successors by label."""
        found = dict(self.plain_successors(state))
        expected = {name: self.packed(after) for name, after in found.items()}
        assert self.generated_successors(self.packed(state)) == expected
        return found

    def compare_properties(self, state):
        """Asserts that both say the same of every property, and of whether a behaviour may stop here."""
        packed = self.packed(state)
        noted, values = self.program.broken(packed), self.program.unpack(packed)
        grounded = {item.name: item for item in self.grounded.properties}
        for item in protocol().properties:
            assert bool(evaluate(grounded[item.name].body, values)) == plain.holds(item, state), item.name
        for number, item in enumerate(self.program.properties):
            if item.kind in ("invariant", "reachable"):
                assert noted >> number & 1 == evaluate(item.body, values) ^ (item.kind == "invariant"), item.name
        at_end = any(plain.holds(item, state) for item in protocol().end_states)
        assert self.program.at_end(packed) == at_end

    def plain(self, packed):
        """The plain state that a packed one stands for."""
        return plain.decode(self.grounded, self.program.unpack(packed))

    def walk(self, random, steps):
        """The packed states of random walks through the generated program, and the actions that each enables.

        A walk begins anew after 80 steps, or at an end.  Each holds back some actions, chosen at random, while there
        are others: a walk that may crash at every step never comes far.
        """
        names = [action.name for action in self.grounded.actions]
        found, state = {}, None
        for number in range(steps):
            if state is None or number % 80 == 0:
                state = random.choice(self.program.initials)
                held = {name for name in names if random.random() < 0.4}
            successors = self.program.expand(state)
            found[state] = {names[number] for number, _ in successors}
            free = [after for number, after in successors if names[number] not in held]
            state = random.choice(free or [after for _, after in successors] or [None])
        return found

    def sample(self, random, size, steps=4000):
        """So many states of random walks: for each action one that enables it, then any."""
        found = self.walk(random, steps)
        order = random.sample(list(found), len(found))
        chosen = {}
        for state in order:
            for name in found[state]:
                chosen.setdefault(name, state)
        return list(dict.fromkeys([*chosen.values(), *order]))[:size]
