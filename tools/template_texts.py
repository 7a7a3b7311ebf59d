"""The texts of templates of funnels and plans, for the catalogues of translations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

from funnels.gallery.texts import texts
from funnels.plain_yaml import load


def texts_of(
    file: IO[bytes], _keywords: object, _comment_tags: object, options: object
) -> Iterator[tuple[int, str, str, list[str]]]:
    """Yield the texts of a template's file as babel takes them: line, function, text, comments.  There are no ``options``."""
    del options
    plain: Any = load(file.read().decode()).value
    for text in texts(plain):
        yield 1, "_", text, []
