"""The plan of publishing a funnel, as the editor asks for it."""

import pytest

from crm.access.actor import SYSTEM
from engine.document import FunnelDocument
from funnels.publication.publishing import draft, save_draft
from tests.web.funnels import lived_in


@pytest.fixture
def ads(small_house):
    return lived_in(small_house)


def plain(house):
    with house.database.reading() as work:
        return draft(work, "ads").plain()


def test_the_plan_says_who_stands_where_and_nothing_is_kept(ads):
    client, document = ads.client("mark"), plain(ads)
    sent = {**document, "nodes": [{**node, "title": "Other"} for node in document["nodes"]], "name": "Other"}

    answer = client.post("/api/funnels/ads/plan", json=sent).json

    assert sum(one["people"] + one["elsewhereToo"] for one in answer["places"]) == 6
    assert {one["change"] for one in answer["places"]} == {"same"}
    assert answer["changes"][0]["text"].startswith("The funnel is called “Other” now")
    assert plain(ads) == document
    assert client.get("/api/funnels/ads/plan").json["changes"] == []


def test_it_is_published_with_choices_and_taken_back(ads):
    client = ads.client("mark")
    nodes = [one["node"] for one in client.get("/api/funnels/ads/plan").json["places"]]

    assert client.get("/api/funnels/ads/versions").json["notTakenBack"] != ""
    document = {**plain(ads), "note": "N"}
    with ads.database.work() as work:
        save_draft(work, FunnelDocument.model_validate(document), by=SYSTEM)
    made = client.post("/api/funnels/ads/plan/publish", json={"choices": dict.fromkeys(nodes, "follow"), "note": "Why"})

    assert made.json == {"published": 2, "carried": {"follow": 6}}
    found = client.get("/api/funnels/ads/versions").json
    assert (found["versions"][0]["note"], found["notTakenBack"]) == ("Why", "")
    assert client.post("/api/funnels/ads/plan/take-back", json={}).json == {"carried": 6}
    assert client.post("/api/funnels/ads/plan/take-back", json={}).status_code == 422
    assert client.post("/api/funnels/ads/restore", json={"version": 1}).json["document"]["key"] == "ads"
    assert client.get("/api/funnels/ads/reading?version=1").json["lines"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("plan", {"nodes": 1}, 422),
        ("plan", [1], 422),
        ("plan/publish", {"choices": {"x": "go"}}, 422),
        ("plan/publish", {"more": 1}, 422),
        ("restore", {"version": 99}, 404),
    ],
)
def test_what_makes_no_sense_is_refused(ads, path, body, status):
    assert ads.client("mark").post(f"/api/funnels/ads/{path}", json=body).status_code == status


def test_who_has_nothing_to_do_with_funnels_sees_and_does_nothing(ads):
    client = ads.client("ann")

    for path in ("plan", "versions", "reading"):
        assert client.get(f"/api/funnels/ads/{path}").status_code == 403
    for path in ("plan/publish", "plan/take-back", "restore"):
        assert client.post(f"/api/funnels/ads/{path}", json={"version": 1}).status_code == 403
