"""The pure packages are tried whole by their own tests, without luck in the draw of examples."""

import os
import subprocess
import sys

import pytest

from tests.repo.test_rules import ROOT


@pytest.mark.first
@pytest.mark.timeout(600)
@pytest.mark.parametrize("package", ["engine", "blocks"])
def test_every_branch_of_a_pure_package_is_tried(package, tmp_path):
    tests = ROOT / "tests" / package
    options = ["-q", "-p", "no:randomly", "-p", "no:xdist", "-p", "no:cacheprovider"]
    coverage = [f"--cov={package}", "--cov-branch", "--cov-fail-under=100", "--cov-report=term-missing:skip-covered"]
    here = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}

    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *coverage, tests],
        cwd=ROOT,
        env={**here, "COVERAGE_FILE": str(tmp_path / "coverage"), "VORONKA_EXAMPLES": "few"},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stdout + done.stderr
