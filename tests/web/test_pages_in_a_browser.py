"""Every page in a real Chromium: no errors of scripts, nothing that keeps anybody out, nothing wider than the window."""

import pytest

PAGES = [
    "/",
    "/sign-in",
    "/boards/wholesale/edit",
    "/boards/wholesale/edit/talks",
    "/bookings",
    "/companies",
    "/components",
    "/contacts",
    "/contacts/new",
    "/deals",
    "/deals?group=owner&state=open",
    "/funnels",
    "/funnels/gallery",
    "/funnels/gallery/plans/wholesale",
    "/funnels/gallery/qualification",
    "/funnels/upload",
    "/leads",
    "/leads/board",
    "/leads/new",
    "/mass-actions",
    "/mass-actions/new?kind=deal",
    "/mass-actions/new?kind=lead&what=tag",
    "/mass-starts",
    "/mass-starts/new",
    "/me",
    "/notifications",
    "/outbox",
    "/reports",
    "/reports/new",
    "/reports/of/conversion",
    "/reports/of/refusals",
    "/search?q=ann",
    "/settings",
    "/settings/api",
    "/settings/audit",
    "/settings/forms",
    "/settings/forms/new",
    "/settings/health",
    "/settings/mail",
    "/settings/people",
    "/settings/people/1",
    "/settings/people/1/hand-over",
    "/settings/people?view=teams",
    "/settings/plans/wholesale",
    "/settings/roles",
    "/settings/webhooks",
    "/tasks",
    "/tasks?whose=team",
]


@pytest.mark.first
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_pages_are_open_to_everybody(small_house, page_of, axe, width, theme):
    page = page_of(small_house, "root", "/", width=width, theme=theme)
    for path in PAGES:
        page.goto(path)
        assert axe(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
