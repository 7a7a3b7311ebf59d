"""The filter of a list as a condition, so that those who are seen in the list are those who are meant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from crm.directory import Directory
from crm.finding.text import text_part
from crm.leads.listing import NOBODY
from funnels.starting import Kind

Plain = dict[str, Any]


@dataclass(frozen=True, slots=True)
class AudienceFilter:
    """Which leads or deals: empty parts mean any.

    ``owner`` is a login, ``-`` for nobody; ``text`` is in title, name, e-mail or phone; ``since`` and ``until`` are the first and
    the last day of their creation.  ``status`` and ``source`` are of leads; ``plan``, ``stage`` and ``is_open`` of deals.
    """

    kind: Kind = "lead"
    text: str = ""
    owner: str = ""
    tag: str = ""
    since: date | None = None
    until: date | None = None
    status: str = ""
    source: str = ""
    plan: str = ""
    stage: str = ""
    is_open: bool = False


def condition_of(wanted: AudienceFilter, today: date, settings: Directory | None = None) -> Plain | None:
    """Return a filter as a plain condition, ``None`` where all are meant.

    With ``settings`` a phone of the company's own country is found as it is dialled there, too.
    """
    kind = wanted.kind
    parts: list[Plain] = []
    own = {"lead": ("status", "source"), "deal": ("plan", "stage")}[kind]
    parts += [_is(f"{kind}.{name}", getattr(wanted, name)) for name in own if getattr(wanted, name)]
    if kind == "deal" and wanted.is_open:
        parts.append({"op": "empty", "field": "deal.closed_at"})
    if wanted.owner == NOBODY:
        parts.append({"op": "empty", "field": f"{kind}.owner"})
    elif wanted.owner:
        parts.append(_is(f"{kind}.owner", wanted.owner))
    if wanted.tag:
        parts.append({"op": "has", "field": f"{kind}.tags", "value": wanted.tag})
    said = text_part(kind, wanted.text, settings)
    if said is not None:
        parts.append(said)
    if wanted.since is not None or wanted.until is not None:
        parts.append(_days(f"{kind}.created_at", wanted.since, wanted.until, today))
    if len(parts) < 2:
        return parts[0] if parts else None
    return {"op": "all", "of": parts}


def _is(field: str, value: str) -> Plain:
    return {"op": "is", "field": field, "value": value}


def _days(field: str, since: date | None, until: date | None, today: date) -> Plain:
    """Return that a moment lies on one of the days, the first and the last among them."""
    if since is None:
        assert until is not None
        return {"op": "before", "field": field, "value": (until + timedelta(days=1)).isoformat()}
    last = until if until is not None else max(today, since)
    return {"op": "between", "field": field, "low": since.isoformat(), "high": last.isoformat()}
