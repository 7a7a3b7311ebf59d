"""The tables of funnels, versions, runs, tokens, steps and outgoing messages.

No foreign keys on what is written in bulk; ``doctor --deep`` checks the links.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from db.metadata import metadata
from db.types import BigId, Json, Utc
from funnels.gallery.tables import template_use as template_use
from funnels.publication.tables import publication as publication
from funnels.publication.tables import publication_place as publication_place
from funnels.publication.tables import publication_run as publication_run
from funnels.rehearsals.tables import rehearsal as rehearsal
from funnels.rehearsals.tables import rehearsal_walk as rehearsal_walk
from funnels.stories.tables import story_run as story_run

MAX_ATTEMPTS = 5
"""An event or a run that was there so often when a process ended is not tried again by itself."""
HELD = 3
"""The status of a run whose record is in the archive: nothing moves it until the record is back."""
FORGOTTEN = 0
"""The fence of a run that ended so long ago that its steps were cleared."""

funnel = Table(
    "funnel",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("state", Text, nullable=False),  # draft | published | paused | draining | stopped | archived
    Column("draft", Json, nullable=False),
    Column("numbers", Json, nullable=False),  # node id to number, never reused
    Column("version_id", BigInteger),  # the published one
    Column("changed_at", Utc, nullable=False),
    Column("version", Integer, nullable=False),
    Column("state_since", Utc),  # when it was let on, paused, drained or stopped the last time
    Column("tripped", Json),  # where it paused itself: why, and whom it told; nothing once a person changed its state
)

funnel_draft = Table(
    "funnel_draft",
    metadata,
    Column("funnel_id", ForeignKey("funnel.id"), primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),  # goes up by one with every save of the draft
    Column("changed_by", BigInteger, nullable=False),  # the actor, packed
    Column("changed_at", Utc, nullable=False),
)

funnel_version = Table(
    "funnel_version",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("funnel_id", ForeignKey("funnel.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("document", Json, nullable=False),
    Column("numbers", Json, nullable=False),
    Column("logic_hash", Text, nullable=False),
    Column("published_at", Utc, nullable=False),
    Column("published_by", BigInteger, nullable=False),
    Column("note", Text),  # what its author says about it
    UniqueConstraint("funnel_id", "number"),
)

_LIVE = text("status < 10")
_HELD = text("enrol_key is not null")

run = Table(
    "run",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("funnel_id", BigInteger, nullable=False),
    Column("version_id", BigInteger, nullable=False),
    Column("person_id", BigInteger, nullable=False),
    Column("subject_kind", SmallInteger, nullable=False),
    Column("subject_id", BigInteger, nullable=False),
    Column("enrol_key", BigInteger),  # held while no second run of the subject may start
    Column("status", SmallInteger, nullable=False),  # 1 waiting, 2 parked, 3 held; 10 completed, 11 cancelled
    Column("outcome", Text),
    Column("event_id", BigInteger),  # what started it
    Column("depth", SmallInteger, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("attempts", SmallInteger, nullable=False),
    Column("state", Text),  # compact JSON: deal, trigger values, variables, visits, joins
    Column("error", Text),  # compact JSON: node, code, message
    Column("started_at", Utc, nullable=False),
    Column("ended_at", Utc),
    Index("run_person", "person_id"),
    Index("run_live", "funnel_id", "status", postgresql_where=_LIVE, sqlite_where=_LIVE),
    Index(
        "run_enrolment",
        "funnel_id",
        "subject_kind",
        "subject_id",
        "enrol_key",
        unique=True,
        postgresql_where=_HELD,
        sqlite_where=_HELD,
    ),
)

_TIMED = text("due_at is not null")

token = Table(
    "token",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("run_id", BigInteger, nullable=False),
    Column("person_id", BigInteger, nullable=False),
    Column("lane", SmallInteger, nullable=False),
    Column("node", Integer, nullable=False),
    Column("arrived_at", Utc, nullable=False),
    Column("due_at", Utc),
    Column("held_due_at", Utc),  # when it wakes, put aside while its funnel is paused
    Column("is_arriving", Boolean, nullable=False),  # the node has not been asked yet
    Index("token_due", "due_at", postgresql_where=_TIMED, sqlite_where=_TIMED),
    Index("token_run", "run_id"),
)

subscription = Table(
    "subscription",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("token_id", BigInteger, nullable=False),
    Column("person_id", BigInteger, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("port", Text, nullable=False),
    Column("about", Text, nullable=False),  # person | deal
    Column("data", Json),  # what the event's data must hold
    Index("subscription_person", "person_id", "kind"),
    Index("subscription_token", "token_id"),
)

step = Table(
    "step",
    metadata,
    Column("run_id", BigInteger, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("at", Utc, nullable=False),
    Column("path", Text, nullable=False),  # ``number:port`` of every node answered in one walk
    PrimaryKeyConstraint("run_id", "fence"),
    sqlite_with_rowid=False,
)

node_total = Table(
    "node_total",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("funnel_id", BigInteger, nullable=False),
    Column("node", Integer, nullable=False),  # 0: the funnel as a whole
    Column("hour", BigInteger, nullable=False),  # hours since 1970
    Column("entered", BigInteger, nullable=False),
    Column("left", BigInteger, nullable=False),
    Column("failed", BigInteger, nullable=False),
    Index("node_total_funnel", "funnel_id", "node"),
    Index("node_total_hour", "hour"),
)

refusal = Table(
    "refusal",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("event_id", BigInteger, nullable=False),
    Column("funnel_id", BigInteger, nullable=False),
    Column("version_id", BigInteger, nullable=False),
    Column("node", Integer, nullable=False),
    Column("person_id", BigInteger, nullable=False),
    Column("at", Utc, nullable=False),
    Column("code", Text, nullable=False),
    Column("reason", Json),
    Index("refusal_person", "person_id"),
    Index("refusal_funnel", "funnel_id", "at"),
)

batch = Table(
    "batch",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("worker", Text, nullable=False),
    Column("started_at", Utc, nullable=False),
    Column("events", Json, nullable=False),
    Column("runs", Json, nullable=False),
)

_QUEUED = text("state = 'queued'")
_SENDING = text("state = 'sending'")
_COMING = text("state in ('queued', 'sending')")
_EMAIL = text("channel = 'email'")

outbox = Table(
    "outbox",
    metadata,
    Column(
        "id", BigId, primary_key=True
    ),  # given as rows are written: the messages of one person are sent in this order
    Column("key", Text, nullable=False, unique=True),  # run:node:visit:number
    Column("lane", SmallInteger, nullable=False),
    Column("channel", Text, nullable=False),  # email | http
    Column("person_id", BigInteger, nullable=False),
    Column("run_id", BigInteger, nullable=False),
    Column("node", Text, nullable=False),
    Column("visit", Integer, nullable=False),
    Column("deal_id", BigInteger),
    Column("lead_id", BigInteger),
    Column("depth", SmallInteger, nullable=False),  # how many funnels stand behind it
    Column("payload", Json, nullable=False),
    Column("state", Text, nullable=False),  # queued | sending | sent | failed | unknown | cancelled
    Column("attempts", SmallInteger, nullable=False),
    Column("due_at", Utc, nullable=False),
    Column("started_at", Utc),  # the last try
    Column("lease_until", Utc),
    Column("result", Json),
    Column("created_at", Utc, nullable=False),
    Column("ended_at", Utc),
    Index("outbox_due", "channel", "due_at", "id", postgresql_where=_QUEUED, sqlite_where=_QUEUED),
    Index("outbox_lease", "lease_until", postgresql_where=_SENDING, sqlite_where=_SENDING),
    Index("outbox_person", "person_id", "channel", "id", postgresql_where=_COMING, sqlite_where=_COMING),
    Index("outbox_started", "started_at", postgresql_where=_EMAIL, sqlite_where=_EMAIL),
    Index("outbox_state", "state", "id"),
    Index("outbox_run", "run_id"),
)

_UNDER_WAY = text("state in ('sampling', 'running')")

mass_start = Table(
    "mass_start",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("funnel", Text, nullable=False),  # its key
    Column("button", Text, nullable=False),
    Column("kind", Text, nullable=False),  # lead | deal
    Column("chosen", Json),  # the ids of those that were chosen one by one; nothing: by the condition
    Column("condition", Json),  # nothing: all records
    Column("per_minute", Integer, nullable=False),
    Column("sample", Integer, nullable=False),  # so many first, then it is held; 0: none
    Column("audience", BigInteger, nullable=False),  # how many there were when it was asked for
    Column("last_id", BigInteger, nullable=False),  # who came later is not meant
    Column("state", Text, nullable=False),  # sampling | held | running | aborted | finished
    Column("position", BigInteger, nullable=False),  # the last id that was looked at
    Column("started", BigInteger, nullable=False),
    Column("due_at", Utc, nullable=False),  # of the next few
    Column("problem", Json),  # why it was held, where not for the sample
    Column("caused_by", BigInteger, nullable=False),  # the actor, packed
    Column("is_cleared", Boolean, nullable=False, server_default=false()),  # whom it let in is forgotten
    Column("asked_at", Utc, nullable=False),
    Column("ended_at", Utc),
    Index("mass_start_due", "due_at", postgresql_where=_UNDER_WAY, sqlite_where=_UNDER_WAY),
)

mass_start_record = Table(
    "mass_start_record",
    metadata,
    Column("mass_start_id", BigInteger, nullable=False),
    Column("record_id", BigInteger, nullable=False),  # a lead or deal that was let in
    PrimaryKeyConstraint("mass_start_id", "record_id"),
    sqlite_with_rowid=False,
)

_AT_WORK = text("state in ('running', 'undoing')")

mass_action = Table(
    "mass_action",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("action", Text, nullable=False),  # a key of funnels.mass.actions.ACTIONS
    Column("given", Json, nullable=False),  # what the action was given
    Column("kind", Text, nullable=False),  # lead | deal
    Column("chosen", Json),  # the ids of those that were chosen one by one; nothing: by the condition
    Column("condition", Json),  # nothing: all records
    Column("audience", BigInteger, nullable=False),  # how many there were when it was asked for
    Column("last_id", BigInteger, nullable=False),  # who came later is not meant
    Column("state", Text, nullable=False),  # running | held | aborted | finished | undoing | undone
    Column("position", BigInteger, nullable=False),  # the last id that was looked at
    Column("done", BigInteger, nullable=False),
    Column("skipped", BigInteger, nullable=False),
    Column("failed", BigInteger, nullable=False),
    Column("undo_position", BigInteger, nullable=False),
    Column("undone", BigInteger, nullable=False),
    Column("kept", BigInteger, nullable=False),  # not taken back, for they were changed since
    Column("due_at", Utc, nullable=False),  # of the next batch
    Column("problem", Json),  # why it is held
    Column("caused_by", BigInteger, nullable=False),  # the actor, packed
    Column("undone_by", BigInteger),  # who takes it back, packed
    Column("is_cleared", Boolean, nullable=False),  # what the records were before is forgotten
    Column("asked_at", Utc, nullable=False),
    Column("ended_at", Utc),
    Index("mass_action_due", "due_at", postgresql_where=_AT_WORK, sqlite_where=_AT_WORK),
)

mass_action_record = Table(
    "mass_action_record",
    metadata,
    Column("mass_action_id", BigInteger, nullable=False),
    Column("record_id", BigInteger, nullable=False),
    Column("outcome", SmallInteger, nullable=False),  # 1 done, 2 skipped, 3 failed, 4 taken back, 5 left as it is
    Column("code", Text),  # why, where it was not done or not taken back
    Column("words", Json),  # the same for people
    Column("before", Json),  # what it was, as the action remembers it
    Column("version", Integer),  # of the record after it was done
    PrimaryKeyConstraint("mass_action_id", "record_id"),
    Index("mass_action_outcome", "mass_action_id", "outcome", "record_id"),
    sqlite_with_rowid=False,
)
