"""What somebody chooses for an import in the browser, and the map that follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from crm.importing.errors import MappingError
from crm.importing.mapping import ColumnMap, Mapping
from crm.importing.moments import guess_layout
from crm.importing.proposal import NOBODY, guess_decimal, propose
from crm.importing.shape import Shape
from crm.importing.table import Column
from crm.importing.targets import LINKS, MOMENTS, NUMBERS, Kind, field_key, full_target
from crm.importing.values import DecimalMark

NEW_FIELD: Final = "new"
"""The target that makes a custom field of a column."""

Funnels = Literal["all", "none", "one"]


class Choices(BaseModel):
    """All that is chosen.  Empty texts leave it to the file, or to what each cell says.

    Attributes:
        encoding: how the file is written; so are ``separator`` (one character) and ``header``.
        columns: targets by position of the column, from 1; columns that go nowhere are left out.
        plan: key of the sales plan of deals whose row names none; with leads: each gets a deal there.
        plans: what the file calls plans, by the key that is meant.
        stages: what the file calls stages, by the name or key that is meant.
        owners: what the file calls people, by the login that is meant; an empty one leaves the record without an owner.
        makes_users: people who are still unknown become users.
        funnels: which funnels new records start: all that watch for them, none, or the ``funnel``.
        tag: what every record is tagged with.
        currency: of amounts whose row tells none.
        dates: how dates are written; ``decimal`` the decimal mark.
        keeps_bad_contacts: a phone or e-mail that cannot be one is kept as a comment.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    encoding: str = ""
    separator: str = ""
    header: bool | None = None
    columns: dict[int, str] = Field(default_factory=dict)
    plan: str = ""
    plans: dict[str, str] = Field(default_factory=dict)
    stages: dict[str, str] = Field(default_factory=dict)
    owners: dict[str, str] = Field(default_factory=dict)
    makes_users: bool = False
    funnels: Funnels = "all"
    funnel: str = ""
    tag: str = ""
    currency: str = ""
    dates: str = ""
    decimal: DecimalMark | Literal[""] = ""
    keeps_bad_contacts: bool = False


def proposed_targets(kind: Kind, shape: Shape) -> dict[int, str]:
    """Return the targets of the columns that are recognised, by position; none where nothing is."""
    try:
        mapping = propose(kind, shape.columns, shape.sample)
    except MappingError:
        return {}
    at = mapping.positions(shape.columns)
    return {place + 1: entry.to for place, entry in zip(at, mapping.columns, strict=True)}


def mapping_of(kind: Kind, choices: Choices, columns: Sequence[Column], sample: Sequence[Sequence[str]]) -> Mapping:
    """Return the map that was chosen.

    Raises:
        ValidationError: two columns go to one place that takes one, or none goes anywhere.
    """
    values = {
        f"{kind.removesuffix('s')}.owner": choices.owners,
        "deal.plan": choices.plans,
        "deal.stage": choices.stages,
    }
    entries = []
    for column in columns:
        target = _target(kind, choices.columns.get(column.position, ""), column)
        if target is None:
            continue
        cells = [row[column.position - 1] for row in sample if len(row) >= column.position]
        entries.append(
            ColumnMap(
                column=column.name if column.heading else column.position,
                to=target,
                values=NOBODY if target in LINKS else values.get(target, {}),
                date=(choices.dates or guess_layout(cells)) if target in MOMENTS else None,
                decimal=(choices.decimal or guess_decimal(cells)) if target in NUMBERS else None,
            )
        )
    constants = {"currency": choices.currency} if kind == "deals" and choices.currency else {}
    return Mapping(
        kind=kind,
        columns=tuple(entries),
        constants=constants,
        tags=(choices.tag,) if choices.tag else (),
        bad_contacts="comment" if choices.keeps_bad_contacts else "reject",
        header=any(column.heading for column in columns),
        encoding=choices.encoding or None,
        separator=choices.separator or None,
    )


def _target(kind: Kind, chosen: str, column: Column) -> str | None:
    if chosen == NEW_FIELD:
        return f"{kind.removesuffix('s')}.field.{field_key(column.heading, column.position)}"
    return full_target(kind, chosen) if chosen else None
