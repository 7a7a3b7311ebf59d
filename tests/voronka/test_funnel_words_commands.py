"""``voronka funnel read``, ``diff`` and ``merge``."""

import json

import pytest

GOOD = """\
key: told
name: Tell them
nodes:
  - {id: start, type: trigger.manual_start}
  - {id: tag, type: crm.add_tags, config: {tags: [seen]}}
edges:
  - {from: start, to: tag}
"""
ROBOTS = "plan: wholesale\nstage: new\nrobots: []\n"


@pytest.fixture
def file(demo):
    """A funnel file that can be published."""
    path = demo.folder / "told.yaml"
    path.write_text(GOOD)
    return path


def test_a_file_is_read_in_every_language(demo, file):
    told = {
        language: demo("--demo", "funnel", "read", str(file), VORONKA_LANGUAGE=language).stdout
        for language in ("en", "ru", "uk")
    }

    assert "Starts: Started by hand" in told["en"]
    assert "1. Add tags: seen" in told["en"]
    assert len(set(told.values())) == 3


def test_what_a_file_changes_is_told_against_any_version(demo, file):
    assert "New: Add tags: seen" in demo("--demo", "funnel", "diff", str(file)).stdout
    demo("--demo", "funnel", "push", str(file), "--publish")
    file.write_text(GOOD.replace("[seen]", "[met]"))

    assert "Tags: met, before: seen" in demo("--demo", "funnel", "diff", str(file)).stdout
    demo("--demo", "funnel", "push", str(file), "--publish")

    assert "nothing changed" in demo("--demo", "funnel", "diff", "told").stderr
    [found] = json.loads(demo("--demo", "funnel", "diff", str(file), "--against", "1", "--json").stdout)
    assert [one["id"] for one in found["changed"]] == ["tag"]
    assert "there is no version" in demo("--demo", "funnel", "diff", str(file), "--against", "9", status=2).stderr
    assert "1. Add tags: seen" in demo("--demo", "funnel", "read", "told", "--version", "1").stdout


def test_two_edits_of_a_file_are_merged(voronka):
    for name, text in (
        ("base", GOOD),
        ("ours", GOOD.replace("[seen]", "[met]")),
        ("theirs", GOOD.replace("Tell them", "Told")),
        ("hers", GOOD.replace("[seen]", "[known]")),
        ("robots", ROBOTS),
    ):
        (voronka.folder / f"{name}.yaml").write_text(text)

    merged = voronka("funnel", "merge", "base.yaml", "ours.yaml", "theirs.yaml").stdout
    clash = voronka("funnel", "merge", "base.yaml", "ours.yaml", "hers.yaml", "-o", "base.yaml", status=1)
    robots = voronka("funnel", "merge", "base.yaml", "ours.yaml", "robots.yaml", status=2)

    assert "name: Told" in merged
    assert "met" in merged
    assert "“Add tags”: both changed tags" in clash.stderr
    assert "met" in (voronka.folder / "base.yaml").read_text()
    assert "robots of a stage" in robots.stderr
