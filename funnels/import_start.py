"""How the records of an import start in one funnel."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import select

from blocks.trigger_manual_start import ManualStart
from crm.errors import InvalidError
from crm.importing.answers import FunnelStart
from crm.nouns import noun
from db.work import Work
from engine.event import EVENT_KINDS
from engine.text import _l
from funnels.errors import FunnelNotFoundError
from funnels.programs import programs
from funnels.tables import funnel

_CREATED = {"leads": ("lead.created",), "deals": ("deal.created", "deal.won", "deal.lost")}


def start_in(work: Work, key: str, kind: Literal["leads", "deals"]) -> FunnelStart:
    """Return how records start in a funnel: by its triggers for new ones, else by the first one for people.

    An empty key is no funnel at all.

    Raises:
        FunnelNotFoundError: there is no such funnel.
        InvalidError: it is not published, or nothing in it starts on records of this kind.
    """
    if not key:
        return FunnelStart("")
    known = programs(work)
    if key not in known.keys.values():
        raise FunnelNotFoundError(key)
    starts = {code: [one for one in several if one.of.program.funnel == key] for code, several in known.by_kind.items()}
    if not any(starts.values()):
        raise InvalidError(_l("the funnel “{funnel}” is not published: publish it first", funnel=key))
    if any(starts.get(EVENT_KINDS[event].code) for event in _CREATED[kind]):
        return FunnelStart(key)
    for one in starts.get(EVENT_KINDS["manual.start"].code, []):
        if isinstance(one.node.block, ManualStart):
            return FunnelStart(key, one.node.block.label)
    raise InvalidError(
        _l("nothing in the funnel “{funnel}” starts on new {kind}: give it the trigger “Started by hand”",
           funnel=key, kind=noun(kind))
    )  # fmt: skip


def startable(work: Work, kind: Literal["leads", "deals"]) -> list[tuple[str, str]]:
    """Return key and name of the published funnels that records of an import can start in, in order of name."""
    query = select(funnel.c.key, funnel.c.name).where(funnel.c.state == "published")
    found = []
    for row in work.rows(query):
        try:
            start_in(work, row.key, kind)
        except InvalidError:
            continue
        found.append((row.key, row.name))
    return sorted(found, key=lambda one: one[1].casefold())
