"""One thing is done to many: each kind of action, what it leaves out and why, and how it is taken back."""

import pytest
from sqlalchemy import func, select

from crm.access.actor import EVERYTHING, SYSTEM, Actor, ActorKind, Viewer
from crm.deals.owners import NewOwner, assign_owners
from crm.directory import directory
from crm.errors import InvalidError, NotAllowedError, NotFoundError
from crm.fields.changes import FieldChange, set_fields
from crm.records.tags import TagChange, change_tags
from crm.settings.directories import NewLossReason, add_loss_reasons
from crm.settings.field_definitions import NewField, add_fields
from crm.tables.journal import event
from crm.tables.records import deal, lead
from crm.tasks.changes import NewTask, create_tasks
from engine.deadline import Due
from engine.event import EVENT_KINDS
from funnels import archiving
from funnels.doctor import examine
from funnels.mass.actions import read_action
from funnels.mass.asking import NewMassAction, ask, undo
from funnels.mass.at_once import do, take_back
from funnels.mass.listing import find_mass_action, results
from funnels.mass.looking import look
from funnels.starting import Start, start_by_hand
from tests.workers.house import MONDAY, PERSON

ANN = {"field": "deal.owner", "op": "is", "value": "ann"}


@pytest.fixture
def sales(house):
    """Six open deals on ``sales``, given evenly to ann and bob."""
    with house.database.work() as work:
        add_loss_reasons(work, [NewLossReason("Too dear", key="dear")], by=SYSTEM)
        add_fields(work, [NewField("deal", "Budget", "number", key="budget")], by=SYSTEM)
    house.ids = [house.deal() for _ in range(6)]
    return house


def acted(house, *, kind="deal", chosen=None, condition=None, by=PERSON, **given):
    with house.database.work() as work:
        chosen = tuple(house.ids) if chosen is None and condition is None else chosen
        return do(work, NewMassAction(kind, read_action(given), chosen, condition), by=by)


def took_back(house, one, by=PERSON):
    with house.database.work() as work:
        return take_back(work, one.id, by=by)


def became(house, one, outcome=""):
    with house.database.reading() as work:
        listed = find_mass_action(work, one.id, viewer=EVERYTHING)
        shown, _ = results(work, listed.one, viewer=EVERYTHING, outcome=outcome)
    return [(each.about.id, each.outcome, str(each.words)) for each in shown]


def stages(house):
    return [stage for _, stage, _ in house.places()]


def owners(house):
    return [owner for _, _, owner in house.places()]


def healthy(house):
    with house.database.reading() as work:
        return [one.code for one in examine(work, deep=True) if one.severity == "error"]


def test_a_stage_is_changed_for_those_that_are_chosen_and_taken_back(sales):
    one = acted(sales, action="stage", stage="offer", chosen=tuple(sales.ids[:4]))

    assert (one.state, one.done, one.skipped, one.failed) == ("finished", 4, 0, 0)
    assert stages(sales) == ["offer"] * 4 + ["new"] * 2
    assert healthy(sales) == []

    back = took_back(sales, one)

    assert (back.state, back.undone, back.kept) == ("undone", 4, 0)
    assert stages(sales) == ["new"] * 6
    assert healthy(sales) == []


def test_all_that_a_filter_shows_are_meant_and_who_came_later_is_not(sales):
    one = acted(sales, action="stage", stage="talks", condition=ANN)

    assert one.audience == one.done == 3
    assert [stage for stage, owner in zip(stages(sales), owners(sales), strict=True) if owner == "ann"] == ["talks"] * 3


def test_what_changed_since_stays_and_is_named(sales):
    one = acted(sales, action="stage", stage="offer")
    sales.move(sales.ids[2], "talks")

    back = took_back(sales, one)

    assert (back.undone, back.kept) == (5, 1)
    assert stages(sales) == ["new", "new", "talks", "new", "new", "new"]
    [(record, outcome, why)] = became(sales, one, "kept")
    assert (record, outcome) == (sales.ids[2], "kept")
    assert "changed since" in why


