"""What a browser is called, in words for people, from what it calls itself."""

from __future__ import annotations

from typing import Final

from engine.text import LazyText, _l

_BROWSERS: Final = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("YaBrowser/", "Yandex Browser"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
UNKNOWN: Final = _l("Unknown browser")


def browser_in_words(agent: str) -> str | LazyText:
    """Return ``Firefox, Windows`` for what such a browser calls itself; its own first word where it is not known."""
    name = next((words for mark, words in _BROWSERS if mark in agent), None)
    system = next((words for mark, words in _SYSTEMS if mark in agent), None)
    if name is None:
        return agent.split("/")[0].strip()[:40] or UNKNOWN
    return f"{name}, {system}" if system else name
