import pytest
from sqlalchemy import func, select

from crm.access.actor import EVERYTHING, SYSTEM
from crm.deals.products import Line, products_of, set_products
from crm.directory import directory
from crm.settings.logins import viewer_of
from crm.tables.records import deal
from crm.tables.settings import product
from tests.crm.company import put_deals


def test_a_deal_has_its_products_in_order(database):
    lines = (Line("Tea", 2.5, 1_000), Line("Cup", 1, 250))

    with database.work() as work:
        first, second = put_deals(work, 2)
        [answer] = set_products(work, [(first, lines)], by=SYSTEM)

        assert answer.code == "done"
        assert products_of(work, [first, second], viewer=EVERYTHING) == {first: lines, second: ()}


def test_setting_the_same_products_again_changes_nothing(database):
    with database.work() as work:
        [deal_id] = put_deals(work, 1)
        set_products(work, [(deal_id, [Line("Tea")])], by=SYSTEM)

        [answer] = set_products(work, [(deal_id, [Line(" Tea ", 1.0)])], by=SYSTEM)

        assert answer.code == "unchanged"
        assert work.scalar(select(deal.c.version)) == 2


def test_products_are_replaced_and_taken_away(database):
    with database.work() as work:
        [deal_id] = put_deals(work, 1)
        set_products(work, [(deal_id, [Line("Tea"), Line("Cup")])], by=SYSTEM)
        set_products(work, [(deal_id, [Line("Pot")])], by=SYSTEM)
        replaced = products_of(work, [deal_id], viewer=EVERYTHING)
        set_products(work, [(deal_id, [])], by=SYSTEM)

        assert replaced == {deal_id: (Line("Pot"),)}
        assert products_of(work, [deal_id], viewer=EVERYTHING) == {deal_id: ()}


def test_upper_and_lower_case_are_one_product_in_the_directory(database):
    with database.work() as work:
        first, second = put_deals(work, 2)
        set_products(work, [(first, [Line("Чай")]), (second, [Line("ЧАЙ"), Line("чай")])], by=SYSTEM)

        assert work.scalar(select(func.count()).select_from(product)) == 1


@pytest.mark.parametrize(
    "line", [Line(""), Line("x" * 300), Line("Tea", 0), Line("Tea", float("nan")), Line("Tea", 1, 10**16)]
)
def test_a_line_that_cannot_be_is_refused_alone(database, line):
    with database.work() as work:
        first, second = put_deals(work, 2)
        answers = set_products(work, [(first, [line]), (second, [Line("Tea")]), (99_999, [])], by=SYSTEM)

    assert [answer.code for answer in answers] == ["invalid", "done", "no_deal"]


@pytest.mark.parametrize("count", [1, 100])
def test_many_deals_cost_as_many_statements_as_one(database, count):
    with database.work() as work:
        directory(work)
        deals = put_deals(work, count + 1)
        set_products(work, [(deals.pop(), [Line("first")])], by=SYSTEM)
        work.flush()
        before = work.statements

        set_products(work, [(deal_id, [Line("Tea"), Line(f"Cup {deal_id}")]) for deal_id in deals], by=SYSTEM)
        work.flush()

        assert work.statements - before == 7


def test_products_of_others_are_not_shown(database):
    with database.work() as work:
        [free], [bobs] = put_deals(work, 1), put_deals(work, 1, owner="bob")
        ann = viewer_of(work, directory(work).user("ann"))

        assert products_of(work, [free, bobs], viewer=ann) == {free: ()}
