"""``voronka run``: a run that stands still is seen and set right."""

import json

import pytest

from tests.voronka.conftest import CommandLine, copied

STUCK = """\
key: stuck
name: Tag a deal that is not there
nodes:
  - {id: start, type: trigger.lead_created, config: {sources: [nowhere]}}
  - {id: tag, type: crm.add_tags, config: {tags: [seen], on: deal}}
  - {id: done, type: crm.add_tags, config: {tags: [done]}}
edges:
  - {from: start, to: tag}
  - {from: tag, to: done}
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory, nursery):
    """A company in which one run stands still, to be copied."""
    line = CommandLine(tmp_path_factory.mktemp("stuck"), nursery)
    line("user", "add", "ann", "--no-password")
    (line.folder / "stuck.yaml").write_text(STUCK)
    line("funnel", "push", "stuck.yaml", "--publish")
    (line.folder / "leads.csv").write_text("id,source\na-1,nowhere\n")
    line("import", "leads", "leads.csv")
    line("run", "status", "--wait")
    return line


@pytest.fixture
def stuck(made, tmp_path):
    """The command line over a company in which one run stands still."""
    return copied(made, tmp_path)


def status(line):
    return json.loads(line("run", "status", "--wait", "--json").stdout)


def test_it_says_where_and_why(stuck):
    [found] = status(stuck)["parked"]

    assert (found["funnel"], found["node"]) == ("stuck", "tag")
    assert "stuck / tag" in stuck("run", "status").stdout


def test_a_retry_fails_again_while_the_reason_lasts(stuck):
    stuck("run", "retry", "--parked")

    assert len(status(stuck)["parked"]) == 1


def test_skipping_goes_on_behind_it(stuck):
    stuck("run", "skip", "--parked", "--funnel", "stuck")

    after = status(stuck)

    assert after["parked"] == []
    assert [(one["entered"], one["inside"]) for one in after["funnels"]] == [(1, 0)]


def test_it_can_be_moved_to_another_node(stuck):
    [found] = status(stuck)["parked"]

    assert "no such node" in stuck("run", "move", str(found["id"]), "--to", "nowhere", status=1).stderr
    stuck("run", "move", str(found["id"]), "--to", "done")
    assert status(stuck)["parked"] == []


def test_it_can_be_cancelled_once(stuck):
    [found] = status(stuck)["parked"]

    assert "1 run is set right" in stuck("run", "cancel", str(found["id"])).stderr
    assert "it has ended" in stuck("run", "cancel", str(found["id"]), status=1).stderr


def test_a_run_that_does_not_exist_is_said(stuck):
    assert "run 999: there is no such run" in stuck("run", "retry", "999", status=1).stderr


def test_runs_are_named_or_all_are_meant(stuck):
    assert "--parked" in stuck("run", "retry", status=2).stderr
