import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from engine.text import _l, _ln
from voronka import i18n


@pytest.fixture
def catalogue(tmp_path, monkeypatch):
    """A Ukrainian catalogue of three texts instead of the real ones."""
    ukrainian = Catalog(locale="uk")
    ukrainian.add("Wait", "Чекати")
    ukrainian.add("{who} waits", "{who} чекає")
    ukrainian.add(("{count} lead", "{count} leads"), ("{count} лід", "{count} ліди", "{count} лідів"))
    folder = tmp_path / "uk" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "voronka.mo").open("wb") as file:
        write_mo(file, ukrainian)
    monkeypatch.setattr(i18n, "LOCALES", tmp_path)
    i18n._catalogue.cache_clear()
    yield
    i18n._catalogue.cache_clear()


@pytest.mark.usefixtures("catalogue")
@pytest.mark.parametrize(
    ("text", "ukrainian"),
    [
        ("Wait", "Чекати"),
        (_l("Wait"), "Чекати"),
        (_l("{who} waits", who="Olha"), "Olha чекає"),
        (_l("{who} waits", who=_ln("{count} lead", "{count} leads", 3)), "3 ліди чекає"),
        (_ln("{count} lead", "{count} leads", 1), "1 лід"),
        (_ln("{count} lead", "{count} leads", 22), "22 ліди"),
        (_ln("{count} lead", "{count} leads", 5), "5 лідів"),
        ("Never marked", "Never marked"),
        ("", ""),
        (_l(""), ""),
    ],
)
def test_a_text_is_said_in_the_readers_language(text, ukrainian):
    assert i18n.translate(text, "uk") == ukrainian


@pytest.mark.usefixtures("catalogue")
def test_an_unknown_language_reads_english():
    assert i18n.translate(_ln("{count} lead", "{count} leads", 2), "tlh") == "2 leads"


@pytest.mark.parametrize(
    ("wanted", "best"),
    [(["uk"], "uk"), (["fr", "ru-RU", "en"], "ru"), (["UK_ua"], "uk"), (["fr"], "en"), ([], "en")],
)
def test_the_first_language_we_speak_is_chosen(wanted, best):
    assert i18n.best_language(wanted) == best
