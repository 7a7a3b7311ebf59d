import pytest
from sqlalchemy import select

from crm.access.actor import SYSTEM, ActorKind
from crm.directory import directory
from crm.errors import InvalidError, NotAllowedError, NotFoundError
from crm.settings.errors import InUseError, SupervisorCycleError
from crm.settings.logins import actor_of, viewer_of
from crm.settings.passwords import check_password, set_password
from crm.settings.users import NewUser, UserChange, add_users, change_user, deactivate_users, reactivate_users
from crm.tables.settings import user_account
from db.errors import StaleError


def logins_of(work, ids):
    return {directory(work).users[id_].login for id_ in ids}


def test_people_may_come_before_their_supervisor(database):
    with database.work() as work:
        ids = add_users(work, [NewUser("Dan", "Dan", supervisor="Eve"), NewUser("eve", "Eve")], by=SYSTEM)
        dan, eve = (directory(work).users[id_] for id_ in ids)

    assert (dan.login, dan.supervisor_id) == ("dan", eve.id)


@pytest.mark.parametrize("count", [2, 40])
def test_adding_many_costs_as_many_statements_as_adding_few(database, count):
    with database.work() as work:
        directory(work)
        before = work.statements
        add_users(work, [NewUser(f"user{n}", f"User {n}") for n in range(count)], by=SYSTEM)
        work.finish()

        assert work.statements - before <= 21


@pytest.mark.parametrize("login", ["ANN", " ann ", "", "two words", "x" * 101])
def test_a_login_is_one_word_and_nobody_elses(database, login):
    with database.work() as work, pytest.raises(InvalidError):
        add_users(work, [NewUser(login, "Ann")], by=SYSTEM)


def test_new_people_may_not_supervise_each_other_in_a_circle(database):
    with database.work() as work, pytest.raises(SupervisorCycleError):
        add_users(work, [NewUser("dan", "Dan", supervisor="eve"), NewUser("eve", "Eve", supervisor="dan")], by=SYSTEM)


def test_nobody_is_put_under_one_of_his_own_people(database):
    with database.work() as work, pytest.raises(SupervisorCycleError) as refused:
        change_user(work, "boss", UserChange(supervisor="cid"), by=SYSTEM)

    assert refused.value.logins == ("boss", "cid", "bob", "boss")


def test_an_old_view_of_a_user_is_refused(database):
    with database.work() as work:
        change_user(work, "ann", UserChange(name="Anna"), by=SYSTEM, version=1)

    with database.work() as work, pytest.raises(StaleError):
        change_user(work, "ann", UserChange(name="Annie"), by=SYSTEM, version=1)


def test_the_last_administrator_stays(database):
    with database.work() as work:
        with pytest.raises(InvalidError):
            deactivate_users(work, ["root"], by=SYSTEM)
        with pytest.raises(InvalidError):
            change_user(work, "root", UserChange(role="manager"), by=SYSTEM)


def test_a_deactivated_user_neither_acts_nor_takes_deals(database):
    with database.work() as work:
        deactivate_users(work, ["ann"], by=SYSTEM)

        assert [one.is_taking for one in directory(work).plan("wholesale").managers] == [False, True]
        with pytest.raises(NotFoundError):
            actor_of(work, "ann")


def test_a_user_whom_funnels_name_is_not_deactivated_unawares(database):
    def refers(kind, key, *, plan=None):
        return [f"funnel welcome, block 5: {kind} {key}"]

    with database.work() as work:
        with pytest.raises(InUseError) as refused:
            deactivate_users(work, ["ann"], by=SYSTEM, refers=refers)
        deactivate_users(work, ["ann"], by=SYSTEM, refers=refers, confirmed=True)

        assert refused.value.places == ("funnel welcome, block 5: user ann",)
        assert not directory(work).user("ann").is_active


def test_a_user_who_returns_takes_deals_again(database):
    with database.work() as work:
        deactivate_users(work, ["ann"], by=SYSTEM)
        reactivate_users(work, ["ann"], by=SYSTEM)

        assert [one.is_taking for one in directory(work).plan("wholesale").managers] == [True, True]


def test_a_password_lets_in_only_whom_it_belongs_to(database):
    with database.work() as work:
        set_password(work, "ann", "correct horse", by=SYSTEM)

    with database.work() as work:
        assert check_password(work, "Ann", "correct horse").login == "ann"
        assert check_password(work, "ann", "wrong horse!") is None
        assert check_password(work, "bob", "correct horse") is None
        assert check_password(work, "nobody", "correct horse") is None
        assert "horse" not in work.scalar(select(user_account.c.password_hash).where(user_account.c.login == "ann"))


def test_a_short_password_is_refused(database):
    with database.work() as work, pytest.raises(InvalidError):
        set_password(work, "ann", "short", by=SYSTEM)


def test_people_set_their_own_passwords_only(database):
    with database.work() as work:
        ann = actor_of(work, "ann")
        set_password(work, "ann", "my own secret", by=ann)

        with pytest.raises(NotAllowedError):
            set_password(work, "bob", "not my secret", by=ann)


def test_a_user_acts_with_the_rights_of_his_role(database):
    with database.work() as work:
        actor = actor_of(work, "Mark")

    assert actor.kind is ActorKind.USER
    assert "funnels.publish" in actor.rights
    assert "users.edit" not in actor.rights


@pytest.mark.parametrize(
    ("login", "owners", "plans"),
    [
        ("ann", {"ann"}, {"wholesale"}),
        ("cid", {"cid"}, set()),
        ("boss", {"boss", "ann", "bob", "cid"}, {"wholesale"}),
    ],
)
def test_people_see_their_own_and_supervisors_all_below_them(database, login, owners, plans):
    with database.work() as work:
        viewer = viewer_of(work, directory(work).user(login))

        assert logins_of(work, viewer.owner_ids) == owners
        assert {directory(work).plans[id_].key for id_ in viewer.plan_ids} == plans


@pytest.mark.parametrize("login", ["root", "mark"])
def test_administrators_and_marketers_see_everything(database, login):
    with database.work() as work:
        viewer = viewer_of(work, directory(work).user(login))

    assert (viewer.owner_ids, viewer.plan_ids) == (None, None)
