"""Directories to choose from: sales channels and reasons of refusal.  Tags need no setting up: see ``crm.records.tags``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select

from crm.access.actor import Actor
from crm.directory import directory
from crm.errors import InvalidError
from crm.settings.change import KEPT, Kept, Refers, clean_name, given, note, note_many, require_unused, row_by_key
from crm.settings.keys import new_key
from crm.settings.logins import folded_login
from crm.tables.records import deal, lead
from crm.tables.settings import channel, loss_reason
from db.work import Work
from engine.text import LazyText, _l, _ln

DEFAULT_LOSS_REASONS: Final = (
    _l("Too expensive"),
    _l("Chose a competitor"),
    _l("No need any more"),
    _l("Does not answer"),
    _l("Wrong number"),
)
"""To be offered, in the company's language, when it is set up."""


@dataclass(frozen=True, slots=True)
class NewChannel:
    """A way clients come: website, partners.  ``leader`` is a login.  ``key`` ``None`` is made from the name."""

    name: str
    key: str | None = None
    leader: str | None = None
    has_quotations: bool = False
    has_pipeline: bool = True
    has_leads: bool = True


@dataclass(frozen=True, slots=True)
class ChannelChange:
    """What to change of a channel; ``KEPT`` stays, ``None`` takes the leader away."""

    name: str | Kept = KEPT
    leader: str | Kept | None = KEPT
    has_quotations: bool | Kept = KEPT
    has_pipeline: bool | Kept = KEPT
    has_leads: bool | Kept = KEPT
    is_active: bool | Kept = KEPT


@dataclass(frozen=True, slots=True)
class NewLossReason:
    """Why clients refuse: of leads (junk), of deals (lost), or of both."""

    name: str
    key: str | None = None
    for_leads: bool = True
    for_deals: bool = True
    asks_comment: bool = False


@dataclass(frozen=True, slots=True)
class LossReasonChange:
    """What to change of a reason; ``KEPT`` stays.  One that is not active is offered no more."""

    name: str | Kept = KEPT
    for_leads: bool | Kept = KEPT
    for_deals: bool | Kept = KEPT
    asks_comment: bool | Kept = KEPT
    is_active: bool | Kept = KEPT


def add_channels(work: Work, new: Sequence[NewChannel], *, by: Actor) -> tuple[str, ...]:
    """Add channels, and return their keys in order.  All or none.

    Raises:
        InvalidError: a name or key cannot be.
        NotFoundError: a leader does not exist.
    """
    by.require("settings.edit")
    settings = directory(work)
    taken = set(settings.channel_keys)
    rows = []
    for id_, one in zip(work.ids("channel", len(new)), new, strict=True):
        name = clean_name(one.name, _CHANNEL)
        key = new_key(name, taken, wanted=one.key, otherwise="channel")
        taken.add(key)
        leader = settings.user(folded_login(one.leader)).id if one.leader else None
        rows.append((id_, key, name, leader, one.has_quotations, one.has_pipeline, one.has_leads, True))
    columns = ("id", "key", "name", "leader_id", "has_quotations", "has_pipeline", "has_leads", "is_active")
    work.insert(channel, columns, rows)
    note_many(work, "channel", [(key, id_) for id_, key, *_ in rows], "created", by)
    return tuple(key for _, key, *_ in rows)


def change_channel(work: Work, key: str, change: ChannelChange, *, by: Actor) -> None:
    """Change a channel.

    Raises:
        NotFoundError: the channel or its leader does not exist.
        InvalidError: the name cannot be.
    """
    by.require("settings.edit")
    row = row_by_key(work, channel, "channel", key)
    names = ("has_quotations", "has_pipeline", "has_leads", "is_active")
    values = given({name: getattr(change, name) for name in names})
    if not isinstance(change.name, Kept):
        values["name"] = clean_name(change.name, _CHANNEL)
    if not isinstance(change.leader, Kept):
        leader = change.leader
        values["leader_id"] = directory(work).user(folded_login(leader)).id if leader else None
    if values:
        work.execute(channel.update().where(channel.c.id == row.id).values(**values))
        note(work, "channel", key, "changed", row.id, by)


def remove_channel(work: Work, key: str, *, by: Actor, refers: Refers | None = None) -> None:
    """Remove a channel that nothing came by; one that is in use can be made inactive.

    Raises:
        NotFoundError: there is no such channel.
        InUseError: leads came by it, or funnels name it.
    """
    by.require("settings.edit")
    row = row_by_key(work, channel, "channel", key)
    settings = directory(work)
    named = [one.name for one in settings.forms.values() if one.channel == key]
    named += [one.name for one in settings.webhooks.values() if one.channel == key]
    require_unused("channel", key, [*_leads(work, lead.c.channel_id == row.id), *named], refers)
    work.execute(channel.delete().where(channel.c.id == row.id))
    note(work, "channel", key, "removed", row.id, by)


