"""One funnel: its graph, its nodes, its versions."""

from __future__ import annotations

from typing import Final

from flask import abort, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from crm.directory import directory
from engine.wall_time import zone_of
from funnels.graph import Drawing, drawing, read_settings
from funnels.insiders import at_node, parked
from funnels.life import life_of
from funnels.listing import ROBOTS
from funnels.live.cohort import PERIODS
from funnels.live.flow import flow
from funnels.live.leaving import leaving
from funnels.refusals import refusals
from funnels.versions import versions
from funnels.words.details import details
from web.access import allowed
from web.pages.funnels.blueprint import SIGHT, blueprint
from web.pages.funnels.departures import departures
from web.pages.funnels.figures import (
    HEATS,
    asked_period,
    asked_version,
    counts,
    length,
    notes,
    percent,
    period_address,
    period_words,
)
from web.pages.funnels.graphs import graph, summary
from web.pages.funnels.life import acts_of
from web.pages.funnels.listing import is_partial
from web.site import reading
from web.visit import viewer, visit

SHOWN: Final = 10
"""So many of those who stand still are shown beside the graph."""


@blueprint.get("/funnels/<key>")
@allowed(*SIGHT)
def show(key: str) -> ResponseReturnValue:
    """Show a version of a funnel as a graph, with the same as a list, and its versions."""
    with reading() as work:
        drawn = drawing(work, key, viewer=viewer(), version=asked_version())
        known = versions(work, key, viewer=viewer())
        found = flow(work, key, viewer=viewer(), version=asked_version(), period=asked_period(work.now))
        now = work.now
        life = life_of(work, key, viewer=viewer())
    return render_template(
        "funnels/show.html",
        life=life,
        acts=acts_of(life),
        drawn=drawn,
        versions=known,
        lines=_lines(drawn),
        found=found,
        counts=counts,
        summary=summary,
        is_drawn=not key.startswith(ROBOTS),
        notes=notes(found),
        periods=PERIODS,
        period_words=period_words(found.period),
        address=period_address(found.period),
        heats=HEATS,
        heat=request.args.get("heat", ""),
        now=now,
    )


def _lines(drawn: Drawing) -> dict[str, list[tuple[str, str]]]:
    """Return where each node leads to, for the graph as a list: the way out, and the title of the next node."""
    titles = {one.id: one.title for one in drawn.nodes}
    lines: dict[str, list[tuple[str, str]]] = {}
    for edge in drawn.edges:
        lines.setdefault(edge.source, []).append((edge.name, titles.get(edge.target, edge.target)))
    return lines


@blueprint.get("/api/funnels/<key>/graph")
@allowed(*SIGHT)
def show_graph(key: str) -> ResponseReturnValue:
    """Answer a version of a funnel for the canvas."""
    with reading() as work:
        drawn = drawing(work, key, viewer=viewer(), version=asked_version())
    return jsonify(graph(drawn))


@blueprint.get("/funnels/<key>/nodes/<node>")
@allowed(*SIGHT)
def node(key: str, node: str) -> ResponseReturnValue:
    """Show a node: its settings in words, who is there now, and whose run failed there."""
    after = request.args.get("after", "")
    with reading() as work:
        drawn = drawing(work, key, viewer=viewer(), version=asked_version())
        one = next((one for one in drawn.nodes if one.id == node), None)
        if one is None:
            abort(404)
        settings = directory(work)
        kind, block, _ = read_settings(next(found for found in drawn.document.nodes if found.id == node))
        insiders, more = at_node(work, key, node, viewer=viewer(), after=int(after) if after.isdigit() else 0)
        stuck, stuck_count = parked(work, key, viewer=viewer(), node=node) if one.parked else ((), 0)
        kept_out = refusals(work, key, viewer=viewer(), node=node) if one.category == "trigger" else None
        going = leaving(work, key, node, viewer=viewer(), zone=zone_of(visit().zone)) if one.inside else None
        found = flow(work, key, viewer=viewer(), version=asked_version(), period=asked_period(work.now))
        now = work.now
    return render_template(
        "funnels/node_panel.html" if is_partial() else "funnels/node.html",
        drawn=drawn,
        node=one,
        about=kind.about if kind is not None else "",
        settings=details(block, settings) if block is not None else [],
        insiders=insiders,
        more=more,
        stuck=stuck[:SHOWN],
        going=going,
        departures=departures(going, now) if going is not None else [],
        titles={other.id: other.title for other in drawn.nodes},
        at=found.nodes[node],
        period_words=period_words(found.period),
        is_all=found.period.is_all,
        address=period_address(found.period),
        percent=percent,
        length=length,
        stuck_count=stuck_count,
        kept_out=kept_out,
        summary=summary,
        now=now,
    )
