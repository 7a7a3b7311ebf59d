"""Mass starts on pages and through the API: looked at, asked for, watched, gone on with, aborted."""

import html
import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import event as sqlalchemy_event

from crm.access.actor import SYSTEM
from crm.directory import directory
from crm.leads.recording import NewLead, record_leads
from crm.ways.api_keys import all_api_keys, revoke_api_keys
from funnels import states
from funnels.mass_starts import NewMassStart, ask, found
from funnels.publication.publishing import publish, save_draft
from funnels.reading import read
from tests.crm.company import put_deals
from tests.web.test_api import Program
from workers.mass_starts import let_in

SPRING = """
key: spring
name: Spring letter
nodes:
  - {id: press, type: trigger.manual_start, config: {label: Go}}
  - {id: mark, type: crm.add_tags, config: {tags: [spring]}}
  - {id: wait, type: wait.duration, config: {lasting: {amount: 2, unit: days}}}
edges:
  - {from: press, to: mark}
  - {from: mark, to: wait}
"""
ADS = {"field": "lead.source", "op": "is", "value": "ads"}
FORM = {"funnel": "spring:Go", "kind": "lead", "source": "ads", "per_minute": "60000", "sample": "2"}


def with_funnel(house, text=SPRING):
    with house.database.work() as work:
        document = read(text)
        save_draft(work, document, by=SYSTEM)
        publish(work, document.key, by=SYSTEM)


def furnish(house):
    with_funnel(house)
    with house.database.work() as work:
        ann, root = directory(work).user("ann").id, directory(work).user("root").id
        leads = [NewLead(f"Ad {one}", source="ads", owner_id=ann) for one in range(3)]
        leads += [NewLead(f"Site {one}", source="site", owner_id=root) for one in range(2)]
        record_leads(work, leads, by=SYSTEM)
    house.walk()
    return house


@pytest.fixture
def spring(small_house):
    return furnish(small_house)


@pytest.fixture
def program(spring):
    return Program(spring)


def words(answer):
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.text))).strip()


def asked(house):
    with house.database.reading() as work:
        return found(work)


def let(house):
    """Let in whoever is due, and walk their runs."""
    for _ in range(3):
        let_in(house.database)
        house.forward(seconds=2)
    house.walk()


def begun(client, **instead):
    answer = client.post("/mass-starts", {**FORM, **instead})
    assert answer.status_code == 303, words(answer)
    return answer.location


def statements(house, ask_for):
    counted = []
    listen = ("before_cursor_execute", lambda *_: counted.append(1))
    sqlalchemy_event.listen(house.database.engine, *listen)
    ask_for()
    sqlalchemy_event.remove(house.database.engine, *listen)
    return len(counted)


