"""JSON from strangers: only what JSON can say and a database can keep."""

from __future__ import annotations

import json
from typing import Any, NoReturn


class NotJsonError(ValueError):
    """A body that is not JSON, or holds infinite numbers, halves of characters, or more depth or digits than anybody needs."""


def read_json(raw: bytes) -> Any:
    """Return a body as JSON has it.

    Raises:
        NotJsonError: it is none.
    """
    try:
        found = json.loads(raw, parse_constant=_refuse)
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise NotJsonError from None
    return found


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)
