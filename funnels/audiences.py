"""Whom a job means: records that were chosen one by one, or all for which a condition holds; as a clause, and in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import ColumnElement, and_

from crm.access.actor import Actor
from crm.conditions.fields import TABLES, SubjectFields
from crm.conditions.sql import where
from crm.directory import Directory, directory
from crm.errors import InvalidError
from crm.records.visible import is_current, is_put_away, may_see_record
from db.sets import in_set
from db.work import Work
from engine.condition import RecordCondition, check
from engine.setting_errors import problem_of
from engine.text import LazyText, _l
from funnels.starting import Kind
from funnels.words import values

MOST_CHOSEN: Final = 10_000
"""So many may be chosen one by one; more are meant by a filter."""
_CONDITION: Final = TypeAdapter(RecordCondition)
Chosen = tuple[int, ...] | None


def meant(
    work: Work, kind: Kind, chosen: Chosen, condition: Any, seen_by: Actor, *, archived: bool = False
) -> tuple[ColumnElement[bool], Mapping[str, Any]]:
    """Return the clause for the records that are meant, as far as the actor sees them, with its values.

    By a condition those are meant that are not in the archive, or, if it is about the ``archived``, those alone.  What was chosen
    may be there or not: the caller looks.

    Raises:
        InvalidError: the condition cannot be asked of such records, or too many were chosen.
    """
    if chosen is None:
        return audience(work, kind, condition, seen_by, archived=archived), {}
    require_few(chosen)
    return _as_far_as_seen(in_set(TABLES[kind].c.id, "chosen"), kind, seen_by), {"chosen": list(chosen)}


def require_few(chosen: tuple[int, ...]) -> None:
    """Refuse too many.

    Raises:
        InvalidError: they are more than can be chosen one by one.
    """
    if len(chosen) > MOST_CHOSEN:
        raise InvalidError(_l("at most {limit} can be chosen one by one; use a filter for more", limit=MOST_CHOSEN))


def audience(work: Work, kind: Kind, condition: Any, seen_by: Actor, *, archived: bool = False) -> ColumnElement[bool]:
    """Return the clause for all records for which a plain condition holds, as far as the actor sees them; ``None``: all.

    Raises:
        InvalidError: the condition cannot be asked of such records; says where.
    """
    settings = directory(work)
    clause: ColumnElement[bool] = is_put_away(kind) if archived else is_current(kind)
    if condition is not None:
        fields = SubjectFields(settings, kind)
        try:
            tree = _CONDITION.validate_python(condition)
        except ValidationError as error:
            problem = problem_of(error.errors(include_url=False)[0])[1]
            raise InvalidError(_l("the condition cannot be read: {problem}", problem=problem)) from None
        wrong = check(tree, fields)
        if wrong:
            raise InvalidError(*(one.message for one in wrong))
        clause = and_(clause, where(tree, fields, now=work.now, zone=str(settings.organization["zone"])))
    return _as_far_as_seen(clause, kind, seen_by)


def audience_words(kind: str, condition: Any, settings: Directory, *, is_chosen: bool = False) -> LazyText:
    """Return whom a job means, in words."""
    if is_chosen:
        return _l("chosen leads") if kind == "lead" else _l("chosen deals")
    if condition is None:
        return _l("all leads") if kind == "lead" else _l("all deals")
    try:
        words = values.condition(_CONDITION.validate_python(condition), settings)
    except ValidationError:  # of an older release
        words = str(condition)
    if kind == "lead":
        return _l("leads: {condition}", condition=words)
    return _l("deals: {condition}", condition=words)


def _as_far_as_seen(clause: ColumnElement[bool], kind: Kind, seen_by: Actor) -> ColumnElement[bool]:
    return clause if seen_by.sees is None else and_(clause, may_see_record(kind, seen_by.sees))
