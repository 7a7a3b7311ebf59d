"""Cards and rows are put together by hand: nothing that people wrote becomes markup."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from crm.deals.cards import Card, NextTask
from crm.finding.deals import DealRow
from web.deal_cards import CardsInHtml
from web.deal_columns import FIRST, USUAL, column_of
from web.deal_rows import RowsInHtml
from web.visit import Visit

NOW = datetime(2025, 11, 19, 12, tzinfo=UTC)
ODD = """"><script>alert('1')</script>&{time}{deal}"""


@pytest.fixture
def written(small_house):
    """Writes a card as a board and as a list have it, for somebody with rights."""
    from flask import g

    from crm.directory import directory

    with small_house.database.reading() as work:
        settings = directory(work)
    user = next(one for one in settings.users.values() if one.login == "root")

    def write(card, **instead):
        with small_house.app.test_request_context("/"):
            g.visit = Visit(settings, user, None, "en")
            odd = SimpleNamespace(
                users={1: SimpleNamespace(id=1, name=instead.get("owner", "Ann Smith"))},
                stages={
                    1: SimpleNamespace(key="new", name=instead.get("stage", "New"), colour="#aabbcc", dwell_days=None)
                },
            )
            columns = [column_of(settings, path) for path in (FIRST, *USUAL)]
            row = DealRow(card, card.who, None, None, None, None, None, None, {})
            return CardsInHtml(odd, NOW).cards([card]), RowsInHtml(odd, NOW, columns, {}).list_rows([row])

    return write


def card(**instead):
    plain = Card(
        7, 1, 1, 1, "Sofa", "Oleh", 12_500_00, "UAH", 0, (), None, 0, NOW, NOW - timedelta(days=3), 2
    )  # fmt: skip
    return plain._replace(**instead)


def test_nothing_that_people_wrote_becomes_markup(written):
    task = NextTask(1, ODD, NOW + timedelta(days=9), None)
    for html in written(card(title=ODD, who=ODD + "2", tags=(ODD,), task=task), owner=ODD, stage=ODD):
        assert "<script" not in html
        assert html.count("&lt;script&gt;") >= 4
        assert '""' not in html


@pytest.mark.parametrize(
    ("due_at", "words"),
    [
        (NOW - timedelta(hours=2), "Overdue 2 hr"),
        (NOW + timedelta(hours=1), "Today 15:00"),
        (NOW + timedelta(days=1), "Tomorrow 14:00"),
        (NOW + timedelta(days=2), "Fri 14:00"),
        (NOW + timedelta(days=20), "9 Dec"),
        (None, "Call and ask what they…"),
    ],
)
def test_a_card_and_a_row_say_what_is_next(written, due_at, words):
    task = NextTask(1, "Call and ask what they think of it", due_at, None)
    for html in written(card(task=task, open_tasks=1)):
        assert words in html
        assert ("late" in html.split(">")[0]) == (due_at is not None and due_at < NOW)


def test_a_card_without_task_or_owner_says_so(written):
    for html in written(card(owner_id=None)):
        assert "no task" in html
        assert "Nobody yet" in html
    for html in written(card(state=1)):
        assert "no task" not in html


def test_a_card_shows_three_tags_and_how_many_more(written):
    html, row = written(card(tags=("a", "b", "c", "d", "e")))
    assert html.count("chip accent") == 3
    assert "+2" in html
    assert row.count("chip accent") == 5
