"""A small company whose clock the test moves: publish funnels, record leads, drain what is due, and look at what came of it."""

import json
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from crm.access.actor import SYSTEM, Actor, ActorKind
from crm.deals.moving import Move, move_deals
from crm.deals.opening import NewDeal, open_deals
from crm.directory import directory
from crm.journal import cause_of, journal
from crm.leads.recording import NewLead, record_leads
from crm.people.persons import persons_of
from crm.settings.organization import NewOrganization, set_up
from crm.settings.plans import NewPlan, create_plan
from crm.settings.stage_rules import NewStage
from crm.settings.users import NewUser, add_users
from crm.tables.journal import event, inbox
from crm.tables.records import deal, record_tag, task
from db.database import Database
from engine.event import EVENT_KINDS
from funnels.publication.publishing import publish, save_draft
from funnels.reading import read
from funnels.tables import funnel, funnel_version, node_total, outbox, refusal, run, step, subscription, token
from workers.batch import run_batch

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
STAGES = (
    NewStage("New"),
    NewStage("Offer"),
    NewStage("Talks"),
    NewStage("Won", "won"),
    NewStage("Lost", "lost", asks_reason=True),
)
PERSON = Actor(ActorKind.USER, 1, SYSTEM.rights)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, now=MONDAY):
        self.now = now

    def __call__(self):
        return self.now

    def forward(self, **span):
        self.now += timedelta(**span)


def furnish(work):
    set_up(work, NewOrganization("Acme", zone="Europe/Kyiv", currency="UAH"))
    add_users(work, [NewUser("ann", "Ann", supervisor="boss"), NewUser("bob", "Bob"), BOSS], by=SYSTEM)
    sales = NewPlan("Sales", STAGES, key="sales", distribution="even", managers=("ann", "bob"))
    create_plan(work, sales, by=SYSTEM)
    create_plan(work, NewPlan("Service", STAGES, key="service", distribution="manual"), by=SYSTEM)


@contextmanager
def a_house(databases, dialect):
    """Give a new house that was built."""
    with databases.furnished(dialect, furnish, lambda: MONDAY) as url:
        made = House(url)
        yield made
        made.close()


