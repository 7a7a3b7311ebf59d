import pytest

from crm.access.actor import RIGHTS, SYSTEM, Actor, ActorKind
from crm.directory import directory
from crm.errors import InvalidError, NotAllowedError, NotFoundError
from crm.settings.errors import InUseError
from crm.settings.rights import RIGHT_WORDS
from crm.settings.roles import ROLES, add_role, all_roles, change_role, remove_role, write_roles
from crm.settings.users import NewUser, UserChange, add_users, change_user


def test_every_right_has_words():
    assert set(RIGHT_WORDS) == RIGHTS


def test_built_in_roles_come_first_with_their_people(database):
    with database.work() as work:
        add_role(work, "Call centre", ["leads.edit"], by=SYSTEM)
        found = all_roles(work)

    assert [one.key for one in found] == [*ROLES, "call_centre"]
    assert {one.key: one.people for one in found}["manager"] == 3


def test_a_changed_role_holds_for_who_has_it(database):
    with database.work() as work:
        key = add_role(work, "Calls", ["leads.edit"], by=SYSTEM)
        add_users(work, [NewUser("dan", "Dan", key)], by=SYSTEM)
    with database.work() as work:
        change_role(work, key, name="Calls", rights=["leads.edit", "tasks.edit"], by=SYSTEM)

    with database.work() as work:
        assert directory(work).user("dan").rights == {"leads.edit", "tasks.edit"}


def test_a_role_in_use_stays(database):
    with database.work() as work:
        key = add_role(work, "Calls", ["leads.edit"], by=SYSTEM)
        change_user(work, "ann", UserChange(role=key), by=SYSTEM)
    with database.work() as work, pytest.raises(InUseError):
        remove_role(work, key, by=SYSTEM)
    with database.work() as work:
        change_user(work, "ann", UserChange(role="manager"), by=SYSTEM)
        remove_role(work, key, by=SYSTEM)

    with database.work() as work:
        assert [one.key for one in all_roles(work)] == list(ROLES)


def test_a_release_leaves_roles_of_ones_own_alone(database):
    with database.work() as work:
        add_role(work, "Calls", ["leads.edit"], by=SYSTEM)
    with database.work() as work:
        assert not write_roles(work)


@pytest.mark.parametrize(
    ("name", "rights"), [("", ["leads.edit"]), ("manager", ["leads.edit"]), ("X", []), ("X", ["fly"])]
)
def test_what_cannot_be_a_role_is_refused(database, name, rights):
    with database.work() as work, pytest.raises(InvalidError):
        add_role(work, name, rights, by=SYSTEM)


def test_built_in_roles_stay_as_they_are(database):
    with database.work() as work, pytest.raises(InvalidError):
        change_role(work, "manager", name="Manager", rights=["leads.edit"], by=SYSTEM)
    with database.work() as work, pytest.raises(InvalidError):
        remove_role(work, "manager", by=SYSTEM)
    with database.work() as work, pytest.raises(NotFoundError):
        remove_role(work, "king", by=SYSTEM)


def test_nobody_gives_a_right_that_he_lacks(database):
    staff = Actor(ActorKind.USER, 1, frozenset({"users.edit"}))
    with database.work() as work, pytest.raises(NotAllowedError):
        add_role(work, "Kings", ["settings.edit"], by=staff)
    with database.work() as work, pytest.raises(NotAllowedError):
        add_users(work, [NewUser("eve", "Eve", "administrator")], by=staff)
    with database.work() as work, pytest.raises(NotAllowedError):
        change_user(work, "root", UserChange(email="eve@example.com"), by=staff)
