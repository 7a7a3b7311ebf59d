"""Hand over what is open of one person to another: deals, leads, tasks."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import select

from crm.access.actor import Actor
from crm.deals.owners import NewOwner, assign_owners
from crm.directory import directory
from crm.errors import InvalidError
from crm.journal import cause_of, journal
from crm.settings.change import note
from crm.settings.logins import folded_login
from crm.settings.people import OPEN_LEADS
from crm.tables.records import deal, lead, task
from db.work import Work
from engine.text import _l


@dataclass(frozen=True, slots=True)
class HandedOver:
    """How many records changed hands."""

    deals: int
    leads: int
    tasks: int


def hand_over(work: Work, login: str, to: str, *, by: Actor) -> HandedOver:
    """Give all open deals, leads and tasks of one person to another; each is in the journal.

    A fixed number of statements, whatever there is.  Closed deals and finished tasks stay whose they were.  Who manages people
    needs no right to deals for it, nor must he see them.

    Raises:
        NotFoundError: one of the two does not exist.
        InvalidError: both are the same, or the other one was deactivated.
    """
    by.require("users.edit")
    settings = directory(work)
    giver, taker = settings.user(folded_login(login)), settings.user(folded_login(to))
    if giver.id == taker.id:
        raise InvalidError(_l("choose somebody else: {name} has it already", name=taker.name))
    if not taker.is_active:
        raise InvalidError(_l("{name} was deactivated: choose somebody who works here", name=taker.name))
    deals = work.rows(select(deal.c.id).where(deal.c.owner_id == giver.id, deal.c.state == 0))
    leads = work.rows(select(lead.c.id).where(lead.c.owner_id == giver.id, OPEN_LEADS))
    items = [
        *(NewOwner("deal", row.id, taker.login) for row in deals),
        *(NewOwner("lead", row.id, taker.login) for row in leads),
    ]
    if items:
        assign_owners(work, items, by=replace(by, rights=by.rights | {"deals.edit", "deals.edit_all"}, sees=None))
    tasks = _tasks(work, giver.id, taker.id, taker.supervisor_id, by)
    note(work, "user", giver.login, "handed_over", giver.id, by)
    return HandedOver(len(deals), len(leads), tasks)


def _tasks(work: Work, giver_id: int, taker_id: int, supervisor_id: int | None, by: Actor) -> int:
    which = (task.c.responsible_id == giver_id, task.c.status == 0)
    rows = work.rows(select(task.c.id, task.c.person_id).where(*which).order_by(task.c.id).with_for_update())
    if not rows:
        return 0
    values = {"responsible_id": taker_id, "supervisor_id": supervisor_id, "version": task.c.version + 1}
    work.execute(task.update().where(*which).values(**values))
    notes, cause = journal(work), cause_of(by)
    for row in rows:
        notes.add("task.assigned", row.person_id, row.id, {"responsible": taker_id, "from": giver_id}, cause)
    return len(rows)
