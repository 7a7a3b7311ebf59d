"""Requests: what a run asks of a command whose answer only the database knows (who got the deal, found or not)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, NamedTuple

from engine.facts import Record

IfOpen = Literal["leave", "use", "move", "another"]


class OpenDeal(NamedTuple):
    """Open a deal of the run's person on a sales plan.

    ``plan`` and ``stage`` are keys, ``stage`` ``None`` is the first one; ``amount`` is in minor units, ``None`` is the
    plan's average check; ``owner`` is a login, ``None`` lets the plan's distribution decide.  ``if_open`` says what to do
    about an open deal that the person already has on the plan.
    """

    plan: str
    stage: str | None = None
    title: str | None = None
    amount: int | None = None
    owner: str | None = None
    if_open: IfOpen = "leave"


@dataclass(frozen=True, slots=True)
class MoveDeal:
    """Move the run's deal to another stage of its plan.

    ``only_forward`` answers ``not_forward`` instead of moving back; ``loss_reason`` is a key, needed where the lost stage asks
    for one.
    """

    stage: str
    plan: str | None = None
    only_forward: bool = False
    loss_reason: str | None = None


@dataclass(frozen=True, slots=True)
class AssignManager:
    """Give the run's deal (or its lead, where there is no deal) an owner.

    ``owner`` is a login; ``None`` lets the distribution of ``plan`` (the deal's own when ``None``) decide.
    """

    owner: str | None = None
    plan: str | None = None


Request = OpenDeal | MoveDeal | AssignManager


class Result(NamedTuple):
    """A command's answer for one item.

    ``code`` is ``done`` or a stable word (``already_there``, ``no_manager`` ...): the run leaves by the port of that name,
    ``done`` by the main port.  ``ids`` are the records made or touched.  ``records`` are their new facts.  ``detail`` is for
    people, where the code alone does not say it.
    """

    code: str
    ids: tuple[int, ...] = ()
    records: Mapping[str, Record] = MappingProxyType({})
    detail: str = ""


DONE = "done"
