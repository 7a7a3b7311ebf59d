"""How fast a program may call: by one process, by several that share Redis, and while Redis is away."""

from types import SimpleNamespace

import pytest
import redis

from web.pages.api import pace
from web.pages.api.pace import Pace

NOWHERE = "redis://127.0.0.1:1"


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still within a minute until it is set."""
    told = SimpleNamespace(now=1_200_000.0)
    monkeypatch.setattr(pace, "time", SimpleNamespace(time=lambda: told.now))
    return told


@pytest.fixture
def shared(redis_url):
    with redis.Redis.from_url(redis_url) as client:
        client.flushdb()
    return redis_url


def let_through(counts, who, limits, calls):
    """Let the processes be called by turns; returns how many of the calls were within the limit."""
    return sum(not counts[one % len(counts)].count(who, limits).is_over for one in range(calls))


def test_one_process_counts_and_begins_anew_with_each_window(clock):
    count = Pace(None)

    rooms = [count.count("shop", "3/minute") for _ in range(4)]
    clock.now += 60
    after = count.count("shop", "3/minute")

    assert [(one.left, one.is_over) for one in rooms] == [(2, False), (1, False), (0, False), (0, True)]
    assert (rooms[-1].limit, rooms[-1].seconds) == (3, 61)
    assert (after.left, after.is_over) == (2, False)


def test_of_several_limits_that_counts_which_leaves_least(clock):
    count = Pace(None)

    rooms = [count.count("shop", "2/second;3/minute") for _ in range(2)]
    clock.now += 1
    rooms += [count.count("shop", "2/second;3/minute") for _ in range(2)]

    assert [(one.limit, one.left, one.is_over) for one in rooms] == [
        (2, 1, False), (2, 0, False), (3, 0, False), (3, 0, True),
    ]  # fmt: skip


def test_one_program_takes_nothing_from_another(clock):
    count = Pace(None)

    assert let_through([count], "shop", "3/minute", 5) == 3
    assert let_through([count], "site", "3/minute", 5) == 3


def test_processes_share_a_limit_but_for_a_few_calls(clock, shared):
    counts = [Pace(shared) for _ in range(3)]

    assert 100 <= let_through(counts, "shop", "100/minute", 400) <= 106


def test_without_redis_each_goes_by_its_own_count_and_asks_again_later(clock, shared, monkeypatch):
    one, other = Pace(NOWHERE), Pace(shared)
    asked = []
    monkeypatch.setattr(one._redis, "pipeline", lambda **_: asked.append(1) or redis.Redis.from_url(NOWHERE).pipeline())

    assert let_through([one], "shop", "100/minute", 400) == 100
    assert asked == [1]
    one._redis = other._redis
    clock.now += 60
    assert 100 <= let_through([one, other], "shop", "100/minute", 400) <= 104
