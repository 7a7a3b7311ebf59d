"""The page of features: each number once, each with a test that there is."""

import ast
import re
import shlex
from functools import cache
from pathlib import Path

import pytest
from flask import Flask

from tests.repo.test_docs import unknown
from web.pages import PAGES

ROOT = Path(__file__).resolve().parents[2]
ROWS = re.findall(
    r"^\| ([CFW]\d+) \| (.+?) \| (.+?) \| (.+?) \|$", (ROOT / "docs/features.md").read_text(), re.MULTILINE
)
TESTS = [(number, test) for number, _, _, tests in ROWS for test in re.findall(r"`([^`]+)`", tests)]
PLACES = [(number, place) for number, _, where, _ in ROWS for place in re.findall(r"`([^`]+)`", where)]
SHOWN = [(number, place) for number, place in PLACES if re.match(r"/|(GET|POST|PUT) /", place)]
TYPED = [(number, place) for number, place in PLACES if place.startswith("voronka ")]
OUTSIDE = {"/health", "/api/v1"}
"""What no page of ours answers under this very address."""
LAST = {"C": 11, "F": 193, "W": 99}
BOARDS = {*range(1, 71), *range(92, 106), *range(117, 121), *range(129, 133), 160, 185, *range(187, 194)}
"""Everything about sales plans, boards and reports: none of these numbers may be missing, or there in part only."""


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


def test_nothing_about_boards_is_missing_or_there_in_part():
    whole = {int(number[1:]) for number, what, *_ in ROWS if number[0] == "F" and not what.startswith("Partly")}

    assert BOARDS - whole == set()


@pytest.mark.parametrize(("number", "test"), TESTS)
def test_a_named_test_exists(number, test):
    path, _, name = test.partition("::")

    assert name.startswith("test_") or "::test_" in name
    assert name in collected(ROOT / path)


@cache
def addresses():
    """All addresses of the pages; no database is behind them."""
    app = Flask("features")
    for page in PAGES:
        app.register_blueprint(page)
    return app.url_map.bind("localhost")


@pytest.mark.parametrize(("number", "place"), SHOWN)
def test_a_page_that_a_row_names_exists(number, place):
    method, _, address = place.rpartition(" ")
    path = address.partition("?")[0].replace("PLAN", "sales").replace("ID", "1")

    assert path in OUTSIDE or addresses().test(path, method or "GET")


@pytest.mark.parametrize(("number", "command"), TYPED)
def test_a_command_that_a_row_names_exists(number, command):
    assert unknown(shlex.split(command)[1:]) is None
