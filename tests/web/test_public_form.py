"""Public forms as strangers meet them: browsers without scripts, programs, the curious and the ill-meaning."""

import html
import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from crm.access.actor import SYSTEM
from crm.settings.field_definitions import NewField, add_fields
from crm.tables.records import lead
from crm.ways.forms import FormText, add_forms, change_form, form_by_key, switch_form
from crm.ways.kinds import FormField
from db.database import Database
from tests.crm.company import set_up_company
from tests.web.conftest import House

ASKED = (
    FormField("name", "Your name", required=True),
    FormField("phone", "Phone", required=True),
    FormField("field.budget", "Budget"),
    FormField("field.size", "Size"),
    FormField("field.colours", "Colours"),
    FormField("field.agrees", "I agree", required=True),
    FormField("comment", "Message"),
)
TYPED = {"name": "Ann", "phone": "+380501234567", "field.agrees": "true"}


class Clock:
    def __init__(self):
        self.now = datetime(2026, 3, 2, 9, tzinfo=UTC)

    def __call__(self):
        return self.now

    def forward(self, **span):
        self.now += timedelta(**span)


class Street:
    """A house with a form, and a clock that the test moves."""

    def __init__(self, url, **form):
        self.clock = Clock()
        self.database = Database(url, clock=self.clock)
        with self.database.work() as work:
            set_up_company(work)
            fields = [
                NewField("lead", "Budget", "money", key="budget"),
                NewField("lead", "Size", "choice", ("small", "large"), key="size"),
                NewField("lead", "Colours", "choices", ("red", "blue"), key="colours"),
                NewField("lead", "Agrees", "bool", key="agrees"),
            ]
            add_fields(work, fields, by=SYSTEM)
            text = FormText(**{"name": "Price list", "fields": ASKED, "title": "Prices", **form})
            add_forms(work, [text], by=SYSTEM, keys=["price"])
        self.house = House(self.database)
        self.client = self.house.app.test_client()
        with self.database.reading() as work:
            self.address = f"/f/{form_by_key(work, 'price').public_id}"

    def open(self, query="", **headers):
        return self.client.get(self.address + query, headers=headers)

    def ticket(self, query=""):
        return re.search(r'name="ticket" value="([^"]+)"', self.open(query).text)[1]

    def send(self, ticket=None, *, after=5, path=None, **values):
        ticket = ticket or self.ticket()
        self.clock.forward(seconds=after)
        named = {name.replace("field_", "field."): value for name, value in values.items()}
        return self.client.post(path or self.address, data={**TYPED, "ticket": ticket, **named})

    def leads(self):
        with self.database.reading() as work:
            return work.rows(select(lead).order_by(lead.c.id))


@pytest.fixture
def street(databases):
    with databases.migrated("sqlite") as url:
        made = Street(url)
        yield made
        made.database.close()


def test_it_is_open_to_anybody_without_cookies(street):
    page = street.open()

    assert page.status_code == 200
    assert "Set-Cookie" not in page.headers
    assert all(one.label in html.unescape(page.text) for one in ASKED)
    assert "<title>Prices</title>" in page.text


def test_it_may_stand_in_frames_and_other_pages_may_not(street):
    page = street.open()

    assert "frame-ancestors *" in page.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in page.headers
    assert not re.search(r"\son\w+=|\sstyle=|<style|<script(?![^>]*\ssrc=)", page.text)


def test_what_is_sent_becomes_a_lead_and_thanks_are_shown(street):
    answer = street.send(field_budget="1000", field_size="large", field_colours=["red", "blue"], comment="Hello")

    assert answer.status_code == 303
    assert "Thank you" in street.client.get(answer.location).text
    [row] = street.leads()
    assert (row.name, row.phone) == ("Ann", "+380501234567")
    assert row.fields == {"budget": 100000, "size": "large", "colours": ["red", "blue"], "agrees": True}


def test_a_double_click_and_a_reload_make_one_lead(street):
    ticket = street.ticket()
    answers = [street.send(ticket) for _ in range(3)]

    assert {answer.status_code for answer in answers} == {303}
    assert len(street.leads()) == 1


