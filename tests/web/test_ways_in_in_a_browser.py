"""Forms and webhooks in a real Chromium."""

import time
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from crm.access.actor import SYSTEM
from crm.settings.field_definitions import NewField, add_fields
from crm.tables.records import lead
from crm.ways.forms import FormText, add_forms, form_by_key
from crm.ways.kinds import FormField, Mapped
from crm.ways.receiving import Came, receive
from crm.ways.webhooks import WebhookText, add_webhook, webhook_by_key
from tests.web.conftest import PATIENCE, be_patient

FIELDS = (
    FormField("name", "Имя и фамилия", required=True),
    FormField("phone", "Phone", required=True),
    FormField("field.size", "Size"),
    FormField("field.colours", "Colours"),
    FormField("comment", "A question with a label that is far longer than any label of a field should ever be"),
)


@pytest.fixture
def furnished(small_house):
    with small_house.database.work() as work:
        fields = [
            NewField("lead", "Size", "choice", ("small", "large"), key="size"),
            NewField("lead", "Colours", "choices", ("red", "blue"), key="colours"),
        ]
        add_fields(work, fields, by=SYSTEM)
        add_forms(work, [FormText("Price list", FIELDS, title="Prices", intro="Two\nlines")], by=SYSTEM, keys=["price"])
        mapping = (Mapped("client.name", "name"), Mapped("total", "value.total", "number"))
        add_webhook(work, WebhookText("Shop", mapping), by=SYSTEM, key="shop")
        payload = {"client": {"name": "Ann"}, "total": "?", "a.very.long.path": "x" * 150}
        receive(work, webhook_by_key(work, "shop"), [Came(payload, "1")])
        small_house.form = f"/f/{form_by_key(work, 'price').public_id}"
    return small_house


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "dark")])
def test_filled_pages_are_open_to_everybody(furnished, page_of, axe, width, theme):
    page = page_of(furnished, "root", "/settings/forms", width=width, theme=theme)
    for path in ("/settings/forms/price", "/settings/webhooks/shop", furnished.form, f"{furnished.form}?sent=1"):
        page.goto(path)
        assert axe(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_the_editor_changes_the_preview_and_saves(furnished, page_of):
    page = page_of(furnished, "mark", "/settings/forms/price")

    page.fill("#f-title", "Winter prices")
    page.locator("#preview h2", has_text="Winter prices").wait_for()
    page.select_option("#f-more", "email")
    page.click("button[value=add]")
    page.locator("#preview label", has_text="E-mail").wait_for()
    page.click("button[aria-label^='Up: E-mail']")
    page.locator("#editor li:nth-child(5) input[name=field][value=email]").wait_for(state="attached")
    page.click("button.primary[value=save]")

    page.wait_for_url("**/settings/forms/price")
    page.locator(".toast").wait_for()
    with furnished.database.reading() as work:
        saved = form_by_key(work, "price")
    assert saved.title == "Winter prices"
    assert [one.key for one in saved.fields] == ["name", "phone", "field.size", "field.colours", "email", "comment"]


def test_a_form_is_sent_without_scripts(furnished, browser, served):
    context = browser.new_context(
        base_url=served(furnished), java_script_enabled=False, viewport={"width": 390, "height": 800}
    )
    be_patient(context)
    page = context.new_page()
    page.goto(f"{furnished.form}?frame=1")
    page.fill("#f-name", "Ann")
    page.fill("[id='f-phone']", "not a phone")
    page.check("input[value=blue]")
    with page.expect_navigation():
        page.click("button.public-send")
    assert page.locator("[role=alert]").count() == 1
    assert page.input_value("#f-name") == "Ann"
    furnished.forward(seconds=5)  # nobody reads faster, and the page knows it
    page.fill("[id='f-phone']", "+380501234567")
    with page.expect_navigation():
        page.click("button.public-send")

    assert page.locator(".public-thanks").count() == 1
    assert "in-frame" in page.locator("body").get_attribute("class")
    context.close()
    with furnished.database.reading() as work:
        [row] = work.rows(select(lead).where(lead.c.phone == "+380501234567"))
    assert (row.name, row.fields) == ("Ann", {"colours": ["blue"]})


def test_the_frame_of_an_embedded_form_is_as_high_as_the_form(furnished, page_of, served):
    page = page_of(furnished, None, furnished.form)
    server = furnished.address
    liar = "<script>parent.postMessage({voronkaHeight: 3000}, '*')</script>"
    body = f"""<iframe id="ours" src="{server}{furnished.form}?frame=1" width="400" height="90"></iframe>
        <iframe id="other" src="data:text/html,{liar}" height="90"></iframe>
        <script src="{server}/static/embed.js"></script>"""

    def shop(_environ, start_response):
        start_response("200 OK", [("Content-Type", "text/html")])
        return [body.encode()]

    page.goto(served(SimpleNamespace(app=shop)))
    ours = page.locator("#ours")
    form = page.frame_locator("#ours")

    def is_as_high():
        """Look until the frame is as high as the form in it, which may still grow while its letters come."""
        ends = time.monotonic() + PATIENCE / 1000
        while True:
            bottom = form.locator(".public-card").evaluate("card => card.getBoundingClientRect().bottom")
            if abs(ours.evaluate("frame => frame.clientHeight") - bottom) < 9:
                return
            assert time.monotonic() < ends, "the frame is not as high as the form"

    is_as_high()
    before = ours.evaluate("frame => frame.clientHeight")
    assert before > 300

    form.locator("button.public-send").click()
    form.get_by_role("alert").wait_for()
    page.wait_for_function("before => document.querySelector('#ours').clientHeight > before", arg=before)
    is_as_high()
    assert page.locator("#other").evaluate("frame => frame.clientHeight") == 90
    page.troubles.clear()  # the browser itself reports the 422
