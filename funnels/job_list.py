"""Jobs as pages and programs list them: those that somebody sees, the newest first, and who asked for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Row, Select, select

from crm.access.actor import ActorKind, Viewer, unpack
from crm.directory import directory
from crm.errors import NotAllowedError, NotFoundError
from crm.tables.accounts import api_key
from db.sets import in_set
from db.work import Work
from funnels.jobs import RIGHT, JobKind, may_see_job

PAGE: Final = 50


def page_of_jobs(
    work: Work, of: JobKind, *, viewer: Viewer, before: int = 0, limit: int = PAGE
) -> tuple[Sequence[Row[Any]], int]:
    """Return a page of the jobs that the viewer sees, the newest first, and what to give as ``before`` for the next (0: none).

    Raises:
        NotAllowedError: the viewer may not change many records at once.
    """
    query = _seen(of, viewer).order_by(of.table.c.id.desc()).limit(limit + 1)
    if before:
        query = query.where(of.table.c.id < before)
    rows = work.rows(query)
    shown = rows[:limit]
    return shown, shown[-1].id if len(rows) > limit else 0


def find_job(work: Work, of: JobKind, id_: int, *, viewer: Viewer) -> Row[Any]:
    """Return a job that the viewer sees.

    Raises:
        NotAllowedError: the viewer may not change many records at once.
        NotFoundError: there is none with this number, or he may not see it.
    """
    rows = work.rows(_seen(of, viewer).where(of.table.c.id == id_))
    if not rows:
        raise NotFoundError(of.name, id_)
    row: Row[Any] = rows[0]
    return row


def names_of_askers(work: Work, packed_actors: Iterable[int | None]) -> Callable[[int | None], str]:
    """Return what says the name of a user or of a program; empty for the command line.  One query where programs asked."""
    users = directory(work).users
    actors = [unpack(one) for one in packed_actors if one is not None]
    ids = sorted({id_ for kind, id_ in actors if kind is ActorKind.API})
    query = select(api_key.c.id, api_key.c.name).where(in_set(api_key.c.id, "ids"))
    programs = {row.id: row.name for row in work.rows(query, {"ids": ids})} if ids else {}

    def name(packed_actor: int | None) -> str:
        if packed_actor is None:
            return ""
        kind, id_ = unpack(packed_actor)
        if kind is ActorKind.API:
            return str(programs.get(id_, ""))
        user = users.get(id_) if kind is ActorKind.USER else None
        return user.name if user is not None else ""

    return name


def _seen(of: JobKind, viewer: Viewer) -> Select[Any]:
    if RIGHT not in viewer.rights:
        raise NotAllowedError(RIGHT)
    return select(of.table).where(may_see_job(of, viewer))
