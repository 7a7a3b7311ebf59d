"""``voronka funnel test``, and publishing what has tests; ``funnel templates`` and ``use``."""

import json

DRAFT = """\
key: seen
name: Seen
nodes:
  - {id: start, type: trigger.lead_created}
  - {id: tag, type: crm.add_tags, config: {tags: [seen]}}
edges:
  - {from: start, to: tag}
tests:
  - name: Everybody is marked
    given:
      lead: {name: Oksana}
    when: [lead comes in]
    then: {tags: [seen], ended: true}
"""


def test_tests_of_a_file_are_run_and_nothing_is_changed(demo):
    (demo.folder / "seen.yaml").write_text(DRAFT)
    (demo.folder / "bad.yaml").write_text(DRAFT.replace("tags: [seen], ended", "tags: [met], ended"))

    good = demo("--demo", "funnel", "test", "seen.yaml")
    bad = demo("--demo", "funnel", "test", "seen.yaml", "bad.yaml", "--json", status=1)

    assert "Everybody is marked" in good.stdout
    assert "1 test, all is as it says" in good.stderr
    [first, second] = json.loads(bad.stdout)
    assert first["tests"] == [{"name": "Everybody is marked", "good": True, "failures": [], "passed": ["start", "tag"]}]
    assert second["tests"][0]["failures"] == ["there is no tag met"]


def test_publishing_runs_the_tests_and_refuses_where_they_fail(demo):
    (demo.folder / "seen.yaml").write_text(DRAFT)
    (demo.folder / "bad.yaml").write_text(DRAFT.replace("tags: [seen], ended", "tags: [met], ended"))

    refused = demo("--demo", "funnel", "publish", "bad.yaml", status=2)
    done = demo("--demo", "funnel", "push", "--publish", "seen.yaml")
    despite = demo("--demo", "funnel", "publish", "bad.yaml", "--despite-tests")

    assert "seen: Everybody is marked: there is no tag met" in refused.stderr
    assert "nothing was published" in refused.stderr
    assert "seen is published as version 1" in done.stderr
    assert "seen is published as version 2" in despite.stderr


ROBOTS = """\
plan: homes
stage: contract
robots:
  - id: sign
    action:
      type: task.create
      config: {name: Sign it, deadline: {kind: days_in_stage, days: 1}}
  - id: ask
    when: {kind: after, lasting: {amount: 3, unit: days, calendar: company}}
    action:
      type: task.create
      config: {name: Ask, deadline: {kind: days_in_stage, days: 4}}
tests:
  - name: After three days somebody asks
    given:
      deal: {plan: homes, stage: new}
    when: [deal moves to contract, 3 working days later]
    then: {tasks: [{from: sign}, {from: ask}], ended: true}
  - name: Before that nobody does
    given:
      deal: {plan: homes, stage: new}
    when: [deal moves to contract, 1 working day later]
    then: {rests_at: [ask--wait], no_task_from: [ask]}
"""


def test_robots_of_a_stage_have_tests_too(demo):
    (demo.folder / "robots.yaml").write_text(ROBOTS)
    (demo.folder / "bad.yaml").write_text(
        ROBOTS.replace("then: {tasks: [{from: sign}", "then: {tasks: [{from: sign, name: Post}")
    )

    assert "2 tests, all is as they say" in demo("--demo", "funnel", "test", "robots.yaml").stderr
    refused = demo("--demo", "funnel", "publish", "bad.yaml", status=2)
    assert "After three days somebody asks: there is no such task" in refused.stderr
    assert "robots.homes.contract" in demo("--demo", "funnel", "publish", "robots.yaml").stderr


def test_a_template_is_used_and_its_tests_hold(demo):
    listed = json.loads(demo("--demo", "funnel", "templates", "--json").stdout)
    assert {"qualification", "retail", "wholesale"} <= {one["key"] for one in listed}

    used = json.loads(demo("--demo", "funnel", "use", "tunnel", "--plan", "sales=homes", "--json").stdout)

    assert {"kind": "funnel", "key": "tunnel"} in used["made"]
    assert {"kind": "plan", "key": "repeat"} in used["made"]
    assert "2 tests, all is as they say" in demo("--demo", "funnel", "test", "tunnel").stderr
    assert "funnel publish" in demo("--demo", "funnel", "use", "reactivation").stderr
    assert "NAME=VALUE" in demo("--demo", "funnel", "use", "tunnel", "--plan", "sales", status=2).stderr
