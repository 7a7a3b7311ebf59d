"""A version of a funnel as a drawing: nodes in words, their ways out, and how many came by."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from pydantic import ValidationError
from sqlalchemy import func, select

from blocks.catalogue import block_type
from crm.access.actor import Viewer
from crm.directory import Directory, directory
from crm.errors import NotFoundError
from db.sets import in_set
from db.work import Work
from engine.block import Block
from engine.document import Edge, FunnelDocument, Node
from funnels.seeing import find_funnel
from funnels.standing_still import stands_still
from funnels.tables import funnel_version, node_total, run, step
from funnels.words import values
from funnels.words.names import port_name
from funnels.words.sentences import sentence

Category = Literal["trigger", "action", "logic", "out"]
RECENT_RUNS: Final = 5_000
_REACH: Final = 200_000
_LOGIC = frozenset({"logic", "wait"})
_OUT = frozenset({"message", "survey"})


@dataclass(frozen=True, slots=True)
class Port:
    """A way out of a node: its name in the document, its name for people, and whether an edge leaves by it."""

    key: str
    name: str
    is_wired: bool


@dataclass(frozen=True, slots=True)
class DrawnNode:
    """A node.  ``number`` is 0 before it was ever published; ``problem`` says why its settings cannot be read.

    ``entered`` is ``left`` plus ``inside``; ``parked`` of those inside stand still with an error; ``failed`` is how often that
    ever happened.  ``guard`` is the condition under which it is done at all.
    """

    id: str
    number: int
    type: str
    title: str
    type_title: str
    group: str
    category: Category
    summary: str
    guard: str
    note: str
    problem: str
    ports: tuple[Port, ...]
    position: tuple[float, float] | None
    entered: int
    left: int
    inside: int
    failed: int
    parked: int


@dataclass(frozen=True, slots=True)
class DrawnEdge:
    """A line.  ``taken`` is how many of the walks that were looked at left by the port, ``share`` of all that left the node."""

    source: str
    port: str
    name: str
    target: str
    taken: int
    share: float | None


@dataclass(frozen=True, slots=True)
class Drawing:
    """A funnel as it is drawn.  ``version`` 0 is the draft.

    The counts of nodes are of all time and all versions.  ``walks`` is how many runs the shares of edges were counted from: the
    newest ones, at most ``RECENT_RUNS``.
    """

    document: FunnelDocument

    key: str
    name: str
    note: str
    state: str
    version: int
    published: int
    nodes: tuple[DrawnNode, ...]
    edges: tuple[DrawnEdge, ...]
    entered: int
    left: int
    inside: int
    parked: int
    walks: int


def drawing(work: Work, key: str, *, viewer: Viewer, version: int | None = None) -> Drawing:
    """Return a version of a funnel; ``None`` is the published one, the draft where there is none, and 0 the draft.

    Seven queries at most, whatever the size.

    Raises:
        NotFoundError: there is no such funnel, or it has no such version.
        NotAllowedError: the viewer has nothing to do with funnels.
    """
    row = find_funnel(work, key, viewer)
    return _drawn(work, row, *version_of(work, row, version))


def drawing_of(work: Work, key: str, document: FunnelDocument, *, viewer: Viewer) -> Drawing:
    """Return a document that is, or was, the draft of a funnel, as ``drawing`` returns a version.

    Raises:
        NotFoundError: there is no such funnel.
        NotAllowedError: the viewer has nothing to do with funnels.
    """
    row = find_funnel(work, key, viewer)
    return _drawn(work, row, 0, document.plain(), row.numbers, 0)


def version_of(work: Work, row: Any, version: int | None) -> tuple[int, Mapping[str, Any], Mapping[str, int], int]:
    """Return the number of the version of a funnel that is asked for, its document, its node numbers, and the published number.

    ``None`` is the published one, the draft where there is none, and 0 the draft.  One query.

    Raises:
        NotFoundError: it has no such version.
    """
    columns = (funnel_version.c.id, funnel_version.c.number, funnel_version.c.document, funnel_version.c.numbers)
    query = select(*columns).where(funnel_version.c.funnel_id == row.id)
    wanted = funnel_version.c.id == row.version_id
    if version:
        wanted = wanted | (funnel_version.c.number == version)
    found = {one.id: one for one in work.rows(query.where(wanted))}
    published = found.get(row.version_id)
    shown = next((one for one in found.values() if one.number == version), None) if version else published
    if version and shown is None:
        raise NotFoundError("version", version)
    if version == 0 or shown is None:
        return 0, row.draft, row.numbers, published.number if published else 0
    return shown.number, shown.document, shown.numbers, published.number if published else 0


def _drawn(
    work: Work, row: Any, version: int, document: Mapping[str, Any], numbers: Mapping[str, int], published: int
) -> Drawing:
    read = FunnelDocument.model_validate(document)
    settings = directory(work)
    totals = node_counts(work, row.id)
    parked = parked_by_node(work, row.id)
    ports, walks = ways_taken(work, row.id)
    wired = {(edge.source, edge.port) for edge in read.edges}
    entered, left, _ = totals.get(0, _NOBODY)
    nodes = tuple(_node(node, numbers, settings, wired, totals, parked) for node in read.nodes)
    edges = tuple(_edge(edge, nodes, ports) for edge in read.edges)
    return Drawing(
        read,
        row.key,
        read.name,
        read.note or "",
        row.state,
        version,
        published,
        nodes,
        edges,
        entered,
        left,
        entered - left,
        sum(parked.values()),
        walks,
    )


def ways_taken(work: Work, funnel_id: int) -> tuple[Mapping[int, Counter[str]], int]:
    """Return how often each port of each node was taken by the newest runs, and how many runs these are.  Two queries.

    Looked at are the newest ``RECENT_RUNS`` runs, as far as they are among the last 200,000 of the installation.
    """
    newest = work.scalar(select(func.max(run.c.id))) or 0
    recent = (
        select(run.c.id)
        .where(run.c.id > newest - _REACH, run.c.funnel_id == funnel_id)
        .order_by(run.c.id.desc())
        .limit(RECENT_RUNS)
        .subquery()
    )
    query = select(step.c.path, func.count().label("times")).join(recent, recent.c.id == step.c.run_id)
    rows = work.rows(query.group_by(step.c.path))
    ports: dict[int, Counter[str]] = defaultdict(Counter)
    for row in rows:
        for one in row.path.split():
            number, _, port = one.partition(":")
            ports[int(number)][port] += row.times
    return ports, int(work.scalar(select(func.count()).select_from(recent)) or 0)


def category(block: type[Block] | None) -> Category:
    """Return which of four kinds a block is of, for its colour."""
    if block is None or block.group in _LOGIC:
        return "logic"
    if block.group == "trigger":
        return "trigger"
    return "out" if block.group in _OUT else "action"


def read_settings(node: Node) -> tuple[type[Block] | None, Block | None, str]:
    """Return the type of a node, its settings where they can be read, and else what is wrong with them."""
    kind = block_type(node.type)
    if kind is None:
        return None, None, "unknown"
    try:
        return kind, kind.model_validate(node.config), ""
    except ValidationError:
        return kind, None, "wrong"


def _node(
    node: Node,
    numbers: Mapping[str, int],
    settings: Directory,
    wired: set[tuple[str, str]],
    totals: Mapping[int, Counts],
    parked: Counter[str],
) -> DrawnNode:
    kind, block, problem = read_settings(node)
    named = list(block.ports()) if block is not None else []
    named += [port for source, port in sorted(wired) if source == node.id and port not in named]
    number = numbers.get(node.id, 0)
    entered, left, failed = totals.get(number, _NOBODY) if number else _NOBODY
    layout = node.layout
    return DrawnNode(
        node.id,
        number,
        node.type,
        node.title or (kind.title if kind is not None else node.type),
        kind.title if kind is not None else node.type,
        kind.group if kind is not None else "logic",
        category(kind),
        sentence(block, settings) if block is not None else "",
        values.condition(node.condition, settings) if node.condition is not None else "",
        node.note or "",
        problem,
        tuple(Port(port, port_name(port), (node.id, port) in wired) for port in named),
        (layout.x, layout.y) if layout is not None else None,
        entered,
        left,
        entered - left,
        failed,
        parked[node.id],
    )


def _edge(edge: Edge, nodes: Sequence[DrawnNode], ports: Mapping[int, Counter[str]]) -> DrawnEdge:
    """Return an edge with its share; all branches of a Parallel are taken together, so they have none."""
    source = next((node for node in nodes if node.id == edge.source), None)
    by_port = ports.get(source.number, Counter()) if source is not None else Counter()
    kind = block_type(source.type) if source is not None else None
    if kind is not None and kind.splits:
        return DrawnEdge(edge.source, edge.port, port_name(edge.port), edge.target, by_port[kind.main or ""], None)
    total = by_port.total() - by_port["merged"]
    taken = by_port[edge.port]
    return DrawnEdge(edge.source, edge.port, port_name(edge.port), edge.target, taken, taken / total if total else None)


Counts = tuple[int, int, int]
"""How many entered and left, and how often somebody failed."""
_NOBODY: Final[Counts] = (0, 0, 0)


def node_counts(work: Work, funnel_id: int) -> dict[int, Counts]:
    """Return the totals of all time by the numbers of nodes; 0 is the funnel as a whole.  One query."""
    sums = (func.sum(node_total.c[name]).label(f"sum_{name}") for name in ("entered", "left", "failed"))
    query = select(node_total.c.node, *sums).where(node_total.c.funnel_id == funnel_id).group_by(node_total.c.node)
    return {row.node: (int(row.sum_entered), int(row.sum_left), int(row.sum_failed)) for row in work.rows(query)}


def parked_by_node(work: Work, funnel_id: int, run_ids: Sequence[int] | None = None) -> Counter[str]:
    """Return how many runs stand still at each node, by its id; of these runs where they are given.  One query."""
    query = select(run.c.error, func.count().label("runs")).where(stands_still())
    ours = run.c.funnel_id == funnel_id if run_ids is None else in_set(run.c.id, "runs")
    found: Counter[str] = Counter()
    for row in work.rows(
        query.where(ours).group_by(run.c.error), {"runs": list(run_ids)} if run_ids is not None else {}
    ):
        found[str(json.loads(row.error or "{}").get("node") or "")] += row.runs
    return found
