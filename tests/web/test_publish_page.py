"""The page of the publish plan, and that of the versions."""

import json
import re

import pytest

from crm.access.actor import SYSTEM
from engine.document import FunnelDocument
from funnels.publication.publishing import draft, publish, save_draft
from funnels.tables import funnel_version, run
from tests.web.funnels import leads, lived_in
from tests.web.test_boards import statements


@pytest.fixture
def ads(small_house):
    return lived_in(small_house)


def plain(house):
    with house.database.reading() as work:
        return draft(work, "ads").plain()


def keep(house, document):
    with house.database.work() as work:
        save_draft(work, FunnelDocument.model_validate(document), by=SYSTEM)


def changed(house):
    """The draft without the tag where two stand still, ``answer`` waits otherwise, and there is a new end."""
    document = plain(house)
    nodes = [one for one in document["nodes"] if one["id"] != "tag"]
    answer = next(one for one in nodes if one["id"] == "answer")
    answer["title"] = "The answer"
    answer["config"] = {**answer["config"], "timeout": {"amount": 9, "unit": "hours"}}
    nodes.append({"id": "late", "type": "crm.add_tags", "config": {"tags": ["late"]}})
    edges = [one for one in document["edges"] if "tag" not in (one["from"], one["to"])]
    edges += [{"from": "paid", "port": "no", "to": "late"}]
    keep(house, {**document, "nodes": nodes, "edges": edges})


def seen(page):
    """The fields of the form as a browser would send them."""
    hidden = dict(re.findall(r'name="(draft|version|people)" value="([^"]*)"', page))
    return {**hidden, "people": hidden["people"].replace("&#34;", '"')}


def chosen(**choices):
    """Fields for each node, as the form sends them."""
    rows = [(node, *choice) for node, choice in choices.items()]
    return {
        "node": [row[0] for row in rows],
        "choice": [row[1] for row in rows],
        "rate": ["60" for _ in rows],
        "target": [row[2] if len(row) > 2 else "" for row in rows],
    }


def versions_of_runs(house):
    with house.database.reading() as work:
        rows = work.rows(run.select().join(funnel_version, funnel_version.c.id == run.c.version_id).with_only_columns(
            funnel_version.c.number, run.c.status
        ))  # fmt: skip
    return sorted(map(tuple, rows))


def test_it_says_what_changes_and_who_stands_there(ads):
    changed(ads)

    page = ads.client("mark").get("/funnels/ads/publish").text

    assert "6 inside" in page
    assert 'id="change-tag"' in page
    assert 'id="change-answer"' in page
    assert 'id="change-late"' in page
    assert "4 stand here" in page
    assert "2 stand here" in page
    assert "2 of them with an error" in page
    assert "9 hours" in page
    assert re.search(r'<option value="move">', page)


def test_it_publishes_with_choices_and_offers_to_take_it_back(house):
    ads = lived_in(house)
    changed(ads)
    client = ads.client("mark")
    fields = seen(client.get("/funnels/ads/publish").text)

    answer = client.post(
        "/funnels/ads/publish", {**fields, **chosen(answer=("follow",), tag=("move", "late")), "note": "Why"}
    )

    assert answer.status_code == 303
    page = client.get(answer.location).text
    assert "Published as version 2. 4 runs follow. 2 runs were moved." in page
    assert versions_of_runs(ads) == [(2, 1)] * 6
    assert "Why" in client.get("/funnels/ads/versions").text
    back = client.post("/funnels/ads/take-back")
    assert "6 runs stand where they stood" in client.get(back.location).text
    assert versions_of_runs(ads) == [(1, 1)] * 4 + [(1, 2)] * 2
    again = client.post("/funnels/ads/take-back")
    assert "Nothing was taken back" in client.get(again.location).text


def test_one_choice_holds_for_all_who_can(ads):
    changed(ads)
    client = ads.client("mark")

    client.post("/funnels/ads/publish", {**seen(client.get("/funnels/ads/publish").text), "others": "follow"})

    assert versions_of_runs(ads) == [(1, 2)] * 2 + [(2, 1)] * 4


def test_a_draft_that_changed_meanwhile_is_asked_anew_and_choices_stay(ads):
    changed(ads)
    client = ads.client("mark")
    fields = seen(client.get("/funnels/ads/publish").text)
    keep(ads, {**plain(ads), "name": "Another"})

    answer = client.post("/funnels/ads/publish", {**fields, **chosen(tag=("move", "late")), "note": "My note"})

    assert answer.status_code == 409
    assert "the draft was changed meanwhile" in answer.text
    assert '<option value="move" selected>' in answer.text
    assert "My note" in answer.text
    assert versions_of_runs(ads) == [(1, 1)] * 4 + [(1, 2)] * 2
    assert client.post("/funnels/ads/publish", {**seen(answer.text), **chosen(tag=("move", "late"))}).status_code == 303


def test_people_who_came_where_nobody_stood_are_asked_about(ads):
    changed(ads)
    client = ads.client("mark")
    fields = seen(client.get("/funnels/ads/publish").text)
    nobody_there = {**fields, "people": json.dumps({"answer": 4})}

    answer = client.post("/funnels/ads/publish", nobody_there)

    assert answer.status_code == 409
    assert "stand 2 now, and 0 when you looked" in answer.text
    leads(ads, 3, "ads")
    ads.walk()
    assert client.post("/funnels/ads/publish", fields).status_code == 303  # three more at a place that was asked about


