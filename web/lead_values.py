"""Leads as rows of a file: values, not words, so that a spreadsheet can go on with them."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from crm.directory import Directory
from crm.fields.shown import fields_shown
from crm.finding.leads import LeadRow
from crm.leads.statuses import LEAD_STATUSES
from engine.text import _l
from web.sheets import Value, custom_value, local
from web.texts import translated


class LeadValues:
    """Turns leads into rows of a file: the number of each, what came with it, and the custom fields."""

    def __init__(self, settings: Directory, zone: str) -> None:
        self._settings = settings
        self._zone = ZoneInfo(zone)
        self._currency = str(settings.organization["currency"])
        words = (
            _l("Number"), _l("Lead"), _l("Name"), _l("Phone"), _l("E-mail"), _l("Company"), _l("Source"), _l("Status"),
            _l("Owner"), _l("Came"),
        )  # fmt: skip
        own = [one.definition.name for one in fields_shown(settings, "lead", None)]
        self.headings = [*map(translated, words), *own]

    def of(self, row: LeadRow) -> list[Value]:
        """Return a lead as a row."""
        one = row.lead
        return [
            one.id,
            one.title,
            one.name,
            one.phone,
            one.email,
            one.company,
            one.source,
            translated(LEAD_STATUSES[one.status]),
            one.owner.name if one.owner is not None else None,
            local(one.created_at, self._zone),
            *(
                custom_value(self._settings, field, self._currency, self._zone)
                for field in fields_shown(self._settings, "lead", row.fields)
            ),
        ]
