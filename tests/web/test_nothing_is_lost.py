"""What is drawn is never lost: without a connection, without a server, without an answer, without a session, beside others."""

import pytest
from playwright.sync_api import expect

from crm.access.actor import SYSTEM
from funnels.publication.publishing import save_draft
from funnels.reading import read
from tests.servers.child import free_port
from tests.web.editing import ADS, DRAFT, at, call, keeps_nothing, kept, looks_at_nobody, node, opened, stands, titles


@pytest.fixture
def drawn(small_house):
    with small_house.database.work() as work:
        save_draft(work, read(ADS), by=SYSTEM)
    return small_house


def only_puts(act):
    """Do something to what is sent to be kept, and let everything else pass."""
    return lambda route: act(route) if route.request.method == "PUT" else route.continue_()


def answer_is_lost(route):
    route.fetch()
    route.abort()


def test_what_is_drawn_without_a_connection_is_there_when_it_is_back(drawn, page_of):
    page = opened(drawn, page_of)
    page.context.set_offline(True)
    call(page, "tag", "Мітка")
    at(page, "tag")
    page.keyboard.press("a")
    page.keyboard.type("comment")
    page.keyboard.press("Enter")
    expect(node(page, "crm_add_comment")).to_be_visible()
    stands(page, "offline")
    call(page, "end", "Кінець")
    with drawn.database.work() as work:  # somebody else goes on meanwhile
        save_draft(work, read(ADS.replace("trigger.lead_created,", "trigger.lead_created, title: Come,")), by=SYSTEM)

    page.context.set_offline(False)

    stands(page, "saved")
    expect(node(page, "come")).to_contain_text("Come")
    assert titles(drawn) == {"come": "Come", "tag": "Мітка", "end": "Кінець", "crm_add_comment": None}
    lines = {(one.source, one.target) for one in kept(drawn).edges}
    assert lines == {("come", "tag"), ("tag", "crm_add_comment"), ("crm_add_comment", "end")}
    page.troubles.clear()  # the browser notes every request that failed


def test_an_answer_that_never_came_and_a_reload_before_it_lose_nothing_and_ask_nothing(drawn, page_of):
    page = opened(drawn, page_of)
    page.route(DRAFT, only_puts(answer_is_lost))
    call(page, "tag", "One")
    stands(page, "offline")
    assert titles(drawn)["tag"] == "One"  # it was kept, and the editor does not know
    call(page, "tag", "One and two")
    page.unroute_all()
    page.keyboard.press("Control+s")
    stands(page, "saved")
    assert titles(drawn)["tag"] == "One and two"

    kept_there = []
    page.route(DRAFT, only_puts(lambda route: kept_there.append(route.fetch())))  # nobody ever answers
    call(page, "tag", "Three")
    stands(page, "saving")
    while not kept_there:
        page.wait_for_timeout(20)
    call(page, "end", "Four")
    with keeps_nothing(drawn):
        page.reload()
        expect(node(page, "end")).to_contain_text("Four")
        assert titles(drawn) == {"come": None, "tag": "Three", "end": None}
    page.unroute_all(behavior="ignoreErrors")
    page.reload()
    expect(node(page, "end")).to_contain_text("Four")

    stands(page, "saved")
    expect(page.locator(".notice.asking")).to_have_count(0)
    assert titles(drawn) == {"come": None, "tag": "Three", "end": "Four"}
    page.troubles.clear()  # the browser notes every request that failed


class Installation:
    """``voronka serve`` on the database of a house; killed, it is started again at the same address."""

    def __init__(self, house, nursery, folder):
        self.nursery, self.folder, self.port = nursery, folder, free_port()
        self.url = house.database.engine.url.render_as_string(hide_password=False)
        house.address = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self):
        environment = {"VORONKA_DATABASE_URL": self.url, "VORONKA_SECRET_KEY": "test", "VORONKA_DATA_DIR": self.folder}
        words = ("serve", "--port", str(self.port))
        self.process = self.nursery.start(
            "voronka", *words, folder=self.folder, environment={**environment, "LANG": "C.UTF-8"}, pipes=True
        )
        assert any("http://" in line for line in self.process.stderr)

    def kill(self):
        self.process.kill()
        self.process.communicate()


def test_the_server_is_killed_while_somebody_draws_and_started_again(drawn, page_of, nursery, tmp_path):
    served = Installation(drawn, nursery, str(tmp_path))
    page = opened(drawn, page_of)
    call(page, "come", "Before")
    stands(page, "saved")

    served.kill()
    call(page, "tag", "While it was away")
    stands(page, "offline")
    page.keyboard.press("Control+z")
    expect(node(page, "tag")).not_to_contain_text("While it was away")
    call(page, "end", "Still away")
    served.start()
    page.keyboard.press("Control+s")

    stands(page, "saved")
    served.kill()
    assert titles(drawn) == {"come": "Before", "tag": None, "end": "Still away"}
    page.troubles.clear()  # the browser notes every request that failed


