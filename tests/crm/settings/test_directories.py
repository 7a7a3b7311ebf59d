import pytest
from sqlalchemy import select

from crm.access.actor import SYSTEM
from crm.directory import directory
from crm.errors import InvalidError, NotFoundError
from crm.settings.directories import (
    ChannelChange,
    LossReasonChange,
    NewChannel,
    NewLossReason,
    add_channels,
    add_loss_reasons,
    change_channel,
    change_loss_reason,
    loss_reasons,
    remove_channel,
    remove_loss_reason,
)
from crm.settings.errors import InUseError
from crm.tables.records import deal
from crm.tables.settings import channel
from tests.crm.company import put_deals, put_lead


def test_channels_have_leaders_who_are_users(database):
    with database.work() as work:
        keys = add_channels(work, [NewChannel("Сайт", leader="Boss"), NewChannel("Partners")], by=SYSTEM)
        boss = directory(work).user("boss").id

        assert keys == ("sayt", "partners")
        assert work.scalar(select(channel.c.leader_id).where(channel.c.key == keys[0])) == boss
        with pytest.raises(NotFoundError):
            add_channels(work, [NewChannel("Shop", leader="nobody")], by=SYSTEM)


def test_a_channel_is_changed_and_put_out_of_use(database):
    with database.work() as work:
        add_channels(work, [NewChannel("Site", leader="boss")], by=SYSTEM)
        change_channel(work, "site", ChannelChange(name="Shop", leader=None, is_active=False), by=SYSTEM)

        [row] = work.rows(select(channel.c.name, channel.c.leader_id, channel.c.is_active, channel.c.has_leads))
        assert tuple(row) == ("Shop", None, False, True)


def test_a_channel_that_leads_came_by_stays(database):
    with database.work() as work:
        add_channels(work, [NewChannel("Site"), NewChannel("Fair")], by=SYSTEM)
        put_lead(work, channel_id=directory(work).channel_keys["site"])
        remove_channel(work, "fair", by=SYSTEM)

        with pytest.raises(InUseError) as refused:
            remove_channel(work, "site", by=SYSTEM)

        assert refused.value.places == ("1 lead",)
        assert set(directory(work).channel_keys) == {"site"}


def test_reasons_of_refusal_are_extended_and_put_out_of_use(database):
    with database.work() as work:
        add_loss_reasons(work, [NewLossReason("Price"), NewLossReason("Junk mail", for_deals=False)], by=SYSTEM)
        change_loss_reason(work, "price", LossReasonChange(name="Too expensive", is_active=False), by=SYSTEM)

        found = {one.key: (one.name, one.for_deals, one.is_active) for one in loss_reasons(work)}
    assert found == {"price": ("Too expensive", True, False), "junk_mail": ("Junk mail", False, True)}


def test_a_reason_is_for_something(database):
    with database.work() as work:
        add_loss_reasons(work, [NewLossReason("Price", for_leads=False)], by=SYSTEM)

        with pytest.raises(InvalidError):
            change_loss_reason(work, "price", LossReasonChange(for_deals=False), by=SYSTEM)


def test_a_reason_that_deals_were_lost_for_stays(database):
    with database.work() as work:
        add_loss_reasons(work, [NewLossReason("Price"), NewLossReason("Never given")], by=SYSTEM)
        put_deals(work, 2, stage="closed_lost")
        work.execute(deal.update().values(loss_reason_id=directory(work).loss_reason_keys["price"]))
        remove_loss_reason(work, "never_given", by=SYSTEM)

        with pytest.raises(InUseError) as refused:
            remove_loss_reason(work, "price", by=SYSTEM)

        assert refused.value.places == ("2 deals",)
