"""Which funnels and robots refer to a setting, so that nothing they need goes unseen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import select

from blocks.catalogue import block_type
from db.work import Work
from engine.condition import Visited, leaves
from engine.document import FunnelDocument
from engine.program import read_block
from engine.setting import ReferenceKind, paths, references
from engine.text import LazyText, _l
from funnels.stage_conditions import stages_named
from funnels.tables import funnel, funnel_version
from voronka_error import VoronkaError

_OVER = ("stopped", "archived")


class _Place(NamedTuple):
    funnel: str
    node: str
    kind: ReferenceKind
    key: str
    within: str | None = None


class FunnelReferences:
    """Knows the settings that drafts and published versions name; one query when it is first asked."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def __call__(self, kind: ReferenceKind, key: str, *, plan: str | None = None) -> Sequence[LazyText]:
        """Return the places in words, each once; ``plan`` is the key of a stage's plan."""
        places = dict.fromkeys(
            (place.funnel, place.node)
            for place in self._places
            if (place.kind, place.key) == (kind, key) and (plan is None or place.within in (plan, None))
        )
        return [_l("funnel “{funnel}”, block “{node}”", funnel=name, node=node) for name, node in places]

    @cached_property
    def _places(self) -> tuple[_Place, ...]:
        query = (
            select(funnel.c.name, funnel.c.draft, funnel_version.c.document)
            .outerjoin(funnel_version, funnel_version.c.id == funnel.c.version_id)
            .where(funnel.c.state.not_in(_OVER))
            .order_by(funnel.c.key)
        )
        return tuple(
            place
            for row in self._work.rows(query)
            for document in (row.document, row.draft)
            if document is not None
            for place in _places_of(row.name, document)
        )


def _places_of(name: str, plain: Any) -> Iterator[_Place]:
    document = FunnelDocument.model_validate(plain)
    for node, own in zip(document.nodes, plain.get("nodes", ()), strict=True):
        for stage in stages_named([own.get("config"), own.get("condition")]):
            yield _Place(name, node.id, "stage", stage)
        try:
            block = read_block(node, block_type)
        except VoronkaError:
            continue  # an unfinished block of a draft: what it will name is not known yet
        for found in references(block):
            yield _Place(name, node.id, found.kind, found.key, found.within)
        guard = [leaf for _, leaf in leaves(node.condition)] if node.condition is not None else []
        for path in sorted(
            block.paths() | paths(block) | {leaf.field for leaf in guard if not isinstance(leaf, Visited)}
        ):
            yield _Place(name, node.id, "field", path)
