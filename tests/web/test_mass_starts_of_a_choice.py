"""What was chosen on a list, or the list's filter, goes along to the form of a mass start."""

import re

import pytest

from crm.tables.records import lead
from tests.crm.company import put_deals
from tests.web.test_mass_starts import furnish, let, words


@pytest.fixture
def spring(small_house):
    return furnish(small_house)


def ids_of(house):
    with house.database.reading() as work:
        return [row.id for row in work.rows(lead.select().order_by(lead.c.id))]


def test_those_who_were_chosen_are_let_in(spring):
    client = spring.client("mark")
    ids = ids_of(spring)
    chosen = {"kind": "lead", "chosen": f"{ids[3]},{ids[0]}", "filter": "source=ads"}

    page = client.post("/mass-starts/new", chosen)
    look = words(
        client.post("/mass-starts/look", {**chosen, "funnel": "spring:Go", "sample": "0", "per_minute": "600"})
    )
    began = client.post("/mass-starts", {**chosen, "funnel": "spring:Go", "sample": "0", "per_minute": "60000"})
    let(spring)

    assert "2 leads that were chosen" in words(page)
    assert (f'value="{ids[3]},{ids[0]}"' in page.text, 'name="source"' in page.text) == (True, False)
    assert "2 leads Ad 0 Site 0" in look
    result = words(client.get(began.location))
    assert "chosen leads" in result
    assert "inside 2" in result


def test_the_filter_of_a_list_goes_along_and_its_plan(spring):
    with spring.database.work() as work:
        put_deals(work, 2, owner="bob")
    client = spring.client("root")
    form = client.post(
        "/mass-actions/new",
        {"kind": "deal", "what": "start", "within": "wholesale", "query": "owner=bob"},
        headers={"HX-Request": "true"},
    )
    handed_on = dict(re.findall(r'form="to-mass-start" name="(\w+)" value="([^"]*)"', form.text))
    page = words(client.post("/mass-starts/new", {**handed_on, "funnel": "spring"}))

    assert handed_on == {"kind": "deal", "within": "wholesale", "filter": "owner=bob"}
    assert "Only those of the list that you came from Sales plan Wholesale Owner" in page
    assert "2 deals" in page
    assert "0 deals" in words(client.post("/mass-starts/new", {**handed_on, "funnel": "spring", "filter": "owner=ann"}))
    wrong = client.post("/mass-starts/new", {**handed_on, "funnel": "spring", "within": "nowhere"})
    assert "nowhere" in words(wrong)
