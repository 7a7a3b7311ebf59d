"""Pages and API while the database is away: come again, instead of a fault of ours."""

import sqlite3

import pytest
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from db.database import Database, is_away
from tests.web.conftest import House


@pytest.fixture
def client():
    """A program before pages whose PostgreSQL does not answer."""
    database = Database("postgresql://nobody@127.0.0.1:1/nothing")
    yield House(database).app.test_client()
    database.close()


@pytest.mark.parametrize(("method", "path"), [("GET", "/sign-in"), ("POST", "/api/v1/leads"), ("POST", "/hooks/none")])
def test_whoever_asks_is_told_to_come_again(client, method, path):
    with capture_logs() as lines:
        answer = client.open(path, method=method, json={} if method == "POST" else None)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "The database does not answer." in answer.text
    assert [(line["event"], line["log_level"]) for line in lines] == [("request_unanswered", "warning")]


def test_a_program_is_told_why(client):
    assert client.post("/api/v1/leads", json={}).json["error"]["code"] == "database_unreachable"


def test_what_is_a_fault_of_ours_stays_one(tmp_path):
    with sqlite3.connect(tmp_path / "one", timeout=0) as one, sqlite3.connect(tmp_path / "one", timeout=0) as other:
        one.execute("begin exclusive")
        with pytest.raises(sqlite3.OperationalError) as locked:
            other.execute("begin immediate")
        one.rollback()
        with pytest.raises(sqlite3.OperationalError) as unknown:
            one.execute("select nothing")

    assert is_away(OperationalError("", {}, locked.value))
    assert not is_away(OperationalError("", {}, unknown.value))
