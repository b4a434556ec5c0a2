"""What Numba does not offer by itself: calls of code at an address, prefetches, bytes compared sixteen at once, and
atomic operations, which threads need that share a table.

Numba's cache on disk watches the files of the kernels, not this one: after a change here those are to be touched.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

WORD = ir.IntType(64)
LANE = ir.IntType(32)
BYTE = ir.IntType(8)
BIT = ir.IntType(1)


def _called(context: Any, builder: Any, signature: Any, values: Any) -> Any:
    kind = ir.FunctionType(WORD, [WORD] * (len(values) - 1))
    return builder.call(builder.inttoptr(values[0], kind.as_pointer()), values[1:])


def _call_expand(typing: Any, address: Any, a: Any, b: Any, c: Any, d: Any, e: Any, f: Any) -> Any:
    return types.int64(*[types.int64] * 7), _called


def _call_notice(typing: Any, address: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
    return types.int64(*[types.int64] * 5), _called


def _prefetched(context: Any, builder: Any, signature: Any, values: Any) -> Any:
    pointer = BYTE.as_pointer()
    kind = ir.FunctionType(ir.VoidType(), [pointer, LANE, LANE, LANE])
    insert: Any = cgutils.get_or_insert_function
    function = insert(builder.module, kind, "llvm.prefetch.p0")
    builder.call(function, [builder.inttoptr(values[0], pointer), LANE(0), LANE(3), LANE(1)])
    return context.get_dummy_value()


def _prefetch(typing: Any, address: Any) -> Any:
    return types.void(types.int64), _prefetched


def _matched(context: Any, builder: Any, signature: Any, values: Any) -> Any:
    vector = ir.VectorType(BYTE, 16)
    nothing = ir.Constant(vector, ir.Undefined)
    loaded = builder.load(builder.inttoptr(values[0], vector.as_pointer()), align=4)
    one = builder.insert_element(nothing, builder.trunc(values[1], BYTE), LANE(0))
    spread = builder.shuffle_vector(one, nothing, ir.Constant(ir.VectorType(LANE, 16), [0] * 16))
    equal = builder.icmp_unsigned("==", loaded, spread)
    return builder.zext(builder.bitcast(equal, ir.IntType(16)), WORD)


def _matching(typing: Any, address: Any, tag: Any) -> Any:
    return types.int64(types.int64, types.int64), _matched


def _counted(context: Any, builder: Any, signature: Any, values: Any) -> Any:
    return builder.cttz(values[0], BIT(1))


def _lowest(typing: Any, mask: Any) -> Any:
    return types.int64(types.int64), _counted


def _loaded(context: Any, builder: Any, signature: Any, values: Any) -> Any:
    place = builder.inttoptr(values[0], LANE.as_pointer())
    return builder.zext(builder.load_atomic(place, "acquire", align=4), WORD)


def _acquired(typing: Any, address: Any) -> Any:
    return types.int64(types.int64), _loaded


def _stored(context: Any, builder: Any, signature: Any, values: Any) -> Any:
    place = builder.inttoptr(values[0], LANE.as_pointer())
    builder.store_atomic(builder.trunc(values[1], LANE), place, "release", align=4)
    return context.get_dummy_value()


def _released(typing: Any, address: Any, value: Any) -> Any:
    return types.void(types.int64, types.int64), _stored


def _swapped(context: Any, builder: Any, signature: Any, values: Any) -> Any:
    place = builder.inttoptr(values[0], LANE.as_pointer())
    old, new = (builder.trunc(value, LANE) for value in values[1:])
    done = builder.cmpxchg(place, old, new, "acquire", "monotonic")
    return builder.zext(builder.extract_value(done, 1), WORD)


def _replaced(typing: Any, address: Any, old: Any, new: Any) -> Any:
    return types.int64(types.int64, types.int64, types.int64), _swapped


def _summed(context: Any, builder: Any, signature: Any, values: Any) -> Any:
    return builder.atomic_rmw("add", builder.inttoptr(values[0], WORD.as_pointer()), values[1], "monotonic")


def _added(typing: Any, address: Any, amount: Any) -> Any:
    return types.int64(types.int64, types.int64), _summed


call_expand: Any = intrinsic(_call_expand)
"""Calls `expand` at an address, with its arguments as integers."""

call_notice: Any = intrinsic(_call_notice)
"""Calls `notice` at an address, with its arguments as integers."""

prefetch: Any = intrinsic(_prefetch)
"""Asks for the cache line at an address."""

matching: Any = intrinsic(_matching)
"""A bit for each of the 16 bytes at an address that is equal to a tag."""

lowest: Any = intrinsic(_lowest)
"""The number of the lowest bit that is set in a mask that is not 0."""

acquire: Any = intrinsic(_acquired)
"""The 32 bits at an address; what another thread wrote before it released them there is seen after this."""

release: Any = intrinsic(_released)
"""Writes 32 bits to an address, after all that was written before."""

replace: Any = intrinsic(_replaced)
"""Writes 32 bits to an address if others are there, 1 if it did; what follows comes after it."""

add: Any = intrinsic(_added)
"""Adds to the 64 bits at an address that several threads add to; what was there before."""
