"""The rules that keep the repository readable and honest."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
SHIPPED = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]
PACKAGES = [name for name in SHIPPED if not name.endswith(".py")]
OURS = {*(name.removesuffix(".py") for name in SHIPPED), "tests", "benchmarks", "tools", "hatch_build"}
TEXTS = {".py", ".ts", ".tsx", ".html", ".css", ".md", ".toml", ".yml", ".yaml", ".sh", ".txt", ".mako"}
LONGEST = 500
# Machine-made, so nobody reads them from top to bottom.
UNLIMITED = {"package-lock.json", "voronka.po", "voronka.pot"}


def tracked():
    """Every file of the repository that is there, as a path below the root."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True
    )
    if listed.returncode == 0:
        names = listed.stdout.splitlines()
    else:  # an unpacked archive
        names = [str(path.relative_to(ROOT)) for name in OURS for path in (ROOT / name).rglob("*")]
    return [Path(name) for name in sorted(set(names)) if (ROOT / name).is_file()]


FILES = tracked()
MODULES = [path for path in FILES if path.suffix == ".py" and path.parts[0] in SHIPPED]


def run(*command):
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_file_is_too_long_to_read():
    lengths = {
        str(path): len((ROOT / path).read_text(errors="replace").splitlines())
        for path in FILES
        if path.suffix in TEXTS and path.name not in UNLIMITED
    }

    assert {path: lines for path, lines in lengths.items() if lines > LONGEST} == {}


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_says_what_lives_there(package):
    said = ast.get_docstring(ast.parse((ROOT / package / "__init__.py").read_text()))

    assert said
    assert "Import" in said or "imports" in said or "imported" in said or "wires" in said


def test_every_module_says_what_it_is():
    assert [str(path) for path in MODULES if not ast.get_docstring(ast.parse((ROOT / path).read_text()))] == []


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-test.lock"])
def test_locks_name_no_address_and_hash_everything(lock):
    text = (ROOT / lock).read_text()
    requirements = re.findall(r"^[a-z0-9][^\n]*==[^\n]*(?:\n    --hash[^\n]*)+", text, re.MULTILINE)

    assert not re.search(r"://|--(?:extra-)?index-url|--find-links|--trusted-host", text)
    assert len(requirements) == len(re.findall(r"^[^\s#]", text, re.MULTILINE))


def test_package_locks_name_no_registry():
    for path in FILES:
        if path.name == "package-lock.json":
            assert '"resolved"' not in (ROOT / path).read_text(), path


def test_no_code_of_others_lies_here():
    foreign = re.compile(r"\.min\.(?:js|css)$|(?:^|/)(?:node_modules|vendor|vendored|third_party)/|\.map$")

    assert [str(path) for path in FILES if foreign.search(path.as_posix())] == []


def test_the_licence_is_named_and_shown():
    assert PROJECT["project"]["license"] == "MIT"
    assert PROJECT["project"]["license-files"] == ["LICENSE"]
    assert (ROOT / "LICENSE").read_text().startswith("MIT License")


def test_no_dependency_takes_one_of_our_names():
    owners = {name: set(owners) - {"voronka"} for name, owners in packages_distributions().items() if name in OURS}

    assert {name: others for name, others in owners.items() if others} == {}


def test_the_pure_packages_never_read_a_clock():
    clocks = {"now", "utcnow", "today"}
    readings = [
        f"{path}:{call.lineno}"
        for path in MODULES
        if path.parts[0] in {"engine", "blocks"}
        for call in ast.walk(ast.parse((ROOT / path).read_text()))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in clocks
    ]

    assert readings == []


def test_the_table_of_imports_is_kept():
    run(Path(sys.executable).with_name("lint-imports"), "--no-cache")


def test_the_style_is_kept():
    run(sys.executable, "-m", "ruff", "check", "--no-cache", ".")
    run(sys.executable, "-m", "ruff", "format", "--check", "--no-cache", ".")


@pytest.mark.first
def test_the_types_hold():
    run(sys.executable, "-m", "mypy")
