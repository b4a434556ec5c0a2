"""Machine code: a grounded model compiled by LLVM, for packed states of any number of 64-bit words."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import llvmlite
import llvmlite.binding as llvm

from checker.backends.native_canonical import canonical_text
from checker.backends.native_writer import INTRINSICS, Mistakes, expand_text, mistakes_of, notice_text
from checker.backends.words import WordLayout, word_layout
from checker.grounding.grounded import Grounded, Property, State
from checker.kept_forms import Key, keep, recall
from checker.reductions.symmetry import Image


class MachineCode:
    """The two functions of a model in memory, made of their LLVM text; see `native_writer` for their meaning.

    What is compiled first is compiled in a hurry.  `improve` replaces both addresses by those of better code; the old
    ones stay good.  Addresses are good as long as the object lives.  With `kept`, code is kept between runs under that
    key, and the better code is there at once if an earlier run made it.
    """

    def __init__(self, text: Callable[[], str], kept: Key | None = None) -> None:
        self._text = text
        self.kept = None if kept is None else {**kept, **_target()}
        code = self._recalled("better")
        self.improved = code is not None
        self._engines = [_linked(code or self._recalled("first") or self._made("first"))]
        self.addresses = _addresses(self._engines[0])
        """Of `expand` and `notice`."""

    @cached_property
    def source(self) -> str:
        """The LLVM text."""
        return self._text()

    def improve(self) -> None:
        """Compiles again, with care: takes several times as long, and needs no lock of the interpreter meanwhile."""
        self._engines.append(_linked(self._made("better")))
        self.addresses = _addresses(self._engines[-1])

    def _recalled(self, which: str) -> bytes | None:
        found = None if self.kept is None else recall({**self.kept, "code": which})
        try:
            return base64.b64decode(found, validate=True) if isinstance(found, str) else None
        except ValueError:
            return None

    def _made(self, which: str) -> bytes:
        code = _compiled(self.source, optimised=which == "better")
        if self.kept is not None:
            keep({**self.kept, "code": which}, base64.b64encode(code).decode())
        return code


class NativeProgram(MachineCode):
    """A grounded model as machine code."""

    def __init__(
        self,
        grounded: Grounded,
        properties: tuple[Property, ...],
        images: Sequence[Image] = (),
        kept: Key | None = None,
    ) -> None:
        self.grounded = grounded
        self.properties = properties
        self.layout: WordLayout = word_layout(grounded.cells)
        self.initials = list(dict.fromkeys(self._least(state, images) for state in grounded.initials))
        self.mistakes: Mistakes = mistakes_of(grounded, properties)
        super().__init__(lambda: self._written(images), kept)

    def _written(self, images: Sequence[Image]) -> str:
        expand = expand_text(self.grounded, self.layout, self.mistakes, canonical=bool(images))
        notice = notice_text(self.grounded, self.properties, self.layout, self.mistakes)
        canonical = [canonical_text(self.layout, images)] if images else []
        return "\n".join([INTRINSICS, *canonical, expand, notice])

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


def _target() -> Key:
    """What code is made by and for."""
    features: str = llvm.get_host_cpu_features().flatten()
    return {"llvmlite": llvmlite.__version__, "processor": f"{llvm.get_host_cpu_name()} {features}"}


def _machine(optimised: bool) -> Any:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=2 if optimised else 0,
        jit=True,
    )


def _compiled(text: str, optimised: bool) -> bytes:
    """Code as an object file.  The text shares what can be shared already: what helps is the choice of instructions and
    registers, not passes over the text, but for the one that gives variables registers."""
    machine = _machine(optimised)
    module = llvm.parse_assembly(text)
    module.triple = machine.triple
    module.data_layout = str(machine.target_data)
    builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=1))
    passes = llvm.create_new_module_pass_manager()
    passes.add_sroa_pass()
    passes.run(module, builder)
    code: bytes = machine.emit_object(module)
    return code


def _linked(code: bytes) -> Any:
    """An object file in memory."""
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _machine(optimised=False))
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    return engine


def compile_native(
    grounded: Grounded,
    properties: Sequence[str] | None = None,
    images: Sequence[Image] = (),
    kept: Key | None = None,
) -> NativeProgram:
    """Compiles a model with the named properties, or with all that a search can judge: those that one state decides.

    With `images`, of all permutations but that which changes nothing, every successor is the least of its orbit.
    `kept` is all that the model depends on, for its code to be kept between runs.

    Raises KeyError for a name it does not have, `TooWide` for numbers that a machine word cannot hold.
    """
    known = {prop.name: prop for prop in grounded.properties}
    if properties is None:
        properties = [name for name, prop in known.items() if prop.kind != "eventually"]
    chosen = [known[name] for name in dict.fromkeys(properties)]
    if kept is not None:
        kept = {**kept, "what": "machine code", "properties": [prop.name for prop in chosen]}
    return NativeProgram(grounded, tuple(chosen), images, kept)
