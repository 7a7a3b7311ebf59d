"""Every route with every role: who lacks what a route asks for gets nothing and changes nothing."""

import re
from pathlib import Path

import pytest
from sqlalchemy import func, select

from crm.access.actor import SYSTEM, Viewer
from crm.directory import directory
from crm.people.companies import NewCompany, find_or_create_companies
from crm.people.contacts import NewContact, find_or_create_contacts
from crm.settings.roles import add_role
from crm.settings.users import NewUser, add_users
from crm.tables.journal import event
from crm.tables.records import lead
from crm.tasks.changes import NewTask, create_tasks
from crm.today.notifications import Note, tell, told
from crm.ways.api_keys import new_api_key
from tests.crm.company import put_deals, put_lead
from web.access import ANYONE, API_KEY, SIGNED_IN, access_of, undeclared
from web.forms import FormModel
from web.pages.api import shapes

PEOPLE = (None, "ann", "boss", "mark", "root")
"""Somebody of every built-in role, and nobody."""
OWN = {
    "planner": ["plans.edit"],
    "auditor": ["audit.see"],
    "leader": ["deals.edit", "deals.edit_team", "deals.recall", "leads.edit", "records.see_team", "reports.see"],
    "clerk": ["deals.edit", "leads.edit", "tasks.edit", "records.see_all", "records.export"],
}
"""Users with roles of the company's own: their rights."""
NOT_OF_OURS = frozenset({"static"})
LAST = "signing_in.sign_out"
"""What ends the session that all others need."""
GUARANTEES = Path(__file__).resolve().parents[2] / "docs/guarantees.md"


def hire(house, *logins):
    with house.database.work() as work:
        for login in logins:
            add_users(work, [NewUser(login, login, add_role(work, f"A {login}", OWN[login], by=SYSTEM))], by=SYSTEM)


def rules(app):
    for rule in app.url_map.iter_rules():
        if rule.endpoint in NOT_OF_OURS:
            continue
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            values = {name: converted(rule, name) for name in rule.arguments}
            yield rule, method, rule.build(values, append_unknown=False)[1]


def converted(rule, name):
    kind = type(rule._converters[name]).__name__
    return 987654321 if kind == "IntegerConverter" else "nowhere"


def is_admitted(house, login, access):
    if access & {ANYONE, API_KEY}:
        return True
    if login is None:
        return False
    with house.database.reading() as work:
        rights = directory(work).user(login).rights
    return SIGNED_IN in access or not access.isdisjoint(rights)


@pytest.mark.parametrize("login", [*PEOPLE, *OWN])
def test_every_route_admits_whom_it_says(small_house, login):
    hire(small_house, *({login} & OWN.keys()))
    client = small_house.client(login)
    token = client.csrf() if login is None else None
    cells = 0
    routes = sorted(rules(small_house.app), key=lambda one: one[0].endpoint == LAST)
    for rule, method, address in routes:
        if token is None:
            token = client.csrf()
        headers = {"X-CSRF-Token": token, "Accept": "application/json"}
        answer = client.inner.open(address, method=method, headers=headers, json=None if method == "GET" else {})
        cells += 1
        where = f"{method} {address} as {login}: {answer.status_code}"
        access = access_of(small_house.app, rule.endpoint)
        if is_admitted(small_house, login, access):
            assert answer.status_code < 500, where
            if API_KEY in access:
                assert answer.status_code == 401, where
            else:
                assert answer.status_code not in (401, 403), where
        else:
            assert answer.status_code in (401, 403), where
        answer.close()
    assert cells == len(routes)


def test_so_many_cells_are_tried(small_house):
    """As ``docs/guarantees.md`` says it; it says less than there are, so that a new route changes nothing there."""
    [said] = re.findall(r"every route with every role, more than ([\d,]+) cells", GUARANTEES.read_text())
    routes = [(rule.endpoint, method) for rule, method, _ in rules(small_house.app)]

    assert undeclared(small_house.app) == []
    assert int(said.replace(",", "")) < len(routes) * len([*PEOPLE, *OWN])


