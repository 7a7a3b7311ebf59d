"""Bring the sample leads in."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass

from crm.actor import RIGHTS, Actor, ActorKind
from crm.identity import normalise_email, normalise_phone
from crm.leads import NewLead, record_leads
from db.database import Database
from engine.request import DONE
from voronka.demo.company import LEADS

_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Imported:
    """How many leads the file has, and how many of them were new."""

    read: int
    created: int


def import_leads(database: Database, progress: Callable[[int, int], None]) -> Imported:
    """Import the sample leads; those that are there already are left alone.  ``progress`` hears how many of how many."""
    with LEADS.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    created = 0
    for start in range(0, len(rows), _AT_ONCE):
        part = rows[start : start + _AT_ONCE]
        with database.work() as work:
            answers = record_leads(work, [_lead(row) for row in part], by=Actor(ActorKind.IMPORT, rights=RIGHTS))
        created += sum(answer.code == DONE for answer in answers)
        progress(start + len(part), len(rows))
    return Imported(len(rows), created)


def _lead(row: dict[str, str]) -> NewLead:
    return NewLead(
        external_id=row["id"],
        name=row["contact name"] or None,
        phone=normalise_phone(row["phone"], None),
        email=normalise_email(row["email"]),
        company_name=row["company"] or None,
        source=row["source"] or None,
        fields={key: row[key] for key in ("package", "wish") if row[key]},
    )
