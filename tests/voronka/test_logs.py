"""What goes into the logs while a server is away: enough to see it, and no flood."""

import logging

import pytest
import structlog

from voronka.logs import Once, _is_tried_again


@pytest.fixture
def said():
    """Say lines at given moments; each is what was written, or nothing."""
    moments = []
    once = Once(lambda: moments[-1])

    def say(at, event="look_failed", **more):
        moments.append(at)
        try:
            return once(None, "warning", {"event": event, **more})
        except structlog.DropEvent:
            return None

    return say


def test_a_trouble_that_goes_on_is_said_every_ten_seconds_and_counted(said):
    assert said(0.0) == {"event": "look_failed"}
    assert [said(0.1), said(5), said(9.9)] == [None, None, None]
    assert said(10) == {"event": "look_failed", "repeated": 3}
    assert said(20) == {"event": "look_failed"}


def test_each_trouble_is_said_by_itself_and_other_lines_always(said):
    assert [said(0, one) is None for one in ("look_failed", "beat_failed", "beat_failed")] == [False, False, True]
    assert [said(0, "batch_failed", batch=1), said(0, "batch_failed", batch=1)] == [
        {"event": "batch_failed", "batch": 1}
    ] * 2


@pytest.mark.parametrize(
    ("name", "level"),
    [("dramatiq.worker.ConsumerThread(runs)", "WARNING"), ("dramatiq.worker.WorkerThread", "CRITICAL")],
)
def test_that_redis_is_away_wants_no_person(name, level):
    line = logging.LogRecord(name, logging.CRITICAL, "", 0, "Consumer encountered a connection error", None, None)

    assert _is_tried_again(line)
    assert line.levelname == level
