"""Calls that are done together: each once, and each answered as if it had come alone."""

from datetime import timedelta

from sqlalchemy import select

from crm.tables.ways import idempotency
from crm.ways.repeats import Call, UsedKeyError, answer_all

DAY = timedelta(days=1)


class RefusedError(Exception):
    """What cannot be."""


def ask(database, *calls):
    """Ask for them in one transaction; returns the answers, and what was done in which order."""
    done = []

    def do(items):
        done.extend(items)
        return [RefusedError(item) if item.startswith("bad") else (201, {"did": item}) for item in items]

    with database.work() as work:
        return answer_all(work, "api:1", [Call(*call) for call in calls], do, within=DAY), done


def kept(database):
    with database.reading() as work:
        return {row.key: (row.body_hash, row.status) for row in work.rows(select(idempotency))}


def test_each_key_is_done_once_and_what_has_none_each_time(database):
    first, done = ask(database, ("k", "1", "a"), ("k", "1", "a"), (None, "", "b"), (None, "", "b"))
    again, later = ask(database, ("k", "1", "a"), ("l", "2", "c"))

    assert (done, later) == (["a", "b", "b"], ["c"])
    assert first == [(201, {"did": "a"}), (201, {"did": "a"}), (201, {"did": "b"}), (201, {"did": "b"})]
    assert again == [(201, {"did": "a"}), (201, {"did": "c"})]


def test_a_key_that_comes_with_something_else_is_refused_for_that(database):
    [first, other], done = ask(database, ("k", "1", "a"), ("k", "2", "b"))

    assert (first, done) == ((201, {"did": "a"}), ["a"])
    assert isinstance(other, UsedKeyError)


def test_what_was_refused_gives_its_key_back(database):
    [bad, good], done = ask(database, ("k", "1", "bad"), ("k", "2", "good"))
    [alone], _ = ask(database, ("l", "3", "bad"))

    assert isinstance(bad, RefusedError)
    assert isinstance(alone, RefusedError)
    assert (good, done) == ((201, {"did": "good"}), ["bad", "good"])
    assert kept(database) == {"k": ("2", 201)}
