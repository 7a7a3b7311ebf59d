"""Who matches a trigger already when it is published: asked with the number, and let in by a mass start, a sample first."""

import pytest

from crm.access.actor import EVERYTHING, SYSTEM, Actor, ActorKind
from crm.deals.opening import NewDeal, open_deals
from crm.leads.recording import NewLead, record_leads
from funnels.mass_starts import found
from funnels.publication.plan import plan
from funnels.publication.publishing import draft, save_draft
from funnels.publication.retroactive import matching
from funnels.reading import read
from funnels.tables import run
from tests.web.test_publish_page import seen

VISITS = """
key: visits
name: Visits
nodes:
  - {id: stage, type: trigger.stage_entered, title: Talks, config: {plan: wholesale, stages: [talks]}}
  - {id: lead, type: trigger.lead_created, config: {sources: [fair]}}
  - {id: won, type: trigger.deal_won, config: {plan: wholesale}}
  - {id: tag, type: crm.add_tags, config: {tags: [visit], on: lead}}
  - {id: week, type: wait.duration, config: {lasting: {amount: 7, unit: days}}}
edges:
  - {from: stage, to: week}
  - {from: lead, to: tag}
  - {from: won, to: week}
  - {from: tag, to: week}
"""


def fill(house, deals=3, leads=2):
    with house.database.work() as work:
        made = record_leads(work, [NewLead(f"Lead {one}", source="site") for one in range(deals)], by=SYSTEM)
        new = [
            NewDeal(one.ids[1], "wholesale", "talks", f"Deal {at}", lead_id=one.ids[0]) for at, one in enumerate(made)
        ]
        open_deals(work, new, by=SYSTEM)
        record_leads(work, [NewLead(f"Fair {one}", source="fair") for one in range(leads)], by=SYSTEM)
    house.walk()


def keep(house, text):
    with house.database.work() as work:
        save_draft(work, read(text), by=SYSTEM)


@pytest.fixture
def filled(small_house):
    fill(small_house)
    keep(small_house, VISITS)
    return small_house


def runs(house):
    with house.database.reading() as work:
        return len(work.rows(run.select()))


def test_it_is_asked_with_the_number_of_those_who_match(filled):
    page = filled.client("root").get("/funnels/visits/publish").text

    assert "3 deals match “Talks” now: let them in too" in page
    assert "2 leads match “Lead created” now: let them in too" in page
    assert "“Deal won” now" not in page  # nobody
    assert filled.client("root").get("/api/funnels/visits/plan").json["asks"]


def test_they_are_let_in_a_sample_first_through_a_trigger_of_their_own(house):
    fill(house)
    keep(house, VISITS)
    client = house.client("root")
    fields = {
        **seen(client.get("/funnels/visits/publish").text),
        "start": ["stage"],
        "sample": "2",
        "per_minute": "60000",
    }

    answer = client.post("/funnels/visits/publish", fields)

    assert answer.status_code == 303
    assert answer.location.startswith("/mass-starts/")
    with house.database.reading() as work:
        [one] = found(work)
        document = draft(work, "visits")
    assert (one.audience, one.sample, one.state, one.kind) == (3, 2, "sampling", "deal")
    button = next(node for node in document.nodes if node.type == "trigger.manual_start")
    assert ("stage_already", "week") in {(edge.source, edge.target) for edge in document.edges}
    assert button.config["label"] == one.button
    assert runs(house) == 0
    again = client.get("/funnels/visits/publish").text
    assert "let them in too" not in again  # nothing is new any more


def test_a_button_that_leads_there_already_is_used(filled):
    text = VISITS.replace("nodes:\n", "nodes:\n  - {id: hand, type: trigger.manual_start, config: {label: Go}}\n")
    keep(filled, text.replace("edges:\n", "edges:\n  - {from: hand, to: week}\n"))
    client = filled.client("root")
    fields = seen(client.get("/funnels/visits/publish").text)

    client.post("/funnels/visits/publish", {**fields, "start": ["stage", "lead"], "sample": "0"})

    with filled.database.reading() as work:
        assert {(one.kind, one.button, one.audience) for one in found(work)} == {
            ("deal", "Go", 3),
            ("lead", "already there", 2),
        }


TESTED = (
    VISITS
    + """
tests:
  - name: A lead from the fair
    given: {lead: {name: Oksana, source: fair}}
    when: [lead comes in]
    then: {went_through: [tag]}
"""
)


def test_a_draft_whose_tests_were_not_run_is_published_only_in_spite_of_it(filled):
    keep(filled, TESTED)
    client = filled.client("root")
    page = client.get("/funnels/visits/publish").text
    fields = {**seen(page), "start": ["stage"], "sample": "1"}
    assert "Publish in spite of it" in page

    refused = client.post("/funnels/visits/publish", fields)

    assert (refused.status_code, refused.text.count("its tests were not run")) == (422, 2)
    assert client.post("/funnels/visits/publish", {**fields, "despite": "yes"}).status_code == 303
    limited = client.post("/funnels/visits/limits", {"effects_per_hour": "9"})
    assert "The limits hold from now on: version 2." in client.get(limited.location).text


def test_without_a_wish_nobody_is_let_in(filled):
    client = filled.client("root")

    client.post("/funnels/visits/publish", seen(client.get("/funnels/visits/publish").text))
    filled.walk()

    assert runs(filled) == 0


def test_a_rate_that_cannot_be_publishes_nothing(filled):
    client = filled.client("root")
    fields = {**seen(client.get("/funnels/visits/publish").text), "start": ["stage"], "per_minute": "0"}

    assert client.post("/funnels/visits/publish", fields).status_code == 422
    with filled.database.reading() as work:
        assert found(work) == []


TALKS = "{plan: wholesale, stages: [talks]}}"


@pytest.mark.parametrize(
    "after",
    [
        "{plan: wholesale, stages: [talks], origins: [user]}}",
        "{plan: wholesale, stages: [talks]}, condition: {op: is, field: trigger.stage, value: x}}",
        "{plan: wholesale, stages: [talks]}, condition: {op: is, field: lead.source, value: fair}}",
    ],
)
def test_a_trigger_that_asks_for_what_no_record_says_is_not_asked_about(filled, after):
    assert TALKS in VISITS
    keep(filled, VISITS.replace(TALKS, after))

    assert "“Talks” now" not in filled.client("root").get("/funnels/visits/publish").text


def test_a_condition_of_the_trigger_holds(filled):
    guarded = "{plan: wholesale, stages: [talks]}, condition: {op: is, field: deal.title, value: Deal 1}}"
    keep(filled, VISITS.replace(TALKS, guarded))

    assert "1 deal matches “Talks” now: let it in too" in filled.client("root").get("/funnels/visits/publish").text


def test_who_may_not_start_many_is_not_asked(filled):
    able = Actor(ActorKind.USER, 1, frozenset({"funnels.publish", "deals.mass_edit", "deals.edit"}))
    lesser = Actor(ActorKind.USER, 1, able.rights - {"deals.mass_edit"})
    with filled.database.reading() as work:
        drawn = plan(work, draft(work, "visits"), viewer=EVERYTHING)
        asked = [[one.node for one in matching(work, drawn, by=by)] for by in (able, lesser)]

    assert asked == [["stage"], []]
