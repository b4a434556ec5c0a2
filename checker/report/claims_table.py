"""The claims of a folder as one Markdown page: what is claimed of each property, and how large the space is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from checker.spec import Expected, Spec, read

SHOWN = {"exhausted": "holds", "unreached": "never", "violated": "violated in {}", "reached": "reached in {}"}


def claims_page(paths: Sequence[Path]) -> str:
    """Markdown: a section a claim with its settings, its argument, its verdicts and its numbers.

    Raises `SpecError` for a spec that cannot be read.  Nothing is run: `checker gate` says whether the claims hold.
    """
    sections = [_section(read(path)) for path in paths]
    opening = ["# Claims", "", "What `checker gate` demands; made from `specs/` by `checker claims`.", ""]
    return "\n".join([*opening, *sections])


def _section(spec: Spec) -> str:
    chosen = [f"{name}={value}" for name, value in spec.settings.items()]
    chosen += [f"{name}={value}" for name, value in spec.bounds.items()]
    said = [f"preset `{spec.preset}`"] if spec.preset else []
    said += [f"`{one}`" for one in chosen]
    said.append(f"scope `{spec.scope or 'default'}`{_numbers(spec)}")
    told = [(name, said) for name, said in spec.expect.items() if not said.constant]
    lines = [
        f"## {spec.name}",
        "",
        f"**{spec.title}**",
        "",
        f"{', '.join(said)}.",
        "",
        *("> " + line if line else ">" for line in spec.why.splitlines()),
        "",
        "| property | claim |",
        "|---|---|",
        *(f"| `{name}` | {_claim(said)} |" for name, said in told),
        "",
    ]
    return "\n".join(lines)


def _claim(said: Expected) -> str:
    word = SHOWN[said.verdict].format("?" if said.depth is None else f"{said.depth} steps")
    if said.proved is None:
        return word
    return f"{word}, proved for any size" + "".join(f", {name}={limit}" for name, limit in said.proved.items())


def _numbers(spec: Spec) -> str:
    if spec.states is None or spec.transitions is None:
        return ""
    return f": {spec.states:,} states, {spec.transitions:,} transitions, depth {spec.depth}"
