"""The directory: all settings in memory, by key and by id, read again only when they changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter
from sqlalchemy import or_, select, update

from crm.errors import NotFoundError, NotSetUpError
from crm.tables.distribution import absence, plan_manager
from crm.tables.journal import event_watch
from crm.tables.settings import (
    channel,
    loss_reason,
    organization,
    resource,
    role,
    sales_plan,
    stage,
    tag,
    user_account,
)
from crm.tables.settings import (
    field as field_table,
)
from crm.tables.ways import form, webhook_in
from crm.ways.kinds import Form, Webhook, form_of, webhook_of
from db.work import Work
from engine.calendar import WorkingCalendar
from engine.template import parse


@dataclass(frozen=True, slots=True)
class User:
    """A user as the directory knows him."""

    id: int
    login: str
    name: str
    role: str
    rights: frozenset[str]
    supervisor_id: int | None
    is_active: bool
    email: str | None = None
    language: str = "en"
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """A column of a plan.  ``state`` is that of a deal in it: 0 open, 1 won, 2 lost.

    ``dwell_days``: longer a deal should not stay; ``team_id``: the user whose team works here; ``exit_fact``: what has happened
    when a deal may go on; ``only_forward``: deals do not go back from here.
    """

    id: int
    key: str
    name: str
    kind: str
    position: int
    state: int
    asks_reason: bool
    required_fields: tuple[str, ...]
    colour: str
    is_folded: bool = False
    only_forward: bool = False
    dwell_days: int | None = None
    team_id: int | None = None
    exit_fact: str = ""

    @property
    def asks(self) -> bool:
        """True where something may be asked before a deal comes here."""
        return self.asks_reason or bool(self.required_fields)


@dataclass(frozen=True, slots=True)
class Manager:
    """A member of a plan's pool; only those who take, and are not away, get new deals.

    He gets ``weight`` deals where others get one, until he has ``capacity`` open ones.  Absences that ended until ``back_at``
    are levelled.
    """

    user_id: int
    is_taking: bool
    weight: int = 1
    capacity: int | None = None
    back_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Absence:
    """When somebody is away; ``ends_at`` ``None``: until somebody says otherwise.  ``zone`` is whose days it was given in."""

    id: int
    user_id: int
    starts_at: datetime
    ends_at: datetime | None
    zone: str
    note: str

    def holds(self, moment: datetime) -> bool:
        """True where he is away at a moment."""
        return self.starts_at <= moment and (self.ends_at is None or moment < self.ends_at)

    @property
    def first_day(self) -> date:
        """The first day away."""
        return self.starts_at.astimezone(ZoneInfo(self.zone)).date()

    @property
    def last_day(self) -> date | None:
        """The last day away."""
        if self.ends_at is None:
            return None
        return (self.ends_at - timedelta(microseconds=1)).astimezone(ZoneInfo(self.zone)).date()


@dataclass(frozen=True, slots=True)
class Plan:
    """A sales plan with its stages in order and its managers in order."""

    id: int
    key: str
    name: str
    average_check: int
    currency: str
    chat_label: str
    deal_title: str
    distribution: str
    first_rule: str
    second_rule: str
    stages: tuple[Stage, ...]
    managers: tuple[Manager, ...]
    is_archived: bool
    by_key: Mapping[str, Stage] = field(repr=False)

    @property
    def first_stage(self) -> Stage:
        """Where new deals begin: the first open stage, else the first of all."""
        return next((one for one in self.stages if one.kind == "open"), self.stages[0])


@dataclass(frozen=True, slots=True)
class FieldDefinition:
    """A custom field of a kind of record."""

    id: int
    record_kind: str
    key: str
    name: str
    type: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Resource:
    """Something that is booked for times: a hall, a car, a fitter."""

    id: int
    key: str
    name: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class Directory:
    """All settings of one version.  Mappings by id and by key hold the same objects."""

    version: int
    organization: Mapping[str, Any]
    calendar: WorkingCalendar
    users: Mapping[int, User]
    logins: Mapping[str, User]
    plans: Mapping[int, Plan]
    plan_keys: Mapping[str, Plan]
    stages: Mapping[int, Stage]
    tags: Mapping[int, str]
    tag_keys: Mapping[str, int]
    channels: Mapping[int, str]
    channel_keys: Mapping[str, int]
    loss_reasons: Mapping[int, str]
    loss_reason_keys: Mapping[str, int]
    fields: Mapping[tuple[str, str], FieldDefinition]
    forms: Mapping[str, Form]
    webhooks: Mapping[str, Webhook]
    title_paths: frozenset[str]
    """The paths that the plans' titles of deals are filled from."""
    watched: Mapping[int, frozenset[str]]
    """Kinds of events that something looks at, each with the plans it looks at; the empty key is any plan."""
    resources: Mapping[int, Resource] = field(default_factory=dict)
    resource_keys: Mapping[str, Resource] = field(default_factory=dict)
    absences: Mapping[int, tuple[Absence, ...]] = field(default_factory=dict)
    """When people are or were away, by user, the earliest first; what is long over is left out."""

    def away(self, user_id: int, moment: datetime) -> Absence | None:
        """Return the absence that somebody is in at a moment; ``None`` where he is here."""
        return next((one for one in self.absences.get(user_id, ()) if one.holds(moment)), None)

    def takers(self, plan: Plan, moment: datetime) -> list[Manager]:
        """Return who of a plan's managers gets new deals at a moment, in order."""
        return [one for one in plan.managers if one.is_taking and self.away(one.user_id, moment) is None]

    def is_back(self, one: Manager, moment: datetime) -> bool:
        """True where a manager was away, and has not been levelled with the others since."""
        ends = [gone.ends_at for gone in self.absences.get(one.user_id, ()) if gone.ends_at and gone.ends_at <= moment]
        return bool(ends) and (one.back_at is None or max(ends) > one.back_at)

    def plan(self, key: str) -> Plan:
        """Return the plan with this key.

        Raises:
            NotFoundError: there is none.
        """
        found = self.plan_keys.get(key)
        if found is None:
            raise NotFoundError("sales plan", key)
        return found

    def user(self, login: str) -> User:
        """Return the user with this login.

        Raises:
            NotFoundError: there is none.
        """
        found = self.logins.get(login)
        if found is None:
            raise NotFoundError("user", login)
        return found


