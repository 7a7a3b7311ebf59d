"""A funnel seen live: figures for a period, how warm nodes are, what the notes say."""

import html
import re
from datetime import UTC, datetime

import pytest

from tests.web.funnels import leads, lived_in, parked_runs
from web.pages.funnels.figures import LEVELS, level


@pytest.fixture
def ads(small_house):
    return lived_in(small_house)


def flow_of(house, query=""):
    return house.client("mark").get(f"/api/funnels/ads/flow{query}").json


def test_the_canvas_is_told_the_sum_nodes_and_lines(ads):
    found = flow_of(ads)

    assert found["sum"] == {"entered": "6", "inside": "6", "left": "0"}
    assert found["nodes"]["answer"]["footer"] == [
        {"n": "0", "words": "passed", "bad": False},
        {"n": "4", "words": "inside", "bad": False},
    ]
    assert found["nodes"]["tag"]["footer"][-1] == {"n": "2", "words": "stuck", "bad": True}
    assert found["nodes"]["tag"]["inside"] == 2
    yes, no = found["edges"]["paid:yes"], found["edges"]["paid:no"]
    assert (yes["n"], yes["shareWords"], no["n"], no["shareWords"]) == ("4", "67 %", "2", "33 %")


def test_nodes_are_warm_by_four_measures(ads):
    ads.forward(hours=5)
    nodes, most = (found := flow_of(ads))["nodes"], found["most"]

    heat = {node: {name: one["level"] for name, one in at["heat"].items()} for node, at in nodes.items()}
    assert heat["answer"] == {"people": 4, "time": 0, "dropped": 0, "failures": 0}
    assert heat["tag"] == {"people": 3, "time": 0, "dropped": 0, "failures": 4}
    assert heat["created"] == dict.fromkeys(("people", "time", "dropped", "failures"), 0)
    assert nodes["answer"]["heat"]["people"]["words"] == "4"
    assert most == {"people": "4", "time": "", "dropped": "", "failures": "2"}


def test_times_and_drop_off_are_said_in_words(ads):
    ads.stand_still()
    ads.forward(days=3, hours=1)
    ads.walk()
    found = flow_of(ads)

    assert found["nodes"]["answer"]["heat"]["time"] == {"level": 4, "words": "3 days"}
    assert found["nodes"]["answer"]["heat"]["dropped"] == {"level": 4, "words": "100 %"}
    assert found["sum"] == {"entered": "6", "inside": "2", "left": "4"}


def test_a_period_counts_only_those_who_entered_in_it(ads):
    ads.stand_still()
    ads.forward(days=2)
    leads(ads, 3, "ads")
    ads.walk()

    assert flow_of(ads, "?period=today")["sum"]["entered"] == "3"
    assert flow_of(ads, "?period=7d")["sum"]["entered"] == "9"
    assert flow_of(ads, "?period=chosen&since=2020-01-01&until=2020-01-31")["sum"]["entered"] == "0"
    assert flow_of(ads, "?period=chosen&since=nonsense")["sum"]["entered"] == "9"
    page = ads.client("mark").get("/funnels/ads?period=today&heat=people").text
    assert 'data-period="today" aria-current="true"' in page
    assert 'data-heat="people" aria-pressed="true"' in page
    assert "All numbers are of those who entered in this period" in page
    page = ads.client("mark").get("/funnels/ads?period=chosen&since=2020-01-01&until=2020-01-31").text
    assert "Nobody entered in this period." in page
    assert "1 Jan 2020 … 31 Jan 2020" in page


def test_where_more_entered_than_are_read_the_notes_say_so(ads, monkeypatch):
    from funnels.live import flow

    monkeypatch.setattr(flow.flow, "__kwdefaults__", {**flow.flow.__kwdefaults__, "ceiling": 2})
    assert "Lines, drop-off and times are of the newest 2 runs." in flow_of(ads)["notes"]
    assert flow_of(ads)["sum"]["entered"] == "6"
    today = flow_of(ads, "?period=7d")
    assert today["notes"] == ["6 entered in this period; all numbers here are of the newest 2 of them."]
    assert today["sum"]["entered"] == "2"


@pytest.mark.parametrize("path", ["/api/funnels/ads/flow", "/api/funnels/ads/flow?version=1"])
def test_managers_have_nothing_to_do_with_it(ads, path):
    assert ads.client("ann").get(path).status_code == 403


@pytest.mark.parametrize("path", ["/api/funnels/no/flow", "/api/funnels/ads/flow?version=9"])
def test_what_is_not_there_is_not_found(ads, path):
    assert ads.client("mark").get(path).status_code == 404


@pytest.mark.parametrize(
    ("value", "most", "expected"), [(0, 10, 0), (1, 10, 1), (2.5, 10, 2), (9.9, 10, 4), (10, 10, LEVELS), (0, 0, 0)]
)
def test_levels_are_parts_of_the_most(value, most, expected):
    assert level(value, most) == expected


