"""Mass actions worked off: a batch and how far it got are one transaction, so whoever dies loses and doubles nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, select

from crm.access.actor import Actor
from crm.conditions.fields import TABLES
from crm.journal import journal
from crm.records.visible import no_record
from db.sets import in_set
from db.types import dumps
from db.work import Work
from engine.request import DONE, Result
from engine.text import packed
from funnels.audiences import meant
from funnels.jobs import MASS_ACTION, note_job
from funnels.mass.action import CHANGED_SINCE, NOTHING_TO_DO, SKIPPED, MassAction, not_his
from funnels.mass.asking import MassActionState, require_may, told
from funnels.mass.locking import lock_records
from funnels.starting import Kind
from funnels.tables import mass_action_record

BATCH: Final = 200
"""Records of one transaction, where it is not asked for all at once."""
DID, SKIPPED_IT, FAILED, TAKEN_BACK, LEFT = 1, 2, 3, 4, 5
"""What became of a record; the numbers are stored."""
_RECORD: Final = ("mass_action_id", "record_id", "outcome", "code", "words", "before", "version")
_UNCHANGED: Final = Result("unchanged", detail=NOTHING_TO_DO)
_TOUCHED: Final = Result("stale", detail=CHANGED_SINCE)


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of some records: the answers by id, and what was remembered of those that were done."""

    answers: Mapping[int, Result]
    before: Mapping[int, Any]
    versions: Mapping[int, int]


def next_batch(work: Work, row: Row[Any], *, by: Actor, limit: int | None = None) -> bool:
    """Do the next records of one that is under way; false where none is left.  ``row`` is locked.

    A fixed number of statements, whatever the number of records.

    Raises:
        VoronkaError: it cannot be done to anybody any more; says why.
    """
    one, limit = told(row), limit or BATCH
    require_may(one.action, one.kind, by)
    one.action.check(work, one.kind)
    ids, records = _next(work, row, one, by, limit)
    if not ids:
        note_job(work, MASS_ACTION, row, state="finished", ended_at=work.now)
        return False
    if row.audience > limit:
        journal(work).come_in_numbers()
    tried = try_out(work, one.action, one.kind, ids, records, by=by)
    rows, counts = [], Counter[int]()
    for id_ in ids:
        outcome, why = outcome_of(tried.answers[id_])
        counts[outcome] += 1
        is_done = outcome == DID
        before = dumps(tried.before[id_]) if is_done else None
        words = dumps(packed(why.detail)) if why is not None and why.detail else None
        code = why.code if why is not None else None
        rows.append((row.id, id_, outcome, code, words, before, tried.versions.get(id_) if is_done else None))
    work.insert(mass_action_record, _RECORD, rows)
    note_job(
        work,
        MASS_ACTION,
        row,
        position=ids[-1],
        done=row.done + counts[DID],
        skipped=row.skipped + counts[SKIPPED_IT],
        failed=row.failed + counts[FAILED],
        due_at=work.now,
    )
    return True


def try_out(
    work: Work, action: MassAction, kind: Kind, ids: Sequence[int], records: Mapping[int, Row[Any]], *, by: Actor
) -> Tried:
    """Do an action to some locked records, those that are not there or not his aside; one answer for each id."""
    answers: dict[int, Result] = {}
    free = []
    for id_ in ids:
        record = records.get(id_)
        refusal = no_record(kind, id_) if record is None else not_his(kind, record, by)
        if refusal is not None:
            answers[id_] = refusal
        elif record is not None:
            free.append(record)
    before = action.before(work, kind, free) if free else {}
    meant_ = [record for record in free if record.id in before]
    answers.update((record.id, _UNCHANGED) for record in free if record.id not in before)
    results = action.act(work, kind, meant_, by=by) if meant_ else []
    versions = _versions(work, kind, [record.id for record in meant_]) if action.by_version else {}
    kept = {}
    for record, result in zip(meant_, results, strict=True):
        is_same = action.by_version and versions.get(record.id) == record.version
        answers[record.id] = _UNCHANGED if result.code == DONE and is_same else result
        if answers[record.id].code == DONE:
            kept[record.id] = action.kept(result, before[record.id])
    return Tried(answers, kept, versions)


