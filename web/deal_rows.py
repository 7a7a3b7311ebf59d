"""Deals as rows of a list in HTML, with the columns that were chosen and the cells that are changed in place.

Put together by hand, as cards are (``web/deal_cards.py``): what is no markup of ours goes through ``escape``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from markupsafe import Markup, escape

from crm.directory import Directory
from crm.fields.shown import FieldShown
from crm.finding.deals import DealRow
from crm.finding.orders import NEXT_TASK
from engine.text import _l
from web.assets import swatch
from web.custom_fields import field_views
from web.deal_cards import CardsInHtml
from web.deal_columns import EDITED, FIRST, ColumnShown
from web.texts import day, translated
from web.words import phone

_CLASSES: Final[Mapping[str, str]] = {
    FIRST: "lead-cell",
    "deal.stage": "stage-cell",
    "deal.tags": "tags-cell",
    "deal.stage_entered_at": "quiet nowrap end-cell",
}


class RowsInHtml(CardsInHtml):
    """Writes rows for one page: what all of them share is looked up once."""

    def __init__(
        self,
        settings: Directory,
        now: datetime,
        columns: Sequence[ColumnShown],
        reasons: Mapping[str, str],
        *,
        archived: bool = False,
    ) -> None:
        super().__init__(settings, now)
        self._columns = columns
        self._reasons = reasons
        self._archived = archived
        self._change = {
            column.path: escape(translated(_l("Change: {field}", field=column.words))) for column in columns
        }
        self._cells: Mapping[str, Callable[[DealRow], str]] = {
            FIRST: self._title,
            "deal.stage": self._stage,
            "deal.plan": lambda row: escape(self._settings.plans[row.card.plan_id].name),
            "deal.amount": lambda row: self._money(row.card),
            "deal.owner": lambda row: self._owner_by_name(row.card.owner_id),
            NEXT_TASK: lambda row: self._task(row.card) if not self._archived else "",
            "deal.tags": self._tags,
            "deal.stage_entered_at": lambda row: self._ago(row.card.stage_entered_at),
            "deal.created_at": lambda row: escape(day(row.card.created_at)),
            "deal.closed_at": lambda row: escape(day(row.closed_at)),
            "deal.lost_reason": lambda row: escape(self._reasons.get(row.lost_reason or "", row.lost_reason or "")),
            "contact.name": lambda row: escape(row.who),
            "contact.phone": lambda row: escape(phone(row.phone)) if row.phone else "",
            "contact.email": lambda row: escape(row.email or ""),
            "company.name": lambda row: escape(row.company or ""),
            "lead.source": lambda row: escape(row.source or ""),
        }

    def list_rows(self, rows: Iterable[DealRow]) -> Markup:
        """Return rows of a list, one after the other."""
        return Markup("".join(map(self.list_row, rows)))  # noqa: S704  each escapes what people wrote

    def list_row(self, row: DealRow, instead: Mapping[str, str] | None = None, *, focus: str = "") -> str:
        """Return a row; ``instead`` are cells by path that are drawn otherwise, ``focus`` the one that is to have the focus."""
        card = row.card
        late = ' class="late"' if card.is_late(self._now) and not self._archived else ""
        cells = "".join(self._one(row, column, instead or {}, focus) for column in self._columns)
        return f'<tr{late} id="row-{card.id}" data-id="{card.id}" data-version="{card.version}">{cells}</tr>\n'

    def _one(self, row: DealRow, column: ColumnShown, instead: Mapping[str, str], focus: str) -> str:
        path = column.path
        kind = f"{_CLASSES.get(path, '')}{' num' if column.is_figure else ''}".strip()
        attributes = f' class="{kind}"' if kind else ""
        label = f' data-label="{escape(column.words)}"' if path not in _CLASSES else ""
        if path in instead:
            return f'<td class="{kind} editing">{instead[path]}</td>'
        inner = self._cells[path](row) if path in self._cells else self._custom(path, row)
        if path in EDITED and not self._archived and self._changes(row.card):
            at = " autofocus" if path == focus else ""
            name = path.removeprefix("deal.")
            inner = (
                f'<button type="button" class="edit" data-edit="{name}" title="{self._change[path]}"{at}>{inner}'
                f'<span class="unseen">. {self._change[path]}</span></button>'
            )
        return f"<td{attributes}{label}>{inner}</td>"

    def _title(self, row: DealRow) -> str:
        card = row.card
        who = f'<span class="sub">{escape(card.who)}</span>' if card.who not in ("", card.title) else ""
        address = f"/deals/{card.id}"
        return f'<a href="{address}" hx-get="{address}" hx-target="#drawer">{escape(card.title)}</a>{who}'

    def _stage(self, row: DealRow) -> str:
        stage = self._settings.stages[row.card.stage_id]
        return f"{swatch(stage.colour)} {escape(stage.name)}"

    def _tags(self, row: DealRow) -> str:
        return " ".join(f'<span class="chip accent">{escape(tag)}</span>' for tag in row.card.tags)

    def _custom(self, path: str, row: DealRow) -> str:
        definition = self._settings.fields.get(("deal", path.removeprefix("deal.field.")))
        value: Any = row.fields.get(definition.key) if definition is not None else None
        if definition is None or value is None:
            return ""
        [view] = field_views(self._settings, [FieldShown(definition, value)], row.card.currency)
        return escape(view.said)
