"""Named points: nothing happens there unless the fault suite has said so."""

import signal

import pytest

from db import points
from tests.db.conftest import sample


@pytest.fixture
def seen(monkeypatch):
    names = []
    monkeypatch.setattr(points, "_stop", names.append)
    return names


def test_a_transaction_passes_its_points_in_order(samples, seen):
    with samples.work() as work:
        work.insert(sample, ("id",), [(1,)])
        work.update(sample, ("id",), ("big",), [(1, 2)])
        work.delete(sample, ("id",), [(1,)])

    assert seen == [
        "before:sample", "after:sample", "before:update:sample", "after:update:sample", "before:delete:sample",
        "after:delete:sample", "before:commit", "after:commit",
    ]  # fmt: skip


def test_the_process_is_killed_at_the_count_it_was_told(monkeypatch):
    killed = []
    monkeypatch.setattr(points, "_stop", None)
    monkeypatch.setattr(points.os, "kill", lambda process, number: killed.append((process, number)))
    points.kill_at("here", 2)

    for name in ("here", "there", "here", "here"):
        points.reached(name)

    assert killed == [(points.os.getpid(), signal.SIGKILL)]
