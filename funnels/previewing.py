"""A text with places, filled from a record that somebody chose: what a client would read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import select

from crm.access.actor import Viewer
from crm.conditions.facts import Subject, load
from crm.deals.visible import may_see
from crm.directory import directory
from crm.errors import NotFoundError
from crm.leads.visible import may_see_lead
from crm.records.search import search
from crm.tables.records import deal, lead
from db.work import Work
from engine.template import parse
from engine.template_filters import style_in
from funnels.seeing import require_sight

RecordKind = Literal["lead", "deal"]
MOST: Final = 6
_RECORDS: Final = frozenset({"lead", "deal", "contact", "company", "person"})


@dataclass(frozen=True, slots=True)
class Example:
    """A record to look at a text with; ``more`` tells it from others of its name."""

    kind: RecordKind
    id: int
    title: str
    more: str


def examples(work: Work, text: str, *, viewer: Viewer) -> tuple[Example, ...]:
    """Return deals and leads that fit what was typed, at most six of each; the newest that the viewer may see for nothing typed.

    Raises:
        NotAllowedError: the viewer may not look at funnels.
    """
    require_sight(viewer)
    if len(text.strip()) > 1:
        found = search(work, text, viewer=viewer)
        return tuple(Example(kind, hit.id, hit.title, hit.more) for kind in _KINDS for hit in found.get(kind, ()))
    plans = directory(work).plans
    deals = select(deal.c.id, deal.c.title, deal.c.plan_id).where(may_see(viewer), deal.c.archived_at.is_(None))
    leads = select(lead.c.id, lead.c.title, lead.c.name).where(may_see_lead(viewer), lead.c.archived_at.is_(None))
    return (
        *(
            Example("deal", row.id, row.title, plans[row.plan_id].name)
            for row in work.rows(deals.order_by(deal.c.id.desc()).limit(MOST))
        ),
        *(
            Example("lead", row.id, row.title, row.name or "")
            for row in work.rows(leads.order_by(lead.c.id.desc()).limit(MOST))
        ),
    )


_KINDS: Final[tuple[RecordKind, ...]] = ("deal", "lead")


def preview(work: Work, texts: Sequence[str], kind: RecordKind, id_: int, *, viewer: Viewer) -> list[str]:
    """Return the texts as they would read about a record; what the event of a run would tell stays empty.

    Raises:
        NotAllowedError: the viewer may not look at funnels.
        NotFoundError: there is no such record, or the viewer may not see it.
        TemplateError: a text cannot be read.
    """
    require_sight(viewer)
    query = (
        select(deal.c.person_id, deal.c.lead_id, deal.c.id.label("deal_id")).where(deal.c.id == id_, may_see(viewer))
        if kind == "deal"
        else select(lead.c.person_id, lead.c.id.label("lead_id")).where(lead.c.id == id_, may_see_lead(viewer))
    )
    rows = work.rows(query)
    if not rows:
        raise NotFoundError(kind, id_)
    subject = Subject(rows[0].person_id, rows[0].lead_id, id_ if kind == "deal" else None)
    read = [parse(text) for text in texts]
    paths = frozenset(path for one in read for path in one.paths)
    records = frozenset(path.partition(".")[0] for path in paths) & _RECORDS
    [facts] = load(work, [subject], records=records, paths=paths)
    style = style_in(directory(work).calendar.zone_info)
    return [one.render(facts.get, style=style) for one in read]
