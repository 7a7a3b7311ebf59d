"""Two records side by side, before they are merged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from crm.access.actor import Viewer
from crm.directory import directory
from crm.errors import NotFoundError
from crm.fields.changes import TABLES
from crm.fields.columns import COLUMNS
from crm.fields.links import with_titles
from crm.fields.shown import FieldShown, fields_shown
from crm.people.twins import TwinKind
from crm.records.visible import is_current, may_see_record
from db.sets import in_set
from db.work import Work


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: what it is called, its built-in values by key, its custom fields."""

    id: int
    version: int
    title: str
    values: Mapping[str, Any]
    fields: tuple[FieldShown, ...]


def sides(work: Work, kind: TwinKind, ids: tuple[int, int], *, viewer: Viewer) -> tuple[Side, Side]:
    """Return two records of a kind in the order of their ids given.  Few queries.

    Raises:
        NotFoundError: one of them is not there, is in the archive, or the viewer may not see it.
    """
    settings, table = directory(work), TABLES[kind]
    query = select(table).where(in_set(table.c.id, "ids"), is_current(kind), may_see_record(kind, viewer))
    rows = {row.id: row._mapping for row in work.rows(query, {"ids": list(ids)})}
    found = []
    for one in ids:
        if one not in rows:
            raise NotFoundError(kind, one)
        row = rows[one]
        fields = with_titles(work, fields_shown(settings, kind, row["fields"]), viewer=viewer)
        keys = [key for key in COLUMNS[kind] if key not in ("currency", "status", "channel")]
        values = {key: row["owner_id" if key == "owner" else key] for key in keys}
        title = row["name"] if row.get("name") else row.get("title") or ""
        found.append(Side(one, row["version"], str(title), values, fields))
    return found[0], found[1]
