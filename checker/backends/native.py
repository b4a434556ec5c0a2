"""Machine code: a grounded model compiled by LLVM, for packed states of any number of 64-bit words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import llvmlite.binding as llvm

from checker.backends.native_canonical import canonical_text
from checker.backends.native_writer import INTRINSICS, Mistakes, expand_text, notice_text
from checker.backends.words import WordLayout, word_layout
from checker.grounded import Grounded, Property, State
from checker.symmetry import Image


class MachineCode:
    """The two functions of a model in memory; `source` is their LLVM text, see `native_writer` for their meaning.

    What is compiled first was compiled in a hurry.  `improve` replaces both addresses by those of better code; the
    old ones stay good.  Addresses are good as long as the object lives.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self._engines = [_compiled(source, optimised=False)]
        self.addresses = _addresses(self._engines[0])
        """Of `expand` and `notice`."""

    def improve(self) -> None:
        """Compiles again, with care: takes several times as long, and needs no lock of the interpreter meanwhile."""
        self._engines.append(_compiled(self.source, optimised=True))
        self.addresses = _addresses(self._engines[-1])


class NativeProgram(MachineCode):
    """A grounded model as machine code."""

    def __init__(self, grounded: Grounded, properties: tuple[Property, ...], images: Sequence[Image] = ()) -> None:
        self.grounded = grounded
        self.properties = properties
        self.layout: WordLayout = word_layout(grounded.cells)
        self.initials = list(dict.fromkeys(self._least(state, images) for state in grounded.initials))
        self.mistakes: Mistakes = []
        expand = expand_text(grounded, self.layout, self.mistakes, canonical=bool(images))
        notice = notice_text(grounded, properties, self.layout, self.mistakes)
        canonical = [canonical_text(self.layout, images)] if images else []
        super().__init__("\n".join([INTRINSICS, *canonical, expand, notice]))

    @property
    def words(self) -> int:
        """Words of a state."""
        return self.layout.words

    def pack(self, values: State) -> tuple[int, ...]:
        """The words of a state.  Raises ValueError for a value outside its cell's limits."""
        return self.layout.pack(values)

    def unpack(self, packed: Sequence[int]) -> State:
        """The values of the cells of a state."""
        return self.layout.unpack(packed)

    def _least(self, state: State, images: Sequence[Image]) -> tuple[int, ...]:
        """Of a state and its images, packed, the one that `canonical` picks."""
        return min(self.layout.pack(one) for one in (state, *(image.of(state) for image in images)))


def _addresses(engine: Any) -> tuple[int, int]:
    return engine.get_function_address("expand"), engine.get_function_address("notice")


def _compiled(text: str, optimised: bool) -> Any:
    """Code in memory.  The text shares what can be shared already: what helps is the choice of instructions and
    registers, not passes over the text, but for the one that gives variables registers."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    module = llvm.parse_assembly(text)
    machine = llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=2 if optimised else 0,
        jit=True,
    )
    module.triple = machine.triple
    module.data_layout = str(machine.target_data)
    builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=1))
    passes = llvm.create_new_module_pass_manager()
    passes.add_sroa_pass()
    passes.run(module, builder)
    engine = llvm.create_mcjit_compiler(module, machine)
    engine.finalize_object()
    return engine


def compile_native(
    grounded: Grounded, properties: Sequence[str] | None = None, images: Sequence[Image] = ()
) -> NativeProgram:
    """Compiles a model with the named properties, or with all that a search can judge: those that one state decides.

    With `images`, of all permutations but that which changes nothing, every successor is the least of its orbit.

    Raises KeyError for a name it does not have, `TooWide` for numbers that a machine word cannot hold.
    """
    known = {prop.name: prop for prop in grounded.properties}
    if properties is None:
        properties = [name for name, prop in known.items() if prop.kind != "eventually"]
    chosen = [known[name] for name in dict.fromkeys(properties)]
    return NativeProgram(grounded, tuple(chosen), images)
