"""Distribution's law: whatever workers do at once, and however they die, those who take stay within one of each other."""

import random
import threading
from collections import Counter
from itertools import count

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from crm.access.actor import SYSTEM
from crm.deals import distribution
from crm.deals.distribution import orphan, record, reserve
from crm.directory import directory
from crm.settings.plans import NewPlan, create_plan
from crm.settings.pool import set_managers, set_taking
from crm.tables.distribution import assignment, assignment_round, distribution_counter, reservation
from db.database import Database
from funnels.doctoring.sharing import choices, law
from tests.crm.company import STAGES, set_up_company

PEOPLE = ("ann", "bob", "cid", "boss", "root")
_numbers = count(1)


class Floor:
    """A plan of its own, and workers whose batches are open at the same time."""

    def __init__(self, database, *, first_rule="none", second_rule="evenly", people=PEOPLE[:3]):
        self.database = database
        self.key = f"plan-{next(_numbers)}"
        with database.work() as work:
            new = NewPlan(
                "Plan", STAGES, key=self.key, distribution="even", managers=people,
                first_rule=first_rule, second_rule=second_rule,
            )  # fmt: skip
            self.plan_id = create_plan(work, new, by=SYSTEM).id
        self.open = {}
        self.given = Counter()

    def take(self, worker, places):
        """Let a worker reserve places; on SQLite it commits at once, for there is one writer."""
        if worker not in self.open:
            connection = self.database.engine.connect()
            work = self.database.begin(connection)
            self.open[worker] = (connection, work, next(_numbers), [])
        connection, work, batch_id, got = self.open[worker]
        found = reserve(work, directory(work).plan(self.key), places, batch_id=batch_id)
        if found is not None:
            got += found.users
            rows = [(next(_numbers), found.id, at, user, found.reason, 5) for at, user in enumerate(found.users)]
            record(work, rows)
        if self.database.is_sqlite:
            self.end(worker, dies=places % 4 == 3)

    def end(self, worker, *, dies):
        """Let a worker commit its batch, or die with it."""
        if worker not in self.open:
            return
        connection, work, batch_id, got = self.open.pop(worker)
        if dies:
            connection.exec_driver_sql("rollback") if self.database.is_sqlite else connection.rollback()
            connection.close()
            with self.database.work() as sweep:
                orphan(sweep, [batch_id])
            return
        self.database.commit(work)
        connection.close()
        work.committed()
        self.given.update(got)

    def pool(self, people):
        with self.database.work() as work:
            set_managers(work, self.key, people, by=SYSTEM)

    def taking(self, person, is_taking):
        with self.database.work() as work:
            if person in {directory(work).users[one.user_id].login for one in directory(work).plan(self.key).managers}:
                set_taking(work, self.key, [person], is_taking=is_taking, by=SYSTEM)

    def standing(self):
        """Counter and open places of each of those who take."""
        with self.database.reading() as work:
            takers = [one.user_id for one in directory(work).plan(self.key).managers if one.is_taking]
            standing = Counter(dict.fromkeys(takers, 0))
            for table, column in ((distribution_counter, "assigned"), (reservation, "deals")):
                for row in work.rows(select(table).where(table.c.plan_id == self.plan_id)):
                    if row.user_id in takers:
                        standing[row.user_id] += row._mapping[column]
        return standing

    def check(self):
        standing = self.standing()
        assert not standing or max(standing.values()) - min(standing.values()) <= 1, standing

    def finish(self):
        for worker in list(self.open):
            self.end(worker, dies=False)
        with self.database.reading() as work:
            query = (
                select(assignment.c.user_id)
                .join(assignment_round, assignment_round.c.id == assignment.c.round_id)
                .where(assignment_round.c.plan_id == self.plan_id)
            )
            stored = Counter(row.user_id for row in work.rows(query))
            assert (choices(work), law(work)) == ([], [])
        assert stored == self.given


@pytest.fixture(scope="module")
def floors(module_database_url):
    database = Database(module_database_url)
    with database.work() as work:
        set_up_company(work)
    yield database
    database.close()


