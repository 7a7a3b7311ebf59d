"""Take pictures of the pages for the documents: ``python -m tools.pictures [FOLDER]`` (by default ``docs/pictures/pages``).

Starts the sample company on a free port, signs in, and takes every page in both themes, 1440 and 390 pixels wide, at half the
size.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.servers.chromium import launch_options
from voronka.demo.company import PASSWORD

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "pictures" / "pages"
SIZES = (1440, 390)
THEMES = ("light", "dark")
LOGIN = "irma"
STRANGERS = {"sign-in": "/sign-in", "lost-password": "/lost-password"}
PAGES = {
    "start": "/",
    "search": "/search?q=an",
    "boards": "/boards",
    "board": "/boards/homes",
    "board-edit": "/boards/homes/edit",
    "stage": "/boards/homes/edit/visit",
    "list": "/boards/homes/list",
    "deals": "/deals",
    "deals-by-owner": "/deals?group=owner&state=open",
    "deal": "/deals/{deal}",
    "move": "/deals/{deal}/move?goes_to=lost",
    "closed-deal": "/deals/{closed}",
    "tasks": "/tasks?whose=team",
    "leads": "/leads",
    "leads-board": "/leads/board",
    "lead": "/leads/{lead}",
    "contacts": "/contacts",
    "contact": "/contacts/{contact}",
    "companies": "/companies",
    "company-card": "/companies/{client}",
    "bookings": "/bookings",
    "mass-actions": "/mass-actions",
    "new-mass-action": "/mass-actions/new?kind=deal",
    "mass-starts": "/mass-starts",
    "new-mass-start": "/mass-starts/new",
    "reports": "/reports",
    "new-report": "/reports/new",
    "refusals": "/reports/of/refusals",
    "conversion": "/reports/of/conversion",
    "tempo": "/reports/of/tempo",
    "managers": "/reports/of/managers",
    "sales": "/reports/of/sales",
    "funnels": "/funnels",
    "funnel": "/funnels/new-leads",
    "editor": "/funnels/partners/edit",
    "funnel-heat": "/funnels/new-leads?heat=people",
    "funnel-waiting": "/funnels/partners?node=pause",
    "publish": "/funnels/partners/publish",
    "versions": "/funnels/partners/versions",
    "rehearsals": "/funnels/new-leads/rehearsals",
    "funnel-tests": "/funnels/partners/tests",
    "templates": "/funnels/gallery",
    "template": "/funnels/gallery/qualification",
    "refused": "/funnels/robots.homes.visit/refused",
    "run": "/runs/{run}",
    "upload": "/funnels/upload",
    "imports": "/import",
    "new-import": "/import/new",
    "notifications": "/notifications",
    "outbox": "/outbox",
    "settings": "/settings",
    "company": "/settings/company",
    "people": "/settings/people",
    "teams": "/settings/people?view=teams",
    "hand-over": "/settings/people/3/hand-over",
    "audit": "/settings/audit",
    "roles": "/settings/roles",
    "plans": "/settings/plans",
    "plan": "/settings/plans/homes",
    "fields": "/settings/fields",
    "forms": "/settings/forms",
    "new-form": "/settings/forms/new",
    "api": "/settings/api",
    "webhooks": "/settings/webhooks",
    "mail": "/settings/mail",
    "health": "/settings/health",
    "me": "/me",
    "components": "/components",
}


def main() -> None:
    """Take them all."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data:
        environment = {**os.environ, "VORONKA_DATA_DIR": data, "VORONKA_PORT": "0", "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, "-m", "voronka", "demo"]
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        with subprocess.Popen(command, cwd=ROOT, env=environment, **pipes) as server:
            try:
                _take(_address(server), _ids(Path(data)), folder)
            finally:
                server.terminate()


def _address(server: subprocess.Popen[str]) -> str:
    """Wait until the server says where it is."""
    assert server.stdout is not None
    for line in server.stdout:
        if found := re.search(r"http://\S+:\d+", line):
            return found[0]
    raise SystemExit("the server did not start")


def _ids(data: Path) -> dict[str, int]:
    """Return records worth a picture: an open deal and a lost one, a lead, a contact, a company, a run."""
    import sqlite3

    connection = sqlite3.connect(data / "demo" / "voronka.db")
    [(deal,)] = connection.execute("select deal_id from task where deal_id is not null order by id desc limit 1")
    [(lead,)] = connection.execute("select lead_id from deal where id = ?", (deal,))
    [(run,)] = connection.execute("select run_id from token order by id limit 1")
    [(closed, contact)] = connection.execute("select id, contact_id from deal where state = 2 order by id limit 1")
    [(client,)] = connection.execute("select id from company order by id limit 1")
    return {"deal": deal, "closed": closed, "lead": lead, "contact": contact, "client": client, "run": run}


def _take(address: str, ids: dict[str, int], folder: Path) -> None:
    options = launch_options()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**options)
        for width in SIZES:
            for theme in THEMES:
                page = _page(browser, address, width, theme)
                for name, path in STRANGERS.items():
                    _picture(page, path, folder / f"{name}-{width}-{theme}.jpg")
                page.goto("/sign-in")
                page.fill("[name=login]", LOGIN)
                page.fill("[name=password]", PASSWORD)
                page.click("main button.primary")
                for name, path in PAGES.items():
                    _picture(page, path.format(**ids), folder / f"{name}-{width}-{theme}.jpg")
                page.context.close()
        browser.close()


def _page(browser: Any, address: str, width: int, theme: str) -> Any:
    context = browser.new_context(
        base_url=address,
        viewport={"width": width, "height": 860},
        color_scheme=theme,
        device_scale_factor=0.5,
        locale="en",
    )
    return context.new_page()


def _picture(page: Any, path: str, file: Path) -> None:
    answer = page.goto(path)
    if answer is None or not answer.ok:
        print(f"{path}: {answer.status if answer else 'no answer'}", file=sys.stderr)
        return
    page.wait_for_load_state("networkidle")
    page.screenshot(path=file, type="jpeg", quality=60)


if __name__ == "__main__":
    main()
