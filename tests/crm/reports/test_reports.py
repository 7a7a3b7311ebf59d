"""What reports say, on a few deals that can be counted by eye."""

from datetime import UTC, date, datetime, timedelta

import pytest

from crm.access.actor import EVERYTHING, SYSTEM, Viewer
from crm.deals.moving import Move, move_deals
from crm.deals.opening import NewDeal, open_deals
from crm.deals.recalling import Recall, recall_deals
from crm.directory import directory
from crm.errors import NotAllowedError
from crm.people.persons import persons_of
from crm.reports.asked import Asked
from crm.reports.reporting import report
from crm.settings.directories import NewLossReason, add_loss_reasons
from db.database import Database
from tests.crm.company import set_up_company
from tests.crm.reports.selling import BEGIN, eyes, sell, user_id


@pytest.fixture
def database(database_url, clock):
    made = Database(database_url, clock=clock)
    with made.work() as work:
        set_up_company(work)
        reasons = [NewLossReason("Too dear", key="dear"), NewLossReason("No need", key="no-need")]
        add_loss_reasons(work, reasons, by=SYSTEM)
    yield made
    made.close()


@pytest.fixture
def fresh(database_url, clock):
    """A database before anything was set up."""
    made = Database(database_url, clock=clock)
    yield made
    made.close()


def opened(work, number=1, owner="ann", **values):
    owner_id = user_id(directory(work), owner)
    items = [
        NewDeal(person, "wholesale", amount=100_00, owner_id=owner_id, is_unowned=owner is None, **values)
        for person in persons_of(work, [()] * number)
    ]
    return [answer.ids[0] for answer in open_deals(work, items, by=SYSTEM)]


def moved(work, ids, *stages, reason=None):
    for stage in stages:
        answers = move_deals(work, [Move(id_, stage, loss_reason=reason) for id_ in ids], by=SYSTEM)
        assert {one.code for one in answers} == {"done"}


def asked(database, viewer=EVERYTHING, **values):
    with database.reading() as work:
        return report(work, Asked(**values), viewer=viewer)


def shown(table, *columns):
    """The lines of a table: names, and the values of some columns."""
    places = [table.column(key) for key in columns]
    return {line.names: tuple(line.cells[place].value for place in places) for line in table.lines}


def totals(table, *columns):
    return tuple(table.total.cells[table.column(key)].value for key in columns)


def test_won_lost_and_reasons(database):
    with database.work() as work:
        moved(work, opened(work, 3), "closed_won")
        moved(work, opened(work, 2), "closed_lost", reason="dear")
        moved(work, opened(work, 1, "bob"), "closed_lost", reason="no-need")
        opened(work, 4)

    found = asked(database, type="refusals", groups=("owner",))

    outcomes, reasons, who = found.tables
    assert shown(outcomes, "closed", "won", "won_share", "lost", "lost_share") == {
        ("Ann",): (5, 3, 0.6, 2, 0.4),
        ("Bob",): (1, 0, 0.0, 1, 1.0),
    }
    assert totals(outcomes, "closed", "won", "won_share", "won_sum", "lost_sum") == (
        6, 3, 0.5, {"UAH": 300_00}, {"UAH": 300_00},
    )  # fmt: skip
    assert shown(reasons, "lost", "share") == {("Too dear",): (2, 2 / 3), ("No need",): (1, 1 / 3)}
    assert shown(who, "lost", "reason0", "reason1") == {("Ann",): (2, 2, 0), ("Bob",): (1, 0, 1)}


def test_a_recalled_deal_counts_as_what_it_is_now(database, clock):
    with database.work() as work:
        [deal_id] = opened(work)
        moved(work, [deal_id], "closed_lost", reason="dear")
    clock.now += timedelta(days=40)
    with database.work() as work:
        [answer] = recall_deals(work, [Recall(deal_id, "he came back")], by=SYSTEM)
        assert answer.code == "done"
    while_open = asked(database, type="refusals")
    with database.work() as work:
        moved(work, [deal_id], "closed_won")

    everything = asked(database, type="refusals").tables[0]
    then = {"period": "chosen", "since": BEGIN.date(), "until": BEGIN.date()}

    assert while_open.is_empty
    assert shown(everything, "closed", "won", "lost") == {("All together",): (1, 1, 0)}
    assert asked(database, type="refusals", **then).is_empty


def test_days_are_those_of_the_company(database, clock):
    for hour in (21, 22):  # Kyiv is two hours ahead: the second one closes on the next day
        clock.now = datetime(2026, 1, 31, hour, 30, tzinfo=UTC)
        with database.work() as work:
            moved(work, opened(work), "closed_won")

    days = [
        asked(database, type="sales", period="chosen", since=day, until=day).tables[0]
        for day in (date(2026, 1, 31), date(2026, 2, 1))
    ]

    assert [shown(table, "won") for table in days] == [{("All together",): (1,)}] * 2


def test_money_never_mixes(database):
    with database.work() as work:
        moved(work, opened(work, 2), "closed_won")
        moved(work, opened(work, 1, currency="EUR"), "closed_won")

    [table] = asked(database, type="sales", groups=("owner",)).tables

    assert shown(table, "won", "won_sum", "average") == {
        ("Ann",): (3, {"EUR": 100_00, "UAH": 200_00}, {"EUR": 100_00, "UAH": 100_00})
    }


