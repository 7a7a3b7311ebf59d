"""Which texts of a template people read: those are translated, keys and ids are not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

TEXTS: Final = frozenset(
    {
        "name", "title", "note", "about", "text", "subject", "label", "deal_title", "chat_label", "exit_fact", "intro",
        "button", "thanks",
    }
)  # fmt: skip
"""Settings whose values are texts for people."""
WORDS: Final = frozenset({"tags", "options"})
"""Settings that are lists of such texts."""
UNSAID: Final = frozenset({"given", "when"})
"""Parts of funnel tests, which stay as they are written."""
_PROSE: Final = frozenset({"about", "note"})

Say = Callable[[str], str]
"""Gives a text in the language of whoever reads it."""


def in_words(plain: Any, say: Say) -> Any:
    """Return a plain value with all its texts as ``say`` gives them."""
    match plain:
        case dict():
            return {name: _value(str(name), value, say) for name, value in plain.items()}
        case list():
            return [in_words(item, say) for item in plain]
        case _:
            return plain


def texts(plain: Any) -> Iterator[str]:
    """Yield the texts of a plain value, as they are to be translated."""
    found: list[str] = []

    def keep(text: str) -> str:
        found.append(text)
        return text

    in_words(plain, keep)
    yield from found


def _value(name: str, value: Any, say: Say) -> Any:
    if name in UNSAID:
        return value
    if name in TEXTS and isinstance(value, str):
        return say(_tidy(name, value))
    if name in WORDS and isinstance(value, list):
        return [say(item) if isinstance(item, str) else item for item in value]
    return in_words(value, say)


def _tidy(name: str, text: str) -> str:
    """Return a text as it is shown: without spaces around it, and prose without the line breaks of its file."""
    if name not in _PROSE:
        return text.strip()
    return "\n\n".join(" ".join(part.split()) for part in text.strip().split("\n\n"))
