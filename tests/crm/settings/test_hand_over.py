import pytest
from sqlalchemy import select

from crm.access.actor import SYSTEM, Actor, ActorKind
from crm.directory import directory
from crm.errors import InvalidError, NotAllowedError, NotFoundError
from crm.settings.hand_over import HandedOver, hand_over
from crm.settings.people import belongings
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
        assert hand_over(work, "ANN", "cid", by=SYSTEM) == HandedOver(3, 1, 2)

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
    few = cost(database, lambda work: hand_over(work, "ann", "bob", by=SYSTEM))
    with database.work() as work:
        opened(work, 100, owner_id=directory(work).user("ann").id)
        tasks(work, "ann", 100)

    assert cost(database, lambda work: hand_over(work, "ann", "bob", by=SYSTEM)) <= few


@pytest.mark.parametrize("to", ["ann", "cid"])
def test_nothing_is_given_to_oneself_or_to_who_is_gone(database, to):
    with database.work() as work:
        deactivate_users(work, ["cid"], by=SYSTEM)
        put_deals(work, 1, owner="ann")

    with database.work() as work, pytest.raises(InvalidError):
        hand_over(work, "ann", to, by=SYSTEM)


def test_it_needs_the_right_and_both_people(database):
    with database.work() as work, pytest.raises(NotAllowedError):
        hand_over(work, "ann", "bob", by=Actor(ActorKind.USER, 1, frozenset({"deals.edit"})))
    with database.work() as work, pytest.raises(NotFoundError):
        hand_over(work, "ann", "nobody", by=SYSTEM)
