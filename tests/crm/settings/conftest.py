"""A small company to change."""

import pytest

from crm.actor import SYSTEM
from crm.settings.organization import NewOrganization, set_up
from crm.settings.plans import NewPlan, create_plan
from crm.settings.stage_rules import NewStage
from crm.settings.users import NewUser, add_users
from db.database import Database

STAGES = (
    NewStage("New"),
    NewStage("Talks"),
    NewStage("Closed, won", "won"),
    NewStage("Closed, lost", "lost", asks_reason=True),
)


@pytest.fixture
def empty(database_url):
    """A database before anything was set up."""
    made = Database(database_url)
    yield made
    made.close()


@pytest.fixture
def database(empty):
    """A company with an administrator, a supervisor over three managers, and a plan of two of them."""
    with empty.work() as work:
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
    return empty
