"""A block is one file, one line in the catalogue, one test file and one page, and says all it must."""

import inspect
import json
import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from blocks.catalogue import CATALOG, block_type
from engine.block import Block, Trigger
from engine.document import Node
from engine.event import EVENT_KINDS
from engine.program import read_block
from engine.text import LazyText

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(path.stem for path in (ROOT / "blocks").glob("*.py") if "    key: ClassVar" in path.read_text())
EACH = pytest.mark.parametrize("block", CATALOG, ids=lambda block: block.key)


@pytest.mark.parametrize("file", FILES)
def test_a_file_has_its_line_in_the_catalogue(file):
    assert f"blocks.{file}" in {block.__module__ for block in CATALOG}


@EACH
def test_a_block_has_its_file_its_test_and_its_page(block):
    name = block.key.replace(".", "_")

    assert block.__module__ == f"blocks.{name}"
    assert (ROOT / "tests" / "blocks" / f"test_{name}.py").is_file()
    assert (ROOT / "docs" / "blocks" / f"{block.key}.md").is_file()


@EACH
def test_a_page_says_what_the_block_says(block):
    page = (ROOT / "docs" / "blocks" / f"{block.key}.md").read_text()
    settings = [name for name in block.model_fields if name not in Trigger.model_fields]

    assert page.startswith(f"# {block.title}\n")
    assert f"`{block.key}`" in page
    assert [name for name in settings if f"`{name}`" not in page] == []
    assert f"type: {block.key}" in page


@EACH
def test_the_example_of_a_page_is_a_node_that_works(block):
    page = (ROOT / "docs" / "blocks" / f"{block.key}.md").read_text()
    example = page.partition("```yaml\n")[2].partition("```")[0]

    (written,) = YAML(typ="safe", pure=True).load(example)

    assert isinstance(read_block(Node.model_validate(written), block_type), block)


@EACH
def test_the_overview_names_the_block(block):
    overview = (ROOT / "docs" / "blocks" / "README.md").read_text()

    assert f"| [`{block.key}`]({block.key}.md) | {block.title} | {block.about} |" in overview


def test_every_page_has_its_block():
    pages = {path.stem for path in (ROOT / "docs" / "blocks").glob("*.md")} - {"README"}

    assert pages == {block.key for block in CATALOG}


def test_keys_are_there_once_and_well_formed():
    keys = [block.key for block in CATALOG]

    assert len(set(keys)) == len(keys)
    assert [
        key for key in keys if not re.fullmatch(r"(trigger|crm|task|people|message|action|logic|wait)\.[a-z_]+", key)
    ] == []


def test_a_block_is_found_by_its_key():
    assert {block_type(block.key) for block in CATALOG} == set(CATALOG)
    assert block_type("crm.unheard_of") is None


@EACH
def test_the_group_is_that_of_the_key(block):
    assert block.key.partition(".")[0] == block.group


@EACH
def test_every_text_can_be_translated(block):
    texts = [block.title, block.about, *_texts(block, set())]

    assert [text for text in texts if not isinstance(text, LazyText)] == []


def _texts(model, seen):
    if model in seen:
        return
    seen.add(model)
    for name, info in model.model_fields.items():
        yield info.title if info.title is not None else f"{name} has no title"
        if info.description is not None:
            yield info.description


@EACH
def test_the_form_of_the_settings_is_plain_json(block):
    schema = json.loads(json.dumps(block.model_json_schema()))

    assert schema["title"] == block.title
    assert schema["description"] == block.about
    assert schema["additionalProperties"] is False


@EACH
def test_keys_of_other_things_are_marked_in_the_form(block):
    schema = block.model_json_schema()

    marked = json.dumps(schema).count('"x-reference"')

    names = {"plan": "plan", "stage": "stage", "owner": "user", "responsible": "user", "loss_reason": "loss_reason"}
    expected = [kind for name, kind in names.items() if name in schema["properties"]]
    assert marked >= len(expected)
    for kind in expected:
        assert f'"x-reference": "{kind}"' in json.dumps(schema)


@EACH
def test_a_block_explains_its_ports(block):
    words = inspect.getdoc(block)

    assert words
    assert [port for port in block.more if f"``{port}``" not in words] == []


@pytest.mark.parametrize("trigger", [block for block in CATALOG if issubclass(block, Trigger)], ids=lambda one: one.key)
def test_a_trigger_looks_at_events_that_exist(trigger):
    assert trigger.kinds
    assert trigger.kinds <= set(EVENT_KINDS)


def test_all_are_blocks():
    assert all(issubclass(block, Block) for block in CATALOG)
