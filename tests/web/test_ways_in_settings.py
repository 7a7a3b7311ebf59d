"""The pages on which ways in are set up."""

import html
import re

import pytest
from sqlalchemy import select

from crm.access.actor import SYSTEM
from crm.deals.opening import NewDeal, open_deals
from crm.directory import directory
from crm.settings.field_definitions import NewField, add_fields
from crm.tables.records import lead
from crm.ways.api_keys import all_api_keys, find_api_key
from crm.ways.forms import FormText, add_forms, form_by_key
from crm.ways.kinds import FormField, Mapped
from crm.ways.receiving import Came, receive
from crm.ways.submitting import Submission, submit
from crm.ways.webhooks import WebhookText, add_webhook, last_deliveries, webhook_by_key
from tests.web.test_api import listen

HOSTILE = '"><script>alert(1)</script>'
SENT = {
    "name": "Price list", "title": "Prices", "intro": "Hello", "button": "Go", "thanks": "Thanks", "source": "site",
    "field": ["phone", "name"], "label": ["Your phone", "Your name"], "required": ["name"], "act": "save",
}  # fmt: skip


@pytest.fixture
def root(small_house):
    return small_house.client("root")


@pytest.fixture
def mark(small_house):
    """A marketer, who draws funnels and changes no settings."""
    return small_house.client("mark")


def form(house, key="price_list"):
    with house.database.reading() as work:
        return form_by_key(work, key)


def hook(house, key="shop"):
    with house.database.reading() as work:
        return webhook_by_key(work, key)


def put_forms(house, number):
    with house.database.work() as work:
        texts = [FormText(f"Form {one}", [FormField("name", "Name")]) for one in range(number)]
        add_forms(work, texts, by=SYSTEM)


def test_a_marketer_makes_a_form(mark, small_house):
    answer = mark.post("/settings/forms/new", SENT)

    assert answer.location == "/settings/forms/price_list"
    made = form(small_house)
    assert [(one.key, one.label, one.required) for one in made.fields] == [
        ("phone", "Your phone", False),
        ("name", "Your name", True),
    ]
    page = html.unescape(mark.get(answer.location).text)
    assert f"/f/{made.public_id}" in page
    assert f'<iframe src="http://localhost/f/{made.public_id}?frame=1"' in page
    assert '<script src="http://localhost/static/embed.js" async>' in page


@pytest.mark.parametrize(
    ("act", "more", "keys"),
    [
        ("up:1", "", ["name", "phone"]),
        ("down:0", "", ["name", "phone"]),
        ("up:0", "", ["phone", "name"]),
        ("drop:0", "", ["name"]),
        ("add", "email", ["phone", "name", "email"]),
        ("drop:99", "", ["phone", "name"]),
        ("up:x", "", ["phone", "name"]),
        ("nonsense", "", ["phone", "name"]),
    ],
)
def test_buttons_of_the_editor_change_only_what_is_shown(mark, small_house, act, more, keys):
    for headers in ({}, {"HX-Request": "true"}):
        answer = mark.post("/settings/forms/new", {**SENT, "act": act, "more": more}, headers=headers)

        assert answer.status_code == 200
        assert re.findall(r'name="field" value="([^"]+)"', answer.text) == keys
        assert 'value="Prices"' in answer.text
    with small_house.database.reading() as work:
        assert directory(work).forms == {}


