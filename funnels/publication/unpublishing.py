"""Going back: the last publication is taken back while nobody has moved on, and an older version becomes the draft again."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, select

from crm.access.actor import Actor, Viewer
from crm.errors import NotFoundError
from crm.settings.change import note
from db.work import Work
from engine.document import FunnelDocument
from engine.program import Program
from engine.text import LazyText, _l, _ln
from funnels.errors import FunnelNotFoundError
from funnels.programs import programs
from funnels.publication.history import last_publication, moved_on, put_back
from funnels.publication.publishing import save_draft, watch
from funnels.seeing import find_funnel
from funnels.states import lock_runs
from funnels.tables import funnel, funnel_version, publication
from voronka_error import VoronkaError


class CannotTakeBackError(VoronkaError):
    """A publication that cannot be taken back any more."""

    code = "cannot_take_back"


def take_back(work: Work, key: str, *, by: Actor) -> int:
    """Take back the last publication: the version before is published again, and who was carried stands where he stood.

    Once only, and only while nobody came in on the version or moved on since he was carried.  Returns how many were put back.

    Raises:
        FunnelNotFoundError: there is no such funnel.
        CannotTakeBackError: it was taken back already, or somebody has moved on; nothing changed.
    """
    by.require("funnels.publish")
    lock_runs(work, [key])
    rows = work.rows(select(funnel).where(funnel.c.key == key).with_for_update())
    if not rows:
        raise FunnelNotFoundError(key)
    row = rows[0]
    last = last_publication(work, row.id)
    why = _against(work, last, row.version_id)
    if last is None or why is not None:
        raise CannotTakeBackError(why or _l("it was never published"))
    back = put_back(work, last.id, by=by)
    state = last.state_before if row.state == "published" or last.before_id is None else row.state
    values = {"version_id": last.before_id, "state": state, "changed_at": work.now, "version": row.version + 1}
    work.execute(funnel.update().where(funnel.c.id == row.id).values(**values))
    work.execute(publication.update().where(publication.c.id == last.id).values(undone_at=work.now))
    watch(work, row.id, _program(work, last.before_id))
    note(work, "funnel", key, "taken_back", row.id, by, {"carried": back} if back else {})
    return back


def why_not_taken_back(work: Work, key: str, *, viewer: Viewer) -> LazyText | None:
    """Return why the last publication cannot be taken back; ``None`` where it can.  Three queries.

    Raises:
        NotFoundError: there is no such funnel.
        NotAllowedError: the viewer has nothing to do with funnels.
    """
    row = find_funnel(work, key, viewer)
    return _against(work, last_publication(work, row.id), row.version_id)


def restore(work: Work, key: str, number: int, *, by: Actor) -> FunnelDocument:
    """Make an older version the draft again and return it; what is published goes on as it is.

    Raises:
        FunnelNotFoundError: there is no such funnel.
        NotFoundError: it has no such version.
    """
    by.require("funnels.edit")
    query = select(funnel_version.c.document).join(funnel, funnel.c.id == funnel_version.c.funnel_id)
    found = work.scalar(query.where(funnel.c.key == key, funnel_version.c.number == number))
    if found is None:
        if work.scalar(select(funnel.c.id).where(funnel.c.key == key)) is None:
            raise FunnelNotFoundError(key)
        raise NotFoundError("version", number)
    document = FunnelDocument.model_validate(found)
    save_draft(work, document, by=by)
    return document


def _against(work: Work, last: Row[Any] | None, version_id: int | None) -> LazyText | None:
    if last is None:
        return _l("it was never published")
    if last.undone_at is not None or last.version_id != version_id:
        return _l("its last publication was taken back already")
    count = int(work.scalar(select(moved_on(last.id, last.version_id))) or 0)
    if count:
        return _ln(
            "{count} run has come in or moved on since: publish an older version instead",
            "{count} runs have come in or moved on since: publish an older version instead",
            count,
        )
    return None


def _program(work: Work, version_id: int | None) -> Program | None:
    """Return the program of a version; ``None`` of none, or where it cannot be read any more."""
    if version_id is None:
        return None
    of = programs(work, versions=[version_id]).by_version.get(version_id)
    return of.program if of is not None else None
