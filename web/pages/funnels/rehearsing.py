"""Rehearsals of a draft: a period is chosen, workers run the draft on it, and what came of it is shown beside what was."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final, Literal

from flask import abort, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from crm.directory import directory
from crm.errors import InvalidError
from db.work import Work
from engine.document import FunnelDocument
from engine.text import LazyText, _l
from engine.wall_time import zone_of
from funnels.graph import drawing_of
from funnels.listing import robots_name
from funnels.rehearsals.asking import RIGHT, NewRehearsal, abort_rehearsals, ask_for_rehearsals
from funnels.rehearsals.figures import Figures, NodeFigures
from funnels.rehearsals.in_words import deed, tables, titles_of
from funnels.rehearsals.looking import MOST_COUNTED, Rehearsal, matching, one_rehearsal, rehearsals, walk, walks
from funnels.seeing import find_funnel
from funnels.words.names import event_name, port_name
from web.access import allowed
from web.forms import Form, FormModel, sent
from web.pages.funnels.blueprint import SIGHT, blueprint, said
from web.pages.funnels.figures import level, percent
from web.pages.funnels.graphs import graph
from web.site import reading, writing
from web.texts import number, translated
from web.visit import actor, viewer, visit

USUAL: Final = timedelta(days=30)
CHIPS: Final[Mapping[str, tuple[LazyText, str, str]]] = {
    "asked": (_l("about to begin"), "accent", "hourglass"),
    "running": (_l("under way"), "accent", "player-play"),
    "finished": (_l("finished"), "ok", "circle-check"),
    "failed": (_l("failed"), "bad", "alert-triangle"),
    "aborted": (_l("aborted"), "warn", "hand-stop"),
}
ENDS: Final[Mapping[str, tuple[LazyText, str, str]]] = {
    "waiting": (_l("still inside"), "accent", "hourglass"),
    "parked": (_l("failed"), "bad", "alert-triangle"),
    "ended": (_l("ended"), "ok", "circle-check"),
}


class Period(FormModel):
    """What is sent: the first and the last day, and how the outside world behaves."""

    since: date
    until: date
    outside: Literal["kind", "unkind"] = "kind"
    person: int | None = Field(None, ge=1)


@blueprint.get("/funnels/<key>/rehearsals")
@allowed(*SIGHT)
def rehearse(key: str) -> ResponseReturnValue:
    """Show the form of a rehearsal, and those there were."""
    return _asking(key, Form())


@blueprint.post("/funnels/<key>/rehearsals")
@allowed(RIGHT)
def begin_rehearsal(key: str) -> ResponseReturnValue:
    """Ask for a rehearsal; a worker carries it out."""
    form = sent(Period)
    if form.value is None:
        return _asking(key, form), 422
    try:
        with writing() as work:
            start, end = _moments(form.value.since, form.value.until, work.now)
            new = NewRehearsal(key, start, end, form.value.outside == "unkind", form.value.person)
            [id_] = ask_for_rehearsals(work, [new], by=actor())
    except InvalidError as error:
        form.refuse(error)
        return _asking(key, form), 422
    return redirect(url_for("funnels.show_rehearsal", key=key, rehearsal_id=id_), code=303)


@blueprint.get("/funnels/<key>/rehearsals/matching")
@allowed(*SIGHT)
def count_matching(key: str) -> ResponseReturnValue:
    """Answer how many events of a period the draft's triggers look at."""
    with reading() as work:
        found = _matching(work, key, _day("since"), _day("until"))
    return render_template("funnels/rehearsal_matching.html", matching=found, most=MOST_COUNTED)


