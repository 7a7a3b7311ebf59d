"""What one sees and what one may change are two things: one's own, the team's, everybody's."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from crm.access.actor import SYSTEM
from crm.access.viewers import actor_of
from crm.deals.moving import Move, move_deals
from crm.deals.owners import NewOwner, assign_owners
from crm.deals.products import Line, set_products
from crm.directory import directory
from crm.fields.changes import FieldChange, set_fields
from crm.records.tags import TagChange, change_tags
from crm.records.visible import may_change, out_of_reach
from crm.settings.users import NewUser, add_users
from crm.tables.records import deal, lead
from tests.crm.company import put_deals, put_lead

RIGHTS = frozenset({"deals.edit", "leads.edit", "records.see_all"})
TEAM, ALL = {"deals.edit_team", "leads.edit_team"}, {"deals.edit_all", "leads.edit_all"}
OWNERS = ("boss", "ann", "cid", "zoe", None)
REACHES = [((), ("boss", None)), (TEAM, ("boss", "ann", "cid", None)), (ALL, OWNERS)]


@pytest.fixture
def records(database):
    """A deal and a lead of each owner: ids by his login.  Boss stands over Ann and Bob, he over Cid; Zoe in nobody's team."""
    with database.work() as work:
        add_users(work, [NewUser("zoe", "Zoe")], by=SYSTEM)
        users = directory(work).logins
        deals = {owner: put_deals(work, 1, owner=owner)[0] for owner in OWNERS}
        leads = {owner: put_lead(work, owner_id=users[owner].id if owner else None) for owner in OWNERS}
    return {"deal": deals, "lead": leads}


def boss(work, more=(), *, seeing="records.see_all"):
    settings = directory(work)
    return actor_of(settings, replace(settings.user("boss"), rights=RIGHTS - {"records.see_all"} | {seeing, *more}))


COMMANDS = {
    "move": ("deal", lambda work, ids, by: move_deals(work, [Move(one, "talks") for one in ids], by=by)),
    "give": ("deal", lambda work, ids, by: assign_owners(work, [NewOwner("deal", one, "bob") for one in ids], by=by)),
    "give leads": ("lead", lambda work, ids, by: assign_owners(work, [NewOwner("lead", i, "bob") for i in ids], by=by)),
    "sell": ("deal", lambda work, ids, by: set_products(work, [(one, [Line("Oven")]) for one in ids], by=by)),
    "change": ("deal", lambda work, ids, by: set_fields(work, [FieldChange("deal", i, {"title": "X"}) for i in ids], by=by)),
    "change leads": (
        "lead", lambda work, ids, by: set_fields(work, [FieldChange("lead", one, {"title": "X"}) for one in ids], by=by)
    ),
    "tag": (
        "deal", lambda work, ids, by: change_tags(work, [TagChange("deal", i, i, frozenset({"x"})) for i in ids], by=by)
    ),
    "tag leads": (
        "lead", lambda work, ids, by: change_tags(work, [TagChange("lead", i, i, frozenset({"x"})) for i in ids], by=by)
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", COMMANDS)
@pytest.mark.parametrize(("more", "changed"), REACHES)
def test_commands_change_what_is_within_reach_and_nothing_else(database, records, what, more, changed):
    kind, act = COMMANDS[what]
    with database.work() as work:
        answers = act(work, list(records[kind].values()), boss(work, more))

    codes = dict(zip(records[kind], (one.code for one in answers), strict=True))
    assert {owner for owner, code in codes.items() if code == "done"} == set(changed)
    assert {code for owner, code in codes.items() if owner not in changed} <= {"not_yours"}


@pytest.mark.parametrize("kind", ["deal", "lead"])
@pytest.mark.parametrize(("more", "changed"), REACHES)
def test_as_a_query_it_is_the_same(database, records, kind, more, changed):
    with database.reading() as work:
        by = boss(work, more)
        foreign = out_of_reach(work, [(kind, one) for one in records[kind].values()], by)
        table = {"deal": deal, "lead": lead}[kind]
        rows = {row.id for row in work.rows(select(table.c.id).where(may_change(kind, by)))}

    wanted = {records[kind][owner] for owner in changed}
    assert rows == wanted
    assert {id_ for _, id_ in foreign} == set(records[kind].values()) - wanted


def test_who_sees_only_his_own_is_asked_nothing_more(database, records):
    with database.reading() as work:
        by = boss(work, seeing="records.see_team")
        own = replace(by, sees=replace(by.sees, owner_ids=frozenset({by.id})))

        assert out_of_reach(work, [("deal", records["deal"]["zoe"])], own) == frozenset()


def test_programs_and_the_command_line_are_not_held_to_a_reach(database):
    with database.reading() as work:
        by = boss(work)

    assert replace(by, sees=None).reach("deals.edit") is None
    assert SYSTEM.reach("leads.edit") is None
