"""Mass actions as pages and programs see them: what each does to whom, who asked, how far it is, what became of each record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, select

from crm.access.actor import Viewer
from crm.conditions.fields import TABLES
from crm.directory import Directory, directory
from db.sets import in_set
from db.work import Work
from engine.event import SUBJECT_CODES
from engine.text import LazyText, _l, unpacked
from funnels.audiences import audience_words
from funnels.job_list import PAGE, find_job, names_of_askers, page_of_jobs
from funnels.jobs import MASS_ACTION
from funnels.mass.asking import MassActionState, told
from funnels.mass.doing import DID, FAILED, LEFT, SKIPPED_IT, TAKEN_BACK
from funnels.mass.walking import StartFunnel, StopFunnel
from funnels.naming import funnel_names
from funnels.starting import Kind
from funnels.subjects import Whom, whom
from funnels.tables import mass_action_record

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
    rows, following = page_of_jobs(work, MASS_ACTION, viewer=viewer, before=before, limit=limit)
    return _listed(work, rows), following


def find_mass_action(work: Work, id_: int, *, viewer: Viewer) -> ListedMassAction:
    """Return one.  Three queries at most.

    Raises:
        NotAllowedError: the viewer may not change many at once.
        NotFoundError: there is none with this number, or he may not see it.
    """
    return _listed(work, [find_job(work, MASS_ACTION, id_, viewer=viewer)])[0]


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


def _listed(work: Work, rows: Sequence[Row[Any]]) -> tuple[ListedMassAction, ...]:
    if not rows:
        return ()
    settings = directory(work)
    name = names_of_askers(work, (one for row in rows for one in (row.caused_by, row.undone_by)))
    states = [told(row) for row in rows]
    walks = any(isinstance(one.action, (StartFunnel, StopFunnel)) for one in states)
    funnels = {name.key: name.name for name in funnel_names(work).values()} if walks else {}
    return tuple(
        ListedMassAction(
            one,
            _words(one, settings, funnels),
            audience_words(one.kind, one.condition, settings, is_chosen=one.is_chosen),
            name(one.caused_by),
            name(one.undone_by),
        )
        for one in states
    )


def _words(one: MassActionState, settings: Directory, funnels: Mapping[str, str]) -> LazyText:
    if isinstance(one.action, (StartFunnel, StopFunnel)):
        return _l("“{funnel}”", funnel=funnels.get(one.action.funnel, one.action.funnel))
    return one.action.told(settings)
