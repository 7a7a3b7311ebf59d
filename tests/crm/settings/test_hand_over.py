import pytest
from sqlalchemy import select

from crm.access.actor import EVERYTHING, SYSTEM, Actor, ActorKind, Viewer
from crm.deals.owners import NewOwner, assign_owners
from crm.directory import directory
from crm.errors import InvalidError, NotAllowedError, NotFoundError
from crm.settings.hand_over import HandedOver, HandOver, hand_over, open_of
from crm.settings.people import belongings
from crm.settings.pool import set_taking
from crm.settings.taking_back import former, take_back
from crm.settings.users import deactivate_users
from crm.tables.records import task
from crm.tasks.changes import NewTask, create_tasks
from engine.deadline import Due
from tests.crm.company import put_deals, put_lead
from tests.crm.dealing import cost, counted, events, opened, persons, recounted


def tasks(work, login, number):
    who = directory(work).user(login).id
    due = Due.at_moment(work.now, "UTC")
    create_tasks(work, [NewTask(one, "Call", due, who) for one in persons(work, number)], by=SYSTEM)


def test_all_that_is_open_goes_and_all_that_is_over_stays(database):
    with database.work() as work:
        opened(work, 3, owner_id=directory(work).user("ann").id)
        put_lead(work, owner_id=directory(work).user("ann").id)
        put_lead(work, owner_id=directory(work).user("ann").id, status="junk")
        tasks(work, "ann", 2)

    with database.work() as work:
        assert hand_over(work, [HandOver("ANN", "cid")], by=SYSTEM) == [HandedOver(3, 1, 2)]

    with database.work() as work:
        settings = directory(work)
        his, hers = (belongings(work, settings.user(login).id) for login in ("cid", "ann"))
        assert (his.deals, his.leads, his.tasks) == (3, 1, 2)
        assert (hers.deals, hers.leads, hers.tasks) == (0, 0, 0)
        assert counted(work) == recounted(work)
        assert {row.supervisor_id for row in work.rows(select(task))} == {settings.user("bob").id}
        assert [data["responsible"] for _, data in events(work, "task.assigned")] == [settings.user("cid").id] * 2


def test_many_cost_as_many_statements_as_few(database):
    with database.work() as work:
        opened(work, 2, owner_id=directory(work).user("ann").id)
        tasks(work, "ann", 2)
    few = cost(database, lambda work: hand_over(work, [HandOver("ann", "bob")], by=SYSTEM))
    with database.work() as work:
        opened(work, 100, owner_id=directory(work).user("ann").id)
        tasks(work, "ann", 100)

    assert cost(database, lambda work: hand_over(work, [HandOver("ann", "bob")], by=SYSTEM)) <= few


@pytest.mark.parametrize("to", ["ann", "cid"])
def test_nothing_is_given_to_oneself_or_to_who_is_gone(database, to):
    with database.work() as work:
        deactivate_users(work, ["cid"], by=SYSTEM)
        put_deals(work, 1, owner="ann")

    with database.work() as work, pytest.raises(InvalidError):
        hand_over(work, [HandOver("ann", to)], by=SYSTEM)


def test_it_needs_the_right_and_both_people(database):
    with database.work() as work, pytest.raises(NotAllowedError):
        hand_over(work, [HandOver("ann", "bob")], by=Actor(ActorKind.USER, 1, frozenset({"deals.edit"})))
    with database.work() as work, pytest.raises(NotFoundError):
        hand_over(work, [HandOver("ann", "nobody")], by=SYSTEM)


def owned(work, login):
    found = belongings(work, directory(work).user(login).id)
    return found.deals, found.leads, found.tasks


def id_of(work, login):
    return directory(work).user(login).id


def ann_has(work, deals=4):
    """Give Ann deals, each with a task, a lead with a task, and a task of neither."""
    ann = id_of(work, "ann")
    due = Due.at_moment(work.now, "UTC")
    deal_ids = opened(work, deals, owner_id=ann)
    lead_id = put_lead(work, owner_id=ann)
    of_deals = [NewTask(1, "Call", due, ann, deal_id=one) for one in deal_ids]
    of_lead = [NewTask(1, "Call", due, ann, lead_id=lead_id), NewTask(1, "Think", due, ann)]
    create_tasks(work, [*of_deals, *of_lead], by=SYSTEM)


