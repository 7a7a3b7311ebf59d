"""The card of a deal, how it came to its owner, its timeline, and lists of tasks."""

from datetime import timedelta

import pytest

from crm.access.actor import EVERYTHING, SYSTEM, Actor, ActorKind
from crm.access.viewers import actor_of, viewer_of
from crm.deals.card import deal_card
from crm.deals.moving import Move, move_deals
from crm.deals.opening import NewDeal, open_deals
from crm.deals.owners import NewOwner, assign_owners
from crm.deals.ownership import owner_choice
from crm.deals.products import Line, set_products
from crm.directory import directory
from crm.errors import NotFoundError
from crm.leads.recording import NewLead, record_leads
from crm.people.contacts import NewContact, find_or_create_contacts
from crm.records.comments import NewComment, add_comments
from crm.records.tags import TagChange, change_tags
from crm.records.timeline import PAGE, timeline
from crm.records.visible import unseen
from crm.tasks.changes import NewTask, TaskEnd, create_tasks, end_tasks, reopen_tasks
from crm.tasks.listing import open_tasks, open_tasks_of, task_loads
from engine.deadline import Due
from tests.crm.company import put_lead
from tests.crm.dealing import opened, row_of


def viewer(work, login):
    settings = directory(work)
    return viewer_of(settings, settings.user(login))


def one_deal(work, **values):
    [deal_id] = opened(work, **values)
    return deal_id, row_of(work, deal_id).person_id


class TestCard:
    def test_it_says_what_who_and_where(self, database):
        with database.work() as work:
            [answer] = record_leads(work, [NewLead(name="Oleh", phone="+380671234567", source="ads")], by=SYSTEM)
            lead_id, person_id = answer.ids
            [found] = open_deals(
                work, [NewDeal(person_id, "wholesale", title="Bed", amount=2_740_000, lead_id=lead_id)], by=SYSTEM
            )
            deal_id = found.ids[0]
            set_products(work, [(deal_id, [Line("Bed", 2, 50_000), Line("Legs", 1.5, 100)])], by=SYSTEM)
            change_tags(work, [TagChange("deal", deal_id, person_id, add=frozenset({"vip", "Anna"}))], by=SYSTEM)
        with database.reading() as work:
            card = deal_card(work, deal_id, viewer=EVERYTHING)

        assert (card.title, card.amount, card.plan.key, card.stage.key) == ("Bed", 2_740_000, "wholesale", "new")
        assert (card.who.name, card.who.phone, card.who.source) == ("Oleh", "+380671234567", "ads")
        assert card.tags == ("Anna", "vip")
        assert card.products_sum == 100_150
        assert [step.state for step in card.steps] == ["here", "ahead"]

    def test_the_contact_is_better_known_than_the_lead(self, database):
        with database.work() as work:
            deal_id, person_id = one_deal(work)
            new = NewContact("Mr Oleh Bondar", phones=("+380671234567",), person_id=person_id)
            find_or_create_contacts(work, [new], by=SYSTEM)
            card = deal_card(work, deal_id, viewer=EVERYTHING)

        assert card.who.name == "Mr Oleh Bondar"

    def test_its_steps_say_how_long_it_was_where(self, database):
        with database.work() as work:
            deal_id, _ = one_deal(work, opened_at=work.now - timedelta(days=3))
            move_deals(work, [Move(deal_id, "talks")], by=SYSTEM)
        with database.reading() as work:
            first, second = deal_card(work, deal_id, viewer=EVERYTHING).steps

        assert (first.state, second.state) == ("been", "here")
        assert first.lasted == timedelta(days=3)

    @pytest.mark.parametrize(
        ("owner", "who", "seen"),
        [
            ("ann", "ann", True),
            ("ann", "bob", False),
            ("ann", "boss", True),
            ("ann", "mark", True),
            ("cid", "bob", False),
            (None, "bob", True),
            (None, "cid", False),
        ],
    )
    def test_only_some_may_see_it(self, database, owner, who, seen):
        with database.work() as work:
            owner_id = directory(work).user(owner).id if owner else None
            deal_id, _ = one_deal(work, owner_id=owner_id, is_unowned=owner is None)
            if seen:
                assert deal_card(work, deal_id, viewer=viewer(work, who)).id == deal_id
            else:
                with pytest.raises(NotFoundError):
                    deal_card(work, deal_id, viewer=viewer(work, who))

    def test_it_costs_the_same_however_much_hangs_on_it(self, database):
        with database.work() as work:
            (small, _), (large, person_id) = one_deal(work), one_deal(work)
            set_products(work, [(large, [Line(f"No. {number}") for number in range(40)])], by=SYSTEM)
            create_tasks(work, [NewTask(person_id, "Call", None, None, deal_id=large)] * 40, by=SYSTEM)
        costs = []
        for deal_id in (small, large):
            with database.reading() as work:
                deal_card(work, deal_id, viewer=EVERYTHING)
                costs.append(work.statements)

        assert costs[0] == costs[1] <= 8


