"""Filters that are kept, and chosen columns: for oneself, for everybody, and never over somebody else's."""

import pytest

from crm.access.actor import SYSTEM
from crm.access.viewers import actor_of, viewer_of
from crm.deals.board_views import ViewChange, board_view_of, keep_view
from crm.directory import directory
from crm.errors import InvalidError, NotAllowedError
from crm.finding.columns import choose_columns, columns_of
from crm.finding.saved import FilterChange, NewFilter, change_filters, remove_filters, save_filters, saved_filters
from crm.settings.errors import InUseError
from crm.settings.plans import NewPlan, create_plan
from crm.settings.stages import remove_stage
from tests.crm.company import STAGES


def actor(work, login):
    settings = directory(work)
    return actor_of(settings, settings.user(login))


def viewer(work, login):
    settings = directory(work)
    return viewer_of(settings, settings.user(login))


def save(database, login="ann", **values):
    with database.work() as work:
        new = NewFilter(**{"subject": "deal", "name": "Big", "query": "amount=1000..", **values})
        return save_filters(work, [new], by=actor(work, login))[0].ids[0]


def names(database, login):
    with database.reading() as work:
        return [one.name for one in saved_filters(work, "deal", viewer=viewer(work, login))]


def test_ones_own_stay_ones_own_and_shared_ones_are_everybodys(database):
    save(database, "boss", name="Everybody's", is_shared=True)
    save(database, "boss", name="A secret")
    save(database, "ann", name="Mine")

    assert names(database, "ann") == ["Mine", "Everybody's"]
    assert names(database, "boss") == ["A secret", "Everybody's"]


def test_what_is_asked_is_kept_in_one_form(database):
    save(database, query="amount.from=1 000&owner=ann&owner=bob&group=stage")

    with database.reading() as work:
        [one] = saved_filters(work, "deal", viewer=viewer(work, "ann"))
    assert (one.query, one.version) == ("amount=1000..&owner=ann|bob", 1)


@pytest.mark.parametrize("values", [{"name": " "}, {"query": "nothing=1"}, {"subject": "person"}, {"name": "x" * 500}])
def test_what_cannot_be_is_refused(database, values):
    with pytest.raises(InvalidError):
        save(database, **values)
    assert names(database, "ann") == []


def test_who_sees_only_himself_shares_nothing(database):
    with pytest.raises(NotAllowedError):
        save(database, "ann", is_shared=True)
    with database.work() as work, pytest.raises(NotAllowedError):
        save_filters(work, [NewFilter("deal", "X", "owner=me")], by=SYSTEM)


def test_a_filter_is_changed_on_its_newest_view_only(database):
    kept = save(database)
    with database.work() as work:
        by = actor(work, "ann")
        change = FilterChange(kept, 1, name="Bigger", query="amount=5000..")
        assert [one.code for one in change_filters(work, [change], by=by)] == ["done"]
        assert [one.code for one in change_filters(work, [change], by=by)] == ["stale"]
    with database.reading() as work:
        [one] = saved_filters(work, "deal", viewer=viewer(work, "ann"))
    assert (one.name, one.query, one.version) == ("Bigger", "amount=5000..", 2)


def test_the_filter_of_somebody_else_is_not_there(database):
    kept = save(database, "boss", is_shared=True)
    with database.work() as work:
        by = actor(work, "ann")
        assert change_filters(work, [FilterChange(kept, 1, name="Mine")], by=by)[0].code == "not_found"
        assert remove_filters(work, [kept], by=by)[0].code == "not_found"
    assert names(database, "ann") == ["Big"]
    with database.work() as work:
        assert remove_filters(work, [kept], by=actor(work, "boss"))[0].code == "done"
    assert names(database, "ann") == []


def test_columns_are_chosen_by_each(database):
    with database.work() as work:
        choose_columns(work, "deals", ["deal.stage", "deal.amount"], by=actor(work, "ann"))
        choose_columns(work, "deals", ["deal.amount"], by=actor(work, "ann"))
        with pytest.raises(InvalidError):
            choose_columns(work, "deals", [], by=actor(work, "ann"))
    with database.reading() as work:
        assert columns_of(work, "deals", viewer=viewer(work, "ann")) == ("deal.amount",)
        assert columns_of(work, "deals", viewer=viewer(work, "bob")) is None
    with database.work() as work:
        choose_columns(work, "deals", None, by=actor(work, "ann"))
        assert columns_of(work, "deals", viewer=viewer(work, "ann")) is None


def test_filters_ask_for_the_stage_that_takes_the_place_of_another(database):
    ids = [save(database, query=query) for query in ("stage=talks|new&amount=1..", "stage=!talks", "title=~talks")]
    with database.work() as work:
        keep_view(work, "wholesale", ViewChange(query="stage=talks&sort=amount"), by=actor(work, "ann"))
        with pytest.raises(InUseError) as refused:
            remove_stage(work, "wholesale", "talks", by=SYSTEM)
    with database.work() as work:
        remove_stage(work, "wholesale", "talks", by=SYSTEM, confirmed=True, replacement="new")

    with database.reading() as work:
        found = {one.id: one.query for one in saved_filters(work, "deal", viewer=viewer(work, "ann"))}
        view = board_view_of(work, directory(work).plan("wholesale"), viewer=viewer(work, "ann"))
    assert [str(place) for place in refused.value.places] == ["2 saved filters"]
    assert [found[id_] for id_ in ids] == ["stage=new&amount=1..", "stage=!new", "title=~talks"]
    assert view.query == "stage=new&sort=amount"


def test_a_filter_stays_where_another_plan_has_such_a_stage_unless_it_names_the_plan(database):
    with database.work() as work:
        create_plan(work, NewPlan("Retail", STAGES), by=SYSTEM)
    ids = [save(database, query=query) for query in ("stage=talks", "plan=wholesale&stage=talks")]
    with database.work() as work:
        remove_stage(work, "wholesale", "talks", by=SYSTEM, confirmed=True, replacement="new")

    with database.reading() as work:
        found = {one.id: one.query for one in saved_filters(work, "deal", viewer=viewer(work, "ann"))}
    assert [found[id_] for id_ in ids] == ["stage=talks", "plan=wholesale&stage=new"]
