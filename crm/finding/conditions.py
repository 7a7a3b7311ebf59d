"""What is wanted as a condition and as SQL, and back."""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import ColumnElement, and_, true

from crm.access.actor import Viewer
from crm.conditions.fields import TABLES, Subject, SubjectFields
from crm.conditions.sql import where
from crm.directory import Directory, directory
from crm.errors import InvalidError
from crm.finding.leaves import facet_of, leaf_of
from crm.finding.text import text_of, text_part
from crm.finding.wanted import Facet, Wanted
from crm.records.visible import may_see_record
from crm.searching.hints import hint
from db.work import Work
from engine.condition import RecordCondition, check
from engine.setting_errors import problem_of
from engine.text import _l

Plain = dict[str, Any]
_CONDITION: Final[TypeAdapter[Any]] = TypeAdapter(RecordCondition)


def condition_of(wanted: Wanted, settings: Directory, today: date, *, me: str | None = None) -> Plain | None:
    """Return what is wanted as a plain condition, ``None`` where nothing is left out.

    Stretches of the calendar are fixed on ``today``; distances from now stay distances.  ``me`` is the login of whoever looks.

    Raises:
        InvalidError: there is no such field, or the values do not fit it.
    """
    fields = SubjectFields(settings, wanted.subject)
    parts = [leaf_of(facet, fields, today, me) for facet in wanted.facets]
    said = text_part(wanted.subject, wanted.text, settings)
    if said is not None:
        parts.append(said)
    if len(parts) < 2:
        return parts[0] if parts else None
    return {"op": "all", "of": parts}


def wanted_of(condition: Plain | None, subject: Subject, settings: Directory) -> Wanted | None:
    """Return what a condition asks as facets and a text; ``None`` where it is no conjunction of such."""
    if condition is None:
        return Wanted(subject)
    fields = SubjectFields(settings, subject)
    whole = text_of(subject, condition)
    parts = [condition] if whole is not None or condition.get("op") != "all" else condition["of"]
    facets: list[Facet] = []
    text = ""
    for part in parts:
        said = text_of(subject, part)
        if said is not None and not text and text_part(subject, said, settings) == part:
            text = said
            continue
        facet = facet_of(part, fields)
        if facet is None:
            return None
        facets.append(facet)
    return Wanted(subject, text, tuple(facets))


def clause_of(work: Work, wanted: Wanted, viewer: Viewer) -> ColumnElement[bool]:
    """Return the clause on the subject's table: the condition, and what the viewer may see.

    What is in the archive is wanted only where the filter asks about the archive.

    Raises:
        InvalidError: there is no such field, or the values do not fit it.
    """
    return and_(narrowed(work, wanted, viewer), may_see_record(wanted.subject, viewer), *_current(wanted))


def asks_archive(wanted: Wanted) -> bool:
    """True where a filter asks about the archive, so that what is in it can be wanted."""
    return any(facet.op != "empty" for facet in wanted.of(f"{wanted.subject}.archived_at"))


def _current(wanted: Wanted) -> list[ColumnElement[bool]]:
    columns = TABLES[wanted.subject].c
    if "archived_at" not in columns or asks_archive(wanted):
        return []
    return [columns["archived_at"].is_(None)]


def narrowed(work: Work, wanted: Wanted, viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition alone, for a query that looks itself to what the viewer may see.

    Raises:
        InvalidError: there is no such field, or the values do not fit it.
    """
    settings = directory(work)
    found = condition_of(wanted, settings, today_of(work), me=login_of(settings, viewer))
    if found is None:
        return true()
    fields = SubjectFields(settings, wanted.subject)
    tree = read_condition(found)
    wrong = check(tree, fields)
    if wrong:
        raise InvalidError(*(one.message for one in wrong))
    clause = where(tree, fields, now=work.now, zone=zone_of(settings))
    return and_(hint(work, wanted.subject, wanted.text), clause) if wanted.text else clause


def read_condition(plain: Plain) -> Any:
    """Return a plain condition as a tree.

    Raises:
        InvalidError: it is none, as where a value is too long.
    """
    try:
        return _CONDITION.validate_python(plain)
    except ValidationError as error:
        problem = problem_of(error.errors(include_url=False)[0])[1]
        raise InvalidError(_l("the filter cannot be asked: {problem}", problem=problem)) from None


def today_of(work: Work) -> date:
    """Return the present day where the company is."""
    return work.now.astimezone(ZoneInfo(zone_of(directory(work)))).date()


def zone_of(settings: Directory) -> str:
    """Return the IANA zone in which the company's days begin and end."""
    return str(settings.organization["zone"])


def login_of(settings: Directory, viewer: Viewer) -> str | None:
    """Return the login of whoever looks; ``None`` where it is no user."""
    user = settings.users.get(viewer.user_id)
    return user.login if user is not None else None
