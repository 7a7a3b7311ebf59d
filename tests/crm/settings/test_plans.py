import pytest
from sqlalchemy import select

from crm.access.actor import SYSTEM
from crm.directory import directory
from crm.errors import InvalidError, NotFoundError
from crm.settings.errors import InUseError
from crm.settings.plans import NewPlan, PlanChange, archive_plan, change_plan, create_plan
from crm.settings.pool import set_managers, set_taking
from crm.settings.stage_rules import NewStage
from crm.tables.distribution import distribution_counter
from db.errors import StaleError
from tests.crm.company import STAGES


def counters(work):
    users = directory(work).users
    return {
        users[row.user_id].login: row.assigned
        for row in work.rows(select(distribution_counter.c.user_id, distribution_counter.c.assigned))
    }


def test_a_plan_has_its_stages_in_order_and_an_undefined_one_at_the_end(database):
    with database.work() as work:
        plan = directory(work).plan("wholesale")

    assert [(one.key, one.kind) for one in plan.stages] == [
        ("new", "open"),
        ("talks", "open"),
        ("closed_won", "won"),
        ("closed_lost", "lost"),
        ("undefined", "undefined"),
    ]
    assert plan.currency == "UAH"


def test_keys_are_made_of_names_in_any_letters_and_never_meet(database):
    stages = (
        NewStage("Відправлено в Умань"),
        NewStage("Отправлен на склад"),
        NewStage("Отправлен — на склад!"),
        NewStage("完了"),
        NewStage("Сделка", "won"),
        NewStage("Отказ", "lost"),
    )

    with database.work() as work:
        first = create_plan(work, NewPlan("Опт", stages), by=SYSTEM)
        second = create_plan(work, NewPlan("Опт", stages), by=SYSTEM)

    assert (first.key, second.key) == ("opt", "opt_2")
    assert [one.key for one in first.stages][:5] == [
        "vidpravleno_v_uman",
        "otpravlen_na_sklad",
        "otpravlen_na_sklad_2",
        "stage",
        "sdelka",
    ]


@pytest.mark.parametrize(
    "stages",
    [
        (),
        STAGES[:3],
        (*STAGES, NewStage("Also won", "won")),
        STAGES[2:],
        (NewStage("New", asks_reason=True), *STAGES),
        (NewStage("New", colour="red"), *STAGES),
        (NewStage("New", probability=101), *STAGES),
        (NewStage("New", required_fields=("shoe_size",)), *STAGES),
        (NewStage(""), *STAGES),
        (NewStage("Mine", key="undefined"), *STAGES),
    ],
)
def test_stages_that_cannot_make_a_plan_are_refused(database, stages):
    with pytest.raises(InvalidError), database.work() as work:
        create_plan(work, NewPlan("Retail", stages), by=SYSTEM)


@pytest.mark.parametrize(
    "change",
    [
        PlanChange(name=""),
        PlanChange(average_check=-1),
        PlanChange(currency="coins"),
        PlanChange(chat_label="thirteen char"),
        PlanChange(deal_title="{person.name"),
        PlanChange(distribution="sometimes"),
        PlanChange(first_rule="evenly"),
        PlanChange(second_rule="related"),
    ],
)
def test_settings_that_cannot_be_are_refused(database, change):
    with database.work() as work, pytest.raises(InvalidError):
        change_plan(work, "wholesale", change, by=SYSTEM)


def test_a_plan_is_changed_at_any_time(database):
    change = PlanChange(name="Опт", chat_label="twelve chars", distribution="manual", average_check=150_000)

    with database.work() as work:
        plan = change_plan(work, "wholesale", change, by=SYSTEM, version=1)

    assert (plan.key, plan.name, plan.chat_label, plan.distribution, plan.average_check) == (
        "wholesale",
        "Опт",
        "twelve chars",
        "manual",
        150_000,
    )


def test_an_old_view_of_a_plan_is_refused(database):
    with database.work() as work:
        change_plan(work, "wholesale", PlanChange(name="Opt"), by=SYSTEM, version=1)

    with database.work() as work, pytest.raises(StaleError):
        change_plan(work, "wholesale", PlanChange(name="Big"), by=SYSTEM, version=1)


def test_who_joins_a_plan_starts_at_the_lowest_counter(database):
    with database.work() as work:
        plan = directory(work).plan("wholesale")
        work.update(
            distribution_counter,
            ("plan_id", "user_id"),
            ("assigned",),
            [(plan.id, manager.user_id, 7 + place) for place, manager in enumerate(plan.managers)],
        )

        set_managers(work, "wholesale", ["ann", "BOB", "cid"], by=SYSTEM)

        assert counters(work) == {"ann": 7, "bob": 8, "cid": 7}


def test_who_was_absent_starts_at_the_lowest_counter_again(database):
    with database.work() as work:
        plan = directory(work).plan("wholesale")
        set_taking(work, "wholesale", ["ann"], is_taking=False, by=SYSTEM)
        absent = [one.is_taking for one in directory(work).plan("wholesale").managers]
        work.update(
            distribution_counter, ("plan_id", "user_id"), ("assigned",), [(plan.id, plan.managers[1].user_id, 40)]
        )

        set_taking(work, "wholesale", ["ann"], is_taking=True, by=SYSTEM)

        assert absent == [False, True]
        assert counters(work) == {"ann": 40, "bob": 40}


def test_managers_leave_and_keep_their_order(database):
    with database.work() as work:
        set_managers(work, "wholesale", ["cid", "ann"], by=SYSTEM)
        users = directory(work).users

        assert [users[one.user_id].login for one in directory(work).plan("wholesale").managers] == ["cid", "ann"]


def test_somebody_who_is_no_manager_of_the_plan_cannot_be_absent(database):
    with database.work() as work, pytest.raises(NotFoundError):
        set_taking(work, "wholesale", ["cid"], is_taking=False, by=SYSTEM)


def test_a_plan_that_funnels_refer_to_is_not_put_away_unawares(database):
    def refers(kind, key, *, plan=None):
        return [f"funnel welcome, block 5: {kind} {key}"]

    with database.work() as work:
        with pytest.raises(InUseError):
            archive_plan(work, "wholesale", by=SYSTEM, refers=refers)
        archive_plan(work, "wholesale", by=SYSTEM, refers=refers, confirmed=True)

        assert directory(work).plan("wholesale").is_archived
