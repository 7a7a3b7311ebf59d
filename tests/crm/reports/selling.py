"""A company that sells for some weeks, at random: by commands only, so that everything holds that commands promise."""

from datetime import UTC, datetime, timedelta
from random import Random

from sqlalchemy import select

from crm.access.actor import EVERYTHING, SYSTEM
from crm.access.viewers import viewer_of
from crm.deals.moving import Move, move_deals
from crm.deals.opening import NewDeal, open_deals
from crm.deals.products import Line, set_products
from crm.deals.recalling import Recall, recall_deals
from crm.directory import directory
from crm.fields.changes import FieldChange, set_fields
from crm.leads.recording import NewLead, record_leads
from crm.people.persons import persons_of
from crm.settings.directories import NewChannel, NewLossReason, add_channels, add_loss_reasons
from crm.settings.field_definitions import NewField, add_fields
from crm.settings.plans import NewPlan, create_plan
from crm.settings.stage_rules import NewStage
from crm.tables.records import deal
from crm.tasks.changes import NewTask, create_tasks
from engine.deadline import Due
from tests.crm.company import set_up_company

BEGIN = datetime(2026, 1, 12, 9, tzinfo=UTC)
WEEKS = 8
SOURCES = ("Ads", "ads", "fair|2026", "!loud", "Сайт", None, "")
OWNERS = ("ann", "bob", "cid", "mark", None)
PRODUCTS = ("Desk", "Chair", "Lamp | big", "-")


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = BEGIN

    def __call__(self) -> datetime:
        return self.now


def sell(database, clock, *, seed=7, deals=18):
    """Let the company of ``tests.crm.company`` sell on two plans, so many new deals a week."""
    chance = Random(seed)
    with database.work() as work:
        furnish(work)
    for _ in range(WEEKS):
        with database.work() as work:
            a_week(work, chance, deals)
        clock.now += timedelta(days=chance.randint(3, 9), hours=chance.randint(0, 23))


def furnish(work):
    set_up_company(work)
    stages = ("First", "Talks", "Third")
    courses = (*map(NewStage, stages), NewStage("Paid", "won"), NewStage("Gone", "lost"))
    create_plan(work, NewPlan("Courses", courses, currency="USD", managers=("bob", "cid")), by=SYSTEM)
    add_loss_reasons(work, [NewLossReason("Too dear", key="dear"), NewLossReason("No need", key="no-need")], by=SYSTEM)
    add_channels(work, [NewChannel("Website", key="site"), NewChannel("Partners", key="partners")], by=SYSTEM)
    fields = [
        NewField("deal", "Size", "choice", ("Small", "Large"), key="size"),
        NewField("deal", "Wishes", "choices", ("Fast", "Cheap"), key="wishes"),
        NewField("deal", "Urgent", "bool", key="urgent"),
    ]
    add_fields(work, fields, by=SYSTEM)


def a_week(work, chance, number):
    settings = directory(work)
    leads = [
        NewLead("Lead", source=chance.choice(SOURCES), channel=chance.choice(("site", "partners", None)))
        for _ in range(number)
    ]
    made = [answer.ids for answer in record_leads(work, leads, by=SYSTEM)]
    strangers = persons_of(work, [()] * number)
    items = [
        one_deal(work, chance, settings, *(ids if chance.random() < 0.7 else (None, person)))
        for ids, person in zip(made, strangers, strict=True)
    ]
    ids = [answer.ids[0] for answer in open_deals(work, items, by=SYSTEM)]
    set_products(
        work, [(id_, [Line(chance.choice(PRODUCTS)) for _ in range(chance.randint(0, 3))]) for id_ in ids], by=SYSTEM
    )
    values = [
        {
            "field.size": chance.choice(("Small", "Large", None)),
            "field.urgent": chance.choice((True, False, None)),
            "field.wishes": chance.choice((["Fast"], ["Fast", "Cheap"], None)),
        }
        for _ in ids
    ]
    answers = set_fields(work, [FieldChange("deal", id_, one) for id_, one in zip(ids, values, strict=True)], by=SYSTEM)
    assert {one.code for one in answers} <= {"done", "unchanged"}
    some_move(work, chance, settings)
    late = Due.at_moment(work.now + timedelta(days=chance.choice((2, 90))), "Europe/Kyiv")
    tasks = [
        NewTask(1, "Call", late, user_id(settings, chance.choice(OWNERS)), deal_id=chance.choice(ids)) for _ in range(5)
    ]
    assert {one.code for one in create_tasks(work, tasks, by=SYSTEM)} == {"done"}


def one_deal(work, chance, settings, lead_id, person_id):
    plan = chance.choice(list(settings.plans.values()))
    stage = chance.choice([plan.stages[0], *plan.stages])
    owner = user_id(settings, chance.choice(OWNERS))
    opened = work.now - timedelta(days=chance.randint(0, 120), minutes=chance.randint(0, 5000))
    is_closed = stage.state != 0
    is_old = is_closed or chance.random() < 0.5
    return NewDeal(
        person_id,
        plan.key,
        stage.key,
        "Deal",
        amount=chance.randint(0, 9) * 12_345,
        owner_id=owner,
        is_unowned=owner is None,
        lead_id=lead_id,
        currency=chance.choice((None, None, "EUR")),
        opened_at=opened if is_old else None,
        closed_at=opened + timedelta(days=chance.randint(0, 40)) if is_closed else None,
        loss_reason=chance.choice((None, "dear")) if stage.state == 2 else None,
    )


def some_move(work, chance, settings):
    rows = work.rows(select(deal.c.id, deal.c.plan_id, deal.c.state).order_by(deal.c.id))
    moves, back = [], []
    for row in rows:
        if row.state == 0 and chance.random() < 0.5:
            stage = chance.choice([one for one in settings.plans[row.plan_id].stages if one.kind != "undefined"])
            reason = chance.choice(("dear", "no-need", None) if not stage.asks_reason else ("dear", "no-need"))
            moves.append(Move(row.id, stage.key, loss_reason=reason if stage.state == 2 else None))
        elif row.state != 0 and chance.random() < 0.2:
            back.append(Recall(row.id, "a slip"))
    assert {one.code for one in move_deals(work, moves, by=SYSTEM)} <= {"done"}
    assert {one.code for one in recall_deals(work, back, by=SYSTEM)} <= {"done"}


def user_id(settings, login):
    return settings.logins[login].id if login else None


def eyes(work, login):
    """A viewer: everybody's, or a user's."""
    settings = directory(work)
    return EVERYTHING if login is None else viewer_of(settings, settings.user(login))
