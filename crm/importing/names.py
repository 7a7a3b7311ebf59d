"""A person's whole name into its parts."""

from __future__ import annotations

import re
from typing import Final

# Patronymics end so: Иванович, Ильич, Петровна, Ильинична, Петрівна, Іллівна.
_PATRONYMIC: Final = re.compile(r".{2,}(?:вич|ьич|мич|вна|чна|івна|ївна)", re.IGNORECASE)


def split_name(name: str) -> tuple[str | None, str | None, str | None]:
    """Return first, middle and last name.

    ``Петров Иван Ильич`` and ``Иван Ильич Петров`` are told apart by the patronymic, ``Lee, Ann`` by the comma; of two
    words the first is the first name.  What fits none of these stays whole, as a first name.
    """
    before, comma, after = name.partition(",")
    if comma and before.strip() and after.strip() and "," not in after:
        first, _, middle = after.strip().partition(" ")
        return first, middle.strip() or None, before.strip()
    match name.split():
        case [first, last]:
            return first, None, last
        case [last, first, middle] if _PATRONYMIC.fullmatch(middle):
            return first, middle, last
        case [first, middle, last] if _PATRONYMIC.fullmatch(middle):
            return first, middle, last
        case words:
            return " ".join(words) or None, None, None
