"""A small company to work in and to change."""

from crm.access.actor import SYSTEM
from crm.directory import directory
from crm.people.persons import persons_of
from crm.settings.organization import NewOrganization, set_up
from crm.settings.plans import NewPlan, create_plan
from crm.settings.stage_rules import NewStage
from crm.settings.users import NewUser, add_users
from crm.tables.records import deal, lead
from db.work import Work

STAGES = (
    NewStage("New"),
    NewStage("Talks"),
    NewStage("Closed, won", "won"),
    NewStage("Closed, lost", "lost", asks_reason=True),
)


def set_up_company(work: Work) -> None:
    """Set up a company with an administrator, a supervisor over three managers, and a plan of two of them."""
    set_up(work, NewOrganization("Acme", zone="Europe/Kyiv", currency="UAH"))
    add_users(
        work,
        [
            NewUser("ann", "Ann", supervisor="boss"),
            NewUser("bob", "Bob", supervisor="boss"),
            NewUser("cid", "Cid", supervisor="bob"),
            NewUser("boss", "Boss", "supervisor"),
            NewUser("root", "Root", "administrator"),
            NewUser("mark", "Mark", "marketer"),
        ],
        by=SYSTEM,
    )
    create_plan(work, NewPlan("Wholesale", STAGES, distribution="even", managers=("ann", "bob")), by=SYSTEM)


def put_deals(work: Work, number: int, *, stage: str = "new", owner: str | None = None) -> list[int]:
    """Put rows of deals on the plan, 100.00 each, past all commands."""
    settings = directory(work)
    plan = settings.plan("wholesale")
    owner_id = settings.user(owner).id if owner else None
    ids = work.ids("deal", number)
    columns = (
        "id",
        "person_id",
        "plan_id",
        "stage_id",
        "owner_id",
        "title",
        "title_fold",
        "amount",
        "currency",
        "state",
    )
    rows = [
        (
            id_,
            person_id,
            plan.id,
            plan.by_key[stage].id,
            owner_id,
            "Deal",
            "deal",
            10_000,
            "UAH",
            plan.by_key[stage].state,
        )
        for id_, person_id in zip(ids, persons_of(work, [()] * number), strict=True)
    ]
    work.insert(
        deal, (*columns, "created_at", "stage_entered_at", "version"), [(*row, work.now, work.now, 1) for row in rows]
    )
    return list(ids)


def put_lead(work: Work, **values: object) -> int:
    """Put one row of a lead, past all commands."""
    [id_], [person_id] = work.ids("lead", 1), persons_of(work, [()])
    row = {
        "id": id_, "person_id": person_id, "title": "Lead", "title_fold": "lead", "status": "not_processed",
        "created_at": work.now, "version": 1, **values,
    }  # fmt: skip
    work.insert(lead, tuple(row), [tuple(row.values())])
    return id_