@blueprint.get("/funnels/<key>/rehearsals/<int:rehearsal_id>")
@allowed(*SIGHT)
def show_rehearsal(key: str, rehearsal_id: int) -> ResponseReturnValue:
    """Show how far a rehearsal is, or what came of it."""
    node, state = request.args.get("node", ""), request.args.get("state", "")
    after = request.args.get("after", "")
    with reading() as work:
        one = one_rehearsal(work, key, rehearsal_id, viewer=viewer())
        settings = directory(work)
        found = tables(one.document, settings, one.figures, one.really) if one.figures is not None else ()
        people: tuple[Any, int] = ((), 0)
        if one.figures is not None:
            from_here = int(after) if after.isdigit() and len(after) < 9 else 0
            people = walks(work, one, viewer=viewer(), node=node, state=state if state in ENDS else "", after=from_here)
        name = _name(work, key)
    is_part = "HX-Request" in request.headers
    if is_part and not one.is_busy:  # the page has more to show now than the part that was watched
        return "", 200, {"HX-Refresh": "true"}
    return render_template(
        "funnels/rehearsal_state.html" if is_part else "funnels/rehearsal.html",
        key=key,
        name=name,
        one=one,
        tables=found,
        walks=people[0],
        following=people[1],
        node=node,
        state=state,
        titles=titles_of(one.document),
        chips=CHIPS,
        ends=ENDS,
        last_day=_last_day(one),
    )


@blueprint.get("/api/funnels/<key>/rehearsals/<int:rehearsal_id>/graph")
@allowed(*SIGHT)
def rehearsal_graph(key: str, rehearsal_id: int) -> ResponseReturnValue:
    """Answer the draft that was rehearsed for the canvas."""
    with reading() as work:
        one = one_rehearsal(work, key, rehearsal_id, viewer=viewer())
        drawn = drawing_of(work, key, one.document, viewer=viewer())
    return jsonify(graph(drawn))


@blueprint.get("/api/funnels/<key>/rehearsals/<int:rehearsal_id>/figures")
@allowed(*SIGHT)
def rehearsal_figures(key: str, rehearsal_id: int) -> ResponseReturnValue:
    """Answer the figures of a rehearsal for the canvas, as those of a funnel that is seen live."""
    with reading() as work:
        one = one_rehearsal(work, key, rehearsal_id, viewer=viewer())
    if one.figures is None:
        abort(404)
    return jsonify(_on_canvas(one, one.figures))


@blueprint.post("/funnels/<key>/rehearsals/<int:rehearsal_id>/abort")
@allowed(RIGHT)
def abort_rehearsal(key: str, rehearsal_id: int) -> ResponseReturnValue:
    """End a rehearsal that is under way."""
    with writing() as work:
        one = one_rehearsal(work, key, rehearsal_id, viewer=viewer())
        abort_rehearsals(work, [one.id], by=actor())
    return redirect(url_for("funnels.show_rehearsal", key=key, rehearsal_id=rehearsal_id), code=303)


@blueprint.get("/funnels/<key>/rehearsals/<int:rehearsal_id>/walks/<int:number>")
@allowed(*SIGHT)
def show_walk(key: str, rehearsal_id: int, number: int) -> ResponseReturnValue:
    """Show where one person went, moment by moment, up to the one that is looked at."""
    wanted = request.args.get("moment", "")
    with reading() as work:
        one = one_rehearsal(work, key, rehearsal_id, viewer=viewer())
        walked, moments = walk(work, one, number, viewer=viewer())
        settings = directory(work)
        name = _name(work, key)
    last = len(moments)
    here = min(max(int(wanted), 1), last) if wanted.isdigit() and len(wanted) < 9 else 1
    return render_template(
        "funnels/rehearsal_walk.html",
        key=key,
        name=name,
        one=one,
        walked=walked,
        moments=moments,
        here=here,
        titles=titles_of(one.document),
        ends=ENDS,
        deed=lambda kind, told: deed(kind, told, settings),
        event_name=event_name,
        port_name=port_name,
    )


