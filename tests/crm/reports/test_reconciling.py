"""Each figure of each report is what the list shows that it leads to."""

from collections.abc import Mapping
from datetime import date

import pytest
from sqlalchemy import func, select

from crm.finding.conditions import clause_of
from crm.reports.asked import Asked
from crm.reports.reporting import report
from crm.tables.records import deal, task
from tests.crm.reports.selling import eyes

SINCE, UNTIL = date(2026, 1, 20), date(2026, 2, 20)
CHOSEN = {"period": "chosen", "since": SINCE, "until": UNTIL}
ASKED = [
    Asked(type="refusals", groups=()),
    Asked(type="refusals", groups=("plan", "owner"), **CHOSEN),
    Asked(type="refusals", groups=("owner",), plans=("wholesale",), people=("ann", "bob")),
    Asked(type="refusals", groups=("product", "supervisor")),
    Asked(type="conversion", plans=("wholesale", "courses"), basis="created"),
    Asked(type="conversion", plans=("courses",), basis="closed", **CHOSEN),
    Asked(type="tempo", groups=("plan", "owner")),
    Asked(type="tempo", groups=("channel",), **CHOSEN),
    Asked(type="managers", groups=("owner",), people=("ann", "cid", "mark"), **CHOSEN),
    Asked(type="managers", groups=("supervisor",)),
    Asked(type="sales", groups=("channel", "plan"), basis="created"),
    Asked(type="sales", groups=("source",), period="chosen", until=UNTIL),
    Asked(type="sales", groups=("product",), basis="created", period="chosen", since=SINCE),
    Asked(type="sales", groups=("owner", "supervisor")),
    Asked(type="sales", groups=("month", "plan"), **CHOSEN),
    Asked(type="refusals", groups=("month",)),
    Asked(type="sales", groups=("field.size", "field.urgent"), basis="created"),
    Asked(type="sales", groups=("field.wishes",), plans=("courses",)),
]


NAMES = [f"{asked.type}-{'-'.join(asked.groups)}-{asked.period}" for asked in ASKED]
UNKNOWN = "of them came in closed: their way is not known"


def listed(work, narrowing, viewer):
    """What the list of a filter holds: its number, and its sums where they are of deals."""
    clause = clause_of(work, narrowing.wanted, viewer)
    if narrowing.subject == "task":
        return work.scalar(select(func.count()).select_from(task).where(clause)), {}
    query = select(deal.c.currency, func.count(), func.sum(deal.c.amount)).where(clause).group_by(deal.c.currency)
    rows = work.rows(query)
    return sum(row[1] for row in rows), {row[0]: int(row[2]) for row in rows if row[2]}


def figures(found):
    for table in found.tables:
        for line in [*table.lines, *([table.total] if table.total else [])]:
            for column, cell in zip(table.columns, line.cells, strict=True):
                if cell.leads_to is not None and cell.value:
                    yield (table.key, line.names, column.key, cell.leads_to.fields), cell


@pytest.mark.parametrize("login", [None, "bob"])
@pytest.mark.parametrize("asked", ASKED, ids=NAMES)
def test_every_figure_is_what_its_list_holds(sold, asked, login):
    lists = {}
    with sold.reading() as work:
        viewer = eyes(work, login)
        for where, cell in figures(report(work, asked, viewer=viewer)):
            if cell.leads_to not in lists:
                lists[cell.leads_to] = listed(work, cell.leads_to, viewer)
            number, sums = lists[cell.leads_to]
            assert cell.value == (sums if isinstance(cell.value, Mapping) else number), where

    assert len(lists) >= 3


@pytest.mark.parametrize("asked", ASKED, ids=NAMES)
def test_lines_add_up_to_the_total(sold, asked):
    with sold.reading() as work:
        found = report(work, asked, viewer=eyes(work, None))

    for table in found.tables:
        if table.total is None or table.is_overlapping:
            continue
        for place, column in enumerate(table.columns):
            whole = table.total.cells[place].value
            if column.kind == "count" and column.key not in ("been", "skipped") and whole is not None:
                values = [line.cells[place].value or 0 for line in table.lines if line.names[0] != UNKNOWN]
                assert sum(values) == whole, (table.key, column.key)
