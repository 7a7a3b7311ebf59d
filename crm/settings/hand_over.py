"""Hand over what is open of people: deals, leads, tasks, to somebody or by the plans' distribution."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from sqlalchemy import func, select

from crm.access.actor import Actor, Viewer
from crm.deals.owners import NewOwner, assign_owners
from crm.directory import Plan, User, directory
from crm.errors import InvalidError, NotAllowedError
from crm.journal import cause_of, journal
from crm.settings.change import note
from crm.settings.logins import folded_login
from crm.settings.people import OPEN_LEADS
from crm.tables.records import deal, lead, task
from db.sets import in_set
from db.work import Work
from engine.request import DONE
from engine.text import _l

Kind = Literal["deal", "lead", "task"]
KINDS: Final[tuple[Kind, ...]] = ("deal", "lead", "task")


@dataclass(frozen=True, slots=True)
class HandOver:
    """Whose records go to whom: logins.  Without ``to`` the distribution of each deal's plan decides, and of ``plan`` for leads.

    Without both, leads stay.  Tasks follow their deal or lead then, and stay where they have none.
    """

    login: str
    to: str | None = None
    plan: str | None = None
    what: frozenset[Kind] = frozenset(KINDS)


@dataclass(frozen=True, slots=True)
class HandedOver:
    """How many records changed hands, and how many deals and leads stayed."""

    deals: int
    leads: int
    tasks: int
    left: int = 0


@dataclass(frozen=True, slots=True)
class Open:
    """What is open of somebody, to be looked at before: deals by plan, leads, tasks, and tasks that hang on no deal or lead."""

    deals: tuple[tuple[Plan, int], ...]
    leads: int
    tasks: int
    loose_tasks: int


def open_of(work: Work, user_id: int, *, viewer: Viewer) -> Open:
    """Return what a handover would move.  Three queries.

    Raises:
        NotAllowedError: the viewer may not manage people.
    """
    require_viewer(viewer)
    settings = directory(work)
    by_plan = (
        select(deal.c.plan_id, func.count().label("deals"))
        .where(deal.c.owner_id == user_id, deal.c.state == 0)
        .group_by(deal.c.plan_id)
    )
    deals = [(settings.plans[row.plan_id], int(row.deals)) for row in work.rows(by_plan)]
    leads = work.scalar(select(func.count()).select_from(lead).where(lead.c.owner_id == user_id, OPEN_LEADS))
    loose = task.c.deal_id.is_(None) & task.c.lead_id.is_(None)
    counts = select(func.count(), func.count().filter(loose))
    [(tasks, loose_tasks)] = work.rows(counts.where(task.c.responsible_id == user_id, task.c.status == 0))
    deals.sort(key=lambda one: one[0].name.casefold())
    return Open(tuple(deals), int(leads or 0), int(tasks), int(loose_tasks))


def hand_over(work: Work, items: Sequence[HandOver], *, by: Actor) -> list[HandedOver]:
    """Give all open deals, leads and tasks of people to others; one answer per item, and each record in the journal.

    A fixed number of statements per item, whatever there is; by distribution it grows with the plans.  Closed deals and finished
    tasks stay whose they were.  Who manages people needs no right to deals for it, nor must he see them.

    Raises:
        NotFoundError: one of the people, or the plan, does not exist.
        InvalidError: both are the same, the other one was deactivated, or the distribution would give him a part of it back.
    """
    by.require("users.edit")
    return [_hand_over(work, item, by) for item in items]


def _hand_over(work: Work, item: HandOver, by: Actor) -> HandedOver:
    settings = directory(work)
    giver = settings.user(folded_login(item.login))
    taker = settings.user(folded_login(item.to)) if item.to is not None else None
    if item.plan is not None:
        settings.plan(item.plan)
    if taker is not None and giver.id == taker.id:
        raise InvalidError(_l("choose somebody else: {name} has it already", name=giver.name))
    if taker is not None and not taker.is_active:
        raise InvalidError(_l("{name} was deactivated: choose somebody who works here", name=taker.name))
    his = select(deal.c.id, deal.c.plan_id).where(
        deal.c.owner_id == giver.id, deal.c.state == 0, deal.c.archived_at.is_(None)
    )
    rows = work.rows(his) if "deal" in item.what else ()
    deals = [row.id for row in rows]
    if taker is None:
        _refuse_circle(work, giver, {row.plan_id for row in rows}, item.plan)
    his_leads = select(lead.c.id).where(lead.c.owner_id == giver.id, OPEN_LEADS, lead.c.archived_at.is_(None))
    leads = [row.id for row in work.rows(his_leads)] if "lead" in item.what else []
    login = taker.login if taker is not None else None
    given = [NewOwner("deal", one, login) for one in deals]
    if taker is not None or item.plan is not None:
        given += [NewOwner("lead", one, login, item.plan) for one in leads]
    answers = assign_owners(work, given, by=anybodys(by)) if given else []
    moved = {(one.kind, one.record_id) for one, answer in zip(given, answers, strict=True) if answer.code == DONE}
    tasks = 0
    if "task" in item.what:
        tasks = _tasks_to(work, giver, taker, by) if taker is not None else _tasks_after(work, giver, moved, by)
    done = HandedOver(
        sum(kind == "deal" for kind, _ in moved),
        sum(kind == "lead" for kind, _ in moved),
        tasks,
        len(deals) + len(leads) - len(moved),
    )
    counts = {"deals": done.deals, "leads": done.leads, "tasks": done.tasks}
    note(work, "user", giver.login, "handed_over", giver.id, by, {"to": taker.id if taker else 0, **counts})
    return done


def anybodys(by: Actor) -> Actor:
    """Return the actor with the rights to give what is anybody's."""
    return replace(by, rights=by.rights | {"deals.edit", "deals.edit_all", "leads.edit_all"}, sees=None)


