"""The page of guarantees names tests that there are."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def named():
    """File and name of each test on the page; a name without its file stands after one of the same file."""
    page = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
    file = ""
    for path, name in re.findall(r"`(?:(tests/[\w/]+\.py)::)?(test_\w+)`", page):
        file = path or file
        yield file, name


def test_each_guarantee_has_its_test():
    missing = [
        f"{file}::{name}" for file, name in named() if f"def {name}(" not in (ROOT / file).read_text(encoding="utf-8")
    ]

    assert missing == []
    assert len(list(named())) > 20
