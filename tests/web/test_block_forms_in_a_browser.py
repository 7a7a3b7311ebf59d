"""The form of every block there is, made from its settings, in a real Chromium: what is required can be filled in."""

import pytest
from playwright.sync_api import expect

from blocks.catalogue import CATALOG
from crm.access.actor import EVERYTHING, SYSTEM
from crm.ways.webhooks import WebhookText, add_webhook
from engine.document import FunnelDocument, Node
from funnels.checked import checked
from funnels.drafts import draft_of
from funnels.publication.publishing import save_draft

NODES = tuple(Node(id=kind.key.replace(".", "_"), type=kind.key) for kind in CATALOG)
ALSO = {"wait.until_date": ["field"]}
"""Settings that are required though their schema cannot say so."""
LOOKED_AT = {"task.create", "logic.condition", "logic.switch", "action.http_request", "wait.event", "crm.set_fields"}


@pytest.fixture
def drawn(small_house):
    """A house with a draft of every block, none of them filled in."""
    with small_house.database.work() as work:
        add_webhook(work, WebhookText("Orders"), by=SYSTEM, key="orders")
        save_draft(work, FunnelDocument(key="ads", name="All", nodes=NODES), by=SYSTEM)
    return small_house


def fill(setting):
    """Fill a setting in by its controls, whichever they are, with the first that there is to choose."""
    box = setting.locator("input[role=combobox]").first
    kinds = {one.removeprefix("is-") for one in setting.get_attribute("class").split()}
    if "condition" in kinds:
        setting.get_by_role("button", name="Add a condition").click()
        choose(setting.get_by_role("combobox", name="Field", exact=True), "lead source")
        setting.get_by_role("textbox", name="Value").fill("ads")
    elif "reference" in kinds:
        choose(box, "lead source") if box.count() else setting.locator("select").select_option(index=1)
    elif "references" in kinds or "texts" in kinds:
        setting.locator("input").first.fill("first")
        setting.locator("input").first.press("Enter")
    elif "duration" in kinds:
        setting.get_by_role("spinbutton").first.fill("2")
    elif "variants" in kinds:
        setting.locator("select").first.select_option(label="days after coming into the stage")
        fill_required(setting)
    elif "list" in kinds:
        setting.get_by_role("button", name="Add", exact=True).click()
        fill_required(setting)
    elif "choice" in kinds:
        choose(box, "deal won") if box.count() else setting.locator("select").select_option(index=1)
    elif "number" in kinds:
        setting.locator("input").fill("1")
    else:
        setting.locator("input, textarea").first.fill(
            "https://example.org" if setting.get_attribute("data-setting") == "address" else "first"
        )


def choose(box, part):
    """Choose one of many by a part of its name."""
    box.click()
    box.fill(part)
    box.press("Enter")
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(box).not_to_have_value("")


def fill_required(inside):
    """Fill in what a group of settings requires."""
    required = inside.locator("[data-setting]:has(> label .needed, > legend .needed)")
    expect(required.first).to_be_visible()
    for name in [one.get_attribute("data-setting") for one in required.all()]:
        fill(inside.locator(f'[data-setting="{name}"]').first)


def test_every_block_has_a_form_that_can_be_filled_in(drawn, page_of, axe):
    page = page_of(drawn, "mark", "/funnels/ads/edit")
    page.locator(".stage .react-flow__pane").wait_for()
    form = page.locator("#inspector .settings-form")

    for kind, one in zip(CATALOG, NODES, strict=True):
        page.locator(f'.react-flow__node[data-id="{one.id}"]').focus()
        page.keyboard.press("Enter")
        expect(page.locator(".node-title")).to_have_attribute("placeholder", kind.title)
        shown = form.locator("> [data-setting], > details > [data-setting]")
        expect(shown).to_have_count(len(kind.model_fields))
        names = [field.get_attribute("data-setting") for field in shown.all()]
        assert set(names) == set(kind.model_fields)
        schema = kind.model_json_schema()
        for name in [*schema.get("required", ()), *ALSO.get(kind.key, ())]:
            fill(form.locator(f'[data-setting="{name}"]').first)
        if kind.key in LOOKED_AT:
            assert axe(page) == [], kind.key

    expect(page.locator(".saved-sign")).to_have_attribute("data-state", "saved")
    with drawn.database.reading() as work:
        found = checked(work, draft_of(work, "ads", viewer=EVERYTHING).document, viewer=EVERYTHING)
    wrong = [one for one in found.problems if one.field is not None and one.severity == "error"]
    assert [(one.node, one.field, str(one.message)) for one in wrong] == []
