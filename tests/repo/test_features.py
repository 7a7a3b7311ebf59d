"""The page of features: each number once, each with a test that there is."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROWS = re.findall(
    r"^\| ([CFW]\d+) \| (.+?) \| (.+?) \| (.+?) \|$", (ROOT / "docs/features.md").read_text(), re.MULTILINE
)
TESTS = [(number, test) for number, _, _, tests in ROWS for test in re.findall(r"`([^`]+)`", tests)]
LAST = {"C": 11, "F": 193, "W": 99}


@cache
def collected(path):
    """The names that pytest collects from a file."""
    if not (path.is_file() and path.name.startswith("test_")):
        return frozenset()
    tree = ast.parse(path.read_text())
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name.startswith("Test")]
    found = [("", node) for node in tree.body] + [(f"{one.name}::", node) for one in classes for node in one.body]
    return frozenset(
        f"{prefix}{node.name}"
        for prefix, node in found
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )


def test_every_row_is_read():
    lines = [line for line in (ROOT / "docs/features.md").read_text().splitlines() if re.match(r"\| [A-Z]\d", line)]

    assert len(ROWS) == len(lines) > 50


def test_every_number_is_there_once_and_in_order():
    numbers = [(number[0], int(number[1:])) for number, *_ in ROWS]

    assert numbers == sorted(set(numbers))
    assert all(1 <= number <= LAST[kind] for kind, number in numbers)


def test_every_row_names_a_test():
    assert {number for number, _ in TESTS} == {number for number, *_ in ROWS}


@pytest.mark.parametrize(("number", "test"), TESTS)
def test_a_named_test_exists(number, test):
    path, _, name = test.partition("::")

    assert name.startswith("test_") or "::test_" in name
    assert name in collected(ROOT / path)
