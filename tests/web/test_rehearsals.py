"""Rehearsals on pages: a period is chosen, a worker carries it out, and its figures and people are looked at."""

import html
import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import event as sqlalchemy_event

from crm.access.actor import SYSTEM
from crm.leads.recording import NewLead, record_leads
from funnels.publication.publishing import save_draft
from funnels.reading import read
from tests.web.funnels import WHOLESALE, lived_in
from workers.rehearsal.jobs import do_rehearsals

SMALL = WHOLESALE.replace("name: ", "name: Another ", 1)


@pytest.fixture
def ads(small_house):
    """A house whose funnel has run, and a client who edits funnels."""
    lived_in(small_house)
    with small_house.database.work() as work:
        save_draft(work, read(SMALL), by=SYSTEM)
    return small_house


def days(house):
    """The days that the form is sent with: a week back until today, as the clock of the house shows it."""
    with house.database.reading() as work:
        now = work.now
    return {
        "since": (now - timedelta(days=7)).date().isoformat(),
        "until": (now + timedelta(days=1)).date().isoformat(),
    }


def asked(house, **more):
    answer = house.client("root").post("/funnels/ads/rehearsals", data=days(house) | more)
    assert answer.status_code == 303
    return answer.headers["Location"]


def text(answer):
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True))))


def test_the_form_says_how_many_events_match(ads):
    client = ads.client("root")

    page = client.get("/funnels/ads/rehearsals")
    few = client.get("/funnels/ads/rehearsals/matching", query_string=days(ads))
    wrong = client.get("/funnels/ads/rehearsals/matching?since=2026-03-02&until=2026-03-01")

    assert page.status_code == 200
    assert "9 events match" in text(few)
    assert "a last one after it" in text(wrong)


def test_it_is_watched_and_its_figures_stand_beside_what_really_happened(ads):
    client = ads.client("root")
    where = asked(ads)

    before = client.get(where)
    assert "about to begin" in text(before)
    assert 'hx-trigger="every 1s"' in before.get_data(as_text=True)
    do_rehearsals(ads.database)
    after = client.get(where)

    assert "hx-trigger" not in after.get_data(as_text=True).partition('id="state"')[2].partition("<section")[0]
    assert "9 events of the period concern the draft's triggers" in text(after)
    assert "Rehearsed Really Difference" in text(after)
    assert "nothing was changed, and nothing was sent" in text(after)
    assert "Who went where" in text(after)
    assert where in client.get("/funnels/ads/rehearsals").get_data(as_text=True)


def test_its_figures_stand_on_the_canvas(ads):
    client = ads.client("root")
    where = asked(ads)
    assert client.get(f"/api{where}/figures").status_code == 404
    watched = client.get(where, headers={"HX-Request": "true"})
    do_rehearsals(ads.database)

    page = client.get(where).get_data(as_text=True)
    graph, figures = client.get(f"/api{where}/graph").get_json(), client.get(f"/api{where}/figures").get_json()

    assert "HX-Refresh" not in watched.headers
    assert client.get(where, headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"
    assert f'data-figures="/api{where}/figures"' in page
    assert {one["id"] for one in graph["nodes"]} == set(figures["nodes"])
    assert figures["sum"]["entered"] == "6"
    first = graph["edges"][0]
    assert figures["edges"][f"{first['source']}:{first['port']}"]["n"] == "6"
    assert figures["nodes"][first["source"]]["footer"][0] == {"n": "6", "words": "passed", "bad": False}


def test_one_person_is_stepped_through(ads):
    client = ads.client("root")
    where = asked(ads)
    do_rehearsals(ads.database)

    first = client.get(f"{where}/walks/1")
    last = client.get(f"{where}/walks/1?moment=999999999")

    assert "1 of" in text(first)
    assert "lead created" in text(first)
    assert "Nothing more happens in the period." in text(last)
    assert client.get(f"{where}/walks/999").status_code == 404


def test_what_cannot_be_is_said_and_what_was_typed_stays(ads):
    client = ads.client("root")
    period = days(ads)

    backwards = client.post("/funnels/ads/rehearsals", data={"since": period["until"], "until": period["since"]})
    nothing = client.post("/funnels/ads/rehearsals", data={"since": "soon"})

    assert (backwards.status_code, nothing.status_code) == (422, 422)
    assert "ends before it begins" in text(backwards) or "is to come" in text(backwards)
    assert f'value="{period["until"]}"' in backwards.get_data(as_text=True)
    assert client.get("/funnels/none/rehearsals").status_code == 404
    assert client.get("/funnels/ads/rehearsals/999").status_code == 404


def test_it_is_aborted(ads):
    client = ads.client("root")
    where = asked(ads)

    answer = client.post(f"{where}/abort")

    assert answer.status_code == 303
    assert "It was aborted. Nothing was changed." in text(client.get(where))
    assert do_rehearsals(ads.database) == 0


def test_its_pages_take_as_many_statements_for_many_as_for_few(ads):
    counted = []

    def statements(path):
        counted.clear()
        assert ads.client("root").get(path).status_code == 200
        return len(counted)

    sqlalchemy_event.listen(ads.database.engine, "before_cursor_execute", lambda *_: counted.append(1))
    few = asked(ads)
    do_rehearsals(ads.database)
    statements(few)
    few_paths = [statements(few), statements(f"{few}/walks/1")]
    with ads.database.work() as work:
        record_leads(work, [NewLead(f"New {one}", source="ads") for one in range(60)], by=SYSTEM)
    many = asked(ads)
    do_rehearsals(ads.database)

    assert [statements(many), statements(f"{many}/walks/1")] == few_paths


@pytest.mark.parametrize("width", [1440, 390])
def test_a_rehearsal_is_asked_for_watched_and_looked_at_in_a_browser(ads, page_of, axe, width):
    page = page_of(ads, "root", "/funnels/ads", width=width)
    page.get_by_role("link", name="Rehearse").click()
    expect(page.locator("#matching")).to_contain_text("9 events match")
    assert axe(page) == []

    with page.expect_navigation():
        page.get_by_role("button", name="Rehearse").click()
    expect(page.locator("#state")).to_contain_text("about to begin")
    do_rehearsals(ads.database)
    expect(page.locator("#state")).to_contain_text("finished")
    expect(page.locator("#canvas .react-flow__node").first).to_contain_text("6 passed")
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width

    page.locator("section.people li a").first.click()
    expect(page.locator("ol.moments > li")).to_have_count(1)
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
