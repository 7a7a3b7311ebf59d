"""Settings: environment before file before what is shipped."""

from datetime import timedelta
from pathlib import Path

import pytest

from voronka.settings import Settings, read_settings
from voronka.settings_file import SettingsError


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"VORONKA_{name.upper()}", raising=False)
    monkeypatch.delenv("VORONKA_CONFIG", raising=False)


def test_without_settings_the_database_lies_in_the_working_folder(tmp_path):
    assert read_settings().database == f"sqlite:///{tmp_path}/var/voronka.db"


def test_the_sample_company_has_a_database_of_its_own(tmp_path):
    assert read_settings(demo=True).database == f"sqlite:///{tmp_path}/var/demo/voronka.db"


def test_what_is_given_beats_the_environment_beats_the_file(monkeypatch):
    Path("voronka.toml").write_text('port = 1\nhost = "a"\ndata_dir = "d"\n')
    monkeypatch.setenv("VORONKA_PORT", "2")
    monkeypatch.setenv("VORONKA_HOST", "b")

    settings = read_settings(port=3)

    assert (settings.port, settings.host, settings.data_dir) == (3, "b", Path("d"))


def test_another_file_may_be_named(monkeypatch):
    Path("other.toml").write_text("clock_shift = 3600\n")
    monkeypatch.setenv("VORONKA_CONFIG", "other.toml")

    assert read_settings().clock_shift == timedelta(hours=1)


def test_a_named_file_must_be_there(monkeypatch):
    monkeypatch.setenv("VORONKA_CONFIG", "other.toml")

    with pytest.raises(SettingsError, match=r"other\.toml"):
        read_settings()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("port = 'x'", "VORONKA_PORT: a whole number is expected"),
        ("port = 70000", "VORONKA_PORT: at most 65535 is expected"),
        ("prot = 1", "prot: there is no such setting"),
        ("log_level = 'loud'", "VORONKA_LOG_LEVEL: one of these is expected"),
        ("port = ", "is no TOML file"),
        ("port = true", "VORONKA_PORT: a number is expected"),
        ("threads = false", "VORONKA_THREADS: a number is expected"),
        ("data_dir = 5", "VORONKA_DATA_DIR: a path is expected, in quotes"),
        ("clock_shift = 'a'", "VORONKA_CLOCK_SHIFT: a number of seconds is expected"),
        ("clock_shift = []", "VORONKA_CLOCK_SHIFT: a number of seconds is expected"),
    ],
)
def test_a_wrong_setting_is_named(text, said):
    Path("voronka.toml").write_text(text)

    with pytest.raises(SettingsError) as caught:
        read_settings()

    assert said in "\n".join(map(str, caught.value.args))


def test_a_file_that_is_not_utf_8_is_said():
    Path("voronka.toml").write_bytes('host = "здесь"'.encode("cp1251"))

    with pytest.raises(SettingsError, match=r"voronka\.toml is not UTF-8 text: save it anew"):
        read_settings()


@pytest.mark.parametrize("name", ["voronka.toml", "other"])
def test_a_folder_in_its_place_is_said(monkeypatch, name):
    Path(name).mkdir()
    monkeypatch.setenv("VORONKA_CONFIG", name if name == "other" else "")

    with pytest.raises(SettingsError, match=f"{name} is a folder"):
        read_settings()


def test_secrets_are_not_shown():
    assert "hush" not in repr(read_settings(secret_key="hush"))
