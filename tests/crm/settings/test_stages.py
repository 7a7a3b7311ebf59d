import json

import pytest
from sqlalchemy import select

from crm.access.actor import SYSTEM
from crm.directory import directory
from crm.errors import InvalidError, NotFoundError
from crm.settings.errors import InUseError
from crm.settings.field_definitions import NewField, add_fields
from crm.settings.stage_rules import NewStage
from crm.settings.stages import StageChange, add_stage, change_stage, remove_stage, reorder_stages, stage_form
from crm.tables.journal import event, stage_stay
from crm.tables.records import deal
from db.errors import StaleError
from engine.event import EVENT_KINDS
from tests.crm.company import put_deals


def keys(work):
    return [one.key for one in directory(work).plan("wholesale").stages]


def test_a_new_stage_stands_before_the_closed_ones(database):
    with database.work() as work:
        assert add_stage(work, "wholesale", NewStage("Shop visit"), by=SYSTEM) == "shop_visit"

        assert keys(work) == ["new", "talks", "shop_visit", "closed_won", "closed_lost", "undefined"]


def test_a_new_stage_stands_before_the_one_named(database):
    with database.work() as work:
        add_stage(work, "wholesale", NewStage("New"), by=SYSTEM, before="new")

        assert keys(work) == ["new_2", "new", "talks", "closed_won", "closed_lost", "undefined"]


def test_a_plan_keeps_one_won_and_one_lost_stage(database):
    with database.work() as work, pytest.raises(InvalidError):
        add_stage(work, "wholesale", NewStage("Also won", "won"), by=SYSTEM)


def test_a_stage_is_renamed_and_recoloured_and_keeps_its_key(database):
    change = StageChange(name="Переговоры", colour="#AABBCC", probability=40, is_folded=True)

    with database.work() as work:
        change_stage(work, "wholesale", "talks", change, by=SYSTEM, version=1)

        changed = directory(work).plan("wholesale").by_key["talks"]
        form = stage_form(work, "wholesale", "talks")
    assert (changed.name, changed.colour) == ("Переговоры", "#aabbcc")
    assert (form.probability, form.is_folded, form.version) == (40, True, 2)


def test_an_old_view_of_a_stage_is_refused(database):
    with database.work() as work:
        change_stage(work, "wholesale", "talks", StageChange(name="Calls"), by=SYSTEM, version=1)

    with database.work() as work, pytest.raises(StaleError):
        change_stage(work, "wholesale", "talks", StageChange(name="Visits"), by=SYSTEM, version=1)


def test_a_stage_requires_fields_that_exist(database):
    with database.work() as work:
        add_fields(work, [NewField("deal", "Payment details")], by=SYSTEM)
        wanted = ("amount", "field.payment_details", "amount")
        change_stage(work, "wholesale", "talks", StageChange(required_fields=wanted), by=SYSTEM)

        assert directory(work).plan("wholesale").by_key["talks"].required_fields == ("amount", "field.payment_details")
        with pytest.raises(NotFoundError):
            change_stage(work, "wholesale", "talks", StageChange(required_fields=["field.shoe"]), by=SYSTEM)


def test_the_lost_stage_may_stop_asking_for_a_reason(database):
    with database.work() as work:
        change_stage(work, "wholesale", "closed_lost", StageChange(asks_reason=False), by=SYSTEM)

        assert not directory(work).plan("wholesale").by_key["closed_lost"].asks_reason


@pytest.mark.parametrize("key", ["talks", "closed_won", "undefined"])
def test_other_stages_never_ask_for_a_reason(database, key):
    with database.work() as work, pytest.raises(InvalidError):
        change_stage(work, "wholesale", key, StageChange(asks_reason=True), by=SYSTEM)


def test_stages_are_put_in_another_order(database):
    with database.work() as work:
        reorder_stages(work, "wholesale", ["talks", "new", "closed_lost", "closed_won"], by=SYSTEM)

        assert keys(work) == ["talks", "new", "closed_lost", "closed_won", "undefined"]


@pytest.mark.parametrize("order", [["new"], ["new", "talks", "closed_won", "closed_lost", "shop"], ["new"] * 4])
def test_an_order_names_every_stage_once(database, order):
    with database.work() as work, pytest.raises(InvalidError):
        reorder_stages(work, "wholesale", order, by=SYSTEM)


