import pytest

from crm.access.actor import SYSTEM
from crm.directory import directory
from crm.settings.directories import NewChannel, NewLossReason, add_channels, add_loss_reasons
from crm.settings.field_definitions import NewField, add_fields
from crm.settings.plans import archive_plan
from crm.settings.users import deactivate_users
from funnels.known import Installation


@pytest.fixture
def known(house):
    with house.database.work() as work:
        add_channels(work, [NewChannel("Site", key="site")], by=SYSTEM)
        add_loss_reasons(work, [NewLossReason("Too dear", key="dear")], by=SYSTEM)
        add_fields(work, [NewField("deal", "Delivery", "date", key="delivery")], by=SYSTEM)
        archive_plan(work, "service", by=SYSTEM, confirmed=True)
        deactivate_users(work, ["boss"], by=SYSTEM)
        return Installation(directory(work))


@pytest.mark.parametrize(
    ("kind", "key", "within", "is_there"),
    [
        ("plan", "sales", None, True),
        ("plan", "service", None, False),  # archived
        ("plan", "nowhere", None, False),
        ("stage", "offer", "sales", True),
        ("stage", "nowhere", "sales", False),
        ("stage", "offer", "nowhere", False),
        ("stage", "offer", None, True),
        ("user", "ann", None, True),
        ("user", "boss", None, False),  # left
        ("channel", "site", None, True),
        ("channel", "fax", None, False),
        ("loss_reason", "dear", None, True),
        ("loss_reason", "cheap", None, False),
        ("field", "deal.field.delivery", None, True),
        ("field", "lead.field.delivery", None, False),
        ("tag", "anything", None, True),
    ],
)
def test_what_exists_is_known(known, kind, key, within, is_there):
    assert known.has(kind, key, within) is is_there


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("lead.source", "text"),
        ("deal.amount", "money"),
        ("deal.field.delivery", "date"),
        ("deal.field.nothing", None),
        ("deal.nothing", None),
        ("variable.any", "text"),
        ("trigger.stage", "choice"),
        ("", None),
    ],
)
def test_the_kind_of_a_path_is_known(known, path, kind):
    assert known.field(path) == kind
