"""Commands by roles: who lacks the right is refused, and for who does not see a record there is nothing there."""

import importlib
import inspect
import pkgutil
import re
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest

import crm
import funnels
from crm.access.actor import RIGHTS, SYSTEM, Actor, ActorKind, oneself
from crm.access.viewers import actor_of
from crm.deals import moving
from crm.directory import directory
from crm.errors import NotAllowedError, NotFoundError
from crm.fields.held import refusals
from crm.finding.stages import ask_for_another_stage
from crm.importing import changed_deals, deals, leads, parts, people, setting_up, staff
from crm.importing.errors import ImportFileError
from crm.importing.intake import receive
from crm.importing.job import begin_job
from crm.importing.run import Import, run_import
from crm.journal import cause_of
from crm.people import parting
from crm.people.merging import merge_persons, merge_rows
from crm.records import visible
from crm.records.archiving import changes
from crm.settings import change
from crm.settings.hand_over import anybodys, assign_tasks
from crm.settings.passwords import WrongPasswordError
from crm.ways import ways
from crm.ways.api_keys import GRANTABLE, actor_of_key, all_api_keys
from db.database import Database
from funnels import jobs, repair
from funnels.draft_versions import draft_changed
from funnels.gallery import making
from funnels.mass import action, asking, doing, locking
from funnels.publication import carrying, history, retroactive
from tests.funnels.commands import COMMANDS, GONE, NOT_YOURS, build

GUARANTEES = Path(__file__).resolve().parents[2] / "docs/guarantees.md"
INSIDE = {
    "helpers of commands": (
        cause_of, oneself, moving.checked, moving.closing_slips, moving.would_answer, visible.only_seen, visible.unseen,
        visible.out_of_reach, visible.may_change, change.note, change.note_many,
        change.note_only, anybodys, assign_tasks, repair.end, ways.change_way,
        ways.switch_way, ways.remove_way, action.not_his, asking.require_may, doing.next_batch,
        doing.next_batch_back, doing.try_out, locking.lock_records, jobs.lock_job, jobs.lock_to_go_on,
        merge_persons, merge_rows, refusals, changes, carrying.carry, history.note_publication,
        history.put_back, repair.note_repair, parting.refusals, parting.note_parted,
        ask_for_another_stage,
        draft_changed, retroactive.matching, retroactive.start_matching,
        making.may, making.make_plan, making.need_fields, making.need_forms, making.need_reasons,
    ),
    "steps of an import, which asked before it began": (
        begin_job, changed_deals.update_deals, deals.write_deals, leads.write_leads, parts.companies_of, parts.attach,
        parts.start_by_hand, parts.update_known, people.people_of, setting_up.make_fields, staff.staff_for, staff.hire,
    ),
}  # fmt: skip
USERS = ("root", "boss", "ann", "mark")
SINGLE = ("plans.edit", "audit.see", "deals.recall", "records.export", "reports.see")
OWN = RIGHTS - {"leads.edit_all", "leads.edit_team", "deals.edit_all", "deals.edit_team"}
HELD = {"sees all, changes his own": OWN, "sees all, changes his team's": OWN | {"leads.edit_team", "deals.edit_team"}}
"""Who sees Zoe's records and may not change them: the rights of each."""
ROLES = (*USERS, "nobody", "key", "seeing key", *SINGLE, *HELD)
SEEING = frozenset({"root", "mark", "seeing key", *HELD})


def found_commands():
    """Every public function that is told who acts."""
    for package in (crm, funnels):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            for name, one in vars(importlib.import_module(module.name)).items():
                own = inspect.isfunction(one) and one.__module__ == module.name and not name.startswith("_")
                if own and "by" in inspect.signature(one).parameters:
                    yield one


def test_every_command_stands_in_the_table():
    inside = {one for several in INSIDE.values() for one in several}
    names = {f"{one.__module__}.{one.__name__}" for one in found_commands() if one not in inside}

    assert names == {f"{one.__module__}.{one.__name__}" for one in COMMANDS}


class GivenUpError(Exception):
    """A transaction that shall not be."""


@pytest.fixture(scope="module")
def house(databases, tmp_path_factory):
    with databases.migrated("sqlite") as url:
        database = Database(url)
        with database.work() as work:
            world = build(work, tmp_path_factory.mktemp("world"))
        receive(database, "leads", "leads.csv", BytesIO((world.folder / "leads.csv").read_bytes()), by=SYSTEM)
        run_import(database, Import("leads", world.folder / "leads.csv"), by=SYSTEM)
        yield database, world
        database.close()


def actor(work, role):
    if role in USERS:
        settings = directory(work)
        return actor_of(settings, settings.user(role))
    if role in HELD or role in SINGLE:
        rights = HELD.get(role, frozenset({role}))
        return actor_of(settings := directory(work), replace(settings.user("boss"), rights=rights))
    if role == "nobody":
        return Actor(ActorKind.USER, directory(work).user("ann").id, sees=actor(work, "ann").sees)
    [key] = all_api_keys(work)
    rights = frozenset(GRANTABLE) - ({"records.see_all"} if role == "key" else frozenset())
    return actor_of_key(type(key)(**{**{name: getattr(key, name) for name in key.__slots__}, "rights": rights}))


def outcome(database, world, act, role):
    """Call a command as somebody, and say how it went; nothing of it stays."""
    row = COMMANDS[act]
    try:
        with database.work() as work:
            world.work = work
            by = actor(work, role)
            values, named = row.given(world) if callable(row.given) else row.given
            if row.has_database:
                raise GivenUpError
            answer = act(work, *values, **named, by=by)
            work.finish()
            raise GivenUpError
    except NotAllowedError:
        return "not allowed"
    except NotFoundError:
        return "gone"
    except WrongPasswordError:
        return "done"
    except GivenUpError:
        if not row.has_database:
            if isinstance(answer, list) and any(getattr(one, "code", "") == "not_yours" for one in answer):
                return NOT_YOURS
            return "gone" if answer_is_gone(answer) else "done"
    try:
        act(database, *values, **named, by=by)
    except NotAllowedError:
        return "not allowed"
    except ImportFileError:
        return "done"
    return "done"


def answer_is_gone(answer):
    return (
        isinstance(answer, list)
        and [getattr(one, "code", "") for one in answer if getattr(one, "code", "") in GONE] != []
    )


def expected(row, role, by):
    if row.is_own:
        return "done" if by.kind is ActorKind.USER else "not allowed"
    if not by.rights.issuperset(row.rights):
        return "not allowed"
    if row.foreign and role in HELD:
        return row.foreign
    return "gone" if row.is_about and role not in SEEING else "done"


@pytest.mark.parametrize("role", ROLES)
def test_every_command_does_what_the_role_may(house, role):
    database, world = house
    with database.reading() as work:
        by = actor(work, role)
    found = {act: outcome(database, world, act, role) for act in COMMANDS}

    assert {act.__qualname__: how for act, how in found.items()} == {
        act.__qualname__: expected(row, role, by) for act, row in COMMANDS.items()
    }
    assert len(found) == len(COMMANDS)


def test_so_many_cells_are_tried():
    """As ``docs/guarantees.md`` says it; it says less than there are, so that a new command changes nothing there."""
    [said] = re.findall(r"every command with every role, more than ([\d,]+) cells", GUARANTEES.read_text())

    assert int(said.replace(",", "")) < len(COMMANDS) * len(ROLES)
