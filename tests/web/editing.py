"""What the tests of the editor do in a real Chromium, and what they look at."""

from contextlib import contextmanager

from playwright.sync_api import expect

from crm.access.actor import EVERYTHING
from funnels.drafts import draft_of
from web.access import allowed

ADS = """
key: ads
name: Ads
nodes:
  - {id: come, type: trigger.lead_created, layout: {x: 0, y: 0}}
  - {id: tag, type: crm.add_tags, config: {tags: [ads]}, layout: {x: 320, y: 0}}
  - {id: end, type: logic.exit, layout: {x: 640, y: 0}}
edges:
  - {from: come, to: tag}
  - {from: tag, to: end}
"""
DRAFT = "**/api/funnels/ads/draft"


def kept(house, key="ads"):
    """The draft as the database has it."""
    with house.database.reading() as work:
        return draft_of(work, key, viewer=EVERYTHING).document


def titles(house, key="ads"):
    """What the nodes of the draft in the database are called, by id."""
    return {one.id: one.title for one in kept(house, key).nodes}


def node(page, id_):
    return page.locator(f'.react-flow__node[data-id="{id_}"]')


def stands(page, state):
    """See what the editor says of its draft: saved, offline, asking..."""
    expect(page.locator(".saved-sign")).to_have_attribute("data-state", state)


def opened(house, page_of, login="mark", key="ads", **more):
    page = page_of(house, login, f"/funnels/{key}/edit", **more)
    page.locator(".stage .react-flow__pane").wait_for()
    return page


def looks_at_nobody(page):
    """Let a page not look by itself what others do: that depends on how long a test takes."""
    page.route("**/draft?since=*", lambda route: route.fulfill(status=204))


@contextmanager
def keeps_nothing(house):
    """Let the server of a house keep no draft for a while."""
    views = house.app.view_functions
    keep = views["funnels.keep"]
    views["funnels.keep"] = allowed("funnels.edit")(lambda **_: ("", 503))
    yield
    views["funnels.keep"] = keep


def at(page, id_):
    """Have the focus on a node; it can take none before the canvas has measured it."""
    expect(node(page, id_)).to_be_visible()
    node(page, id_).focus()
    expect(node(page, id_)).to_be_focused()


def call(page, id_, title):
    """Give a node a title, by its panel."""
    at(page, id_)
    page.keyboard.press("Enter")
    expect(page.locator("#inspector .node-title")).to_be_focused()
    page.locator("#inspector .node-title").fill(title)
    expect(node(page, id_)).to_contain_text(title)
