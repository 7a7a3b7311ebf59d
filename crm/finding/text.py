"""A text to search for, as a part of a condition: every word must be somewhere, a phone is found in any spelling."""

from __future__ import annotations

import re
from typing import Any, Final

from crm.conditions.fields import Subject
from crm.directory import Directory
from crm.fields.columns import home_region
from crm.finding.wanted import LONGEST_TEXT
from crm.people.identity import normalise_phone

Plain = dict[str, Any]

_MOST_WORDS: Final = 6
_LEAST_DIGITS: Final = 4
_NO_DIGITS: Final = re.compile(r"\D+")
_PHONE_LIKE: Final = re.compile(r"[-+()/.\d\s\u00a0\u202f‑–]+")


def folded(text: str) -> str:
    """Return a text as it is looked for: spaces once, case-folded, not too long."""
    return " ".join(text.replace("\x00", "").split())[:LONGEST_TEXT].strip().casefold()


def text_part(subject: Subject, text: str, settings: Directory | None) -> Plain | None:
    """Return the condition that a text is found in a record; ``None`` for a text without a word.

    ``settings`` say in which country the phones of the company are dialled.
    """
    region = home_region(settings) if settings is not None else None
    words = folded(text).split()[:_MOST_WORDS]
    if not words:
        return None
    field = f"{subject}.text"
    if len(words) == 1:
        return _any([_contains(field, one) for one in _spellings(words[0], region)])
    each = [_any([_contains(field, one) for one in _spellings(word, None)]) for word in words]
    said = {"op": "all", "of": each}
    whole = folded(text)
    if not _is_phone(whole):
        return said
    return {"op": "any", "of": [said, *(_contains(field, one) for one in _spellings(whole, region)[1:])]}


def text_of(subject: Subject, part: Plain) -> str | None:
    """Return the text that became this part of a condition, as far as its words go; ``None`` where none did."""
    match part:
        case {"op": "contains", "field": str(field), "value": str(value)} if field == f"{subject}.text":
            return value
        case {"op": "any", "of": [first, *_]}:
            return text_of(subject, first)
        case {"op": "all", "of": [*several]} if several:
            words = [text_of(subject, one) for one in several]
            return None if None in words else " ".join(word for word in words if word is not None)
        case _:
            return None


def _spellings(word: str, region: str | None) -> list[str]:
    """Return a word, and what else it may be written as: the digits of a phone, and the phone as it is kept."""
    found = [word]
    if _is_phone(word):
        found.append(_NO_DIGITS.sub("", word).lstrip("0"))
        phone = normalise_phone(word, region)
        if phone is not None:
            found.append(phone)
    return [one for one in dict.fromkeys(found) if one]


def _is_phone(text: str) -> bool:
    digits = _NO_DIGITS.sub("", text).lstrip("0")
    return len(digits) >= _LEAST_DIGITS and _PHONE_LIKE.fullmatch(text) is not None


def _contains(field: str, value: str) -> Plain:
    return {"op": "contains", "field": field, "value": value}


def _any(parts: list[Plain]) -> Plain:
    return parts[0] if len(parts) == 1 else {"op": "any", "of": parts}
