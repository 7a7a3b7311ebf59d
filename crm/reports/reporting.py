"""Any report: what is asked, answered."""

from __future__ import annotations

from crm.access.actor import Viewer
from crm.reports.asked import Asked
from crm.reports.conversion import conversion
from crm.reports.pace import pace
from crm.reports.refusals import refusals
from crm.reports.sales import managers, sales
from crm.reports.scope import scope_of
from crm.reports.table import Report
from db.work import Work


def report(work: Work, asked: Asked, *, viewer: Viewer) -> Report:
    """Return the report over the deals that a viewer may see.  The number of statements does not grow with that of deals.

    Raises:
        NotAllowedError: the viewer may not see reports.
    """
    scope = scope_of(work, asked, viewer)
    match asked.type:
        case "refusals":
            return refusals(work, scope)
        case "conversion":
            return conversion(work, scope)
        case "tempo":
            return pace(work, scope)
        case "managers":
            return managers(work, scope)
        case "sales":
            return sales(work, scope)
