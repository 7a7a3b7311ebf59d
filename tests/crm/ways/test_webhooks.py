from datetime import timedelta

import pytest
from sqlalchemy import func, select

from crm.access.actor import SYSTEM, Actor, ActorKind, unpack
from crm.errors import InvalidError, NotAllowedError, NotFoundError
from crm.settings.errors import InUseError
from crm.tables.journal import event
from crm.tables.records import comment, lead, person
from crm.tables.ways import webhook_delivery, webhook_in
from crm.ways.kinds import Mapped
from crm.ways.receiving import Came, flat, receive
from crm.ways.webhooks import (
    WebhookText,
    add_webhook,
    all_webhooks,
    change_webhook,
    last_deliveries,
    new_address,
    redact,
    remove_webhook,
    switch_webhook,
    webhook_by_key,
    webhook_by_token,
)
from db.errors import StaleError
from tests.crm.dealing import cost, events

MAPPING = (
    Mapped("client.name", "name"),
    Mapped("client.phones.0", "phone"),
    Mapped("note", "comment"),
    Mapped("order.id", "external_id"),
    Mapped("order.seats", "field.seats"),
    Mapped("order.total", "value.total", "number"),
    Mapped("order.paid", "value.paid", "bool"),
    Mapped("order.kind", "value.kind"),
)
PAYLOAD = {
    "client": {"name": "Ann", "phones": ["+380501234567"]},
    "note": "Call back",
    "order": {"id": 77, "seats": 3, "total": "19,5", "paid": "yes", "kind": "web"},
}


@pytest.fixture
def shop(database):
    with database.work() as work:
        _, token = add_webhook(work, WebhookText("Shop", MAPPING, source="shop", channel="site"), by=SYSTEM, key="shop")
    database.shop_token = token
    return hook(database)


def hook(database):
    with database.reading() as work:
        return webhook_by_key(work, "shop")


def take(database, payload=PAYLOAD, mark="1", **values):
    with database.work() as work:
        [answer] = receive(work, webhook_by_key(work, "shop"), [Came(payload, mark, **values)])
    return answer


def test_a_webhook_is_found_by_its_secret_which_is_not_stored(database, shop):
    with database.reading() as work:
        assert webhook_by_token(work, database.shop_token) == shop
        assert database.shop_token not in str(work.rows(select(webhook_in)))
        with pytest.raises(NotFoundError):
            webhook_by_token(work, "shop")


def test_another_address_ends_the_old_one(database, shop):
    with database.work() as work:
        token = new_address(work, "shop", by=SYSTEM)
    with database.reading() as work:
        assert webhook_by_token(work, token).key == "shop"
        with pytest.raises(NotFoundError):
            webhook_by_token(work, database.shop_token)


def test_what_comes_becomes_a_lead_and_an_event_with_the_chosen_values(database, shop):
    answer = take(database)

    with database.reading() as work:
        [row] = work.rows(select(lead))
        assert (row.id, row.name, row.phone, row.external_id) == (answer.lead_id, "Ann", "+380501234567", "77")
        assert (row.source, row.fields) == ("shop", {"seats": 3})
        assert work.scalar(select(comment.c.body)) == "Call back"
        [(subject, data)] = events(work, "webhook.received")
        assert (subject, data) == (
            row.person_id,
            {
                "webhook": "shop", "value.total": 19.5, "value.paid": True, "value.kind": "web",
                "target": "lead", "id": row.id,
            },
        )  # fmt: skip
        causes = work.rows(select(event.c.caused_by).where(event.c.person_id != 0))
        assert {unpack(one.caused_by) for one in causes} == {(ActorKind.WEBHOOK, shop.id)}


def test_the_same_delivery_is_recognised(database, shop):
    first, again = take(database), take(database)

    assert (first.code, again.code) == ("received", "repeated")
    assert (again.delivery_id, again.lead_id) == (first.delivery_id, first.lead_id)
    with database.reading() as work:
        assert len(events(work, "webhook.received")) == 1


def test_after_its_time_the_same_content_is_new(database, shop):
    take(database, within=timedelta(0))

    assert take(database, within=timedelta(0)).code == "received"


def test_what_does_not_fit_is_left_out_and_said(database, shop):
    take(database, {"client": {"name": "Ann", "phones": ["none"]}, "order": {"seats": "many", "total": "?"}})

    with database.reading() as work:
        [row] = work.rows(select(lead))
        assert (row.name, row.phone, row.fields) == ("Ann", None, None)
        [delivery] = last_deliveries(work, shop)
        assert {path for path, _ in delivery.problems} == {"client.phones.0", "order.seats", "order.total"}
        assert "no phone number" in str(dict(delivery.problems)["client.phones.0"])


