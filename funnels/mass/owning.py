"""The mass action that gives leads and deals to an owner: by name, or to whom a plan's distribution chooses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from crm.access.actor import Actor
from crm.deals.owners import NOBODY, NewOwner, assign_owners
from crm.directory import Directory, directory
from crm.errors import InvalidError
from db.work import Work
from engine.request import Result
from engine.text import LazyText, _l
from funnels.mass.action import MassAction, Rows
from funnels.starting import Kind


class GiveOwner(MassAction):
    """Give records to ``owner`` (a login); without one the distribution decides: that of ``plan``, else of the deal's own."""

    action: Literal["owner"] = "owner"
    owner: str = Field("", max_length=200)
    plan: str = Field("", max_length=200)

    title: ClassVar[LazyText] = _l("Change the owner")
    icon: ClassVar[str] = "user-check"
    kinds: ClassVar[frozenset[str]] = frozenset({"lead", "deal"})

    def rights(self, kind: Kind) -> frozenset[str]:
        """Return what giving away asks for."""
        return super().rights(kind) | {"deals.edit"}

    def check(self, work: Work, kind: Kind) -> None:
        """Refuse a person who does not work here, and leads that no plan gives out."""
        settings = directory(work)
        if self.owner:
            if not settings.user(self.owner).is_active:
                raise InvalidError(_l("there is no active user “{user}”", user=self.owner))
        elif self.plan:
            settings.plan(self.plan)
        elif kind == "lead":
            raise InvalidError(_l("Choose a person, or the plan whose distribution chooses one."))

    def told(self, settings: Directory) -> LazyText:
        """Return who gets them."""
        user = settings.logins.get(self.owner)
        if self.owner:
            return _l("to {name}", name=user.name if user is not None else self.owner)
        plan = settings.plan_keys.get(self.plan)
        if plan is not None:
            return _l("by the distribution of “{plan}”", plan=plan.name)
        return _l("by the distribution of their plans")

    def before(self, work: Work, kind: Kind, rows: Rows) -> Mapping[int, Any]:
        """Return who owns each."""
        return {row.id: row.owner_id for row in rows}

    def act(self, work: Work, kind: Kind, rows: Rows, *, by: Actor) -> list[Result]:
        """Give them away."""
        items = [NewOwner(kind, row.id, self.owner or None, self.plan or None) for row in rows]
        return assign_owners(work, items, by=by)

    def take_back(self, work: Work, kind: Kind, rows: Rows, before: Mapping[int, Any], *, by: Actor) -> list[Result]:
        """Give each back to who had it."""
        users = directory(work).users
        logins = {one: users[one].login if one in users else str(one) for one in before.values() if one is not None}
        return assign_owners(work, [NewOwner(kind, row.id, logins.get(before[row.id], NOBODY)) for row in rows], by=by)
