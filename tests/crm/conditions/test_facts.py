from datetime import UTC, date, datetime

from crm.access.actor import SYSTEM
from crm.conditions.facts import Subject, load
from crm.deals.opening import NewDeal, open_deals
from crm.fields.changes import FieldChange, set_fields
from crm.leads.recording import NewLead, record_leads
from crm.people.companies import NewCompany, find_or_create_companies
from crm.people.contacts import NewContact, find_or_create_contacts
from crm.records.tags import TagChange, change_tags
from crm.settings.field_definitions import NewField, add_fields
from crm.settings.plans import PlanChange, change_plan
from crm.tasks.changes import NewTask, create_tasks
from db.database import Database
from tests.crm.company import set_up_company
from tests.crm.dealing import cost, opened
from tests.workers.house import MONDAY, Clock

ALL = frozenset({"lead", "deal", "contact", "company", "event"})


def facts(work, *subjects, paths=()):
    records = ALL if not paths else frozenset(path.partition(".")[0] for path in paths)
    return load(work, subjects, records=records, paths=frozenset(paths))


def lead_of(work, **values):
    [answer] = record_leads(work, [NewLead(**values)], by=SYSTEM)
    return answer.ids


def test_days_and_moments_of_custom_fields_are_days_and_moments(database):
    with database.work() as work:
        kinds = ("date", "datetime", "number", "bool", "choices", "user", "text")
        add_fields(
            work,
            [NewField("lead", kind, kind, ("a", "b") if kind == "choices" else (), key=kind) for kind in kinds],
            by=SYSTEM,
        )
        lead_id, person_id = lead_of(work, title="Door")
        values = {
            "field.date": "2026-03-04",
            "field.datetime": "2026-03-04T10:00+02:00",
            "field.number": "12.5",
            "field.bool": "true",
            "field.choices": ["A", "b"],
            "field.user": "ann",
            "field.text": "2026-03-04",
        }
        [answer] = set_fields(work, [FieldChange("lead", lead_id, values)], by=SYSTEM)
        assert answer.code == "done", answer.detail

        [found] = facts(work, Subject(person_id, lead_id), paths=[f"lead.{key}" for key in values])

    assert found.get("lead.field.date") == date(2026, 3, 4)
    assert found.get("lead.field.datetime") == datetime(2026, 3, 4, 8, tzinfo=UTC)
    assert found.get("lead.field.number") == 12.5
    assert found.get("lead.field.bool") is True
    assert found.get("lead.field.choices") == ["a", "b"]
    assert isinstance(found.get("lead.field.user"), int)
    assert found.get("lead.field.text") == "2026-03-04"


def test_the_lead_that_a_deal_came_from_is_seen_with_it(database):
    with database.work() as work:
        lead_id, person_id = lead_of(work, title="Door", source="ads")
        [deal] = open_deals(work, [NewDeal(person_id, "wholesale", lead_id=lead_id)], by=SYSTEM)

        [found] = facts(work, Subject(person_id, None, deal.ids[0]), paths=["lead.source", "deal.stage"])

    assert (found.get("lead.source"), found.get("deal.stage")) == ("ads", "new")


def test_tags_and_open_tasks_are_read_where_somebody_looks(database):
    with database.work() as work:
        [deal_id] = opened(work)
        change_tags(work, [TagChange("deal", deal_id, 1, frozenset({"vip"}))], by=SYSTEM)
        create_tasks(work, [NewTask(1, "Call", None, None, deal_id=deal_id)], by=SYSTEM)

        [seen] = facts(work, Subject(1, None, deal_id), paths=["deal.tags", "deal.open_tasks"])
        [unseen] = facts(work, Subject(1, None, deal_id), paths=["deal.stage"])

    assert (seen.get("deal.tags"), seen.get("deal.open_tasks")) == (frozenset({"vip"}), 1)
    assert unseen.get("deal.tags") is None


def test_the_company_of_a_deal_is_seen(database):
    with database.work() as work:
        [company] = find_or_create_companies(work, [NewCompany("Acme Doors")], by=SYSTEM)
        [deal_id] = opened(work, company_id=company.ids[0])

        [found] = facts(work, Subject(1, None, deal_id), paths=["company.name"])

    assert found.get("company.name") == "Acme Doors"


def test_the_latest_event_of_each_kind_is_known(database_url):
    clock = Clock()
    database = Database(database_url, clock=clock)
    with database.work() as work:
        set_up_company(work)
        _, person_id = lead_of(work, phone="+380501234567")
    clock.forward(hours=1)
    with database.work() as work:
        lead_of(work, phone="+380501234567")

    with database.reading() as work:
        [found] = facts(work, Subject(person_id), paths=["event.lead.created"])
        assert found.get("event.lead.created") == MONDAY.replace(hour=10)
    database.close()


def test_records_that_are_gone_are_missing(database):
    with database.reading() as work:
        [found] = facts(work, Subject(5, 6, 7))

    assert dict(found.records) == {"person": {"id": 5}}


def test_facts_come_in_the_order_of_their_subjects(database):
    with database.work() as work:
        leads = [lead_of(work, title=f"Lead {one}") for one in range(3)]
        subjects = [Subject(person_id, lead_id) for lead_id, person_id in reversed(leads)]

        found = facts(work, *subjects, paths=["lead.title"])

    assert [one.get("lead.title") for one in found] == ["Lead 2", "Lead 1", "Lead 0"]


def test_two_hundred_subjects_cost_what_five_cost(database):
    with database.work() as work:
        deals = opened(work, 205)
    everything = ["lead.tags", "deal.tags", "deal.open_tasks", "contact.name", "company.name", "event.deal.won"]

    def read(ids):
        return lambda work: facts(work, *(Subject(1, 1, one) for one in ids), paths=everything)

    assert cost(database, read(deals[:5])) == cost(database, read(deals[5:]))


def test_leads_far_apart_are_read_each_by_its_id(database):
    with database.work() as work:
        first, person_id = lead_of(work, title="A", source="ads")
        between, _ = lead_of(work, title="B", source="site")
        work.ids("lead", 500)
        last, _ = lead_of(work, title="C", source="mail")

        found = [
            facts(work, *(Subject(person_id, one) for one in wanted), paths=["lead.source"])
            for wanted in ([first, last], [first, between])
        ]

        assert [[one.get("lead.source") for one in several] for several in found] == [["ads", "mail"], ["ads", "site"]]


def test_what_a_plans_own_title_is_filled_from_is_read_where_a_lead_is(database):
    with database.work() as work:
        change_plan(work, "wholesale", PlanChange(deal_title="{lead.title} {contact.name}"), by=SYSTEM)
        lead_id, person_id = lead_of(work, title="Door", name="Ann")
        find_or_create_contacts(work, [NewContact("Ann", person_id=person_id)], by=SYSTEM)

        [found] = load(work, [Subject(person_id, lead_id)], records=frozenset({"lead"}), paths=frozenset())

        assert (found.get("lead.title"), found.get("contact.name")) == ("Door", "Ann")
