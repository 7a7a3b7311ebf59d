"""Words in parts of three letters, as numbers: a text holds a word only where it has all the word's parts.

Made by Python, as the folded texts are: PostgreSQL's own ``pg_trgm`` is an extension that not everybody may create, and knows
no Cyrillic letters in the ``C`` locale.  Two parts may share a number; what has the parts is read and compared anyway.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

LEAST: Final = 3
"""Letters of the shortest word that has parts inside; how a shorter one begins is a part too."""
_SHORTEST: Final = 2
_WORDS, _LETTERS = 2, 10
_BASE: Final = 8191
_KINDS: Final = 61
_PARTS: Final = 8
_BITS: Final = 0x7FFFFFFF


def grams_of(kind: int, *texts: Iterable[str | None]) -> tuple[int, ...]:
    """Return the parts of all words of some folded texts, in order, as numbers that tell kinds of records apart.

    Texts of different sorts are given one after the other: what stands in one sort is not found by asking for another.
    """
    found: set[int] = set()
    for sort, several in enumerate(texts):
        for text in several:
            if text:
                for word in text.split():
                    found.update(_parts(kind + _PARTS * sort, f" {word}"))
    return tuple(sorted(found))


def wanted_grams(kind: int, words: Iterable[str], sort: int = 0) -> tuple[int, ...]:
    """Return parts that a text of a sort must have to hold all of these words; empty where all of them are too short.

    Those of the ends of the longest words: a few find few records, and each more is another long list to go through.  How phones
    begin and how addresses end is the same for most.
    """
    # A country's code stands in all phones, so there it is the last to be asked for.
    longest = sorted(set(words), key=lambda word: (not sort or word[:1] != "+", len(word), word), reverse=True)[:_WORDS]
    if sort and len(longest) > 1 and longest[-1].startswith("+") and len(longest[0]) >= LEAST:
        longest.pop()
    ends = (_told_apart(word)[-_LETTERS:] for word in longest)
    return tuple(sorted({part for end in ends for part in _parts(kind + _PARTS * sort, end)}))


def beginnings(kind: int, words: Iterable[str], sort: int = 0) -> tuple[int, ...]:
    """Return parts that a text of a sort must have where each of these words begins one of its own; of single letters none."""
    starts = (f" {word[:_SHORTEST]}" for word in words if len(word) >= _SHORTEST)
    return tuple(sorted({part for start in starts for part in _parts(kind + _PARTS * sort, start)}))


def _told_apart(word: str) -> str:
    """Return what tells a word from others of its kind: of an address what stands before its domain."""
    name = word.partition("@")[0]
    return name if len(name) >= LEAST else word


@lru_cache(maxsize=65_536)
def _parts(kind: int, word: str) -> frozenset[int]:
    letters = [ord(letter) for letter in word]
    return frozenset(
        (((first * _BASE + second) * _BASE + third) * _KINDS + kind) & _BITS
        for first, second, third in zip(letters, letters[1:], letters[2:], strict=False)
    )
