"""The circuit breaker: a funnel that crosses a limit is paused, everybody in place, and its owner is told why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Row, select

from crm.access.actor import SYSTEM, ActorKind, unpack
from crm.directory import Directory, directory
from crm.settings.change import note
from crm.today.notifications import SYSTEM_NOTE, Note, tell
from db.work import Work
from engine.request import DONE
from engine.text import LazyText, _l, packed, unpacked
from funnels.states import pause
from funnels.tables import funnel, funnel_version

log = structlog.get_logger(__name__)


def trip(work: Work, funnel_id: int, why: LazyText) -> bool:
    """Pause a funnel for crossing a limit; false where it let nobody on already.  It goes on when a person resumes it.

    Written into the journal with the reason.  A fixed number of statements.
    """
    columns = (funnel.c.id, funnel.c.key, funnel.c.name, funnel_version.c.published_by)
    query = select(*columns).join(funnel_version, funnel_version.c.id == funnel.c.version_id)
    rows = work.rows(query.where(funnel.c.id == funnel_id))
    if not rows or pause(work, [rows[0].key], by=SYSTEM)[0].code != DONE:
        return False
    row = rows[0]
    told = _owners(directory(work), row.published_by)
    work.execute(funnel.update().where(funnel.c.id == row.id).values(tripped={"why": packed(why), "told": told}))
    note(work, "funnel", row.key, "tripped", row.id, SYSTEM, {"reason": packed(why)})
    words = _l("The funnel “{name}” was paused: {why}. Everybody inside stays in place.", name=row.name, why=why)
    tell(work, [Note(user, words, SYSTEM_NOTE) for user in told])
    log.error("funnel_tripped", funnel_id=row.id, funnel=row.key, reason=str(why))
    return True


@dataclass(frozen=True, slots=True)
class Tripped:
    """Why a funnel paused itself, when, and who was told."""

    why: str
    at: datetime | None
    told: tuple[str, ...]


def tripped(row: Row[Any], settings: Directory) -> Tripped | None:
    """Return why a funnel stands paused by itself; ``None`` where it does not.  No query."""
    kept = row.tripped
    if row.state != "paused" or not kept:
        return None
    users = (settings.users.get(id_) for id_ in kept["told"])
    return Tripped(unpacked(kept["why"]), row.state_since, tuple(one.name for one in users if one is not None))


def _owners(settings: Directory, published_by: int) -> list[int]:
    """Return whom to tell: who published it; where that is no user who is there, all who may publish."""
    kind, id_ = unpack(published_by)
    user = settings.users.get(id_) if kind is ActorKind.USER else None
    if user is not None and user.is_active:
        return [user.id]
    able = (one for one in settings.users.values() if one.is_active and "funnels.publish" in one.rights)
    return sorted(one.id for one in able)
