"""What the machine can do at most: random reads, and inserts into a hash table that are prefetched, per second."""

from __future__ import annotations

import time

import numpy as np
from numba import njit

from checker.explore.intrinsics import prefetch

AHEAD = 32
"""Inserts that are under way at once."""


@njit(inline="always")
def mixed(number):
    """Bits of a number spread over 64 (splitmix64)."""
    number = np.uint64(number) + np.uint64(0x9E3779B97F4A7C15)
    number = (number ^ (number >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    number = (number ^ (number >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return number ^ (number >> np.uint64(31))


@njit
def reads(table, count):
    """Reads so many words that have nothing to do with each other."""
    mask = np.uint64(len(table) - 1)
    found = np.uint64(0)
    for i in range(count):
        found ^= table[mixed(i) & mask]
    return found


@njit
def inserts(table, address, count):
    """Inserts so many different keys: the line of each is asked for `AHEAD` inserts before it is looked at."""
    mask = np.uint64(len(table) - 1)
    ring = np.zeros(AHEAD, np.uint64)
    stored = 0
    for i in range(count + AHEAD):
        place = i % AHEAD
        key = ring[place]
        if key:
            slot = key & mask
            while table[slot] != 0 and table[slot] != key:
                slot = (slot + np.uint64(1)) & mask
            stored += table[slot] == 0
            table[slot] = key
        ring[place] = mixed(i) | np.uint64(1) if i < count else np.uint64(0)
        prefetch(address + np.int64((ring[place] & mask) << np.uint64(3)))
    return stored


def measured(size, runs):
    """Random reads and prefetched inserts per second into a table of about so many bytes: a list of each."""
    slots = 1 << max(16, (size // 8 - 1).bit_length())
    small = np.zeros(1 << 16, np.uint64)
    reads(small, 1000)
    inserts(small, small.ctypes.data, 1000)
    read, inserted = [], []
    for _ in range(runs):
        table = np.zeros(slots, np.uint64)
        table[::512] = 0  # touched, so that no page is made while it is measured
        count = slots // 2
        started = time.perf_counter()
        inserts(table, table.ctypes.data, count)
        inserted.append(count / (time.perf_counter() - started))
        started = time.perf_counter()
        reads(table, count)
        read.append(count / (time.perf_counter() - started))
    return read, inserted