def test_the_preview_shows_what_was_typed(mark):
    page = mark.post("/settings/forms/preview", {**SENT, "title": HOSTILE}).text

    assert "Your phone" in page
    assert "&lt;script&gt;" in page
    assert "<script>" not in page


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": ""}, "name is empty"),
        ({"redirect": "javascript:alert(1)"}, "no address"),
        ({"field": []}, "add a field"),
        ({"field": ["owner_id", "name"]}, "cannot ask"),
        ({"channel": "nowhere"}, "no channel"),
        ({"public_id": "mine"}, "public_id"),
        ({"is_active": "1"}, "is_active"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_typed_is_lost(mark, small_house, change, words):
    answer = mark.post("/settings/forms/new", {**SENT, **change})

    assert answer.status_code == 422
    assert words in html.unescape(answer.text)
    assert "Hello" in answer.text
    with small_house.database.reading() as work:
        assert directory(work).forms == {}


def test_a_form_is_changed_by_who_has_seen_it_last(mark, small_house):
    mark.post("/settings/forms/new", SENT)

    assert mark.post("/settings/forms/price_list", {**SENT, "version": "1", "title": "New"}).status_code == 303
    stale = mark.post("/settings/forms/price_list", {**SENT, "version": "1", "title": "Newer"})

    assert stale.status_code == 409
    assert "Newer" in stale.text
    assert form(small_house).title == "New"


def test_a_form_is_closed_opened_and_removed(mark, small_house):
    mark.post("/settings/forms/new", SENT)
    public = f"/f/{form(small_house).public_id}"

    mark.post("/settings/forms/price_list/switch", {"on": "0"})
    assert mark.get(public).status_code == 404
    mark.post("/settings/forms/price_list/switch", {"on": "1"})
    assert mark.get(public).status_code == 200
    mark.post("/settings/forms/price_list/remove")
    assert mark.get("/settings/forms/price_list").status_code == 404


def test_texts_of_forms_and_webhooks_are_texts(root, small_house):
    with small_house.database.work() as work:
        add_fields(work, [NewField("lead", HOSTILE, key="bad")], by=SYSTEM)
        text = FormText(HOSTILE, [FormField("field.bad", HOSTILE)], title=HOSTILE, intro=HOSTILE, button=HOSTILE)
        add_forms(work, [text], by=SYSTEM, keys=["bad"])
        add_webhook(work, WebhookText(HOSTILE, [Mapped(HOSTILE, "name")], source=HOSTILE), by=SYSTEM, key="shop")
        receive(work, webhook_by_key(work, "shop"), [Came({HOSTILE: HOSTILE, "phone": HOSTILE}, "1")])
    root.post("/settings/api", {"name": HOSTILE, "rights": ["leads.create"]})

    for path in (
        "/settings/forms",
        "/settings/forms/bad",
        "/settings/webhooks",
        "/settings/webhooks/shop",
        "/settings/api",
    ):
        page = root.get(path).text
        assert "<script>alert" not in page, path
        assert "&lt;script&gt;" in page, path


def test_a_webhook_shows_its_address_once(root, small_house):
    page = root.post("/settings/webhooks", {"name": "Shop"}, follow_redirects=True).text

    address = re.search(r'value="http://localhost(/hooks/[^"]+)"', page)[1]
    assert address not in root.get("/settings/webhooks/shop").text
    assert root.inner.post(address, json={"a": 1}).status_code == 202
    renewed = root.post("/settings/webhooks/shop/address", follow_redirects=True).text
    assert root.inner.post(address, json={"a": 2}).status_code == 404
    assert re.search(r'value="http://localhost/hooks/[^"]+"', renewed)


def test_the_mapping_is_chosen_on_what_came(root, small_house):
    with small_house.database.work() as work:
        add_webhook(work, WebhookText("Shop"), by=SYSTEM, key="shop")
        receive(work, webhook_by_key(work, "shop"), [Came({"client": {"name": "Ann"}, "total": 5}, "1")])
    page = root.get("/settings/webhooks/shop").text
    assert re.findall(r'name="path" value="([^"]+)"', page) == ["client.name", "total"]

    answer = root.post(
        "/settings/webhooks/shop",
        {
            "name": "Shop", "makes_leads": "true", "version": "1", "source": "shop",
            "path": ["client.name", "total"], "target": ["name", "value"], "name_of": ["", "total"],
            "kind": ["text", "number"],
        },
    )  # fmt: skip

    assert answer.status_code == 303
    assert hook(small_house).mapping == (Mapped("client.name", "name"), Mapped("total", "value.total", "number"))
    page = root.get("/settings/webhooks/shop").text
    assert '<option value="name" selected>' in page


@pytest.mark.parametrize(
    "change",
    [
        {"target": ["owner_id"]},
        {"name_of": ["Bad Name"], "target": ["value"]},
        {"kind": ["code"]},
        {"token_hash": "x"},
        {"name": ""},
    ],
)
def test_a_mapping_that_cannot_be_is_refused(root, small_house, change):
    with small_house.database.work() as work:
        add_webhook(work, WebhookText("Shop"), by=SYSTEM, key="shop")
    sent = {"name": "Shop", "path": ["a"], "target": ["name"], "name_of": [""], "kind": ["text"], "version": "1"}

    assert root.post("/settings/webhooks/shop", {**sent, **change}).status_code == 422
    assert hook(small_house).mapping == ()


def test_content_of_deliveries_is_removed(root, small_house):
    with small_house.database.work() as work:
        add_webhook(work, WebhookText("Shop"), by=SYSTEM, key="shop")
        receive(work, webhook_by_key(work, "shop"), [Came({"secret": "Ann Smith"}, "1")])
    assert "Ann Smith" in root.get("/settings/webhooks/shop").text

    root.post("/settings/webhooks/shop/redact")

    assert "Ann Smith" not in root.get("/settings/webhooks/shop").text
    with small_house.database.reading() as work:
        assert len(last_deliveries(work, hook(small_house))) == 1


def test_a_key_is_shown_once_and_revoked(root, small_house):
    page = root.post("/settings/api", {"name": "Site", "rights": ["leads.create"]}, follow_redirects=True).text
    secret = re.search(r'value="(vk_[^"]+)"', page)[1]

    assert secret not in root.get("/settings/api").text
    with small_house.database.reading() as work:
        key = find_api_key(work, secret)
    assert (key.name, key.rights) == ("Site", {"leads.create"})
    root.post(f"/settings/api/{key.id}/revoke")
    with small_house.database.reading() as work:
        assert find_api_key(work, secret) is None


@pytest.mark.parametrize(
    "sent", [{"name": ""}, {"name": "x", "rights": []}, {"name": "x", "rights": ["all"]}, {"name": "x", "id": "7"}]
)
def test_a_key_that_cannot_be_is_refused(root, small_house, sent):
    assert root.post("/settings/api", {"rights": ["leads.create"], **sent}).status_code == 422
    with small_house.database.reading() as work:
        assert all_api_keys(work) == ()


@pytest.mark.parametrize("login", ["ann", "boss", "mark"])
def test_others_may_not(small_house, login):
    client = small_house.client(login)
    own = login == "mark"
    asked = {
        "/settings/forms": own, "/settings/forms/new": own, "/settings/webhooks": False, "/settings/api": False,
    }  # fmt: skip

    assert {path: client.get(path).status_code == 200 for path in asked} == asked
    assert client.post("/settings/api", {"name": "x", "rights": ["leads.create"]}).status_code == 403
    assert client.post("/settings/webhooks", {"name": "x"}).status_code == 403


def test_a_page_costs_the_same_with_many(root, small_house):
    counts, seen = [0], []
    listen(small_house, counts)
    for number in (3, 60):
        put_forms(small_house, number)
        root.get("/settings/forms")
        counts[:] = [0]
        root.get("/settings/forms")
        seen.append(counts[0])

    assert seen[0] == seen[1] > 0


@pytest.mark.parametrize("path", ["/settings/forms/nothing", "/settings/webhooks/nothing"])
def test_what_is_not_there_is_404(root, path):
    assert root.get(path).status_code == 404
    assert root.post(path, {"name": "x"}).status_code == 404
    assert root.post(f"{path}/remove").status_code in (303, 404)


def test_the_card_names_the_form_a_lead_came_by(root, small_house):
    with small_house.database.work() as work:
        add_forms(work, [FormText("Price list", [FormField("name", "Name")])], by=SYSTEM, keys=["price"])
        [sent] = submit(work, [Submission(form_by_key(work, "price"), {"name": "Ann"}, "1")])
        person_id = work.scalar(select(lead.c.person_id).where(lead.c.id == sent.lead_id))
        [deal] = open_deals(work, [NewDeal(person_id, "wholesale", lead_id=sent.lead_id)], by=SYSTEM)

    assert "form “Price list”" in html.unescape(root.get(f"/deals/{deal.ids[0]}").text)


def test_the_sample_company_has_a_form_that_can_be_sent(empty_house):
    from voronka.demo.company import set_up_company

    with empty_house.database.work() as work:
        set_up_company(work)
        sample = form_by_key(work, "estimate")
        [sent] = submit(work, [Submission(sample, {"name": "Ann", "phone": "+380501234567"}, "1")])

    assert sent.code == "done"
    assert "Get my free estimate" in empty_house.client().get(f"/f/{sample.public_id}").text