BODIES = {
    "deal_changes.fields": {"version": "1", "title": "Mine"},
    "deal_changes.stage": {"stage": "talks"},
    "deal_changes.owner": {"owner": "ann"},
    "deal_parts.tags": {"add": "mine"},
    "deal_parts.comments": {"body": "mine"},
    "deal_parts.tasks": {"title": "mine"},
    "deal_parts.products": {"version": "1", "product": "Oven", "quantity": "1", "price": "1"},
    "deal_moves.move": {"stage": "talks"},
    "move_window.give": {"stage": "talks"},
    "lead_card.fields": {"version": "1", "title": "Mine"},
    "lead_card.status": {"status": "junk"},
    "lead_card.owner": {"owner": "ann"},
    "lead_card.tags": {"add": "mine"},
    "lead_card.comments": {"body": "mine"},
    "lead_card.tasks": {"title": "mine"},
    "lead_card.deals": {"plan": "wholesale"},
    "lead_card.contact": {"type": "client"},
    **{
        f"archive.{act}_{kind}": {} for act in ("archive", "restore") for kind in ("deal", "lead", "contact", "company")
    },
    "clients.contact_fields": {"version": "1", "name": "Mine", "type": "mine"},
    "clients.contact_tags": {"add": "mine"},
    "clients.contact_comments": {"body": "mine"},
    "clients.contact_tasks": {"title": "mine"},
    "clients.contact_deals": {"plan": "wholesale"},
    "clients.company_fields": {"version": "1", "name": "Mine"},
    "clients.company_tags": {"add": "mine"},
    "clients.company_comments": {"body": "mine"},
    "clients.company_tasks": {"title": "mine"},
    "clients.company_deals": {"plan": "wholesale"},
    "tasks.complete": {"result": "done"},
    "tasks.reopen": {},
    "tasks.postpone": {"day": "2030-01-01", "reason": "mine"},
}
"""What each page about a record takes; a new one without a line here is asked with nothing."""
FOR_ALL = frozenset(
    {"deal_parts.comments", "lead_card.comments", "deal_parts.tasks", "lead_card.tasks", "lead_card.deals"}
)
"""What everybody may do with a record that he sees: say something, set a task; and open a deal, where his role opens any."""
RECORDS = ("deal_id", "lead_id", "task_id", "contact_id", "company_id")


@pytest.fixture
def foreign(small_house):
    """Records of Cid, who is not Ann's: their ids by the names that routes give them."""
    with small_house.database.work() as work:
        cid = directory(work).user("cid").id
        lead_id = put_lead(work, owner_id=cid)
        [deal_id] = put_deals(work, 1, owner="cid")
        [task] = create_tasks(work, [NewTask(1, "Call", None, cid, deal_id=deal_id)], by=SYSTEM)
        [known] = find_or_create_contacts(work, [NewContact("Cid's client", owner_id=cid)], by=SYSTEM)
        [firm] = find_or_create_companies(work, [NewCompany("Cid's firm", owner_id=cid)], by=SYSTEM)
    ids = {"contact_id": known.ids[0], "company_id": firm.ids[0], "key": "papers", "sha256": "0" * 64}
    return {"lead_id": lead_id, "deal_id": deal_id, "task_id": task.ids[0], **ids}


def events(house):
    with house.database.reading() as work:
        return work.scalar(select(func.count()).select_from(event))


def test_the_records_of_others_are_not_there(small_house, foreign):
    client, before, asked = small_house.client("ann"), events(small_house), set()
    for rule in small_house.app.url_map.iter_rules():
        if API_KEY in access_of(small_house.app, rule.endpoint) or not rule.arguments & set(RECORDS):
            continue
        address = rule.build(foreign, append_unknown=False)[1]
        body = BODIES.get(rule.endpoint, {})
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            if rule.endpoint.startswith("deal_moves"):
                answer = client.send(method, address, json=body)
            else:
                answer = client.get(address) if method == "GET" else client.post(address, body)
            is_hers = is_admitted(small_house, "ann", access_of(small_house.app, rule.endpoint))
            assert answer.status_code == (404 if is_hers else 403), f"{method} {address}: {answer.status_code}"
            asked.add(rule.endpoint)

    assert set(BODIES) <= asked
    assert events(small_house) == before


