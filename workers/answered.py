"""Answers of other systems, brought to the runs that wait: events say that there is one, the outbox holds what it says."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from db.sets import in_set
from db.work import Work
from engine.event import Event
from funnels.tables import outbox

_OWN = frozenset({"message.sent", "message.failed", "http.answered"})


def is_own_answer(event: Event, run_id: int) -> bool:
    """Tell whether an event is what became of a run's own message: no other funnel stands between the two."""
    return event.kind in _OWN and event.data.get("run") == run_id


def with_answers(work: Work, events: Sequence[Event]) -> list[Event]:
    """Return the events, those of answered requests with the ``answer``.  One query where there are such."""
    asked = [event.data.get("message") for event in events if event.kind == "http.answered"]
    if not asked:
        return list(events)
    rows = work.rows(_ANSWERS, {"ids": [one for one in asked if isinstance(one, int)]})
    answers = {row.id: (row.result or {}).get("answer") for row in rows}
    return [
        event._replace(data={**event.data, "answer": answers.get(event.data.get("message"))})
        if event.kind == "http.answered"
        else event
        for event in events
    ]


_ANSWERS = select(outbox.c.id, outbox.c.result).where(in_set(outbox.c.id, "ids"))
