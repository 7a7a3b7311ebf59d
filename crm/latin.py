"""Cyrillic in Latin letters, for keys and for search."""

from __future__ import annotations

import unicodedata
from typing import Final

_LETTERS: Final = str.maketrans(
    {
        "а": "a", "б": "b", "в": "v", "г": "g", "ґ": "g", "д": "d", "е": "e", "ё": "e", "є": "ye", "ж": "zh", "з": "z",
        "и": "i", "і": "i", "ї": "yi", "й": "y", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r",
        "с": "s", "т": "t", "у": "u", "ў": "u", "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch",
        "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu", "я": "ya", "ß": "ss", "ø": "o", "ł": "l", "æ": "ae",
        "'": "", "’": "", "ʼ": "",
    }
)  # fmt: skip


def latin(text: str) -> str:
    """Return a case-folded text in plain Latin letters: ``Отправлен на склад`` is ``otpravlen na sklad``.

    Accents are dropped.  Letters of other scripts stay as they are.
    """
    # Composed first: й and ї are letters of their own here, not и and і with a mark.
    folded = unicodedata.normalize("NFC", text).casefold().translate(_LETTERS)
    return "".join(letter for letter in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(letter))
