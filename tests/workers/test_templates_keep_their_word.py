"""The tests of every template hold, for a company that has just made what it needs."""

import pytest

from crm.access.actor import SYSTEM
from crm.settings.organization import NewOrganization, set_up
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


@pytest.mark.parametrize("key", FUNNELS)
def test_a_template_keeps_its_word(office, key):
    with office.work() as work:
        use_funnels(work, [Wish(key, "page")], say=lambda text: text, by=SYSTEM)
    with office.reading() as work:
        document = draft(work, key)
        results = run_tests(work, document)

    assert len(results) >= 2
    found = "\n".join(f"{one.name}: {one.failures} {one.passed}" for one in results if not one.is_good)
    assert found == ""