def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(street):
    answer = street.send(name="", phone="none", field_size="large", field_colours="red", comment="My <long> text")

    assert answer.status_code == 422
    assert 'id="e-name"' in answer.text
    assert 'id="e-phone"' in answer.text
    assert "no phone number" in answer.text
    assert 'value="none"' in answer.text
    assert "My &lt;long&gt; text" in answer.text
    assert "<option selected>large" in answer.text
    assert re.search(r'value="red" checked', answer.text)
    assert street.leads() == []


def test_after_mending_the_same_page_is_sent(street):
    ticket = street.ticket()
    refused = street.send(ticket, phone="none")
    again = re.search(r'name="ticket" value="([^"]+)"', refused.text)[1]

    assert street.send(again).status_code == 303
    assert len(street.leads()) == 1


def test_faster_than_anybody_reads_is_asked_to_press_again(street):
    ticket = street.ticket()
    answer = street.send(ticket, after=1)

    assert answer.status_code == 422
    assert "press the button once more" in answer.text
    assert 'value="Ann"' in answer.text
    assert street.send(ticket).status_code == 303


def test_a_page_of_yesterday_is_asked_to_press_again_and_is_still_one_lead(street):
    ticket = street.ticket()
    old = street.send(ticket, after=25 * 3600)

    assert old.status_code == 422
    fresh = re.search(r'name="ticket" value="([^"]+)"', old.text)[1]
    assert street.send(fresh).status_code == 303
    assert street.send(fresh).status_code == 303
    assert len(street.leads()) == 1


def test_a_trap_that_was_filled_loses_nobody(street):
    answer = street.send(homepage="https://spam.example")

    assert answer.status_code == 422
    assert "spam.example" not in answer.text
    assert 'value="Ann"' in answer.text
    assert street.leads() == []


@pytest.mark.parametrize("ticket", ["x", "WzEsMiwzXQ.AAAA", "\x00", "é" * 50, "." * 1000])
def test_a_forged_ticket_sends_nothing(street, ticket):
    assert street.send(ticket).status_code == 422
    assert street.leads() == []


def test_a_ticket_of_another_form_sends_nothing(street):
    with street.database.work() as work:
        add_forms(work, [FormText("Other", ASKED)], by=SYSTEM, keys=["other"])
        other = form_by_key(work, "other").public_id
    ticket = street.ticket()

    assert street.send(ticket, path=f"/f/{other}").status_code == 422
    assert street.leads() == []


