"""Texts that people read, marked where they are written and translated where they are shown.

Blocks, checks and errors say what they mean in English through ``_l``.  Nothing is looked up here: the shell that
knows the reader's language does that.  See ``docs/translations.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Self


class LazyText(str):
    """An English text that remembers how to become another language.

    It *is* its English text, so it goes wherever a ``str`` goes: titles of settings, JSON Schema, logs, terminals.
    Two texts are equal when their English is equal.

    Attributes:
        msgid: the text as marked, with ``{name}`` for each value; the key in the catalogues.
        plural: the English plural form, or ``None`` for a text without a number.
        number: what chooses the form; ``None`` exactly when ``plural`` is.
        params: the values for the ``{name}`` places; they may be ``LazyText`` themselves.
    """

    __slots__ = ("msgid", "number", "params", "plural")

    msgid: str
    plural: str | None
    number: int | None
    params: Mapping[str, object]

    def __new__(
        cls,
        msgid: str,
        plural: str | None = None,
        number: int | None = None,
        params: Mapping[str, object] | None = None,
    ) -> Self:
        """Make the text.

        Raises:
            ValueError: one of ``plural`` and ``number`` is given without the other.
            KeyError: the text has a ``{name}`` that ``params`` lacks.
        """
        if (plural is None) != (number is None):
            raise ValueError("a plural form and its number go together")
        values = dict(params or {})
        english = msgid if plural is None or number == 1 else plural
        text = super().__new__(cls, fill(english, values))
        fixed = {"msgid": msgid, "plural": plural, "number": number, "params": MappingProxyType(values)}
        for name, value in fixed.items():
            object.__setattr__(text, name, value)
        return text

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse: a text never changes."""
        raise AttributeError(f"a text never changes, so {name} cannot be set")

    def __delattr__(self, name: str) -> None:
        """Refuse: a text never changes."""
        raise AttributeError(f"a text never changes, so {name} cannot be removed")

    def __reduce__(self) -> tuple[type[Self], tuple[Any, ...]]:
        """Copy and pickle by the parts, so that a copy can still be translated."""
        return type(self), (self.msgid, self.plural, self.number, dict(self.params))


def packed(text: str) -> list[Any] | str:
    """Return a text as JSON that keeps its parts, for what is stored now and shown later; a text that is not marked is itself."""
    if not isinstance(text, LazyText):
        return str(text)
    params = {name: _packed_value(value) for name, value in text.params.items()}
    return [text.msgid, text.plural, text.number, params]


def _packed_value(value: object) -> object:
    if isinstance(value, LazyText):
        return {"text": packed(value)}
    return value if isinstance(value, (bool, int, float)) else str(value)


def unpacked(kept: object) -> str:
    """Return the text of ``packed``."""
    if not isinstance(kept, list):
        return str(kept)
    msgid, plural, number, params = kept
    values = {name: unpacked(value["text"]) if isinstance(value, dict) else value for name, value in params.items()}
    return LazyText(msgid, plural, number, values)


def fill(text: str, params: Mapping[str, object]) -> str:
    """Put values into the ``{name}`` places of a text.

    A text without values is returned as it is, so braces need no doubling there.

    Raises:
        KeyError: a ``{name}`` that ``params`` lacks.
    """
    return text.format_map(params) if params else text


def _l(msgid: str, /, **params: object) -> LazyText:
    """Mark a text for translation: ``_l("No stage {stage}", stage=7)``."""
    return LazyText(msgid, params=params)


def _ln(singular: str, plural: str, count: int, /, **params: object) -> LazyText:
    """Mark a text with a number: ``_ln("{count} lead", "{count} leads", 3)``.

    ``{count}`` is filled by itself.
    """
    return LazyText(singular, plural, count, {"count": count, **params})
