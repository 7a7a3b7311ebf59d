"""The draft of a funnel as the editor speaks to the server about it."""

import pytest

from crm.access.actor import SYSTEM
from funnels.publication.publishing import save_draft
from funnels.reading import read

ADS = """
key: ads
name: Ads
nodes:
  - {id: come, type: trigger.lead_created, layout: {x: 10, y: 20}}
  - {id: ask, type: logic.switch, config: {field: lead.source, cases: [{port: fair, values: [fair]}]}}
  - {id: call, type: task.create, config: {name: Call}}
edges:
  - {from: come, to: ask}
  - {from: ask, port: fair, to: call}
"""


@pytest.fixture
def drawn(small_house):
    """A house with a draft that has a mistake."""
    with small_house.database.work() as work:
        save_draft(work, read(ADS), by=SYSTEM)
    return small_house


def put(client, draft, **more):
    body = {"version": draft["version"], "document": draft["document"], "positions": draft["positions"], **more}
    return client.send("PUT", "/api/funnels/ads/draft", body)


def renamed(draft, node, title):
    nodes = [{**one, "title": title} if one["id"] == node else one for one in draft["document"]["nodes"]]
    return {**draft["document"], "nodes": nodes}


def test_a_draft_is_answered_with_places_apart_and_what_is_wrong(drawn):
    found = drawn.client("root").get("/api/funnels/ads/draft").json

    assert found["positions"] == {"come": [10.0, 20.0]}
    assert all("layout" not in node for node in found["document"]["nodes"])
    assert [port["key"] for port in found["checked"]["nodes"]["ask"]["ports"]] == ["fair", "else"]
    problem = next(one for one in found["checked"]["problems"] if one["code"] == "setting_missing")
    assert (problem["severity"], problem["node"], problem["field"]) == ("error", "call", "deadline")


def test_a_kept_draft_is_the_file_with_its_places(drawn):
    client = drawn.client("root")
    draft = client.get("/api/funnels/ads/draft").json

    answer = put(client, draft, document=renamed(draft, "call", "Дзвінок"), positions={"call": [300, 40.04]})

    assert answer.status_code == 200
    assert answer.json["version"] == draft["version"] + 1
    again = client.get("/api/funnels/ads/draft").json
    assert again["positions"] == {"call": [300.0, 40.0]}
    assert again["document"] == renamed(draft, "call", "Дзвінок")
    assert "Дзвінок" in client.get("/funnels/ads/file").text
    assert client.get(f"/api/funnels/ads/draft?since={again['version']}").status_code == 204


def test_who_counts_on_an_old_draft_gets_the_present_one(drawn):
    client = drawn.client("root")
    draft = client.get("/api/funnels/ads/draft").json
    put(client, draft, document=renamed(draft, "call", "Ring"))

    answer = put(client, draft, document=renamed(draft, "call", "Write"))

    assert answer.status_code == 409
    assert answer.json["error"]["code"] == "stale"
    present = answer.json["draft"]
    assert present["version"] == draft["version"] + 1
    assert present["document"]["nodes"][2]["title"] == "Ring"
    assert present["changedBy"] == "Root"


def merged(client, base, mine):
    sides = [{"document": one["document"], "positions": one["positions"]} for one in (base, mine)]
    return client.send("POST", "/api/funnels/ads/draft/merge", {"base": sides[0], "mine": sides[1]})


def test_changes_of_different_blocks_become_one_draft_and_the_second_is_told_them(drawn):
    root, mark = drawn.client("root"), drawn.client("mark")
    base = root.get("/api/funnels/ads/draft").json
    put(root, base, document=renamed(base, "call", "Ring"), positions={"come": [10, 20], "call": [300, 40]})

    mine = {"document": renamed(base, "come", "Came"), "positions": {"come": [0, 0]}}
    found = merged(mark, base, mine).json

    assert [one.get("title") for one in found["document"]["nodes"]] == ["Came", None, "Ring"]
    assert found["positions"] == {"come": [0.0, 0.0], "call": [300.0, 40.0]}
    assert (found["questions"], found["changed"]) == ([], ["call"])
    assert "mine" not in found
    assert any("Ring" in line["words"] for line in found["told"])
    assert (found["present"]["changedBy"], found["present"]["editing"]) == ("Root", "Root")
    assert found["present"]["document"] == renamed(base, "call", "Ring")
    assert root.get("/api/funnels/ads/draft").json["editing"] == ""