def _on_canvas(one: Rehearsal, found: Figures) -> dict[str, Any]:
    """Return a rehearsal's figures as the canvas takes them: numbers of nodes and lines, and how warm the nodes are."""
    nodes = {node.id: found.nodes.get(node.id, NodeFigures()) for node in one.document.nodes}
    most = {"people": max((at.inside for at in nodes.values()), default=0)}
    most["failures"] = max((at.failed for at in nodes.values()), default=0)
    inside = found.outcomes.get("waiting", 0) + found.outcomes.get("parked", 0)
    edges = {}
    for edge in one.document.edges:
        at = nodes[edge.source]
        taken = at.passed if len(at.ports) == 1 and _is_parallel(edge.port) else at.ports.get(edge.port, 0)
        share = taken / at.passed if at.passed else None
        edges[f"{edge.source}:{edge.port}"] = {
            "taken": taken,
            "n": number(taken),
            "share": round(share * 100, 1) if share is not None else None,
            "shareWords": percent(share),
        }
    return {
        "sum": {"entered": number(found.entered), "inside": number(inside), "left": number(found.entered - inside)},
        "notes": [],
        "counted": "",
        "nodes": {
            name: {
                "footer": _footer(at),
                "inside": at.inside,
                "heat": {"people": _warm(at.inside, most["people"]), "failures": _warm(at.failed, most["failures"])}
                | {name: _warm(0, 0) for name in ("time", "dropped")},
            }
            for name, at in nodes.items()
        },
        "edges": edges,
        "most": {"people": number(most["people"]), "failures": number(most["failures"]), "time": "", "dropped": ""},
    }


def _is_parallel(port: str) -> bool:
    return port.startswith("branch_")


def _footer(at: NodeFigures) -> list[dict[str, Any]]:
    parts = [(at.passed, _l("passed"), False)]
    parts += [(at.inside, _l("inside"), False)] if at.inside else []
    parts += [(at.failed, _l("stuck"), True)] if at.failed else []
    return [{"n": number(count), "words": translated(words), "bad": is_bad} for count, words, is_bad in parts]


def _warm(value: int, most: int) -> dict[str, Any]:
    return {"level": level(value, most), "words": number(value) if value else ""}


def _asking(key: str, form: Form[Period]) -> str:
    with reading() as work:
        earlier = rehearsals(work, key, viewer=viewer())
        zone = zone_of(visit().zone)
        today = work.now.astimezone(zone).date()
        since, until = form.get("since") or (today - USUAL).isoformat(), form.get("until") or today.isoformat()
        found = _matching(work, key, _read(since), _read(until))
        name = _name(work, key)
    return render_template(
        "funnels/rehearsals.html",
        key=key,
        name=name,
        form=form,
        since=since,
        until=until,
        today=today,
        matching=found,
        most=MOST_COUNTED,
        earlier=earlier,
        chips=CHIPS,
        last_day=_last_day,
        titles={},
    )


def _name(work: Work, key: str) -> str:
    return said(robots_name(key, find_funnel(work, key, viewer()).name))


def _matching(work: Work, key: str, since: date | None, until: date | None) -> int | None:
    """Return how many events match; ``None`` where the days are none, or the last is before the first."""
    if since is None or until is None or until < since:
        return None
    row = find_funnel(work, key, viewer())
    start, end = _moments(since, until, work.now)
    return matching(work, FunnelDocument.model_validate(row.draft), start, end)


def _moments(since: date, until: date, now: datetime) -> tuple[datetime, datetime]:
    """Return when a period of days of the visitor begins and ends; it does not reach beyond now."""
    zone = zone_of(visit().zone)
    end = datetime.combine(until + timedelta(days=1), time(), zone)
    return datetime.combine(since, time(), zone), min(end, now)


def _day(name: str) -> date | None:
    return _read(request.args.get(name, ""))


def _read(words: str) -> date | None:
    try:
        found = date.fromisoformat(words)
    except ValueError:
        return None
    return found if 1970 < found.year < 9000 else None


def _last_day(one: Rehearsal) -> date:
    return (one.end - timedelta(microseconds=1)).astimezone(zone_of(visit().zone)).date()
