"""The filter of boards and lists: facets that can be taken away, forms without scripts, saved filters, columns."""

import re

import pytest

from tests.web.test_boards import deals, recount
from tests.web.test_deal_lists import fewest

BOARD, LIST, ALL = "/boards/wholesale", "/boards/wholesale/list", "/deals"


def put(house):
    found = deals(house, 3, owner="ann"), deals(house, 2, owner="bob"), deals(house, 1)
    recount(house)
    return found


@pytest.mark.parametrize("path", [BOARD, LIST, ALL])
def test_a_facet_is_shown_in_words_and_leads_to_what_is_without_it(small_house, path):
    put(small_house)
    page = small_house.client("boss").get(f"{path}?owner=ann|bob&has_task=no&q=deal").text

    assert "<small>Owner is</small> <span>Ann or Bob</span>" in page
    assert "<small>Has an open task:</small> <span>no</span>" in page
    assert f'class="facet" href="{path}?q=deal&amp;has_task=no"' in page
    assert ">5 deals" in page


@pytest.mark.parametrize("path", [BOARD, LIST, ALL])
def test_the_address_bar_holds_what_a_form_without_scripts_asks(small_house, path):
    put(small_house)
    client = small_house.client("boss")
    sent = client.get(f"{path}?q=&owner=ann&owner=bob&owner.how=not&amount.from=50&amount.to=&tags.how=&add=")

    assert sent.status_code == 302
    assert sent.location == f"{path}?owner=!ann%7Cbob&amount=50.."
    assert ">1 deal" in client.get(sent.location).text


@pytest.mark.parametrize("path", [BOARD, LIST, ALL])
@pytest.mark.parametrize("query", ["gone=1", "amount=much", "sort=nothing"])
def test_what_cannot_be_asked_is_refused_with_a_reason(small_house, path, query):
    answer = small_house.client("root").get(f"{path}?{query}")

    assert answer.status_code == 422
    assert query.partition("=")[0] in answer.text or query.partition("=")[2] in answer.text


def test_any_field_can_be_added_also_without_scripts(small_house):
    from crm.access.actor import SYSTEM
    from crm.settings.field_definitions import NewField, add_fields

    with small_house.database.work() as work:
        add_fields(work, [NewField("deal", "Delivery", "date", key="delivery")], by=SYSTEM)
    client = small_house.client("root")
    page = client.get(ALL).text
    row = client.get("/filters/deal/field?add=deal.field.delivery").text

    assert '<option value="deal.field.delivery">Delivery</option>' in page
    assert 'name="delivery.from"' in row
    assert 'name="delivery.from"' in client.get(f"{ALL}?add=deal.field.delivery").text
    assert client.get("/filters/deal/field?add=deal.nothing").status_code == 404
    assert client.get("/filters/person/field?add=deal.stage").status_code == 404


def test_presets_are_links_and_the_chosen_one_is_marked(small_house):
    page = small_house.client("ann").get(f"{ALL}?state=open&has_task=no").text

    assert re.search(r'href="/deals\?state=open&amp;has_task=no" aria-current="true">.*?Without a task', page)
    assert 'href="/deals?owner=me"' in page


def test_a_filter_is_saved_shown_to_whom_it_is_for_and_removed(house):
    boss = house.client("boss")
    form = {
        "subject": "deal",
        "name": "Big ones",
        "query": "amount=1000..",
        "shared": "yes",
        "next": "/deals?amount=1000..",
    }
    saved = boss.post("/filters", form)
    page = boss.get(saved.location).text
    hers = house.client("ann").get("/deals").text

    assert (saved.status_code, saved.location) == (303, "/deals?amount=1000..")
    assert "Big ones" in page
    assert "Big ones" in hers
    assert "/remove" not in hers
    [address] = re.findall(r'action="(/filters/\d+/remove)"', page)
    assert house.client("ann").post(address, {}).status_code == 404
    assert boss.post(address, {"next": "/deals"}).status_code == 303
    assert "Big ones" not in boss.get("/deals").text


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"subject": "person", "name": "x"},
        {"subject": "deal", "name": ""},
        {"subject": "deal", "name": "x", "query": "gone=1"},
        {"subject": "deal", "name": "x", "query": "owner=me", "shared": "yes"},
    ],
)
def test_what_cannot_be_saved_is_not(small_house, form):
    client = small_house.client("ann")

    assert client.post("/filters", form).status_code in (400, 403, 422)
    assert 'class="saved-filter"' not in client.get("/deals").text


def test_a_filtered_page_takes_as_many_statements_for_many_deals_as_for_few(house):
    client = house.client("root")
    put(house)
    paths = [f"{path}?owner=ann&has_task=no&q=deal" for path in (BOARD, LIST, ALL)]
    few = [fewest(house, client, path) for path in paths]
    deals(house, 150, owner="ann")
    recount(house)

    assert [fewest(house, client, path) for path in paths] == few
    assert max(few) < 30


def test_leads_and_tasks_take_the_same_filter(small_house):
    from tests.web.test_leads import put as put_lead
    from tests.web.test_tasks import put_task

    put_lead(small_house, name="Олег", phone="+380671234567", source="ads", source_fold="ads")
    put_lead(small_house, name="Iryna", source="fair", source_fold="fair")
    put_task(small_house, "ann", -3, "Call Олег")
    put_task(small_house, "ann", 3, "Write")
    client = small_house.client("ann")
    leads = client.get("/leads?q=067 123 45&source=ads|fair&status=!junk&created_at=last-30d").text
    tasks = client.get("/tasks?q=call олег&overdue=yes").text

    assert "Олег" in leads
    assert "Iryna" not in leads
    assert "<small>Status is not</small>" in leads
    assert "Call Олег" in tasks
    assert "Write" not in tasks
    assert "No task fits" in client.get("/tasks?q=nothing").text
    assert client.get("/leads?gone=1").status_code == client.get("/tasks?gone=1").status_code == 422
    assert client.get("/leads?after=x").status_code == 400
