"""The page of what was measured."""

from __future__ import annotations

import statistics

from tests.benchmarks import browser, start

LABELS = {
    "checker": "this checker, 1 worker",
    "checker-2": "this checker, 2 workers",
    "checker-twice": "this checker, 1 worker, twice at once",
    "spin-bfs": "SPIN, breadth first",
    "spin-dfs": "SPIN, depth first",
    "rumur": "Rumur, 1 thread",
    "tlc": "TLC, 1 worker",
}

ABOUT = """
Every tool is asked the same model, checks the same invariants, those that hold, and for deadlocks where there are none;
each counts the same distinct states, or there would be no page. SPIN (`-O3 -DSAFETY -DNOREDUCE`, breadth first with
`-DBFS`) and Rumur (`-O3`) search what `checker export` writes; their reductions are off, since they would make other
states. Seconds are those of the search, without generating and compiling where the tool keeps these apart; of this
checker they contain compiling the model, but for what an earlier run has kept, so its first run is its longest. Peak
memory is that of the whole process, its runtime included. The last column has the load average before each run: from 2
on the machine had other work. The measured process went before it as far as the system let it, but its times are too
long there, those of two workers more so.
"""


def page(kept):
    """The page, as Markdown."""
    lines = ["# Speed and memory beside other model checkers", "", f"Measured on {kept['machine']}, by", "", "```"]
    lines += [*kept["commands"], "```", ABOUT.rstrip()]
    if kept.get("start"):
        lines += ["", "## From Return to the last line", "", *start.section(kept["start"])]
    if kept.get("page"):
        lines += ["", "## Until the page in the browser can be used", "", *browser.section(kept["page"])]
    for options, model in kept.get("models", {}).items():
        lines += ["", f"## `{options.replace('--', '')}`", "", *_model(model)]
    return "\n".join(lines) + "\n"


def _model(model):
    states, bits = model["states"], model["bits"]
    yield (
        f"{states:,} states, {model['transitions']:,} transitions, depth {model['depth']}; a state is {bits} bits, "
        f"{bits / 8:.0f} bytes, when it is packed."
    )
    rows = {name: model["tools"][name] for name in LABELS if model["tools"].get(name, {}).get("seconds")}
    if not rows:
        return
    yield ""
    yield "| tool | runs | seconds, median (least, most) | states/s | 1 worker is | peak MiB | bytes/state | load |"
    yield "|---|--:|--:|--:|--:|--:|--:|--:|"
    base = statistics.median(rows["checker"]["seconds"]) if "checker" in rows else None
    for name, row in rows.items():
        seconds = row["seconds"]
        median = statistics.median(seconds)
        factor = f"{median / base:.2f} times" if base is not None and name not in ("checker", "checker-twice") else ""
        yield (
            f"| {LABELS[name]} | {len(seconds)} | {median:.2f} ({min(seconds):.2f}, {max(seconds):.2f}) "
            f"| {states / median:,.0f} | {factor} | {row['memory'] / 2**20:,.0f} | {row['memory'] / states:,.0f} "
            f"| {min(row['load']):.0f} to {max(row['load']):.0f} |"
        )
    both = model["tools"].get("checker-twice", {}).get("seconds")
    if both and base is not None:
        worth = 2 * base / statistics.median(both)
        yield ""
        yield f"Two searches at once, which share nothing, take {statistics.median(both):.2f} s (of {len(both)}):"
        yield f"that is what two processors are worth here, {worth:.2f} times one."
    machine = model["tools"].get("machine")
    if machine and base is not None:
        yield ""
        yield from _machine(machine, model["transitions"] / base)


def _machine(machine, reached):
    """How near the machine's limit this checker is."""
    reads, inserts = machine["reads"], machine["inserts"]
    limit = statistics.median(inserts)
    yield f"The machine itself, into a table of {machine['size'] / 2**20:,.0f} MiB of 8 bytes a key, in the same turns:"
    yield f"{statistics.median(reads) / 1e6:,.0f} million random reads a second ({_spread(reads)}),"
    yield f"{limit / 1e6:,.0f} million prefetched inserts a second ({_spread(inserts)}), medians of {len(inserts)}."
    share = f"{reached / limit:.2f}"
    yield f"This checker takes {reached / 1e6:.1f} million transitions a second: {share} of those inserts."


def _spread(values):
    return f"{min(values) / 1e6:,.0f} to {max(values) / 1e6:,.0f}"
