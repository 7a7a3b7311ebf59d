"""What helps to fill in settings: sentences, texts on a real record, the pages about blocks."""

import pytest

from crm.access.actor import SYSTEM
from crm.leads.recording import NewLead, record_leads

AMOUNT = {"op": "greater", "field": "deal.amount", "value": 100000}
TAG = {"op": "has", "field": "lead.tags", "value": "VIP"}


def told(house, kind, value, login="root"):
    return house.client(login).send("POST", "/api/funnels/told", {"kind": kind, "value": value})


SENTENCES = {
    "both": (
        {"op": "all", "of": [AMOUNT, TAG]},
        "deal's amount is more than 1000, and lead's tags has “VIP”",
    ),
    "nested": (
        {"op": "any", "of": [TAG, {"op": "not", "of": AMOUNT}]},
        "lead's tags has “VIP”, or not so: deal's amount is more than 1000",
    ),
    "groups in one another": (
        {"op": "all", "of": [TAG, {"op": "any", "of": [AMOUNT, TAG]}]},
        "lead's tags has “VIP”, and (deal's amount is more than 1000, or lead's tags has “VIP”)",
    ),
    "nothing": ({"op": "all", "of": []}, "always"),
}


@pytest.mark.parametrize("case", SENTENCES)
def test_a_condition_is_said_in_a_sentence(small_house, case):
    value, words = SENTENCES[case]

    assert told(small_house, "condition", value).json["words"] == words


LENGTHS = {
    "by the clock": ({"amount": 3, "unit": "hours"}, "3 hours"),
    "working days": (
        {"amount": 2, "unit": "days", "calendar": "company"},
        "2 working days, Kyiv time, 09:00–18:00, Mon–Fri",
    ),
    "at a time": ({"amount": 1, "unit": "days", "at": "10:00"}, "1 day, at 10:00, Kyiv time"),
    "a window": (
        {
            "amount": 2,
            "unit": "days",
            "time_zone": "Europe/Warsaw",
            "window": {"hours": {"opens": "10:00", "closes": "12:30"}, "weekdays": ["mon", "wed"]},
            "holidays": False,
        },
        "2 days, Warsaw time, 10:00–12:30, Mon, Wed, holidays too",
    ),
}


@pytest.mark.parametrize("case", LENGTHS)
def test_a_length_of_time_is_said_in_full(small_house, case):
    value, words = LENGTHS[case]

    assert told(small_house, "duration", value).json["words"] == words


def test_what_is_not_whole_yet_is_said_to_be_so(small_house):
    answer = told(small_house, "condition", {"op": "is", "field": "deal.plan"})

    assert answer.json == {"words": "", "wrong": "this is required"}
    assert told(small_house, "other", {}).status_code == 422
    assert told(small_house, "condition", AMOUNT, "ann").status_code == 403


@pytest.fixture
def lead(small_house):
    with small_house.database.work() as work:
        [made] = record_leads(work, [NewLead(title="Ремонт кухні", name="Олена", phone="+380501234567")], by=SYSTEM)
    return made.ids[0]


def filled(house, texts, id_, login="root", record="lead"):
    return house.client(login).send("POST", "/api/funnels/preview", {"texts": texts, "record": record, "id": id_})


def test_a_text_is_filled_from_a_lead_that_was_found(small_house, lead):
    client = small_house.client("root")

    [found] = client.get("/api/funnels/examples?q=кухні").json
    assert found in client.get("/api/funnels/examples").json
    assert (found["record"], found["id"], found["title"], found["more"]) == ("lead", lead, "Ремонт кухні", "Олена")
    answer = filled(small_house, ["Вітаю, {lead.name|upper}!", "{deal.title}"], lead)
    assert answer.json == {"texts": ["Вітаю, ОЛЕНА!", ""]}


def test_what_cannot_be_read_or_seen_is_refused(small_house, lead):
    assert filled(small_house, ["{lead.name"], lead).json["texts"] == []
    assert filled(small_house, ["x"], lead + 1).status_code == 404
    assert filled(small_house, ["x"], lead, record="deal").status_code == 404
    assert filled(small_house, ["x"], lead, "ann").status_code == 403


def test_a_page_about_a_block_is_answered(small_house):
    client = small_house.client("root")

    assert "<h3>Ports</h3>" in client.get("/api/funnels/blocks/wait.event/page").text
    assert client.get("/api/funnels/blocks/none.such/page").status_code == 404
