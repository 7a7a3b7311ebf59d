"""Health in words: what of the vital signs is wrong, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

from engine.text import LazyText, _l, _ln
from funnels.vitals import Alive, Vitals

LATE: Final = timedelta(seconds=10)
"""How late work may be before it is said."""
LEADERLESS: Final = timedelta(seconds=5)
"""How long schedulers may take to find who leads."""
LONG_BATCH: Final = timedelta(minutes=2)
LATE_MESSAGES: Final = timedelta(minutes=5)
"""Longer than for work: e-mails wait by design where only so many may leave in a minute."""
_KINDS: Final = {
    "serve": _l("server"),
    "web": _l("web process"),
    "worker": _l("worker"),
    "scheduler": _l("scheduler"),
}


@dataclass(frozen=True, slots=True)
class Sign:
    """Something that is wrong.  ``code`` is stable; ``message`` says what, ``hint`` what to do."""

    code: str
    severity: Literal["error", "warning"]
    message: LazyText
    hint: LazyText


def signs(seen: Vitals) -> tuple[Sign, ...]:
    """Return what is wrong, errors first; nothing where all is well."""
    found = [*_leadership(seen), *_workers(seen), *_lateness(seen), *_outbox(seen), *_for_people(seen)]
    return tuple(sorted(found, key=lambda sign: sign.severity != "error"))


def length(span: timedelta) -> LazyText:
    """Return a length of time in words, in its largest unit: up to two minutes in seconds."""
    seconds = max(int(span.total_seconds()), 0)
    if seconds < 120:
        return _ln("{count} second", "{count} seconds", seconds)
    if seconds < 7200:
        return _ln("{count} minute", "{count} minutes", seconds // 60)
    if seconds < 172_800:
        return _ln("{count} hour", "{count} hours", seconds // 3600)
    return _ln("{count} day", "{count} days", seconds // 86_400)


def name_of(one: Alive) -> LazyText:
    """Return what a process is called: its kind, number and machine."""
    return _l("{kind} {pid} on {host}", kind=_KINDS.get(one.kind, one.kind), pid=one.pid, host=one.host)


def _leadership(seen: Vitals) -> Iterator[Sign]:
    hint = _l("start `voronka scheduler` (embedded: `voronka serve`), or look into its log for tick_failed")
    if seen.led_ago is None:
        yield Sign("no_scheduler", "error", _l("no scheduler leads"), hint)
    elif seen.led_ago > LEADERLESS:
        message = _l("no scheduler has led for {span}", span=length(seen.led_ago))
        yield Sign("no_scheduler", "error", message, hint)


def _workers(seen: Vitals) -> Iterator[Sign]:
    if not seen.alive("worker") and not seen.alive("serve"):
        yield Sign(
            "no_worker",
            "error",
            _l("no worker is alive: leads are taken, and nothing walks"),
            _l("start `voronka worker` (embedded: `voronka serve`)"),
        )
    for one in seen.processes:
        if not one.is_alive:
            yield Sign(
                "silent_process",
                "warning",
                _l("{process} has said nothing for {span}", process=name_of(one), span=length(one.silent)),
                _l("it ended without a word, or hangs: others do its work; this is forgotten after ten minutes"),
            )
    versions = sorted({one.version for one in seen.processes if one.is_alive})
    if len(versions) > 1:
        yield Sign(
            "releases_differ",
            "warning",
            _l("processes of different releases are running: {releases}", releases=", ".join(versions)),
            _l("finish the upgrade: restart those of the older release"),
        )


def _lateness(seen: Vitals) -> Iterator[Sign]:
    hint = _l("start more workers; if it goes on growing, look into their logs for look_failed and batch_failed")
    if seen.timers_late > LATE:
        message = _l("the oldest due run is {span} late", span=length(seen.timers_late))
        yield Sign("runs_late", "error", message, hint)
    if seen.events_late > LATE:
        message = _ln(
            "{count} event waits to be looked at, for {span}",
            "{count} events wait to be looked at, the oldest for {span}",
            seen.events,
            span=length(seen.events_late),
        )
        yield Sign("events_late", "error", message, hint)
    if seen.batch_age > LONG_BATCH:
        yield Sign(
            "batch_long",
            "warning",
            _l("a batch has been under way for {span}", span=length(seen.batch_age)),
            _l("its worker died or hangs: a living worker cleans up after it within seconds; start one"),
        )


def _outbox(seen: Vitals) -> Iterator[Sign]:
    for one in seen.outbox:
        if one.state == "queued" and one.late > LATE_MESSAGES:
            yield Sign(
                "messages_late",
                "warning",
                _ln(
                    "{count} message waits to leave ({channel}), for {span}",
                    "{count} messages wait to leave ({channel}), the oldest for {span}",
                    one.messages,
                    channel=one.channel,
                    span=length(one.late),
                ),
                _l(
                    "look at the outbox: the server may refuse, or more e-mails are asked for than may leave in a minute"
                ),
            )
        if one.state == "unknown":
            yield Sign(
                "messages_unknown",
                "warning",
                _ln(
                    "of {count} message nobody knows whether it arrived ({channel})",
                    "of {count} messages nobody knows whether they arrived ({channel})",
                    one.messages,
                    channel=one.channel,
                ),
                _l("a person decides in the outbox: send again, or take it as sent"),
            )


def _for_people(seen: Vitals) -> Iterator[Sign]:
    parked = sum(one.parked for one in seen.funnels)
    if parked:
        yield Sign(
            "runs_parked",
            "warning",
            _ln(
                "{count} run stands still until a person sets it right",
                "{count} runs stand still until a person sets them right",
                parked,
            ),
            _l("`voronka run status` names them and their reasons; then: voronka run retry, skip, move or cancel"),
        )
    if seen.set_aside:
        yield Sign(
            "events_set_aside",
            "warning",
            _ln(
                "{count} event was set aside after it had ended its process",
                "{count} events were set aside after they had ended their process",
                seen.set_aside,
            ),
            _l(
                "the log says why (event_set_aside, batches_swept); `voronka run start` starts a funnel for those records"
            ),
        )
