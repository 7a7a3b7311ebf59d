"""A merge that is taken back leaves everything as it was; and where something has changed since, it stays."""

import importlib
import pkgutil
from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select

import crm.tables
from crm.access.actor import EVERYTHING, SYSTEM, Actor, ActorKind
from crm.access.viewers import viewer_of
from crm.deals.opening import NewDeal, open_deals
from crm.deals.owners import NewOwner, assign_owners
from crm.directory import directory
from crm.fields.changes import FieldChange, set_fields
from crm.leads.recording import NewLead, record_leads
from crm.people.companies import NewCompany, find_or_create_companies
from crm.people.contact_card import contact_card
from crm.people.contacts import NewContact, find_or_create_contacts
from crm.people.merging import Merge
from crm.people.parting import merging_of
from crm.records.comments import NewComment, add_comments
from crm.records.tags import TagChange, change_tags
from crm.settings.field_definitions import NewField, add_fields
from crm.settings.resources import add_resource
from crm.tables.journal import event, inbox
from crm.tables.records import company, deal_product, lead, task
from crm.tasks.changes import NewTask, create_tasks
from db.database import Database
from db.metadata import metadata
from engine.event import EVENT_KINDS, SUBJECT_CODES
from funnels.doctor import examine
from funnels.merging import merge
from funnels.parting import part
from funnels.tables import node_total, outbox, refusal, run, subscription, token
from tests.crm.dealing import counted, recounted

for one in pkgutil.iter_modules(crm.tables.__path__):
    importlib.import_module(f"crm.tables.{one.name}")
ASIDE = {"event", "inbox", "stage_total", "merging", "node_total", "id_block", "lease"}
"""The journal and what is added up of differences; they are looked at apart."""


@pytest.fixture
def database(company_url):
    made = Database(company_url)
    yield made
    made.close()


def everything(work):
    """All rows of all tables but those aside, and whose each event was, wherever it waits."""
    found = {}
    for table in metadata.sorted_tables:
        if table.name not in ASIDE:
            found[table.name] = sorted(map(repr, work.rows(select(table))))
    found["events"] = dict(map(tuple, work.rows(select(event.c.id, event.c.person_id))))
    found["lanes"] = dict(map(tuple, work.rows(select(inbox.c.event_id, inbox.c.lane))))
    query = select(node_total.c.funnel_id, node_total.c.node, func.sum(node_total.c.left)).group_by(
        node_total.c.funnel_id, node_total.c.node
    )
    found["left"] = {(row[0], row[1]): int(row[2]) for row in work.rows(query) if int(row[2])}
    return found


def same(before, after):
    """The same, but for what the journal has new."""
    for name in ("events", "lanes"):
        after[name] = {id_: after[name].get(id_) for id_ in before[name]}
    return {name: (rows, after[name]) for name, rows in before.items() if rows != after[name]} == {}


def put_run(work, run_id, kind, subject_id, person_id, *, funnel=1, deal_id=None):
    """A run that waits, with all that hangs on it."""
    state = f'{{"deal":{deal_id}}}' if deal_id else None
    values = {
        "id": run_id, "funnel_id": funnel, "version_id": 1, "person_id": person_id, "subject_kind": SUBJECT_CODES[kind],
        "subject_id": subject_id, "enrol_key": 0, "status": 1, "depth": 0, "fence": 1, "attempts": 0, "state": state,
        "started_at": work.now,
    }  # fmt: skip
    work.execute(insert(run).values(values))
    at = {"arrived_at": work.now, "due_at": work.now + timedelta(days=1), "is_arriving": False}
    work.execute(
        insert(token).values(id=run_id, run_id=run_id, person_id=person_id, lane=person_id % 256, node=3, **at)
    )
    work.execute(
        insert(subscription).values(
            id=run_id, token_id=run_id, person_id=person_id, kind=7, port="next", about="person", data={"a": 1}
        )
    )
    work.execute(
        insert(refusal).values(
            id=run_id, event_id=1, funnel_id=funnel, version_id=1, node=1, person_id=person_id, at=work.now, code="x"
        )
    )
    work.execute(
        insert(outbox).values(
            id=run_id, key=f"{run_id}:3:1:0", lane=person_id % 256, channel="email", person_id=person_id, run_id=run_id,
            node="n", visit=1, depth=0, payload={"to": "x"}, state="queued", attempts=0, due_at=work.now, created_at=work.now,
        )
    )  # fmt: skip


