"""The calendar of bookings: what is booked in a week, resource by resource."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from crm.fields.booking_week import DAYS, week_of
from web.access import SIGNED_IN, allowed
from web.site import reading
from web.visit import viewer, visit

blueprint = Blueprint("bookings", __name__)
_ROOMS: Final = {"deal": "deals", "lead": "leads", "contact": "contacts", "company": "companies"}


@blueprint.get("/bookings")
@allowed(SIGNED_IN)
def week() -> ResponseReturnValue:
    """Show a week; without one in the address the present."""
    zone = visit().zone
    with reading() as work:
        today = work.now.astimezone(ZoneInfo(zone)).date()
        day = _day(request.args.get("week", ""), today)
        monday = day - timedelta(days=day.weekday())
        rows = week_of(work, monday, zone, viewer=viewer())
    return render_template(
        "bookings.html",
        rows=rows,
        days=[monday + timedelta(days=number) for number in range(DAYS)],
        today=today,
        before=monday - timedelta(days=DAYS),
        after=monday + timedelta(days=DAYS),
        zone=ZoneInfo(zone),
        rooms=_ROOMS,
    )


def _day(text: str, today: date) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return today
    return found if 1900 < found.year < 2200 else today
