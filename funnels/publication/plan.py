"""The plan before a version is published: what it changes, and who stands where that matters, with what may become of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import bindparam, func, literal_column, select

from blocks.catalogue import block_type
from crm.access.actor import Viewer
from db.sets import in_set
from db.work import Work
from engine.block import Trigger
from engine.diff import Difference, difference
from engine.document import FunnelDocument, Node
from funnels.publication.choices_for_people import STAY, Choice, ChoiceKind
from funnels.seeing import require_sight
from funnels.tables import funnel, funnel_version, run, token
from funnels.words.reading import name_of

Change = Literal["same", "changed", "rewired", "removed"]
_ORDER: Final[Mapping[Change, int]] = {"same": 0, "rewired": 1, "changed": 2, "removed": 3}
_ENDED, _PARKED, _HELD = 10, 2, 3


@dataclass(frozen=True, slots=True)
class Place:
    """A node where people stand, on whatever versions.

    ``change`` is what becomes of it: nothing; its settings; where it leads; it is gone.  Of the ``people`` whose only place it
    is, ``parked`` stand still with an error.  ``elsewhere_too`` stand in other branches as well: they are carried only where the
    same is chosen for all their places.  ``archived`` stay in any case.  ``may`` is what can be chosen.
    """

    node: str
    name: str
    change: Change
    people: int
    parked: int
    elsewhere_too: int
    archived: int
    versions: tuple[int, ...]
    may: tuple[ChoiceKind, ...]
    default: Choice = STAY

    @property
    def standing(self) -> int:
        """How many stand there in all."""
        return self.people + self.elsewhere_too + self.archived

    @property
    def matters(self) -> bool:
        """True where the new version does something else there."""
        return self.change != "same"


@dataclass(frozen=True, slots=True)
class Plan:
    """What publishing a document would do.  ``version`` is what is published now, 0: nothing; ``document`` what would be.

    ``places`` are in the order of the document, those that are gone last; ``targets`` the nodes to which people can be moved.
    """

    key: str
    state: str
    version: int
    document: FunnelDocument
    before: FunnelDocument
    difference: Difference
    places: tuple[Place, ...]
    targets: tuple[str, ...]

    @property
    def inside(self) -> int:
        """How many stand at one place or another; who stands in several branches counts at each."""
        return sum(one.standing for one in self.places)


def plan(work: Work, document: FunnelDocument, *, viewer: Viewer) -> Plan:
    """Return the plan of publishing a document as the next version of its funnel, which may be a new one.  Three queries.

    Raises:
        NotAllowedError: the viewer has nothing to do with funnels.
    """
    require_sight(viewer)
    rows = work.rows(select(funnel).where(funnel.c.key == document.key))
    targets = tuple(node.id for node in document.nodes if not _starts(node))
    if not rows:
        before = document.model_copy(update={"nodes": (), "edges": ()})
        return Plan(document.key, "draft", 0, document, before, _differ(before, document), (), targets)
    row = rows[0]
    standing = work.rows(_STANDING, {"funnel": row.id})
    wanted = sorted({*(one.version_id for one in standing), *([row.version_id] if row.version_id else [])})
    columns = (funnel_version.c.id, funnel_version.c.number, funnel_version.c.document)
    known = {
        one.id: one for one in work.rows(select(*columns).where(in_set(funnel_version.c.id, "ids")), {"ids": wanted})
    }
    documents = {id_: FunnelDocument.model_validate(one.document) for id_, one in known.items()}
    before = documents.get(row.version_id, document.model_copy(update={"nodes": (), "edges": ()}))
    number = known[row.version_id].number if row.version_id in known else 0
    numbers = {id_: one.number for id_, one in known.items()}
    places = _places(document, row.numbers, standing, documents, numbers, targets)
    return Plan(document.key, row.state, number, document, before, _differ(before, document), places, targets)


def _differ(before: FunnelDocument, after: FunnelDocument) -> Difference:
    return difference(before, after, block_type)


def _starts(node: Node) -> bool:
    kind = block_type(node.type)
    return kind is not None and issubclass(kind, Trigger)


_SEVERAL = (
    select(token.c.run_id, (func.count() > literal_column("1")).label("is_elsewhere"))
    .join(run, run.c.id == token.c.run_id)
    .where(run.c.funnel_id == bindparam("funnel"), run.c.status < _ENDED)
    .group_by(token.c.run_id)
    .subquery()
)
_STANDING = (
    select(
        run.c.version_id,
        token.c.node,
        run.c.status,
        _SEVERAL.c.is_elsewhere,
        func.count(run.c.id.distinct()).label("runs"),
    )
    .join(run, run.c.id == token.c.run_id)
    .join(_SEVERAL, _SEVERAL.c.run_id == run.c.id)
    .where(run.c.funnel_id == bindparam("funnel"), run.c.status < _ENDED)
    .group_by(run.c.version_id, token.c.node, run.c.status, _SEVERAL.c.is_elsewhere)
)


def _places(
    document: FunnelDocument,
    numbers: Mapping[str, int],
    standing: Sequence[Any],
    documents: Mapping[int, FunnelDocument],
    version_numbers: Mapping[int, int],
    targets: Sequence[str],
) -> tuple[Place, ...]:
    names = {number: name for name, number in numbers.items()}
    changes = {id_: _changes(one, document) for id_, one in documents.items()}
    called: dict[str, str] = {}
    for one in (*documents.values(), document):
        called.update({node.id: name_of(node) for node in one.nodes})
    by_node: dict[str, list[Any]] = defaultdict(list)
    for one in standing:
        by_node[names[one.node]].append(one)
    found = []
    for node, rows in by_node.items():
        counts: Counter[str] = Counter()
        for one in rows:
            where = "archived" if one.status == _HELD else "elsewhere" if one.is_elsewhere else "people"
            counts[where] += one.runs
            counts["parked"] += one.runs if where == "people" and one.status == _PARKED else 0
        change = max((changes[one.version_id].get(node, "same") for one in rows), key=_ORDER.__getitem__)
        may: tuple[ChoiceKind, ...] = ("stay", "follow", "release", "move", "exit")
        found.append(
            Place(
                node,
                called.get(node, node),
                change,
                counts["people"],
                counts["parked"],
                counts["elsewhere"],
                counts["archived"],
                tuple(sorted({version_numbers[one.version_id] for one in rows})),
                may if node in targets else ("stay", "move", "exit"),
            )
        )
    order = {node.id: place for place, node in enumerate(document.nodes)}
    return tuple(sorted(found, key=lambda one: (order.get(one.node, len(order)), numbers[one.node])))


def _changes(before: FunnelDocument, after: FunnelDocument) -> Mapping[str, Change]:
    """Return what becomes of the nodes of a version; of those that stay as they are, nothing."""
    found = _differ(before, after)
    changed: dict[str, Change] = dict.fromkeys(found.reworked, "rewired")
    changed.update({one.id: "changed" for one in found.changed if one.is_logic})
    changed.update(dict.fromkeys(found.removed, "removed"))
    return changed
