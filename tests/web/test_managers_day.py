"""A manager's day, as one story in a real browser: with the mouse, with the keyboard alone, and with a finger on a phone."""

import re

import pytest
from playwright.sync_api import expect

from crm.access.actor import SYSTEM
from crm.deals.moving import Move, move_deals
from crm.deals.opening import NewDeal, open_deals
from crm.directory import directory
from crm.people.persons import persons_of
from crm.settings.directories import NewLossReason, add_loss_reasons
from crm.settings.field_definitions import NewField, add_fields
from crm.settings.stage_rules import NewStage
from crm.settings.stages import StageChange, add_stage, change_stage
from crm.tables.records import deal
from db.database import Database
from funnels.doctor import examine
from tests.crm.company import set_up_company
from tests.web.conftest import House
from tests.web.hands import HANDS, Finger


def set_up_a_day(work):
    """A plan that asks for what a day asks for, five hundred open deals of Bob, and one that Ann has lost."""
    set_up_company(work)
    add_fields(work, [NewField("deal", "Size", "number", key="size")], by=SYSTEM)
    add_loss_reasons(work, [NewLossReason("Too dear", key="dear"), NewLossReason("Later", key="later")], by=SYSTEM)
    change_stage(work, "wholesale", "talks", StageChange(required_fields=["company", "field.size"]), by=SYSTEM)
    add_stage(work, "wholesale", NewStage("Offer"), by=SYSTEM)
    ann, bob = (directory(work).user(login).id for login in ("ann", "bob"))
    *chairs, table = persons_of(work, [()] * 501)
    [lost] = open_deals(work, [NewDeal(table, "wholesale", title="Table of ash", owner_id=ann)], by=SYSTEM)
    move_deals(work, [Move(lost.ids[0], "closed_lost", loss_reason="dear")], by=SYSTEM)
    items = [
        NewDeal(person, "wholesale", title=f"Chair {number}", owner_id=bob)
        for number, person in enumerate(chairs, start=1)
    ]
    open_deals(work, items, by=SYSTEM)


@pytest.fixture
def house(databases):
    with databases.furnished("sqlite", set_up_a_day) as url:
        database = Database(url)
        yield House(database)
        database.close()


def stands(hand, title, stage):
    expect(hand.column(stage).locator(".card", has_text=title)).to_have_count(1)


def counts(hand, stage, number):
    expect(hand.column(stage).locator("[data-count]")).to_have_text(str(number))


def said(hand, words):
    expect(hand.page.locator("#toasts").get_by_text(words).last).to_be_visible()


def the_board_is_filtered(hand, axe):
    counts(hand, "new", 500)
    hand.open_filter()
    owner = hand.page.locator('.filter-row[data-field="deal.owner"]')
    hand.press(owner.locator("summary"))
    hand.tick(owner.get_by_label("Bob"))
    hand.find()
    expect(hand.page.locator(".facet")).to_contain_text("Bob")
    assert "owner=bob" in hand.page.url
    counts(hand, "closed_lost", 0)


def five_hundred_are_moved_and_taken_back(hand, axe):
    hand.pick_a_card()
    bar, dialog = hand.page.locator("#selection"), hand.page.locator("#mass-dialog")
    expect(bar).to_contain_text("Chosen: 1")
    hand.to_the_bar()
    hand.press(bar.locator("[data-all]"))
    expect(bar).to_contain_text("Chosen: 500")
    assert axe(hand.page) == []

    hand.press(bar.locator('[data-act="stage"]'))
    expect(dialog).to_be_visible()
    hand.choose(dialog.locator("#m-stage"), "wholesale:offer")
    expect(dialog.locator("#mass-look")).to_contain_text("can be done: 200")
    assert axe(hand.page) == []
    hand.press(dialog.locator("#mass-do"))
    said(hand, "Done: 500 records")
    expect(bar).to_be_hidden()
    counts(hand, "offer", 500)
    counts(hand, "new", 0)

    hand.undo()
    counts(hand, "new", 500)
    counts(hand, "offer", 0)


def the_filter_is_taken_away(hand, axe):
    hand.show_all()
    expect(hand.page.locator(".facet")).to_have_count(0)
    counts(hand, "closed_lost", 1)


