"""Translations reach the program by the build step."""

import gettext
import os

import pytest

from hatch_build import compile_catalogues

UKRAINIAN = """
msgid ""
msgstr "Content-Type: text/plain; charset=utf-8\\n"

msgid "Wait"
msgstr "Чекати"
"""


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "uk" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    path = folder / "voronka.po"
    path.write_text(UKRAINIAN)
    return path


def test_a_catalogue_is_compiled_beside_its_source(source, tmp_path):
    written = compile_catalogues(tmp_path)

    assert written == [source.with_suffix(".mo")]
    assert gettext.translation("voronka", tmp_path, ["uk"]).gettext("Wait") == "Чекати"


def test_nothing_is_written_where_nothing_changed(source, tmp_path):
    compile_catalogues(tmp_path)

    assert compile_catalogues(tmp_path) == []


def test_a_changed_translation_is_compiled_anew(source, tmp_path):
    (compiled,) = compile_catalogues(tmp_path)
    later = compiled.stat().st_mtime + 10
    os.utime(source, (later, later))

    assert compile_catalogues(tmp_path) == [compiled]
