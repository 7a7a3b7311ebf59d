"""Who may look at funnels and their runs, and which funnel a page is about."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Row, select

from crm.access.actor import Viewer
from crm.errors import NotAllowedError, NotFoundError
from db.work import Work
from funnels.tables import funnel

SIGHT: Final = ("funnels.edit", "funnels.publish", "runs.repair")
"""Rights of which one is needed to look at funnels."""


def require_sight(viewer: Viewer) -> None:
    """Refuse a viewer who has nothing to do with funnels.

    Raises:
        NotAllowedError: he lacks all the rights of ``SIGHT``.
    """
    if viewer.rights.isdisjoint(SIGHT):
        raise NotAllowedError(SIGHT[0])


def find_funnel(work: Work, key: str, viewer: Viewer) -> Row[Any]:
    """Return the row of a funnel.

    Raises:
        NotAllowedError: the viewer may not look at funnels.
        NotFoundError: there is none with this key.
    """
    require_sight(viewer)
    rows = work.rows(select(funnel).where(funnel.c.key == key))
    if not rows:
        raise NotFoundError("funnel", key)
    row: Row[Any] = rows[0]
    return row