@pytest.fixture
def twins(database):
    """Of each kind two that are the same; the second one of each has much that hangs on it."""
    with database.work() as work:
        add_fields(
            work,
            [
                *(NewField(kind, "Size", key="size") for kind in ("contact", "company", "lead", "deal")),
                NewField("contact", "Hall", "resource", key="hall"),
                *(
                    NewField("deal", name, kind, key=kind)
                    for name, kind in (("Guest", "contact"), ("Payer", "company"))
                ),
            ],
            by=SYSTEM,
        )
        add_resource(work, "Hall", by=SYSTEM)
        firms = [NewCompany("Acme"), NewCompany("ТОВ «Acme»")]
        companies = [answer.ids[0] for answer in find_or_create_companies(work, firms, by=SYSTEM)]
        new = [
            NewContact("Ivan", ("+380671112233",), type="client", company_id=companies[0]),
            NewContact("Ivan P.", ("+380502223344",), ("ivan@example.com",), city="Kyiv", company_id=companies[1]),
        ]
        made = find_or_create_contacts(work, new, by=SYSTEM)
        contacts, persons = ([answer.ids[place] for answer in made] for place in (0, 1))
        leads = [
            answer.ids[0]
            for answer in record_leads(
                work, [NewLead("One", phone="+380671112233"), NewLead("Two", phone="+380502223344")], by=SYSTEM
            )
        ]
        items = [
            NewDeal(person, "wholesale", title=title, amount=amount, contact_id=known, company_id=firm, lead_id=lead_id)
            for person, title, amount, known, firm, lead_id in zip(
                persons, "AB", (100, 700), contacts, companies, leads, strict=True
            )
        ]
        deals = [answer.ids[0] for answer in open_deals(work, items, by=SYSTEM)]
        create_tasks(
            work,
            [
                NewTask(persons[1], "Call", None, None, deal_id=deals[1]),
                NewTask(persons[1], "Write", None, None, lead_id=leads[1]),
                NewTask(persons[1], "Meet", None, None),
            ],
            by=SYSTEM,
        )
        for kind, ids in (("contact", contacts), ("lead", leads), ("deal", deals), ("company", companies)):
            whose = persons if kind != "company" else [0, 0]
            for number in (0, 1):
                tags = frozenset({"VIP", f"of {number}"})
                change_tags(work, [TagChange(kind, ids[number], whose[number], tags)], by=SYSTEM)
            add_comments(work, [NewComment(kind, ids[1], whose[1], "Likes tea")], by=SYSTEM)
            set_fields(work, [FieldChange(kind, ids[1], {"field.size": "XL"})], by=SYSTEM)
        named = {"field.contact": contacts[1], "field.company": companies[1]}
        set_fields(work, [FieldChange("deal", deals[0], named)], by=SYSTEM)
        hall = {"resource": "hall", "from": work.now, "to": work.now + timedelta(hours=1)}
        [booked] = set_fields(work, [FieldChange("contact", contacts[1], {"field.hall": hall})], by=SYSTEM)
        work.execute(insert(deal_product).values(deal_id=deals[1], position=0, name="Oven", quantity=1.5, price=700))
        for number in (0, 1):
            put_run(work, 10 + number, "lead", leads[number], persons[number])
            put_run(work, 20 + number, "deal", deals[number], persons[number], funnel=2)
            put_run(work, 30 + number, "person", persons[number], persons[number], funnel=3)
        put_run(work, 40, "lead", leads[1], persons[1], funnel=4, deal_id=deals[1])
    assert booked.code == "done", booked
    return {"contact": contacts, "company": companies, "lead": leads, "deal": deals}


TAKEN = {
    "contact": frozenset({"name", "phone"}),
    "company": frozenset({"name"}),
    "lead": frozenset({"title"}),
    "deal": frozenset({"amount", "title"}),
}


def examined(work):
    """What the doctor finds: the runs are of funnels that were never drawn."""
    return sorted(found.code for found in examine(work, deep=True) if found.severity == "error")


@pytest.mark.parametrize("kind", list(TAKEN))
def test_a_merge_that_is_taken_back_leaves_everything_as_it_was(database, twins, kind):
    one, other = twins[kind]
    with database.reading() as work:
        before, wrong = everything(work), examined(work)
    with database.work() as work:
        [merged] = merge(work, [Merge(kind, one, other, TAKEN[kind])], by=SYSTEM)
    with database.reading() as work:
        between = everything(work)
        call = merging_of(work, kind, other)

    with database.work() as work:
        [parted] = part(work, [call], by=SYSTEM)

    assert (merged.code, parted.code) == ("done", "done")
    assert not same(before, between)
    with database.reading() as work:
        assert same(before, everything(work))
        assert counted(work) == recounted(work)
        assert merging_of(work, kind, other) is None
        assert examined(work) == wrong
        told = work.rows(select(event.c.subject_id).where(event.c.kind == EVENT_KINDS[f"{kind}.parted"].code))
        assert {row.subject_id for row in told} == {one, other}


