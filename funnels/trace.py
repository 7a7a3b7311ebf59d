"""A run from its beginning to where it is: the answer to "where is this person, and why"."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select

from crm.access.actor import ActorKind, Viewer, unpack
from crm.directory import Directory, directory
from crm.errors import NotFoundError
from crm.tables.journal import event
from db.sets import in_set
from db.work import Work
from engine.event import KIND_BY_CODE, SUBJECT_CODES
from engine.text import _l
from funnels.seeing import require_sight
from funnels.stored_error import error_words
from funnels.subjects import Whom, whom
from funnels.tables import FORGOTTEN, funnel, funnel_version, run, step, subscription, token
from funnels.words.names import event_name, port_name

MOST_STEPS: Final = 1_000
STATUS: Final[Mapping[int, str]] = {1: "waiting", 2: "parked", 3: "held", 10: "completed", 11: "cancelled"}


@dataclass(frozen=True, slots=True)
class Step:
    """A node that answered: when, and by which port the run left (its key, and for people)."""

    at: datetime
    node: str
    port: str
    port_name: str


@dataclass(frozen=True, slots=True)
class Resting:
    """Where a run is now: at which node, since when, until when, and which events end it.

    ``is_held`` says that the funnel is paused, so that ``until`` does not count.
    """

    node: str
    since: datetime
    until: datetime | None
    events: tuple[str, ...]
    is_held: bool


@dataclass(frozen=True, slots=True)
class Trace:
    """A run.  ``status`` is ``waiting``, ``parked``, ``held`` (its record is in the archive), ``completed`` or ``cancelled``.

    ``outcome`` is how it ended.

    ``cause`` is the event that started it, for people, ``caused_by`` who or what was behind that.  ``variables`` are its own
    values.  ``steps`` are at most ``MOST_STEPS``, the newest of them, in their order;
    none where it ``is_forgotten``.  The error's parts are empty where there is
    none.
    """

    id: int
    funnel: str
    funnel_name: str
    funnel_state: str
    version: int
    status: str
    outcome: str
    about: Whom
    deal: Whom | None
    started_at: datetime
    ended_at: datetime | None
    cause: str
    caused_by: str
    variables: Mapping[str, Any]
    steps: tuple[Step, ...]
    is_forgotten: bool
    rests: tuple[Resting, ...]
    error_node: str
    error_code: str
    error_message: str
    nodes: tuple[str, ...]


def trace(work: Work, run_id: int, *, viewer: Viewer) -> Trace:
    """Return a run with the way it went.  Eight queries at most, whatever its length.

    Raises:
        NotFoundError: there is no such run.
        NotAllowedError: the viewer has nothing to do with funnels.
    """
    require_sight(viewer)
    settings = directory(work)
    query = (
        select(run, funnel.c.key, funnel.c.name, funnel.c.state.label("funnel_state"), funnel_version.c.number)
        .add_columns(funnel_version.c.numbers, funnel_version.c.document)
        .join(funnel, funnel.c.id == run.c.funnel_id)
        .join(funnel_version, funnel_version.c.id == run.c.version_id)
    )
    rows = work.rows(query.where(run.c.id == run_id))
    if not rows:
        raise NotFoundError("run", run_id)
    row = rows[0]
    names = {number: node for node, number in row.numbers.items()}
    state = json.loads(row.state or "{}")
    error = json.loads(row.error or "{}")
    place = (row.subject_kind, row.subject_id, row.person_id)
    deal = (SUBJECT_CODES["deal"], state["deal"], row.person_id) if "deal" in state else None
    about = whom(work, [place, *([deal] if deal else [])], viewer=viewer)
    cause, caused_by = _cause(work, row.event_id, settings)
    return Trace(
        row.id,
        row.key,
        row.name,
        row.funnel_state,
        row.number,
        STATUS[row.status],
        row.outcome or "",
        about[place],
        about[deal] if deal else None,
        row.started_at,
        row.ended_at,
        cause,
        caused_by,
        state.get("variables", {}),
        _steps(work, run_id, names),
        row.fence == FORGOTTEN,
        _rests(work, run_id, names),
        str(error.get("node") or ""),
        str(error.get("code") or ""),
        error_words(error),
        tuple(node["id"] for node in row.document["nodes"]),
    )


def _steps(work: Work, run_id: int, names: Mapping[int, str]) -> tuple[Step, ...]:
    query = select(step.c.at, step.c.path).where(step.c.run_id == run_id).order_by(step.c.fence.desc())
    found: list[Step] = []
    for row in work.rows(query.limit(MOST_STEPS)):
        for one in reversed(row.path.split()):
            number, _, port = one.partition(":")
            found.append(Step(row.at, names.get(int(number), number), port, port_name(port)))
    return tuple(reversed(found[:MOST_STEPS]))


def _rests(work: Work, run_id: int, names: Mapping[int, str]) -> tuple[Resting, ...]:
    tokens = work.rows(select(token).where(token.c.run_id == run_id).order_by(token.c.id))
    waits: dict[int, list[str]] = defaultdict(list)
    if tokens:
        query = select(subscription.c.token_id, subscription.c.kind).where(in_set(subscription.c.token_id, "tokens"))
        for one in work.rows(query.order_by(subscription.c.id), {"tokens": [one.id for one in tokens]}):
            waits[one.token_id].append(event_name(KIND_BY_CODE[one.kind].name))
    return tuple(
        Resting(
            names.get(one.node, str(one.node)),
            one.arrived_at,
            one.due_at or one.held_due_at,
            tuple(dict.fromkeys(waits[one.id])),
            one.held_due_at is not None,
        )
        for one in tokens
    )


def _cause(work: Work, event_id: int | None, settings: Directory) -> tuple[str, str]:
    """Return what started a run, and who was behind it, for people."""
    if event_id is None:
        return "", ""
    rows = work.rows(select(event.c.kind, event.c.subject_id, event.c.caused_by).where(event.c.id == event_id))
    if not rows:
        return "", ""
    return event_name(KIND_BY_CODE[rows[0].kind].name), who(rows[0].caused_by, settings)


def who(packed: int, settings: Directory) -> str:
    """Return who or what did something: a user's name, or the kind of program."""
    kind, id_ = unpack(packed)
    match kind:
        case ActorKind.USER:
            user = settings.users.get(id_)
            return user.name if user is not None else _l("a user")
        case ActorKind.RUN:
            return _l("run {run}", run=id_)
        case ActorKind.IMPORT:
            return _l("an import")
        case ActorKind.API:
            return _l("the API")
        case ActorKind.FORM:
            return _l("a form")
        case ActorKind.WEBHOOK:
            return _l("a webhook")
        case _:
            return _l("the system")
