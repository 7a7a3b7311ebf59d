import pytest
from sqlalchemy import select

from crm.access.actor import SYSTEM
from crm.errors import NotAllowedError
from crm.records.comments import NewComment, add_comments, comments_of
from crm.settings.logins import actor_of
from crm.tables.journal import event


def test_a_comment_is_seen_with_its_author(database):
    with database.work() as work:
        ann = actor_of(work, "ann")
        [answer] = add_comments(work, [NewComment("deal", 5, 1, "  Called, will pay on Monday\n")], by=ann)

        [shown] = comments_of(work, "deal", [5])[5]

    assert (shown.id, shown.body, shown.author_id) == (answer.ids[0], "Called, will pay on Monday", ann.id)


def test_comments_stand_in_the_order_they_were_written(database):
    with database.work() as work:
        add_comments(work, [NewComment("lead", 7, 1, "first"), NewComment("lead", 7, 1, "second")], by=SYSTEM)

        found = comments_of(work, "lead", [7, 8])

    assert [one.body for one in found[7]] == ["first", "second"]
    assert found[8] == ()


def test_the_text_stays_out_of_the_journal(database):
    with database.work() as work:
        add_comments(work, [NewComment("lead", 7, 1, "secret of Ann Lee")], by=SYSTEM)

    with database.reading() as work:
        assert not any("secret" in row.data for row in work.rows(select(event.c.data)))


def test_an_empty_comment_is_refused_alone(database):
    with database.work() as work:
        answers = add_comments(work, [NewComment("lead", 7, 1, " \x00 "), NewComment("lead", 7, 1, "yes")], by=SYSTEM)

    assert [answer.code for answer in answers] == ["invalid", "done"]


def test_a_marketer_does_not_comment_on_deals(database):
    with database.work() as work, pytest.raises(NotAllowedError):
        add_comments(work, [NewComment("deal", 5, 1, "hello")], by=actor_of(work, "mark"))