def test_the_same_block_is_asked_about_even_where_both_changes_fit(drawn):
    root, mark = drawn.client("root"), drawn.client("mark")
    base = root.get("/api/funnels/ads/draft").json
    theirs = renamed(base, "call", "Ring")
    theirs["nodes"][0] = {**theirs["nodes"][0], "note": "Theirs"}
    put(root, base, document=theirs)

    document = renamed(base, "call", "Write")
    document["nodes"][0] = {**document["nodes"][0], "title": "Mine"}
    found = merged(mark, base, {**base, "document": document}).json

    assert found["questions"] == [{"node": "call", "fits": False}, {"node": "come", "fits": True}]
    names = ("title", "note")
    come, call = (
        {key: [found[key]["document"]["nodes"][place].get(name) for name in names] for key in ("mine", "theirs")}
        for place in (0, 2)
    )
    assert [found["document"]["nodes"][0].get(name) for name in names] == ["Mine", "Theirs"]
    assert come == {"mine": ["Mine", None], "theirs": [None, "Theirs"]}
    assert call == {"mine": ["Write", None], "theirs": ["Ring", None]}


def test_places_alone_are_never_asked_about(drawn):
    root, mark = drawn.client("root"), drawn.client("mark")
    base = root.get("/api/funnels/ads/draft").json
    put(root, base, positions={"come": [500, 500]})

    found = merged(mark, base, {**base, "positions": {"come": [7, 7]}}).json

    assert (found["questions"], found["positions"]) == ([], {"come": [7.0, 7.0]})


def test_names_that_both_gave_are_asked_about_and_what_cannot_be_read_is_refused(drawn):
    root, mark = drawn.client("root"), drawn.client("mark")
    base = root.get("/api/funnels/ads/draft").json
    put(root, base, document={**base["document"], "name": "Of Root"})

    found = merged(mark, base, {**base, "document": {**base["document"], "name": "Of Mark"}}).json

    assert found["questions"] == [{"node": None, "fits": False}]
    assert [found[key]["document"]["name"] for key in ("mine", "theirs")] == ["Of Mark", "Of Root"]
    twice = {**base["document"], "nodes": base["document"]["nodes"] * 2}
    for wrong in ({**base, "document": {}}, {**base, "document": twice}):
        refused = merged(mark, base, wrong)
        assert (refused.status_code, bool(refused.json["error"]["message"])) == (422, True)


def test_limits_notes_and_groups_stay_with_the_draft(drawn):
    client = drawn.client("root")
    base = client.get("/api/funnels/ads/draft").json
    drawing = {
        "notes": [{"id": "note", "text": "Спитати Олю:\nдо п'ятниці", "x": 12.0, "y": -40.5}],
        "groups": [{"id": "group", "name": "Calls", "nodes": ["ask", "call"], "folded": True}],
    }
    document = {**base["document"], "limits": {"effects_per_hour": 7}, "drawing": drawing}

    put(client, base, document=document)

    assert client.get("/api/funnels/ads/draft").json["document"]["drawing"] == drawing
    text = client.get("/funnels/ads/file").text
    again = read(text)
    assert (again.limits.effects_per_hour, again.drawing.groups[0].nodes) == (7, ("ask", "call"))
    assert again.logic_hash() == read(text.partition("drawing:")[0]).logic_hash()


def test_a_file_that_is_pushed_makes_the_open_draft_an_old_one(drawn):
    client = drawn.client("root")
    draft = client.get("/api/funnels/ads/draft").json
    with drawn.database.work() as work:
        save_draft(work, read(ADS.replace("name: Ads", "name: Pushed")), by=SYSTEM)

    assert put(client, draft).status_code == 409


def test_what_is_no_document_is_refused_in_words_and_changes_nothing(drawn):
    client = drawn.client("root")
    draft = client.get("/api/funnels/ads/draft").json

    for document in ({**draft["document"], "name": ""}, {**draft["document"], "nodes": [{"id": "../x", "type": "a"}]}):
        answer = put(client, draft, document=document)
        assert answer.status_code == 422
        assert answer.json["error"]["message"]

    assert client.send("PUT", "/api/funnels/ads/draft", {"version": "x"}).status_code == 422
    assert client.get("/api/funnels/ads/draft").json["version"] == draft["version"]


def test_a_draft_is_checked_without_being_kept(drawn):
    client = drawn.client("root")
    draft = client.get("/api/funnels/ads/draft").json
    document = {**draft["document"], "nodes": draft["document"]["nodes"][1:]}

    found = client.send("POST", "/api/funnels/ads/draft/check", {"document": document}).json

    assert "trigger_none" in {one["code"] for one in found["problems"]}
    assert client.get("/api/funnels/ads/draft").json["version"] == draft["version"]


