"""Figures of a funnel for those who entered in a period: as JSON for the canvas, which asks for them again and again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from babel.dates import format_timedelta
from flask import jsonify, request
from flask.typing import ResponseReturnValue

from blocks.catalogue import block_type
from engine.text import LazyText, _l, _ln
from engine.wall_time import zone_of
from funnels.live.cohort import CHOSEN, PERIODS, Period, period_of
from funnels.live.flow import Flow, NodeFlow, flow
from funnels.live.inside import inside
from web.access import allowed
from web.pages.funnels.blueprint import SIGHT, blueprint
from web.site import reading
from web.texts import clock, day, language, number, translated
from web.visit import viewer, visit

Json = dict[str, Any]
HEATS: Final[Mapping[str, LazyText]] = {
    "people": _l("People"),
    "time": _l("Time"),
    "dropped": _l("Drop-off"),
    "failures": _l("Failures"),
}
"""What nodes can be coloured by."""
LEVELS: Final = 4


def asked_version() -> int | None:
    """Return the version that the address asks for; ``None`` where it asks for none."""
    wanted = request.args.get("version", "")
    return int(wanted) if wanted.isdigit() and len(wanted) < 9 else None


def asked_period(now: datetime) -> Period:
    """Return the period that the address asks for, in days of the visitor; what is none is all time."""
    first, last = _day("since"), _day("until")
    return period_of(request.args.get("period", "all"), now, zone_of(visit().zone), first, last)


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None


def period_address(period: Period) -> dict[str, str]:
    """Return what the address holds of a period; nothing of all time."""
    if period.key == "all":
        return {}
    if period.key != CHOSEN:
        return {"period": period.key}
    days = {"since": period.first, "until": period.last}
    return {"period": CHOSEN} | {name: one.isoformat() for name, one in days.items() if one is not None}


def period_words(period: Period) -> str:
    """Return a period in words."""
    if period.key != CHOSEN:
        return translated(PERIODS[period.key])
    if period.first is not None and period.last is not None:
        return f"{day(period.first)} … {day(period.last)}"
    if period.first is not None:
        return translated(_l("since {day}", day=day(period.first)))
    return translated(_l("until {day}", day=day(period.last)))


@blueprint.get("/api/funnels/<key>/flow")
@allowed(*SIGHT)
def show_flow(key: str) -> ResponseReturnValue:
    """Answer the figures of a funnel for those who entered in a period."""
    with reading() as work:
        found = flow(work, key, viewer=viewer(), version=asked_version(), period=asked_period(work.now))
        now = work.now
    return jsonify(figures(found, now))


def figures(found: Flow, now: datetime) -> Json:
    """Return the sum, the numbers of nodes and lines, and how warm each node is by each measure."""
    most = {name: max((_value(name, one) for one in found.nodes.values()), default=0) for name in HEATS}
    return {
        "sum": {"entered": number(found.entered), "inside": number(found.inside), "left": number(found.left)},
        "notes": notes(found),
        "counted": translated(_l("Counted at {time}.", time=clock(now))),
        "nodes": {
            one.id: {
                "footer": counts(one.type, found.nodes[one.id], found.refused[one.id]) if found.version else [],
                "inside": found.nodes[one.id].inside,
                "heat": {name: _heat(name, found.nodes[one.id], most[name]) for name in HEATS},
            }
            for one in found.document.nodes
        },
        "edges": {
            f"{source}:{port}": {
                "taken": edge.taken,
                "n": number(edge.taken),
                "share": round(edge.share * 100, 1) if edge.share is not None else None,
                "shareWords": percent(edge.share),
            }
            for (source, port), edge in found.edges.items()
        },
        "most": {name: _said(name, value) for name, value in most.items()},
    }


def notes(found: Flow) -> list[str]:
    """Return what has to be known about the figures: of whom they are, and who is missing."""
    if not found.everybody and not found.looked_at:
        return [translated(_l("Nobody entered in this period."))] if not found.period.is_all else []
    told: list[str] = []
    read = number(found.looked_at)
    if found.period.is_all:
        told.append(_l("Numbers on nodes are of all time and all versions."))
        if found.is_cut:
            told.append(_l("Lines, drop-off and times are of the newest {count} runs.", count=read))
    elif found.is_cut:
        words = _l(
            "{everybody} entered in this period; all numbers here are of the newest {count} of them.",
            everybody=number(found.everybody),
            count=read,
        )
        told.append(words)
    else:
        told.append(_l("All numbers are of those who entered in this period, wherever they are now."))
    if found.timed < found.looked_at:
        told.append(_l("Times are of {count} of them, evenly chosen.", count=number(found.timed)))
    if found.forgotten:
        told.append(
            _ln(
                "The steps of {count} who ended long ago are cleared: lines do not count this one.",
                "The steps of {count} who ended long ago are cleared: lines do not count these.",
                found.forgotten,
            )
        )
    return [translated(one) for one in told]


def counts(type_: str, at: NodeFlow, refused: int = 0) -> list[Json]:
    """Return the numbers of a node of a type with their words, as few as say it all."""
    kind = block_type(type_)
    group = kind.group if kind is not None else ""
    if group == "trigger":
        let_in = [_count(at.left, _l("let in"))]
        return [*let_in, _count(refused, _l("refused in 7 days"))] if refused else let_in
    parts = [_count(at.left, _l("passed"))]
    if at.inside or group == "wait":
        parts.append(_count(at.inside, _l("inside")))
    if at.parked:
        parts.append(_count(at.parked, _l("stuck"), is_bad=True))
    elif at.failed:
        parts.append(_count(at.failed, _ln("failed once", "failed before", at.failed)))
    return parts


def _count(count: int, words: str, *, is_bad: bool = False) -> Json:
    return {"n": number(count), "words": translated(words), "bad": is_bad}


def _value(name: str, at: NodeFlow) -> float:
    """Return how much there is of a measure at a node: people, seconds, a share, failures."""
    match name:
        case "people":
            return at.inside
        case "time":
            return at.time.total_seconds() if at.time is not None else 0
        case "dropped":
            return at.share_dropped if at.share_dropped is not None and not at.is_end else 0
        case _:
            return at.parked


def level(value: float, most: float) -> int:
    """Return how warm a node is: 0 where there is nothing, else 1 to ``LEVELS`` by its part of the most."""
    return min(LEVELS, 1 + int(LEVELS * value / most)) if value > 0 and most > 0 else 0


def _heat(name: str, at: NodeFlow, most: float) -> Json:
    value = _value(name, at)
    return {"level": level(value, most), "words": _said(name, value) if value else ""}


def _said(name: str, value: float) -> str:
    match name:
        case "time":
            return length(timedelta(seconds=value)) if value else ""
        case "dropped":
            return percent(value) if value else ""
        case _:
            return number(int(value)) if value else ""


def length(time: timedelta) -> str:
    """Return a length of time in its largest unit, short; seconds too."""
    return format_timedelta(time, granularity="second", threshold=1, format="short", locale=language())


def percent(share: float | None) -> str:
    """Return a share in hundredths: whole ones from 1 % on."""
    if share is None:
        return ""
    part = round(share * 100, 1)
    return f"{number(round(part) if part >= 1 or part == 0 else part)} %"


@blueprint.get("/api/funnels/<key>/inside")
@allowed(*SIGHT)
def show_inside(key: str) -> ResponseReturnValue:
    """Answer how many are at each node of a funnel now, for the nodes of the editor."""
    with reading() as work:
        found = inside(work, key, viewer=viewer())
    words = {
        node: translated(_ln("{count} person is here now", "{count} people are here now", count))
        for node, count in found.items()
    }
    return jsonify({node: {"n": number(count), "words": words[node]} for node, count in found.items()})
