"""Deals as rows of a file: values, not words, so that a spreadsheet can go on with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from crm.conditions.fields import SubjectFields
from crm.directory import Directory, directory
from crm.fields.shown import FieldShown
from crm.finding.columns import columns_of
from crm.finding.deals import DealRow
from crm.finding.orders import NEXT_TASK
from crm.importing.values import decimals_of
from db.work import Work
from engine.text import _l
from web.deal_columns import FIRST, LIST, ColumnShown, columns_shown
from web.finding import choices_of
from web.sheets import Value, custom_value, local
from web.texts import translated
from web.visit import viewer, visit

CURRENCY: Final = "deal.currency"
ID: Final = "deal.id"


class Values:
    """Turns deals into rows of a file: the number of each, then the columns; an amount is followed by its currency."""

    def __init__(
        self, settings: Directory, columns: Sequence[ColumnShown], reasons: Mapping[str, str], zone: str
    ) -> None:
        self._settings = settings
        self._zone = ZoneInfo(zone)
        self._reasons = reasons
        self._paths = [ID]
        self.headings = [translated(_l("Number"))]
        for column in columns:
            self._paths.append(column.path)
            self.headings.append(column.words)
            if column.path == "deal.amount":
                self._paths.append(CURRENCY)
                self.headings.append(translated(_l("Currency")))
        users = settings.users
        self._values: Mapping[str, Callable[[DealRow], Value]] = {
            ID: lambda row: row.card.id,
            FIRST: lambda row: row.card.title,
            CURRENCY: lambda row: row.card.currency,
            "deal.amount": lambda row: Decimal(row.card.amount).scaleb(-decimals_of(row.card.currency)),
            "deal.stage": lambda row: settings.stages[row.card.stage_id].name,
            "deal.plan": lambda row: settings.plans[row.card.plan_id].name,
            "deal.owner": lambda row: users[row.card.owner_id or 0].name if row.card.owner_id in users else None,
            NEXT_TASK: lambda row: row.card.task.title if row.card.task is not None else None,
            "deal.tags": lambda row: ", ".join(row.card.tags),
            "deal.stage_entered_at": lambda row: self._local(row.card.stage_entered_at),
            "deal.created_at": lambda row: self._local(row.card.created_at),
            "deal.closed_at": lambda row: self._local(row.closed_at),
            "deal.lost_reason": lambda row: self._reasons.get(row.lost_reason or "", row.lost_reason),
            "contact.name": lambda row: row.who,
            "contact.phone": lambda row: row.phone,
            "contact.email": lambda row: row.email,
            "company.name": lambda row: row.company,
            "lead.source": lambda row: row.source,
        }

    def of(self, row: DealRow) -> list[Value]:
        """Return a deal as a row."""
        return [self._values[path](row) if path in self._values else self._custom(path, row) for path in self._paths]

    def _local(self, moment: datetime | None) -> datetime | None:
        return local(moment, self._zone)

    def _custom(self, path: str, row: DealRow) -> Value:
        definition = self._settings.fields.get(("deal", path.removeprefix("deal.field.")))
        if definition is None:
            return None
        shown = FieldShown(definition, row.fields.get(definition.key))
        return custom_value(self._settings, shown, row.card.currency, self._zone)


def values_of(work: Work, *, all_plans: bool) -> Values:
    """Return what turns deals into rows, with the columns that the visitor has chosen for his list.  Two statements."""
    settings = directory(work)
    columns = columns_shown(settings, columns_of(work, LIST, viewer=viewer()), all_plans=all_plans)
    reasons = choices_of(work, "deal.lost_reason", SubjectFields(settings, "deal"))
    return Values(settings, columns, reasons, visit().zone)
