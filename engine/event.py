"""Events: what happened.  One closed list of kinds, each with a permanent number and the record it is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, NamedTuple

SubjectKind = Literal["person", "lead", "contact", "company", "deal", "task"]

Origin = Literal["hand", "robot", "api", "import", "recall", "system", "form", "webhook"]
"""By what means something happened."""

SUBJECT_CODES: Final[Mapping[SubjectKind, int]] = {
    "person": 1,
    "lead": 2,
    "contact": 3,
    "company": 4,
    "deal": 5,
    "task": 6,
}
SUBJECT_KINDS: Final[Mapping[int, SubjectKind]] = {code: kind for kind, code in SUBJECT_CODES.items()}


@dataclass(frozen=True, slots=True)
class EventKind:
    """A kind of event: its permanent ``code`` in the journal and the kind of record that is its subject."""

    name: str
    code: int
    subject: SubjectKind


def _kinds(*rows: tuple[int, str, SubjectKind]) -> Mapping[str, EventKind]:
    return {name: EventKind(name, code, subject) for code, name, subject in rows}


# Numbers are permanent: the journal stores them.  Add at the end, never renumber.
EVENT_KINDS: Final[Mapping[str, EventKind]] = _kinds(
    (1, "lead.created", "lead"),
    (2, "lead.changed", "lead"),
    (3, "lead.status_changed", "lead"),
    (4, "contact.created", "contact"),
    (5, "contact.changed", "contact"),
    (6, "company.created", "company"),
    (7, "deal.created", "deal"),
    (8, "deal.moved", "deal"),
    (9, "deal.won", "deal"),
    (10, "deal.lost", "deal"),
    (11, "deal.assigned", "deal"),
    (12, "deal.changed", "deal"),
    (13, "task.created", "task"),
    (14, "task.completed", "task"),
    (15, "task.cancelled", "task"),
    (16, "task.moved", "task"),
    (17, "tag.added", "person"),
    (18, "tag.removed", "person"),
    (19, "comment.added", "person"),
    (20, "lead.assigned", "lead"),
    (21, "run.parked", "person"),
    (22, "run.repaired", "person"),
    (23, "manual.start", "person"),
    (24, "deal.recalled", "deal"),
    (25, "config.changed", "person"),
    (26, "company.changed", "company"),
    (27, "person.merged", "person"),
    (28, "form.submitted", "lead"),
    (29, "webhook.received", "person"),
    (30, "task.assigned", "task"),
    (31, "task.reopened", "task"),
    (32, "person.parted", "person"),
    (33, "lead.parted", "lead"),
    (34, "contact.parted", "contact"),
    (35, "company.parted", "company"),
    (36, "deal.parted", "deal"),
    (40, "message.sent", "person"),
    (41, "message.failed", "person"),
    (42, "http.answered", "person"),
    (50, "lead.archived", "lead"),
    (51, "lead.restored", "lead"),
    (52, "contact.archived", "contact"),
    (53, "contact.restored", "contact"),
    (54, "company.archived", "company"),
    (55, "company.restored", "company"),
    (56, "deal.archived", "deal"),
    (57, "deal.restored", "deal"),
    (58, "lead.merged", "lead"),
    (59, "contact.merged", "contact"),
    (60, "company.merged", "company"),
    (61, "deal.merged", "deal"),
    (70, "access.signed_in", "person"),
    (71, "access.refused", "person"),
    (72, "access.signed_out", "person"),
    (73, "records.exported", "person"),
)
KIND_BY_CODE: Final[Mapping[int, EventKind]] = {kind.code: kind for kind in EVENT_KINDS.values()}


class Event(NamedTuple):
    """One thing that happened, as triggers and waits see it.

    ``data`` holds ids, keys and before/after values, never names or phones.  ``depth`` counts how many funnels stand
    between a person's act (0) and this event.  ``funnel`` is the key of the funnel that caused it, if one did.
    """

    id: int
    kind: str
    person_id: int
    subject_kind: SubjectKind
    subject_id: int
    data: Mapping[str, object]
    occurred_at: datetime
    depth: int = 0
    origin: Origin = "hand"
    funnel: str | None = None
