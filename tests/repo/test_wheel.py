"""What is installed is the program, whole, and nothing else."""

import subprocess
import sys
from zipfile import ZipFile

import pytest

from tests.repo.test_rules import PACKAGES, ROOT
from voronka.i18n import LANGUAGES


@pytest.fixture(scope="module")
def contents(tmp_path_factory):
    """The names of the files in a wheel that is built from what is installed, without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    program = "import os, sys; from hatchling.build import build_wheel; os.chdir(sys.argv[1]); build_wheel(sys.argv[2])"
    subprocess.run([sys.executable, "-c", program, ROOT, folder], check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with ZipFile(wheel) as archive:
        return archive.namelist()


def test_only_the_program_is_in_it(contents):
    top = {name.partition("/")[0] for name in contents}

    assert {name for name in top if not name.endswith(".dist-info")} == {*PACKAGES, "voronka_error.py"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_speaks_every_language(contents, language):
    assert f"voronka/locales/{language}/LC_MESSAGES/voronka.mo" in contents


def test_it_can_migrate_a_database(contents):
    assert any(name.startswith("db/migrations/versions/") for name in contents)
    assert "db/migrations/script.py.mako" in contents


def test_it_has_the_sample_company(contents):
    assert {"voronka/demo/leads.csv", "voronka/demo/leads.map.yaml", "voronka/demo/new-leads.yaml"} <= set(contents)