def add_loss_reasons(work: Work, new: Sequence[NewLossReason], *, by: Actor) -> tuple[str, ...]:
    """Add reasons of refusal, and return their keys in order.  All or none.

    Raises:
        InvalidError: a name or key cannot be, or a reason is for nothing.
    """
    by.require("settings.edit")
    taken = set(directory(work).loss_reason_keys)
    rows = []
    for id_, one in zip(work.ids("loss_reason", len(new)), new, strict=True):
        name = clean_name(one.name, _REASON)
        _for_something(one.for_leads, one.for_deals)
        key = new_key(name, taken, wanted=one.key, otherwise="reason")
        taken.add(key)
        rows.append((id_, key, name, one.for_leads, one.for_deals, one.asks_comment, True))
    columns = ("id", "key", "name", "for_leads", "for_deals", "asks_comment", "is_active")
    work.insert(loss_reason, columns, rows)
    note_many(work, "loss_reason", [(key, id_) for id_, key, *_ in rows], "created", by)
    return tuple(key for _, key, *_ in rows)


def change_loss_reason(work: Work, key: str, change: LossReasonChange, *, by: Actor) -> None:
    """Change a reason of refusal.

    Raises:
        NotFoundError: there is no such reason.
        InvalidError: the name cannot be, or it would be for nothing.
    """
    by.require("settings.edit")
    row = row_by_key(work, loss_reason, "loss reason", key)
    names = ("for_leads", "for_deals", "asks_comment", "is_active")
    values = given({name: getattr(change, name) for name in names})
    if not isinstance(change.name, Kept):
        values["name"] = clean_name(change.name, _REASON)
    _for_something(values.get("for_leads", row.for_leads), values.get("for_deals", row.for_deals))
    if values:
        work.execute(loss_reason.update().where(loss_reason.c.id == row.id).values(**values))
        note(work, "loss_reason", key, "changed", row.id, by)


def remove_loss_reason(work: Work, key: str, *, by: Actor, refers: Refers | None = None) -> None:
    """Remove a reason that nobody gave; one that is in use can be made inactive.

    Raises:
        NotFoundError: there is no such reason.
        InUseError: deals were lost for it, or funnels name it.
    """
    by.require("settings.edit")
    row = row_by_key(work, loss_reason, "loss reason", key)
    lost = work.scalar(select(func.count()).select_from(deal).where(deal.c.loss_reason_id == row.id))
    places = [_ln("{count} deal", "{count} deals", lost)] if lost else []
    require_unused("loss_reason", key, places, refers)
    work.execute(loss_reason.delete().where(loss_reason.c.id == row.id))
    note(work, "loss_reason", key, "removed", row.id, by)


@dataclass(frozen=True, slots=True)
class LossReason:
    """A reason of refusal as a list offers it."""

    key: str
    name: str
    for_leads: bool
    for_deals: bool
    asks_comment: bool
    is_active: bool


def loss_reasons(work: Work) -> tuple[LossReason, ...]:
    """Return all reasons of refusal, by name.  One query."""
    columns: list[ColumnElement[Any]] = [loss_reason.c[name] for name in LossReason.__slots__]
    return tuple(LossReason(*row) for row in work.rows(select(*columns).order_by(loss_reason.c.name)))


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel as a list shows it."""

    key: str
    name: str
    leader_id: int | None
    is_active: bool


def channels_in_order(work: Work) -> tuple[Channel, ...]:
    """Return all channels, by name.  One query."""
    columns: list[ColumnElement[Any]] = [channel.c[name] for name in Channel.__slots__]
    return tuple(Channel(*row) for row in work.rows(select(*columns).order_by(channel.c.name)))


def _leads(work: Work, which: ColumnElement[bool]) -> list[LazyText]:
    count = work.scalar(select(func.count()).select_from(lead).where(which))
    return [_ln("{count} lead", "{count} leads", count)] if count else []


def _for_something(for_leads: bool, for_deals: bool) -> None:
    if not (for_leads or for_deals):
        raise InvalidError(_l("a reason of refusal is for leads, for deals, or for both"))


_CHANNEL: Final = _l("the channel's name")
_REASON: Final = _l("the reason's name")
