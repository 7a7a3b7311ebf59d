"""The command line, run as a person runs it: in a folder of its own, with nothing of the outside in its environment."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.servers import child


class CommandLine:
    """Runs ``voronka`` as a process of its own, born by the nursery; ``started_by_python`` starts it as a shell does."""

    def __init__(self, folder, nursery):
        self.folder = folder
        self.nursery = nursery
        outside = {
            name: value for name, value in os.environ.items() if not name.startswith(("VORONKA_", "LC_", "LANG"))
        }
        self.environment = {
            **outside, "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT), "COLUMNS": "100", "SERVE": "0",
        }  # fmt: skip

    def start(self, *words, **environment):
        """Start it, and return the process."""
        surroundings = {**self.environment, **environment}
        return self.nursery.start("voronka", *words, folder=self.folder, environment=surroundings, pipes=True)

    def __call__(self, *words, given="", status=0, **environment):
        """Run it to its end, see that it ended with a status, and return what it said on both outputs."""
        surroundings = {**self.environment, **environment}
        done = self.nursery.run("voronka", *words, folder=self.folder, environment=surroundings, given=given)
        return seen(done, status)

    def started_by_python(self, *words, given="", status=0, **environment):
        """The same, with an interpreter of its own."""
        done = subprocess.run(
            [sys.executable, "-m", "voronka", *words],
            cwd=self.folder,
            env={**self.environment, **environment},
            input=given,
            capture_output=True,
            text=True,
            timeout=120,
        )
        return seen(done, status)


def seen(done, status):
    assert done.returncode == status, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture
def voronka(tmp_path, nursery):
    """The command line in an empty folder."""
    return CommandLine(tmp_path, nursery)


@pytest.fixture(scope="session")
def made_demo(tmp_path_factory, nursery):
    """The command line in a folder where the sample company was made, to be copied; ``made`` is what that printed."""
    line = CommandLine(tmp_path_factory.mktemp("made_demo"), nursery)
    line.made = line("demo")
    return line


@pytest.fixture(scope="module")
def demo(made_demo, tmp_path_factory):
    """The command line in a folder with the sample company, which the tests of one module share."""
    return copied(made_demo, tmp_path_factory.mktemp("demo"))


def copied(line, folder):
    """Return the command line in a copy of its folder."""
    shutil.copytree(line.folder, folder, dirs_exist_ok=True)
    copy = CommandLine(folder, line.nursery)
    copy.made = getattr(line, "made", None)
    return copy


@pytest.fixture
def free_port():
    """A port that nobody listens on."""
    return child.free_port()
