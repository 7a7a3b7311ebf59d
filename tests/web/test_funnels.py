import html
import io
import json
import re

import pytest

from funnels.publication.publishing import draft, funnels
from funnels.reading import read
from tests.funnels.lived import ADS
from tests.web.funnels import WHOLESALE, leads, lived_in, parked_runs


@pytest.fixture
def ads(small_house):
    return lived_in(small_house)


def text_of(answer):
    return (
        re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.text)))
        .replace(" ;", ";")
        .replace(" ,", ",")
        .strip()
    )


def said(client):
    """What the last act was answered with."""
    page = client.get("/funnels").text
    return [re.sub(r"<[^>]+>", "", one) for one in re.findall(r'<p class="toast"[^>]*>(.*?)</p>', page)]


class TestList:
    def test_every_number_adds_up(self, ads):
        page = text_of(ads.client("mark").get("/funnels"))

        assert "6 entered = 6 inside + 0 left" in page
        assert "2 stand still" in page
        assert "3 refused in 7 days" in page

    def test_without_funnels_it_says_what_one_is(self, small_house):
        page = small_house.client("mark").get("/funnels").text

        assert "No funnel yet" in page
        assert 'href="/funnels/upload"' in page

    @pytest.mark.parametrize(
        "path",
        [
            "/funnels",
            "/funnels/ads",
            "/funnels/ads/file",
            "/funnels/ads/runs",
            "/funnels/ads/refused",
            "/funnels/upload",
        ],
    )
    def test_managers_have_nothing_to_do_with_funnels(self, ads, path):
        assert ads.client("ann").get(path).status_code == 403

    @pytest.mark.parametrize(
        "path", ["/funnels/no", "/funnels/no/file", "/funnels/no/runs", "/funnels/no/refused", "/funnels/ads/nodes/no"]
    )
    def test_what_is_not_there_is_not_found(self, ads, path):
        assert ads.client("mark").get(path).status_code == 404

    def test_the_list_costs_the_same_for_many(self, house):
        from sqlalchemy import event

        client = lived_in(house).client("mark")
        client.get("/funnels")

        def cost():
            spent = []
            listen = ("before_cursor_execute", lambda *_: spent.append(1))
            event.listen(house.database.engine, *listen)
            client.get("/funnels")
            event.remove(house.database.engine, *listen)
            return len(spent)

        few = cost()
        for number in range(12):
            client.post(
                "/funnels/upload", {"text": WHOLESALE.replace("key: ads", f"key: ads{number}"), "how": "publish"}
            )
        client.get("/funnels")
        client.get("/funnels")
        assert cost() == few


class TestStates:
    def test_a_funnel_is_paused_and_goes_on(self, ads):
        client = ads.client("mark")
        assert (
            client.post("/funnels/state", {"key": "ads", "how": "pause", "next": "/funnels/ads"}).location
            == "/funnels/ads"
        )
        assert said(client) == ["ads is paused. 6 runs stay where they are, with their dates."]

        client.post("/funnels/state", {"key": "ads", "how": "resume"})
        assert said(client) == ["ads lets people in. 6 runs inside go on."]

    def test_stopping_says_how_many_were_cancelled(self, ads):
        client = ads.client("mark")
        client.post("/funnels/state", {"key": "ads", "how": "stop"})

        assert said(client) == ["ads is stopped. 6 runs were cancelled."]
        assert "6 entered = 0 inside + 6 left" in text_of(client.get("/funnels"))

    def test_several_are_told_at_once(self, ads):
        client = ads.client("mark")
        client.post("/funnels/state", {"key": ["ads", "nothing"], "how": "drain"})

        assert said(client) == ["ads lets nobody in. 6 runs go on to their end.", "There is no funnel nothing."]

    def test_it_needs_the_right(self, ads):
        assert ads.client("ann").post("/funnels/state", {"key": "ads", "how": "stop"}).status_code == 403

    def test_nobody_is_led_elsewhere(self, ads):
        answer = ads.client("mark").post("/funnels/state", {"key": "ads", "how": "pause", "next": "//evil.example"})
        assert answer.location == "/"


