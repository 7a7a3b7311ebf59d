from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from crm.access.actor import SYSTEM
from crm.directory import directory
from crm.errors import NotAllowedError
from crm.records.tags import TagChange, change_tags, ensure_tags
from crm.settings.logins import actor_of
from crm.tables.journal import event
from crm.tables.records import record_tag
from crm.tables.settings import tag
from engine.event import EVENT_KINDS
from tests.crm.dealing import cost, events


def put(work, *items, by=SYSTEM):
    return change_tags(work, items, by=by)


def lead(record_id=7, add=(), remove=()):
    return TagChange("lead", record_id, 1, frozenset(add), frozenset(remove))


def tags_of(work, record_id=7):
    names = directory(work).tags
    rows = work.rows(select(record_tag.c.tag_id).where(record_tag.c.record_id == record_id))
    return sorted(names[row.tag_id] for row in rows)


def test_tags_are_put_on_and_taken_off(database):
    with database.work() as work:
        put(work, lead(add=["vip", "new"]))
        put(work, lead(remove=["new"]))

    with database.reading() as work:
        assert tags_of(work) == ["vip"]
        assert events(work, "tag.added") == [(7, {"target": "lead", "tags": ["new", "vip"]})]
        assert events(work, "tag.removed") == [(7, {"target": "lead", "tags": ["new"]})]


def test_what_is_there_or_not_there_already_is_no_error_and_no_event(database):
    with database.work() as work:
        put(work, lead(add=["vip"]))
        answers = put(work, lead(add=["vip"]), lead(remove=["gone", "never"]))

    with database.reading() as work:
        assert [answer.code for answer in answers] == ["done", "done"]
        assert len(events(work, "tag.added")) == 1
        assert events(work, "tag.removed") == []


def test_only_the_tags_that_went_are_named(database):
    with database.work() as work:
        put(work, lead(add=["a", "b"]))
        put(work, lead(remove=["a", "c"]))

    with database.reading() as work:
        assert events(work, "tag.removed") == [(7, {"target": "lead", "tags": ["a"]})]


@pytest.mark.parametrize(
    ("before", "steps", "after"),
    [
        ([], [{"add": ["x"]}, {"remove": ["x"]}], []),
        (["x"], [{"remove": ["x"]}, {"add": ["x"]}], ["x"]),
        (["x"], [{"remove": ["x"]}, {"add": ["x"]}, {"remove": ["x"]}], []),
        ([], [{"add": ["x"]}, {"remove": ["x"]}, {"add": ["x"]}], ["x"]),
        (["x"], [{"add": ["x"]}, {"remove": ["x"]}], []),
    ],
)
def test_of_changes_to_one_record_the_last_stays(database, before, steps, after):
    with database.work() as work:
        ensure_tags(work, ["x"])
        put(work, lead(add=before))
    with database.work() as work:
        put(work, *(lead(**step) for step in steps))

    with database.reading() as work:
        assert tags_of(work) == after


def test_upper_and_lower_case_are_one_tag_under_its_first_name(database):
    with database.work() as work:
        put(work, lead(add=["ВАЖЛИВО"]))
        put(work, lead(8, add=["важливо"]))

    with database.reading() as work:
        assert tags_of(work) == tags_of(work, 8) == ["ВАЖЛИВО"]
        assert len(work.rows(select(tag))) == 1


def test_records_of_other_kinds_with_the_same_id_are_left_alone(database):
    with database.work() as work:
        put(work, lead(add=["x"]), TagChange("deal", 7, 1, frozenset({"x", "y"})))
        put(work, lead(remove=["x"]))

    with database.reading() as work:
        assert tags_of(work) == ["x", "y"]


def test_two_who_make_the_same_tag_at_once_make_one(database):
    def make(record_id):
        with database.work() as work:
            put(work, lead(record_id, add=["same"]))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(make, range(6)))

    with database.reading() as work:
        assert len(work.rows(select(tag))) == 1
        assert len(work.rows(select(record_tag))) == 6


def test_who_may_not_edit_a_record_does_not_tag_it(database):
    with database.work() as work, pytest.raises(NotAllowedError):
        put(work, TagChange("deal", 7, 1, frozenset({"x"})), by=actor_of(work, "mark"))


def test_two_hundred_records_cost_what_five_cost(database):
    with database.work() as work:
        ensure_tags(work, ["x", "y"])
        put(work, *(lead(one, add=["y"]) for one in range(1, 206)))

    def change(ids):
        return lambda work: put(work, *(lead(one, add=["x"], remove=["y"]) for one in ids))

    assert cost(database, change(range(1, 6))) == cost(database, change(range(6, 206)))


def test_records_far_apart_keep_their_own_tags(database):
    with database.work() as work:
        put(work, lead(1, add=["vip"]), lead(1000, add=["vip"]), lead(500, add=["old"]))
        put(work, lead(1, add=["vip", "new"]), lead(1000, remove=["vip"]))

        assert [tags_of(work, record_id) for record_id in (1, 500, 1000)] == [["new", "vip"], ["old"], []]


def test_tags_come_and_go_in_the_journal_as_they_did(database):
    with database.work() as work:
        put(work, lead(add=["vip"]), lead(remove=["vip"]), lead(add=["vip"]))

    with database.reading() as work:
        kinds = [
            row.kind for row in work.rows(select(event.c.kind).where(event.c.subject_id == 7).order_by(event.c.id))
        ]
        assert kinds == [EVENT_KINDS[name].code for name in ("tag.added", "tag.removed", "tag.added")]
        assert tags_of(work) == ["vip"]
