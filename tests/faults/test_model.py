"""Random funnels, leads, comments and hours, and processes that die anywhere: in the end it is as in a plain model."""

from collections import Counter, defaultdict
from datetime import timedelta

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from sqlalchemy import select

import workers.sweep
from crm.directory import directory
from crm.records.comments import NewComment, add_comments
from crm.tables.records import deal, lead, record_tag, task
from db import points
from funnels.doctor import examine
from funnels.tables import run
from tests.faults.funnel_model import SOURCES, Lead, document, steps
from tests.workers.house import House
from workers import suspicion
from workers.sweep import sweep


class Died(BaseException):
    """The process is no more: from here on nothing reaches the database."""


class Funnels(RuleBasedStateMachine):
    """A company beside its model."""

    def __init__(self, databases, dialect):
        super().__init__()
        self.opened = databases.migrated(dialect)
        self.house = House(self.opened.__enter__()).build()
        self.clock = self.house.clock
        self.leads = {}
        self.new = []

    @initialize(funnels=st.lists(steps(), min_size=1, max_size=2))
    def publish(self, funnels):
        self.funnels = funnels
        for number, wanted in enumerate(funnels):
            self.house.publish(document(f"f{number}", wanted))

    @rule(sources=st.lists(st.sampled_from(SOURCES), min_size=1, max_size=4))
    def come(self, sources):
        for source in sources:
            lead_id = self.house.lead(source=source)
            self.leads[lead_id] = Lead(source)
            self.new.append(lead_id)

    @rule(minutes=st.integers(1, 4))
    def pass_time(self, minutes):
        self.clock.forward(minutes=minutes)

    @precondition(lambda self: any(one.hears() for one in self.leads.values()))
    @rule(data=st.data())
    def tell(self, data):
        lead_id = data.draw(st.sampled_from([id_ for id_, one in self.leads.items() if one.hears()]))
        self.clock.forward(seconds=1)
        [[person_id]] = self.house.rows(select(lead.c.person_id).where(lead.c.id == lead_id))
        [answer] = self.house.act(add_comments, NewComment("lead", lead_id, person_id, "Hello"))
        assert answer.code == "done"
        self.leads[lead_id].told_at = self.clock.now

    @rule(deaths=st.lists(st.integers(1, 60), max_size=3))
    def work(self, deaths):
        for point in deaths:
            self.work_until(point)
        self.house.drain()

        for lead_id, one in self.leads.items():
            if lead_id in self.new:
                one.begin(self.funnels, self.clock.now)
            else:
                one.go_on(self.clock.now)
        self.new.clear()
        expected = {id_: (one.tags, one.deals, one.deals, one.inside()) for id_, one in self.leads.items()}
        assert self.seen() == expected

    def work_until(self, point):
        """Work, and die at the so many-th point, before or after a write or a commit; another process finds what is left."""
        left = point

        def stop(_name):
            nonlocal left
            left -= 1
            if left <= 0:
                raise Died

        points._stop = stop
        try:
            self.house.drain()
        except Died:
            pass
        finally:
            points._stop = None
        later = self.house.again()
        self.house = House(self.house.url, self.clock)
        later.close()
        sweep(self.house.database, at_start=True)

    def seen(self):
        """Tags, deals, tasks and runs inside of each lead."""
        with self.house.database.reading() as work:
            names = directory(work).tags
            tags = defaultdict(set)
            for row in work.rows(select(record_tag).where(record_tag.c.record_kind == 2)):
                tags[row.record_id].add(names[row.tag_id])
            deals = Counter(work.rows(select(deal.c.lead_id)))
            tasks = Counter(work.rows(select(deal.c.lead_id).join(task, task.c.deal_id == deal.c.id)))
            inside = Counter(work.rows(select(run.c.subject_id).where(run.c.status < 10)))
        return {one: (tags[one], deals[(one,)], tasks[(one,)], inside[(one,)]) for one in self.leads}

    def teardown(self):
        try:
            self.house.check()
            with self.house.database.reading() as work:
                assert examine(work, deep=True) == ()
        finally:
            self.house.close()
            self.opened.__exit__(None, None, None)


def test_whatever_happens_it_is_as_in_a_plain_model(databases, dialect, is_long, monkeypatch):
    monkeypatch.setattr(workers.sweep, "GRACE", timedelta(days=-1))
    monkeypatch.setattr(suspicion, "SETTLING", (0.0, 0.0))
    phases = (Phase.explicit, Phase.reuse, Phase.generate, *((Phase.shrink,) if is_long else ()))
    tries = settings(max_examples=60 if is_long else 8, stateful_step_count=12, deadline=None, phases=phases)

    run_state_machine_as_test(lambda: Funnels(databases, dialect), settings=tries)
