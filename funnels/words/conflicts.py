"""What two edits of a funnel do not agree on, in plain language."""

from __future__ import annotations

from engine.document import FunnelDocument
from engine.merging import Conflict, Merged
from engine.text import LazyText, _l
from funnels.words.changes import OWN_SETTINGS, Names
from funnels.words.names import port_name
from funnels.words.reading import Line


def conflicts(found: Merged, *others: FunnelDocument) -> tuple[Line, ...]:
    """Return each conflict in words, without values; ``others`` know the names of nodes that are gone."""
    nodes = {node.id: node for document in (*others, found.document) for node in document.nodes}
    names = Names(nodes)
    return tuple(Line(_words(one, names), node=one.node or "") for one in found.conflicts)


def _words(one: Conflict, names: Names) -> LazyText:
    if one.field.startswith("drawing."):
        return _l("Both changed the same note or group on the canvas")
    if one.node is None:
        return _l("Both changed the {what} of the funnel", what=OWN_SETTINGS.get(one.field, one.field))
    node = names.of(one.node)
    if not one.field:
        return _l("{node}: one removed it, and the other worked on it; it stays", node=node)
    if one.field == "block":
        return _l("{node}: one put another block there, and the other changed it too", node=node)
    if one.field.startswith("port."):
        port = port_name(one.field.removeprefix("port."))
        return _l("{node}, {port}: both let it lead elsewhere", node=node, port=port)
    what = OWN_SETTINGS.get(one.field) or one.field.removeprefix("config.")
    return _l("{node}: both changed {what}", node=node, what=what)