def directory(work: Work) -> Directory:
    """Return the settings as this transaction sees them.

    One query where nothing changed since the last transaction of this process.

    Raises:
        NotSetUpError: the database has no organization yet.
    """
    known: Directory | None = work.memo.get("directory")
    if known is not None:
        return known
    found = work.tuples(_VERSION, {})
    if not found:
        raise NotSetUpError
    version = found[0][0]
    cached: Directory | None = work.database.cache.get("directory")
    if cached is None or cached.version != version:
        cached = _read(work)
        work.after_commit(lambda: work.database.cache.update(directory=cached))
        if not work.memo.get("settings_changed"):
            work.database.cache["directory"] = cached
    work.memo["directory"] = cached
    return cached


def settings_changed(work: Work) -> None:
    """Say that this transaction changes settings: other processes will read them again, and so will this one."""
    work.memo.pop("directory", None)
    work.memo["settings_changed"] = True
    work.execute(_BUMP)


_REMEMBERED = timedelta(days=400)
CALENDAR = TypeAdapter(WorkingCalendar)
_VERSION = select(organization.c.config_version)
_BUMP = update(organization).values(config_version=organization.c.config_version + 1)
STATE_OF_KIND = {"open": 0, "undefined": 0, "won": 1, "lost": 2}


def _read(work: Work) -> Directory:
    """Read everything: thirteen queries, whatever is stored."""
    own = dict(work.rows(select(organization))[0]._mapping)
    roles = {row.id: row for row in work.rows(select(role))}
    users = {
        row.id: User(
            row.id,
            row.login,
            row.name,
            roles[row.role_id].key,
            frozenset(roles[row.role_id].rights),
            row.supervisor_id,
            row.is_active,
            row.email,
            row.language,
            row.zone,
        )
        for row in work.rows(select(user_account))
    }
    stages: dict[int, list[Stage]] = defaultdict(list)
    for row in work.rows(select(stage).order_by(stage.c.plan_id, stage.c.position, stage.c.id)):
        stages[row.plan_id].append(
            Stage(
                row.id,
                row.key,
                row.name,
                row.kind,
                row.position,
                STATE_OF_KIND[row.kind],
                row.asks_reason,
                tuple(row.required_fields),
                row.colour,
                row.is_folded,
                row.only_forward,
                row.dwell_days,
                row.team_id,
                row.exit_fact,
            )
        )
    managers: dict[int, list[Manager]] = defaultdict(list)
    for row in work.rows(
        select(plan_manager).order_by(plan_manager.c.plan_id, plan_manager.c.position, plan_manager.c.user_id)
    ):
        is_taking = row.is_taking and users[row.user_id].is_active
        managers[row.plan_id].append(Manager(row.user_id, is_taking, row.weight, row.capacity, row.back_at))
    absences: dict[int, list[Absence]] = defaultdict(list)
    recent = or_(absence.c.ends_at.is_(None), absence.c.ends_at > work.now - _REMEMBERED)
    for row in work.rows(select(absence).where(recent).order_by(absence.c.starts_at, absence.c.id)):
        gone = Absence(row.id, row.user_id, row.starts_at, row.ends_at, row.zone, row.note)
        absences[row.user_id].append(gone)
    plans = {
        row.id: Plan(
            row.id,
            row.key,
            row.name,
            row.average_check,
            row.currency,
            row.chat_label,
            row.deal_title,
            row.distribution,
            row.first_rule,
            row.second_rule,
            tuple(stages[row.id]),
            tuple(managers[row.id]),
            row.is_archived,
            {one.key: one for one in stages[row.id]},
        )
        for row in work.rows(select(sales_plan))
    }
    tags = work.rows(select(tag.c.id, tag.c.name, tag.c.name_key))
    channels = work.rows(select(channel.c.id, channel.c.key))
    reasons = work.rows(select(loss_reason.c.id, loss_reason.c.key))
    resources = [
        Resource(row.id, row.key, row.name, row.is_active)
        for row in work.rows(select(resource).order_by(resource.c.name, resource.c.id))
    ]
    watched: dict[int, set[str]] = defaultdict(set)
    for row in work.rows(select(event_watch.c.kind, event_watch.c.plan)):
        watched[row.kind].add(row.plan)
    return Directory(
        version=own["config_version"],
        organization=own,
        calendar=CALENDAR.validate_python(own["calendar"]),
        users=users,
        logins={user.login: user for user in users.values()},
        plans=plans,
        plan_keys={plan.key: plan for plan in plans.values()},
        stages={one.id: one for several in stages.values() for one in several},
        tags={row.id: row.name for row in tags},
        tag_keys={row.name_key: row.id for row in tags},
        channels={row.id: row.key for row in channels},
        channel_keys={row.key: row.id for row in channels},
        loss_reasons={row.id: row.key for row in reasons},
        loss_reason_keys={row.key: row.id for row in reasons},
        fields={
            (row.record_kind, row.key): FieldDefinition(
                row.id, row.record_kind, row.key, row.name, row.type, tuple(row.options)
            )
            for row in work.rows(select(field_table))
        },
        forms={row.key: form_of(row) for row in work.rows(select(form).order_by(form.c.key))},
        webhooks={row.key: webhook_of(row) for row in work.rows(select(webhook_in).order_by(webhook_in.c.key))},
        title_paths=frozenset(path for plan in plans.values() for path in parse(plan.deal_title).paths),
        watched={kind: frozenset(plans_) for kind, plans_ in watched.items()},
        resources={one.id: one for one in resources},
        resource_keys={one.key: one for one in resources},
        absences={user: tuple(several) for user, several in absences.items()},
    )