class TestFiles:
    def upload(self, client, content, **more):
        return client.post("/funnels/upload", {"file": (io.BytesIO(content), "funnel.yaml"), **more})

    def test_a_file_is_checked_and_changes_nothing(self, small_house):
        answer = self.upload(small_house.client("mark"), WHOLESALE.encode())

        assert answer.status_code == 200
        assert "can be published" in answer.text
        with small_house.database.reading() as work:
            assert funnels(work) == ()

    def test_a_checked_file_is_kept_as_a_draft_or_published(self, small_house):
        client = small_house.client("mark")
        assert client.post("/funnels/upload", {"text": WHOLESALE, "how": "save"}).location == "/funnels/ads"
        assert said(client) == ["ads is kept as a draft. What is published goes on as it is."]
        client.post("/funnels/upload", {"text": WHOLESALE, "how": "publish"})
        assert said(client) == ["ads is published as version 1"]

        with small_house.database.reading() as work:
            assert draft(work, "ads") == read(WHOLESALE)

    def test_what_is_wrong_stands_with_line_node_and_setting_and_the_text_is_kept(self, small_house):
        answer = self.upload(small_house.client("mark"), ADS.encode())

        assert answer.status_code == 422
        assert "1 error stops publishing. Nothing was changed." in answer.text
        assert "line 8" in answer.text
        assert "node “plan”" in answer.text
        assert "setting “plan”" in answer.text
        assert "config: {plan: sales}" in answer.text
        assert 'value="publish"' not in answer.text

    def test_nothing_wrong_is_published_by_force(self, small_house):
        client = small_house.client("mark")
        assert client.post("/funnels/upload", {"text": ADS, "how": "publish"}).status_code == 422
        with small_house.database.reading() as work:
            assert funnels(work) == ()

    @pytest.mark.parametrize("content", [b"key: [", b"\xff\xfe", b"<script>alert(1)</script>"])
    def test_rubbish_is_refused_with_words(self, small_house, content):
        answer = self.upload(small_house.client("mark"), content)

        assert answer.status_code == 422
        assert "<script>alert" not in answer.text

    def test_what_is_too_large_is_refused(self, small_house):
        answer = small_house.client("mark").post("/funnels/upload", {"text": "x" * 1_100_000})

        assert answer.status_code == 422
        assert "the file is larger than 1 MB" in answer.text

    def test_no_file_is_asked_for(self, small_house):
        assert "Choose a file." in small_house.client("mark").post("/funnels/upload", {"how": "check"}).text

    def test_a_draft_is_downloaded(self, ads):
        answer = ads.client("mark").get("/funnels/ads/file")

        assert answer.headers["Content-Disposition"] == 'attachment; filename="ads.yaml"'
        assert read(answer.text) == read(WHOLESALE)

    def test_managers_may_not_bring_files(self, small_house):
        assert small_house.client("ann").post("/funnels/upload", {"text": WHOLESALE, "how": "save"}).status_code == 403


class TestGraph:
    def test_the_canvas_gets_nodes_edges_and_counts(self, ads):
        found = ads.client("mark").get("/api/funnels/ads/graph").json

        nodes = {one["id"]: one for one in found["nodes"]}
        assert nodes["tag"]["counts"] == {"entered": 2, "inside": 2, "left": 0, "failed": 2}
        assert [f"{one['n']} {one['words']}" for one in nodes["tag"]["footer"]] == [
            "0 passed",
            "2 inside",
            "2 stuck",
        ]
        assert nodes["answer"]["ports"] == [
            {"key": "spoke", "name": "spoke", "wired": True},
            {"key": "timeout", "name": "time is up", "wired": False},
        ]
        assert {(one["source"], one["port"], one["taken"], one["shareWords"]) for one in found["edges"]} >= {
            ("paid", "yes", 4, "67 %"),
            ("paid", "no", 2, "33 %"),
        }
        assert found["walks"] == 6

    def test_the_page_says_the_same_as_a_list(self, ads):
        page = text_of(ads.client("mark").get("/funnels/ads"))

        assert "Paid? lead's source is “ads” 6 passed leads to yes: Add to sales plan; no: Add tags" in page
        assert "Numbers on nodes are of all time and all versions." in page

    def test_programs_are_told_in_json_what_is_wrong(self, ads):
        answer = ads.client("mark").get("/api/funnels/nothing/graph", headers={"Accept": "application/json"})

        assert (answer.status_code, answer.json["error"]["code"]) == (404, "not_found")
        assert ads.client("ann").get("/api/funnels/ads/graph").status_code == 403

    def test_versions_say_what_changed_and_can_be_seen(self, ads):
        client = ads.client("mark")
        client.post("/funnels/upload", {"text": WHOLESALE.replace("hot", "cold"), "how": "publish"})

        page = text_of(client.get("/funnels/ads?version=1"))
        assert "changed: tag" in page
        assert "older version" in page
        graph = client.get("/api/funnels/ads/graph?version=1").json
        assert next(one for one in graph["nodes"] if one["id"] == "tag")["summary"] == "hot"

    def test_a_node_says_its_settings_and_who_is_there(self, ads):
        page = text_of(ads.client("mark").get("/funnels/ads/nodes/answer"))

        assert "Not longer than 3 days" in page
        assert "4 came = 4 inside + 0 left" in page
        assert "ads 0" in page
        assert "time is up · ends here" in page

    def test_a_node_where_runs_stand_still_says_why(self, ads):
        page = text_of(ads.client("mark").get("/funnels/ads/nodes/tag", headers={"X-Requested-With": "fetch"}))

        assert page.startswith("Add tags")
        assert "Stands still here (2)" in page
        assert "the run has no company" in page

    def test_a_trigger_says_whom_it_refused(self, ads):
        assert "3 the settings of the trigger do not fit" in text_of(
            ads.client("mark").get("/funnels/ads/nodes/created")
        )

    def test_what_people_typed_is_no_markup(self, small_house):
        client = small_house.client("mark")
        text = WHOLESALE.replace("name: Autumn ads", "name: '<b>Ads</b>'").replace("title: Paid?", "title: '<i>x</i>'")
        client.post("/funnels/upload", {"text": text, "how": "publish"})

        for path in ("/funnels", "/funnels/ads", "/funnels/ads/nodes/paid"):
            page = client.get(path).text
            assert "<b>Ads" not in page
            assert "<i>x" not in page


