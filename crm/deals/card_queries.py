"""The statements that read deals as cards: one for each shape of a question, made once, its values given each time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    Subquery,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
    union_all,
)

from crm.access.actor import Viewer
from crm.deals.visible import given_viewer, may_see_given
from crm.directory import Plan, directory
from crm.fields.columns import home_region
from crm.people.identity import normalise_phone
from crm.tables.records import contact, deal, lead, person_identity, record_tag, task
from db.sets import in_set
from db.types import Utc
from db.work import Work
from engine.event import SUBJECT_CODES


@dataclass(frozen=True, slots=True)
class Filter:
    """Which deals are wanted: a text in title, name, e-mail or phone; an owner's id (0: nobody); a tag's id.

    ``also`` is any other condition on ``deal``; a statement with one is made anew each time.  Where it only says whose they are,
    ``owner_ids`` are the owners that are meant, 0 for nobody; where it holds for few deals, which an index finds, ``is_few``.
    """

    text: str = ""
    owner_id: int | None = None
    tag_id: int | None = None
    is_late: bool = False
    also: ColumnElement[bool] | None = field(default=None, compare=False)
    owner_ids: frozenset[int] | None = None
    is_few: bool = False

    @property
    def reads_on(self) -> bool:
        """True where deals have to be read one after the other to know which of them fit."""
        return self.also is not None and not self.is_few

    @property
    def is_plain(self) -> bool:
        """True where counts kept ready give the sums: by owners, or all."""
        knows_whose = self.also is None or self.owner_ids is not None
        return not self.text and self.tag_id is None and not self.is_late and knows_whose


Narrowing = ColumnElement[bool] | None

FEW_OWNERS: Final = 4
"""Whose deals a viewer may see is asked one by one up to so many: each has his own in order, by index."""


class Shape(NamedTuple):
    """What is asked, its values aside; ``owners`` is how many are asked one by one."""

    sees_all: bool
    owners: int
    owner: Literal["any", "one", "nobody"]
    is_tagged: bool
    is_late: bool
    text: Literal["", "words", "email", "phone"]


def shape_of(viewer: Viewer, wanted: Filter) -> Shape:
    """Return what a viewer asks."""
    owner: Literal["any", "one", "nobody"] = (
        "any" if wanted.owner_id is None else "one" if wanted.owner_id else "nobody"
    )
    few = viewer.owner_ids if viewer.owner_ids is not None and owner == "any" else ()
    return Shape(
        viewer.owner_ids is None,
        len(few) if len(few) <= FEW_OWNERS else 0,
        owner,
        wanted.tag_id is not None,
        wanted.is_late,
        _kind_of(wanted.text.strip()),
    )


def values_of(
    work: Work, plan: Plan, viewer: Viewer, wanted: Filter, stage_ids: Iterable[int] = (), **more: Any
) -> dict[str, Any]:
    """Return the values of a question for any of the statements here."""
    text = wanted.text.strip()
    digits = "".join(letter for letter in text if letter.isdigit())
    return {
        **given_viewer(viewer),
        **{f"stage{place}": stage_id for place, stage_id in enumerate(stage_ids)},
        **{f"owner{place}": owner_id for place, owner_id in enumerate(sorted(viewer.owner_ids or ()))},
        **more,
        "plan": plan.id,
        "owner": wanted.owner_id,
        "tag": wanted.tag_id,
        "now": work.now,
        "like": "%" + text.casefold().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%",
        "digits": f"%{digits}%",
        "phone": (normalise_phone(text, home_region(directory(work))) or "") if text else "",
    }


@cache
def of_stages(shape: Shape, stages: int, *, is_first: bool, as_one: bool = False) -> Select[Any]:
    """Return the query of ``limit`` cards of each of so many stages, from the start or from a place on, in no order.

    As one list, ``limit`` cards of all of them: still looked up stage by stage, for so the index has them in order.
    """
    return narrowed_stages(shape, stages, None, is_first=is_first, as_one=as_one)


def narrowed_stages(
    shape: Shape,
    stages: int,
    also: Narrowing,
    *,
    is_first: bool,
    as_one: bool = False,
    within: Sequence[Narrowing] = (),
) -> Select[Any]:
    """Return the same with one more condition, and one more for each stage; not kept."""
    parts = [
        _stage(shape, _all(_is_stage(place), also, within[place] if within else None), is_first=is_first)
        for place in range(stages)
    ]
    found = union_all(*parts).subquery()
    if as_one and stages > 1:
        found = select(found).order_by(found.c.stage_entered_at.desc(), found.c.id.desc()).limit(_LIMIT).subquery()
    return _named(found)


def since(moment: datetime) -> ColumnElement[bool]:
    """Return the condition that a deal came to its stage at a moment or later."""
    return deal.c.stage_entered_at >= literal(moment, Utc())


def passed(shape: Shape, place: int, reach: int, from_: Literal["start", "at", "before"]) -> list[Subquery]:
    """Return the queries of the moment at which so many deals of a stage have been read: by owner, where the page is.

    They are read from the start, or from those on that came ``at`` a moment, or ``before`` it.
    """
    moment, at = deal.c.stage_entered_at, bindparam("entered_at", type_=Utc())
    of_all = shape._replace(is_tagged=False, is_late=False, text="")
    found = []
    for seen in _by_owner(of_all) if of_all.owners else [None]:
        query = select(moment).where(*_fits(of_all, seen), _is_stage(place))
        if from_ != "start":
            query = query.where(moment <= at if from_ == "at" else moment < at)
        found.append(query.order_by(moment.desc()).offset(reach).limit(1).subquery())
    return found


@cache
def by_ids(*, sees_all: bool, archived: bool = False) -> Select[Any]:
    """Return the query of the cards of some deals, those in the archive only where ``archived`` ones are wanted too."""
    current = [] if archived else [deal.c.archived_at.is_(None)]
    return _named(
        select(*_COLUMNS, *_NAMES)
        .where(in_set(deal.c.id, "deals"), *current, *may_see_given(sees_all=sees_all))
        .subquery()
    )


@cache
def fitting(shape: Shape) -> Select[Any]:
    """Return the query of those of some deals that fit a filter."""
    return select(deal.c.id).where(in_set(deal.c.id, "deals"), *_fits(shape))


@cache
def sums(shape: Shape) -> Select[Any]:
    """Return the query of counts and sums by stage and currency."""
    return narrowed_sums(shape, None)


def narrowed_sums(shape: Shape, also: ColumnElement[bool] | None) -> Select[Any]:
    """Return the same with one more condition; not kept."""
    return (
        select(deal.c.stage_id, deal.c.currency, func.count(), func.sum(deal.c.amount))
        .where(*_fits(shape), *([] if also is None else [also]))
        .group_by(deal.c.stage_id, deal.c.currency)
    )


TAGS = select(record_tag.c.record_id, record_tag.c.tag_id).where(
    record_tag.c.record_kind == SUBJECT_CODES["deal"], in_set(record_tag.c.record_id, "deals")
)
TASKS = (
    select(task.c.deal_id, task.c.id, task.c.title, task.c.due_at, task.c.responsible_id)
    .where(in_set(task.c.deal_id, "deals"), task.c.status == 0)
    .order_by(task.c.id)
)
_COLUMNS = (
    deal.c.id,
    deal.c.plan_id,
    deal.c.stage_id,
    deal.c.owner_id,
    deal.c.title,
    deal.c.amount,
    deal.c.currency,
    deal.c.state,
    deal.c.created_at,
    deal.c.stage_entered_at,
    deal.c.version,
)
_NAMES = (deal.c.contact_id, deal.c.lead_id)


_LIMIT = bindparam("limit", type_=Integer)


def _is_stage(place: int) -> ColumnElement[bool]:
    return deal.c.stage_id == bindparam(f"stage{place}", type_=Integer)


def _all(*parts: Narrowing) -> ColumnElement[bool]:
    return and_(*(part for part in parts if part is not None))


def _by_owner(shape: Shape) -> list[ColumnElement[bool]]:
    """Return what says whose a deal is, for each owner whose deals the viewer sees, and for nobody's."""
    his = [deal.c.owner_id == bindparam(f"owner{place}", type_=Integer) for place in range(shape.owners)]
    return [*his, and_(deal.c.owner_id.is_(None), in_set(deal.c.plan_id, "owners_plans"))]


