"""PostgreSQL or Redis go away, come back, are empty or full: no work is lost, and nobody has to start anything again."""

import time
from contextlib import contextmanager

import pytest
import redis

from db.migrations import upgrade
from tests.faults.lives import Lives
from tests.faults.office import DONE, Office
from workers.loop import connect_poker

PROGRAMS = (("worker",), ("worker",), ("scheduler",))
LEADS = 40


@pytest.fixture
def dialect():
    return "postgresql"


@pytest.fixture
def working(nursery, tmp_path):
    """Workers and a scheduler for an office; they have to live until the end, whatever happens."""

    @contextmanager
    def on(office, redis_url):
        lives = Lives(nursery, tmp_path, VORONKA_DATABASE_URL=office.url, VORONKA_REDIS_URL=redis_url)
        under_way = [lives.begin(*words, seconds=600) for words in PROGRAMS]
        try:
            yield
            assert [life.program.poll() for life in under_way] == [None] * len(PROGRAMS), lives.said()
        finally:
            ends = [lives.end(life) for life in under_way]
        assert set(ends) == {DONE}

    return on


@pytest.fixture
def office_apart(durable_postgres):
    """An office on a server of its own."""
    upgrade(durable_postgres.url)
    office = Office(durable_postgres.url)
    yield office
    office.close()


def all_done(office, *, number=None, seconds=200):
    """Wait until so many leads are done, or all."""
    ends_at = time.monotonic() + seconds
    while office.finished() < (office.recorded if number is None else number):
        assert time.monotonic() < ends_at, f"{office.finished()} of {office.recorded} leads are done"
        time.sleep(0.05)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("going", ["kill", pytest.param("stop", marks=pytest.mark.long)])
def test_work_goes_on_when_postgresql_is_back(durable_postgres, office_apart, redis_url, working, going, is_long):
    with working(office_apart, redis_url):
        for _ in range(3 if is_long else 1):
            office_apart.leads(LEADS * 10)
            all_done(office_apart, number=office_apart.recorded - LEADS * 10 + 1)
            getattr(durable_postgres, going)()
            time.sleep(30 if is_long else 1)
            durable_postgres.start()
        all_done(office_apart)

    office_apart.check_each_lead_once()


@contextmanager
def gone(server):
    server.stop()
    yield
    server.start()


@contextmanager
def restarted(server):
    server.kill()
    server.start()
    yield


@contextmanager
def emptied(server):
    yield
    with redis.Redis.from_url(server.url) as client:
        client.flushall()


@contextmanager
def full(server):
    with redis.Redis.from_url(server.url) as client:
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("maxmemory", 1)
        yield
        client.config_set("maxmemory", 0)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_work_goes_on_while_redis_is_away_for_a_minute(office, redis_server, working):
    poker = connect_poker(office.database, redis_server.url)
    with working(office, redis_server.url):
        with gone(redis_server):
            back_at = time.monotonic() + 60
            while time.monotonic() < back_at:
                office.leads(LEADS)
                all_done(office)
        errors = poker.errors
        office.leads(LEADS)
        all_done(office)

    assert errors >= 1, "who cannot poke goes on too"
    office.check_each_lead_once()


@pytest.mark.timeout(300)
def test_work_goes_on_whatever_becomes_of_redis(office, redis_server, working, is_long):
    poker = connect_poker(office.database, redis_server.url)
    with working(office, redis_server.url):
        for trouble in (gone, restarted, emptied, full) * (5 if is_long else 1):
            with trouble(redis_server):
                office.leads(LEADS)
                all_done(office)

    assert poker.errors >= 2, "who cannot poke goes on too"
    office.check_each_lead_once()


@pytest.mark.timeout(300)
def test_pokes_may_come_often_late_and_in_any_order(office, redis_url, working, is_long):
    poker = connect_poker(office.database, redis_url)
    with working(office, redis_url):
        for _ in range(50 if is_long else 3):
            for _ in range(20):
                poker.poke()
            with redis.Redis.from_url(redis_url) as client:
                name = "dramatiq:runs"
                waiting = client.lrange(name, 0, 99)
                if waiting:
                    client.rpush(name, *reversed(waiting), *waiting)
            office.leads(LEADS)
        all_done(office)

    office.check_each_lead_once()
