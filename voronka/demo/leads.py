"""Bring the sample leads in, by the same import that `voronka import leads` runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm.access.actor import SYSTEM
from crm.importing.mapping import load_mapping
from crm.importing.run import Import, run_import
from voronka.demo.company import LEADS, LEADS_MAP

if TYPE_CHECKING:
    from crm.importing.job import Job
    from crm.importing.run import Report
    from db.database import Database
    from voronka.progress import Tell


def import_leads(database: Database, progress: Tell) -> Report:
    """Import the sample leads; a second time nothing comes in twice.  ``progress`` hears of the rows that are safe."""
    rows = sum(1 for _ in LEADS.open(encoding="utf-8")) - 1

    def on_progress(_read: int, _size: int, job: Job) -> None:
        progress(job.position, rows)

    wanted = Import("leads", LEADS, load_mapping(LEADS_MAP, kind="leads"))
    return run_import(database, wanted, by=SYSTEM, on_progress=on_progress)
