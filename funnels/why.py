"""Why did nothing happen?  What looked at a deal or lead and refused, what it is in now, and what watches it at all."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import bindparam, func, select

from crm.directory import Directory, directory
from crm.records.timeline import concerns
from crm.tables.journal import event, inbox
from db.sets import in_set
from db.work import Work
from engine.condition import Reason
from engine.event import EVENT_KINDS, KIND_BY_CODE, SUBJECT_CODES
from engine.text import LazyText, _l
from funnels.naming import FunnelName, funnel_names, node_titles
from funnels.programs import Programs, Start, programs
from funnels.stored_error import error_words
from funnels.tables import funnel, refusal, run, subscription, token

MOST: Final = 20
_PARKED, _COMPLETED = 2, 10
Kind = Literal["deal", "lead"]


@dataclass(frozen=True, slots=True)
class Refused:
    """A trigger that looked and did not start: when it did so last, how often, and why.

    ``first`` is the first failing part of its filter, with the value seen; ``message`` says all other reasons.
    """

    funnel: FunnelName
    node: str
    at: datetime
    kind: str
    code: str
    message: LazyText | str
    first: Reason | None
    times: int


@dataclass(frozen=True, slots=True)
class Inside:
    """A run: where it stands (``nodes``), since when, until when at the latest, and what kinds of events it waits for."""

    run_id: int
    funnel: FunnelName
    is_parked: bool
    error: str
    nodes: tuple[str, ...]
    since: datetime
    until: datetime | None
    awaits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that is over, and with which outcome."""

    run_id: int
    funnel: FunnelName
    outcome: str | None
    is_cancelled: bool
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Why:
    """All that can be said: refusals newest first, runs inside, runs that are over, funnels that watch such records.

    ``idle`` are funnels that would watch, but are paused, stopped or draining.  ``unseen`` events nobody has looked at yet,
    ``unseen_since`` when the first of them happened.
    """

    refused: tuple[Refused, ...]
    inside: tuple[Inside, ...]
    ended: tuple[Ended, ...]
    watching: tuple[FunnelName, ...]
    idle: tuple[FunnelName, ...]
    unseen: int
    unseen_since: datetime | None


def why(
    work: Work, kind: Kind, record_id: int, person_id: int, *, plan: str | None = None, lead_id: int | None = None
) -> Why:
    """Return what funnels thought of a record that the caller may see.

    ``plan`` (a key) is the deal's, ``lead_id`` the lead it came from.  Eight queries at most, whatever happened.
    """
    names = funnel_names(work)
    deal, lead = (record_id, lead_id or 0) if kind == "deal" else (0, record_id)
    about = {"person": person_id, "deal": deal, "lead": lead}
    refusals = work.rows(_REFUSALS, about)
    runs = [row for row in work.rows(_RUNS, {"person": person_id}) if _is_about(row, deal, lead)]
    live = [row for row in runs if row.status < _COMPLETED]
    tokens: dict[int, list[Any]] = {}
    awaited: dict[int, list[str]] = {}
    if live:
        for row in work.rows(_TOKENS, {"runs": [one.id for one in live]}):
            tokens.setdefault(row.run_id, []).append(row)
        for row in work.rows(_AWAITED, {"runs": [one.id for one in live]}):
            awaited.setdefault(row.run_id, []).append(KIND_BY_CODE[row.kind].name)
    titles = node_titles(work, [row.version_id for row in (*refusals, *live)])
    unseen = work.rows(_UNSEEN, about)[0]
    watching, idle = _watchers(work, kind, plan, names)
    return Why(
        _refused(directory(work), refusals, names, titles),
        tuple(_inside(row, names, titles, tokens.get(row.id, []), awaited.get(row.id, [])) for row in live),
        tuple(
            Ended(row.id, names[row.funnel_id], row.outcome, row.status > _COMPLETED, row.ended_at)
            for row in runs
            if row.status >= _COMPLETED and row.funnel_id in names
        )[:MOST],
        watching,
        idle,
        int(unseen.events),
        unseen.since,
    )


def _is_about(row: Any, deal: int, lead: int) -> bool:
    """True for runs of the record, of the lead it came from, and of the person himself."""
    if row.subject_kind == SUBJECT_CODES["deal"]:
        return bool(row.subject_id == deal)
    if row.subject_kind == SUBJECT_CODES["lead"]:
        own = json.loads(row.state).get("deal") if row.state else None
        return bool(row.subject_id == lead or (deal and own == deal))
    return True


def _refused(
    settings: Directory, rows: Sequence[Any], names: Mapping[int, FunnelName], titles: Mapping[int, Mapping[int, str]]
) -> tuple[Refused, ...]:
    """Return the newest refusal of each trigger for each reason, with how often it came."""
    found: dict[tuple[int, int, str], list[Any]] = {}
    for row in rows:
        if row.funnel_id in names:
            found.setdefault((row.funnel_id, row.node, row.code), []).append(row)
    return tuple(
        Refused(
            names[funnel_id],
            titles.get(several[0].version_id, {}).get(node, ""),
            several[0].at,
            KIND_BY_CODE[several[0].kind].name,
            code,
            _message(settings, code, several[0].reason or {}),
            _first(several[0].reason or {}),
            len(several),
        )
        for (funnel_id, node, code), several in found.items()
    )[:MOST]


def _first(reason: Mapping[str, Any]) -> Reason | None:
    plain = reason.get("first")
    return Reason.from_plain(plain) if plain else None


