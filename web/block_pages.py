"""The pages about blocks, as the documentation has them, for the panel of the editor."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from markupsafe import Markup, escape

_HERE: Final = Path(__file__).resolve().parent
_FOLDERS: Final = (_HERE / "block_texts", _HERE.parent / "docs" / "blocks")
"""In an installed package, and in a checkout."""
_SPAN: Final = re.compile(
    r"`(?P<code>[^`]+)`|\*\*(?P<strong>[^*]+)\*\*|\*(?P<em>[^*]+)\*|\[(?P<link>(?:`[^`]*`|[^\]])+)\]\([^)]*\)"
)

_MARKS: Final = {
    "code": Markup("<code>{}</code>"),
    "strong": Markup("<strong>{}</strong>"),
    "em": Markup("<em>{}</em>"),
    "link": Markup("{}"),
}


@cache
def page_of(key: str) -> str | None:
    """Return the page about a block as HTML, without its title; ``None`` where there is none."""
    for folder in _FOLDERS:
        path = folder / f"{key}.md"
        if path.is_file():
            return html_of(path.read_text("utf-8"))
    return None


def html_of(text: str) -> Markup:
    """Return a page as HTML: headings, paragraphs, lists, tables and examples are all that such pages have.

    The title and the line under it, which the panel shows already, are left out; links lead nowhere from there, so that only
    their words stay.
    """
    return Markup("\n").join(_parts(text.split("\n")))


def _parts(lines: list[str]) -> Iterator[Markup]:
    place = 0
    while place < len(lines):
        line = lines[place]
        end = place + 1
        if line.startswith("```"):
            while end < len(lines) and not lines[end].startswith("```"):
                end += 1
            yield Markup('<pre tabindex="0"><code>{}</code></pre>').format("\n".join(lines[place + 1 : end]))
            end += 1
        elif line.startswith("|"):
            while end < len(lines) and lines[end].startswith("|"):
                end += 1
            yield _table(lines[place:end])
        elif line.startswith("- "):
            while end < len(lines) and (lines[end].startswith(("- ", "  ")) and lines[end].strip()):
                end += 1
            yield _list(lines[place:end])
        elif line.startswith("## "):
            yield Markup("<h3>{}</h3>").format(_spans(line[3:]))
        elif line.strip() and not line.startswith("# ") and not (line.startswith("`") and " · " in line and place < 4):
            while end < len(lines) and lines[end].strip() and not lines[end].startswith(("|", "- ", "#", "```")):
                end += 1
            yield Markup("<p>{}</p>").format(_spans(" ".join(lines[place:end])))
        place = end


def _table(lines: list[str]) -> Markup:
    """Return a table of names and meanings as a list of them."""
    rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))] for line in lines[2:]]
    items = (
        Markup("<dt>{}</dt><dd>{}</dd>").format(_spans(name), _spans(" ".join(rest).replace("\\|", "|")))
        for name, *rest in rows
    )
    return Markup("<dl>{}</dl>").format(Markup("").join(items))


def _list(lines: list[str]) -> Markup:
    items: list[str] = []
    for line in lines:
        if line.startswith("- "):
            items.append(line[2:])
        else:
            items[-1] += " " + line.strip()
    return Markup("<ul>{}</ul>").format(Markup("").join(Markup("<li>{}</li>").format(_spans(one)) for one in items))


def _spans(text: str) -> Markup:
    """Return a line with its code, stresses and links."""
    found = Markup("")
    last = 0
    for match in _SPAN.finditer(text):
        found += escape(text[last : match.start()])
        last = match.end()
        kind = str(match.lastgroup)
        inside = match[kind]
        found += _MARKS[kind].format(inside if kind == "code" else _spans(inside))
    return found + escape(text[last:])
