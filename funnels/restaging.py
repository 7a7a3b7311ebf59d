"""A stage goes away: what names it names another one from then on, and the robots that stood on it let nobody in any more."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, select

from blocks.catalogue import block_type
from crm.access.actor import Actor
from crm.directory import Directory, directory
from db.work import Work
from engine.document import FunnelDocument
from engine.program import read_block
from engine.setting import references
from funnels.errors import NotPublishableError
from funnels.publication.publishing import publish, save_draft
from funnels.retiring import retire
from funnels.robots import funnel_key
from funnels.stage_conditions import stages_named, with_another_stage
from funnels.tables import funnel, funnel_version
from voronka_error import VoronkaError

_OVER: Final = ("stopped", "archived")
_LETTING_IN: Final = ("published", "paused")


@dataclass(frozen=True, slots=True)
class Restaged:
    """What became of funnels that named a stage, by name.

    ``changed`` name the other one, published where they were; ``retired`` stood on the stage; ``left`` still name it: their draft
    is being worked on, or they cannot be published as they are.
    """

    changed: tuple[str, ...]
    retired: tuple[str, ...]
    left: tuple[str, ...]


def name_another_stage(work: Work, plan: str, stage: str, instead: str, *, by: Actor) -> Restaged:
    """Let funnels and robots name another stage of a plan (keys), their conditions too where only this plan has such a stage.

    Statements grow with the number of funnels that name it.

    Raises:
        NotAllowedError: he may not edit and publish funnels.
    """
    by.require_all(frozenset({"funnels.edit", "funnels.publish"}))
    settings, base = directory(work), funnel_key(plan, stage)
    changed, retired, left = [], [], []
    for row in work.rows(_FUNNELS):
        if row.key == base or row.key.startswith(f"{base}."):
            if row.state in _LETTING_IN:
                retire(work, [row.key], by=by)
                retired.append(row.name)
            continue
        draft = _renamed(row.draft, plan, stage, instead, settings)
        names_it = row.document is not None and _renamed(row.document, plan, stage, instead, settings) is not None
        if draft is not None:
            save_draft(work, FunnelDocument.model_validate(draft), by=by)
        if not names_it:
            changed += [row.name] if draft is not None else []
        elif _published(work, row, by):
            changed.append(row.name)
        else:
            left.append(row.name)
    return Restaged(tuple(changed), tuple(retired), tuple(left))


def _published(work: Work, row: Row[Any], by: Actor) -> bool:
    """Publish a draft that was nothing but the published version; false where somebody works on it, or it cannot be."""
    if row.document != row.draft or row.state not in _LETTING_IN:
        return False
    try:
        publish(work, row.key, by=by)
    except NotPublishableError:
        return False
    return True


def _renamed(plain: Any, plan: str, stage: str, instead: str, settings: Directory) -> Any | None:
    """Return a document that names the other stage; ``None`` where it names neither."""
    document = FunnelDocument.model_validate(plain)
    fresh = deepcopy(plain)
    is_other = False
    by_id = {node["id"]: node for node in fresh.get("nodes", ())}
    alone = sum(stage in one.by_key for one in settings.plans.values()) == 1
    for node in document.nodes:
        mine = by_id[node.id]
        if alone and stage in stages_named([mine.get("config"), mine.get("condition")]):
            mine |= {
                name: with_another_stage(mine[name], stage, instead) for name in ("config", "condition") if name in mine
            }
            is_other = True
        try:
            found = references(read_block(node, block_type))
        except VoronkaError:
            continue  # an unfinished block of a draft: what it will name is not known yet
        for one in found:
            if (one.kind, one.key) == ("stage", stage) and (one.within == plan or (one.within is None and alone)):
                name = one.where.partition(".")[0]
                config = by_id[node.id]["config"]
                config[name] = _swapped(config[name], stage, instead)
                is_other = True
    return fresh if is_other else None


def _swapped(value: Any, old: str, new: str) -> Any:
    match value:
        case str():
            return new if value == old else value
        case list():
            return list(dict.fromkeys(_swapped(one, old, new) if isinstance(one, str) else one for one in value))
        case _:
            return value


_FUNNELS = (
    select(funnel.c.key, funnel.c.name, funnel.c.state, funnel.c.draft, funnel_version.c.document)
    .outerjoin(funnel_version, funnel_version.c.id == funnel.c.version_id)
    .where(funnel.c.state.not_in(_OVER))
    .order_by(funnel.c.key)
)
