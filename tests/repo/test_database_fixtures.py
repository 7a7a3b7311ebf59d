"""Each test has a database of its own."""

import pytest
import redis
from sqlalchemy import create_engine, inspect, text


@pytest.mark.parametrize("time", [1, 2])
def test_what_one_test_writes_another_never_sees(database_url, time):
    engine = create_engine(database_url)

    with engine.begin() as connection:
        assert "trace_of_a_test" not in inspect(connection).get_table_names()
        connection.execute(text("create table trace_of_a_test (id integer)"))

    engine.dispose()


def test_a_database_is_migrated(database_url):
    engine = create_engine(database_url)

    assert "alembic_version" in inspect(engine).get_table_names()

    engine.dispose()


def test_redis_is_empty(redis_url):
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        client.set("left", "over")


def test_redis_is_empty_for_the_next_test_too(redis_url):
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        client.set("left", "over")