def test_several_that_were_merged_together_are_taken_back_together(database, twins):
    with database.reading() as work:
        before = everything(work)
    with database.work() as work:
        merge(work, [Merge(kind, *twins[kind]) for kind in ("company", "deal")], by=SYSTEM)
    with database.work() as work:
        calls = {merging_of(work, kind, twins[kind][1]) for kind in ("company", "deal")}
        answers = part(work, [*calls, *calls], by=SYSTEM)

    assert [answer.code for answer in answers] == ["done", "done"]
    with database.reading() as work:
        assert same(before, everything(work))


def test_it_is_merged_and_taken_back_again_and_again(database, twins):
    one, other = twins["contact"]
    with database.reading() as work:
        before = everything(work)
    for _ in range(2):
        with database.work() as work:
            merge(work, [Merge("contact", one, other)], by=SYSTEM)
        with database.work() as work:
            call = merging_of(work, "contact", other)
            [parted] = part(work, [call], by=SYSTEM)
        assert parted.code == "done"
    with database.work() as work:
        [again] = part(work, [call], by=SYSTEM)

    assert again.code == "undone"
    with database.reading() as work:
        assert same(before, everything(work))


def rename(work, twins):
    set_fields(work, [FieldChange("contact", twins["contact"][0], {"name": "Another"})], by=SYSTEM)


def new_deal(work, twins):
    person_id = contact_card(work, twins["contact"][0], viewer=EVERYTHING).person_id
    open_deals(work, [NewDeal(person_id, "wholesale")], by=SYSTEM)


def past_all_commands(work, twins):
    work.execute(task.update().values(person_id=task.c.person_id + 1000))


def a_worker_went_on(work, twins):
    work.execute(token.delete().where(token.c.id == 31))


@pytest.mark.parametrize("change", [rename, new_deal, past_all_commands, a_worker_went_on])
def test_what_has_changed_since_stays_and_it_is_said(database, twins, change):
    one, other = twins["contact"]
    with database.work() as work:
        merge(work, [Merge("contact", one, other)], by=SYSTEM)
    with database.work() as work:
        change(work, twins)
    with database.reading() as work:
        before = everything(work)

    with database.work() as work:
        [answer] = part(work, [merging_of(work, "contact", other)], by=SYSTEM)

    assert answer.code == "changed"
    with database.reading() as work:
        assert same(before, everything(work))


def test_a_changed_company_is_not_parted(database, twins):
    one, other = twins["company"]
    with database.work() as work:
        merge(work, [Merge("company", one, other)], by=SYSTEM)
    with database.work() as work:
        set_fields(work, [FieldChange("company", one, {"name": "Bolt"})], by=SYSTEM)
    with database.work() as work:
        [answer] = part(work, [merging_of(work, "company", other)], by=SYSTEM)

    assert answer.code == "changed"
    with database.reading() as work:
        [row] = work.rows(select(company).where(company.c.id == other))
        assert row.merged_into_id == one


def test_who_does_not_see_them_or_may_not_change_them_parts_nothing(database, twins):
    with database.work() as work:
        users = {login: directory(work).user(login) for login in ("ann", "bob")}
        assign_owners(work, [NewOwner(id_, users["bob"].id) for id_ in twins["deal"]], by=SYSTEM)
        merge(work, [Merge("deal", *twins["deal"])], by=SYSTEM)
        merge(work, [Merge("lead", *twins["lead"])], by=SYSTEM)
        work.execute(lead.update().values(owner_id=users["bob"].id))

    with database.work() as work:
        viewer = viewer_of(directory(work), users["ann"])
        ann = Actor(ActorKind.USER, users["ann"].id, rights=users["ann"].rights, sees=viewer)
        seeing = Actor(
            ActorKind.USER, users["ann"].id, rights=users["ann"].rights | {"records.see_all"}, sees=EVERYTHING
        )
        ids = [merging_of(work, kind, twins[kind][1]) for kind in ("deal", "lead")]
        answers = [part(work, [id_], by=by)[0].code for by in (ann, seeing) for id_ in ids]
        nothing = part(work, [987654], by=SYSTEM)

    assert answers == ["no_record", "no_record", "not_yours", "not_yours"]
    assert [answer.code for answer in nothing] == ["no_record"]
