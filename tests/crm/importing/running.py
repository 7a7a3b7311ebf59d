"""Short ways to import in a test, and to look at what came of it."""

from pathlib import Path
from typing import Any

from sqlalchemy import Table, func, select

from crm.access.actor import SYSTEM
from crm.directory import directory
from crm.importing.answers import Target
from crm.importing.job import rejected_rows
from crm.importing.mapping import Mapping
from crm.importing.run import Import, Report, run_import
from crm.tables.journal import stage_total
from crm.tables.records import deal
from db.database import Database

CRM = Path(__file__).parent


def run(
    database: Database, kind: Any, path: Path, *, mapping: Any = None, trial: bool = False, **target: Any
) -> Report:
    where = Mapping.model_validate({"kind": kind, **mapping}) if isinstance(mapping, dict) else mapping
    return run_import(database, Import(kind, path, where, Target(**target), trial), by=SYSTEM)


def counts(report: Report) -> tuple[int, int, int, int]:
    return report.read, report.created, report.updated, report.rejected


def rows(database: Database, table: Table) -> list[Any]:
    with database.reading() as work:
        return list(work.rows(select(table).order_by(*table.primary_key)))


def count(database: Database, table: Table) -> int:
    with database.reading() as work:
        return int(work.scalar(select(func.count()).select_from(table)))


def reasons(database: Database, report: Report) -> list[tuple[int, str]]:
    with database.reading() as work:
        return [(one.line, str(one.reason)) for _, one in rejected_rows(work, report.job)]


def totals_by_stage(database: Database) -> dict[str, tuple[int, int]]:
    """Return deals and sums per stage as the totals say."""
    with database.reading() as work:
        stages = directory(work).stages
        found = work.rows(
            select(stage_total.c.stage_id, func.sum(stage_total.c.deals), func.sum(stage_total.c.amount)).group_by(
                stage_total.c.stage_id
            )
        )
        return {stages[id_].name: (int(deals), int(amount)) for id_, deals, amount in found}


def recount_by_stage(database: Database) -> dict[str, tuple[int, int]]:
    """Return deals and sums per stage as the deals themselves say."""
    with database.reading() as work:
        stages = directory(work).stages
        found = work.rows(select(deal.c.stage_id, func.count(), func.sum(deal.c.amount)).group_by(deal.c.stage_id))
        return {stages[id_].name: (int(deals), int(amount)) for id_, deals, amount in found}
