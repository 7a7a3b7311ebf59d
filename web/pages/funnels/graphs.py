"""A drawing as the canvas takes it: JSON in the visitor's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from blocks.catalogue import block_type
from engine.text import _l, _ln
from funnels.graph import Drawing, DrawnEdge, DrawnNode
from funnels.trace import Trace
from web.pages.funnels.blueprint import block_icon, said
from web.texts import moment, number, translated

Json = dict[str, Any]


def graph(drawn: Drawing) -> Json:
    """Return nodes, edges and the words of the canvas."""
    return {
        "key": drawn.key,
        "version": drawn.version,
        "nodes": [_node(one, is_counted=drawn.version > 0) for one in drawn.nodes],
        "edges": [_edge(one) for one in drawn.edges],
        "walks": drawn.walks,
        "words": {
            "canvas": translated(_l("Graph of the funnel")),
            "minimap": translated(_l("Small map of the graph")),
            "zoomIn": translated(_l("Zoom in")),
            "zoomOut": translated(_l("Zoom out")),
            "fit": translated(_l("Show all")),
            "controls": translated(_l("View")),
            "keys": translated(_l("Enter opens the node; Escape closes it.")),
            "failed": translated(_l("The graph cannot be shown. The list below says the same.")),
            "play": translated(_l("Play the way")),
            "stop": translated(_l("Stop playing")),
            "slider": translated(_l("Moment of the way")),
            "legend": translated(_l("What the colours say")),
            "none": translated(_l("There is nothing of it.")),
            "people": translated(_l("People inside")),
            "time": translated(_l("Median time at the node")),
            "dropped": translated(_l("Share that went no further")),
            "failures": translated(_l("Stand still with an error")),
        },
    }


def run_graph(drawn: Drawing, found: Trace) -> Json:
    """Return the same with the way a run went: the steps of each node, the ports it left by, where it is."""
    walked: dict[str, list[Json]] = {}
    for place, one in enumerate(found.steps, 1):
        walked.setdefault(one.node, []).append({"step": place, "at": moment(one.at)})
    splits = {node.id for node in drawn.document.nodes if (kind := block_type(node.type)) is not None and kind.splits}
    taken = {node: [f"{edge.source}:{edge.port}" for edge in drawn.edges if edge.source == node] for node in splits}
    ports = sorted({way for one in found.steps for way in taken.get(one.node, [f"{one.node}:{one.port}"])})
    titles = {one.id: said(one.title) for one in drawn.nodes}
    steps = [
        {
            "node": one.node,
            "ports": taken.get(one.node, [f"{one.node}:{one.port}"]),
            "said": f"{titles.get(one.node, one.node)} → {said(one.port_name)}",
            "at": moment(one.at),
        }
        for one in found.steps
    ]
    now = _now(found, titles)
    here = [{"node": one.node, "until": moment(one.until) if one.until else ""} for one in found.rests]
    walk = {"nodes": walked, "ports": ports, "here": here, "failed": found.error_node, "steps": steps, "now": now}
    return {**graph(drawn), "walk": walk}


def _now(found: Trace, titles: Mapping[str, str]) -> str:
    """Return where a run is now, in words."""
    if found.error_node:
        return translated(_l("Stands still at “{node}”", node=titles.get(found.error_node, found.error_node)))
    if found.rests:
        places = ", ".join(dict.fromkeys(titles.get(one.node, one.node) for one in found.rests))
        return translated(_l("Now at “{node}”", node=places))
    return translated(_l("Ended {moment}", moment=moment(found.ended_at))) if found.ended_at else ""


def _node(one: DrawnNode, *, is_counted: bool) -> Json:
    return {
        "id": one.id,
        "number": one.number,
        "type": one.type,
        "title": said(one.title),
        "typeTitle": said(one.type_title),
        "group": one.group,
        "category": one.category,
        "icon": block_icon(one.type, one.group),
        "summary": summary(one),
        "ports": [{"key": port.key, "name": said(port.name), "wired": port.is_wired} for port in one.ports],
        "position": list(one.position) if one.position else None,
        "counts": {"entered": one.entered, "inside": one.inside, "left": one.left, "failed": one.failed},
        "parked": one.parked,
        "footer": footer(one) if is_counted else [],
        "problem": bool(one.problem),
    }


def summary(one: DrawnNode) -> str:
    """Return a node's sentence, or why it has none."""
    if one.problem == "unknown":
        return translated(_l("There is no block {type}.", type=one.type))
    if one.problem:
        return translated(_l("Its settings cannot be read."))
    if one.guard:
        return translated(_l("{summary}; only if {condition}", summary=one.summary, condition=one.guard))
    return said(one.summary)


def footer(one: DrawnNode) -> list[Json]:
    """Return the numbers of a node with their words, as few as say it all."""
    if one.category == "trigger":
        return [_count(one.left, _l("let in"))]
    parts = [_count(one.left, _l("passed"))]
    if one.inside or one.group == "wait":
        parts.append(_count(one.inside, _l("inside")))
    if one.parked:
        parts.append(_count(one.parked, _l("stuck"), is_bad=True))
    elif one.failed:
        parts.append(_count(one.failed, _ln("failed once", "failed before", one.failed)))
    return parts


def _count(count: int, words: str, *, is_bad: bool = False) -> Json:
    return {"n": number(count), "words": translated(words), "bad": is_bad}


def _edge(one: DrawnEdge) -> Json:
    share = round(one.share * 100, 1) if one.share is not None else None
    return {
        "source": one.source,
        "port": one.port,
        "name": said(one.name),
        "target": one.target,
        "taken": one.taken,
        "share": share,
        "shareWords": f"{number(round(share) if share >= 1 or share == 0 else share)} %" if share is not None else "",
    }
