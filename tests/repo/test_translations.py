"""Every marked text can be read in every language."""

import ast

import pytest

from tools import messages
from voronka.i18n import LANGUAGES

ADVICE = "run `make messages`, translate what it names, and commit the catalogues"


@pytest.fixture(scope="module")
def marked():
    return messages.template()


def test_the_tools_and_the_program_speak_the_same_languages():
    assert messages.LANGUAGES == LANGUAGES


def test_the_template_holds_what_the_code_marks(marked):
    assert (messages.ROOT / messages.pot_path()).read_text() == messages.in_text(marked), ADVICE


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_is_up_to_date(marked, language):
    expected = messages.in_text(messages.updated(language, marked))

    assert (messages.ROOT / messages.po_path(language)).read_text() == expected, ADVICE


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_left_untranslated(marked, language):
    assert messages.problems(messages.updated(language, marked)) == [], ADVICE


def test_no_text_is_marked_inside_an_f_string():
    hidden = [
        f"{path.relative_to(messages.ROOT)}:{call.lineno}"
        for package in messages.PACKAGES
        for path in (messages.ROOT / package).rglob("*.py")
        for text in ast.walk(ast.parse(path.read_text()))
        if isinstance(text, ast.JoinedStr)
        for call in ast.walk(text)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in messages.KEYWORDS
    ]

    assert hidden == [], "Python 3.11 does not find it there: mark it outside"


def test_missing_translations_and_lost_names_are_found(marked):
    catalogue = messages.Catalog(locale="uk")
    catalogue.add("Wait")
    catalogue.add("Fine", "Гаразд")
    catalogue.add("{who} waits", "чекає")
    catalogue.add("{what} waits", "{whom} чекає")
    catalogue.add(("{count} lead", "{count} leads"), ("один лід", "{count} ліди", "{count} лідів"))
    catalogue.add(("{count} deal", "{count} deals"), ("{count} угода", "{count} угоди", ""))

    found = messages.problems(catalogue)

    assert found == [
        "uk: not translated: 'Wait'",
        "uk: names in braces are missing: '{who} waits'",
        "uk: names in braces differ: '{what} waits'",
        "uk: not translated: ('{count} deal', '{count} deals')",
    ]