class TestANewOne:
    def test_a_look_says_how_many_and_who_is_first_and_does_nothing(self, spring):
        client = spring.client("mark")

        look = words(client.get("/mass-starts/look", query_string=FORM))

        assert "3 leads Ad 0 Ad 1 Ad 2" in look
        assert "The first 2 are let in; then it waits" in look
        assert "Let the first 2 in" in look
        assert asked(spring) == []

    def test_the_list_of_leads_leads_to_it_with_what_it_shows(self, spring):
        client = spring.client("mark")
        leads = client.get("/leads?source=ads&q=Ad+1").text
        [address] = re.findall(r'id="for-all" href="([^"]+)"', leads)

        page = client.get(html.unescape(address))

        assert "1 lead Ad 1" in words(page)
        assert 'value="ads" selected' in page.text
        assert "for-all" not in spring.client("ann").get("/leads").text

    def test_the_whole_filter_of_the_list_says_whom(self, spring):
        client = spring.client("mark")
        leads = client.get("/leads?q=Ad&created_at=last-30d&source=!fair|site").text
        [address] = re.findall(r'id="for-all" href="([^"]+)"', leads)

        page = words(client.get(html.unescape(address)))

        assert "Source is not fair or site" in page
        assert f"{leads.count('<tr id=')} leads Ad 0" in page

    def test_the_page_of_a_funnel_leads_to_it(self, spring):
        client = spring.client("mark")
        assert 'href="/mass-starts/new?funnel=spring"' in client.get("/funnels/spring").text

        assert "Spring letter" in words(client.get("/mass-starts/new?funnel=spring"))

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"funnel": ""}, "Choose a funnel"),
            ({"funnel": "winter:Go"}, "there is no funnel “winter”"),
            ({"funnel": "spring:Other"}, "has no button “Other”"),
            ({"per_minute": "0"}, "1"),
            ({"sample": "-1"}, "0"),
            ({"since": "2026-02-02", "until": "2026-02-01"}, "The first day lies after the last"),
            ({"since": "yesterday"}, "Mend what is marked"),
            ({"kind": "deal"}, "this needs the right"),
            ({"kind": "person"}, "one of these is expected"),
            ({"surprise": "1"}, "surprise"),
        ],
    )
    def test_what_cannot_be_is_said_and_nothing_is_done(self, spring, wrong, said):
        answer = spring.client("mark").post("/mass-starts", {**FORM, **wrong})

        assert answer.status_code == 422
        assert said in words(answer)
        assert asked(spring) == []

    def test_a_second_press_of_the_button_does_nothing_twice(self, spring):
        client = spring.client("mark")
        begun(client)

        again = client.post("/mass-starts", FORM)

        assert again.status_code == 422
        assert "mass start 1 lets the very same in already" in words(again)
        assert len(asked(spring)) == 1

    def test_a_paused_funnel_is_not_offered_and_not_begun(self, spring):
        with spring.database.work() as work:
            states.pause(work, ["spring"], by=SYSTEM)
        client = spring.client("mark")

        assert "No funnel can be started for many" in words(client.get("/mass-starts"))
        assert "“Spring letter” has no button to press now" in words(client.get("/mass-starts/new?funnel=spring"))
        assert "is paused: it lets nobody in" in words(client.post("/mass-starts", FORM))
        assert asked(spring) == []

    def test_a_funnel_with_several_buttons_is_offered_by_each(self, spring):
        second = "  - {id: other, type: trigger.manual_start, config: {label: Slow}}\n  - {id: mark"
        with_funnel(
            spring, SPRING.replace("  - {id: mark", second).replace("edges:", "edges:\n  - {from: other, to: mark}")
        )

        page = words(spring.client("mark").get("/mass-starts/new"))

        assert "Spring letter: “Go” Spring letter: “Slow”" in page

    def test_who_sees_some_leads_means_those_only(self, spring):
        assert "3 leads" in words(spring.client("boss").get("/mass-starts/look", query_string={**FORM, "source": ""}))
        assert "Nobody fits" in words(
            spring.client("boss").get("/mass-starts/look", query_string={**FORM, "source": "site"})
        )


class TestOne:
    def test_a_sample_comes_first_then_a_person_goes_on(self, spring):
        client = spring.client("mark")
        address = begun(client)
        let(spring)

        page = words(client.get(address))
        assert "The sample is in: look at it" in page
        assert "2 of 3 are let in" in page
        assert "on the way in 0 inside 2 through 0" in page
        assert "leads: lead's source is “ads”" in page
        assert "hx-trigger" not in client.get(address).text

        client.post(f"{address}/go")
        let(spring)
        page = words(client.get(address))
        assert "All are in" in page
        assert "inside 3" in page

    def test_its_part_that_changes_is_asked_for_while_it_is_busy(self, spring):
        client = spring.client("mark")
        address = begun(client)

        part = client.get(address, headers={"HX-Request": "true"}).text

        assert part.startswith("<div") or part.lstrip().startswith("<div")
        assert 'hx-trigger="every 1s"' in part
        assert "<html" not in part

    def test_aborting_says_what_stays(self, spring):
        client = spring.client("mark")
        address = begun(client)
        let(spring)

        client.post(f"{address}/abort")

        page = words(client.get(address))
        assert "Nobody more is let in. 2 who are in stay" in page
        assert "Go on where it was aborted" in page
        again = client.post(f"{address}/abort")
        assert (again.status_code, "is aborted" in words(again)) == (422, True)

        client.post(f"{address}/go")
        let(spring)

        assert "All are in" in words(client.get(address))

    def test_a_pause_of_the_funnel_holds_it_and_says_why(self, spring):
        client = spring.client("mark")
        address = begun(client)
        with spring.database.work() as work:
            states.pause(work, ["spring"], by=SYSTEM)
        let(spring)

        page = words(client.get(address))
        assert "It is held: the funnel “spring” is paused: it lets nobody in" in page
        assert "Nobody is in yet" in page
        refused = client.post(f"{address}/go")
        assert (refused.status_code, "Nothing was changed: the funnel" in words(refused)) == (422, True)

        with spring.database.work() as work:
            states.resume(work, ["spring"], by=SYSTEM)
        client.post(f"{address}/go")
        assert asked(spring)[0].state == "sampling"  # the sample is not whole
        let(spring)
        assert "inside 2" in words(client.get(address))

    def test_who_was_refused_is_seen_with_the_reason(self, spring):
        client = spring.client("mark")
        let_one = begun(client, sample="0")
        let(spring)
        begun(client, source="", sample="0")
        let(spring)

        page = words(client.get("/mass-starts/2"))

        assert "inside 2" in page
        assert "refused 3" in page
        assert "already inside, or was before" in page
        assert let_one == "/mass-starts/1"
        refused = client.get("/mass-starts/2?became=refused")
        assert re.findall(r"Ad \d|Site \d", words(refused)) == ["Ad 2", "Ad 1", "Ad 0"]
        assert re.findall(r"Ad \d|Site \d", words(client.get("/mass-starts/2?became=inside"))) == ["Site 1", "Site 0"]
        assert 'href="/mass-starts/2?became=refused" aria-current="page"' in refused.text

    def test_those_of_whom_one_thing_became_are_read_page_by_page(self, spring, monkeypatch):
        monkeypatch.setattr("funnels.mass.start_listing.SHOWN", 2)
        client = spring.client("mark")
        address = begun(client, source="", sample="0")
        let(spring)

        first = client.get(f"{address}?became=inside")
        [more] = re.findall(r'href="(/mass-starts/1\?became=inside&amp;before=\d+)"', first.text)
        second = words(client.get(more.replace("&amp;", "&")))

        assert re.findall(r"Ad \d|Site \d", words(first)) == ["Site 1", "Site 0"]
        assert re.findall(r"Ad \d|Site \d", second) == ["Ad 2", "Ad 1"]

    def test_a_mass_start_of_others_is_not_there(self, spring):
        address = begun(spring.client("mark"))
        boss = spring.client("boss")

        assert boss.get(address).status_code == 404
        assert boss.post(f"{address}/abort").status_code == 404
        assert "Spring" not in words(boss.get("/mass-starts"))
        assert spring.client("ann").get("/mass-starts").status_code == 403
        assert asked(spring)[0].state == "sampling"