def test_deals_are_lost_for_a_reason_and_taken_up_again(sales):
    with pytest.raises(InvalidError, match="Say why"):
        acted(sales, action="close", how="lost")
    sales.move(sales.ids[0], "won")

    lost = acted(sales, action="close", how="lost", reason="dear")
    assert (lost.done, lost.failed, stages(sales)) == (5, 1, ["won", *["lost"] * 5])
    took_back(sales, lost)
    assert stages(sales) == ["won", *["new"] * 5]

    won = acted(sales, action="close", how="won")
    assert (won.done, won.skipped) == (5, 1)
    recalled = acted(sales, action="recall", reason="a slip")
    assert (recalled.done, set(stages(sales))) == (6, {"talks"})
    took_back(sales, recalled)
    assert set(stages(sales)) == {"won"}
    assert healthy(sales) == []


def test_what_cannot_be_done_is_said_of_each(sales):
    other = sales.deal("service")
    missing = 10**9

    one = acted(sales, action="stage", plan="sales", stage="offer", chosen=(sales.ids[0], other, missing))

    assert (one.done, one.skipped, one.failed) == (1, 1, 1)
    assert [(record, outcome) for record, outcome, _ in became(sales, one)] == [
        (sales.ids[0], "done"), (other, "failed"), (missing, "skipped"),
    ]  # fmt: skip
    assert "Service" in became(sales, one, "failed")[0][2]


def test_owners_are_given_by_hand_and_by_distribution_and_get_back_what_they_had(sales):
    before = owners(sales)
    nobodys = sales.deal("service")
    sales.ids.append(nobodys)

    by_hand = acted(sales, action="owner", owner="boss")
    assert set(owners(sales)) == {"boss"}
    took_back(sales, by_hand)
    assert owners(sales) == [*before, None]

    by_plan = acted(sales, action="owner", plan="sales")
    assert set(owners(sales)) == {"ann", "bob"}
    took_back(sales, by_plan)
    assert owners(sales) == [*before, None]
    assert healthy(sales) == []


def test_tags_are_taken_back_where_they_were_put_on_and_nowhere_else(sales):
    person = sales.deals()[0].person_id
    sales.act(change_tags, TagChange("deal", sales.ids[0], person, frozenset({"VIP"})))

    one = acted(sales, action="tag", tags=("vip", "spring"))
    assert one.done == 6
    sales.move(sales.ids[1], "offer")  # has nothing to do with its tags
    back = took_back(sales, one)

    assert (back.undone, back.kept) == (6, 0)
    assert sales.tags() == ["VIP"]
    again = acted(sales, action="untag", tags=("VIP",))
    assert (again.done, again.skipped) == (1, 5)
    took_back(sales, again)
    assert sales.tags() == ["VIP"]


def test_fields_get_one_value_and_each_gets_its_own_again(sales):
    sales.act(set_fields, FieldChange("deal", sales.ids[0], {"field.budget": 700, "amount": 5000}))
    before = [(row.amount, row.fields) for row in sales.deals()]

    budget = acted(sales, action="field", field="field.budget", value=1200)
    amount = acted(sales, action="field", field="amount", value=9900)
    assert {(row.amount, row.fields["budget"]) for row in sales.deals()} == {(9900, 1200)}
    took_back(sales, amount)
    kept = took_back(sales, budget)

    assert (kept.undone, kept.kept) == (0, 6)  # the amount was changed since, and back
    assert [row.amount for row in sales.deals()] == [amount for amount, _ in before]
    assert healthy(sales) == []
    with pytest.raises(InvalidError, match="no number"):
        acted(sales, action="field", field="field.budget", value="much")


def test_leads_get_deals_on_a_plan_once_and_untouched_ones_are_removed_again(sales):
    leads = tuple(sales.leads(3, source="ads"))
    one = acted(sales, kind="lead", action="plan", plan="service", chosen=leads)
    again = acted(sales, kind="lead", action="plan", plan="service", chosen=leads)
    assert (one.done, again.done, again.skipped) == (3, 0, 3)
    opened = [row for row in sales.deals() if row.lead_id in leads]
    assert len(opened) == 3
    sales.move(opened[1].id, "offer")

    back = took_back(sales, one)

    assert (back.undone, back.kept) == (2, 1)
    assert [row.id for row in sales.deals() if row.lead_id in leads] == [opened[1].id]
    assert healthy(sales) == []


def test_a_look_knows_what_would_come_of_it_and_changes_nothing(sales):
    sales.move(sales.ids[0], "won")
    before = sales.rows(select(func.count()).select_from(event))
    wish = NewMassAction("deal", read_action({"action": "close", "how": "won"}), (*sales.ids, 10**9))

    found = look(sales.database, wish, by=SYSTEM)

    assert (found.audience, found.unseen, found.tried, found.fits) == (6, 1, 6, 5)
    assert found.reasons == (("it is so already", 1),)
    assert stages(sales) == ["won", *["new"] * 5]
    assert sales.rows(select(func.count()).select_from(event)) == before


