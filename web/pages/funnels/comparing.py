"""Two versions of a funnel laid over one another: for the canvas as JSON, and what pages need to show it as cards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import abort, jsonify, request
from flask.typing import ResponseReturnValue

from crm.directory import directory
from db.work import Work
from engine.document import FunnelDocument
from engine.text import LazyText, _l
from funnels.publication.comparison import ComparedLine, ComparedNode, Comparison, Mark, compared
from funnels.publication.plan import plan
from funnels.versions import document_of
from funnels.words.changes import Turned
from web.access import allowed
from web.pages.funnels.blueprint import SIGHT, block_icon, blueprint, said
from web.site import reading
from web.texts import number, translated
from web.visit import viewer

Json = dict[str, Any]

MARKS: Final[Mapping[Mark, tuple[str, str, LazyText]]] = {
    "added": ("plus", "ok", _l("new")),
    "changed": ("edit", "accent", _l("changed")),
    "rewired": ("arrows-exchange", "warn", _l("leads elsewhere")),
    "removed": ("x", "bad", _l("gone")),
    "moved": ("arrows-split-2", "", _l("drawn elsewhere")),
}
"""How what became of a node looks: icon, colour of the chip, word."""


def asked_version(name: str) -> int | None:
    """Return the number of a version that the address asks for, 0: the draft; ``None`` where it asks for none.

    Raises:
        NotFound: it is no number.
    """
    wanted = request.args.get(name, "")
    if not wanted:
        return None
    if not wanted.isdecimal() or len(wanted) > 8:
        abort(404)
    return int(wanted)


def documents_asked(
    work: Work, key: str, before: int | None, after: int | None
) -> tuple[FunnelDocument, FunnelDocument]:
    """Return two versions of a funnel; before none (``None``) there was nothing, and after it is the draft."""
    later = document_of(work, key, after or 0, viewer=viewer())
    if not before:
        return later.model_copy(update={"nodes": (), "edges": ()}), later
    return document_of(work, key, before, viewer=viewer()), later


@blueprint.get("/api/funnels/<key>/comparison")
@allowed(*SIGHT)
def comparison(key: str) -> ResponseReturnValue:
    """Answer what became of each node and line from the version ``from`` to the version ``to``, which is the draft without one.

    Against the draft it also says how many stand at each node now.
    """
    before, after = asked_version("from"), asked_version("to")
    with reading() as work:
        old, new = documents_asked(work, key, before, after)
        found = compared(old, new, directory(work))
        places = plan(work, new, viewer=viewer()).places if not after else ()
    return jsonify(comparison_graph(found, {one.node: one.standing for one in places}))


def comparison_graph(found: Comparison, people: Mapping[str, int]) -> Json:
    """Return it as the canvas takes it."""
    return {
        "nodes": [_node(one, people.get(one.id, 0)) for one in found.nodes],
        "edges": [_edge(one) for one in found.lines],
        "words": {
            "canvas": translated(_l("Graph of what changed")),
            "minimap": translated(_l("Small map of the graph")),
            "zoomIn": translated(_l("Zoom in")),
            "zoomOut": translated(_l("Zoom out")),
            "fit": translated(_l("Show all")),
            "controls": translated(_l("View")),
            "keys": translated(_l("Enter shows what changed.")),
            "added": translated(_l("new")),
            "removed": translated(_l("gone")),
        },
    }


def _node(one: ComparedNode, people: int) -> Json:
    icon, _, word = MARKS.get(one.mark, ("", "", ""))
    return {
        "id": one.id,
        "title": said(one.name),
        "category": one.category,
        "icon": block_icon(one.type, one.group),
        "summary": said(one.summary),
        "position": list(one.position) if one.position else None,
        "mark": one.mark,
        "sign": icon,
        "word": said(word),
        "people": translated(_l("{count} here", count=number(people))) if people else "",
    }


def _edge(one: ComparedLine) -> Json:
    return {"source": one.source, "port": one.port, "name": said(one.name), "target": one.target, "mark": one.mark}


@blueprint.app_context_processor
def _comparing() -> dict[str, object]:
    return {
        "marks": {mark: (icon, chip, translated(word)) for mark, (icon, chip, word) in MARKS.items()},
        "is_turned": lambda one: isinstance(one, Turned),
    }
