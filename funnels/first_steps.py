"""The first steps of a company: what it still lacks before leads walk through funnels to boards."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import exists, literal, select, union_all

from crm.directory import directory
from crm.settings.mail_server import known_mail_server
from crm.tables.records import lead
from crm.tables.ways import form
from db.work import Work
from funnels.tables import funnel


@dataclass(frozen=True, slots=True)
class FirstSteps:
    """What is there already."""

    people: bool
    plan: bool
    funnel: bool
    form: bool
    leads: bool
    mail: bool

    @property
    def done(self) -> int:
        """How many of the five steps are done; mail is no step, for all works without it."""
        return sum((self.people, self.plan, self.funnel, self.form, self.leads))


def first_steps(work: Work) -> FirstSteps:
    """Return which first steps are done.  Two queries."""
    settings = directory(work)
    tables = (funnel, form, lead)
    query = union_all(*(select(literal(table.name)).where(exists(select(table.c.id))) for table in tables))
    there = {row[0] for row in work.rows(query)}
    return FirstSteps(
        len(settings.users) > 1,
        any(not plan.is_archived for plan in settings.plans.values()),
        "funnel" in there,
        "form" in there,
        "lead" in there,
        known_mail_server(work) is not None,
    )
