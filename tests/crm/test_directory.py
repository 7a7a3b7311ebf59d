import pytest

from crm.access.actor import SYSTEM
from crm.directory import directory
from crm.errors import NotFoundError, NotSetUpError
from crm.records.tags import ensure_tags
from crm.settings.plans import PlanChange, change_plan
from crm.settings.pool import set_taking
from crm.settings.stages import remove_stage
from crm.settings.users import deactivate_users
from db.database import Database


def test_plans_hold_their_stages_and_managers_in_order(database):
    with database.reading() as work:
        plan = directory(work).plan("wholesale")

    assert [stage.key for stage in plan.stages] == ["new", "talks", "closed_won", "closed_lost", "undefined"]
    assert [stage.state for stage in plan.stages] == [0, 0, 1, 2, 0]
    assert len(plan.managers) == 2
    assert plan.first_stage.key == "new"
    assert plan.by_key["talks"] is plan.stages[1]


def test_who_is_away_or_gone_does_not_take(database):
    with database.work() as work:
        set_taking(work, "wholesale", ["ann"], is_taking=False, by=SYSTEM)
        deactivate_users(work, ["bob"], by=SYSTEM)

    with database.reading() as work:
        assert [manager.is_taking for manager in directory(work).plan("wholesale").managers] == [False, False]


def test_settings_are_read_once_and_then_asked_for_their_version_only(database):
    with database.reading() as work:
        directory(work)

    with database.reading() as work:
        first = directory(work)
        again = directory(work)
        assert work.statements == 1
        assert first is again


def test_a_change_is_seen_at_once_and_by_other_processes(database, company_url):
    other = Database(company_url)
    with other.reading() as work:
        directory(work)

    with database.work() as work:
        change_plan(work, "wholesale", PlanChange(name="Retail"), by=SYSTEM)
        inside = directory(work).plan("wholesale").name

    with other.reading() as work:
        outside = directory(work).plan("wholesale").name
    other.close()
    assert (inside, outside) == ("Retail", "Retail")


def test_a_change_that_is_given_up_is_forgotten(database):
    def change_and_fail():
        with database.work() as work:
            change_plan(work, "wholesale", PlanChange(name="Retail"), by=SYSTEM)
            ensure_tags(work, ["x"])
            directory(work)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change_and_fail()

    with database.reading() as work:
        assert directory(work).plan("wholesale").name == "Wholesale"
        assert directory(work).tag_keys == {}


def test_a_stage_that_was_removed_is_gone_from_its_plan(database):
    with database.work() as work:
        remove_stage(work, "wholesale", "talks", by=SYSTEM)

    with database.reading() as work:
        assert "talks" not in directory(work).plan("wholesale").by_key


@pytest.mark.parametrize(("ask", "kind"), [("plan", "sales plan"), ("user", "user")])
def test_what_does_not_exist_is_said_by_name(database, ask, kind):
    with database.reading() as work:
        settings = directory(work)

    with pytest.raises(NotFoundError, match=f"no {kind} .nobody."):
        getattr(settings, ask)("nobody")


def test_a_database_that_was_not_set_up_says_so(empty):
    with empty.reading() as work, pytest.raises(NotSetUpError):
        directory(work)