def a_swipe_scrolls_and_moves_nothing(hand, axe):
    if not isinstance(hand, Finger):
        return
    cards = hand.column("new").locator("[data-cards]")
    cards.evaluate("cards => cards.addEventListener('scrollend', () => cards.dataset.scrolled = 'yes')")
    for _ in range(20):  # a finger that rests too long, on a busy machine, lifts the card and puts it down again
        hand.swipe_up(cards)
        if cards.evaluate("cards => cards.scrollTop") > 0:
            break
    expect(cards).to_have_attribute(
        "data-scrolled", "yes"
    )  # what is tapped before that stops the list and nothing else
    counts(hand, "new", 500)
    cards.evaluate("cards => cards.scrollTo(0, 0)")


def a_deal_is_added_where_it_stands(hand, axe):
    hand.begin_deal()
    window = hand.page.locator("#new-deal")
    hand.type(window.get_by_label("What it is about"), "Kitchen of oak")
    hand.press(window.get_by_role("button", name="Add", exact=True))
    expect(window).to_be_hidden()
    stands(hand, "Kitchen of oak", "new")
    counts(hand, "new", 501)


def what_a_stage_asks_for_is_filled_in(hand, axe):
    hand.move("Kitchen of oak", "talks")
    window = hand.shown(hand.page.locator("#move-window"))
    hand.type(window.get_by_label("Company"), "Oak & Sons")
    hand.type(window.get_by_label("Size"), "12")
    hand.press(window.get_by_role("button", name="Move", exact=True))
    said(hand, "Moved to Talks")
    stands(hand, "Kitchen of oak", "talks")


def a_deal_is_lost_with_its_reason(hand, axe):
    hand.move("Kitchen of oak", "closed_lost")
    window = hand.shown(hand.page.locator("#move-window"))
    hand.tick(window.get_by_label("Later"))
    hand.press(window.get_by_role("button", name="Move", exact=True))
    said(hand, "Moved to Closed, lost")
    stands(hand, "Kitchen of oak", "closed_lost")


def it_is_recalled(hand, axe):
    hand.open("Kitchen of oak")
    recall = hand.shown(hand.page.locator("[data-drawer] #recall"))
    hand.press(recall.locator("summary"))
    hand.type(recall.get_by_label("Why?"), "They called back")
    hand.press(recall.get_by_role("button", name="Recall deal"))
    said(hand, "Taken up again.")
    expect(recall).to_have_count(0)


def it_is_handed_over(hand, axe):
    card = hand.page.locator("[data-drawer] #card")
    hand.press(card.locator("#hand-over summary"))
    hand.choose(card.get_by_label("New owner"), "cid")
    hand.press(card.locator("#hand-over .primary"))
    said(hand, "Given to Cid.")
    hand.close()
    expect(hand.page.locator("[data-drawer]")).to_have_count(0)
    expect(hand.page).to_have_url(re.compile("/boards/wholesale(#content)?$"))
    stands(hand, "Kitchen of oak", "talks")  # without a reload
    expect(hand.card("Kitchen of oak").locator(".avatar")).to_contain_text("Cid")


def a_report_leads_to_exactly_its_deals(hand, axe):
    hand.go_to_reports()
    hand.follow(hand.page.get_by_role("link", name="By refusal reasons"))
    chart = hand.page.locator('section[aria-labelledby="t-outcomes"] [data-chart]')
    hand.follow(chart.get_by_label("Wholesale, Lost: 1"))
    expect(hand.page).to_have_url(re.compile("/deals"))
    expect(hand.page.locator("tr[data-id]")).to_have_count(1)
    expect(hand.page.locator("tr[data-id]")).to_contain_text("Table of ash")


STORY = (
    the_board_is_filtered,
    five_hundred_are_moved_and_taken_back,
    the_filter_is_taken_away,
    a_swipe_scrolls_and_moves_nothing,
    a_deal_is_added_where_it_stands,
    what_a_stage_asks_for_is_filled_in,
    a_deal_is_lost_with_its_reason,
    it_is_recalled,
    it_is_handed_over,
    a_report_leads_to_exactly_its_deals,
)


@pytest.mark.first
@pytest.mark.parametrize("hand", HANDS)
def test_a_managers_day(house, page_of, axe, hand):
    told = hand(page_of(house, "boss", "/boards/wholesale", width=hand.width))

    for part in STORY:
        part(told, axe)

    with house.database.reading() as work:
        settings = directory(work)
        [kitchen] = work.rows(deal.select().where(deal.c.title == "Kitchen of oak"))
        assert (settings.stages[kitchen.stage_id].key, kitchen.owner_id) == ("talks", settings.user("cid").id)
        assert [one.code for one in examine(work, deep=True) if one.severity == "error"] == []
