"""Two who edit one draft: what the second has is brought together with what the first has kept meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from blocks.catalogue import block_type
from crm.access.actor import Viewer
from crm.directory import directory
from db.work import Work
from engine.diff import difference
from engine.document import FunnelDocument
from engine.merging import Conflict, merge, taking, worked_on_by_both
from funnels.drafts import Draft, draft_of
from funnels.words.changes import changes
from funnels.words.reading import Line

_PLACES: Final = frozenset({"x", "y", "folded", "colour"})
MOST_LINES: Final = 40
"""What the other did is told in so many lines at most."""


@dataclass(frozen=True, slots=True)
class Question:
    """A node that both worked on (``None``: the funnel as a whole), and whether what both did can stand together."""

    node: str | None
    fits: bool


@dataclass(frozen=True, slots=True)
class MergedDraft:
    """A draft that somebody else has kept meanwhile, and one document of both.

    Where both changed the same, ``merged`` has what the asking one wants.  ``mine`` and ``theirs`` are that document with every
    node in question as one of them has it.  ``changed`` are the nodes that the other changed, ``told`` says how.
    """

    present: Draft
    merged: FunnelDocument
    mine: FunnelDocument
    theirs: FunnelDocument
    questions: tuple[Question, ...]
    changed: tuple[str, ...]
    told: tuple[Line, ...]


def merged_draft(work: Work, base: FunnelDocument, mine: FunnelDocument, *, viewer: Viewer) -> MergedDraft:
    """Bring a document that was made of ``base`` together with the draft as it is kept now.  Places are never asked about.

    Raises:
        NotAllowedError: the viewer may not look at funnels.
        NotFoundError: there is no such funnel, or robots of a stage were compiled into it.
        DocumentError: one of them has two nodes of one id.
    """
    present = draft_of(work, mine.key, viewer=viewer)
    found = merge(base, mine, present.document)
    clashes = [one for one in found.conflicts if not _is_place(one)]
    against = {one.node for one in clashes}
    both = worked_on_by_both(base, mine, present.document)
    asked = tuple(dict.fromkeys((*(one.node for one in clashes), *both)))
    nodes = [node for node in asked if node is not None]
    whole = taking(found.document, present.document, nodes)
    if None in against:
        of_funnel = FunnelDocument.model_fields.keys() - {"key", "nodes", "edges"}
        whole = whole.model_copy(update={name: getattr(present.document, name) for name in of_funnel})
    change = difference(base, present.document, block_type)
    lines = changes(base, present.document, directory(work))
    touched = (*change.added, *(one.id for one in change.changed), *(one.source for one in change.lines), *change.moved)
    return MergedDraft(
        present,
        found.document,
        taking(found.document, mine, nodes),
        whole,
        tuple(Question(node, node not in against) for node in asked),
        tuple(dict.fromkeys(touched)),
        lines[:MOST_LINES],
    )


def _is_place(one: Conflict) -> bool:
    return one.field == "layout" or (one.field.startswith("drawing.") and one.field.rpartition(".")[2] in _PLACES)
