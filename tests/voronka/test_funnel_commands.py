"""``voronka funnel``."""

import json

import pytest

GOOD = """\
key: tagged
name: Tag them
nodes:
  - {id: start, type: trigger.manual_start}
  - {id: tag, type: crm.add_tags, config: {tags: [seen]}}
edges:
  - {from: start, to: tag}
"""


@pytest.fixture
def file(demo):
    """A funnel file that can be published."""
    path = demo.folder / "tagged.yaml"
    path.write_text(GOOD)
    return path


def test_what_is_pushed_can_be_pulled(demo, file):
    demo("--demo", "funnel", "push", str(file))

    pulled = demo("--demo", "funnel", "pull", "tagged").stdout
    file.write_text(pulled)
    demo("--demo", "funnel", "push", str(file))

    assert demo("--demo", "funnel", "pull", "tagged").stdout == pulled


def test_pushing_publishes_where_told(demo, file):
    file.write_text(GOOD.replace("tagged", "pushed"))
    assert "published as version 1" in demo("--demo", "funnel", "push", str(file), "--publish").stderr
    assert "version 1" in demo("--demo", "funnel", "publish", "pushed").stderr


def test_a_check_names_node_and_setting(demo, file):
    file.write_text(GOOD.replace("[seen]", "[]").replace("manual_start", "nothing"))

    found = json.loads(demo("--demo", "funnel", "check", str(file), "--json", status=1).stdout)

    assert ("tag", "tags") in {(one["node"], one["field"]) for one in found}


def test_a_check_puts_right_what_is_plainly_meant(demo, file):
    file.write_text(GOOD.replace("to: tag}", "to: tag}\n  - {from: tag, to: gone}"))

    said = demo("--demo", "funnel", "check", str(file), "--fix").stderr

    assert "tag.next: Remove the line" in said
    assert "can be published" in said
    assert "gone" not in file.read_text()
    assert demo("--demo", "funnel", "check", str(file), "--fix").stderr.count("\n") == 1


def test_all_files_are_published_or_none(demo, file):
    bad = demo.folder / "bad.yaml"
    bad.write_text(GOOD.replace("tagged", "bad").replace("manual_start", "nothing"))
    file.write_text(GOOD.replace("tagged", "other"))

    assert (
        "bad cannot be published" in demo("--demo", "funnel", "push", str(file), str(bad), "--publish", status=2).stderr
    )
    assert "there is no funnel" in demo("--demo", "funnel", "pull", "other", status=2).stderr


def test_a_broken_file_is_said_with_its_place(demo, file):
    file.write_text(GOOD.replace("key: tagged", "key: Not A Key"))

    assert f"error: {file}:1:1: key: " in demo("--demo", "funnel", "push", str(file), status=2).stderr


def test_a_missing_file_is_said_in_a_line(demo):
    said = demo("--demo", "funnel", "check", "none.yaml", status=2).stderr

    assert said == "error: none.yaml: There is no such file: check the path\n"


def test_a_folder_instead_of_a_file_is_said_in_a_line(demo, tmp_path):
    said = demo("--demo", "funnel", "push", str(tmp_path), status=2).stderr

    assert said == f"error: {tmp_path}: This is a folder: name the file inside it\n"


def test_the_blocks_need_no_database(voronka):
    blocks = json.loads(voronka("funnel", "blocks", "--json").stdout)

    assert {"trigger.lead_created", "task.create"} <= {one["key"] for one in blocks}
    assert "task.create" in voronka("funnel", "blocks").stdout


def test_a_funnel_is_paused_and_let_go_on(demo, file):
    file.write_text(GOOD.replace("tagged", "paused-one"))
    demo("--demo", "funnel", "push", str(file), "--publish")

    assert "paused-one: paused; 0 runs were inside" in demo("--demo", "funnel", "pause", "paused-one").stderr
    assert "it is in that state already" in demo("--demo", "funnel", "pause", "paused-one", status=1).stderr
    assert "paused-one: published" in demo("--demo", "funnel", "resume", "paused-one").stderr


def test_funnels_are_drained_and_stopped(demo, file):
    file.write_text(GOOD.replace("tagged", "drained-one"))
    demo("--demo", "funnel", "push", str(file), "--publish")

    assert "drained-one: draining" in demo("--demo", "funnel", "drain", "drained-one").stderr
    said = demo("--demo", "funnel", "stop", "drained-one", "nothing", status=1).stderr
    assert "drained-one: stopped" in said
    assert "nothing: there is no such funnel" in said
