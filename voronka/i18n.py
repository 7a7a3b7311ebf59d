"""The languages of Voronka and the translation of marked texts into them."""

from __future__ import annotations

import gettext as catalogues
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path

from engine.text import LazyText, fill

LANGUAGES = ("en", "ru", "uk")
DEFAULT_LANGUAGE = "en"
LOCALES = Path(__file__).parent / "locales"


def translate(text: str, language: str) -> str:
    """Return a text in a language; what has no translation stays as it is.

    A ``LazyText`` is looked up as it was marked, and so are those among its values; a plain ``str`` is looked up as it
    stands.
    """
    if not isinstance(text, LazyText):
        return _catalogue(language).gettext(text) if text else text
    params = {
        name: translate(value, language) if isinstance(value, LazyText) else value
        for name, value in text.params.items()
    }
    if text.plural is not None and text.number is not None:
        return fill(ngettext(text.msgid, text.plural, text.number, language), params)
    return fill(_catalogue(language).gettext(text.msgid), params) if text.msgid else ""


@lru_cache(10_000)  # a page asks some hundred times
def gettext(text: str, language: str) -> str:
    """Return a text in a language, with its ``{names}`` unfilled."""
    return _catalogue(language).gettext(text) if text else ""


def ngettext(singular: str, plural: str, number: int, language: str) -> str:
    """Return the form of a text that a number asks for in a language, with its ``{names}`` unfilled."""
    return _catalogue(language).ngettext(singular, plural, number)


def best_language(wanted: Iterable[str]) -> str:
    """Return the first wanted language that we speak, else English.

    Args:
        wanted: codes such as ``uk`` or ``ru-RU``, the most wanted first.
    """
    for code in wanted:
        language = code.replace("_", "-").partition("-")[0].lower()
        if language in LANGUAGES:
            return language
    return DEFAULT_LANGUAGE


@cache
def _catalogue(language: str) -> catalogues.NullTranslations:
    """Load a language's catalogue once; an unknown language is English as marked."""
    if language not in LANGUAGES:
        return catalogues.NullTranslations()
    return catalogues.translation("voronka", LOCALES, [language], fallback=True)
