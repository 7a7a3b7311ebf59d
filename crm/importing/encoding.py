"""Which encoding a file is written in, judged from its first bytes that are not ASCII.

Unicode is recognised by its byte order mark or because the bytes are valid UTF-8.  Older one-byte encodings accept any
bytes, so each candidate is scored by how much its reading looks like words.
"""

from __future__ import annotations

import codecs
import re
from typing import Final

BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

_CYRILLIC: Final = ("cp1251", "koi8-u", "cp866", "iso8859-5", "mac-cyrillic")
_LATIN: Final = ("cp1252", "cp1250")
_BLOCKS: Final = frozenset({0x00, 0x01, 0x04, 0x20})
_JUDGED_BYTES: Final = 65_536

# How often a letter occurs in Russian and Ukrainian text, roughly, in percent.  Rarer letters count 0.5.
_COMMON: Final = dict.fromkeys("оаеинт", 8.0) | dict.fromkeys("рслвкмпу", 4.0) | dict.fromkeys("дягьызбіїчйхє", 2.0)
_CYRILLIC_LETTER: Final = re.compile(r"[Ѐ-ӿ]")
_CASE_JUMP: Final = re.compile(r"[а-яёіїєґ][А-ЯЁІЇЄҐ]")
_MIXED: Final = re.compile(r"[A-Za-z][Ѐ-ӿ]|[Ѐ-ӿ][A-Za-z]")
_LATIN_INSIDE: Final = re.compile(r"(?<=[A-Za-z])[À-ÖØ-öø-ſ]|[À-ÖØ-öø-ſ](?=[A-Za-z])")
_LATIN_RUN: Final = re.compile(r"[^\W\d_A-Za-z]{2}")
_ODD_SIGN: Final = re.compile(r"[^\w\s\x00-\x7f]|[¼½¾¹²³ªº]")
_USUAL_SIGN: Final = re.compile(r"[«»„“”‘’–—…№€©®™°§·•£]")


def bom(data: bytes) -> tuple[str, int] | None:
    """Return the encoding that a byte order mark tells, and the mark's length; ``None`` without a mark."""
    return next(((name, len(mark)) for mark, name in BOMS if data.startswith(mark)), None)


def utf16_without_bom(data: bytes) -> str | None:
    """Return the UTF-16 variant when nearly every second byte is the number of a block of Latin, Cyrillic or signs."""
    head = data[:4_096]
    if len(head) < 4 or 0 not in head:
        return None
    first, second = (sum(byte in _BLOCKS for byte in head[at::2]) / len(head[at::2]) for at in (0, 1))
    if second > 0.95 and first < 0.5:
        return "utf-16-le"
    if first > 0.95 and second < 0.5:
        return "utf-16-be"
    return None


def guess(data: bytes) -> str:
    """Return the most likely encoding of bytes that are not all ASCII; ``utf-8`` for bytes that are.

    The same bytes always give the same answer.  A few bad bytes in good UTF-8 leave it UTF-8: the rows they stand in
    are rejected, the others read.
    """
    start = max(0, _first_non_ascii(data) - 200)
    window = data[start : start + _JUDGED_BYTES]
    if window.isascii() or _is_mostly_utf8(window):
        return "utf-8"
    scores = {name: _cyrillic_score(window, name) for name in _CYRILLIC}
    scores |= {name: _latin_score(window, name) for name in _LATIN}
    return max(scores, key=lambda name: scores[name])


def _first_non_ascii(data: bytes) -> int:
    match = re.search(rb"[\x80-\xff]", data)
    return match.start() if match else len(data)


def _is_mostly_utf8(data: bytes) -> bool:
    text = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode(data)
    bad = len(re.findall(r"[\udc80-\udcff]", text))
    good = len(re.findall(r"[^\x00-\x7f\udc80-\udcff]", text))
    return good > 4 * bad


def _cyrillic_score(data: bytes, name: str) -> float:
    text = data.decode(name, "replace")
    letters = _CYRILLIC_LETTER.findall(text)
    score = sum(_COMMON.get(letter, 0.5) for letter in letters)
    return score - 12.0 * (len(_CASE_JUMP.findall(text)) + len(_MIXED.findall(text))) - _penalty(text)


def _latin_score(data: bytes, name: str) -> float:
    text = data.decode(name, "replace")
    return 6.0 * len(_LATIN_INSIDE.findall(text)) - 8.0 * len(_LATIN_RUN.findall(text)) - _penalty(text)


def _penalty(text: str) -> float:
    odd = len(_ODD_SIGN.findall(text)) - len(_USUAL_SIGN.findall(text))
    return 10.0 * odd + 20.0 * len(re.findall(r"[\x80-\x9f�]", text))