WORKERS = st.integers(0, 2)
ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("take"), WORKERS, st.integers(1, 40)),
        st.tuples(st.just("take"), WORKERS, st.integers(1, 2)),
        st.tuples(st.just("take"), WORKERS, st.integers(1, 2)),
        st.tuples(st.just("commit"), WORKERS),
        st.tuples(st.just("die"), WORKERS),
        st.tuples(st.just("pool"), st.lists(st.sampled_from(PEOPLE), unique=True)),
        st.tuples(st.just("absent"), st.sampled_from(PEOPLE)),
        st.tuples(st.just("back"), st.sampled_from(PEOPLE)),
    ),
    max_size=30,
)


def act(floor, what, *rest):
    match what:
        case "take":
            floor.take(*rest)
        case "commit":
            floor.end(*rest, dies=False)
        case "die":
            floor.end(*rest, dies=True)
        case "pool":
            floor.pool(*rest)
        case "absent":
            floor.taking(*rest, False)
        case "back":
            floor.taking(*rest, True)


@settings(max_examples=max(10, settings.default.max_examples // 2))
@given(ACTS, st.sampled_from(["none", "random", "related"]), st.sampled_from([PEOPLE[:2], PEOPLE[:3], PEOPLE]))
@example([("take", 0, 1), ("take", 1, 1)] * 2 + [("die", 0), ("take", 2, 1)], "none", PEOPLE[:2])
@example([("take", 0, 3), ("pool", list(PEOPLE)), ("commit", 0), ("take", 1, 4)], "none", PEOPLE[:2])
def test_those_who_take_stay_within_one_of_each_other(floors, acts, first_rule, people):
    floor = Floor(floors, first_rule=first_rule, people=people)
    try:
        for one in acts:
            act(floor, *one)
            floor.check()
        floor.finish()
        floor.check()
    finally:
        for worker in list(floor.open):
            floor.end(worker, dies=True)


@settings(max_examples=10)
@given(ACTS, st.sampled_from(["none", "random"]))
def test_every_choice_of_the_fewest_can_be_played_again(floors, acts, first_rule):
    floor = Floor(floors, first_rule=first_rule, second_rule="fewest")
    try:
        for one in acts:
            act(floor, *one)
        floor.finish()
    finally:
        for worker in list(floor.open):
            floor.end(worker, dies=True)


@pytest.mark.parametrize("moment", ["_pool", "_fold_settled", "_adopt"])
def test_a_batch_that_commits_while_another_counts_is_counted_once(databases, monkeypatch, moment):
    with databases.migrated("postgresql") as url:
        database = Database(url)
        with database.work() as work:
            set_up_company(work)
        floor = Floor(database)
        floor.take(0, 4)
        ordinary = getattr(distribution, moment)

        def then_the_other_commits(*args):
            answer = ordinary(*args)
            floor.end(0, dies=False)
            return answer

        monkeypatch.setattr(distribution, moment, then_the_other_commits)
        floor.take(1, 5)
        monkeypatch.undo()

        floor.check()
        floor.finish()
        assert sorted(floor.given.values()) == [3, 3, 3]
        database.close()


@pytest.mark.parametrize("seed", range(3))
def test_workers_on_threads_of_their_own_keep_the_law(databases, seed):
    with databases.migrated("postgresql") as url:
        database = Database(url)
        with database.work() as work:
            set_up_company(work)
        floor = Floor(database, first_rule=["none", "random"][seed % 2])
        failures = []

        def work_on(worker):
            chance = random.Random(seed * 10 + worker)
            try:
                for _ in range(20):
                    for _ in range(chance.randint(1, 2)):
                        floor.take(worker, chance.randint(1, 30))
                    floor.end(worker, dies=chance.random() < 0.3)
            except BaseException as failure:
                failures.append(failure)
                raise

        def change():
            chance = random.Random(seed)
            for _ in range(10):
                floor.pool(chance.sample(PEOPLE, chance.randint(1, 5)))
                floor.taking(chance.choice(PEOPLE), chance.random() < 0.6)

        threads = [threading.Thread(target=work_on, args=(one,)) for one in range(3)]
        threads.append(threading.Thread(target=change))
        for one in threads:
            one.start()
        for one in threads:
            one.join()

        assert failures == []
        floor.check()
        floor.finish()
        database.close()
