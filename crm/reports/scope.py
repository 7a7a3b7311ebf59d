"""Which deals a report is about: as SQL, and as the filter that its figures lead to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement

from crm.access.actor import Viewer
from crm.deals.visible import may_see
from crm.directory import directory
from crm.errors import NotAllowedError
from crm.reports.asked import Asked
from crm.reports.narrowing import Narrowing
from crm.reports.periods import Days, days_of
from crm.tables.records import deal
from db.work import Work
from engine.condition_moments import Bounds, between
from engine.wall_time import to_wall, zone_of

RIGHT = "reports.see"


@dataclass(frozen=True, slots=True)
class Scope:
    """What a report is about, worked out: plans and people by id (``None``: all), days and the moments that bound them."""

    asked: Asked
    viewer: Viewer
    days: Days
    bounds: Bounds
    plan_ids: tuple[int, ...] | None
    owner_ids: tuple[int, ...] | None
    narrowing: Narrowing

    def where(self, *, timed: bool = True) -> list[ColumnElement[bool]]:
        """Return the conditions on ``deal``; not ``timed``, also of deals outside of the period.  The archive does not count."""
        found = [may_see(self.viewer)]
        if "archived_at" in deal.c:
            found.append(deal.c["archived_at"].is_(None))
        if self.plan_ids is not None:
            found.append(deal.c.plan_id.in_(self.plan_ids))
        if self.owner_ids is not None:
            found.append(deal.c.owner_id.in_(self.owner_ids))
        return found + (self.timed() if timed else [])

    def timed(self) -> list[ColumnElement[bool]]:
        """Return the conditions of the period."""
        found = []
        if self.bounds.since is not None:
            found.append(self.column >= self.bounds.since)
        if self.bounds.until is not None:
            found.append(self.column < self.bounds.until)
        return found

    @property
    def field(self) -> str:
        """The field of the moment that the period is about."""
        return "closed_at" if self.asked.basis == "closed" else "created_at"

    @property
    def column(self) -> ColumnElement[Any]:
        """The column of that field."""
        return deal.c[self.field]

    def within_period(self) -> Narrowing:
        """Return the filter of all these deals, the period with them."""
        return self.narrowing if self.days.is_all else self.narrowing.to(self.field, (str(self.days),))


_EARLIEST, _LATEST = date(1900, 1, 1), date(2200, 1, 1)


def scope_of(work: Work, asked: Asked, viewer: Viewer) -> Scope:
    """Work out what a report is about.

    Raises:
        NotAllowedError: the viewer may not see reports.
    """
    if RIGHT not in viewer.rights:
        raise NotAllowedError(RIGHT)
    settings = directory(work)
    zone = zone_of(str(settings.organization["zone"]))
    days = days_of(asked.period, to_wall(work.now, zone).date(), asked.since, asked.until)
    whole = between(days.first or _EARLIEST, days.last or _LATEST, zone)
    bounds = Bounds(whole.since if days.first else None, whole.until if days.last else None)
    narrowing = Narrowing()
    plan_ids = owner_ids = None
    if asked.plans:
        narrowing = narrowing.to("plan", asked.plans)
        plan_ids = tuple(settings.plan_keys[key].id for key in asked.plans if key in settings.plan_keys)
    if asked.people:
        narrowing = narrowing.to("owner", asked.people)
        owner_ids = tuple(settings.logins[login].id for login in asked.people if login in settings.logins)
    return Scope(asked, viewer, days, bounds, plan_ids, owner_ids, narrowing)