def test_problems_come_with_what_would_put_them_right(drawn):
    found = drawn.client("root").get("/api/funnels/ads/draft").json["checked"]["problems"]

    deadline = next(one for one in found if one["field"] == "deadline")
    assert deadline["fixes"] == [
        {
            "title": "Due in a day",
            "changes": [
                {
                    "op": "set",
                    "node": "call",
                    "path": ["config", "deadline"],
                    "value": {"kind": "days_in_stage", "days": 1},
                }
            ],
        }
    ]
    loose = next(one for one in found if one["code"] == "port_unwired")
    assert [one["op"] for one in loose["fixes"][0]["changes"]] == ["add", "connect"]


def test_a_draft_is_published_as_it_was_seen_and_not_with_errors(drawn):
    client = drawn.client("root")
    draft = client.get("/api/funnels/ads/draft").json
    refused = client.send("POST", "/api/funnels/ads/publish", {"version": draft["version"]})
    assert refused.status_code == 422
    assert [one["node"] for one in refused.json["problems"]] == ["call"]

    nodes = draft["document"]["nodes"]
    nodes[2]["config"]["deadline"] = {"kind": "fixed_date", "day": "2027-01-01"}
    kept = put(client, draft).json
    assert client.send("POST", "/api/funnels/ads/publish", {"version": draft["version"]}).status_code == 409
    assert client.send("POST", "/api/funnels/ads/publish", {"version": kept["version"]}).json == {"published": 1}
    assert client.get("/api/funnels/ads/draft").json["isPublished"]


def test_a_new_funnel_begins_empty(small_house):
    client = small_house.client("root")

    answer = client.post("/funnels/new", {"name": "Осіння реклама"})

    assert answer.status_code == 303
    assert answer.location == "/funnels/osinnya_reklama/edit"
    assert 'id="editor"' in client.get(answer.location).text
    found = client.get("/api/funnels/osinnya_reklama/draft").json
    assert (found["document"]["name"], found["document"]["nodes"], found["published"]) == ("Осіння реклама", [], 0)
    assert client.post("/funnels/new", {"name": " "}).location == "/funnels"


def test_who_may_not_edit_funnels_neither_sees_nor_changes_a_draft(drawn):
    client = drawn.client("ann")

    assert client.get("/api/funnels/ads/draft").status_code == 403
    assert client.send("PUT", "/api/funnels/ads/draft", {"document": {}}).status_code == 403
    assert client.send("POST", "/api/funnels/ads/publish", {"version": 1}).status_code == 403
    assert drawn.client("root").get("/api/funnels/none/draft").status_code == 404


def test_saving_again_and_again_is_one_entry_of_the_audit(drawn):
    client = drawn.client("root")
    for title in ("A", "B", "C"):
        draft = client.get("/api/funnels/ads/draft").json
        put(client, draft, document=renamed(draft, "call", title))

    drawn.forward(hours=2)
    draft = client.get("/api/funnels/ads/draft").json
    put(client, draft, document=renamed(draft, "call", "D"))

    assert client.get("/settings/audit").text.count("“ads”") == 2


def test_the_catalogue_names_every_block_in_the_visitors_language(small_house):
    client = small_house.client("root")

    found = client.get("/api/funnels/blocks").json

    kinds = {one["key"]: one for one in found["blocks"]}
    assert len(kinds) == len(found["blocks"]) >= 30
    assert kinds["logic.condition"]["schema"]["properties"]["condition"]["x-condition"]
    assert kinds["logic.condition"]["ports"] == [{"key": "yes", "name": "yes"}, {"key": "no", "name": "no"}]
    deadline = kinds["task.create"]["schema"]["properties"]["deadline"]
    assert {one["properties"]["kind"]["x-word"] for one in deadline["oneOf"]} >= {"on a certain day"}
    assert "$ref" not in client.get("/api/funnels/blocks").text
    assert {group["key"] for group in found["groups"]} >= {one["group"] for one in found["blocks"]}


def test_choices_are_what_there_is(small_house):
    found = small_house.client("root").get("/api/funnels/choices").json

    assert "wholesale" in {one["key"] for one in found["plan"]}
    assert {"key": "new", "name": "New", "within": "wholesale"} in found["stage"]
    source = next(one for one in found["field"] if one["key"] == "lead.source")
    assert (source["kind"], source["of"]) == ("text", "lead")
    stage = next(one for one in found["field"] if one["key"] == "deal.stage")
    assert ["new", "New"] in stage["options"]