def outcome_of(result: Result) -> tuple[int, Result | None]:
    """Return what became of a record by the command's answer, and why where it was not done."""
    if result.code == DONE:
        return DID, None
    return (SKIPPED_IT if result.code in SKIPPED else FAILED), result


def next_batch_back(work: Work, row: Row[Any], *, by: Actor, limit: int | None = None) -> bool:
    """Take back the next records of one that is being taken back; false where none is left.  ``row`` is locked.

    What a funnel looks at is told to none: a robot does not greet again whoever is put back to its stage.
    """
    one, limit = told(row), limit or BATCH
    require_may(one.action, one.kind, by)
    entry = mass_action_record.c
    query = (
        select(entry.record_id, entry.before, entry.version)
        .where(entry.mass_action_id == row.id, entry.outcome == DID, entry.record_id > row.undo_position)
        .order_by(entry.record_id)
        .limit(limit)
    )
    entries = {found.record_id: found for found in work.rows(query)}
    if not entries:
        note_job(work, MASS_ACTION, row, state="undone", ended_at=work.now)
        return False
    notes = journal(work)
    notes.start_only("")
    notes.come_in_numbers()
    answers = _taken_back(work, one, entries, by)
    back = {id_ for id_, result in answers.items() if result.code in (DONE, "unchanged")}
    work.update(
        mass_action_record,
        ("mass_action_id", "record_id"),
        ("outcome", "code", "words"),
        [
            (row.id, id_, TAKEN_BACK, None, None)
            if id_ in back
            else (row.id, id_, LEFT, result.code, dumps(packed(result.detail)) if result.detail else None)
            for id_, result in answers.items()
        ],
    )
    note_job(
        work,
        MASS_ACTION,
        row,
        undo_position=max(entries),
        undone=row.undone + len(back),
        kept=row.kept + len(answers) - len(back),
        due_at=work.now,
    )
    return True


def _taken_back(work: Work, one: MassActionState, entries: Mapping[int, Row[Any]], by: Actor) -> dict[int, Result]:
    clause, values = in_set(TABLES[one.kind].c.id, "chosen"), {"chosen": list(entries)}
    records = lock_records(work, one.action, one.kind, clause, values, limit=len(entries), by=by).records
    before = {id_: entry.before for id_, entry in entries.items()}
    touched = one.action.changed(work, one.kind, list(records.values()), before)
    answers: dict[int, Result] = {}
    free = []
    for id_, entry in entries.items():
        record = records.get(id_)
        refusal = no_record(one.kind, id_) if record is None else not_his(one.kind, record, by)
        is_changed = record is not None and one.action.by_version and record.version != entry.version
        if refusal is not None:
            answers[id_] = refusal
        elif is_changed or id_ in touched:
            answers[id_] = _TOUCHED
        elif record is not None:
            free.append(record)
    results = one.action.take_back(work, one.kind, free, before, by=by) if free else []
    answers.update({record.id: result for record, result in zip(free, results, strict=True)})
    return answers


def _next(
    work: Work, row: Row[Any], one: MassActionState, by: Actor, limit: int
) -> tuple[list[int], Mapping[int, Row[Any]]]:
    """Return the ids that come next, and those of them that are there, locked."""
    table = TABLES[one.kind]
    if row.chosen is not None:
        ids = [id_ for id_ in row.chosen if id_ > row.position][:limit]
        if not ids:
            return [], {}
        clause, values = meant(work, one.kind, tuple(ids), None, by)
        return ids, lock_records(work, one.action, one.kind, clause, values, limit=limit, by=by).records
    clause, values = meant(work, one.kind, None, one.condition, by, archived=one.action.of_archived)
    after = row.position
    while True:
        later = clause & (table.c.id > after) & (table.c.id <= row.last_id)
        records, last_id = lock_records(work, one.action, one.kind, later, values, limit=limit, by=by)
        if records or not last_id:
            return list(records), records
        after = last_id  # all of them were changed while they were waited for


def _versions(work: Work, kind: Kind, ids: Sequence[int]) -> dict[int, int]:
    table = TABLES[kind]
    rows = (
        work.rows(select(table.c.id, table.c.version).where(in_set(table.c.id, "ids")), {"ids": list(ids)})
        if ids
        else ()
    )
    return {row.id: row.version for row in rows}
