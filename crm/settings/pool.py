"""Who works on a plan: its managers in order, and who of them takes new deals."""

from __future__ import annotations

from collections.abc import Sequence

from crm.access.actor import Actor
from crm.deals.distribution import join_pool
from crm.directory import directory
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
    old = {manager.user_id: manager.is_taking for manager in plan.managers}
    gone_taking = [user.login for user in users if user.id not in old and not user.is_active]
    if gone_taking:
        raise InvalidError(_l("{login} was deactivated and cannot join", login=gone_taking[0]))
    if [user.id for user in users] == list(old):
        return
    work.execute(plan_manager.delete().where(plan_manager.c.plan_id == plan.id))
    work.insert(
        plan_manager,
        ("plan_id", "user_id", "position", "is_taking"),
        [(plan.id, user.id, position, old.get(user.id, True)) for position, user in enumerate(users)],
    )
    note(work, "plan", plan_key, "managers_changed", plan.id, by)
    joining = [user.id for user in users if user.id not in old]
    if joining:
        join_pool(work, plan.id, joining)


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
