"""What an import made and changed, record by record, so that it can be shown and undone."""

from __future__ import annotations

import json
from typing import Final

from sqlalchemy import bindparam, select

from crm.access.actor import Actor, ActorKind
from crm.journal import cause_of, journal
from crm.people.persons import persons_made
from crm.tables.importing import import_record
from db.sets import in_set
from db.work import Work
from engine.event import KIND_BY_CODE, SUBJECT_CODES

_COLUMNS: Final = ("job_id", "record_kind", "record_id", "is_new")
_MADE: Final = frozenset({"lead.created", "contact.created", "company.created", "deal.created"})
_RECORDS: Final = frozenset({"lead", "contact", "company", "deal"})


def note_records(work: Work, job_id: int) -> None:
    """Write down the records that this transaction's part of an import made or changed.  At most two statements."""
    made = {(SUBJECT_CODES["person"], one) for one in persons_made(work)}
    changed: set[tuple[int, int]] = set()
    for noted in journal(work).noted(cause_of(Actor(ActorKind.IMPORT, job_id))):
        kind = KIND_BY_CODE[noted.code]
        if kind.name in _MADE:
            made.add((SUBJECT_CODES[kind.subject], noted.subject_id))
        elif kind.subject in _RECORDS:
            changed.add((SUBJECT_CODES[kind.subject], noted.subject_id))
        elif kind.name.startswith(("tag.", "comment.")):
            changed.add((SUBJECT_CODES[json.loads(noted.data)["target"]], noted.subject_id))
    changed -= made
    if changed:
        known = work.rows(_KNOWN, {"job": job_id, "records": sorted({record_id for _, record_id in changed})})
        changed -= {(row.record_kind, row.record_id) for row in known}
    rows = [(job_id, *one, True) for one in sorted(made)] + [(job_id, *one, False) for one in sorted(changed)]
    work.insert(import_record, _COLUMNS, rows)


_KNOWN = select(import_record.c.record_kind, import_record.c.record_id).where(
    import_record.c.job_id == bindparam("job"), in_set(import_record.c.record_id, "records")
)
