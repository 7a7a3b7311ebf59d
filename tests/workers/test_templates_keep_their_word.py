"""The tests of every template hold, for a company that has just made what it needs."""

import pytest

from crm.access.actor import SYSTEM
from crm.settings.organization import NewOrganization, set_up
from crm.settings.plans import NewPlan, create_plan
from crm.settings.stage_rules import NewStage
from crm.settings.users import NewUser, add_users
from db.database import Database
from funnels.gallery.templates import FUNNELS
from funnels.gallery.using import Wish, use_funnels
from funnels.publication.publishing import draft
from workers.stories.running import run_tests


def furnish(work):
    set_up(work, NewOrganization("Acme", zone="Europe/Kyiv", currency="UAH"))
    people = [NewUser("ann", "Ann", supervisor="boss"), NewUser("bob", "Bob"), NewUser("boss", "Boss", "supervisor")]
    add_users(work, people, by=SYSTEM)


@pytest.fixture
def office(databases):
    with databases.furnished("sqlite", furnish) as url:
        database = Database(url)
        yield database
        database.close()


def loudly(text):
    """The texts of a template in another language."""
    return f"{text} !"


@pytest.mark.parametrize("say", [str, loudly], ids=["in English", "in another language"])
@pytest.mark.parametrize("key", FUNNELS)
def test_a_template_keeps_its_word(office, key, say):
    with office.work() as work:
        use_funnels(work, [Wish(key, "page")], say=say, by=SYSTEM)
    with office.reading() as work:
        document = draft(work, key)
        results = run_tests(work, document)

    assert len(results) >= 2
    found = "\n".join(f"{one.name}: {one.failures} {one.passed}" for one in results if not one.is_good)
    assert found == ""


def test_it_keeps_its_word_on_a_plan_of_the_company_too(office):
    stages = (
        NewStage("Fresh"),
        NewStage("Again"),
        NewStage("Talks"),
        NewStage("Done", "won"),
        NewStage("Gone", "lost"),
    )
    own = {"new": "fresh", "second_call": "again", "third_call": "again", "talk": "talks"}
    with office.work() as work:
        plan = NewPlan("Kitchens", stages, distribution="even", managers=("ann", "bob"))
        key = create_plan(work, plan, by=SYSTEM).key
        wish = Wish("tunnel", "page", plans={"sales": key, "repeat": key}, stages={("repeat", "to_call"): own["talk"]})
        use_funnels(work, [wish], say=str, by=SYSTEM)
    with office.reading() as work:
        results = run_tests(work, draft(work, "tunnel"))

    assert [one.failures for one in results] == [(), ()]