def test_somebody_elses_deals_are_left_out_without_the_right_to_all(sales):
    with sales.database.reading() as work:
        ann = directory(work).user("ann")
    sees = Viewer(ann.id, rights=SYSTEM.rights)
    by = Actor(ActorKind.USER, ann.id, SYSTEM.rights - {"deals.edit_all", "deals.edit_team"}, sees=sees)

    one = acted(sales, action="stage", stage="offer", by=by)

    assert (one.done, one.skipped) == (3, 3)
    assert all("somebody else" in why for _, _, why in became(sales, one, "skipped"))
    with pytest.raises(NotAllowedError):
        acted(
            sales, action="stage", stage="offer", by=Actor(ActorKind.USER, ann.id, SYSTEM.rights - {"deals.mass_edit"})
        )


def test_undo_is_asked_for_once_and_only_when_it_is_over(sales):
    with sales.database.work() as work:
        wish = NewMassAction("deal", read_action({"action": "stage", "stage": "offer"}), tuple(sales.ids))
        one = ask(work, wish, by=SYSTEM)
        with pytest.raises(InvalidError, match="under way"):
            undo(work, one.id, by=SYSTEM)
        with pytest.raises(NotFoundError):
            undo(work, 999, by=SYSTEM)
    done = acted(sales, action="stage", stage="talks")
    took_back(sales, done)
    with pytest.raises(InvalidError, match="taken back"):
        took_back(sales, done)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"action": "dance"}, "action"),
        ({"action": "stage"}, "stage"),
        ({"action": "stage", "stage": "nowhere"}, "stage"),
        ({"action": "stage", "stage": "lost"}, "Say why"),
        ({"action": "owner", "owner": "nobody"}, "nobody"),
        ({"action": "tag", "tags": []}, "tags"),
        ({"action": "untag", "tags": ["nowhere"]}, "nowhere"),
        ({"action": "field", "field": "title", "value": "x"}, "Choose a field"),
        ({"action": "field", "field": "amount", "value": "-1"}, "amount"),
        ({"action": "plan", "plan": "nowhere"}, "nowhere"),
        ({"action": "start", "funnel": "nowhere"}, "nowhere"),
        ({"action": "stop", "funnel": "nowhere"}, "nowhere"),
    ],
)
def test_what_cannot_be_is_refused_as_a_whole(sales, given, words):
    with pytest.raises(Exception, match=words) as refused:
        acted(sales, **given)

    assert type(refused.value).__name__ in ("InvalidError", "NotFoundError", "FunnelNotFoundError")


def test_taking_back_tells_no_funnel(sales):
    sales.publish(GREETS)
    one = acted(sales, action="stage", stage="offer")
    took_back(sales, one)
    sales.drain()
    assert (set(stages(sales)), sales.runs("greets")) == ({"new"}, [])

    sales.move(sales.ids[0], "offer")
    sales.move(sales.ids[0], "new")
    sales.drain()
    assert len(sales.runs("greets")) == 1


GREETS = """
key: greets
name: Greets
nodes:
  - {id: come, type: trigger.stage_entered, config: {plan: sales, stages: [new]}}
  - {id: off, type: logic.exit, config: {outcome: success}}
edges:
  - {from: come, to: off}
"""


def test_the_journal_says_who_did_it(sales):
    acted(sales, action="stage", stage="offer")

    moved = sales.rows(select(event.c.caused_by).where(event.c.kind == EVENT_KINDS["deal.moved"].code))
    assert [row.caused_by for row in moved] == [PERSON.packed] * 6


def test_leads_are_given_and_tagged_too(sales):
    leads = tuple(sales.leads(4))
    one = acted(sales, kind="lead", action="owner", plan="sales", chosen=leads)
    acted(sales, kind="lead", action="field", field="status", value="quality", chosen=leads)
    rows = sales.rows(select(lead.c.owner_id, lead.c.status))

    assert one.done == 4
    assert all(row.owner_id and row.status == "quality" for row in rows)
    with pytest.raises(InvalidError, match="deals only"):
        acted(sales, kind="lead", action="close", how="won", chosen=leads)