class TestRuns:
    def test_a_run_says_where_it_is_and_why(self, ads):
        client = ads.client("mark")
        page = text_of(client.get(f"/runs/{parked_runs(ads)[0]}"))

        assert "Stands still at “Add tags”" in page
        assert "the run has no company" in page
        assert "lead created · the system" in page

    def test_the_canvas_gets_its_way(self, ads):
        found = ads.client("mark").get(f"/api/runs/{parked_runs(ads)[0]}/graph").json["walk"]

        assert found["ports"] == ["created:next", "paid:no"]
        assert found["failed"] == "tag"
        assert [one["step"] for one in found["nodes"]["paid"]] == [2]

    def test_what_is_not_there_is_not_found(self, ads):
        assert ads.client("mark").get("/runs/999999").status_code == 404
        assert ads.client("ann").get(f"/runs/{parked_runs(ads)[0]}").status_code == 403

    def test_all_that_stand_still_are_listed_and_skipped(self, ads):
        client = ads.client("mark")
        assert "2 runs stand still." in client.get("/funnels/ads/runs?state=parked").text
        assert "the run has no company 2 stand still" in text_of(client.get("/funnels/ads/runs?state=parked"))
        client.post("/runs/repair", {"run": parked_runs(ads), "how": "skip", "next": "/funnels/ads/runs"})
        assert said(client) == ["2 runs go on behind the node"]
        ads.walk()

        assert parked_runs(ads) == []
        assert "Nothing stands still" in client.get("/funnels/ads/runs").text

    def test_all_of_a_node_are_cancelled_without_naming_them(self, ads):
        client = ads.client("mark")
        client.post("/runs/repair", {"all": "true", "key": "ads", "at": "tag", "how": "cancel"})

        assert said(client) == ["2 runs were cancelled"]

    def test_a_run_is_moved_to_a_node(self, ads):
        client = ads.client("mark")
        [first, _] = parked_runs(ads)
        client.post("/runs/repair", {"run": first, "how": "move", "node": "thanks"})
        assert said(client) == ["1 run was moved"]
        client.post("/runs/repair", {"run": first, "how": "move", "node": "nowhere"})

        assert said(client) == ["1 run: its version has no such node"]

    def test_what_cannot_be_is_said(self, ads):
        client = ads.client("mark")
        waiting = next(iter({*range(1, 40)} - {*parked_runs(ads)}))
        client.post("/runs/repair", {"run": [parked_runs(ads)[0], 999999], "how": "retry"})
        assert said(client) == ["1 run tries again", "1 run: there is no such run"]
        client.post("/runs/repair", {"how": "retry"})
        assert said(client) == ["No run was chosen; nothing was changed."]
        client.post("/runs/repair", {"run": waiting, "how": "move"})
        assert said(client) == ["Nothing was changed: choose runs, and a node where they shall be moved."]

    def test_repair_needs_its_right(self, ads):
        run_id = parked_runs(ads)[0]
        assert ads.client("ann").post("/runs/repair", {"run": run_id, "how": "cancel"}).status_code == 403
        assert run_id in parked_runs(ads)


class TestRefused:
    def test_who_was_refused_stands_with_the_reason(self, ads):
        page = text_of(ads.client("mark").get("/funnels/ads/refused"))

        assert "3 the settings of the trigger do not fit trigger “Lead created”" in page
        assert "fair 2" in page
        assert "the source is fair" in page

    def test_addresses_that_make_no_sense_do_no_harm(self, ads):
        assert ads.client("mark").get("/funnels/ads/refused?before=x&node=%3Cb%3E&code=1").status_code == 200

    def test_nobody_refused_is_said(self, small_house):
        client = lived_in(small_house, refused=0).client("mark")
        assert "Nobody was refused in 7 days" in client.get("/funnels/ads/refused").text


def test_pages_speak_the_visitors_language(ads):
    client = ads.client("mark")
    client.post("/preferences", {"language": "ru"})

    assert client.get("/api/funnels/ads/graph").json["nodes"][3]["typeTitle"] != "Add tags"
    assert "у прохождения нет записи" in client.get(f"/runs/{parked_runs(ads)[0]}").text


def test_json_of_a_large_graph_is_small(small_house):
    lived_in(small_house)
    leads(small_house, 50, "ads")
    small_house.walk()
    answer = small_house.client("mark").get("/api/funnels/ads/graph")

    assert len(answer.data) < 10_000
    assert json.loads(answer.data)["walks"] == 56
