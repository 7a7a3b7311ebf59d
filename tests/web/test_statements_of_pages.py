"""What pages cost in statements: the same with ten thousand deals as with a hundred."""

import pytest

from crm.searching.keeping import Keeper, is_known
from crm.tables.searching import searched
from tests.web.test_boards import deals, recount, statements

PATHS = (
    "/boards",
    "/boards/wholesale",
    "/boards/wholesale?owner=ann",
    "/boards/wholesale?q=deal",
    "/boards/wholesale?amount=1..",
    "/boards/wholesale?amount=99999..",
    "/api/boards/wholesale/totals?amount=1..",
    "/boards/wholesale/list",
    "/boards/wholesale/list?sort=-amount",
    "/boards/wholesale/list?amount=1..",
    "/boards/wholesale/list?amount=1..&sort=-amount",
    "/deals?amount=1..",
    "/deals/1",
    "/search?q=deal",
    "/search?q=nothing+like+it",
    "/api/funnels/examples",
    "/api/funnels/examples?q=deal",
    "/leads",
)


def kept(house):
    """Let search read everything through."""
    with house.database.work() as work:
        work.execute(searched.delete())
    keeper = Keeper(house.database)
    for _ in range(100):
        keeper.step()
        with house.database.reading() as work:
            if house.database.is_sqlite or is_known(work):
                return
    raise AssertionError("search did not reach the journal's end")


@pytest.mark.parametrize("is_kept", [False, True], ids=["read through", "by index"])
def test_pages_take_as_many_statements_for_ten_thousand_deals_as_for_a_hundred(house, is_kept, monkeypatch):
    monkeypatch.setattr(
        "db.database.SURE_FOR", float("inf")
    )  # a connection that a slow machine left lying is not asked
    client = house.client("root")
    taken = []
    for number in (100, 9_900):
        ids = deals(house, number // 2, owner="ann") + deals(house, number // 2, stage="talks", owner="bob")
        recount(house)
        if is_kept:
            kept(house)
        taken.append({path: statements(house, client, path.replace("/deals/1", f"/deals/{ids[0]}")) for path in PATHS})

    few, many = taken
    assert many == few
