"""What really happened, brought about once more in a world: people create, move, change and complete, each at its moment.

What the rehearsed funnel did for real does not happen again by itself.  What people did to deals and tasks that it made happens
to those that it makes this time: to the person's deal on the same plan, to the task of the same block.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Table, select

from crm.directory import directory
from crm.journal import Cause, journal
from crm.tables.records import deal, record_tag, task
from db.sets import in_set
from db.types import dumps
from db.work import Work
from engine.event import SUBJECT_CODES
from workers.rehearsal.past import TABLES, Happened, Past, Place, change_tags, values_of
from workers.rehearsal.settings import put

_TAGGED: Final = ("lead", "deal", "contact", "company")
_TAG = ("record_kind", "record_id", "tag_id")


class Replay:
    """Brings events about, a few at once, in the transaction of their moment.

    ``left_out`` counts what could not happen: its record is not there this time.
    """

    def __init__(self, past: Past) -> None:
        self.left_out = 0
        self._past = past
        self._twins: dict[Place, int] = {}
        self._taken: set[Place] = set()

    def bring(self, work: Work, events: Sequence[Happened]) -> None:
        """Let events happen now: their records change, and the journal tells of them.  A fixed number of statements."""
        self._bear(work, events)
        placed = self._placed(work, events)
        self._change(work, placed)
        notes = journal(work)
        for event, place in placed:
            subject_id, text = event.subject_id, event.text
            if place[1] != event.place[1] or "deal" in event.data:
                subject_id = place[1]
                text = self._told(event, place)
            data = event.data
            plan = str(data.get("plan") or data.get("form") or data.get("webhook") or "")
            cause = Cause(event.caused_by, event.depth)
            notes.add_text(
                event.kind, event.person_id, subject_id, text, cause, plan=plan, occurred_at=event.occurred_at
            )

    def _bear(self, work: Work, events: Sequence[Happened]) -> None:
        """Write the records that come by these events, as they were then."""
        born: dict[str, list[dict[str, Any]]] = defaultdict(list)
        tags = []
        for event in events:
            place = event.place
            row = self._past.rows.get(place)
            if event.is_birth and row is not None and place in self._past.unborn:
                self._past.unborn.discard(place)
                born[place[0]].append(row)
                tags += [(SUBJECT_CODES[place[0]], place[1], one) for one in sorted(self._past.tags.get(place, ()))]  # type: ignore[index]
        for kind, rows in born.items():
            put(work, TABLES[kind], rows)
        work.insert(record_tag, _TAG, tags)

    def _placed(self, work: Work, events: Sequence[Happened]) -> list[tuple[Happened, Place]]:
        """Return the events with the records they are about this time; those without one are left out."""
        strange = [event for event in events if self._is_strange(event.place)]
        if strange:
            self._find_twins(work, strange)
        found = []
        for event in events:
            place = event.place
            if self._is_strange(place):
                if place not in self._twins:
                    self.left_out += 1
                    continue
                place = (place[0], self._twins[place])
            found.append((event, place))
        return found

    def _is_strange(self, place: Place) -> bool:
        return place[0] in TABLES and (place not in self._past.rows or place in self._past.unborn)

    def _find_twins(self, work: Work, events: Sequence[Happened]) -> None:
        """Find what stands for records that the funnel made for real.  One query each for deals and tasks."""
        for kind, table, like in (("deal", deal, "plan_id"), ("task", task, "made_by")):
            wanted = [
                one
                for one in events
                if one.place[0] == kind and one.place not in self._twins and one.place in self._past.rows
            ]
            if not wanted:
                continue
            query = select(table.c.id, table.c.person_id, table.c[like]).where(in_set(table.c.person_id, "persons"))
            made = [
                row
                for row in work.rows(query.order_by(table.c.id), {"persons": sorted({one.person_id for one in wanted})})
                if (kind, row.id) not in self._past.rows
            ]
            for event in wanted:
                if event.place in self._twins:
                    continue
                value = self._past.rows[event.place][like]
                for row in made:
                    if (row.person_id, row[2]) == (event.person_id, value) and (kind, row.id) not in self._taken:
                        self._twins[event.place] = row.id
                        self._taken.add((kind, row.id))
                        break

    def _change(self, work: Work, placed: Sequence[tuple[Happened, Place]]) -> None:
        """Change the records as the events say.  One query and one statement for each kind of record; three for tags."""
        settings = directory(work)
        changing = [(event, place) for event, place in placed if place[0] in TABLES and not event.is_birth]
        if not changing:
            return
        by_kind: dict[str, set[int]] = defaultdict(set)
        tagged: dict[Place, set[int]] = {}
        for event, place in changing:
            if event.kind.startswith("tag."):
                tagged[place] = set()
            else:
                by_kind[place[0]].add(place[1])
        for kind, ids in by_kind.items():
            table = TABLES[kind]
            rows = work.rows(select(table).where(in_set(table.c.id, "ids")), {"ids": sorted(ids)})
            current = {row.id: dict(row._mapping) for row in rows}
            touched: dict[int, None] = {}
            for event, place in changing:
                if place[0] == kind and place[1] in current and not event.kind.startswith("tag."):
                    values = values_of(settings, event, current[place[1]], "after")
                    if values:
                        current[place[1]].update(values)
                        touched[place[1]] = None
            _write(work, table, [current[one] for one in touched])
        if tagged:
            self._tag(work, [one for one in changing if one[0].kind.startswith("tag.")], tagged)

    def _tag(self, work: Work, events: Sequence[tuple[Happened, Place]], tags: dict[Place, set[int]]) -> None:
        settings = directory(work)
        query = select(record_tag).where(in_set(record_tag.c.record_id, "ids"))
        for row in work.rows(query, {"ids": sorted({id_ for _, id_ in tags})}):
            for kind in _TAGGED:
                if SUBJECT_CODES[kind] == row.record_kind and (kind, row.record_id) in tags:
                    tags[kind, row.record_id].add(row.tag_id)
        for event, place in events:
            change_tags(tags[place], settings, event)
        codes = {place: SUBJECT_CODES[place[0]] for place in tags}  # type: ignore[index]
        work.delete(record_tag, ("record_kind", "record_id"), [(code, place[1]) for place, code in codes.items()])
        work.insert(
            record_tag,
            _TAG,
            [(codes[place], place[1], one) for place, several in tags.items() for one in sorted(several)],
        )

    def _told(self, event: Happened, place: Place) -> str:
        """Return an event's data with the records that stand for others this time."""
        data = dict(event.data)
        if "task" in data and place[0] == "task":
            data["task"] = place[1]
        deal_id = data.get("deal")
        if isinstance(deal_id, int):
            data["deal"] = self._twins.get(("deal", deal_id), deal_id)
        return dumps(data)


def _write(work: Work, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        names = [column.name for column in table.columns if column.name != "id"]
        stored = [(row["id"], *(_stored(work, row[name], table, name) for name in names)) for row in rows]
        work.update(table, ("id",), tuple(names), stored)


def _stored(work: Work, value: Any, table: Table, name: str) -> Any:
    """Return a value as the driver of the world's database takes it."""
    processed = table.c[name].type.bind_processor(work.connection.dialect)
    return processed(value) if processed is not None else value