def test_the_list_shows_all_with_their_states_and_costs_the_same_for_many(house):
    furnish(house)
    client = house.client("mark")
    begun(client)
    client.get("/mass-starts")
    few = statements(house, lambda: client.get("/mass-starts"))
    with house.database.work() as work:
        for number in range(60):
            condition = {**ADS, "value": f"ads {number}"}
            ask(work, NewMassStart("spring", "lead", condition), by=SYSTEM)

    assert statements(house, lambda: client.get("/mass-starts")) == few
    page = client.get("/mass-starts")
    assert "0 of 0" in words(page)
    [older] = re.findall(r'href="(/mass-starts\?before=\d+)"', page.text)
    assert "0 of 3" in words(client.get(older))


def test_one_costs_the_same_for_many(house):
    furnish(house)
    client = house.client("mark")
    address = begun(client, sample="0")
    let(house)
    few = statements(house, lambda: client.get(address))
    with house.database.work() as work:
        record_leads(work, [NewLead(f"More {one}", source="fair") for one in range(300)], by=SYSTEM)
    look = {**FORM, "source": "fair"}
    cost_of_look = statements(house, lambda: client.get("/mass-starts/look", query_string=look))
    assert statements(house, lambda: client.get("/mass-starts/look", query_string=FORM)) == cost_of_look
    many = begun(client, sample="0", source="fair")
    let(house)

    assert "inside 300" in words(client.get(many))
    assert statements(house, lambda: client.get(many)) == few


