"""Take the use of a template back: what it made goes, as far as nobody has worked with it since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from crm.access.actor import Actor
from crm.directory import directory
from crm.errors import InvalidError, NotFoundError
from crm.settings.change import note_only
from crm.settings.directories import remove_loss_reason
from crm.settings.errors import InUseError
from crm.settings.field_definitions import remove_field
from crm.settings.plans import archive_plan
from crm.tables.records import deal
from crm.ways.forms import remove_form
from db.sets import in_set
from db.work import Work
from engine.text import _l
from funnels.gallery.tables import template_use
from funnels.listing import ROBOTS
from funnels.refers import FunnelReferences
from funnels.states import stop
from funnels.tables import funnel, funnel_draft, funnel_version


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What went and what stays because it is in use, by kinds and keys."""

    gone: tuple[tuple[str, str], ...]
    kept: tuple[tuple[str, str], ...]


def take_back_uses(work: Work, ids: Sequence[int], *, by: Actor) -> list[TakenBack]:
    """Take uses of templates back, while nobody has worked with them: drafts go, plans are put away with their robots.

    Fields, reasons and forms go too, but those that something else needs by now.

    Raises:
        NotFoundError: there is no such use.
        InvalidError: it was taken back before, its funnel was published since, or there are deals on its plan.
        InUseError: other funnels name its plan.
        NotAllowedError: the actor may not remove what was made.
    """
    by.require("funnels.edit")
    return [_take_back(work, one, by=by) for one in ids]


def last_use(work: Work, token: str) -> int | None:
    """Return the id of the use with a token that is not taken back; ``None`` where there is none."""
    query = select(template_use.c.id).where(template_use.c.token == token, template_use.c.undone_at.is_(None))
    found = work.scalar(query)
    return int(found) if found is not None else None


def _take_back(work: Work, use_id: int, *, by: Actor) -> TakenBack:
    rows = work.rows(select(template_use).where(template_use.c.id == use_id).with_for_update())
    if not rows:
        raise NotFoundError("template use", use_id)
    [row] = rows
    if row.undone_at is not None:
        raise InvalidError(_l("this was taken back before"))
    made = [(kind, key) for kind, key in row.made]
    funnels = [key for kind, key in made if kind == "funnel"]
    plans = [key for kind, key in made if kind == "plan"]
    _require_untouched(work, [key for key in funnels if not key.startswith(ROBOTS)], plans)
    published = _published(work, funnels)
    if published:
        stop(work, published, by=by)
    _remove_drafts(work, [key for key in funnels if key not in published], by=by)
    for key in plans:
        archive_plan(work, key, by=by, refers=FunnelReferences(work))
    gone: list[tuple[str, str]] = []
    kept: list[tuple[str, str]] = []
    for kind, key in reversed(made):
        stays = kind not in ("funnel", "plan") and not _is_removed(work, kind, key, by=by)
        (kept if stays else gone).append((kind, key))
    work.execute(template_use.update().where(template_use.c.id == use_id).values(undone_at=work.now))
    note_only(work, "template", row.template, "taken_back", use_id, by)
    return TakenBack(tuple(gone), tuple(kept))


def _require_untouched(work: Work, drawn: Sequence[str], plans: Sequence[str]) -> None:
    for key in _published(work, drawn):
        raise InvalidError(_l("{key} was published since: stop it, and remove what you need no more", key=key))
    settings = directory(work)
    for key in plans:
        plan = settings.plan(key)
        if work.scalar(select(func.count()).select_from(deal).where(deal.c.plan_id == plan.id)):
            raise InvalidError(_l("there are deals on the plan “{plan}” by now", plan=plan.name))


def _published(work: Work, keys: Sequence[str]) -> list[str]:
    query = select(funnel.c.key).join(funnel_version, funnel_version.c.funnel_id == funnel.c.id).distinct()
    rows = work.rows(query.where(in_set(funnel.c.key, "keys")).order_by(funnel.c.key), {"keys": list(keys)})
    return [row.key for row in rows]


def _remove_drafts(work: Work, keys: Sequence[str], *, by: Actor) -> None:
    rows = work.rows(select(funnel.c.id, funnel.c.key).where(in_set(funnel.c.key, "keys")), {"keys": list(keys)})
    ids = {"ids": [row.id for row in rows]}
    work.execute(funnel_draft.delete().where(in_set(funnel_draft.c.funnel_id, "ids")), ids)
    work.execute(funnel.delete().where(in_set(funnel.c.id, "ids")), ids)
    for row in rows:
        note_only(work, "funnel", row.key, "removed", row.id, by)


def _is_removed(work: Work, kind: str, key: str, *, by: Actor) -> bool:
    """Remove a field, a reason or a form that was made; answers whether it is gone."""
    refers = FunnelReferences(work)
    try:
        match kind:
            case "field":
                record, _, own = key.partition(".")
                remove_field(work, record, own, by=by, refers=refers)  # type: ignore[arg-type]  # as it was made
            case "loss_reason":
                remove_loss_reason(work, key, by=by, refers=refers)
            case _:
                remove_form(work, key, by=by, refers=refers)
    except InUseError:
        return False
    except NotFoundError:
        return True
    return True
