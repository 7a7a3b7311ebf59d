"""Files of custom fields: found by whoever may see the record."""

from __future__ import annotations

from sqlalchemy import select

from crm.access.actor import Viewer
from crm.directory import directory
from crm.errors import NotFoundError
from crm.fields.changes import TABLES
from crm.fields.columns import FieldKind
from crm.records.visible import may_see_record
from db.work import Work


def file_of(work: Work, kind: FieldKind, record_id: int, key: str, sha256: str, *, viewer: Viewer) -> str:
    """Return the name of a file that a record's field has.  One query.

    Raises:
        NotFoundError: there is no such file, or the viewer may not see the record.
    """
    definition = directory(work).fields.get((kind, key))
    if definition is None or definition.type != "file":
        raise NotFoundError("file", sha256)
    table = TABLES[kind]
    query = select(table.c.fields).where(table.c.id == record_id, may_see_record(kind, viewer))
    for row in work.rows(query):
        for one in (row.fields or {}).get(key) or ():
            if one["sha256"] == sha256:
                return str(one["name"])
    raise NotFoundError("file", sha256)
