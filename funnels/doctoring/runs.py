"""Runs, tokens, subscriptions, enrolment, the inbox and batches: nobody is forgotten, nothing is left over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import and_, func, or_, select

from crm.journal import LANES
from crm.tables.distribution import reservation
from crm.tables.journal import event, event_watch, inbox
from db.work import Work
from engine.block import Trigger
from engine.event import EVENT_KINDS
from engine.text import _l
from funnels.doctoring.finding import Finding, found, named
from funnels.programs import Published, programs
from funnels.publication.publishing import awaited_kinds
from funnels.tables import FORGOTTEN, MAX_ATTEMPTS, batch, funnel, run, step, subscription, token

_WAITING, _PARKED, _ENDED = 1, 2, 10
_FORGOTTEN = timedelta(minutes=2)
_HELD_BY = select(subscription.c.id).where(subscription.c.token_id == token.c.id).exists()
_REPAIR = _l("look at them and use: voronka run retry, skip, move or cancel")
_REPORT = _l("this should not happen: keep a copy of the database and report it")


def rests(work: Work) -> list[Finding]:
    """Check that each live run can go on or is parked, and that no token or subscription is left over."""
    of_run = token.c.run_id == run.c.id
    can_wake = (
        select(token.c.id)
        .where(of_run, or_(token.c.due_at.is_not(None), token.c.held_due_at.is_not(None), _HELD_BY))
        .exists()
    )
    living = select(run.c.id).where(of_run, run.c.status < _ENDED).exists()
    owner = select(token.c.id).where(token.c.id == subscription.c.token_id).exists()
    return [
        *found(
            work,
            select(run.c.id).where(run.c.status == _WAITING, ~can_wake),
            "run_cannot_wake",
            lambda count: _l("runs that wait and that nothing can wake: {count}", count=count),
            _REPAIR,
        ),
        *found(
            work,
            select(run.c.id).where(run.c.status == _WAITING, run.c.attempts >= MAX_ATTEMPTS),
            "run_held",
            lambda count: _l("runs that wait and are no longer tried: {count}", count=count),
            _REPAIR,
        ),
        *found(
            work,
            select(run.c.id).where(run.c.status == _PARKED, ~select(token.c.id).where(of_run).exists()),
            "run_nowhere",
            lambda count: _l("parked runs that stand nowhere: {count}", count=count),
            _l("put them on a node: voronka run move"),
        ),
        *found(
            work,
            select(token.c.id).where(~living),
            "token_without_run",
            lambda count: _l("tokens whose run is over or does not exist: {count}", count=count),
            _REPORT,
        ),
        *found(
            work,
            select(subscription.c.id).where(~owner),
            "subscription_without_token",
            lambda count: _l("subscriptions whose token does not exist: {count}", count=count),
            _REPORT,
        ),
    ]


def queues(work: Work) -> list[Finding]:
    """Check the inbox, batches and reservations for what nobody will take up."""
    known = select(event.c.id).where(event.c.id == inbox.c.event_id).exists()
    alive = select(batch.c.id).where(batch.c.id == reservation.c.batch_id).exists()
    return [
        *found(
            work,
            select(inbox.c.event_id).where(~known),
            "inbox_without_event",
            lambda count: _l("rows of the inbox without their event: {count}", count=count),
            _REPORT,
        ),
        *found(
            work,
            select(inbox.c.event_id).where(inbox.c.attempts >= MAX_ATTEMPTS),
            "event_set_aside",
            lambda count: _l("events that could not be worked on and were set aside: {count}", count=count),
            _l(
                "the log says why (event_set_aside, batches_swept); `voronka run start` starts a funnel for those records"
            ),
            severity="warning",
        ),
        *found(
            work,
            select(batch.c.id).where(batch.c.started_at < work.now - _FORGOTTEN),
            "batch_left",
            lambda count: _l("batches whose worker seems to be dead: {count}", count=count),
            _l("start a worker: it cleans up after them and does their work"),
            severity="warning",
        ),
        *found(
            work,
            select(reservation.c.id).where(reservation.c.is_settled.is_(False), reservation.c.batch_id != 0, ~alive),
            "reservation_of_nobody",
            lambda count: _l("reserved places of batches that do not exist: {count}", count=count),
            _REPORT,
        ),
    ]


def enrolment(work: Work) -> list[Finding]:
    """Check that live runs keep a second run out, and that ended ones do so only where the trigger says once."""
    kept = select(run.c.version_id, func.min(run.c.id), func.count()).where(
        run.c.status >= _ENDED, run.c.enrol_key.is_not(None)
    )
    rows = work.rows(kept.group_by(run.c.version_id))
    known = programs(work, versions=[row.version_id for row in rows]).by_version
    wrong = [row[1] for row in rows if row.version_id not in known or not _has_once(known[row.version_id])]
    return [
        *found(
            work,
            select(run.c.id).where(run.c.status < _ENDED, run.c.enrol_key.is_(None)),
            "run_not_enrolled",
            lambda count: _l("live runs whose subject may start a second time: {count}", count=count),
            _REPORT,
        ),
        *named(
            wrong,
            "enrolment_kept",
            lambda count: _l("funnels that keep out subjects whose run is over: {count}", count=count),
            _REPORT,
        ),
    ]


def watching(work: Work) -> list[Finding]:
    """Check that the journal hands over every kind of event that a published version or a live run looks at."""
    watched = {tuple(row) for row in work.rows(select(event_watch))}
    published = {
        row.version_id: row.key
        for row in work.rows(select(funnel.c.version_id, funnel.c.key).where(funnel.c.state == "published"))
    }
    live = {row[0] for row in work.rows(select(run.c.version_id).where(run.c.status < _ENDED).distinct())}
    versions = sorted({*(one for one in published if one is not None), *live})
    known = programs(work, versions=versions).by_version
    missing = set()
    for version_id in versions:
        of = known.get(version_id)
        if of is None:
            missing.add(f"version {version_id}")
            continue
        for kind, plan in _looks_at(of, starts=version_id in published):
            if (of.funnel_id, kind, plan) not in watched:
                missing.add(of.program.funnel)
    return named(
        sorted(missing),
        "event_not_watched",
        lambda count: _l("funnels that are not told of events they look at: {count}", count=count),
        _l("publish them again"),
    )


def steps(work: Work) -> list[Finding]:
    """Check the history of runs: its first step, no step of another's, no event that started twice, lanes."""
    first = select(step.c.run_id).where(step.c.run_id == run.c.id, step.c.fence == 1).exists()
    beyond = (
        select(step.c.run_id)
        .outerjoin(run, run.c.id == step.c.run_id)
        .where(or_(run.c.id.is_(None), step.c.fence > run.c.fence))
    )
    twice = (
        select(func.max(run.c.id))
        .where(run.c.event_id.is_not(None))
        .group_by(run.c.funnel_id, run.c.event_id)
        .having(func.count() > 1)
    )
    lost_lane = select(token.c.id).where(token.c.lane != token.c.person_id % LANES)
    strangers = (
        select(token.c.id)
        .join(run, run.c.id == token.c.run_id)
        .where(and_(token.c.person_id != run.c.person_id, run.c.status < _ENDED))
    )
    return [
        *found(
            work,
            select(run.c.id).where(~first, run.c.fence != FORGOTTEN),
            "run_without_beginning",
            lambda count: _l("runs without their first step: {count}", count=count),
            _REPORT,
        ),
        *found(
            work,
            beyond,
            "step_beyond_run",
            lambda count: _l("steps that belong to no walk of a run: {count}", count=count),
            _REPORT,
        ),
        *found(
            work,
            twice,
            "started_twice",
            lambda count: _l("events that started a funnel twice: {count}", count=count),
            _REPORT,
        ),
        *found(
            work,
            lost_lane,
            "token_in_wrong_lane",
            lambda count: _l("tokens in another lane than their person's: {count}", count=count),
            _REPORT,
        ),
        *found(
            work,
            strangers,
            "token_of_stranger",
            lambda count: _l("tokens of another person than their run's: {count}", count=count),
            _REPORT,
        ),
        *_lost_tokens(work),
    ]


