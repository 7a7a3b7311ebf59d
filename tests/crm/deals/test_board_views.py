"""How somebody looks at a plan is kept for him alone."""

import pytest

from crm.access.actor import SYSTEM
from crm.access.viewers import actor_of
from crm.deals.board_views import USUAL, BoardView, ViewChange, board_view_of, is_folded, keep_view
from crm.directory import directory
from crm.errors import InvalidError
from crm.settings.field_definitions import NewField, add_fields, remove_field
from crm.settings.stages import StageChange, change_stage


def somebody(work, login):
    settings = directory(work)
    return actor_of(settings, settings.user(login))


def kept(database, login):
    with database.reading() as work:
        plan = directory(work).plan("wholesale")
        return board_view_of(work, plan, viewer=somebody(work, login).sees)


def keep(database, login, **changes):
    with database.work() as work:
        keep_view(work, "wholesale", ViewChange(**changes), by=somebody(work, login))


def test_each_person_has_his_own_view_and_what_is_not_told_stays(database):
    keep(database, "ann", mode="list", query="owner=me")
    keep(database, "ann", folds={"talks": True})

    assert kept(database, "ann") == BoardView("list", "owner=me", {"talks": True}, USUAL)
    assert kept(database, "bob") == BoardView()


def folded(database, login):
    view = kept(database, login)
    with database.reading() as work:
        settings, viewer = directory(work), somebody(work, login).sees
        stages = settings.plan("wholesale").stages
        return [one.key for one in stages if one.kind == "open" and is_folded(settings, one, view, viewer=viewer)]


def test_a_column_is_folded_as_its_stage_says_until_somebody_chooses(database):
    with database.work() as work:
        change_stage(work, "wholesale", "new", StageChange(is_folded=True), by=SYSTEM)
    keep(database, "ann", folds={"new": False, "talks": True, "gone": True})

    assert (folded(database, "ann"), folded(database, "bob")) == (["talks"], ["new"])
    assert "gone" not in kept(database, "ann").folds


def test_a_column_where_another_team_works_begins_folded(database):
    with database.work() as work:
        change_stage(work, "wholesale", "talks", StageChange(team="bob"), by=SYSTEM)

    assert {who: folded(database, who) for who in ("ann", "bob", "cid", "root")} == {
        "ann": ["talks"],
        "bob": [],
        "cid": [],
        "root": [],
    }
    keep(database, "ann", folds={"talks": False})
    assert folded(database, "ann") == []


def test_cards_show_what_was_chosen_and_forget_fields_that_are_gone(database):
    with database.work() as work:
        add_fields(work, [NewField("deal", "Size", "number", key="size")], by=SYSTEM)
    keep(database, "ann", shows=["amount", "field.size"])
    assert kept(database, "ann").shows == ("amount", "field.size")

    with database.work() as work:
        remove_field(work, "deal", "size", by=SYSTEM)
    assert kept(database, "ann").shows == ("amount",)
    keep(database, "ann", shows=[])
    assert kept(database, "ann").shows == USUAL


@pytest.mark.parametrize("wrong", [{"shows": ["person_id"]}, {"shows": ["field.nothing"]}, {"query": "q" * 2001}])
def test_what_cannot_be_kept_is_refused(database, wrong):
    with pytest.raises(InvalidError):
        keep(database, "ann", **wrong)
