"""Those inside who are released to a new version little by little, so many an hour."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import and_, bindparam, select

from crm.access.actor import SYSTEM
from db.work import Work
from engine.document import FunnelDocument
from funnels.programs import programs
from funnels.publication.carrying import LIVE, Target, carry
from funnels.publication.choices_for_people import Choice, Choices
from funnels.tables import funnel, funnel_version, publication, publication_place, run, token


@dataclass(frozen=True, slots=True)
class Release:
    """A place whose people are released to the published version, so many an hour."""

    publication_id: int
    funnel_id: int
    version_id: int
    node: int
    per_hour: int


def releases(work: Work) -> list[Release]:
    """Return the releases under way, the oldest first; those of paused funnels wait.  One statement."""
    return [Release(*row) for row in work.rows(_RELEASES)]


def release_some(work: Work, one: Release, most: int) -> int:
    """Let at most so many follow, those who have been there the longest first; returns how many.

    Where nobody is left on an older version, or another version was published, it is over.  A fixed number of statements.
    """
    found = work.rows(  # whoever is at work just now comes next time: waiting, in another order than others lock, might never end
        _AT.limit(most).with_for_update(of=run, skip_locked=True),
        {"funnel": one.funnel_id, "version": one.version_id, "node": one.node},
    )
    row = work.rows(_TARGET.with_for_update(of=funnel), {"version": one.version_id})
    of = programs(work, versions=[one.version_id]).by_version.get(one.version_id)
    if not row or of is None:
        return 0
    if not found:
        _end_where_nobody_can_come(work, one)
        return 0
    to = Target(
        one.publication_id, one.version_id, FunnelDocument.model_validate(row[0].document), of.program, row[0].numbers
    )
    name = next(name for name, number in to.numbers.items() if number == one.node)
    carried = carry(work, found, to, Choices({name: Choice("follow")}), by=SYSTEM)
    work.after_commit(work.database.poke)
    return carried["follow"]


def _end_where_nobody_can_come(work: Work, one: Release) -> None:
    older = select(run.c.id).where(
        run.c.funnel_id == one.funnel_id, run.c.status.in_(LIVE), run.c.version_id != one.version_id
    )
    if not work.rows(older.limit(1)):
        at = and_(publication_place.c.publication_id == one.publication_id, publication_place.c.node == one.node)
        work.execute(publication_place.update().where(at).values(is_over=True))


_RELEASES = (
    select(
        publication.c.id,
        publication.c.funnel_id,
        publication.c.version_id,
        publication_place.c.node,
        publication_place.c.per_hour,
    )
    .join(publication_place, publication_place.c.publication_id == publication.c.id)
    .join(funnel, and_(funnel.c.id == publication.c.funnel_id, funnel.c.version_id == publication.c.version_id))
    .where(publication_place.c.choice == "release", publication_place.c.is_over.is_(False))
    .where(publication.c.undone_at.is_(None), funnel.c.state.in_(("published", "draining")))
    .order_by(publication.c.id, publication_place.c.node)
)
_TARGET = (
    select(funnel_version.c.document, funnel_version.c.numbers)
    .join(funnel, funnel.c.version_id == funnel_version.c.id)
    .where(funnel_version.c.id == bindparam("version"), funnel.c.state.in_(("published", "draining")))
)
_OTHERS = token.alias()
_AT = (
    select(run)
    .join(token, token.c.run_id == run.c.id)
    .where(run.c.funnel_id == bindparam("funnel"), run.c.status.in_(LIVE), run.c.version_id != bindparam("version"))
    .where(token.c.node == bindparam("node"))
    .where(~select(_OTHERS.c.id).where(_OTHERS.c.run_id == run.c.id, _OTHERS.c.id != token.c.id).exists())
    .order_by(token.c.id)
)
"""Runs whose only place a node is, on other versions than the published one, the longest there first."""