def test_too_much_from_one_address_waits_and_keeps_what_was_typed(street):
    object.__setattr__(street.house.site.limits, "form", "2 per minute")
    answers = [street.send(comment="My text") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [303, 303, 429]
    assert "My text" in answers[-1].text
    assert len(street.leads()) == 2


def test_too_large_is_refused(street):
    assert street.send(comment="x" * 400_000).status_code == 413


@pytest.mark.parametrize(
    "values",
    [
        {"owner_id": "1", "status": "quality", "person_id": "1", "fields": "{}", "field_secret": "x", "source": "mine"},
        {"id": "7", "external_id": "X-1", "created_at": "2020-01-01"},
    ],
)
def test_what_is_not_asked_is_not_taken(street, values):
    assert street.send(**values).status_code == 303

    [row] = street.leads()
    assert (row.owner_id, row.status, row.external_id, row.source) == (None, "not_processed", None, None)
    assert row.fields == {"agrees": True}


@pytest.mark.parametrize(
    "values",
    [
        {"name": "\x00"},
        {"name": "x" * 300},
        {"phone": "\x00+380501234567"},
        {"phone": "9" * 5000},
        {"field_budget": "9" * 300},
        {"field_budget": "1e999999"},
        {"field_budget": "-5"},
        {"field_size": "<b>"},
        {"field_colours": ["red"] * 300},
        {"field_agrees": "perhaps"},
        {"comment": "\u202e\U0001f600" * 900},
        {"name": "' or 1=1 --"},
    ],
)
def test_garbage_never_breaks_it(street, values):
    assert street.send(**values).status_code in (303, 422)


@pytest.mark.parametrize("raw", [b"\xff\xfe=\x00", b"name=%ff%fe", b"%%%", b"a" * 10_000, b"&" * 5000])
def test_bytes_that_are_no_form_never_break_it(street, raw):
    answer = street.client.post(street.address, data=raw, content_type="application/x-www-form-urlencoded")

    assert answer.status_code in (413, 422)


@pytest.mark.parametrize(
    "kind", ["application/json", "text/plain", "multipart/form-data", "multipart/form-data; boundary=x"]
)
def test_other_content_never_breaks_it(street, kind):
    assert street.client.post(street.address, data=b"--x\r\n{", content_type=kind).status_code in (400, 422)


def test_texts_of_a_form_are_texts(databases):
    hostile = '"><script>alert(1)</script>'
    with databases.migrated("sqlite") as url:
        street = Street(
            url, title=hostile, intro=hostile, button=hostile, thanks=hostile, fields=(FormField("name", hostile),)
        )
        pages = [street.open().text, street.open("?sent=1").text, street.send(name=hostile * 20).text]
        street.database.close()

    assert all("<script>alert" not in page for page in pages)
    assert all("&lt;script&gt;" in page for page in pages)


def test_it_leads_where_the_form_says_and_nowhere_else(databases):
    with databases.migrated("sqlite") as url:
        street = Street(url, redirect="https://example.com/thanks?a=1")
        page = street.open("?next=https://evil.example&redirect=https://evil.example")
        answer = street.send(next="https://evil.example", redirect="https://evil.example")
        street.database.close()

    assert answer.location == "https://example.com/thanks?a=1"
    assert "evil" not in page.text
    assert "form-action 'self' https://example.com;" in page.headers["Content-Security-Policy"]


def test_in_a_frame_it_stays_in_the_frame(street):
    page = street.open("?frame=1")
    answer = street.send(path=street.address + "?frame=1")

    assert "in-frame" in page.text
    assert f'action="{street.address}?frame=1"' in page.text
    assert "frame=1" in answer.location


def test_how_a_visitor_came_is_kept(street):
    with street.database.work() as work:
        add_fields(work, [NewField("lead", "Campaign", "text", key="utm_campaign")], by=SYSTEM)
    street.send(street.ticket("?utm_source=google&utm_campaign=" + "x" * 500 + "&utm_source=other"))

    [row] = street.leads()
    assert (row.source, row.fields["utm_campaign"]) == ("google", "x" * 120)


@pytest.mark.parametrize(
    ("language", "words"), [("ru", 'lang="ru"'), ("uk-UA,uk;q=0.9", 'lang="uk"'), ("fr", 'lang="en"')]
)
def test_it_speaks_the_language_of_the_browser(street, language, words):
    assert words in street.open(**{"Accept-Language": language}).text


@pytest.mark.parametrize("address", ["/f/nothing", "/f/" + "x" * 3000, "/f/%00", "/f/..%2f"])
def test_an_unknown_address_shows_nothing(street, address):
    assert street.client.get(address).status_code == 404
    assert street.client.post(address, data={}).status_code == 404


def test_a_form_that_is_switched_off_or_changed_meanwhile(street):
    ticket = street.ticket()
    with street.database.work() as work:
        change_form(work, "price", FormText("Price list", (FormField("name", "Name"),)), by=SYSTEM)
    assert street.send(ticket).status_code == 303
    with street.database.work() as work:
        switch_form(work, "price", on=False, by=SYSTEM)
    assert street.open().status_code == 404
    assert street.send(ticket).status_code == 404
    assert len(street.leads()) == 1


def test_it_works_on_both_databases(database_url):
    street = Street(database_url)
    ticket = street.ticket()
    assert [street.send(ticket).status_code for _ in range(2)] == [303, 303]
    with street.database.reading() as work:
        assert work.scalar(select(func.count()).select_from(lead)) == 1
    street.database.close()


def test_before_anything_is_set_up_there_is_no_form(empty_house):
    assert empty_house.client().get("/f/x").status_code == 503
