"""The doctor finds what was broken by hand, and nothing in a database where only ordinary things happened."""

import pytest
from sqlalchemy import text

from db.work import Work
from funnels.doctor import examine
from tests.funnels.doctoring import codes, live_through
from tests.workers.house import House, a_house


@pytest.fixture
def house(databases, dialect):
    with a_house(databases, dialect) as made:
        yield made


def test_a_company_where_everything_happened_is_healthy(house):
    live_through(house)

    assert {row.status for row in house.runs()} == {1, 2, 10, 11}
    assert codes(house) == []
    house.check()


def test_it_stays_healthy_to_the_end(house):
    live_through(house)
    for _ in range(4):
        house.clock.forward(hours=1)
        house.drain()

    assert codes(house) == []


def test_an_empty_company_is_healthy(house):
    assert codes(house) == []


BREAKS = [
    ("delete from token where run_id in (select id from run where status = 1)", "run_cannot_wake"),
    ("delete from token where run_id in (select id from run where status = 2)", "run_nowhere"),
    ("update run set attempts = 5 where status = 1", "run_held"),
    ("update run set status = 10 where status = 1", "token_without_run"),
    ("delete from token", "subscription_without_token"),
    ("update run set enrol_key = null where status < 10", "run_not_enrolled"),
    ("update run set enrol_key = id where status = 11", "enrolment_kept"),
    ("delete from event_watch", "event_not_watched"),
    ("insert into inbox (event_id, lane, attempts) values (999999, 1, 0)", "inbox_without_event"),
    ("insert into inbox (event_id, lane, attempts) select min(id), 1, 5 from event", "event_set_aside"),
    ("insert into batch (id, worker, started_at, events, runs) select 77, 'w', min(at), '[]', '[]' from step", "batch_left"),
    ("insert into reservation values (999, 77, 1, 1, 1, false)", "reservation_of_nobody"),
    ("update distribution_counter set assigned = assigned + 2 where user_id = 1", "distribution_uneven"),
    ("delete from step where fence = 1", "run_without_beginning"),
    ("update step set fence = fence + 90 where fence > 1", "step_beyond_run"),
    ("update token set lane = (person_id + 1) % 256", "token_in_wrong_lane"),
    ("update token set person_id = person_id + 1", "token_of_stranger"),
    ("update run set event_id = (select min(event_id) from run) where funnel_id = 1", "started_twice"),
    ("update node_total set entered = entered + 1 where id = (select max(id) from node_total)", "node_count_wrong"),
    ("update node_total set entered = entered + 1, \"left\" = \"left\" + 1 where node = 0", "run_count_wrong"),
    ("update deal set amount = amount + 1 where id = 1", "stage_total_wrong"),
    ("update deal set owner_id = null where id = 1", "stage_total_wrong"),
    ("delete from task where id = (select min(id) from task)", "task_lost"),
    ("delete from task", "task_count_wrong"),
    ("update task set run_id = (select min(run_id) from task)", "task_twice"),
    ("update event set caused_by = 18 where kind = 7", "deal_twice"),
    ("update event set caused_by = 0 where kind = 7", "deal_count_wrong"),
    ("update event set kind = 7 where kind = 1", "lead_not_journalled"),
    ("update deal set stage_id = (select max(id) from stage) where id = 1", "deal_in_strange_stage"),
    ("update deal set state = 1 where id = 1", "deal_state_wrong"),
    ("update deal set person_id = 999999 where id = 1", "link_broken"),
    ("update record_tag set record_id = 999999 where record_id = (select min(record_id) from record_tag)", "link_broken"),
    ("update assignment set user_id = 3 - user_id where place = 0", "choice_not_explained"),
    ("update distribution_counter set assigned = assigned + 1", "distribution_miscounted"),
]  # fmt: skip


@pytest.fixture(scope="module")
def lived(module_database_url):
    made = live_through(House(module_database_url).build())
    yield made
    made.close()


@pytest.mark.parametrize(("statement", "code"), BREAKS, ids=[f"{code}-{at}" for at, (_, code) in enumerate(BREAKS)])
def test_what_was_broken_is_found(lived, statement, code):
    with lived.database.engine.connect() as connection:
        connection.exec_driver_sql("begin")
        try:
            changed = connection.execute(text(statement)).rowcount
            findings = examine(Work(lived.database, connection, lived.clock.now), deep=True)
        finally:
            connection.exec_driver_sql("rollback")

    assert changed
    assert code in {finding.code for finding in findings}
    assert all(finding.count >= len(finding.ids) > 0 and finding.message and finding.hint for finding in findings)


def test_the_cheap_look_leaves_out_recounts(lived):
    with lived.database.engine.connect() as connection:
        connection.exec_driver_sql("begin")
        connection.execute(text("update deal set amount = amount + 1"))
        findings = examine(Work(lived.database, connection, lived.clock.now), deep=False)
        connection.exec_driver_sql("rollback")

    assert findings == ()
