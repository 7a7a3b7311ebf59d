"""Filters that are there from the start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from crm.conditions.fields import Subject
from engine.text import LazyText, _l


class Preset(NamedTuple):
    """A filter ready to be chosen: its words, and the query string of an address."""

    words: LazyText
    query: str


PRESETS: Final[Mapping[Subject, tuple[Preset, ...]]] = {
    "deal": (
        Preset(_l("Mine"), "owner=me"),
        Preset(_l("My team's"), "team=me"),
        Preset(_l("Nobody's"), "owner=-"),
        Preset(_l("Without a task"), "state=open&has_task=no"),
        Preset(_l("Overdue"), "state=open&overdue=yes"),
        Preset(_l("New this week"), "created_at=this-week"),
        Preset(_l("Closed this month"), "state=won|lost&closed_at=this-month"),
        Preset(_l("Won this month"), "state=won&closed_at=this-month"),
        Preset(_l("Lost in the last 30 days"), "state=lost&closed_at=last-30d"),
        Preset(_l("In the archive"), "archived_at=*"),
    ),
    "lead": (
        Preset(_l("Mine"), "owner=me"),
        Preset(_l("My team's"), "team=me"),
        Preset(_l("Nobody's"), "owner=-"),
        Preset(_l("Not processed"), "status=not_processed"),
        Preset(_l("Without a task"), "status=not_processed|in_work|unreachable&has_task=no"),
        Preset(_l("Overdue"), "overdue=yes"),
        Preset(_l("New this week"), "created_at=this-week"),
        Preset(_l("In the archive"), "archived_at=*"),
    ),
    "contact": (
        Preset(_l("Mine"), "owner=me"),
        Preset(_l("My team's"), "team=me"),
        Preset(_l("Nobody's"), "owner=-"),
        Preset(_l("New this week"), "created_at=this-week"),
        Preset(_l("Without a phone"), "phone=-"),
        Preset(_l("Without an e-mail"), "email=-"),
        Preset(_l("In the archive"), "archived_at=*"),
    ),
    "company": (
        Preset(_l("Mine"), "owner=me"),
        Preset(_l("My team's"), "team=me"),
        Preset(_l("Nobody's"), "owner=-"),
        Preset(_l("New this week"), "created_at=this-week"),
        Preset(_l("New this month"), "created_at=this-month"),
        Preset(_l("In the archive"), "archived_at=*"),
    ),
    "task": (
        Preset(_l("Late"), "overdue=yes"),
        Preset(_l("Due today"), "due_at=today"),
        Preset(_l("Due this week"), "due_at=this-week"),
        Preset(_l("Without a date"), "due_at=-"),
    ),
}
