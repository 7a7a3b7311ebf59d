"""Permanent keys of settings, made from their names."""

from __future__ import annotations

import re
from collections.abc import Container
from itertools import count
from typing import Final

from crm.errors import InvalidError
from crm.latin import latin
from engine.text import _l

LONGEST_KEY: Final = 48
_BREAK: Final = re.compile(r"[^a-z0-9]+")
_KEY: Final = re.compile(r"[a-z0-9][a-z0-9_-]*")


def new_key(name: str, taken: Container[str], *, wanted: str | None = None, otherwise: str = "item") -> str:
    """Return a key that is not taken: ``Отправлен на склад`` becomes ``otpravlen_na_sklad``, the next one ``..._2``.

    Args:
        name: what people call the thing.
        taken: keys that others have.
        wanted: the very key to use instead of one made from the name.
        otherwise: the key for a name without a single letter or digit that can be written in Latin.

    Raises:
        InvalidError: the wanted key is taken, or is no key.
    """
    if wanted is not None:
        if len(wanted) > LONGEST_KEY or not _KEY.fullmatch(wanted):
            raise InvalidError(
                _l("“{key}” cannot be a key: write small Latin letters, digits, _ or - (at most 48)", key=wanted)
            )
        if wanted in taken:
            raise InvalidError(_l("the key “{key}” is taken: choose another", key=wanted))
        return wanted
    base = _BREAK.sub("_", latin(name)).strip("_")[:LONGEST_KEY].strip("_") or otherwise
    if base not in taken:
        return base
    numbered = (f"{base[: LONGEST_KEY - 4]}_{number}" for number in count(2))
    return next(key for key in numbered if key not in taken)
