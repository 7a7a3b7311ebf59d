"""The form about an absence, which stands on the page of a person and on one's own."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from crm.directory import Absence, directory
from crm.settings.absences import LONGEST_NOTE
from db.work import Work
from web.forms import FormModel


class AbsenceForm(FormModel):
    """When somebody is away; without a last day until somebody says otherwise."""

    first_day: date
    last_day: date | None = None
    note: str = Field("", max_length=LONGEST_NOTE)


def coming(work: Work, user_id: int) -> list[Absence]:
    """Return the absences of somebody that are not over."""
    found = directory(work).absences.get(user_id, ())
    return [one for one in found if one.ends_at is None or one.ends_at > work.now]
