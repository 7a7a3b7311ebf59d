"""Health in words: each thing that can be wrong is said, and nothing is said where all is well."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from funnels.health import length, signs
from funnels.vitals import Alive, FunnelRuns, Queue, Vitals

NOW = datetime(2026, 3, 2, tzinfo=UTC)
NONE = timedelta(0)
WORKER = Alive("worker", "one", 7, "1.0", NOW, NONE, {})
WELL = Vitals(NOW, 0, 0, NONE, NONE, NONE, "s", NONE, (WORKER,), (FunnelRuns("main", 5, 2, 0),), ())


def seconds(number):
    return timedelta(seconds=number)


def test_who_leads_holds_the_lease_now():
    one, other = replace(WORKER, kind="scheduler"), replace(WORKER, kind="scheduler", pid=70)

    assert [replace(WELL, leader="one:7:ab").leads(each) for each in (one, other)] == [True, False]
    assert not replace(WELL, leader="one:7:ab", led_ago=seconds(1)).leads(one)
    assert not replace(WELL, leader=None, led_ago=None).leads(one)


def test_nothing_is_said_where_all_is_well():
    assert signs(WELL) == ()


@pytest.mark.parametrize(
    ("wrong", "code", "severity", "words"),
    [
        ({"led_ago": None}, "no_scheduler", "error", "no scheduler leads"),
        ({"led_ago": seconds(40)}, "no_scheduler", "error", "no scheduler has led for 40 seconds"),
        ({"timers_late": seconds(12)}, "runs_late", "error", "the oldest due run is 12 seconds late"),
        ({"events": 1, "events_late": seconds(12)}, "events_late", "error", "1 event waits to be looked at, for 12 seconds"),
        (
            {"events": 9, "events_late": seconds(300)}, "events_late", "error",
            "9 events wait to be looked at, the oldest for 5 minutes",
        ),
        ({"batch_age": seconds(130)}, "batch_long", "warning", "a batch has been under way for 2 minutes"),
        ({"set_aside": 2}, "events_set_aside", "warning", "2 events were set aside after they had ended their process"),
        (
            {"funnels": (FunnelRuns("main", 9, 2, 3),)}, "runs_parked", "warning",
            "3 runs stand still until a person sets them right",
        ),
        (
            {"outbox": (Queue("email", "queued", 4, seconds(3600)),)}, "messages_late", "warning",
            "4 messages wait to leave (email), the oldest for 60 minutes",
        ),
        (
            {"outbox": (Queue("http", "unknown", 1, NONE),)}, "messages_unknown", "warning",
            "of 1 message nobody knows whether it arrived (http)",
        ),
        (
            {"processes": (WORKER, replace(WORKER, pid=8, silent=seconds(60)))}, "silent_process", "warning",
            "worker 8 on one has said nothing for 60 seconds",
        ),
        (
            {"processes": (WORKER, replace(WORKER, kind="web", version="1.1"))}, "releases_differ", "warning",
            "processes of different releases are running: 1.0, 1.1",
        ),
        ({"processes": ()}, "no_worker", "error", "no worker is alive: leads are taken, and nothing walks"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(wrong, code, severity, words):
    [sign] = signs(replace(WELL, **wrong))

    assert (sign.code, sign.severity, sign.message) == (code, severity, words)


def test_a_silent_worker_is_no_worker():
    found = signs(replace(WELL, processes=(replace(WORKER, silent=seconds(60)),)))

    assert [one.code for one in found] == ["no_worker", "silent_process"]


def test_what_is_tried_again_by_itself_is_not_said():
    outbox = (Queue("email", "queued", 4, seconds(60)), Queue("http", "failed", 4, NONE))

    assert signs(replace(WELL, led_ago=seconds(3), timers_late=seconds(5), events_late=seconds(5), outbox=outbox)) == ()


@pytest.mark.parametrize(
    ("number", "words"),
    [(1, "1 second"), (119, "119 seconds"), (120, "2 minutes"), (7200, "2 hours"), (172_800, "2 days")],
)
def test_lengths_are_in_their_largest_unit(number, words):
    assert length(seconds(number)) == words
