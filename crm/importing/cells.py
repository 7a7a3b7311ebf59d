"""The cells of one row by target: the map applied, each cell read as what its target wants."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from crm.importing.mapping import ColumnMap, Mapping
from crm.importing.moments import parse_moment
from crm.importing.names import split_name
from crm.importing.rows import CompanyCells, PersonCells
from crm.importing.table import Column, Row, RowProblem
from crm.importing.values import (
    CellProblem,
    DecimalMark,
    parse_emails,
    parse_money,
    parse_phones,
    parse_quantity,
    parse_words,
)
from engine.text import LazyText, _l

LONGEST_TEXT: Final = 255

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]+")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CellPlan:
    """A map fitted to the columns of a file."""

    mapping: Mapping
    zone: ZoneInfo
    entries: tuple[tuple[int, str, ColumnMap, dict[str, str]], ...]
    names: dict[str, str]
    empty: frozenset[str]


def plan_of(columns: Sequence[Column], mapping: Mapping) -> CellPlan:
    """Fit a map to columns.

    Raises:
        MappingError: it does not fit.
    """
    positions = mapping.positions(columns)
    entries = tuple(
        (at, entry.to, entry, {_folded(key): value for key, value in entry.values.items()})
        for at, entry in zip(positions, mapping.columns, strict=True)
    )
    names = {to: columns[at].name for at, to, _, _ in entries}
    return CellPlan(mapping, ZoneInfo(mapping.zone), entries, names, frozenset(mapping.empty))


def _mark(entry: ColumnMap | None, default: DecimalMark | None) -> DecimalMark | None:
    return entry.decimal or default if entry is not None else default


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


class Cells:
    """The cells of one row by target, and what was found wrong with them."""

    def __init__(self, plan: CellPlan, row: Row) -> None:
        self._plan = plan
        self._row = row
        self._texts: dict[str, list[tuple[str, ColumnMap | None]]] = {}
        self.problems: list[tuple[str, LazyText]] = []
        self.kept: list[str] = []
        for at, target, entry, folded in plan.entries:
            text = row.values[at].replace("\v", "\n").strip()
            if folded:
                text = entry.values.get(text) or folded.get(_folded(text), text)
            if text and text not in plan.empty:
                self._texts.setdefault(target, []).append((text, entry))
        for target, text in plan.mapping.constants.items():
            if text and target not in self._texts:
                self._texts[target] = [(text, None)]

    def text(self, target: str) -> str | None:
        """Return a short text on one line."""
        found = self._texts.get(target)
        if not found:
            return None
        text = _CONTROL.sub(" ", found[0][0])
        if len(text) > LONGEST_TEXT:
            self._wrong(target, _l("longer than {limit} characters: shorten it", limit=LONGEST_TEXT))
            return None
        return text

    def texts(self, target: str) -> list[str]:
        """Return the texts of all columns that go there."""
        return [text for text, _ in self._texts.get(target, ())]

    def fields(self, record: str) -> dict[str, str]:
        """Return the custom fields by key."""
        prefix = f"{record}.field."
        return {
            target[len(prefix) :]: found[0][0] for target, found in self._texts.items() if target.startswith(prefix)
        }

    def value(self, target: str, parse: Callable[[str, ColumnMap | None], T | CellProblem]) -> T | None:
        """Return what one cell means, or note why it means nothing."""
        found = self._texts.get(target)
        if not found:
            return None
        value = parse(*found[0])
        if isinstance(value, CellProblem):
            self._wrong(target, value.reason)
            return None
        return value

    def contacts(self, target: str, parse: Callable[[str], tuple[str, ...] | CellProblem]) -> tuple[str, ...]:
        """Return phones or addresses of all columns that go there."""
        contacts: list[str] = []
        for text, entry in self._texts.get(target, ()):
            value = parse(text)
            if not isinstance(value, CellProblem):
                contacts.extend(value)
            elif self._plan.mapping.bad_contacts == "comment":
                self.kept.append(f"{self._name(target, entry)}: {text}")
            else:
                self._wrong(target, value.reason, entry)
        return tuple(dict.fromkeys(contacts))

    def moment(self, target: str) -> datetime | None:
        """Return a moment in aware UTC."""
        zone = self._plan.zone
        return self.value(
            target, lambda text, entry: parse_moment(text, layout=entry.date if entry else None, zone=zone)
        )

    def money(self, target: str, decimals: int) -> int | None:
        """Return an amount in minor units, not below 0."""
        default = self._plan.mapping.decimal

        def parse(text: str, entry: ColumnMap | None) -> int | CellProblem:
            amount = parse_money(text, decimals=decimals, mark=_mark(entry, default))
            if isinstance(amount, int) and amount < 0:
                return CellProblem(_l("“{text}” is below 0", text=text))
            return amount

        return self.value(target, parse)

    def quantity(self) -> Decimal | None:
        """Return the quantity of the product."""
        default = self._plan.mapping.decimal
        return self.value(
            "product.quantity",
            lambda text, entry: parse_quantity(text, mark=_mark(entry, default)),
        )

    def person(self) -> PersonCells:
        """Return who the row is about."""
        first, middle, last = (self.text(f"person.{part}_name") for part in ("first", "middle", "last"))
        name = self.text("person.name")
        if name and not first and not last:
            first, middle, last = split_name(name)
        region = self._plan.mapping.region
        return PersonCells(
            external_id=self.text("person.external_id"),
            first_name=first,
            middle_name=middle,
            last_name=last,
            phones=self.contacts("person.phone", lambda text: parse_phones(text, region=region)),
            emails=self.contacts("person.email", parse_emails),
        )

    def company(self) -> CompanyCells | None:
        """Return the company, where the row names one."""
        external_id, name = self.text("company.external_id"), self.text("company.name")
        return CompanyCells(external_id, name) if external_id or name else None

    def comment(self, record: str) -> str | None:
        """Return the comments of all columns, and the contacts kept as such."""
        return "\n".join([*self.texts(f"{record}.comment"), *self.kept]) or None

    def tags(self, record: str) -> tuple[str, ...]:
        """Return the tags of all columns, each once."""
        told = (tag for text in self.texts(f"{record}.tags") for tag in parse_words(text))
        tags = dict.fromkeys((*told, *self._plan.mapping.tags))
        if any(len(tag) > LONGEST_TEXT for tag in tags):
            self._wrong(f"{record}.tags", _l("longer than {limit} characters: shorten it", limit=LONGEST_TEXT))
        return tuple(tags)

    def rejected(self, otherwise: LazyText | None = None) -> RowProblem | None:
        """Return all that is wrong with the row as one problem; ``otherwise`` where nothing else is."""
        reasons = [_l("Column “{column}”: {reason}", column=name, reason=reason) for name, reason in self.problems]
        if not reasons and otherwise is None:
            return None
        reason = reasons[0] if reasons else otherwise
        for other in reasons[1:]:
            reason = _l("{one}; {other}", one=reason, other=other)
        assert reason is not None
        column = self.problems[0][0] if self.problems else ""
        return RowProblem(self._row.line, reason, cells=self._row.values, column=column)

    def _wrong(self, target: str, reason: LazyText, entry: ColumnMap | None = None) -> None:
        self.problems.append((self._name(target, entry), reason))

    def _name(self, target: str, entry: ColumnMap | None) -> str:
        return str(entry.column) if entry is not None else self._plan.names.get(target, target)