def _message(settings: Directory, code: str, reason: Mapping[str, Any]) -> LazyText | str:
    """Return why a trigger did not start, in words that can be translated."""
    text = reason.get("text")
    if isinstance(text, list) and len(text) == 2:
        return LazyText(str(text[0]), params={name: _named(settings, name, one) for name, one in text[1].items()})
    match code:
        case "self_caused":
            return _l("the funnel caused the event itself")
        case "too_deep":
            return _l("too many funnels stand behind the event: it would go round and round")
        case "filter":
            return _l("the filter does not hold")
        case "paused":
            return _l("the funnel was paused")
        case "draining":
            return _l("the funnel was draining")
    return str(reason.get("message", code))


def _named(settings: Directory, name: str, value: Any) -> object:
    """Return a value of a refusal as people call it: plans and stages by their names."""
    if value is None:
        return _l("empty")
    if name == "plan" and value in settings.plan_keys:
        return settings.plan_keys[value].name
    if name == "stage":
        plans = settings.plan_keys.values()
        return next((plan.by_key[value].name for plan in plans if value in plan.by_key), value)
    return _ORIGINS.get(str(value), value) if name == "origin" else value


_ORIGINS: Final[Mapping[str, LazyText]] = {
    "hand": _l("a person"),
    "robot": _l("a robot or funnel"),
    "api": _l("a program"),
    "import": _l("an import"),
    "recall": _l("a recall"),
    "system": _l("the system"),
}


def _inside(
    row: Any,
    names: Mapping[int, FunnelName],
    titles: Mapping[int, Mapping[int, str]],
    tokens: Sequence[Any],
    awaited: Sequence[str],
) -> Inside:
    known = titles.get(row.version_id, {})
    error = json.loads(row.error) if row.error else {}
    unknown = FunnelName(row.funnel_id, "", "?", "", False)
    return Inside(
        row.id,
        names.get(row.funnel_id, unknown),
        row.status == _PARKED,
        error_words(error) or str(error.get("code") or ""),
        tuple(dict.fromkeys(known.get(one.node, "?") for one in tokens)),
        max((one.arrived_at for one in tokens), default=row.started_at),
        min((one.due_at for one in tokens if one.due_at is not None), default=None),
        tuple(dict.fromkeys(awaited)),
    )


def _watchers(
    work: Work, kind: Kind, plan: str | None, names: Mapping[int, FunnelName]
) -> tuple[tuple[FunnelName, ...], tuple[FunnelName, ...]]:
    """Return the funnels with a trigger for such records: those that work, and those that are switched off.

    One query, and the programs where they are not known yet.
    """
    rows = work.rows(_VERSIONS_OF)
    off = {row.version_id: row.id for row in rows if row.state in ("paused", "draining", "stopped")}
    known = programs(work, versions=off)
    codes = {one.code for one in EVENT_KINDS.values() if one.subject == kind or one.name == "manual.start"}
    working = dict.fromkeys(
        one.of.funnel_id
        for code in sorted(codes)
        for one in known.by_kind.get(code, ())
        if one.of.version_id not in off and _fits(one, plan)
    )
    idle = [funnel_id for version, funnel_id in off.items() if _would_watch(known, version, codes, plan)]
    return (
        tuple(names[one] for one in working if one in names),
        tuple(names[one] for one in idle if one in names),
    )


def _fits(one: Start, plan: str | None) -> bool:
    return one.narrows != "plan" or one.only is None or plan is None or one.only == plan


def _would_watch(known: Programs, version: int, codes: set[int], plan: str | None) -> bool:
    found = known.by_version.get(version)
    return found is not None and any(
        not codes.isdisjoint(EVENT_KINDS[kind].code for kind in getattr(node.block, "kinds", ()))
        and (plan is None or getattr(node.block, "plan", None) in (None, plan))
        for node in found.program.triggers
    )


_REFUSALS = (
    select(
        refusal.c.funnel_id,
        refusal.c.version_id,
        refusal.c.node,
        refusal.c.at,
        refusal.c.code,
        refusal.c.reason,
        event.c.kind,
    )
    .join_from(refusal, event, event.c.id == refusal.c.event_id)
    .where(refusal.c.person_id == bindparam("person"), concerns())
    .order_by(refusal.c.id.desc())
    .limit(200)
)
_RUNS = (
    select(
        run.c.id,
        run.c.funnel_id,
        run.c.version_id,
        run.c.subject_kind,
        run.c.subject_id,
        run.c.status,
        run.c.outcome,
        run.c.state,
        run.c.error,
        run.c.started_at,
        run.c.ended_at,
    )
    .where(run.c.person_id == bindparam("person"))
    .order_by(run.c.id.desc())
    .limit(200)
)
_TOKENS = select(token.c.run_id, token.c.node, token.c.arrived_at, token.c.due_at).where(in_set(token.c.run_id, "runs"))
_AWAITED = (
    select(token.c.run_id, subscription.c.kind)
    .join_from(token, subscription, subscription.c.token_id == token.c.id)
    .where(in_set(token.c.run_id, "runs"))
)
_UNSEEN = (
    select(func.count().label("events"), func.min(event.c.recorded_at).label("since"))
    .join_from(event, inbox, inbox.c.event_id == event.c.id)
    .where(event.c.person_id == bindparam("person"), concerns())
)
_VERSIONS_OF = select(funnel.c.id, funnel.c.version_id, funnel.c.state).where(
    funnel.c.version_id.is_not(None), funnel.c.state != "archived"
)
