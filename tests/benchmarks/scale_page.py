"""The page on how far the search goes beyond one machine, from what was measured."""

from __future__ import annotations

import os
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from checker.explore.cluster import exchange
from checker.explore.cluster.forecast import bytes_of_state
from checker.memory import shown

CORES = 16
"""Workers a machine has in the predictions."""

NETWORK = 1.25e9
"""Bytes a second that a machine sends in the predictions: 10 Gbit/s."""


@dataclass(frozen=True)
class Row:
    """What a search by so many workers took, `apart` as if each were on a machine of its own: seconds of the clock, of
    the workers' work all in all, that a worker had nothing to do, of the driver; what it did."""

    parts: int
    apart: bool
    seconds: float
    busy: float
    waited: float
    driver: float
    states: int
    levels: int
    exchanged: int
    repeated: int
    skew: float


@dataclass(frozen=True)
class Costs:
    """Seconds of work: for a state, a byte exchanged, and a parcel, sending and receiving it: by Ray, and by the memory
    of a machine."""

    state: float
    byte: float
    near_byte: float
    parcel: float
    near_parcel: float

    def work(self, row: Row) -> float:
        """Seconds of what goes with states and bytes."""
        return row.states * self.state + row.exchanged * (self.byte if row.apart else self.near_byte)


@dataclass(frozen=True)
class Found:
    """All that was measured; `need` is the memory of one process in bytes, `slow` its seconds with a fifth of that, and
    `both` how many times as long a search takes beside another one."""

    words: int
    runs: int
    one: Row
    need: int
    measured: Sequence[Row]
    simulated: Sequence[Row]
    both: float
    slow: float
    disk: int
    costs: Costs
    level: Mapping[tuple[int, bool], float]
    long: int
    load: float


PAGE = string.Template("""# Beyond one machine

Made by `python -m tests.benchmarks.scale` on $processors processors, with a load average of $load when it began: beside
other work all seconds are too long, and most of all those of workers that wait for each other. The space is that of
`mode=data_flush`, `tail=cut`, `prepared_transactions=true`, `two_phase_gate=true`, scope `ci` with `records=4`:
$states states of $width bytes in $levels levels. Times are medians of $runs runs that took turns. Every search here
came to the same number of states.

## Measured

Workers are processes of one thread each, new for each search; one process, as new as they are, takes turns with them.
All have the machine code that an earlier run left behind. What starting Ray and its workers takes, some seconds, is not
counted; it is the same for a search of any size. A worker is waiting where it has nothing to do until others send
something. Those of one machine reach each other through memory that both have mapped; "apart" they do by Ray, as if
each were on a machine of its own.

$measured

How much two processors of this machine are worth: a process that searches beside another, which does the same, takes
$both times as long as alone (medians of $runs runs), so that two workers could be $bound times as fast as one.

What is exchanged with all apart does not depend on where they are, so more of them are simulated as objects of one
process:

$simulated

A worker remembers half a million states that it sent and does not send them again, and whole states are compared, so
nothing is lost by it. Where all are on one machine it remembers 32 thousand, as many as caches hold: there one state
more costs less than a look into memory.

One process needs $need. With `--memory` a fifth of that it takes $slow s, $slower times as long, and $disk of disk,
with the same numbers.

## Cost

seconds = levels * `level` + (states * `state` + bytes exchanged * `byte` + parcels * `parcel`) / workers. `state` and
`byte` are fitted, by least squares, to the seconds of work that the workers of the rows above count themselves.
`level` is that of a space of $long levels with one state each: nothing but the last parcels, one from everyone to
everyone else. With $largest workers on $processors processors that is work without pause, and `parcel` its share of it.
Where there are two values the first is by Ray, the second by memory.

$costs

The fit is off by at most $off % for these rows.

## Extrapolated

Nothing in this table was measured. It takes for granted: $cores workers a machine, as fast as these when all of them
run, that reach each other by memory, and others by Ray; $network GB/s out of each machine; $away bytes exchanged a
state, as with $widest workers apart, on one machine too; $deep levels, twice as many as here. The time is that of what
is longest: the workers' own work (states, exchange, parcels) or the network.

$predicted

The driver has no part in it: it asks each worker once a level, and hears from each once.

Partitions keep to memory, and do not go on with sorted runs on disk as one process does. Duplicates are then struck out
by reading all that was found before once a level, half of all states by and large: the run with a fifth of the memory
took $strike ns more for each byte of that. So 10^10 states on the disks of 10 machines would take $spilled, and $direct
in the memory of as many as have it; what does not fit is said early instead, with how many these are.

Where it breaks first: at the last parcels of each level. Everyone tells everyone else that there is no more to come,
which is what ends a level without the driver, so a level costs each worker a parcel by Ray for each one on other
machines. With $most workers this takes as long as the states of a space of 10^10 themselves. Beyond that workers would
have to be told by one for each machine. Parcels also become small where there are many to fill, as all that are being
filled have a sixteenth of the memory. Next comes the network, which bounds 10 machines already; and memory: 10^11
states want $memory, and since a worker numbers its states with 32 bits, at least $least workers.
""")