@pytest.mark.parametrize(
    "fields",
    [
        {"node": ["answer"], "choice": ["move"], "rate": ["60"], "target": ["nothing"]},
        {"node": ["answer"], "choice": ["fly"], "rate": ["60"], "target": [""]},
        {"node": ["answer"], "choice": ["follow", "stay"], "rate": ["60"], "target": [""]},
        {"people": "nonsense"},
        {"more": "1"},
    ],
)
def test_what_makes_no_sense_publishes_nothing(ads, fields):
    changed(ads)
    client = ads.client("mark")

    assert (
        client.post("/funnels/ads/publish", {**seen(client.get("/funnels/ads/publish").text), **fields}).status_code
        == 422
    )
    assert versions_of_runs(ads)[0] == (1, 1)


def test_where_nothing_would_happen_there_is_nothing_to_press(ads):
    client = ads.client("mark")
    page = client.get("/funnels/ads/publish").text
    assert "Nothing: the draft is what is in use." in page
    assert 'name="others"' not in page
    assert 'form="plan"' not in page

    changed(ads)
    client.post("/funnels/ads/publish", seen(client.get("/funnels/ads/publish").text))

    page = client.get("/funnels/ads/publish").text
    assert "Nothing: the draft is what is in use." in page
    assert 'form="plan"' in page  # people are on the older version: they may still be carried
    client.post("/funnels/ads/publish", {**seen(page), "others": "follow"})
    assert versions_of_runs(ads) == [(1, 2)] * 2 + [(2, 1)] * 4


def test_a_draft_that_is_only_drawn_otherwise_asks_nobody(ads):
    document = plain(ads)
    keep(ads, {**document, "nodes": [{**one, "layout": {"x": 7, "y": 7}} for one in document["nodes"]]})
    client = ads.client("mark")

    page = client.get("/funnels/ads/publish").text

    assert "only how it is drawn" in page
    assert 'form="plan"' in page
    assert not client.get("/api/funnels/ads/plan").json["asks"]


def test_errors_stand_first_with_the_way_to_their_node(ads):
    document = plain(ads)
    document["nodes"][1]["config"] = {}
    keep(ads, document)
    client = ads.client("mark")

    page = client.get("/funnels/ads/publish").text

    assert "To put right first" in page
    assert f"/funnels/ads/edit#node={document['nodes'][1]['id']}" in page
    assert 'form="plan"' not in page
    assert client.post("/funnels/ads/publish", seen(page)).status_code == 422


def test_two_versions_are_compared_and_an_older_one_is_the_draft_again(ads):
    changed(ads)
    with ads.database.work() as work:
        publish(work, "ads", by=SYSTEM)
    client = ads.client("mark")

    page = client.get("/funnels/ads/versions?from=1&to=2").text
    found = client.get("/api/funnels/ads/comparison?from=1&to=2").json

    assert "From Version 1 to Version 2" in page
    assert 'id="change-late"' in page
    marks = {one["id"]: one["mark"] for one in found["nodes"]}
    assert marks == {
        "created": "same", "paid": "rewired", "plan": "same", "answer": "changed", "thanks": "same", "late": "added",
        "tag": "removed",
    }  # fmt: skip
    assert {(one["source"], one["target"], one["mark"]) for one in found["edges"] if one["mark"] != "same"} == {
        ("paid", "late", "added"), ("paid", "tag", "removed"), ("tag", "answer", "removed"),
    }  # fmt: skip
    assert client.get("/funnels/ads/versions?from=2&to=2").text.count("Nothing changed.") == 2
    restored = client.post("/funnels/ads/versions/restore", {"version": "1"})
    assert "Version 1 is the draft again" in client.get(restored.location).text
    assert {one["id"] for one in plain(ads)["nodes"]} == {"created", "paid", "plan", "tag", "answer", "thanks"}


@pytest.mark.parametrize("path", ["publish", "versions", "versions?from=1&to=1"])
def test_a_page_costs_the_same_statements_for_any_number(ads, path):
    changed(ads)
    with ads.database.work() as work:
        publish(work, "ads", by=SYSTEM)
    keep(ads, {**plain(ads), "name": "Once"})
    client = ads.client("mark")
    few = statements(ads, client, f"/funnels/ads/{path}")
    leads(ads, 30, "ads")
    leads(ads, 30, "site")
    ads.walk()
    for number in range(3):
        document = plain(ads)
        keep(ads, {**document, "note": f"Note {number}"})
        with ads.database.work() as work:
            publish(work, "ads", by=SYSTEM)
    keep(ads, {**plain(ads), "name": "Again"})
    assert statements(ads, client, f"/funnels/ads/{path}") == few


def test_who_may_only_look_sees_the_plan_and_who_has_nothing_to_do_with_it_nothing(ads):
    changed(ads)

    assert ads.client("ann").get("/funnels/ads/publish").status_code == 403
    assert ads.client("ann").get("/funnels/ads/versions").status_code == 403
    assert ads.client("mark").get("/funnels/nothing/publish").status_code == 404
    assert ads.client("mark").get("/funnels/ads/versions?from=99").status_code == 404
