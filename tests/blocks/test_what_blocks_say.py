"""What blocks say of themselves to the checks: what they write and cause, ways nobody takes, and whether they keep to hours."""

import pytest

from blocks.catalogue import CATALOG, block_type
from engine.writes import Caused, Write


def block(key, **settings):
    return block_type(key).model_validate(settings)


IS = {"op": "not_empty", "field": "lead.phone"}
NOTHING, NEVER = {"op": "all", "of": []}, {"op": "any", "of": []}
DAY = {"amount": 1, "unit": "days"}


def test_what_others_may_write_too():
    moved = block("crm.change_stage", stage="offer", plan="retail")
    fields = block("crm.set_fields", changes=[{"field": "lead.source", "value": "x"}, {"field": "deal.field.city"}])

    assert moved.writes() == (Write("stage", "retail", "offer"),)
    assert block("crm.change_stage", stage="offer").writes() == (Write("stage", "", "offer"),)
    assert fields.writes() == (Write("field", "lead", "source"), Write("field", "deal", "field.city"))
    assert block("crm.add_tags", tags=["b", "a"]).writes() == (Write("tag", "lead", "a"), Write("tag", "lead", "b"))
    assert block("crm.remove_tags", tags=["a"], on="deal").writes() == (Write("tag", "deal", "a", takes_off=True),)
    assert block("people.assign_manager").writes() == (Write("owner", "deal"),)
    assert block("logic.exit").writes() == ()


def test_what_may_start_others():
    moved = block("crm.change_stage", stage="offer")

    assert moved.causes() == (Caused("deal.moved", {"plan": None, "stage": "offer", "from": None}),)
    assert block("crm.add_to_plan", plan="retail").causes() == (
        Caused("deal.created", {"plan": "retail", "stage": None}),
    )
    assert block("logic.exit").causes() == ()


SHADOWED = [
    (block("logic.condition", condition=IS), ()),
    (block("logic.condition", condition=NOTHING), (("condition", "no"),)),
    (block("logic.condition", condition=NEVER), (("condition", "yes"),)),
    (block("logic.filter", condition=IS), ()),
    (block("logic.filter", condition=NOTHING), (("condition", "filtered"),)),
    (block("logic.filter", condition=NEVER), (("condition", "next"),)),
    (
        block(
            "logic.switch",
            field="lead.source",
            cases=[{"port": "a", "values": ["Ads"]}, {"port": "b", "values": ["ads"]}, {"port": "c", "values": [1, "ads"]}],
        ),
        (("cases.1.values", "b"),),
    ),
    (
        block(
            "action.http_request",
            address="https://example.org",
            wait=True,
            ports_by_status=[{"port": one, "statuses": [404]} for one in ("gone", "gone", "lost")],
        ),
        (("ports_by_status.2.statuses", "lost"),),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "found"), SHADOWED)
def test_ways_that_nobody_takes(asked, found):
    assert asked.shadowed() == found


def test_whether_runs_leave_within_hours_only():
    assert block("wait.duration", lasting=DAY).keeps_hours() is False
    for more in ({"calendar": "company"}, {"at": "09:00"}, {"window": {"weekdays": ["mon"]}}):
        assert block("wait.duration", lasting={**DAY, **more}).keeps_hours() is True
    assert block("wait.until_date", day="2027-01-01").keeps_hours() is True
    assert block("wait.until_date", field="deal.field.delivery").keeps_hours() is None
    assert block("logic.time_window").keeps_hours() is True
    assert block("logic.exit").keeps_hours() is None


def test_a_shift_is_a_wait_of_days():
    assert block("wait.until_date", field="deal.field.delivery", shift=2, unit="weeks").waits_days() == 14
    assert block("logic.exit").waits_days() == 0


def test_the_client_gets_letters_only():
    assert [one.key for one in CATALOG if one.writes_to_client] == ["message.send_email"]