def written(found: Found) -> str:
    """The page."""
    one, costs, widest = found.one, found.costs, found.simulated[-1]
    off = max(abs(costs.work(row) - row.busy) / row.busy for row in found.measured)
    return PAGE.substitute(
        processors=processors(),
        largest=found.measured[-1].parts,
        long=found.long,
        load=f"{found.load:.1f}",
        states=f"{one.states:,}",
        width=8 * found.words,
        levels=one.levels,
        runs=found.runs,
        bound=f"{2 / found.both:.1f}",
        measured=measured(one, found.measured),
        simulated=simulated(found.simulated),
        both=f"{found.both:.2f}",
        need=shown(found.need),
        slow=f"{found.slow:.1f}",
        slower=f"{found.slow / one.seconds:.1f}",
        disk=shown(found.disk),
        costs=priced(costs, found.level),
        strike=f"{1e9 * strike(found):.1f}",
        spilled=clock(strike(found) * read(10**10 / 10, 2 * one.levels, found.words)),
        direct=clock(longest(predicted(found, 10, 10**10))),
        off=f"{100 * off:.0f}",
        cores=CORES,
        network=f"{NETWORK / 1e9:.2f}",
        away=f"{widest.exchanged / widest.states:.0f}",
        widest=widest.parts,
        deep=2 * one.levels,
        predicted=predictions(found),
        most=round((1e10 * costs.state / (2 * one.levels * costs.parcel)) ** 0.5),
        memory=shown(int(1e11 * bytes_of_state(found.words))),
        least=int(1e11 / 2**32) + 1,
    )


def measured(one: Row, rows: Sequence[Row]) -> str:
    """Times on this machine."""
    head = ["workers", "seconds", "times as fast", "work of all workers", "waiting", "driver", "fullest : mean"]
    lines = [["one process", f"{one.seconds:.2f}", "1.00", f"{one.busy:.2f}", "", "", ""]]
    for row in rows:
        speed = f"{one.seconds / row.seconds:.2f}"
        took = [f"{seconds:.2f}" for seconds in (row.busy, row.waited, row.driver)]
        lines.append([name(row.parts, row.apart), f"{row.seconds:.2f}", speed, *took, f"{row.skew:.3f}"])
    return table(head, lines)


def name(parts: int, apart: bool) -> str:
    """`Ray, 2 apart`."""
    return f"Ray, {parts}{' apart' if apart else ''}"


def simulated(rows: Sequence[Row]) -> str:
    """What is exchanged."""
    head = ["workers", "exchanged", "bytes a state", "not sent again, a state", "fullest : mean"]
    lines = []
    for row in rows:
        sent, again = f"{row.exchanged / row.states:.1f}", f"{row.repeated / row.states:.2f}"
        lines.append([row.parts, shown(row.exchanged), sent, again, f"{row.skew:.3f}"])
    return table(head, lines)


def priced(costs: Costs, level: Mapping[tuple[int, bool], float]) -> str:
    """The parameters of the model."""
    levels = ", ".join(f"{1000 * seconds:.2f} ms: {name(*kind)}" for kind, seconds in level.items())
    lines = [
        ["`level`", levels.replace("Ray, ", "")],
        ["`state`", f"{1e6 * costs.state:.2f} µs"],
        ["`byte`", f"{1e9 * costs.byte:.2f} ns, {1e9 * costs.near_byte:.2f} ns"],
        ["`parcel`", f"{1e6 * costs.parcel:.0f} µs, {1e6 * costs.near_parcel:.0f} µs"],
    ]
    return table(["what", "takes"], lines)


def predictions(found: Found) -> str:
    """Machines that nobody measured."""
    lines = []
    for machines in (1, 10, 100):
        for power in (9, 10, 11):
            took = predicted(found, machines, 10**power)
            total = longest(took)
            size = shown(int(10**power * bytes_of_state(found.words) / machines))
            lines.append([machines, f"10^{power}", size, clock(total), *map(clock, took.values())])
    head = ["machines", "states", "memory of each", "time", "states", "exchange", "parcels", "network"]
    return table(head, lines)


def predicted(found: Found, machines: int, states: int) -> dict[str, float]:
    """Seconds on so many machines, by what takes them."""
    costs, widest = found.costs, found.simulated[-1]
    parts, levels = machines * CORES, 2 * found.one.levels
    away = states * widest.exchanged / widest.states
    memory = 2 * int(states * bytes_of_state(found.words) / parts)
    full = exchange.parcel(parts, found.words, memory) * 8 * found.words
    far = (parts - CORES) / (parts - 1)
    parcels = far * away / parts / full + levels * (parts - CORES)
    near = levels * (CORES - 1)  # what others cost is in the bytes
    return {
        "states": states * costs.state / parts,
        "exchange": away * (far * costs.byte + (1 - far) * costs.near_byte) / parts,
        "parcels": parcels * costs.parcel + near * costs.near_parcel,
        "network": away * (1 - 1 / machines) / machines / NETWORK,
    }


def longest(took: Mapping[str, float]) -> float:
    """Seconds in all: of the workers' own work, or of the network."""
    return max(took["states"] + took["exchange"] + took["parcels"], took["network"])


def read(states: float, levels: int, words: int) -> float:
    """Bytes that are read to strike duplicates out of sorted levels."""
    return states * 8 * words * levels / 2


def strike(found: Found) -> float:
    """Seconds that a search on disk took longer, for each of these bytes."""
    return (found.slow - found.one.seconds) / read(found.one.states, found.one.levels, found.words)


def processors() -> int:
    """Processors of this machine."""
    return len(os.sched_getaffinity(0))


def table(head: Sequence[object], rows: Sequence[Sequence[object]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def clock(seconds: float) -> str:
    """`3.1 h`."""
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} s"