def test_the_records_of_others_stay_as_they_are_for_who_sees_them_and_changes_his_own(small_house, foreign):
    hire(small_house, "clerk")
    client, before, asked = small_house.client("clerk"), events(small_house), 0
    for rule in small_house.app.url_map.iter_rules():
        if not rule.arguments & {"deal_id", "lead_id"} or rule.endpoint not in BODIES or rule.endpoint in FOR_ALL:
            continue
        address, body = rule.build(foreign, append_unknown=False)[1], BODIES[rule.endpoint]
        send = client.send if rule.endpoint.startswith("deal_moves") else None
        answer = send("POST", address, json=body) if send else client.post(address, body)
        assert answer.status_code in (400, 403, 422), f"{address}: {answer.status_code}"
        asked += 1

    assert asked > 8
    assert events(small_house) == before


def test_to_a_key_that_sees_nothing_no_record_is_there(small_house, foreign):
    with small_house.database.work() as work:
        secret = new_api_key(work, "Site", ["leads.create", "leads.edit", "deals.edit"], by=SYSTEM)
    client, before = small_house.client().inner, events(small_house)
    for address, body in (
        (f"/api/v1/deals/{foreign['deal_id']}/move", {"stage": "talks"}),
        (f"/api/v1/leads/{foreign['lead_id']}/tags", {"add": ["mine"]}),
    ):
        answer = client.post(address, json=body, headers={"Authorization": f"Bearer {secret}"})
        assert (answer.status_code, answer.json["error"]["code"]) == (404, "not_found")

    assert events(small_house) == before


def test_a_note_of_somebody_else_opens_nothing(small_house, foreign):
    with small_house.database.work() as work:
        cid = directory(work).user("cid").id
        tell(work, [Note(cid, "Look", deal_id=foreign["deal_id"])])
        [note_id] = [one.id for one in told(work, viewer=Viewer(cid))]

    answer = small_house.client("ann").post(f"/notifications/{note_id}/open")

    assert str(foreign["deal_id"]) not in answer.headers.get("Location", "")
    with small_house.database.reading() as work:
        assert not next(one for one in told(work, viewer=Viewer(cid))).is_read


def models(base):
    for one in base.__subclasses__():
        yield one
        yield from models(one)


def test_no_form_and_no_call_takes_what_it_does_not_name(small_house):
    taking = [*models(FormModel), *models(shapes.Taken)]

    assert len(taking) > 40
    assert [one.__name__ for one in taking if one.model_config.get("extra") != "forbid"] == []


def test_a_field_that_a_form_does_not_name_changes_nothing(small_house):
    with small_house.database.work() as work:
        lead_id = put_lead(work, owner_id=directory(work).user("ann").id)
    body = {"version": "1", "title": "Mine", "owner_id": "1", "person_id": "1", "status": "junk"}

    assert small_house.client("ann").post(f"/leads/{lead_id}/fields", body).status_code == 422

    with small_house.database.reading() as work:
        [row] = work.rows(select(lead).where(lead.c.id == lead_id))
    assert (row.title, row.status, row.version) == ("Lead", "not_processed", 1)


@pytest.mark.parametrize("where", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_no_form_leads_elsewhere(small_house, where):
    client = small_house.client("root")
    with small_house.database.work() as work:
        [task] = create_tasks(work, [NewTask(1, "Call", None, 1, lead_id=put_lead(work))], by=SYSTEM)
    done, again = f"/tasks/{task.ids[0]}/done", f"/tasks/{task.ids[0]}/open"
    for address, body in ((done, {}), (again, {}), ("/preferences", {"theme": "dark"})):
        answer = client.post(address, {**body, "next": where})
        assert answer.status_code == 303, address
        assert answer.location.startswith("/"), address
        assert "evil" not in answer.location, address
