"""``voronka funnel publish`` with its plan, ``versions``, ``restore`` and ``take-back``."""

import json

import pytest

OLD = """\
key: planned
name: Planned
nodes:
  - {id: start, type: trigger.manual_start}
  - {id: hour, type: wait.duration, config: {lasting: {amount: 1, unit: hours}}}
  - {id: tag, type: crm.add_tags, config: {tags: [seen]}}
edges:
  - {from: start, to: hour}
  - {from: hour, to: tag}
"""
ROBOTS = """\
plan: homes
stage: new
robots:
  - {id: greet, action: {type: crm.add_comment, config: {text: Hello}}}
"""


@pytest.fixture
def funnel(demo):
    """The command line of funnels, in a company with a file."""
    (demo.folder / "planned.yaml").write_text(OLD)
    return lambda *words, **more: demo("--demo", "funnel", *words, **more)


def test_a_version_is_planned_published_with_choices_taken_back_and_restored(funnel, demo):
    assert "published as version 1" in funnel("publish", "planned.yaml").stderr
    (demo.folder / "planned.yaml").write_text(OLD.replace("amount: 1", "amount: 2"))

    shown = funnel("publish", "planned.yaml", "--plan").stdout
    [plan] = json.loads(funnel("publish", "planned.yaml", "--plan", "--json").stdout)
    said = funnel("publish", "planned.yaml", "--do", "hour=follow", "--note", "Longer").stderr

    assert "How long: 2 hours, before: 1 hour" in shown
    assert (plan["version"], plan["targets"]) == (1, ["hour", "tag"])
    assert "published as version 2" in said
    assert "Longer" in funnel("versions", "planned").stdout
    assert "was taken back" in funnel("take-back", "planned").stderr
    assert "was taken back already" in funnel("take-back", "planned", status=2).stderr
    assert "version 1 is the draft" in funnel("restore", "planned", "1").stderr
    assert "amount: 1" in funnel("pull", "planned").stdout


def test_choices_that_make_no_sense_are_refused(funnel, demo):
    (demo.folder / "refused.yaml").write_text(OLD.replace("planned", "refused"))
    funnel("publish", "refused.yaml")

    assert "is no choice" in funnel("publish", "refused", "--do", "hour=go", status=2).stderr
    assert "has no node" in funnel("publish", "refused", "--do", "none=exit", status=2).stderr
    assert "say for which funnel" in funnel("publish", "refused", "other", "--do", "hour=exit", status=2).stderr
    assert "not among" in funnel("publish", "refused", "--do", "other/hour=exit", status=2).stderr


def test_robots_of_a_stage_are_planned_and_published_too(funnel, demo):
    (demo.folder / "robots.yaml").write_text(ROBOTS)

    [plan] = json.loads(funnel("publish", "robots.yaml", "--plan", "--json").stdout)

    assert plan["key"] == "robots.homes.new"
    assert plan["changes"]
    assert "is published as version" in funnel("publish", "robots.yaml", "--do", "robots.homes.new/greet=exit").stderr