def test_a_batch_of_many_costs_as_many_statements_as_one_of_few(sales):
    few, many = tuple(sales.ids), tuple(sales.deal() for _ in range(60))
    costs = []
    for given in (
        {"action": "stage", "stage": "offer"}, {"action": "owner", "owner": "boss"}, {"action": "tag", "tags": ("x",)},
        {"action": "field", "field": "field.budget", "value": 3}, {"action": "plan", "plan": "service"}, {"action": "archive"},
    ):  # fmt: skip
        for ids in (few, many):
            with sales.database.work() as work:
                directory(work)
                one = do(work, NewMassAction("deal", read_action(given), ids), by=PERSON)
                work.finish()
                costs.append((given["action"], "do", len(ids), work.statements))
            with sales.database.work() as work:
                directory(work)
                take_back(work, one.id, by=PERSON)
                work.finish()
                costs.append((given["action"], "undo", len(ids), work.statements))
    small = {(act, how): number for act, how, size, number in costs if size == len(few)}
    large = {(act, how): number for act, how, size, number in costs if size == len(many)}

    assert {key: large[key] - small[key] for key in small if large[key] - small[key] > 2} == {}
    assert sales.rows(select(func.count()).select_from(deal))[0][0] == 66


def test_by_a_filter_nobody_is_meant_without_anybody(sales):
    with pytest.raises(InvalidError, match="Nobody is meant"):
        acted(sales, action="stage", stage="offer", condition={"field": "deal.owner", "op": "is", "value": "boss"})
    sales.act(assign_owners, NewOwner("deal", sales.ids[0], "boss"))
    assert (
        acted(sales, action="stage", stage="offer", condition={"field": "deal.owner", "op": "is", "value": "boss"}).done
        == 1
    )


def in_archive(house, table=deal):
    rows = house.rows(select(table.c.id, table.c.archived_at).order_by(table.c.id))
    return [row.id for row in rows if row.archived_at is not None]


def test_records_go_into_the_archive_with_tasks_and_runs_and_come_back_as_they_were(sales):
    sales.publish(WAITS)
    with sales.database.work() as work:
        call = NewTask(
            sales.deals()[0].person_id, "Call", Due.at_moment(MONDAY, "Europe/Kyiv"), None, deal_id=sales.ids[0]
        )
        create_tasks(work, [call], by=SYSTEM)
        start_by_hand(work, "waits", [Start("deal", row.id, row.person_id) for row in sales.deals()[:2]], by=SYSTEM)
    sales.drain()
    before = [(row.stage_id, row.owner_id) for row in sales.deals()]

    one = acted(sales, action="archive", chosen=tuple(sales.ids[:4]))
    assert (one.done, in_archive(sales), [row.status for row in sales.runs()]) == (4, sales.ids[:4], [3, 3])
    assert healthy(sales) == []
    again = acted(sales, action="archive")
    assert (again.done, again.skipped) == (2, 4)
    took_back(sales, again)
    sales.act(archiving.restore, ("deal", sales.ids[3]))
    back = took_back(sales, one)

    assert (back.undone, back.kept, in_archive(sales)) == (3, 1, [])
    assert [(row.stage_id, row.owner_id) for row in sales.deals()] == before
    assert ([row.status for row in sales.tasks()], [row.status for row in sales.runs()]) == ([0], [1, 1])
    assert healthy(sales) == []


def test_by_a_filter_what_is_in_the_archive_is_restored_and_nothing_else(sales):
    leads = sales.leads(4, source="ads")
    from_ads = {"field": "lead.source", "op": "is", "value": "ads"}
    acted(sales, kind="lead", action="archive", chosen=tuple(leads[:3]))
    look_at = NewMassAction("lead", read_action({"action": "restore"}), None, from_ads)
    looked = look(sales.database, look_at, by=SYSTEM)

    one = acted(sales, kind="lead", action="restore", condition=from_ads)
    assert (looked.audience, looked.fits, one.audience, one.done, in_archive(sales, lead)) == (3, 3, 3, 3, [])
    back = took_back(sales, one)

    assert (back.undone, in_archive(sales, lead)) == (3, leads[:3])
    assert acted(sales, kind="lead", action="archive", condition=from_ads).audience == 1
    with pytest.raises(InvalidError, match="Nobody is meant"):
        acted(sales, action="restore", condition=ANN)


WAITS = """
key: waits
name: Waits
nodes:
  - {id: press, type: trigger.manual_start, config: {label: Go}}
  - {id: wait, type: wait.duration, config: {lasting: {amount: 2, unit: days}}}
edges:
  - {from: press, to: wait}
"""
