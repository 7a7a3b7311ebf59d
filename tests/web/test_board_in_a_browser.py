"""The board as one works on it: with a mouse, with keys, and beside others."""

import re

import pytest
from playwright.sync_api import expect

from crm.access.actor import SYSTEM
from crm.deals.moving import Move, move_deals
from crm.directory import directory
from crm.settings.directories import NewLossReason, add_loss_reasons
from tests.crm.company import put_deals
from tests.crm.dealing import events
from tests.web.conftest import PATIENCE
from tests.web.test_boards import recount


@pytest.fixture
def house(small_house):
    with small_house.database.work() as work:
        small_house.deals = put_deals(work, 3, owner="ann")
        add_loss_reasons(work, [NewLossReason("Too dear", key="dear"), NewLossReason("Later", key="later")], by=SYSTEM)
    recount(small_house)
    return small_house


def stands(page, deal_id, stage):
    expect(page.locator(f'.column[data-stage="{stage}"] #deal-{deal_id}')).to_be_visible()


def drag(page, deal_id, stage):
    card, column = page.locator(f"#deal-{deal_id}"), page.locator(f'.column[data-stage="{stage}"] [data-cards]')
    start, end = card.bounding_box(), column.bounding_box()
    page.mouse.move(start["x"] + 60, start["y"] + 60)
    page.mouse.down()
    page.mouse.move(end["x"] + 100, end["y"] + 30, steps=12)
    page.mouse.move(end["x"] + 110, end["y"] + 40, steps=3)
    page.mouse.up()


def test_a_card_is_dragged_and_taken_back(house, page_of):
    page, deal_id = page_of(house, "ann", "/boards/wholesale"), house.deals[0]
    drag(page, deal_id, "talks")
    page.get_by_text("Moved to Talks").wait_for()
    stands(page, deal_id, "talks")
    expect(page.locator('.column[data-stage="talks"] [data-count]')).to_have_text("1")

    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.get_by_role("button", name="Undo").click()
    stands(page, deal_id, "new")
    page.reload()
    stands(page, deal_id, "new")


def test_counts_under_other_filters_follow_and_keep_up_with_moves(house, page_of):
    with house.database.work() as work:
        put_deals(work, 22, owner="ann")
    page = page_of(house, "ann", "/boards/wholesale?amount=1..")
    counts = [page.locator(f'.column[data-stage="{stage}"] [data-count]') for stage in ("new", "talks")]
    expect(counts[0]).to_have_text("25", timeout=PATIENCE)
    expect(page.locator("#total")).to_contain_text("25 deals", timeout=PATIENCE)

    drag(page, int(page.locator(".card").first.get_attribute("data-id")), "talks")

    expect(counts[1]).to_have_text("1", timeout=PATIENCE)
    expect(counts[0]).to_have_text("24", timeout=PATIENCE)


def test_of_two_who_move_a_card_one_wins_and_the_other_is_told(house, page_of):
    ann, boss = page_of(house, "ann", "/boards/wholesale"), page_of(house, "boss", "/boards/wholesale")
    deal_id = house.deals[0]
    ann.route("**/changes?*", lambda route: route.fulfill(status=204))  # her board does not know yet
    drag(boss, deal_id, "talks")
    boss.get_by_text("Moved to Talks").wait_for(timeout=60_000)

    drag(ann, deal_id, "closed_won")
    ann.get_by_text("Boss has moved this deal to “Talks” meanwhile").wait_for(timeout=60_000)
    for page in (ann, boss):
        expect(page.locator(f'.column[data-stage="talks"] #deal-{deal_id}')).to_be_visible(timeout=60_000)
        expect(page.locator(f"#deal-{deal_id}")).to_have_count(1)
    expect(ann.locator('.column[data-stage="talks"] [data-count]')).to_have_text("1")
    with house.database.reading() as work:
        moved = [data["stage"] for _, data in events(work, "deal.moved")]
    assert moved == ["talks"]
    ann.troubles.clear()  # the browser itself reports the 409


def test_of_two_at_the_very_same_moment_one_wins_and_both_see_it(house, page_of):
    pages = {
        "talks": page_of(house, "boss", "/boards/wholesale"),
        "closed_won": page_of(house, "ann", "/boards/wholesale"),
    }
    deal_id, held = house.deals[0], []

    def hold(route):
        held.append(route)

    for stage, page in pages.items():
        page.route(re.compile("/api/deals/.*/move"), hold)
        with page.expect_request(re.compile("/api/deals/.*/move")):
            drag(page, deal_id, stage)
    while len(held) < len(pages):
        pages["talks"].wait_for_timeout(10)
    for route in held:
        route.continue_()
    for page in pages.values():
        expect(page.locator(f"#deal-{deal_id}:not(.waiting)")).to_have_count(1)

    with house.database.reading() as work:
        [won] = [data["stage"] for _, data in events(work, "deal.moved")]
    [lost] = pages.keys() - {won}
    expect(pages[won].get_by_text("Moved to")).to_be_visible()
    expect(pages[lost].get_by_text("has moved this deal to")).to_be_visible()
    for page in pages.values():
        expect(page.locator(f'.column[data-stage="{won}"] #deal-{deal_id}')).to_be_visible()
        expect(page.locator(f'.column[data-stage="{won}"] [data-count]')).to_have_text("1")
        expect(page.locator('.column[data-stage="new"] [data-count]')).to_have_text("2")
        expect(page.locator(".card")).to_have_count(3)
    pages[won].troubles.clear()  # the browser itself reports the 409


