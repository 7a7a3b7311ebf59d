"""Webhooks as other programs meet them."""

import pytest
from sqlalchemy import func, select

from crm.access.actor import SYSTEM
from crm.tables.records import lead
from crm.tables.ways import webhook_delivery
from crm.ways.kinds import Mapped
from crm.ways.webhooks import WebhookText, add_webhook, switch_webhook
from tests.crm.dealing import events


def address(house, key="shop", **values):
    mapping = (Mapped("client.name", "name"), Mapped("phone", "phone"), Mapped("total", "value.total", "number"))
    with house.database.work() as work:
        _, token = add_webhook(work, WebhookText("Shop", mapping, **values), by=SYSTEM, key=key)
    return f"/hooks/{token}"


@pytest.fixture
def shop(small_house):
    return address(small_house)


@pytest.fixture
def client(small_house):
    return small_house.app.test_client()


def count(house, table=lead):
    with house.database.reading() as work:
        return work.scalar(select(func.count()).select_from(table))


def test_json_is_taken(house):
    answer = house.app.test_client().post(
        address(house), json={"client": {"name": "Ann"}, "phone": "+380501234567", "total": 5}
    )

    assert (answer.status_code, answer.json["status"]) == (202, "received")
    assert answer.json["id"] > 0
    with house.database.reading() as work:
        [(_, data)] = events(work, "webhook.received")
        assert data["value.total"] == 5
    assert count(house) == 1


def test_a_form_is_taken(client, shop, small_house):
    answer = client.post(shop, data={"client.name": "Ann", "phone": "+380501234567"})

    assert answer.status_code == 202
    with small_house.database.reading() as work:
        [row] = work.rows(select(lead))
        assert (row.name, row.phone) == ("Ann", "+380501234567")


@pytest.mark.parametrize("header", ["Idempotency-Key", "X-GitHub-Delivery", "Webhook-Id"])
def test_a_repeat_is_recognised_by_its_id(client, shop, small_house, header):
    first = client.post(shop, json={"n": 1}, headers={header: "a-1"})
    again = client.post(shop, json={"n": 2}, headers={header: "a-1"})
    other = client.post(shop, json={"n": 1}, headers={header: "a-2"})

    assert [one.json["status"] for one in (first, again, other)] == ["received", "repeated", "received"]
    assert again.json["id"] == first.json["id"]
    assert count(small_house) == 2


def test_a_repeat_without_an_id_is_recognised_by_its_content(client, shop, small_house):
    answers = [client.post(shop, json={"n": one}) for one in (1, 1, 2)]

    assert [one.json["status"] for one in answers] == ["received", "repeated", "received"]


def test_another_webhook_knows_nothing_of_it(client, shop, small_house):
    other = address(small_house, "other")

    assert [client.post(one, json={"n": 1}).json["status"] for one in (shop, other)] == ["received", "received"]


@pytest.mark.parametrize(
    ("raw", "kind", "status"),
    [
        (b"", "application/json", 400),
        (b"{", "application/json", 400),
        (b"NaN", "application/json", 400),
        (b'"\\ud800"', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"a":' * 400 + b"1" + b"}" * 400, "application/json", 202),
        (b"1" * 5000, "application/json", 400),
        (b"null", "application/json", 202),
        (b'{"client": {"name": {"x": [1]}}, "phone": [], "total": "1e999"}', "application/json", 202),
        (b'{"client": {"name": "a\\u0000b"}, "\\u0000": "\\u0000", "total": "\\u0000"}', "application/json", 202),
        (b'{"text": true}', "text/plain", 202),
        (b"\xff\xfe", "text/plain", 400),
        (b"a=%ff&%00=%00", "application/x-www-form-urlencoded", 202),
        (b"--x", "multipart/form-data; boundary=x", 202),
        (b'{"big": "' + b"x" * 300_000 + b'"}', "application/json", 413),
    ],
)
def test_nothing_breaks_it(client, shop, raw, kind, status):
    assert client.post(shop, data=raw, content_type=kind).status_code == status


def test_it_works_on_both_databases_with_strange_characters(house):
    body = {"client": {"name": "a\x00b"}, "\x00": "\x00", "phone": "\x00", "total": "\x00"}

    assert house.app.test_client().post(address(house), json=body).status_code == 202
    assert count(house, webhook_delivery) == 1


@pytest.mark.parametrize("path", ["/hooks/x", "/hooks/" + "x" * 2000, "/hooks/%00"])
def test_an_unknown_address_takes_nothing(client, shop, path):
    answer = client.post(path, json={})

    assert (answer.status_code, answer.json["error"]["code"]) == (404, "not_found")


def test_switched_off_it_takes_nothing(client, shop, small_house):
    with small_house.database.work() as work:
        switch_webhook(work, "shop", on=False, by=SYSTEM)

    assert client.post(shop, json={}).status_code == 404
    assert count(small_house, webhook_delivery) == 0


def test_only_posting_is_taken(client, shop):
    assert client.get(shop).status_code == 405


def test_a_flood_is_slowed_down(client, shop, small_house, standing_minute):
    object.__setattr__(small_house.site.limits, "api", "2 per minute")

    answers = [client.post(shop, json={"n": one}) for one in range(3)]

    assert [one.status_code for one in answers] == [202, 202, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0
