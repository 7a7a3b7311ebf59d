"""The translations as the pages ask for them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from voronka import i18n


class _Languages:
    """Hands over to ``voronka.i18n``; see ``web.site.Languages``."""

    def translate(self, text: str, language: str) -> str:
        return i18n.translate(text, language)

    def gettext(self, text: str, language: str) -> str:
        return i18n.gettext(text, language)

    def ngettext(self, singular: str, plural: str, number: int, language: str) -> str:
        return i18n.ngettext(singular, plural, number, language)

    def best(self, wanted: Iterable[str]) -> str:
        return i18n.best_language(wanted)


LANGUAGES: Final = _Languages()
