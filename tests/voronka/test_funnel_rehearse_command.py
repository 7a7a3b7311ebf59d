"""``voronka funnel rehearse``."""

import json

DRAFT = """\
key: new-leads
name: Another way
nodes:
  - {id: start, type: trigger.lead_created}
  - {id: tag, type: crm.add_tags, config: {tags: [seen]}}
edges:
  - {from: start, to: tag}
"""
PERIOD = ("--from", "2020-01-01")


def test_a_published_funnel_comes_to_what_really_happened(demo):
    [found] = json.loads(demo("--demo", "funnel", "rehearse", "new-leads", *PERIOD, "--json").stdout)

    assert found["events"] == found["rehearsed"]["entered"] > 0
    assert found["rehearsed"]["nodes"] == found["really"]["nodes"]
    assert found["rehearsed"]["deals"] == found["really"]["deals"]


def test_a_file_is_shown_beside_what_really_happened(demo):
    (demo.folder / "draft.yaml").write_text(DRAFT)

    shown = demo("--demo", "funnel", "rehearse", "draft.yaml", *PERIOD)

    assert "Add tags" in shown.stdout
    assert "no longer in the draft" in shown.stdout
    assert "nothing was changed, and nothing was sent" in shown.stderr


def test_one_person_is_followed_step_by_step(demo):
    (demo.folder / "draft.yaml").write_text(DRAFT)

    shown = demo("--demo", "funnel", "rehearse", "draft.yaml", *PERIOD, "--lead", "1").stdout

    assert shown.splitlines()[0] == "lead 1"
    assert [line.split("  ")[2] for line in shown.splitlines()[1:]] == ["Lead created", "Add tags"]


def test_robots_of_a_stage_are_rehearsed_too(demo):
    found = json.loads(demo("--demo", "funnel", "rehearse", "robots.homes.offer", *PERIOD, "--json").stdout)

    assert [one["funnel"] for one in found] == ["robots.homes.offer"]
    assert found[0]["rehearsed"]["entered"] == found[0]["really"]["entered"] > 0


def test_what_cannot_be_is_refused(demo):
    (demo.folder / "bad.yaml").write_text(DRAFT.replace("crm.add_tags, config: {tags: [seen]}", "crm.gone"))

    backwards = demo(
        "--demo", "funnel", "rehearse", "new-leads", "--from", "2020-02-01", "--to", "2020-01-01", status=2
    )
    unknown = demo("--demo", "funnel", "rehearse", "new-leads", "--lead", "99999", status=2)
    bad = demo("--demo", "funnel", "rehearse", "bad.yaml", status=2)

    assert "ends before it begins" in backwards.stderr
    assert "99999" in unknown.stderr
    assert "crm.gone" in bad.stderr