class TestOwner:
    def test_the_round_is_told_with_its_counters(self, database):
        with database.work() as work:
            opened(work, 3)
        with database.work() as work:
            deal_id, person_id = opened(work, 2)[1], None
        with database.reading() as work:
            row = row_of(work, deal_id)
            owner = directory(work).users[row.owner_id]
            choice = owner_choice(work, deal_id, row.person_id, owner)

        assert person_id is None
        assert choice.how == "evenly"
        assert sorted(one.counted for one in choice.candidates) == [2, 2]
        assert [one.user.login for one in choice.candidates if one.is_chosen] == [owner.login]

    def test_a_hand_is_named(self, database):
        with database.work() as work:
            deal_id, person_id = one_deal(work)
            other = "bob" if row_of(work, deal_id).owner_id == directory(work).user("ann").id else "ann"
            boss = directory(work).user("boss")
            assign_owners(work, [NewOwner("deal", deal_id, other)], by=actor_of(directory(work), boss))
        with database.reading() as work:
            choice = owner_choice(work, deal_id, person_id, directory(work).user(other))

        assert (choice.how, choice.cause, choice.cause_id) == ("given", ActorKind.USER, boss.id)

    def test_an_old_view_is_refused(self, database):
        with database.work() as work:
            deal_id, _ = one_deal(work)
            [answer] = assign_owners(work, [NewOwner("deal", deal_id, "boss", version=7)], by=SYSTEM)

        assert answer.code == "stale"


class TestTimeline:
    def test_it_tells_the_deal_and_its_lead_and_no_other_deal(self, database):
        with database.work() as work:
            [answer] = record_leads(work, [NewLead(name="Oleh", source="ads")], by=SYSTEM)
            lead_id, person_id = answer.ids
            new = NewDeal(person_id, "wholesale", title="x", lead_id=lead_id)
            mine, other = (one.ids[0] for one in open_deals(work, [new, new], by=SYSTEM))
            [task_id] = create_tasks(work, [NewTask(person_id, "Call him", None, None, deal_id=mine)], by=SYSTEM)[0].ids
            create_tasks(work, [NewTask(person_id, "Not him", None, None, deal_id=other)], by=SYSTEM)
            end_tasks(work, [TaskEnd(task_id)], by=SYSTEM)
            reopen_tasks(work, [task_id], by=SYSTEM)
            for deal_id in (mine, other):
                add_comments(work, [NewComment("deal", deal_id, person_id, f"about {deal_id}")], by=SYSTEM)
                change_tags(work, [TagChange("deal", deal_id, person_id, add=frozenset({"vip"}))], by=SYSTEM)
        with database.reading() as work:
            page = timeline(work, person_id, deal_id=mine, lead_id=lead_id)

        assert [one.kind for one in reversed(page.happenings)] == [
            "lead.created", "deal.created", "task.created", "task.completed", "task.reopened", "comment.added", "tag.added",
        ]  # fmt: skip
        assert list(page.tasks.values()) == ["Call him"]
        assert list(page.comments.values()) == [f"about {mine}"]

    def test_a_move_says_how_long_the_stage_lasted(self, database):
        with database.work() as work:
            deal_id, person_id = one_deal(work, opened_at=work.now - timedelta(hours=28))
            move_deals(work, [Move(deal_id, "talks")], by=SYSTEM)
        with database.reading() as work:
            moved = timeline(work, person_id, deal_id=deal_id).happenings[0]

        assert (moved.kind, moved.lasted) == ("deal.moved", timedelta(hours=28))

    def test_it_comes_in_pages(self, database):
        with database.work() as work:
            deal_id, person_id = one_deal(work)
            add_comments(work, [NewComment("deal", deal_id, person_id, "x")] * (PAGE + 5), by=SYSTEM)
        with database.reading() as work:
            first = timeline(work, person_id, deal_id=deal_id)
            second = timeline(work, person_id, deal_id=deal_id, before=first.next)

        ids = [one.id for one in (*first.happenings, *second.happenings)]
        assert ids == sorted(ids, reverse=True)
        assert (len(first.happenings), len(second.happenings), second.next) == (PAGE, 6, None)


