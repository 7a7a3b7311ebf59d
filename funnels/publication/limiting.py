"""Changing the limits of a funnel at once: in what is in use and in the draft, which stay as they are otherwise."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, select

from crm.access.actor import Actor
from crm.errors import InvalidError
from db.work import Work
from engine.document import FunnelDocument
from engine.limits import Limits
from engine.text import _l
from funnels.errors import FunnelNotFoundError
from funnels.listing import ROBOTS
from funnels.publication.choices_for_people import ALL_STAY
from funnels.publication.publishing import publish_as_planned, save_draft
from funnels.tables import funnel, funnel_version

_OPEN = ("published", "paused")


def set_limits(work: Work, key: str, limits: Limits, *, by: Actor) -> int:
    """Give a funnel other limits; returns the number of the version that has them, 0 where only the draft got them.

    What is in use gets a version that differs in nothing else; one that is draining or stopped, or was never published, has them
    once it is published.  Everybody inside stays where he is.

    Raises:
        FunnelNotFoundError: there is no such funnel.
        InvalidError: robots of a stage were compiled into it.
        NotAllowedError: the actor may not edit and publish.
        NotPublishableError: what is in use would not be published any more; nothing changed.
    """
    by.require("funnels.edit")
    by.require("funnels.publish")
    if key.startswith(ROBOTS):
        raise InvalidError(_l("these are robots of a stage: change them on the stage"))
    rows = work.rows(select(funnel).where(funnel.c.key == key).with_for_update())
    if not rows:
        raise FunnelNotFoundError(key)
    row: Row[Any] = rows[0]
    draft = FunnelDocument.model_validate(row.draft)
    number = 0
    if row.version_id is not None and row.state in _OPEN:
        used = work.scalar(select(funnel_version.c.document).where(funnel_version.c.id == row.version_id))
        document = FunnelDocument.model_validate(used)
        if document.limits != limits:
            save_draft(work, document.model_copy(update={"limits": limits}), by=by)
            words = str(_l("Other limits"))
            number = publish_as_planned(work, key, ALL_STAY, by=by, note=words, despite_tests=True).number
    if number or draft.limits != limits:
        save_draft(work, draft.model_copy(update={"limits": limits}), by=by)
    return number
