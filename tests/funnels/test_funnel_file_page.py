import re
from pathlib import Path

import pytest

from blocks.catalogue import block_type
from engine.checks import check
from engine.document import FunnelDocument
from engine.robot import Robot, StageRobots
from funnels.reading import read_any, write, write_robots
from funnels.robots import check_robots
from tests.engine.checking import KNOWN

PAGE = (Path(__file__).parents[2] / "docs" / "funnel-file.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


class Example:
    """An installation with all that the page speaks of."""

    def has(self, kind, key, within=None):
        return kind == "tag" or KNOWN.has(kind, key, within)

    def has_left(self, user):
        return KNOWN.has_left(user)

    def field(self, path):
        return "text" if path == "lead.name" else KNOWN.field(path)


@pytest.mark.parametrize("text", EXAMPLES)
def test_an_example_of_the_page_can_be_published(text):
    document = read_any(text)

    if isinstance(document, FunnelDocument):
        assert [str(one) for one in check(document, block_type, Example())] == []
    else:
        assert check_robots(document, block_type, Example()) == ()


@pytest.mark.parametrize("text", EXAMPLES)
def test_an_example_of_the_page_is_written_as_pull_writes_it(text):
    document = read_any(text)

    assert (write(document) if isinstance(document, FunnelDocument) else write_robots(document)) == text


def test_the_page_names_every_setting_of_a_robot():
    table = PAGE.partition("## The robots of a stage")[2]

    missing = [
        name
        for name in Robot.model_fields
        if f"`{name}`" not in table and f"  - {name}:" not in table and f"    {name}:" not in table
    ]
    assert [name for name in missing if name not in ("title", "note", "id")] == []


def test_the_page_has_examples_of_both_files():
    assert {type(read_any(text)) for text in EXAMPLES} == {FunnelDocument, StageRobots}
