"""Calls of a compiled model's two functions, one state at a time."""

from __future__ import annotations

import ctypes

EXPAND = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_void_p, ctypes.c_int64] * 2, ctypes.c_void_p, ctypes.c_void_p)
NOTICE = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p)


def words(values):
    """64-bit words in memory."""
    return (ctypes.c_uint64 * len(values))(*values)


def mistake(program, number):
    """The check that failed and what it belongs to."""
    kind, origin, position = program.mistakes[number - 1]
    owner = (program.grounded.actions if kind == "action" else program.properties)[origin]
    return owner.checks[position], owner


class Step:
    """What `expand` says of states: their successors, the transitions of each action, the first stuck state and how
    many, the check that failed and how many states were done."""

    def __init__(self, program, states, room=64):
        width = program.words
        out = words([0] * (room * width))
        fired = words([0] * max(1, len(program.grounded.actions)))
        report = (ctypes.c_int64 * 4)(0, 0, -1, 0)
        flat = words([word for state in states for word in program.pack(state)])
        self.done = EXPAND(program.addresses[0])(flat, len(states), out, room, fired, report)
        self.successors = [program.unpack(out[number * width : (number + 1) * width]) for number in range(report[0])]
        self.fired = list(fired)[: len(program.grounded.actions)]
        self.mistake = mistake(program, report[1]) if report[1] else None
        self.stuck, self.stuck_states = report[2], report[3]


def noticed(program, states, found=0):
    """The first state where a property is worth noting that is not in `found`, the bits of those that are there, and
    the mistake made there."""
    masks = -(-len(program.properties) // 64) + 1
    report = words([0] * (1 + masks))
    known = words([found >> 64 * mask & (1 << 64) - 1 for mask in range(masks)])
    flat = words([word for state in states for word in program.pack(state)])
    index = NOTICE(program.addresses[1])(flat, len(states), known, report)
    if report[0]:
        return index, 0, mistake(program, report[0])
    bits = sum(report[1 + mask] << 64 * mask for mask in range(masks)) if index < len(states) else 0
    return index, bits, None