@pytest.fixture
def monday(small_house):
    """The same, on a Monday in March at 11:00 in Kyiv."""
    small_house.database._clock = lambda: datetime(2027, 3, 1, 9, tzinfo=UTC)
    return lived_in(small_house)


def panel_of(house, node, query=""):
    page = house.client("mark").get(f"/funnels/ads/nodes/{node}{query}", headers={"X-Requested-With": "fetch"}).text
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


def test_the_panel_says_when_those_leave_who_are_there(monday):
    assert "4 people leave on Thu 4 Mar 2027, all between 11:00 and 11:05" in panel_of(monday, "answer")
    monday.forward(days=1)
    leads(monday, 2, "ads")
    monday.walk()
    monday.forward(days=1)
    page = panel_of(monday, "answer")
    assert "4 people leave tomorrow, all between 11:00 and 11:05" in page
    assert "2 people leave on Fri 5 Mar 2027" in page
    monday.forward(days=1)
    assert "4 people are due now" in panel_of(monday, "answer")
    monday.client("mark").post("/funnels/state", {"key": "ads", "how": "pause"})
    assert "The funnel is paused: nobody leaves." in panel_of(monday, "answer")


def test_the_panel_counts_those_of_the_period(monday):
    monday.forward(days=4)
    monday.walk()
    leads(monday, 1, "ads")
    monday.walk()

    assert "All time 5 came = 1 inside + 4 left median time here: 4 days" in panel_of(monday, "answer")
    assert "80 % went no further" in panel_of(monday, "answer")
    assert "Today 1 came = 1 inside + 0 left" in panel_of(monday, "answer", "?period=today")


def test_whoever_stands_still_is_set_going_from_the_panel(ads):
    client = ads.client("mark")
    page = client.get("/funnels/ads/nodes/tag", headers={"X-Requested-With": "fetch"}).text
    assert "the run has no company" in page
    fields = dict(re.findall(r'<input type="hidden" name="(key|at|next)" value="([^"]*)"', page))
    assert fields == {"key": "ads", "at": "tag", "next": "/funnels/ads?node=tag"}
    chosen = re.findall(r'name="run" value="(\d+)"', page)
    assert client.post("/runs/repair", {**fields, "run": chosen[:1], "how": "skip"}).location == "/funnels/ads?node=tag"
    assert client.post("/runs/repair", {**fields, "all": "true", "how": "move", "node": "plan"}).status_code == 303
    ads.walk()

    assert flow_of(ads)["nodes"]["tag"]["inside"] == 0
    assert flow_of(ads)["nodes"]["answer"]["inside"] == 6


def test_a_trigger_says_who_was_refused_and_why(ads):
    assert flow_of(ads)["nodes"]["created"]["footer"] == [
        {"n": "6", "words": "let in", "bad": False},
        {"n": "3", "words": "refused in 7 days", "bad": False},
    ]
    page = panel_of(ads, "created")
    assert "Why not? Refused in 7 days 3 the settings of the trigger do not fit" in page
    assert "the source is fair" in page


def test_the_way_of_a_run_has_its_moments_in_order(ads):
    run_id = parked_runs(ads)[0]
    walk = ads.client("mark").get(f"/api/runs/{run_id}/graph").json["walk"]

    assert [(one["node"], one["said"], one["ports"]) for one in walk["steps"]] == [
        ("created", "Lead created → next", ["created:next"]),
        ("paid", "Paid? → no", ["paid:no"]),
    ]
    assert walk["now"] == "Stands still at “Add tags”"


def test_the_way_is_told_beside_the_canvas_too_and_repairs_lead_back_to_it(ads):
    run_id = parked_runs(ads)[0]
    page = ads.client("mark").get(f"/runs/{run_id}", headers={"X-Requested-With": "fetch"}).text

    assert "<html" not in page
    assert "data-closes-run" in page
    assert f'name="next" value="/funnels/ads?run={run_id}"' in page
    assert page.count("data-step=") == 2
    whole = ads.client("mark").get(f"/runs/{run_id}").text
    assert f'name="next" value="/runs/{run_id}"' in whole
    assert ads.client("ann").get(f"/runs/{run_id}", headers={"X-Requested-With": "fetch"}).status_code == 403


def test_the_editor_is_told_who_is_inside(ads):
    client = ads.client("mark")

    assert client.get("/api/funnels/ads/inside").json == {
        "answer": {"n": "4", "words": "4 people are here now"},
        "tag": {"n": "2", "words": "2 people are here now"},
    }
    assert client.get("/api/funnels/no/inside").status_code == 404
    assert ads.client("ann").get("/api/funnels/ads/inside").status_code == 403
