"""Rows of a table through a map into leads, deals and users, or into what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, Literal

from crm.importing.cells import Cells, plan_of
from crm.importing.mapping import Mapping
from crm.importing.rows import DealRow, LeadRow, ProductCells, UserRow
from crm.importing.table import Column, Row, RowProblem
from crm.importing.values import decimals_of, parse_currency
from engine.text import _l


def read_leads(
    rows: Iterable[Row | RowProblem], columns: Sequence[Column], mapping: Mapping
) -> Iterator[LeadRow | RowProblem]:
    """Turn rows into leads, one by one, in order; problems of reading pass through.

    Raises:
        MappingError: the map does not fit the columns.
    """
    plan = plan_of(columns, mapping)
    for row in rows:
        yield row if isinstance(row, RowProblem) else _lead(row, Cells(plan, row))


def read_deals(
    rows: Iterable[Row | RowProblem], columns: Sequence[Column], mapping: Mapping, *, currency: str | None = None
) -> Iterator[DealRow | RowProblem]:
    """Turn rows into deals, one by one, in order; problems of reading pass through.

    Args:
        rows: a table, or any rows of it.
        columns: the table's columns.
        mapping: where they go.
        currency: what amounts are in where neither column nor constant says so; it gives their decimals only.

    Raises:
        MappingError: the map does not fit the columns.
    """
    plan = plan_of(columns, mapping)
    for row in rows:
        yield row if isinstance(row, RowProblem) else _deal(row, Cells(plan, row), currency)


def read_users(
    rows: Iterable[Row | RowProblem], columns: Sequence[Column], mapping: Mapping
) -> Iterator[UserRow | RowProblem]:
    """Turn rows into users, one by one, in order; problems of reading pass through.

    Raises:
        MappingError: the map does not fit the columns.
    """
    plan = plan_of(columns, mapping)
    for row in rows:
        yield row if isinstance(row, RowProblem) else _user(row, Cells(plan, row))


def _lead(row: Row, cells: Cells) -> LeadRow | RowProblem:
    lead = LeadRow(**_common(row, cells, "lead"))
    if lead.external_id or lead.title or lead.person.is_named or lead.company or cells.problems:
        return cells.rejected() or lead
    return cells.rejected(_l("Nothing tells who this is: no id, title, name, phone, e-mail or company")) or lead


def _deal(row: Row, cells: Cells, currency: str | None) -> DealRow | RowProblem:
    told = cells.value("deal.currency", lambda text, _: parse_currency(text))
    decimals = decimals_of(told or currency or "")
    deal = DealRow(
        **_common(row, cells, "deal"),
        plan=cells.text("deal.plan"),
        stage=cells.text("deal.stage"),
        amount=cells.money("deal.amount", decimals),
        currency=told,
        product=_product(cells, decimals),
        closed_at=cells.moment("deal.closed_at"),
        loss_reason=cells.text("deal.loss_reason"),
        lead=cells.text("deal.lead"),
    )
    if deal.external_id or deal.title or deal.lead or deal.person.is_named or deal.company or cells.problems:
        return cells.rejected() or deal
    return cells.rejected(_l("Nothing tells which deal this is: no id, title, lead, person or company")) or deal


def _common(row: Row, cells: Cells, kind: Literal["lead", "deal"]) -> dict[str, Any]:
    """Return the values of ``RecordRow``."""
    return {
        "line": row.line,
        "cells": row.values,
        "external_id": cells.text(f"{kind}.external_id"),
        "title": cells.text(f"{kind}.title"),
        "person": cells.person(),
        "company": cells.company(),
        "source": cells.text(f"{kind}.source"),
        "owner": cells.text(f"{kind}.owner"),
        "created_at": cells.moment(f"{kind}.created_at"),
        "tags": cells.tags(kind),
        "comment": cells.comment(kind),
        "fields": cells.fields(kind),
    }


def _user(row: Row, cells: Cells) -> UserRow | RowProblem:
    parts = [cells.text(f"user.{part}") for part in ("login", "name", "email", "role", "supervisor")]
    if any(parts[:3]) or cells.problems:
        return cells.rejected() or UserRow(row.line, row.values, *parts)
    return cells.rejected(_l("Nothing tells who this is: no login, name or e-mail")) or UserRow(0, (), *parts)


def _product(cells: Cells, decimals: int) -> ProductCells | None:
    name = cells.text("product.name")
    quantity, price = cells.quantity(), cells.money("product.price", decimals)
    return ProductCells(name, quantity or Decimal(1), price) if name else None