class TestApi:
    BODY = {"funnel": "spring", "condition": ADS, "sample": 2, "per_minute": 60000}  # noqa: RUF012  never changed

    def test_a_dry_run_counts_and_changes_nothing(self, spring, program):
        answer = program.post("/mass-starts", {**self.BODY, "dry_run": True})

        assert (answer.status_code, answer.json) == (200, {"audience": 3, "first": ["Ad 0", "Ad 1", "Ad 2"]})
        assert asked(spring) == []

    def test_it_is_asked_for_watched_and_gone_on_with(self, house):
        furnish(house)
        program = Program(house)
        answer = program.post("/mass-starts", self.BODY)
        assert (answer.status_code, answer.json["state"], answer.json["audience"]) == (201, "sampling", 3)
        assert (answer.json["asked_by"], answer.json["button"], answer.json["condition"]) == ("Program", "Go", ADS)
        let(house)

        held = program.get(f"/mass-starts/{answer.json['id']}").json
        assert (held["state"], held["started"], held["problem"]) == ("held", 2, None)
        on = program.post(f"/mass-starts/{answer.json['id']}/go")
        assert (on.status_code, on.json["state"]) == (200, "running")
        let(house)
        listed = program.get("/mass-starts?limit=1").json
        assert [(one["state"], one["started"]) for one in listed["mass_starts"]] == [("finished", 3)]
        assert listed["next"] is None

    def test_a_repeat_under_the_same_key_does_nothing_twice(self, spring, program):
        first, again = (program.post("/mass-starts", self.BODY, Idempotency_Key="once") for _ in range(2))

        assert (first.status_code, again.status_code, again.json["id"]) == (201, 201, first.json["id"])
        assert len(asked(spring)) == 1

    @pytest.mark.parametrize(
        ("wrong", "status", "code", "where"),
        [
            ({"funnel": "winter"}, 422, "funnel_not_found", None),
            ({"button": "Other"}, 422, "invalid", None),
            ({"per_minute": 0}, 422, "invalid", "per_minute"),
            ({"condition": {"op": "nonsense"}}, 422, "invalid", None),
            ({"condition": {"op": "changed", "field": "lead.source"}}, 422, "invalid", None),
            ({"condition": {**ADS, "field": "lead.nothing"}}, 422, "invalid", None),
            ({"surprise": 1}, 422, "invalid", "surprise"),
        ],
    )
    @pytest.mark.parametrize("dry_run", [True, False])
    def test_what_cannot_be_is_refused(self, spring, program, wrong, status, code, where, dry_run):
        answer = program.post("/mass-starts", {**self.BODY, **wrong, "dry_run": dry_run})

        error = answer.json["error"]
        assert (answer.status_code, error["code"], error["where"]) == (status, code, where)
        assert asked(spring) == []

    def test_what_is_over_is_not_aborted_again(self, program):
        id_ = program.post("/mass-starts", self.BODY).json["id"]
        assert program.post(f"/mass-starts/{id_}/abort").json["state"] == "aborted"

        again = program.post(f"/mass-starts/{id_}/abort")

        assert (again.status_code, "is aborted" in again.json["error"]["message"]) == (422, True)
        assert program.get("/mass-starts/999").status_code == 404

    @pytest.mark.parametrize(
        "rights",
        [("leads.edit", "records.see_all"), ("deals.mass_edit", "records.see_all"), ("deals.mass_edit", "leads.edit")],
    )
    def test_a_key_needs_its_rights(self, spring, rights):
        assert Program(spring, *rights).post("/mass-starts", self.BODY).status_code == 403
        assert asked(spring) == []

    def test_a_revoked_key_lets_nobody_in_any_more(self, spring, program):
        program.post("/mass-starts", self.BODY)
        with spring.database.work() as work:
            revoke_api_keys(work, [one.id for one in all_api_keys(work)], by=SYSTEM)
        let(spring)

        assert (asked(spring)[0].state, asked(spring)[0].started) == ("held", 0)


def test_deals_are_let_in_too_and_who_stands_still_is_seen(spring):
    with spring.database.work() as work:
        put_deals(work, 2, owner="bob")
    client = spring.client("root")
    address = begun(client, kind="deal", source="", plan="wholesale", open="yes", sample="0")
    let(spring)

    page = words(client.get(address))
    assert "deals: deal's sales plan is Wholesale, and deal's closing is empty" in page
    assert "stands still 2 refused 0 The funnel with its numbers" in page  # these deals have no leads to tag
    assert "Run 1" in words(client.get(f"{address}?became=parked"))
    assert "None" in words(client.get(f"{address}?became=ended"))


def test_the_look_follows_the_filter_and_the_page_what_is_let_in(spring, page_of, axe):
    page = page_of(spring, "mark", "/mass-starts/new?funnel=spring", width=390)
    look = page.locator("#look")
    expect(look).to_contain_text("5 leads")
    page.get_by_label("Source").select_option("ads")
    expect(look).to_contain_text("3 leads")
    page.get_by_label("Sample first").fill("2")
    expect(look).to_contain_text("Let the first 2 in")
    assert axe(page) == []

    with page.expect_navigation():
        look.get_by_role("button").click(delay=700)  # a slow press, amid which the look may come anew
    state = page.locator("#state")
    expect(state).to_contain_text("0 of 3 are let in")
    let(spring)
    expect(state).to_contain_text("The sample is in: look at it")
    expect(state).to_contain_text("Go on: 1 more")
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("width", [390, 1440])
def test_what_is_pressed_is_not_drawn_anew_under_the_finger(spring, page_of, width):
    begun(spring.client("mark"))
    page = page_of(spring, "mark", "/mass-starts/1", width=width)
    with page.expect_navigation():
        page.get_by_role("button", name="Abort").click(delay=2_500)  # the state is asked for each second
    expect(page.locator("#state")).to_contain_text("Nobody is in yet")
    assert asked(spring)[0].state == "aborted"

    page.goto("/leads")
    page.get_by_role("searchbox", name="Title").press_sequentially("Ad")
    page.get_by_role("link", name="Ad 1").click(delay=1_500)
    expect(page.get_by_role("heading", name="Ad 1")).to_be_visible()