def test_what_one_window_could_not_save_goes_on_in_another(drawn, page_of):
    one = opened(drawn, page_of)
    other = one.context.new_page()
    other.goto("/funnels/ads/edit")
    one.context.set_offline(True)
    call(one, "tag", "Of one")
    call(other, "end", "Of the other")
    for page in (one, other):
        stands(page, "offline")

    one.close()
    one.context.set_offline(False)

    expect(node(other, "tag")).to_contain_text("Of one")
    stands(other, "saved")
    assert titles(drawn) == {"come": None, "tag": "Of one", "end": "Of the other"}
    one.troubles.clear()  # the browser notes every request that failed


def test_what_is_drawn_after_the_session_ended_goes_through_after_signing_in_again(drawn, page_of):
    page = opened(drawn, page_of)
    elsewhere = page.context.new_page()
    elsewhere.goto("/")
    with elsewhere.expect_navigation():
        elsewhere.locator('form[action="/sign-out"]').first.evaluate("form => form.submit()")
    call(page, "tag", "Drawn meanwhile")
    stands(page, "signedOut")
    expect(page.locator(".saved-sign").get_by_role("link", name="Sign in")).to_be_visible()

    for login, state, title in (("root", "signedOut", None), ("mark", "saved", "Drawn meanwhile")):
        cookie = {"name": "voronka", "value": drawn.cookie(login), "url": drawn.address}
        page.context.add_cookies([cookie])
        with page.expect_response(lambda answer: answer.url.endswith("/funnels/ads/edit")):
            page.keyboard.press("Control+s")
        stands(page, state)
        assert titles(drawn)["tag"] == title  # nobody saves under the name of another
    page.troubles.clear()  # the browser notes every refusal


def test_a_draft_that_another_published_meanwhile_is_drawn_on(drawn, page_of):
    page = opened(drawn, page_of)
    looks_at_nobody(page)
    root = drawn.client("root")
    present = root.get("/api/funnels/ads/draft").json["version"]
    assert root.send("POST", "/api/funnels/ads/publish", {"version": present}).json == {"published": 1}
    call(page, "tag", "After it")

    expect(page.get_by_text("version 1 in use")).to_be_visible()
    stands(page, "saved")
    expect(page.locator(".editor-bar").get_by_text("draft", exact=True)).to_be_visible()
    assert titles(drawn)["tag"] == "After it"
    page.unroute_all()
    assert root.send("POST", "/api/funnels/ads/publish", {"version": present + 1}).json == {"published": 2}
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(page.get_by_text("version 2 in use")).to_be_visible()


def test_who_reloads_before_saying_whose_changes_hold_is_asked_again(drawn, page_of):
    page = opened(drawn, page_of)
    looks_at_nobody(page)
    with drawn.database.work() as work:
        save_draft(work, read(ADS.replace("{id: end,", "{id: end, title: Theirs,")), by=SYSTEM)
    call(page, "end", "Mine")
    expect(page.locator(".notice.asking")).to_be_visible()
    stands(page, "asking")
    page.troubles.clear()  # the browser notes every refusal

    page.reload()

    expect(page.locator(".notice.asking")).to_be_visible()
    assert titles(drawn)["end"] == "Theirs"
    page.get_by_role("button", name="Keep mine").click()
    stands(page, "saved")
    assert titles(drawn)["end"] == "Mine"
    page.troubles.clear()  # the browser notes every refusal


def test_what_nobody_has_seen_is_not_published(drawn, page_of):
    page = opened(drawn, page_of)
    refused = []
    page.on("response", lambda answer: refused.append(answer) if answer.status == 409 else None)
    page.route("**/draft?since=*", lambda route: route.continue_() if refused else route.fulfill(status=204))
    with drawn.database.work() as work:
        save_draft(work, read(ADS.replace("{id: end,", "{id: end, title: Theirs,")), by=SYSTEM)
    page.get_by_role("button", name="Publish").click()

    expect(page.locator("#toasts")).to_contain_text(
        "Nothing was published: somebody else has just changed this funnel."
    )
    expect(node(page, "end")).to_contain_text("Theirs")
    page.troubles.clear()  # the browser notes every refusal
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("version 1 in use")).to_be_visible()


def test_what_is_half_said_is_there_when_its_block_is_looked_at_again(drawn, page_of):
    page = opened(drawn, page_of)
    node(page, "tag").click()
    page.locator("#inspector details.more > summary").last.click()
    guard = page.locator("#guard-tag")
    guard.get_by_role("button", name="Add a condition").click()
    field = guard.get_by_role("combobox", name="Field", exact=True)
    field.click()
    page.keyboard.type("lead source")
    page.keyboard.press("Enter")
    expect(field).to_have_value("lead's source")
    node(page, "end").click()
    expect(guard).to_have_count(0)

    node(page, "tag").click()
    expect(field).to_have_value("lead's source")
    guard.get_by_label("Value", exact=True).fill("ads")
    stands(page, "saved")
    expect(node(page, "tag")).to_contain_text("only if")
    assert kept(drawn).nodes[1].condition.model_dump()["field"] == "lead.source"
