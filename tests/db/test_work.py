"""The unit of work: what is gathered is written once, in time, whole or not at all."""

from contextlib import suppress

from sqlalchemy import func, select

from tests.db.conftest import sample

COUNT = select(func.count()).select_from(sample)


def test_what_is_gathered_is_one_statement_and_seen_by_the_next_read(samples):
    with samples.work() as work:
        for one in range(1, 6):
            work.insert(sample, ("id",), [(one,)])
        before = work.statements

        assert work.scalar(COUNT) == 5
        assert (before, work.statements) == (0, 2)


def test_rows_are_written_before_they_are_updated_or_deleted(samples):
    with samples.work() as work:
        work.insert(sample, ("id", "middle"), [(1, 1), (2, 2)])

        assert work.update(sample, ("id",), ("middle",), [(1, 7)]) == 1
        assert work.delete(sample, ("id",), [(2,)]) == 1
        assert [tuple(row) for row in work.rows(select(sample.c.id, sample.c.middle))] == [(1, 7)]


def test_a_failure_leaves_nothing_and_calls_nobody(samples):
    called = []

    with suppress(LookupError), samples.work() as work:
        work.after_commit(lambda: called.append("after"))
        work.insert(sample, ("id",), [(1,)])
        work.flush()
        raise LookupError

    with samples.reading() as work:
        assert (work.scalar(COUNT), called) == (0, [])


def test_sums_are_gathered_before_the_commit_and_others_are_told_after_it(samples):
    order = []

    def told():
        with samples.reading() as work:
            order.append(("after", work.scalar(COUNT)))

    with samples.work() as work:
        work.after_commit(told)
        work.before_commit(lambda: (order.append("before"), work.insert(sample, ("id",), [(2,)])))
        work.insert(sample, ("id",), [(1,)])

    assert order == ["before", ("after", 2)]


def test_what_is_asked_before_the_commit_may_ask_again(samples):
    with samples.work() as work:
        work.before_commit(lambda: work.before_commit(lambda: work.insert(sample, ("id",), [(1,)])))

    with samples.reading() as work:
        assert work.scalar(COUNT) == 1


def test_rows_changed_are_counted(samples):
    with samples.work() as work:
        work.insert(sample, ("id", "middle"), [(1, 1), (2, 2), (3, 3)])

        assert work.execute(sample.update().where(sample.c.middle > 1).values(middle=0)) == 2


def test_now_stands_still_within_a_transaction(samples):
    with samples.work() as work:
        first = work.now
        work.rows(COUNT)

        assert work.now == first
        assert first.utcoffset().total_seconds() == 0
