"""The columns that a list of deals can have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from crm.conditions.fields import SubjectFields
from crm.directory import Directory
from crm.finding.orders import NEXT_TASK, can_sort
from engine.text import LazyText, _l
from web.finding_words import field_label
from web.texts import translated

LIST: Final = "deals"
FIRST: Final = "deal.title"
"""Always there: it leads to the card."""
USUAL: Final = ("deal.stage", "deal.amount", "deal.owner", NEXT_TASK, "deal.tags", "deal.stage_entered_at")
EDITED: Final = frozenset({"deal.stage", "deal.amount", "deal.owner"})
"""Changed within the list."""
_BUILT_IN: Final = (
    "deal.plan", "deal.stage", "deal.amount", "deal.owner", NEXT_TASK, "deal.tags", "deal.stage_entered_at",
    "deal.created_at", "deal.closed_at", "deal.lost_reason", "contact.name", "contact.phone", "contact.email", "company.name",
    "lead.source",
)  # fmt: skip
_WORDS: Final[Mapping[str, LazyText]] = {
    FIRST: _l("Deal"),
    NEXT_TASK: _l("Next task"),
    "deal.stage_entered_at": _l("In stage"),
    "contact.name": _l("Contact"),
    "contact.phone": _l("Phone"),
    "contact.email": _l("E-mail"),
    "company.name": _l("Company"),
    "lead.source": _l("Source"),
}


class ColumnShown(NamedTuple):
    """A column: the path of its field, its heading, whether it holds figures, and whether the list can be sorted by it."""

    path: str
    words: str
    is_figure: bool
    can_sort: bool


def known_columns(settings: Directory) -> list[str]:
    """Return all columns beside the first, in the order of a list."""
    own = [f"deal.field.{key}" for kind, key in settings.fields if kind == "deal"]
    return [*_BUILT_IN, *own]


def columns_shown(settings: Directory, chosen: Sequence[str] | None, *, all_plans: bool) -> list[ColumnShown]:
    """Return the columns of a list: those that were chosen, as far as they are still there, else the usual ones."""
    known = known_columns(settings)
    usual = ["deal.plan", *USUAL] if all_plans else list(USUAL)
    paths = [path for path in chosen if path in known] if chosen is not None else usual
    return [column_of(settings, path) for path in (FIRST, *paths)]


def column_of(settings: Directory, path: str) -> ColumnShown:
    """Return a column by its path."""
    fields = SubjectFields(settings, "deal")
    words = translated(_WORDS[path]) if path in _WORDS else field_label(path, fields)
    is_figure = fields.kind(path) in ("money", "number")
    return ColumnShown(path, words, is_figure, can_sort("deal", path, settings))
