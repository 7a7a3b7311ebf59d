"""``voronka run why`` and ``voronka run start``."""

import json

import pytest

from tests.voronka.conftest import CommandLine

FUNNELS = """\
key: {key}
name: Only partners
nodes:
  - {{id: start, type: {trigger}}}
  - {{id: tag, type: crm.add_tags, config: {{tags: [seen]}}}}
edges:
  - {{from: start, to: tag}}
"""


@pytest.fixture(scope="module")
def company(tmp_path_factory, nursery):
    """A lead that one funnel has refused, and that may start in another by hand."""
    line = CommandLine(tmp_path_factory.mktemp("company"), nursery)
    line("user", "add", "ann", "--no-password")
    wanted = "trigger.lead_created, config: {sources: [partner]}"
    for key, trigger in (("partners", wanted), ("hand", "trigger.manual_start")):
        (line.folder / f"{key}.yaml").write_text(FUNNELS.format(key=key, trigger=trigger))
        line("funnel", "push", f"{key}.yaml", "--publish")
    (line.folder / "leads.csv").write_text("id,source\na-1,ads\n")
    line("import", "leads", "leads.csv")
    line("run", "status", "--wait")
    return line


def test_a_refusal_is_told_with_funnel_node_and_the_value_seen(company):
    [refused] = json.loads(company("run", "why", "--lead", "1", "--json").stdout)["refused"]
    shown = company("run", "why", "--lead", "1").stdout

    assert (refused["funnel"], refused["times"]) == ("partners", 1)
    assert "ads" in refused["reason"]
    assert "partners / " in shown
    assert "ads" in shown


def test_a_record_is_started_by_hand(company):
    assert "1 record is handed to the funnel “hand”" in company("run", "start", "hand", "--lead", "1").stderr
    company("run", "status", "--wait")

    ended = json.loads(company("run", "why", "--lead", "1", "--json").stdout)["ended"]

    assert [one["funnel"] for one in ended] == ["hand"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("why",), "--lead"),
        (("why", "--lead", "1", "--deal", "1"), "--lead"),
        (("why", "--lead", "99"), "there is no lead “99”"),
        (("start", "hand"), "--lead"),
        (("start", "hand", "--deal", "7"), "there is no deal “7”"),
        (("start", "partners", "--lead", "1"), "Started by hand"),
        (("start", "nowhere", "--lead", "1"), "there is no funnel “nowhere”"),
    ],
)
def test_what_cannot_be_is_said(company, words, said):
    assert said in company("run", *words, status=2).stderr