def _stage(shape: Shape, where: ColumnElement[bool], *, is_first: bool) -> Select[Any]:
    """Return the query of a page of one stage, by owner where the viewer sees those of few: for so an index has them in order."""
    if not shape.owners:
        return select(_page(shape, where, is_first=is_first).subquery())
    pages = [
        select(_page(shape, where, is_first=is_first, seen=one).subquery()) for one in _by_owner(shape)
    ]  # each says whose they are, and that he may see these: asked once more, it would be read by no index in order
    found = union_all(*pages).subquery()
    first = select(found).order_by(found.c.stage_entered_at.desc(), found.c.id.desc()).limit(_LIMIT)
    return select(first.subquery())


def _page(
    shape: Shape, where: ColumnElement[bool], *, is_first: bool, seen: ColumnElement[bool] | None = None
) -> Select[Any]:
    query = select(*_COLUMNS, *_NAMES).where(*_fits(shape, seen), where)
    if not is_first:
        entered_at = bindparam("entered_at", type_=Utc())
        is_before = deal.c.id < bindparam("deal", type_=Integer)
        query = query.where(deal.c.stage_entered_at <= entered_at, or_(deal.c.stage_entered_at < entered_at, is_before))
    return query.order_by(deal.c.stage_entered_at.desc(), deal.c.id.desc()).limit(_LIMIT)


