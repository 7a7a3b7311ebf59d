"""Saved reports: settings under a name, one's own or shared with everybody who sees reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pydantic import ValidationError
from sqlalchemy import or_, select

from crm.access.actor import Actor, Viewer, oneself
from crm.directory import directory
from crm.errors import InvalidError, NotAllowedError, NotFoundError
from crm.journal import cause_of, journal
from crm.reports.asked import Asked
from crm.reports.scope import RIGHT
from crm.settings.change import clean_name
from crm.tables.reports import report
from db.sets import in_set
from db.types import dumps
from db.work import Work
from engine.request import DONE, Result
from engine.text import _l

LONGEST_NAME: Final = 120
_COLUMNS = ("id", "name", "asked", "owner_id", "is_shared", "created_at", "changed_at", "changed_by", "version")
_CHANGED = ("name", "asked", "is_shared", "changed_at", "changed_by", "version")


@dataclass(frozen=True, slots=True)
class NewReport:
    """A report to save; a shared one is seen by everybody who sees reports, each over what he may see."""

    name: str
    asked: Asked
    is_shared: bool = False


@dataclass(frozen=True, slots=True)
class ReportChange:
    """What a saved report shall be; ``version`` refuses a change made on an old view of it."""

    report_id: int
    name: str
    asked: Asked
    is_shared: bool
    version: int | None = None


@dataclass(frozen=True, slots=True)
class SavedReport:
    """A saved report as a viewer finds it; ``is_mine`` says whether he may change it."""

    id: int
    name: str
    asked: Asked
    owner: str
    is_shared: bool
    is_mine: bool
    changed_at: datetime
    version: int


def saved_reports(work: Work, *, viewer: Viewer) -> tuple[SavedReport, ...]:
    """Return the viewer's reports and those that others share, by name.  One query.

    Raises:
        NotAllowedError: he may not see reports.
    """
    found = (_shown(work, row, viewer) for row in work.rows(_visible(viewer)))
    return tuple(sorted((one for one in found if one is not None), key=lambda one: (one.name.casefold(), one.id)))


def saved_report(work: Work, report_id: int, *, viewer: Viewer) -> SavedReport:
    """Return one of them.  One query.

    Raises:
        NotFoundError: there is none, or it is somebody else's own.
        NotAllowedError: he may not see reports.
    """
    rows = work.rows(_visible(viewer).where(report.c.id == report_id))
    found = _shown(work, rows[0], viewer) if rows else None
    if found is None:
        raise NotFoundError("report", report_id)
    return found


def _visible(viewer: Viewer) -> Any:
    if RIGHT not in viewer.rights:
        raise NotAllowedError(RIGHT)
    return select(report).where(or_(report.c.owner_id == viewer.user_id, report.c.is_shared))


def _shown(work: Work, row: Any, viewer: Viewer) -> SavedReport | None:
    """Return a row as a report; nothing where its settings are of a release that knew more."""
    try:
        asked = Asked.model_validate(row.asked)
    except ValidationError:
        return None
    owner = directory(work).users[row.owner_id]
    is_mine = row.owner_id == viewer.user_id
    return SavedReport(row.id, row.name, asked, owner.name, row.is_shared, is_mine, row.changed_at, row.version)


def save_reports(work: Work, items: Sequence[NewReport], *, by: Actor) -> list[Result]:
    """Save reports as the actor's own; one answer per item: ``done`` (ids: the report), ``invalid``.

    Raises:
        NotAllowedError: the actor may not see reports, or is no user.
    """
    by.require(RIGHT)
    owner_id, notes, cause, now = oneself(by), journal(work), cause_of(by), work.stored(work.now)
    answers, rows = [], []
    for id_, item in zip(work.ids("report", len(items)), items, strict=True):
        try:
            name = clean_name(item.name, _NAME, longest=LONGEST_NAME)
        except InvalidError as error:
            answers.append(Result("invalid", detail=error.args[0]))
            continue
        rows.append((id_, name, _stored(item.asked), owner_id, item.is_shared, now, now, by.packed, 1))
        notes.add("config.changed", 0, id_, _happened(name, "created"), cause)
        answers.append(Result(DONE, (id_,)))
    work.insert(report, _COLUMNS, rows)
    return answers


def change_reports(work: Work, items: Sequence[ReportChange], *, by: Actor) -> list[Result]:
    """Change saved reports of the actor; one answer per item: ``done``, ``no_record``, ``not_yours``, ``stale``, ``invalid``.

    Two statements, whatever the number.

    Raises:
        NotAllowedError: the actor may not see reports, or is no user.
    """
    found, notes, cause = _of(work, [item.report_id for item in items], by), journal(work), cause_of(by)
    answers: list[Result] = []
    changed: dict[int, tuple[object, ...]] = {}
    for item in items:
        row = found.get(item.report_id)
        refusal = _refusal(item.report_id, row, by, item.version)
        if refusal is not None or row is None:
            answers.append(refusal or _gone(item.report_id))
            continue
        try:
            name = clean_name(item.name, _NAME, longest=LONGEST_NAME)
        except InvalidError as error:
            answers.append(Result("invalid", (item.report_id,), detail=error.args[0]))
            continue
        number = row["version"] + 1
        found[item.report_id] = {**row, "name": name, "version": number}
        changed[item.report_id] = (
            item.report_id, name, _stored(item.asked), item.is_shared, work.stored(work.now), by.packed, number,
        )  # fmt: skip
        notes.add("config.changed", 0, item.report_id, _happened(name, "changed"), cause)
        answers.append(Result(DONE, (item.report_id,)))
    work.update(report, ("id",), _CHANGED, list(changed.values()))
    return answers


def remove_reports(work: Work, report_ids: Sequence[int], *, by: Actor) -> list[Result]:
    """Remove saved reports of the actor; one answer per id: ``done``, ``no_record``, ``not_yours``.  Two statements.

    Raises:
        NotAllowedError: the actor may not see reports, or is no user.
    """
    found, notes, cause = _of(work, report_ids, by), journal(work), cause_of(by)
    answers, gone = [], []
    for id_ in report_ids:
        row = found.pop(id_, None)
        refusal = _refusal(id_, row, by, None)
        if refusal is None and row is not None:
            gone.append(id_)
            notes.add("config.changed", 0, id_, _happened(row["name"], "removed"), cause)
        answers.append(refusal or Result(DONE, (id_,)))
    if gone:
        work.execute(report.delete().where(in_set(report.c.id, "gone")), {"gone": gone})
    return answers


def _of(work: Work, report_ids: Sequence[int], by: Actor) -> dict[int, dict[str, Any]]:
    by.require(RIGHT)
    seen = or_(report.c.owner_id == oneself(by), report.c.is_shared)
    query = select(report).where(in_set(report.c.id, "ids"), seen).order_by(report.c.id).with_for_update()
    return {row.id: dict(row._mapping) for row in work.rows(query, {"ids": list(report_ids)})}


def _refusal(report_id: int, row: Mapping[str, Any] | None, by: Actor, version: int | None) -> Result | None:
    if row is None:
        return _gone(report_id)
    if row["owner_id"] != by.id:
        return Result("not_yours", (report_id,), detail=_l("the report is somebody else’s: save it as one of your own"))
    if version is not None and version != row["version"]:
        return Result("stale", (report_id,), detail=_l("the report was changed meanwhile; look at it again"))
    return None


def _stored(asked: Asked) -> str:
    return dumps(asked.model_dump(mode="json"))


def _gone(report_id: int) -> Result:
    return Result("no_record", detail=_l("there is no report {report}", report=report_id))


def _happened(name: str, action: str) -> dict[str, object]:
    return {"what": "report", "key": name, "action": action}


_NAME: Final = _l("the report's name")