def require_viewer(viewer: Viewer) -> None:
    """Refuse who may not manage people."""
    if "users.edit" not in viewer.rights:
        raise NotAllowedError("users.edit")


def _refuse_circle(work: Work, giver: User, plan_ids: set[int], lead_plan: str | None) -> None:
    """Refuse a distribution that would give him a part of it back."""
    settings = directory(work)
    plans = [settings.plans[one] for one in sorted(plan_ids)] + ([settings.plan(lead_plan)] if lead_plan else [])
    for plan in plans:
        if any(one.user_id == giver.id for one in settings.takers(plan, work.now)):
            raise InvalidError(
                _l(
                    "{name} takes new deals of “{plan}” himself: say first that he is away, or takes none",
                    name=giver.name,
                    plan=plan.name,
                )
            )


def _tasks_to(work: Work, giver: User, taker: User, by: Actor) -> int:
    rows = _open_tasks(work, giver)
    assign_tasks(work, rows, {row.id: taker for row in rows}, by)
    return len(rows)


def _tasks_after(work: Work, giver: User, moved: set[tuple[Literal["deal", "lead"], int]], by: Actor) -> int:
    """Give tasks to whom their deal, or else their lead, went."""
    users = directory(work).users
    owners: dict[tuple[str, int], int] = {}
    ids: dict[str, list[int]] = defaultdict(list)
    for kind, id_ in moved:
        ids[kind].append(id_)
    for kind, table in (("deal", deal), ("lead", lead)):
        if ids[kind]:
            query = select(table.c.id, table.c.owner_id).where(in_set(table.c.id, "ids"))
            owners |= {(kind, row.id): row.owner_id for row in work.rows(query, {"ids": ids[kind]})}
    takers: dict[int, User] = {}
    rows = _open_tasks(work, giver)
    for row in rows:
        record = ("deal", row.deal_id) if row.deal_id is not None else ("lead", row.lead_id or 0)
        user = users.get(owners.get(record, 0))
        if user is not None:
            takers[row.id] = user
    assign_tasks(work, [row for row in rows if row.id in takers], takers, by)
    return len(takers)


def _open_tasks(work: Work, giver: User) -> Sequence[Any]:
    columns = (task.c.id, task.c.person_id, task.c.responsible_id, task.c.version, task.c.deal_id, task.c.lead_id)
    which = (task.c.responsible_id == giver.id, task.c.status == 0)
    return work.rows(select(*columns).where(*which).order_by(task.c.id).with_for_update())


def assign_tasks(work: Work, rows: Sequence[Any], takers: Mapping[int, User], by: Actor) -> None:
    """Give tasks, which the caller has locked, to people by their ids."""
    columns = ("responsible_id", "supervisor_id", "version")
    work.update(
        task,
        ("id",),
        columns,
        [(row.id, takers[row.id].id, takers[row.id].supervisor_id, row.version + 1) for row in rows],
    )
    notes, cause = journal(work), cause_of(by)
    for row in rows:
        data = {"responsible": takers[row.id].id, "from": row.responsible_id}
        notes.add("task.assigned", row.person_id, row.id, data, cause)
