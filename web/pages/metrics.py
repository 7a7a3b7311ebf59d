"""Metrics for Prometheus, in its text format: what waits, how late it is, and what each process has done.  No personal data.

The format: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

import hmac
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Final, Literal

from flask import Blueprint, Response, abort, request

from db.database import Database
from funnels.health import signs
from funnels.vitals import Vitals, vitals
from web.access import ANYONE, allowed
from web.site import reading, site

blueprint = Blueprint("metrics", __name__)

SECONDS_KEPT: Final = 2.0
"""Several that ask at once get one look at the database."""
_lock = threading.Lock()
_Labels = tuple[tuple[str, str], ...]
_Sample = tuple[_Labels, float]


@blueprint.get("/metrics")
@allowed(ANYONE)
def show() -> Response:
    """Answer whoever has the token; 404 where the installation has none, or another was sent."""
    token = site().metrics_token
    kind, _, sent = request.headers.get("Authorization", "").partition(" ")
    if token is None or kind.lower() != "bearer" or not hmac.compare_digest(sent.strip().encode(), token.encode()):
        abort(404)
    lines = [line for one in _families(_seen(site().database)) for line in one]
    return Response("\n".join([*lines, ""]), content_type="text/plain; version=0.0.4; charset=utf-8")


def _seen(database: Database) -> Vitals:
    """Return a look that is seconds old at most."""
    with _lock:
        kept: tuple[float, Vitals] | None = database.cache.get("vitals")
        if kept is None or time.monotonic() - kept[0] > SECONDS_KEPT:
            with reading() as work:
                kept = database.cache["vitals"] = (time.monotonic(), vitals(work))
        return kept[1]


def _families(seen: Vitals) -> Iterator[list[str]]:
    yield _gauge("inbox_events", "Events that wait to be looked at.", seen.events)
    yield _gauge("inbox_age_seconds", "How long the oldest of them has waited.", seen.events_late.total_seconds())
    yield _gauge("events_set_aside", "Events that ended their process again and again.", seen.set_aside)
    yield _gauge("timer_lateness_seconds", "How late the oldest due run is.", seen.timers_late.total_seconds())
    yield _gauge("batch_age_seconds", "Age of the oldest batch under way.", seen.batch_age.total_seconds())
    led_ago = seen.led_ago.total_seconds() if seen.led_ago is not None else float("inf")
    yield _gauge("scheduler_leaderless_seconds", "How long no scheduler has led; 0 while one leads.", led_ago)
    yield _family("runs", "gauge", "Runs by funnel and state.", _runs(seen))
    yield _family("runs_entered_total", "counter", "Runs that ever entered a funnel.", _entered(seen))
    yield _family("runs_ended_total", "counter", "Runs that ended.", _ended(seen))
    yield _family("outbox_messages", "gauge", "Messages on their way out, and those that need a person.", _outbox(seen))
    yield _family("outbox_age_seconds", "gauge", "How long the oldest due message has waited.", _outbox_age(seen))
    yield _family(
        "signs", "gauge", "What is wrong, as the health page says it; absent where all is well.", _signs(seen)
    )
    yield _family("process_up", "gauge", "1 for each process that has said lately that it lives.", _up(seen))
    yield from _counted(seen)


def _runs(seen: Vitals) -> list[_Sample]:
    return [
        ((("funnel", one.key), ("state", state)), number)
        for one in seen.funnels
        for state, number in (("waiting", one.waiting), ("parked", one.parked))
    ]


def _entered(seen: Vitals) -> list[_Sample]:
    return [((("funnel", one.key),), one.entered) for one in seen.funnels]


def _ended(seen: Vitals) -> list[_Sample]:
    return [((("funnel", one.key),), one.ended) for one in seen.funnels]


def _outbox(seen: Vitals) -> list[_Sample]:
    return [((("channel", one.channel), ("state", one.state)), one.messages) for one in seen.outbox]


def _outbox_age(seen: Vitals) -> list[_Sample]:
    return [((("channel", one.channel),), one.late.total_seconds()) for one in seen.outbox if one.state == "queued"]


def _signs(seen: Vitals) -> list[_Sample]:
    found: dict[_Labels, float] = {}
    for one in signs(seen):
        place = (("code", one.code), ("severity", one.severity))
        found[place] = found.get(place, 0) + 1
    return list(found.items())


def _up(seen: Vitals) -> list[_Sample]:
    return [
        ((("kind", one.kind), ("host", one.host), ("pid", str(one.pid)), ("version", one.version)), int(one.is_alive))
        for one in seen.processes
    ]


_COUNTED: Final = {
    "steps": ("steps_total", (), "Nodes answered; its rate is steps per second."),
    "batches": ("batches_total", (), "Batches committed."),
    "events": ("events_total", (), "Events looked at."),
    "runs": ("runs_woken_total", (), "Runs woken by their timers."),
    "failures": ("failures_total", ("block",), "Runs that were parked, by block."),
    "batches_failed": ("batches_failed_total", (), "Batches that had to be taken apart."),
    "claims_lost": ("claims_lost_total", (), "Batches whose claim was lost: ended by the server, or taken by others."),
    "batches_swept": ("batches_swept_total", (), "Batches of dead workers that were cleaned up."),
    "sessions_ended": (
        "sessions_ended_total",
        (),
        "Sessions of frozen processes that were ended in the middle of a COPY.",
    ),
    "messages": ("messages_total", ("channel", "outcome"), "Tries to send a message, by what came of it."),
    "pokes_failed": ("pokes_failed_total", (), "Pokes that Redis did not take."),
    "requests": ("requests_total", ("status",), "Answers of the pages, by the first figure of their status."),
}
"""The counts of processes: metric, labels (after ``:`` in the count's name, in this order), help."""


def _counted(seen: Vitals) -> Iterator[list[str]]:
    found: dict[str, list[_Sample]] = {name: [] for name in _COUNTED}
    for one in seen.processes:
        for name, number in sorted(one.counts.items()):
            base, *values = name.split(":")
            if base in _COUNTED:
                labels = zip(_COUNTED[base][1], values, strict=False)
                found[base].append(((("kind", one.kind), ("host", one.host), ("pid", str(one.pid)), *labels), number))
    for base, (metric, _, about) in _COUNTED.items():
        yield _family(metric, "counter", about, found[base])


def _gauge(name: str, about: str, value: float) -> list[str]:
    return _family(name, "gauge", about, [((), value)])


def _family(name: str, kind: Literal["gauge", "counter"], about: str, samples: Sequence[_Sample]) -> list[str]:
    name = f"voronka_{name}"
    return [f"# HELP {name} {about}", f"# TYPE {name} {kind}", *(_line(name, *sample) for sample in samples)]


def _line(name: str, labels: _Labels, value: float) -> str:
    said = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels)
    number = "+Inf" if value == float("inf") else f"{value:.15g}"
    return f"{name}{{{said}}} {number}" if said else f"{name} {number}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