@pytest.mark.parametrize(
    "payload",
    [None, [], {}, "text", 5, [[[[]]]], {"client": "x"}, {"client": {"phones": {"0": None}}}, {"order": {"id": {}}}],
)
def test_nothing_that_comes_is_too_strange(database, shop, payload):
    assert take(database, payload).code == "received"


def test_a_lead_that_is_known_is_told_of_and_not_made_again(database, shop):
    first = take(database, mark="1")
    second = take(database, mark="2")

    assert (second.code, second.lead_id) == ("received", first.lead_id)
    with database.reading() as work:
        assert work.scalar(select(func.count()).select_from(lead)) == 1
        assert len(events(work, "webhook.received")) == 2


def test_without_leads_only_funnels_hear_of_it(database, shop):
    with database.work() as work:
        change_webhook(work, "shop", WebhookText("Shop", MAPPING, makes_leads=False), by=SYSTEM)
    take(database, mark="1")
    take(database, {**PAYLOAD, "note": "again"}, mark="2")

    with database.reading() as work:
        assert work.scalar(select(func.count()).select_from(lead)) == 0
        assert work.scalar(select(func.count()).select_from(person)) == 1
        (first, data), (second, _) = events(work, "webhook.received")
        assert first == second
        assert "target" not in data


def test_the_content_of_the_last_five_is_kept_and_can_be_removed(database, shop):
    for number in range(8):
        take(database, {"number": number}, mark=str(number))

    with database.work() as work:
        kept = last_deliveries(work, shop)
        assert [one.values for one in kept] == [*({"number": number} for number in (7, 6, 5, 4, 3)), None, None, None]
        assert redact(work, "shop", by=SYSTEM) == 5
        assert all(one.values is None for one in last_deliveries(work, shop))


def test_what_is_kept_is_small(database, shop):
    take(database, {"big": "x" * 200_000, **{f"key {number}": "y" * 300 for number in range(300)}})

    with database.reading() as work:
        assert work.scalar(select(func.length(webhook_delivery.c.payload))) < 25_000


def test_paths_name_every_value():
    payload = {"a": {"b": [{"c": 1}, {"c": 2}]}, "d": None}

    assert flat(payload) == {"a.b.0.c": 1, "a.b.1.c": 2, "d": None}
    assert flat("alone") == {"value": "alone"}
    assert len(flat({str(number): number for number in range(1000)})) == 400


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ([Mapped("a", "owner_id")], "no field"),
        ([Mapped("a", "value.Bad Name")], "cannot be a name"),
        ([Mapped("a", "name"), Mapped("b", "name")], "filled twice"),
        ([Mapped("", "name")], "path"),
        ([Mapped(f"a{number}", f"value.a{number}") for number in range(61)], "60 values"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused(database, mapping, words):
    with database.work() as work, pytest.raises(InvalidError, match=words):
        add_webhook(work, WebhookText("Shop", mapping), by=SYSTEM)


def test_changes_ask_for_the_right_and_the_newest_view(database, shop):
    nobody = Actor(ActorKind.USER, 1, frozenset({"funnels.edit"}))
    for act in (
        lambda work: add_webhook(work, WebhookText("X"), by=nobody),
        lambda work: change_webhook(work, "shop", WebhookText("X"), by=nobody),
        lambda work: new_address(work, "shop", by=nobody),
        lambda work: switch_webhook(work, "shop", on=False, by=nobody),
        lambda work: remove_webhook(work, "shop", by=nobody),
        lambda work: redact(work, "shop", by=nobody),
    ):
        with database.work() as work, pytest.raises(NotAllowedError):
            act(work)
    with database.work() as work, pytest.raises(StaleError):
        change_webhook(work, "shop", WebhookText("X"), version=9, by=SYSTEM)


def named(kind, key, *, plan=None):
    return [f"funnel welcome names {kind} {key}"]


def test_switched_off_and_removed_it_has_no_address(database, shop):
    with database.work() as work:
        switch_webhook(work, "shop", on=False, by=SYSTEM)
    with database.reading() as work, pytest.raises(NotFoundError):
        webhook_by_token(work, database.shop_token)
    with database.work() as work, pytest.raises(InUseError):
        remove_webhook(work, "shop", by=SYSTEM, refers=named)
    with database.work() as work:
        remove_webhook(work, "shop", by=SYSTEM)

        assert all_webhooks(work) == ()


def test_fifty_deliveries_cost_what_five_cost(database, shop):
    def take_many(work, start, number):
        receive(
            work, shop, [Came({**PAYLOAD, "order": {"id": start + one}}, str(start + one)) for one in range(number)]
        )

    take(database)
    few = cost(database, lambda work: take_many(work, 100, 5))
    many = cost(database, lambda work: take_many(work, 200, 50))

    assert many - few <= 1