def test_deals_of_a_removed_stage_go_to_undefined(database):
    with database.work() as work:
        there, elsewhere = put_deals(work, 2, stage="talks"), put_deals(work, 1)
        talks = directory(work).plan("wholesale").by_key["talks"].id

        assert remove_stage(work, "wholesale", "talks", by=SYSTEM) == 2

        undefined = directory(work).plan("wholesale").by_key["undefined"].id
        stages = dict(tuple(row) for row in work.rows(select(deal.c.id, deal.c.stage_id)))
        assert [stages[id_] for id_ in there] == [undefined, undefined]
        assert stages[elsewhere[0]] != undefined
        assert work.scalar(select(stage_stay.c.stage_id)) == talks
        assert keys(work) == ["new", "closed_won", "closed_lost", "undefined"]


def test_removing_a_stage_tells_where_the_deals_came_from(database):
    with database.work() as work:
        put_deals(work, 1, stage="talks")
        remove_stage(work, "wholesale", "talks", by=SYSTEM)

    with database.reading() as work:
        data = json.loads(work.scalar(select(event.c.data).where(event.c.kind == EVENT_KINDS["deal.moved"].code)))
        assert (data["from"], data["stage"]) == ("talks", "undefined")


@pytest.mark.parametrize("key", ["closed_won", "closed_lost", "undefined"])
def test_stages_that_every_plan_has_stay(database, key):
    with database.work() as work, pytest.raises(InvalidError):
        remove_stage(work, "wholesale", key, by=SYSTEM, confirmed=True)


def test_the_last_intermediate_stage_stays(database):
    with database.work() as work:
        remove_stage(work, "wholesale", "talks", by=SYSTEM)

        with pytest.raises(InvalidError):
            remove_stage(work, "wholesale", "new", by=SYSTEM)


def test_a_stage_that_funnels_refer_to_is_not_removed_unawares(database):
    def refers(kind, key, *, plan=None):
        return [f"funnel welcome, block 5: {kind} {plan}.{key}"]

    with database.work() as work:
        with pytest.raises(InUseError) as refused:
            remove_stage(work, "wholesale", "talks", by=SYSTEM, refers=refers)
        remove_stage(work, "wholesale", "talks", by=SYSTEM, refers=refers, confirmed=True)

        assert refused.value.places == ("funnel welcome, block 5: stage wholesale.talks",)
        assert "talks" not in keys(work)


def test_a_stage_says_how_deals_stay_in_it_and_leave_it(database):
    change = StageChange(
        is_automatic=True, only_forward=True, dwell_days=7, team="boss", exit_fact="  the offer  is signed "
    )

    with database.work() as work:
        change_stage(work, "wholesale", "talks", change, by=SYSTEM)

        stage = directory(work).plan("wholesale").by_key["talks"]
        assert (stage.only_forward, stage.dwell_days, stage.exit_fact) == (True, 7, "the offer is signed")
        assert stage.team_id == directory(work).user("boss").id
        assert stage_form(work, "wholesale", "talks").is_automatic
        change_stage(work, "wholesale", "talks", StageChange(dwell_days=None, team=None), by=SYSTEM)
        stage = directory(work).plan("wholesale").by_key["talks"]
        assert (stage.dwell_days, stage.team_id) == (None, None)


@pytest.mark.parametrize(
    ("stage", "change"),
    [
        ("talks", StageChange(dwell_days=0)),
        ("talks", StageChange(dwell_days=9999)),
        ("talks", StageChange(exit_fact="x" * 121)),
        ("closed_won", StageChange(only_forward=True)),
    ],
)
def test_rules_that_cannot_be_are_refused(database, stage, change):
    with database.work() as work, pytest.raises(InvalidError):
        change_stage(work, "wholesale", stage, change, by=SYSTEM)


def test_deals_of_a_removed_stage_go_to_its_replacement_whatever_that_asks_for(database):
    with database.work() as work:
        [there] = put_deals(work, 1, stage="talks")
        change_stage(work, "wholesale", "new", StageChange(required_fields=["company"]), by=SYSTEM)
        change_stage(work, "wholesale", "talks", StageChange(only_forward=True), by=SYSTEM)

        with pytest.raises(InvalidError):
            remove_stage(work, "wholesale", "talks", by=SYSTEM, replacement="closed_won")
        assert remove_stage(work, "wholesale", "talks", by=SYSTEM, replacement="new") == 1
        plan = directory(work).plan("wholesale")
        assert work.scalar(select(deal.c.stage_id).where(deal.c.id == there)) == plan.by_key["new"].id
