import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from crm.access.actor import SYSTEM
from crm.deals.moving import Move, move_deals
from crm.deals.opening import NewDeal, open_deals
from crm.deals.owners import NewOwner, assign_owners
from crm.deals.totals import compact
from crm.fields.changes import FieldChange, set_fields
from crm.settings.directories import NewLossReason, add_loss_reasons
from crm.tables.journal import stage_total
from crm.tables.records import deal
from db.database import Database
from tests.crm.company import set_up_company
from tests.crm.dealing import counted, opened, persons, recounted

STAGE_KEYS = st.sampled_from(["new", "talks", "closed_won", "closed_lost"])
ACTS = st.one_of(
    st.tuples(st.just("open"), STAGE_KEYS, st.integers(0, 1000)),
    st.tuples(st.just("move"), st.integers(0, 30), STAGE_KEYS),
    st.tuples(st.just("assign"), st.integers(0, 30), st.sampled_from(["ann", "bob", "cid", None])),
    st.tuples(st.just("amount"), st.integers(0, 30), st.integers(0, 1000)),
    st.tuples(st.just("currency"), st.integers(0, 30), st.sampled_from(["UAH", "EUR"])),
    st.tuples(st.just("compact")),
)


@pytest.fixture(scope="module")
def shared(module_database_url):
    made = Database(module_database_url)
    with made.work() as work:
        set_up_company(work)
        add_loss_reasons(work, [NewLossReason("Too dear", key="dear")], by=SYSTEM)
    yield made
    made.close()


def do(work, act):
    ids = [row.id for row in work.rows(select(deal.c.id).order_by(deal.c.id))] or [0]
    match act:
        case "open", stage, amount:
            open_deals(work, [NewDeal(persons(work, 1)[0], "wholesale", stage, amount=amount)], by=SYSTEM)
        case "move", number, stage:
            move_deals(work, [Move(ids[number % len(ids)], stage, loss_reason="dear")], by=SYSTEM)
        case "assign", number, owner:
            assign_owners(work, [NewOwner("deal", ids[number % len(ids)], owner)], by=SYSTEM)
        case field, number, value if field != "compact":
            set_fields(work, [FieldChange("deal", ids[number % len(ids)], {field: value})], by=SYSTEM)
        case _:
            compact(work)


@settings(max_examples=30)
@given(st.lists(st.lists(ACTS, min_size=1, max_size=5), min_size=1, max_size=6))
def test_totals_are_a_recount_whatever_was_done_in_whatever_transactions(shared, transactions):
    for acts in transactions:
        with shared.work() as work:
            for act in acts:
                do(work, act)

    with shared.reading() as work:
        assert counted(work) == recounted(work)


def test_folding_leaves_one_row_for_each_place_and_changes_no_sum(database):
    for _ in range(3):
        with database.work() as work:
            opened(work, 4, amount=100)
    with database.reading() as work:
        before = counted(work)

    with database.work() as work:
        gone = compact(work)

    with database.reading() as work:
        assert counted(work) == before == recounted(work)
        assert work.scalar(select(func.count()).select_from(stage_total)) == len(before)
        assert gone == 3 * len(before)


def test_what_comes_to_nothing_leaves_no_row(database):
    with database.work() as work:
        [deal_id] = opened(work, amount=100)
        move_deals(work, [Move(deal_id, "talks")], by=SYSTEM)
        move_deals(work, [Move(deal_id, "new")], by=SYSTEM)

    with database.reading() as work:
        assert work.scalar(select(func.count()).select_from(stage_total)) == 1


def test_a_transaction_that_is_given_up_changes_no_totals(database):
    def open_and_fail():
        with database.work() as work:
            opened(work, 3)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        open_and_fail()

    with database.reading() as work:
        assert counted(work) == {}
