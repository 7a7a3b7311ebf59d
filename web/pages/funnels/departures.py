"""When those leave who are at a node, in words: how many on which day, and when most of them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from engine.text import LazyText, _l, _ln
from engine.wall_time import to_wall
from funnels.live.leaving import Leaving, LeavingDay
from web.texts import clock, number, translated, weekday
from web.visit import visit


def departures(found: Leaving, now: datetime) -> list[str]:
    """Return what is to be said, the next first: "43 people leave tomorrow, 31 of them between 09:00 and 09:05"."""
    told: list[LazyText] = []
    if found.is_held:
        told.append(_l("The funnel is paused: nobody leaves. Otherwise:"))
    if found.now:
        told.append(_ln("{count} person is due now", "{count} people are due now", found.now))
    today = to_wall(now, ZoneInfo(visit().zone)).date()
    told += [_told(one, today) for one in found.days]
    if found.later and found.are_cut:
        told.append(
            _ln(
                "{count} person later, or when something happens",
                "{count} people later, or when something happens",
                found.later,
            )
        )
    elif found.later:
        told.append(_ln("{count} person leaves later", "{count} people leave later", found.later))
    if found.open:
        told.append(
            _ln(
                "{count} person waits for something to happen",
                "{count} people wait for something to happen",
                found.open,
            )
        )
    return [translated(one) for one in told]


def _told(one: LeavingDay, today: date) -> LazyText:
    when = _when(one.day, today)
    if one.rush is None:
        return _ln("{count} person leaves {when}", "{count} people leave {when}", one.count, when=when)
    since, until = clock(one.rush.since), clock(one.rush.until)
    if one.rush.count == one.count:
        return _ln(
            "{count} person leaves {when}, between {since} and {until}",
            "{count} people leave {when}, all between {since} and {until}",
            one.count,
            when=when,
            since=since,
            until=until,
        )
    return _ln(
        "{count} person leaves {when}, {several} of them between {since} and {until}",
        "{count} people leave {when}, {several} of them between {since} and {until}",
        one.count,
        when=when,
        several=number(one.rush.count),
        since=since,
        until=until,
    )


def _when(day: date, today: date) -> str:
    """Return a day as one says it, small: today, tomorrow, on Wed 25 Nov."""
    if day == today:
        return translated(_l("today"))
    if day == today + timedelta(days=1):
        return translated(_l("tomorrow"))
    return translated(_l("on {day}", day=weekday(day)))
