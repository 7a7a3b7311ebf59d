import pytest
from sqlalchemy import select

from crm.access.actor import Actor, ActorKind
from crm.errors import InvalidError, NotAllowedError, NotFoundError
from crm.tables.accounts import api_key
from crm.ways.api_keys import (
    actor_of_key,
    all_api_keys,
    find_api_key,
    is_stale,
    new_api_key,
    note_used,
    revoke_api_keys,
    viewer_of_key,
)

ROOT = Actor(ActorKind.USER, 5, frozenset({"settings.edit", "leads.create", "records.see_all"}))


def test_a_key_is_found_by_its_secret_which_is_not_stored(database):
    with database.work() as work:
        secret = new_api_key(work, "Site", ["leads.create"], by=ROOT)

    with database.reading() as work:
        key = find_api_key(work, secret)
        assert (key.name, key.rights, key.is_active) == ("Site", {"leads.create"}, True)
        assert secret.startswith(key.start)
        assert len(key.start) < 10
        assert secret not in str(work.rows(select(api_key)))
        assert find_api_key(work, secret + "x") is None


def test_a_key_acts_by_its_own_rights(database):
    with database.work() as work:
        key = find_api_key(work, new_api_key(work, "Site", ["leads.create"], by=ROOT))
        all_seeing = find_api_key(work, new_api_key(work, "Report", ["records.see_all"], by=ROOT))

    actor = actor_of_key(key)
    assert (actor.kind, actor.id, actor.rights) == (ActorKind.API, key.id, frozenset({"leads.create"}))
    assert (actor.sees, actor_of_key(all_seeing).sees) == (viewer_of_key(key), viewer_of_key(all_seeing))
    assert (viewer_of_key(key).owner_ids, viewer_of_key(key).plan_ids) == (frozenset(), frozenset())
    assert viewer_of_key(all_seeing).owner_ids is None


def test_nobody_gives_a_right_that_he_does_not_have(database):
    with database.work() as work, pytest.raises(NotAllowedError, match=r"deals\.edit"):
        new_api_key(work, "Site", ["leads.create", "deals.edit"], by=ROOT)


@pytest.mark.parametrize(("name", "rights"), [("", ["leads.create"]), ("Site", []), ("Site", ["everything"])])
def test_what_cannot_be_is_refused(database, name, rights):
    with database.work() as work, pytest.raises(InvalidError):
        new_api_key(work, name, rights, by=ROOT)


def test_who_may_not_change_settings_makes_no_keys(database):
    nobody = Actor(ActorKind.USER, 1, frozenset({"leads.create"}))

    with database.work() as work, pytest.raises(NotAllowedError):
        new_api_key(work, "Site", ["leads.create"], by=nobody)
    with database.work() as work, pytest.raises(NotAllowedError):
        revoke_api_keys(work, [1], by=nobody)


def test_a_revoked_key_works_no_more_and_is_still_listed(database):
    with database.work() as work:
        old, new = (new_api_key(work, name, ["leads.create"], by=ROOT) for name in ("Old", "New"))
        revoke_api_keys(work, [find_api_key(work, old).id], by=ROOT)

    with database.reading() as work:
        assert find_api_key(work, old) is None
        assert find_api_key(work, new) is not None
        assert [(key.name, key.is_active) for key in all_api_keys(work)] == [("New", True), ("Old", False)]


def test_an_unknown_key_is_not_revoked(database):
    with database.work() as work, pytest.raises(NotFoundError):
        revoke_api_keys(work, [404], by=ROOT)


def test_its_last_use_is_noted_once_a_minute(database):
    with database.work() as work:
        secret = new_api_key(work, "Site", ["leads.create"], by=ROOT)
        assert is_stale(work, find_api_key(work, secret))
        note_used(work, find_api_key(work, secret))

    with database.work() as work:
        assert not is_stale(work, find_api_key(work, secret))
