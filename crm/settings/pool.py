"""Who works on a plan: its managers in order, and who of them takes new deals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, select

from crm.access.actor import Actor
from crm.deals.distribution import join_pool
from crm.directory import Manager, directory
from crm.errors import InvalidError, NotFoundError
from crm.settings.change import note, row_by_key
from crm.settings.logins import folded_login
from crm.tables.distribution import plan_manager
from crm.tables.settings import sales_plan
from db.work import Work
from engine.text import _l


def set_managers(work: Work, plan_key: str, logins: Sequence[str], *, by: Actor) -> None:
    """Let exactly these people work on a plan, in this order.  Who joins starts at the lowest counter.

    Deals of those who leave stay theirs.

    Raises:
        NotFoundError: the plan or a user does not exist.
        InvalidError: somebody who joins was deactivated.
    """
    by.require("plans.edit")
    row_by_key(work, sales_plan, "sales plan", plan_key)  # locks the plan: two changes of a pool follow each other
    settings = directory(work)
    plan = settings.plan(plan_key)
    users = [settings.user(login) for login in dict.fromkeys(folded_login(login) for login in logins)]
    old = {manager.user_id: manager for manager in plan.managers}
    gone_taking = [user.login for user in users if user.id not in old and not user.is_active]
    if gone_taking:
        raise InvalidError(_l("{login} was deactivated and cannot join", login=gone_taking[0]))
    if [user.id for user in users] == list(old):
        return
    taking = {row.user_id: row.is_taking for row in work.rows(_TAKING, {"plan": plan.id})}
    work.execute(plan_manager.delete().where(plan_manager.c.plan_id == plan.id))
    rows = []
    for position, user in enumerate(users):
        was = old.get(user.id, Manager(user.id, True))
        begins = was.back_at if user.id in old else work.now
        back_at = work.stored(begins) if begins is not None else None
        rows.append((plan.id, user.id, position, taking.get(user.id, True), was.weight, was.capacity, back_at))
    work.insert(plan_manager, _COLUMNS, rows)
    note(work, "plan", plan_key, "managers_changed", plan.id, by)
    joining = [user.id for user in users if user.id not in old]
    if joining:
        join_pool(work, plan.id, joining)


@dataclass(frozen=True, slots=True)
class Share:
    """How much of the deals a manager of a plan gets: ``weight`` where others get one, until he has ``capacity`` open ones."""

    login: str
    weight: int = 1
    capacity: int | None = None


def set_shares(work: Work, plan_key: str, shares: Sequence[Share], *, by: Actor) -> None:
    """Give managers of a plan their weight and capacity; others keep theirs.  Where a weight changes, all begin level.

    Raises:
        NotFoundError: the plan does not exist, or somebody is not its manager.
        InvalidError: a weight is not 1 to ``HEAVIEST``, or a capacity not 1 to ``LARGEST``.
    """
    by.require("plans.edit")
    row_by_key(work, sales_plan, "sales plan", plan_key)
    settings = directory(work)
    plan = settings.plan(plan_key)
    old = {manager.user_id: manager for manager in plan.managers}
    changed: list[tuple[int, int, int, int | None]] = []
    reweighed = False
    for share in shares:
        user = settings.user(folded_login(share.login))
        if user.id not in old:
            raise NotFoundError("manager", user.login)
        if not 1 <= share.weight <= HEAVIEST:
            raise InvalidError(_l("{name}: a weight is 1 to {most}", name=user.name, most=HEAVIEST))
        if share.capacity is not None and not 1 <= share.capacity <= LARGEST:
            raise InvalidError(_l("{name}: a limit is 1 to {most} open deals, or none", name=user.name, most=LARGEST))
        if (share.weight, share.capacity) != (old[user.id].weight, old[user.id].capacity):
            changed.append((plan.id, user.id, share.weight, share.capacity))
            reweighed |= share.weight != old[user.id].weight
    if not changed:
        return
    work.update(plan_manager, ("plan_id", "user_id"), ("weight", "capacity"), changed)
    note(work, "plan", plan_key, "managers_changed", plan.id, by)
    if reweighed:
        join_pool(work, plan.id, list(old))


HEAVIEST: Final = 100
LARGEST: Final = 1_000_000
_COLUMNS: Final = ("plan_id", "user_id", "position", "is_taking", "weight", "capacity", "back_at")
_TAKING: Final = select(plan_manager.c.user_id, plan_manager.c.is_taking).where(
    plan_manager.c.plan_id == bindparam("plan")
)


def set_taking(work: Work, plan_key: str, logins: Sequence[str], *, is_taking: bool, by: Actor) -> None:
    """Let managers be absent, or return: who returns starts at the lowest counter of those who take.

    Raises:
        NotFoundError: the plan does not exist, or somebody is not its manager.
    """
    by.require("plans.edit")
    row_by_key(work, sales_plan, "sales plan", plan_key)
    settings = directory(work)
    plan = settings.plan(plan_key)
    old = {manager.user_id: manager.is_taking for manager in plan.managers}
    users = [settings.user(folded_login(login)) for login in logins]
    for user in users:
        if user.id not in old:
            raise NotFoundError("manager", user.login)
    changing = list(dict.fromkeys(user.id for user in users if old[user.id] != is_taking))
    if not changing:
        return
    work.execute(
        plan_manager.update()
        .where(plan_manager.c.plan_id == plan.id, plan_manager.c.user_id.in_(changing))
        .values(is_taking=is_taking)
    )
    note(work, "plan", plan_key, "managers_changed", plan.id, by)
    if is_taking:
        join_pool(work, plan.id, changing)
