"""Other pages of the folder of reports, Markdown, taken into the report: whatever has been made by then."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from markdown_it.token import Token

LONG = 9_000
"""Characters of a page from which on only its beginning is open."""


@dataclass(frozen=True)
class Taken:
    """A page: its anchor, its heading, its beginning up to the first heading or table, and the rest, as HTML."""

    id: str
    heading: str
    beginning: Any
    rest: Any
    folded: bool


def taken(folder: Path, names: Sequence[str]) -> list[Taken]:
    """The pages of a folder by their names, those that exist; a name may be a pattern, `ablation*.md`.

    A page's first heading names it, and the others become lower ones.  Links to pages that are taken in too lead
    there; other relative links, and pictures, become the text they have, since the report stands alone.
    """
    there = list(dict.fromkeys(path.name for name in names for path in sorted(folder.glob(name)) if path.is_file()))
    return [_taken((folder / name).read_text(encoding="utf-8"), name, there) for name in there]


def anchor(name: str) -> str:
    """Where a page stands in the report."""
    return "page-" + re.sub(r"[^a-z0-9]+", "-", name.removesuffix(".md").lower())


def _taken(text: str, name: str, there: Sequence[str]) -> Taken:
    from markdown_it import MarkdownIt

    # What is between angle brackets stays text, but for the line breaks that tables are written with.
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(text)
    heading = name.removesuffix(".md")
    if tokens and tokens[0].tag == "h1":
        heading, tokens = tokens[1].content, tokens[3:]
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"
        _standing_alone(token, there)
    cut = next((at for at, token in enumerate(tokens) if token.type in ("heading_open", "table_open")), len(tokens))
    beginning, rest = (_html(markdown, part) for part in (tokens[:cut], tokens[cut:]))
    return Taken(anchor(name), heading.replace("`", ""), beginning, rest, len(text) > LONG)


def _html(markdown: Any, tokens: Sequence[Token]) -> Any:
    from markupsafe import Markup

    html = markdown.renderer.render(tokens, markdown.options, {})
    return Markup(re.sub(r"&lt;(br|wbr)&gt;", r"<\1>", html))


def _standing_alone(token: Token, there: Sequence[str]) -> None:
    """Links and pictures of a paragraph or cell that lead nowhere from a single file."""
    dropped = False
    for part in token.children or ():
        if part.type == "image":
            part.type, part.tag = "text", ""
        elif part.type == "link_open":
            target = str(part.attrs.get("href", ""))
            dropped = not re.match(r"https?://", target)
            if (page := target.partition("#")[0]) in there:
                part.attrs["href"], dropped = f"#{anchor(page)}", False
        if part.type in ("link_open", "link_close") and dropped:
            part.type, part.tag, part.nesting, part.attrs = "text", "", 0, {}