def _named(page: Subquery) -> Select[Any]:
    """Add the names of contact and lead to a page of deals."""
    return (
        select(*(page.c[column.name] for column in _COLUMNS), contact.c.name, lead.c.name)
        .outerjoin_from(page, contact, contact.c.id == page.c.contact_id)
        .outerjoin(lead, lead.c.id == page.c.lead_id)
    )


def _fits(shape: Shape, seen: ColumnElement[bool] | None = None) -> list[ColumnElement[bool]]:
    """Return what a deal must be; ``seen`` says that the viewer may see it, else all is asked that lets him."""
    parts = [
        deal.c.plan_id == bindparam("plan", type_=Integer),
        deal.c.archived_at.is_(None),
        *(may_see_given(sees_all=shape.sees_all) if seen is None else [seen]),
    ]
    if shape.owner != "any":
        is_his = deal.c.owner_id == bindparam("owner", type_=Integer)
        parts.append(is_his if shape.owner == "one" else deal.c.owner_id.is_(None))
    if shape.is_tagged:
        tagged = select(record_tag.c.record_id).where(
            record_tag.c.record_kind == SUBJECT_CODES["deal"], record_tag.c.tag_id == bindparam("tag", type_=Integer)
        )
        parts.append(deal.c.id.in_(tagged))
    if shape.is_late:
        open_tasks = select(task.c.id).where(task.c.deal_id == deal.c.id, task.c.status == 0)
        is_overdue = task.c.due_at < bindparam("now", type_=Utc())
        parts.append(and_(deal.c.state == 0, or_(~open_tasks.exists(), open_tasks.where(is_overdue).exists())))
    if shape.text:
        parts.append(_text(shape))
    return parts


def _text(shape: Shape) -> ColumnElement[bool]:
    """Return the condition that title, name, e-mail or phone hold a text, in any spelling of the phone."""
    like: BindParameter[str] = bindparam("like")
    found = [
        deal.c.title_fold.like(like, escape="\\"),
        deal.c.contact_id.in_(select(contact.c.id).where(contact.c.name_fold.like(like, escape="\\"))),
        deal.c.lead_id.in_(select(lead.c.id).where(lead.c.name_fold.like(like, escape="\\"))),
    ]
    if shape.text != "words":
        identities = [and_(person_identity.c.kind == "email", person_identity.c.value.like(like, escape="\\"))]
        if shape.text == "phone":
            is_phone = or_(
                person_identity.c.value.like(bindparam("digits")), person_identity.c.value == bindparam("phone")
            )
            identities.append(and_(person_identity.c.kind == "phone", is_phone))
        found.append(deal.c.person_id.in_(select(person_identity.c.person_id).where(or_(*identities))))
    return or_(*found)


def _kind_of(text: str) -> Literal["", "words", "email", "phone"]:
    digits = sum(letter.isdigit() for letter in text)
    if digits >= 4 and all(letter in "+-() .\u00a0" or letter.isdigit() for letter in text):
        return "phone"
    return "email" if "@" in text else "words" if text else ""