class TestTasks:
    def test_those_due_first_come_first_and_those_without_a_day_last(self, database):
        with database.work() as work:
            deal_id, person_id = one_deal(work)
            for title, hours in (("later", 5), ("never", None), ("late", -5)):
                due = Due.at_moment(work.now + timedelta(hours=hours), "Europe/Kyiv") if hours else None
                create_tasks(work, [NewTask(person_id, title, due, None, deal_id=deal_id)], by=SYSTEM)
            found = open_tasks_of(work, "deal", deal_id)

        assert [one.title for one in found] == ["late", "later", "never"]
        assert {one.about for one in found} == {"Wholesale"}

    def test_a_team_is_told_who_is_late_most(self, database):
        with database.work() as work:
            users = {login: directory(work).user(login).id for login in ("ann", "bob", "boss")}
            lead_id = put_lead(work)
            late = Due.at_moment(work.now - timedelta(hours=1), "Europe/Kyiv")
            for login, number in (("ann", 1), ("bob", 2)):
                new = NewTask(1, "Call", late, users[login], lead_id=lead_id)
                create_tasks(work, [new] * number, by=SYSTEM)
            loads = task_loads(work, list(users.values()), viewer=viewer(work, "boss"), day_ends=work.now)
            mine = open_tasks(work, list(users.values()), viewer=viewer(work, "ann"))

        assert [(one.user.login, one.late) for one in loads] == [("bob", 2), ("ann", 1), ("boss", 0)]
        assert [one.responsible.login for one in mine] == ["ann"]

    def test_a_task_is_seen_by_its_own_and_by_who_sees_the_deal(self, database):
        with database.work() as work:
            users = {login: directory(work).user(login).id for login in ("ann", "bob", "cid")}
            deal_id, person_id = one_deal(work, owner_id=users["ann"])
            new = NewTask(person_id, "Call", None, users["cid"], deal_id=deal_id)
            [task_id] = create_tasks(work, [new], by=SYSTEM)[0].ids
            actors = {login: Actor(ActorKind.USER, sees=viewer(work, login)) for login in users}
            seen = {login: not unseen(work, [("task", task_id)], by) for login, by in actors.items()}

        assert seen == {"ann": True, "bob": False, "cid": True}

    def test_an_ended_task_is_opened_again_once(self, database):
        with database.work() as work:
            deal_id, person_id = one_deal(work)
            [task_id] = create_tasks(work, [NewTask(person_id, "Call", None, None, deal_id=deal_id)], by=SYSTEM)[0].ids
            codes = [reopen_tasks(work, [task_id], by=SYSTEM)[0].code]
            end_tasks(work, [TaskEnd(task_id, result="he bought")], by=SYSTEM)
            codes += [one.code for one in reopen_tasks(work, [task_id, task_id, 99], by=SYSTEM)]
            [found] = open_tasks_of(work, "deal", deal_id)

        assert codes == ["not_ended", "done", "not_ended", "no_task"]
        assert found.id == task_id