def test_one_kind_goes_alone(database):
    with database.work() as work:
        ann_has(work)

    with database.work() as work:
        assert hand_over(work, [HandOver("ann", "cid", what=frozenset({"lead"}))], by=SYSTEM) == [HandedOver(0, 1, 0)]
        assert (owned(work, "ann"), owned(work, "cid")) == ((4, 0, 6), (0, 1, 0))


def test_the_plans_choose_and_tasks_follow(database):
    with database.work() as work:
        ann_has(work)
        set_taking(work, "wholesale", ["ann"], is_taking=False, by=SYSTEM)

    with database.work() as work:
        assert hand_over(work, [HandOver("ann", plan="wholesale")], by=SYSTEM) == [HandedOver(4, 1, 5)]
        assert (owned(work, "ann"), owned(work, "bob")) == ((0, 0, 1), (4, 1, 5))
    with database.reading() as work:
        assert counted(work) == recounted(work)


def test_without_a_plan_leads_stay(database):
    with database.work() as work:
        ann_has(work)
        set_taking(work, "wholesale", ["ann"], is_taking=False, by=SYSTEM)

    with database.work() as work:
        assert hand_over(work, [HandOver("ann")], by=SYSTEM) == [HandedOver(4, 0, 4, 1)]


def test_who_takes_deals_himself_is_told_so_before_he_gets_some_back(database):
    with database.work() as work:
        ann_has(work)

    with database.work() as work, pytest.raises(InvalidError, match="takes new deals"):
        hand_over(work, [HandOver("ann")], by=SYSTEM)


def test_where_nobody_takes_it_stays(database):
    with database.work() as work:
        ann_has(work)
        set_taking(work, "wholesale", ["ann", "bob"], is_taking=False, by=SYSTEM)

    with database.work() as work:
        assert hand_over(work, [HandOver("ann")], by=SYSTEM) == [HandedOver(0, 0, 0, 5)]


def test_it_is_looked_at_before(database):
    with database.work() as work:
        ann_has(work)
        found = open_of(work, id_of(work, "ann"), viewer=EVERYTHING)

        assert [(plan.key, count) for plan, count in found.deals] == [("wholesale", 4)]
        assert (found.leads, found.tasks, found.loose_tasks) == (1, 6, 1)
        with pytest.raises(NotAllowedError):
            open_of(work, 1, viewer=Viewer(1))


def test_it_is_taken_back_as_far_as_nothing_changed_since(database):
    with database.work() as work:
        ann_has(work)
    with database.work() as work:
        hand_over(work, [HandOver("ann", "cid")], by=SYSTEM)
    with database.work() as work:
        [made] = former(work, id_of(work, "ann"), viewer=EVERYTHING)
        assert (made.to.login, made.done) == ("cid", HandedOver(4, 1, 6))
        moved = work.scalar(select(task.c.deal_id).where(task.c.deal_id.is_not(None)).order_by(task.c.id).limit(1))
        assign_owners(work, [NewOwner("deal", moved, "bob")], by=SYSTEM)

    with database.work() as work:
        assert take_back(work, [made.id], by=SYSTEM) == [HandedOver(3, 1, 6, 1)]
        assert (owned(work, "ann"), owned(work, "cid"), owned(work, "bob")) == ((3, 1, 6), (0, 0, 0), (1, 0, 0))
    with database.reading() as work:
        assert counted(work) == recounted(work)
    with database.work() as work:
        assert take_back(work, [made.id], by=SYSTEM) == [HandedOver(0, 0, 0, 11)]


def test_nothing_goes_back_to_who_is_gone(database):
    with database.work() as work:
        ann_has(work)
        hand_over(work, [HandOver("ann", "cid")], by=SYSTEM)
        deactivate_users(work, ["ann"], by=SYSTEM)
    with database.work() as work:
        [made] = former(work, id_of(work, "ann"), viewer=EVERYTHING)
        with pytest.raises(InvalidError, match="deactivated"):
            take_back(work, [made.id], by=SYSTEM)
        with pytest.raises(NotFoundError):
            take_back(work, [made.id + 999], by=SYSTEM)


def test_taking_back_many_costs_what_few_cost(database):
    def there_and_back():
        with database.work() as work:
            hand_over(work, [HandOver("ann", "cid")], by=SYSTEM)
        with database.reading() as work:
            made = former(work, id_of(work, "ann"), viewer=EVERYTHING)[0]
        return cost(database, lambda work: take_back(work, [made.id], by=SYSTEM))

    with database.work() as work:
        ann_has(work, 2)
    few = there_and_back()
    with database.work() as work:
        ann_has(work, 60)

    assert there_and_back() <= few