class House:
    """A company on its database: plan ``sales`` goes evenly to ann and bob, ``service`` is given out by hand."""

    def __init__(self, url, clock=None):
        self.url = url
        self.clock = clock or Clock()
        self.database = Database(url, clock=self.clock)
        self.later = None

    def build(self):
        with self.database.work() as work:
            furnish(work)
        return self

    def again(self):
        """The same database, opened by a process that knows nothing yet."""
        self.database.close()
        self.later = House(self.url, self.clock)
        return self.later

    def close(self):
        self.database.close()
        if self.later is not None:
            self.later.close()

    def publish(self, text):
        with self.database.work() as work:
            document = read(text)
            save_draft(work, document, by=SYSTEM)
            return publish(work, document.key, by=SYSTEM)

    def leads(self, number, **values):
        with self.database.work() as work:
            new = [NewLead(f"Lead {one}", **values) for one in range(number)]
            return [answer.ids[0] for answer in record_leads(work, new, by=PERSON)]

    def lead(self, **values):
        [lead_id] = self.leads(1, **values)
        return lead_id

    def deal(self, plan="sales", **values):
        """Open a deal of a new person."""
        with self.database.work() as work:
            person_id = values.pop("person_id", None) or persons_of(work, [()])[0]
            [answer] = open_deals(work, [NewDeal(person_id, plan, **values)], by=PERSON)
        return answer.ids[0]

    def move(self, deal_id, stage, *, by=PERSON, **values):
        with self.database.work() as work:
            [answer] = move_deals(work, [Move(deal_id, stage, **values)], by=by)
        return answer

    def act(self, command, *items, by=PERSON):
        with self.database.work() as work:
            return command(work, list(items), by=by)

    def tell(self, kind, person_id, subject_id=0, by=PERSON, **data):
        """Write an event into the journal."""
        with self.database.work() as work:
            journal(work).add(kind, person_id, subject_id, data, cause_of(by))

    def drain(self, **options):
        total = 0
        while done := run_batch(self.database, **options):
            total += done.events + done.runs
            assert total < 10_000, "it never ends"
        return total

    def rows(self, query):
        with self.database.reading() as work:
            return work.rows(query)

    def runs(self, key=None):
        query = select(run, funnel.c.key).join(funnel, funnel.c.id == run.c.funnel_id).order_by(run.c.id)
        return self.rows(query if key is None else query.where(funnel.c.key == key))

    def states(self, key=None):
        """Status and outcome of each run."""
        return [(STATUS[row.status], row.outcome) for row in self.runs(key)]

    def errors(self):
        return [json.loads(row.error) for row in self.runs() if row.error]

    def way(self, run_id=None):
        """The nodes and ports a run went, by name."""
        rows = self.rows(
            select(step.c.path, funnel_version.c.numbers)
            .join(run, run.c.id == step.c.run_id)
            .join(funnel_version, funnel_version.c.id == run.c.version_id)
            .where(step.c.run_id == (run_id or self.runs()[-1].id))
            .order_by(step.c.fence)
        )
        names = {number: name for row in rows for name, number in row.numbers.items()}
        steps = [one.split(":", 1) for row in rows for one in row.path.split()]
        return [f"{names[int(number)]}.{port}" for number, port in steps]

    def at(self):
        """The names of the nodes where tokens rest, in order."""
        rows = self.rows(
            select(token.c.node, funnel_version.c.numbers)
            .join(run, run.c.id == token.c.run_id)
            .join(funnel_version, funnel_version.c.id == run.c.version_id)
            .order_by(token.c.id)
        )
        return [next(name for name, number in row.numbers.items() if number == row.node) for row in rows]

    def deals(self):
        return self.rows(select(deal).order_by(deal.c.id))

    def places(self):
        """Plan, stage and owner of each deal, by key."""
        with self.database.reading() as work:
            settings = directory(work)
            return [
                (
                    settings.plans[row.plan_id].key,
                    settings.stages[row.stage_id].key,
                    settings.users[row.owner_id].login if row.owner_id else None,
                )
                for row in work.rows(select(deal).order_by(deal.c.id))
            ]

    def tasks(self):
        return self.rows(select(task).order_by(task.c.id))

    def tags(self):
        """The names of all tags on records, sorted."""
        with self.database.reading() as work:
            settings = directory(work)
            return sorted(settings.tags[row.tag_id] for row in work.rows(select(record_tag)))

    def refusals(self):
        return self.rows(select(refusal).order_by(refusal.c.id))

    def messages(self):
        return self.rows(select(outbox).order_by(outbox.c.id))

    def events(self, kind):
        query = select(event).where(event.c.kind == EVENT_KINDS[kind].code).order_by(event.c.id)
        return [(row, json.loads(row.data)) for row in self.rows(query)]

    def waiting_events(self):
        return self.rows(select(func.count()).select_from(inbox))[0][0]

    def counts(self):
        """What the totals say of each node of the newest version, by name, and of the whole: entered, left, inside."""
        rows = self.rows(
            select(
                node_total.c.funnel_id,
                node_total.c.node,
                func.sum(node_total.c.entered).label("entered"),
                func.sum(node_total.c.left).label("left"),
            ).group_by(node_total.c.funnel_id, node_total.c.node)
        )
        return {(row.funnel_id, row.node): (int(row.entered), int(row.left)) for row in rows}

    def check(self):
        """The laws that hold between batches, whatever happened."""
        inside = {}
        for row in self.rows(select(token.c.node, run.c.funnel_id).join(run, run.c.id == token.c.run_id)):
            inside[row.funnel_id, row.node] = inside.get((row.funnel_id, row.node), 0) + 1
        for row in self.rows(select(run.c.funnel_id).where(run.c.status < 10)):
            inside[row.funnel_id, 0] = inside.get((row.funnel_id, 0), 0) + 1
        counts = self.counts()
        wrong = {
            place: (counts.get(place, (0, 0)), inside.get(place, 0))
            for place in {*counts, *inside}
            if counts.get(place, (0, 0))[0] != counts.get(place, (0, 0))[1] + inside.get(place, 0)
        }
        assert wrong == {}, f"entered is not inside + left: {wrong}"
        live = {row.id: row for row in self.runs() if row.status < 10}
        tokens = self.rows(select(token))
        assert {one.run_id for one in tokens} == set(live), "a live run has a token, and no other"
        awaiting = {row.token_id for row in self.rows(select(subscription.c.token_id))}
        assert awaiting <= {one.id for one in tokens}
        wakes = {one.run_id for one in tokens if one.due_at or one.held_due_at or one.id in awaiting}
        assert {run_id for run_id, row in live.items() if row.status == 1} <= wakes, "a waiting run can wake"


BOSS = NewUser("boss", "Boss", "supervisor")
STATUS = {1: "waiting", 2: "parked", 10: "completed", 11: "cancelled"}
