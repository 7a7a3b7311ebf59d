"""Companies: found again by name or made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from crm.access.actor import Actor
from crm.journal import Cause, cause_of, journal
from crm.tables.records import company
from db.insert_new import insert_new
from db.sets import in_set
from db.types import dumps
from db.work import Work
from engine.request import DONE, Result
from engine.text import _l

LONGEST_NAME = 255
_COLUMNS = ("id", "external_id", "name", "name_fold", "owner_id", "created_at", "version")


@dataclass(frozen=True, slots=True)
class NewCompany:
    """A company; upper and lower case and spaces make no other one."""

    name: str
    external_id: str | None = None
    cause: Cause | None = None
    owner_id: int | None = None


def find_or_create_companies(work: Work, items: Sequence[NewCompany], *, by: Actor) -> list[Result]:
    """Return the company of each item: ``done`` where it was made, ``exists`` where it was there, ``invalid`` without a name.

    Two statements, whatever the number; the first of equal names makes it.
    """
    by.require("leads.create")
    folds = [folded(item.name) for item in items]
    wanted = {fold for fold in folds if fold and len(fold) <= 2 * LONGEST_NAME}
    if not wanted:
        return [_INVALID] * len(items)
    known = _known(work, wanted)
    first = {fold: item for item, fold in zip(reversed(items), reversed(folds), strict=True) if fold in wanted}
    new = dict(zip(sorted(wanted - known.keys()), work.ids("company", len(wanted - known.keys())), strict=True))
    rows = [
        (id_, first[fold].external_id, " ".join(first[fold].name.split()), fold, first[fold].owner_id, work.now, 1)
        for fold, id_ in new.items()
    ]
    if not insert_new(work, company, _COLUMNS, rows):
        known = _known(work, wanted)
    notes, by_actor = journal(work), cause_of(by)
    answers = []
    for fold, item in zip(folds, items, strict=True):
        if fold not in wanted:
            answers.append(_INVALID)
        elif fold in new and known.setdefault(fold, new[fold]) == new[fold]:
            notes.add_text("company.created", 0, new[fold], _NOTHING, item.cause or by_actor)
            answers.append(Result(DONE, (new.pop(fold),)))
        else:
            answers.append(Result("exists", (known[fold],)))
    return answers


def folded(name: str) -> str:
    """Return a company's name as it is compared."""
    return " ".join(name.split()).casefold()


def _known(work: Work, folds: set[str]) -> dict[str, int]:
    query = select(company.c.name_fold, func.coalesce(company.c.merged_into_id, company.c.id).label("id")).where(
        in_set(company.c.name_fold, "names")
    )
    return {row.name_fold: row.id for row in work.rows(query, {"names": sorted(folds)})}


_INVALID = Result("invalid", detail=_l("a company has a name of at most {limit} characters", limit=LONGEST_NAME))
_NOTHING = dumps({})
