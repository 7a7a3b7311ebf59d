from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from crm.access.actor import SYSTEM, Actor, ActorKind
from crm.errors import NotAllowedError
from crm.leads.recording import NewLead, record_leads
from crm.settings.directories import NewChannel, add_channels
from crm.tables.journal import event
from crm.tables.records import lead, person
from engine.event import EVENT_KINDS
from tests.crm.dealing import cost, events


def recorded(work, *items, by=SYSTEM):
    return record_leads(work, items, by=by)


def test_a_lead_comes_with_its_person_and_an_event(database):
    with database.work() as work:
        add_channels(work, [NewChannel("Site", key="site")], by=SYSTEM)
        [answer] = recorded(work, NewLead("Door", name="Ann", source="Ads", channel="site"))

    with database.reading() as work:
        lead_id, person_id = answer.ids
        [row] = work.rows(select(lead))
        assert (row.id, row.person_id, row.title, row.status) == (lead_id, person_id, "Door", "not_processed")
        assert (row.source, row.source_fold) == ("Ads", "ads")
        assert events(work, "lead.created") == [(lead_id, {"source": "Ads", "channel": "site"})]


def test_an_external_id_alone_is_a_lead_too(database):
    with database.work() as work:
        [answer] = recorded(work, NewLead(external_id="X-1"))

    with database.reading() as work:
        [row] = work.rows(select(lead))
        assert (answer.code, row.title, row.external_id) == ("done", "X-1", "X-1")


def test_an_external_id_that_is_known_is_recognised_also_within_one_call(database):
    with database.work() as work:
        first, twin = recorded(work, NewLead(external_id="X-1"), NewLead(external_id="X-1"))
    with database.work() as work:
        again, other = recorded(work, NewLead(external_id="X-1"), NewLead(external_id="X-2"))

    assert [one.code for one in (first, twin, again, other)] == ["done", "exists", "exists", "done"]
    assert first.ids == twin.ids == again.ids


def test_leads_with_the_same_phone_or_address_are_of_one_person(database):
    with database.work() as work:
        answers = recorded(
            work,
            NewLead(phone="+380501234567"),
            NewLead(phone="+380501234567", email="ann@example.com"),
            NewLead(email="ann@example.com"),
            NewLead(),
            NewLead(),
        )

    persons = [answer.ids[1] for answer in answers]
    assert persons[0] == persons[1] == persons[2]
    assert len(set(persons)) == 3


def test_a_lead_that_happened_earlier_keeps_its_moment(database):
    at = datetime(2025, 5, 6, tzinfo=UTC)
    with database.work() as work:
        recorded(work, NewLead("Old", created_at=at))

    with database.reading() as work:
        query = select(event.c.occurred_at, event.c.recorded_at).where(event.c.kind == EVENT_KINDS["lead.created"].code)
        [row] = work.rows(query)
        assert work.rows(select(lead.c.created_at))[0][0] == row.occurred_at == at
        assert row.recorded_at > at


def test_an_unknown_channel_is_left_empty(database):
    with database.work() as work:
        recorded(work, NewLead("Door", channel="nowhere"))

        assert work.rows(select(lead.c.channel_id))[0][0] is None


def test_events_hold_no_personal_data(database):
    with database.work() as work:
        recorded(work, NewLead("Secret", name="Secret", phone="+380501234567", email="secret@example.com"))

    with database.reading() as work:
        assert not any("ecret" in row.data or "38050" in row.data for row in work.rows(select(event.c.data)))


def test_who_may_not_create_leads_is_refused(database):
    nobody = Actor(ActorKind.USER, 1)

    with database.work() as work, pytest.raises(NotAllowedError):
        recorded(work, NewLead("Door"), by=nobody)


@pytest.mark.parametrize(
    "make",
    [
        lambda one: NewLead(f"Lead {one}"),
        lambda one: NewLead(external_id=f"X-{one}"),
        lambda one: NewLead(phone=f"+38050{one:07}", email=f"p{one}@example.com"),
    ],
    ids=["bare", "external id", "identities"],
)
def test_two_hundred_leads_cost_what_five_cost(database, make):
    with database.work() as work:
        recorded(work, make(0))

    few = cost(database, lambda work: recorded(work, *(make(one) for one in range(1, 6))))
    many = cost(database, lambda work: recorded(work, *(make(one) for one in range(6, 206))))

    assert many - few <= 1  # ids come in blocks
    with database.reading() as work:
        assert len(work.rows(select(person.c.id))) == 206
