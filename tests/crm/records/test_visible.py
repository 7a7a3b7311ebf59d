"""Which records of each kind an actor touches, and what looking costs."""

import pytest

from crm.access.actor import SYSTEM, Actor, ActorKind
from crm.access.viewers import actor_of
from crm.deals.opening import NewDeal, open_deals
from crm.directory import directory
from crm.fields.changes import FieldChange, set_fields
from crm.leads.recording import NewLead, record_leads
from crm.people.companies import NewCompany, find_or_create_companies
from crm.people.contacts import NewContact, find_or_create_contacts
from crm.records.comments import NewComment, add_comments
from crm.records.tags import TagChange, change_tags
from crm.records.visible import unseen
from crm.settings.stages import remove_stage
from crm.tasks.changes import NewTask, TaskEnd, create_tasks, end_tasks
from tests.crm.company import put_deals, put_lead
from tests.crm.dealing import cost, stage_of

KINDS = ("person", "lead", "deal", "contact", "company", "task")


def actor(work, login):
    settings = directory(work)
    return actor_of(settings, settings.user(login))


def records_of(work, owner):
    """One record of each kind of an owner, and one of each kind that hangs on these."""
    user = directory(work).user(owner).id
    [lead] = record_leads(work, [NewLead(f"{owner}'s lead", owner_id=user)], by=SYSTEM)
    lead_id, person = lead.ids
    [firm] = find_or_create_companies(work, [NewCompany(f"{owner}'s firm")], by=SYSTEM)
    [contact] = find_or_create_contacts(work, [NewContact("Client", person_id=person)], by=SYSTEM)
    new = NewDeal(person, "wholesale", owner_id=user, company_id=firm.ids[0], contact_id=contact.ids[0])
    [deal] = open_deals(work, [new], by=SYSTEM)
    [task] = create_tasks(work, [NewTask(person, "Call", None, None, deal_id=deal.ids[0])], by=SYSTEM)
    return dict(zip(KINDS, (person, lead_id, *(one.ids[0] for one in (deal, contact, firm, task))), strict=True))


@pytest.mark.parametrize(
    ("login", "sees"), [("ann", ()), ("cid", KINDS), ("bob", ()), ("boss", KINDS), ("root", KINDS)]
)
def test_records_of_every_kind_are_there_for_who_sees_their_owner(database, login, sees):
    with database.work() as work:
        records = records_of(work, "cid")
        hidden = unseen(work, records.items(), actor(work, login))

    assert {kind for kind, _ in hidden} == set(KINDS) - set(sees)


def test_who_sees_all_is_told_of_what_never_was(database):
    with database.work() as work:
        [answer] = add_comments(work, [NewComment("lead", 987, 1, "Hi")], by=actor(work, "root"))
        gone = unseen(work, [("deal", 987)], actor(work, "root"))

    assert (answer.code, gone) == ("no_record", {("deal", 987)})


def test_of_several_records_each_has_its_own_answer(database):
    with database.work() as work:
        ann = directory(work).user("ann").id
        mine, others = put_lead(work, owner_id=ann), put_lead(work, owner_id=directory(work).user("bob").id)
        tagged = [TagChange("lead", one, 1, frozenset({"VIP"})) for one in (others, mine)]
        by = actor(work, "ann")
        codes = [
            [one.code for one in change_tags(work, tagged, by=by)],
            [one.code for one in add_comments(work, [NewComment("lead", one, 1, "Hi") for one in (others, mine)], by=by)],
            [one.code for one in create_tasks(work, [NewTask(1, "T", None, ann, lead_id=one) for one in (others, mine)], by=by)],
            [one.code for one in set_fields(work, [FieldChange("lead", one, {"name": "X"}) for one in (others, mine)], by=by)],
        ]  # fmt: skip

    assert codes == [["no_record", "done"]] * 4


@pytest.mark.parametrize("login", ["ann", "root"])
def test_looking_takes_one_statement_whatever_the_number(database, login):
    with database.work() as work:
        deals = put_deals(work, 30, owner="ann")
        by = actor(work, login)
    free = Actor(ActorKind.RUN, rights=by.rights)

    def tag(number, name, by):
        items = [TagChange("deal", one, 1, frozenset({name})) for one in deals[:number]]
        return cost(database, lambda work: change_tags(work, items, by=by))

    tag(1, "known", SYSTEM)
    with database.work() as work:
        change_tags(work, [TagChange("deal", deals[0], 1, frozenset({"a", "b", "c", "d"}))], by=SYSTEM)
        change_tags(work, [TagChange("deal", deals[0], 1, remove=frozenset({"a", "b", "c", "d"}))], by=SYSTEM)

    few, many, none = tag(3, "a", by), tag(30, "b", by), tag(30, "c", free)
    assert few == many == none + 1


def test_ends_of_tasks_cost_the_same_for_who_is_held_to_what_he_sees(database):
    with database.work() as work:
        [deal_id] = put_deals(work, 1, owner="ann")
        tasks = [
            one.ids[0] for one in create_tasks(work, [NewTask(1, "T", None, None, deal_id=deal_id)] * 20, by=SYSTEM)
        ]
        by = actor(work, "ann")

    costs = [
        cost(database, lambda work, ids=ids, who=who: end_tasks(work, [TaskEnd(one) for one in ids], by=who))
        for ids, who in ((tasks[:2], by), (tasks[2:10], by), (tasks[10:], SYSTEM))
    ]

    assert costs[0] == costs[1] == costs[2]


def test_who_changes_settings_takes_a_stage_away_with_deals_that_he_does_not_see(database):
    with database.work() as work:
        [deal_id] = put_deals(work, 1, stage="new", owner="cid")
        setter = Actor(ActorKind.USER, 3, frozenset({"plans.edit"}), sees=actor(work, "ann").sees)
        assert remove_stage(work, "wholesale", "new", by=setter) == 1

        assert stage_of(work, deal_id) == "undefined"