def test_a_move_without_an_answer_goes_back_to_its_very_place(house, page_of):
    page = page_of(house, "ann", "/boards/wholesale")
    cards = page.locator('.column[data-stage="new"] .card')
    before = cards.evaluate_all("all => all.map(one => one.id)")
    middle = int(before[1].removeprefix("deal-"))
    page.route(re.compile("/api/deals/.*/move"), lambda route: route.abort())
    drag(page, middle, "closed_won")
    page.get_by_text("It went back").wait_for(timeout=60_000)
    expect(cards).to_have_count(3)
    assert cards.evaluate_all("all => all.map(one => one.id)") == before
    page.troubles.clear()  # the browser itself reports the lost request


def test_losing_asks_why_and_leaving_the_window_moves_nothing(house, page_of):
    page, deal_id = page_of(house, "ann", "/boards/wholesale"), house.deals[0]
    drag(page, deal_id, "closed_lost")
    page.get_by_role("link", name="Leave it where it was").click()
    expect(page.locator(f'.column[data-stage="new"] #deal-{deal_id}')).to_be_visible(timeout=60_000)

    drag(page, deal_id, "closed_lost")
    page.get_by_label("Later").check()
    page.get_by_role("button", name="Move", exact=True).click()
    page.get_by_text("Moved to Closed, lost").wait_for(timeout=60_000)
    stands(page, deal_id, "closed_lost")


def test_columns_are_folded_and_put_in_order(house, page_of, axe):
    page = page_of(house, "root", "/boards/wholesale")
    fold = page.get_by_role("button", name="Cards of “Talks”")
    with page.expect_response(lambda answer: "folds" in (answer.request.post_data or "")):
        fold.click()
    expect(page.locator('.column[data-stage="talks"]')).to_have_class("column folded")
    page.goto("/boards/wholesale")
    expect(page.locator('.column[data-stage="talks"]')).to_have_class("column folded")
    assert axe(page) == []

    page.goto("/boards/wholesale/edit")
    handle = page.locator("#edit-talks [data-handle]").bounding_box()
    first = page.locator("#edit-new").bounding_box()
    with page.expect_response("**/order", timeout=60_000):
        page.mouse.move(handle["x"] + 8, handle["y"] + 12)
        page.mouse.down()
        page.mouse.move(first["x"] + 40, first["y"] + 30, steps=12)
        page.mouse.move(first["x"] + 20, first["y"] + 30, steps=3)
        page.mouse.up()
    page.get_by_role("button", name="“New” one place to the right").focus()
    with page.expect_response("**/order", timeout=60_000):
        page.keyboard.press("Enter")
    with house.database.reading() as work:
        order = [one.key for one in directory(work).plan("wholesale").stages]
    assert order == ["talks", "closed_won", "new", "closed_lost", "undefined"]
    page.get_by_role("link", name="Edit “Talks”").click()
    page.get_by_label("Name").fill("Negotiations")
    with page.expect_navigation(timeout=60_000):
        page.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name="Negotiations").wait_for(timeout=60_000)


def test_cards_are_moved_by_keys(house, page_of):
    page = page_of(house, "ann", "/boards/wholesale")
    cyrillic = "new KeyboardEvent('keydown', {key: 'о', code: 'KeyJ', bubbles: true})"
    page.evaluate(f"document.body.dispatchEvent({cyrillic})")  # where j is on a Ukrainian keyboard
    moved = int(page.locator(".card.at").get_attribute("data-id"))
    page.keyboard.press("m")
    page.keyboard.press("Enter")
    page.get_by_text("Moved to Talks").wait_for()
    stands(page, moved, "talks")


def test_what_others_do_appears_without_a_reload(house, page_of):
    page, deal_id = page_of(house, "ann", "/boards/wholesale"), house.deals[1]
    with house.database.work() as work:
        move_deals(work, [Move(deal_id, "talks")], by=SYSTEM)
    page.locator(f'.column[data-stage="talks"] #deal-{deal_id}').wait_for()


def test_what_is_pressed_is_not_drawn_anew_under_the_finger(house, page_of):
    page, deal_id = page_of(house, "ann", "/boards/wholesale"), house.deals[1]
    title = page.locator(f"#deal-{deal_id} .title").bounding_box()
    page.mouse.move(title["x"] + 8, title["y"] + 8)
    page.mouse.down()
    with house.database.work() as work:
        move_deals(work, [Move(deal_id, "talks")], by=SYSTEM)
    with page.expect_response(lambda answer: "/changes?" in answer.url and answer.status == 200):
        page.evaluate("document.dispatchEvent(new Event('look-again'))")
    page.mouse.up()

    page.locator("[data-drawer]").wait_for()
    page.wait_for_url(f"**/deals/{deal_id}")
    stands(page, deal_id, "talks")


def test_a_deal_is_added_by_key(house, page_of):
    page = page_of(house, "ann", "/boards/wholesale")
    page.keyboard.press("n")
    page.locator("#new-deal").get_by_label("What it is about").fill("Стол дубовый")
    page.locator("#new-deal").get_by_label("Contact").fill("Олена")
    page.get_by_role("button", name="Add", exact=True).click()
    page.locator(".card", has_text="Стол дубовый").wait_for()
    expect(page.locator(".card")).to_have_count(4)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_boards_are_open_to_everybody(house, page_of, axe, width, theme):
    page = page_of(house, "ann", "/boards", width=width, theme=theme)
    for path in ("/boards", "/boards/wholesale", "/boards/wholesale/list", "/boards/wholesale?q=nothing"):
        page.goto(path)
        assert axe(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