def _lost_tokens(work: Work) -> list[Finding]:
    """Find tokens that only other branches could wake, at nodes that are no joins."""
    query = (
        select(run.c.version_id, token.c.node, func.min(run.c.id).label("run_id"))
        .join(run, run.c.id == token.c.run_id)
        .where(run.c.status == _WAITING, token.c.due_at.is_(None), token.c.held_due_at.is_(None), ~_HELD_BY)
        .group_by(run.c.version_id, token.c.node)
    )
    rows = work.rows(query)
    known: Mapping[int, Published] = programs(work, versions=[row.version_id for row in rows]).by_version
    lost = []
    for row in rows:
        of = known.get(row.version_id)
        if of is None or row.node not in of.program.joins:
            lost.append(row.run_id)
    return named(
        lost,
        "token_cannot_wake",
        lambda count: _l("nodes where tokens rest that nothing can wake: {count}", count=count),
        _REPAIR,
    )


def _has_once(of: Published) -> bool:
    return any(isinstance(node.block, Trigger) and node.block.enrolment == "once" for node in of.program.triggers)


def _looks_at(of: Published, *, starts: bool) -> set[tuple[int, str]]:
    wanted = {(EVENT_KINDS[kind].code, "") for kind in awaited_kinds(of.program)}
    if starts:
        for node in of.program.triggers:
            if isinstance(node.block, Trigger):
                wanted |= {(EVENT_KINDS[kind].code, node.block.only or "") for kind in node.block.kinds}
    return wanted
