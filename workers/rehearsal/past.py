"""Records as they were: what is now, with what the journal says has happened since taken back, newest first.

The journal holds the values before and after each change, except texts that name a person: those are taken as they are now.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import Table

from crm.directory import Directory
from crm.fields.columns import COLUMNS
from crm.tables.records import company, contact, deal, lead, person, task

TABLES: Final[Mapping[str, Table]] = {
    "person": person,
    "company": company,
    "contact": contact,
    "lead": lead,
    "deal": deal,
    "task": task,
}
OPEN, COMPLETED, CANCELLED = 0, 1, 2

Place = tuple[str, int]
"""The kind of a record and its id."""


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of the journal as it was read; ``text`` is its data as it is kept.

    ``is_own`` says that the funnel which is rehearsed did it for real: it does not happen again by itself.
    """

    id: int
    kind: str
    person_id: int
    subject_id: int
    caused_by: int
    depth: int
    occurred_at: datetime
    text: str
    data: Mapping[str, Any]
    is_own: bool = False

    @property
    def place(self) -> Place:
        """The record that the event is about."""
        if self.kind.startswith("tag."):
            return str(self.data.get("target", "")), self.subject_id
        return self.kind.partition(".")[0], self.subject_id

    @property
    def is_birth(self) -> bool:
        """True where the record came by it."""
        return self.kind.endswith(".created")


class Past:
    """Records taken back to an earlier moment.

    ``rows`` are all that are known, each as it was then, or as it was when it came; ``unborn`` are those that came later;
    ``tags`` the ids of the tags on each then.
    """

    def __init__(self, settings: Directory) -> None:
        self.rows: dict[Place, dict[str, Any]] = {}
        self.unborn: set[Place] = set()
        self.tags: dict[Place, set[int]] = defaultdict(set)
        self._settings = settings

    def add(self, kind: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Take in records as they are now."""
        for row in rows:
            self.rows[kind, row["id"]] = dict(row)

    def take_back(self, events: Sequence[Happened]) -> None:
        """Undo what happened, the newest first."""
        for event in reversed(events):
            place = event.place
            row = self.rows.get(place)
            if row is None:
                continue
            if event.is_birth:
                self.unborn.add(place)
            elif event.kind.startswith("tag."):
                change_tags(self.tags[place], self._settings, event, is_back=True)
            else:
                row.update(values_of(self._settings, event, row, "before"))

    def there(self, kind: str) -> list[dict[str, Any]]:
        """Return the records of a kind that were there then."""
        return [row for place, row in self.rows.items() if place[0] == kind and place not in self.unborn]


def change_tags(tags: set[int], settings: Directory, event: Happened, *, is_back: bool = False) -> None:
    """Put on or take off the tags that an event names; ``is_back`` does the opposite."""
    named = {settings.tag_keys.get(str(name).casefold()) for name in event.data.get("tags", ())} - {None}
    known = {one for one in named if one is not None}
    if (event.kind == "tag.added") is is_back:
        tags -= known
    else:
        tags |= known


def values_of(
    settings: Directory, event: Happened, row: Mapping[str, Any], which: Literal["before", "after"]
) -> dict[str, Any]:
    """Return the columns of a record that an event changed, with their values before or after it; none where they are unknown."""
    data, is_after = event.data, which == "after"
    kind, _, verb = event.kind.partition(".")
    at = event.occurred_at if is_after else None
    match kind, verb:
        case "lead" | "deal" | "contact" | "company", "changed":
            return _fields(settings, kind, row, data.get(which) or {})
        case "lead", "status_changed":
            status = data.get("status" if is_after else "from")
            return {"status": status} if isinstance(status, str) else {}
        case "deal", "moved":
            return _stage(settings, data.get("plan"), data.get("stage" if is_after else "from"), at, row)
        case "lead" | "deal" | "task", "assigned":
            owner = data.get("owner" if is_after else "from")
            return {"responsible_id" if kind == "task" else "owner_id": owner}
        case "lead" | "deal" | "contact" | "company", "archived":
            return {"archived_at": at}
        case "lead" | "deal" | "contact" | "company", "restored":
            return {"archived_at": None}
        case "task", "completed" | "cancelled":
            ended = COMPLETED if verb == "completed" else CANCELLED
            return {"status": ended if is_after else OPEN, "ended_at": at}
        case "task", "reopened":
            return {"status": OPEN if is_after else COMPLETED, "ended_at": None}
        case _:
            return {}


def _fields(
    settings: Directory,
    kind: Literal["lead", "deal", "contact", "company"],
    row: Mapping[str, Any],
    values: Mapping[str, Any],
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    custom = dict(row.get("fields") or {})
    for key, value in values.items():
        column = COLUMNS[kind].get(key)
        if column is not None:
            fitting = column.check(value, settings)
            if isinstance(fitting, Mapping):
                found.update(fitting)
        elif key.startswith("field."):
            name = key.removeprefix("field.")
            if value is None:
                custom.pop(name, None)
            else:
                custom[name] = value
            found["fields"] = custom or None
    return found


def _stage(
    settings: Directory, plan_key: object, stage_key: object, at: datetime | None, row: Mapping[str, Any]
) -> dict[str, Any]:
    plan = settings.plans.get(row["plan_id"])
    if plan is None or plan.key != plan_key:
        plan = next((one for one in settings.plans.values() if one.key == plan_key), None)
    stage = plan.by_key.get(str(stage_key)) if plan is not None else None
    if plan is None or stage is None:
        return {}
    return {
        "plan_id": plan.id,
        "stage_id": stage.id,
        "state": stage.state,
        "stage_entered_at": at or row["created_at"],
        "closed_at": (at or row["closed_at"] or row["created_at"]) if stage.state else None,
        "left_stage_id": row["left_stage_id"] if stage.state else None,
        "loss_reason_id": row["loss_reason_id"] if stage.state == 2 else None,
    }
