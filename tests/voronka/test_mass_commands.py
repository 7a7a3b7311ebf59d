"""``voronka mass``: an audience is looked at, let in, held and broken off."""

import json

import pytest

FUNNEL = """
key: spring
name: Spring
nodes:
  - {id: press, type: trigger.manual_start, config: {label: Go}}
  - {id: mark, type: crm.add_tags, config: {tags: [spring]}}
  - {id: off, type: logic.exit, config: {outcome: success}}
edges:
  - {from: press, to: mark}
  - {from: mark, to: off}
"""


@pytest.fixture
def spring(demo):
    (demo.folder / "spring.yaml").write_text(FUNNEL)
    demo("--demo", "funnel", "push", "spring.yaml", "--publish")
    return demo


def test_a_mass_start_is_asked_for_watched_and_broken_off(spring):
    assert "would be let in" in spring("--demo", "mass", "start", "spring", "--preview").stderr
    few = spring(
        "--demo", "mass", "start", "spring", "--where", '{"field": "lead.source", "op": "is", "value": "none"}'
    )
    spring("--demo", "mass", "start", "spring", "--sample", "5", "--per-minute", "60")

    listed = json.loads(spring("--demo", "mass", "list", "--json").stdout)
    gone = spring("--demo", "mass", "abort", str(listed[0]["id"])).stderr

    assert ": 0 records" in few.stderr
    assert [one["state"] for one in listed] == ["sampling", "running"]
    assert "is aborted: 0 of" in gone
    assert "aborted" in spring("--demo", "mass", "list").stdout
    assert "not JSON" in spring("--demo", "mass", "start", "spring", "--where", "{", status=2).stderr
    assert "mass start" in spring("--demo", "mass", "go", "999", status=2).stderr
