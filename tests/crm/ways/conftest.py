"""The company of ``tests.crm.company``, with what its forms and webhooks may fill."""

import pytest

from crm.access.actor import SYSTEM
from crm.settings.directories import NewChannel, add_channels
from crm.settings.field_definitions import NewField, add_fields
from crm.ways.forms import FormText, add_forms, form_by_key
from crm.ways.kinds import FormField
from db.database import Database
from tests.crm.company import set_up_company

FIELDS = (
    FormField("name", "Your name", required=True),
    FormField("phone", "Phone", required=True),
    FormField("email", "E-mail"),
    FormField("field.budget", "Budget"),
    FormField("field.size", "Size"),
    FormField("field.wish", "Wish"),
    FormField("comment", "What is it about?"),
)


def _furnish(work):
    set_up_company(work)
    add_channels(work, [NewChannel("Site", key="site")], by=SYSTEM)
    fields = [
        NewField("lead", "Budget", "money", key="budget"),
        NewField("lead", "Size", "choice", ("small", "large"), key="size"),
        NewField("lead", "Colours", "choices", ("red", "blue"), key="colours"),
        NewField("lead", "Wish", "text", key="wish"),
        NewField("lead", "Call me at", "datetime", key="call_at"),
        NewField("lead", "Birthday", "date", key="birthday"),
        NewField("lead", "Page", "link", key="page"),
        NewField("lead", "Agrees", "bool", key="agrees"),
        NewField("lead", "Seats", "number", key="seats"),
        NewField("lead", "Campaign", "text", key="utm_campaign"),
        NewField("lead", "Whose", "user", key="whose"),
    ]
    add_fields(work, fields, by=SYSTEM)


@pytest.fixture
def database(databases, dialect):
    with databases.furnished(dialect, _furnish) as url:
        made = Database(url)
        yield made
        made.close()


@pytest.fixture
def price(database):
    """A form that asks for most things."""
    with database.work() as work:
        text = FormText("Price list", FIELDS, source="website", channel="site")
        add_forms(work, [text], by=SYSTEM, keys=["price"])
        return form_by_key(work, "price")
