"""Templates are compiled per language, with their own texts in it."""

import pytest
from flask import g, render_template
from jinja2 import ChoiceLoader, DictLoader

from web.visit import Visit

TEXTS = {
    "words.html": '{{ _("Search") }}|{{ _("No. {number}", number=n) }}|{{ icon("x", _("Close")) }}|{{ _(name) }}|'
    '{% include "spoken/inner.html" %}',
    "spoken/inner.html": "<{{ _('Filter') }}>",
    "frame.html": '{{ still("spoken/inner.html") }}',
}
SAID = {
    "en": ("Search", "No. 7", "Close", "Save", "<Filter>"),
    "uk": ("Пошук", "№ 7", "Закрити", "Зберегти", "<Фільтр>"),
    "ru": ("Поиск", "№ 7", "Закрыть", "Сохранить", "<Фильтр>"),
}


@pytest.fixture
def drawn(small_house):
    """A function that draws one of the templates above in a language."""
    app = small_house.app
    app.jinja_loader = ChoiceLoader([DictLoader(TEXTS), app.jinja_loader])

    def draw(template, language, **values):
        with app.test_request_context("/"):
            g.visit = Visit(None, None, None, language)
            return render_template(template, **values)

    return draw


def test_each_language_has_its_own(drawn):
    for language in ("uk", "en", "ru", "uk"):
        search, number, close, name, inner = drawn("words.html", language, n=7, name="Save").split("|")
        assert (search, number, name, inner) == (*SAID[language][:2], *SAID[language][3:])
        assert f'aria-label="{SAID[language][2]}"' in close
        assert "&lt;svg" not in close


def test_what_is_the_same_for_everybody_is_drawn_once_per_language(drawn):
    for language in ("uk", "en", "uk"):
        assert drawn("frame.html", language) == SAID[language][4]
