"""Mass actions as pages and programs see them: what each does to whom, who asked, how far it is, what became of each record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, Select, select

from crm.access.actor import ActorKind, Viewer, unpack
from crm.conditions.fields import TABLES
from crm.directory import Directory, directory
from crm.errors import NotAllowedError, NotFoundError
from crm.tables.accounts import api_key
from db.sets import in_set
from db.work import Work
from engine.event import SUBJECT_CODES
from engine.text import LazyText, _l, unpacked
from funnels.mass.action import RIGHT
from funnels.mass.asking import MassActionState, may_see_mass_action, told
from funnels.mass.doing import DID, FAILED, LEFT, SKIPPED_IT, TAKEN_BACK
from funnels.mass.walking import StartFunnel, StopFunnel
from funnels.mass_start_list import audience_words
from funnels.naming import funnel_names
from funnels.starting import Kind
from funnels.subjects import Whom, whom
from funnels.tables import mass_action, mass_action_record

PAGE: Final = 50
OUTCOMES: Final[Mapping[str, int]] = {
    "done": DID,
    "skipped": SKIPPED_IT,
    "failed": FAILED,
    "undone": TAKEN_BACK,
    "kept": LEFT,
}
"""What may have become of a record, as addresses say it."""
_NAMES: Final = {code: name for name, code in OUTCOMES.items()}


@dataclass(frozen=True, slots=True)
class ListedMassAction:
    """A mass action with its words: what it does, to whom, who asked and who takes it back (empty: the command line)."""

    one: MassActionState
    words: LazyText
    audience: LazyText
    asked_by: str
    undone_by: str


@dataclass(frozen=True, slots=True)
class RecordResult:
    """What became of one record: ``outcome`` is a key of ``OUTCOMES``, ``words`` say why where it was not done."""

    about: Whom
    outcome: str
    words: str


def mass_actions(
    work: Work, *, viewer: Viewer, before: int = 0, limit: int = PAGE
) -> tuple[tuple[ListedMassAction, ...], int]:
    """Return a page of those that the viewer sees, the newest first, and what to give as ``before`` for the next (0: none).

    Three queries at most.

    Raises:
        NotAllowedError: the viewer may not change many at once.
    """
    query = _seen(viewer).order_by(mass_action.c.id.desc()).limit(limit + 1)
    if before:
        query = query.where(mass_action.c.id < before)
    rows = work.rows(query)
    shown = rows[:limit]
    return _listed(work, shown), shown[-1].id if len(rows) > limit else 0


def find_mass_action(work: Work, id_: int, *, viewer: Viewer) -> ListedMassAction:
    """Return one.  Three queries at most.

    Raises:
        NotAllowedError: the viewer may not change many at once.
        NotFoundError: there is none with this number, or he may not see it.
    """
    rows = work.rows(_seen(viewer).where(mass_action.c.id == id_))
    if not rows:
        raise NotFoundError("mass_action", id_)
    return _listed(work, rows)[0]


def results(
    work: Work, one: MassActionState, *, viewer: Viewer, outcome: str = "", after: int = 0, limit: int = PAGE
) -> tuple[tuple[RecordResult, ...], int]:
    """Return what became of records, in order of their ids, and what to give as ``after`` for the next page (0: none).

    ``outcome`` is a key of ``OUTCOMES``; empty: any.  Three queries.
    """
    entry = mass_action_record.c
    query = select(entry.record_id, entry.outcome, entry.code, entry.words).where(entry.mass_action_id == one.id)
    if outcome in OUTCOMES:
        query = query.where(entry.outcome == OUTCOMES[outcome])
    rows = work.rows(query.where(entry.record_id > after).order_by(entry.record_id).limit(limit + 1))
    shown = rows[:limit]
    return _with_names(work, one.kind, shown, viewer), shown[-1].record_id if len(rows) > limit else 0


def every_result(work: Work, one: MassActionState, *, viewer: Viewer, outcome: str = "") -> Iterator[RecordResult]:
    """Give what became of all records, read a thousand at a time."""
    after = 0
    while True:
        shown, after = results(work, one, viewer=viewer, outcome=outcome, after=after, limit=1000)
        yield from shown
        if not after:
            return


def _with_names(work: Work, kind: Kind, rows: Sequence[Row[Any]], viewer: Viewer) -> tuple[RecordResult, ...]:
    table, code = TABLES[kind], SUBJECT_CODES[kind]
    query = select(table.c.id, table.c.person_id).where(in_set(table.c.id, "ids"))
    ids = [row.record_id for row in rows]
    persons = {row.id: row.person_id for row in work.rows(query, {"ids": ids})} if ids else {}
    names = whom(work, [(code, id_, persons.get(id_, 0)) for id_ in ids], viewer=viewer)
    return tuple(
        RecordResult(
            names[code, row.record_id, persons.get(row.record_id, 0)],
            _NAMES[row.outcome],
            unpacked(row.words) if row.words is not None else row.code or "",
        )
        for row in rows
    )


def _seen(viewer: Viewer) -> Select[Any]:
    if RIGHT not in viewer.rights:
        raise NotAllowedError(RIGHT)
    return select(mass_action).where(may_see_mass_action(viewer))


def _listed(work: Work, rows: Sequence[Row[Any]]) -> tuple[ListedMassAction, ...]:
    if not rows:
        return ()
    settings, programs = directory(work), _programs(work, rows)
    states = [told(row) for row in rows]
    walks = any(isinstance(one.action, (StartFunnel, StopFunnel)) for one in states)
    funnels = {name.key: name.name for name in funnel_names(work).values()} if walks else {}
    return tuple(
        ListedMassAction(
            one,
            _words(one, settings, funnels),
            _audience(one, settings),
            _by_whom(one.caused_by, settings, programs),
            _by_whom(one.undone_by, settings, programs),
        )
        for one in states
    )


def _words(one: MassActionState, settings: Directory, funnels: Mapping[str, str]) -> LazyText:
    if isinstance(one.action, (StartFunnel, StopFunnel)):
        return _l("“{funnel}”", funnel=funnels.get(one.action.funnel, one.action.funnel))
    return one.action.told(settings)


def _audience(one: MassActionState, settings: Directory) -> LazyText:
    if one.is_chosen:
        return _l("chosen leads") if one.kind == "lead" else _l("chosen deals")
    return audience_words(one.kind, one.condition, settings)


def _by_whom(packed_actor: int | None, settings: Directory, programs: Mapping[int, str]) -> str:
    if packed_actor is None:
        return ""
    kind, id_ = unpack(packed_actor)
    if kind is ActorKind.API:
        return programs.get(id_, "")
    user = settings.users.get(id_) if kind is ActorKind.USER else None
    return user.name if user is not None else ""


def _programs(work: Work, rows: Sequence[Row[Any]]) -> dict[int, str]:
    actors = [unpack(one) for row in rows for one in (row.caused_by, row.undone_by) if one is not None]
    ids = {id_ for kind, id_ in actors if kind is ActorKind.API}
    query = select(api_key.c.id, api_key.c.name).where(in_set(api_key.c.id, "ids"))
    return {row.id: row.name for row in work.rows(query, {"ids": sorted(ids)})} if ids else {}