def test_stages_that_were_passed_over(database, clock):
    with database.work() as work:
        straight, through, still = opened(work, 3)
        lost = opened(work, 1)
        old = {"opened_at": BEGIN - timedelta(days=9), "closed_at": BEGIN - timedelta(days=2)}
        opened(work, 1, stage="closed_won", **old)
    clock.now += timedelta(days=4)
    with database.work() as work:
        moved(work, [straight], "closed_won")
        moved(work, [through, *lost], "talks")
    clock.now += timedelta(days=2)
    with database.work() as work:
        moved(work, [through], "closed_won")
        moved(work, lost, "closed_lost", reason="dear")

    [table] = asked(database, type="conversion", plans=("wholesale",), basis="created").tables

    found = shown(table, "been", "skipped", "won", "lost", "here", "half")
    assert found["New",] == (4, 0, 2, 0, 1, timedelta(days=4))
    assert found["Talks",] == (2, 1, 1, 1, 0, timedelta(days=2))
    assert found["Closed, won",][4] == 3
    assert found["of them came in closed: their way is not known",][4] == 1
    assert totals(table, "been", "here") == (4, 5)
    assert still


def test_the_tempo_of_deals(database, clock):
    for days in (0, 1, 3, 10, 200):
        old = {"opened_at": BEGIN - timedelta(days=days), "closed_at": BEGIN}
        with database.work() as work:
            opened(work, 1, stage="closed_won", **old)

    tempo, spread = asked(database, type="tempo", groups=("owner",)).tables

    day = timedelta(days=1)
    assert shown(tempo, "closed", "half", "most", "won_half") == {("Ann",): (5, 3 * day, 200 * day, 3 * day)}
    assert [line.cells[0].value for line in spread.lines] == [1, 1, 1, 1, 0, 0, 0, 1]


def test_kept_counts_say_the_same_as_the_deals(fresh, clock):
    """All time by people comes from the counts of boards; a period that holds everything is counted anew."""
    sell(fresh, clock, seed=3, deals=8)
    whole = {"period": "chosen", "since": date(2000, 1, 1), "until": date(2100, 1, 1)}
    for login in (None, "boss", "bob"):
        for basis in ("closed", "created"):
            asks = {"type": "sales", "groups": ("plan", "supervisor"), "basis": basis}
            with fresh.reading() as work:
                viewer = eyes(work, login)
                kept, counted = (report(work, Asked(**asks, **more), viewer=viewer) for more in ({}, whole))
            columns = [one.key for one in kept.tables[0].columns]
            assert shown(kept.tables[0], *columns) == shown(counted.tables[0], *columns), (login, basis)


def test_what_one_may_not_see_is_not_counted(database):
    with database.work() as work:
        moved(work, opened(work, 2, "ann") + opened(work, 1, "bob") + opened(work, 1, None), "closed_won")
        viewers = [eyes(work, login) for login in ("ann", "boss", "cid")]

    found = [asked(database, viewer, type="sales", groups=("owner",)) for viewer in viewers]

    assert [shown(one.tables[0], "won") for one in found[:2]] == [
        {("Ann",): (2,), ("Nobody",): (1,)},
        {("Ann",): (2,), ("Bob",): (1,), ("Nobody",): (1,)},
    ]
    assert found[2].is_empty
    with pytest.raises(NotAllowedError, match=r"reports\.see"):
        asked(database, Viewer(1), type="sales")


def test_the_number_of_statements_does_not_grow(fresh, clock):
    every = [
        Asked(type="refusals", groups=("owner", "product")),
        Asked(type="conversion", plans=("wholesale",)),
        Asked(type="tempo", groups=("owner", "plan")),
        Asked(type="managers", groups=("owner",), period="this-month"),
        Asked(type="sales", groups=("channel", "source")),
    ]

    def costs():
        found = []
        for one in every:
            with fresh.reading() as work:
                directory(work)
                before = work.statements
                report(work, one, viewer=EVERYTHING)
                found.append(work.statements - before)
        return found

    sell(fresh, clock, deals=1)
    few = costs()
    with fresh.work() as work:
        moved(work, opened(work, 150, "bob"), "closed_won")
        moved(work, opened(work, 150, None), "talks", "closed_lost", reason="dear")

    assert costs() == few
    assert max(few) <= 9


def test_questions_that_cannot_be_are_refused():
    for wrong in (
        {"type": "refusals", "groups": ("weather",)},
        {"type": "refusals", "groups": ("plan", "plan")},
        {"type": "refusals", "groups": ("field.size",)},
        {"type": "sales", "period": "once"},
        {"type": "sales", "period": "chosen", "since": date(2026, 2, 1), "until": date(2026, 1, 1)},
        {"type": "weather"},
    ):
        with pytest.raises(ValueError, match=r"validation error"):
            Asked.model_validate(wrong)


def test_a_field_that_was_removed_no_longer_groups(database):
    with database.work() as work:
        moved(work, opened(work), "closed_won")

    [table] = asked(database, type="sales", groups=("field.gone",)).tables

    assert shown(table, "won") == {("All together",): (1,)}
