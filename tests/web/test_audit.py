"""The audit log: who did what, when, from where; and that nobody takes anything out of it."""

import csv
from io import StringIO

import pytest
from sqlalchemy import event as sql_event
from sqlalchemy import func, select

from crm.access.actor import SYSTEM, Actor, ActorKind, Viewer
from crm.access.audit import Asked, audit, note_export
from crm.access.origins import Origin, come_from
from crm.directory import directory
from crm.errors import NotAllowedError
from crm.settings.passwords import set_password
from crm.settings.roles import add_role, change_role
from crm.tables.journal import event, origin
from crm.ways.api_keys import new_api_key
from tests.crm.company import put_deals
from tests.crm.dealing import opened
from web.pages.settings.audit import harmless

SEES = Viewer(0, rights=frozenset({"audit.see"}))


@pytest.fixture
def deal_id(house):
    with house.database.work() as work:
        return put_deals(work, 1, owner="ann")[0]


def entries(house, **asked):
    with house.database.reading() as work:
        return audit(work, Asked(**asked), viewer=SEES).entries


def user_id(house, login):
    with house.database.reading() as work:
        return directory(work).user(login).id


def test_what_somebody_does_is_kept_with_session_and_address(house, deal_id):
    ann = house.client("ann")
    ann.post(f"/deals/{deal_id}/stage", {"stage": "talks"})

    [moved] = entries(house, action="deal.moved")
    assert (moved.happening.cause, moved.happening.cause_id) == (ActorKind.USER, user_id(house, "ann"))
    assert (moved.source, moved.address, moved.happening.subject_id) == ("session", "127.0.0.1", deal_id)
    assert moved.source_id > 0
    page = house.client("root").get("/settings/audit?action=deal.moved").text
    assert all(words in page for words in ("Ann", "New → Talks", f"/deals/{deal_id}", "127.0.0.1"))


def test_another_address_is_another_origin_and_the_same_one_is_kept_once(house, deal_id):
    ann = house.client("ann")
    for stage, address in (("talks", "127.0.0.1"), ("new", "127.0.0.1"), ("talks", "10.0.0.7")):
        headers = {"X-CSRF-Token": ann.csrf()}
        ann.inner.post(
            f"/deals/{deal_id}/stage", data={"stage": stage}, headers=headers, environ_base={"REMOTE_ADDR": address}
        )

    assert [one.address for one in entries(house, action="deal.moved")] == ["10.0.0.7", "127.0.0.1", "127.0.0.1"]
    with house.database.reading() as work:
        sessions = select(origin.c.address).where(origin.c.kind == "session").order_by(origin.c.id)
        assert sorted(row.address for row in work.rows(sessions)) == ["10.0.0.7", "127.0.0.1"]


def test_coming_in_going_out_and_being_refused_are_kept(house):
    with house.database.work() as work:
        set_password(work, "ann", "a long password", by=SYSTEM)
    client = house.client()
    for login, password in (("ann", "wrong"), ("my password", "wrong"), ("ann", "a long password")):
        client.post("/sign-in", {"login": login, "password": password})
    client.post("/sign-out")

    ann = user_id(house, "ann")
    refused = entries(house, action="access.refused")
    assert [(one.source, one.happening.subject_id) for one in refused] == [("stranger", 0), ("stranger", ann)]
    assert "my password" not in str([one.happening.data for one in refused])
    [came], [went] = entries(house, action="access.signed_in"), entries(house, action="access.signed_out")
    assert came.happening.cause_id == went.happening.cause_id == ann
    assert came.source == went.source == "session"
    page = house.client("root").get("/settings/audit").text
    assert "Signing in refused" in page
    assert "another password" in page


def test_changed_rights_are_told(house):
    with house.database.work() as work:
        key = add_role(work, "Calls", ["leads.edit"], by=SYSTEM)
        change_role(work, key, name="Calls", rights=["leads.edit", "deals.recall"], by=SYSTEM)

    page = house.client("root").get("/settings/audit?action=config.changed:role").text
    assert "rights added: Recall closed deals" in page
    assert "rights added: Work on leads" in page


def test_programs_are_told_apart_by_their_keys(house, deal_id):
    with house.database.work() as work:
        secret = new_api_key(work, "Site", ["deals.edit", "records.see_all"], by=SYSTEM)
    answer = house.client().inner.post(
        f"/api/v1/deals/{deal_id}/move", json={"stage": "talks"}, headers={"Authorization": f"Bearer {secret}"}
    )
    assert answer.status_code == 200

    [moved] = entries(house, action="deal.moved")
    assert (moved.source, moved.happening.cause) == ("key", ActorKind.API)
    assert "program “Site”" in house.client("root").get(f"/settings/audit?by={Actor(ActorKind.API, 1).packed}").text


def test_it_is_asked_by_person_action_record_and_period(house, deal_id):
    with house.database.work() as work:
        other = put_deals(work, 1, owner="bob")[0]
    house.client("ann").post(f"/deals/{deal_id}/stage", {"stage": "talks"})
    house.forward(days=2)
    house.client("bob").post(f"/deals/{other}/stage", {"stage": "talks"})
    house.client("bob").post(f"/deals/{other}/comments", {"body": "Called"})
    with house.database.reading() as work:
        now = work.now

    ann = Actor(ActorKind.USER, user_id(house, "ann")).packed
    assert {one.happening.cause_id for one in entries(house, by=ann)} == {user_id(house, "ann")}
    assert {one.happening.kind for one in entries(house, record=("deal", other))} == {"deal.moved", "comment.added"}
    assert len(entries(house, action="deal.moved")) == 2
    assert [one.happening.subject_id for one in entries(house, action="deal.moved", since=now.replace(hour=0))] == [
        other
    ]
    assert [one.happening.subject_id for one in entries(house, action="deal.moved", until=now.replace(hour=0))] == [
        deal_id
    ]
    assert entries(house, record=("deal", 987654321)) == ()


def test_what_funnels_did_is_told_of_a_record_only(house, deal_id):
    from crm.deals.moving import Move, move_deals

    with house.database.work() as work:
        move_deals(work, [Move(deal_id, "talks")], by=Actor(ActorKind.RUN, 7))

    assert entries(house, action="deal.moved") == ()
    [moved] = entries(house, record=("deal", deal_id))
    assert (moved.happening.cause, moved.happening.cause_id) == (ActorKind.RUN, 7)


def test_pages_follow_each_other_without_a_gap(house):
    with house.database.work() as work:
        for number in range(120):
            note_export(work, f"list {number}", number, by=SYSTEM)
    with house.database.reading() as work:
        before = work.statements
        first = audit(work, Asked(action="records.exported"), viewer=SEES)
        cost = work.statements - before
        second = audit(work, Asked(action="records.exported"), viewer=SEES, after=first.next)
        third = audit(work, Asked(action="records.exported"), viewer=SEES, after=second.next)

    numbers = [one.happening.data["rows"] for page in (first, second, third) for one in page.entries]
    assert numbers == list(range(119, -1, -1))
    assert third.next == ""
    assert cost <= 6
    small = house.client("root").get("/settings/audit?action=records.exported").text
    assert "Older" in small


@pytest.mark.parametrize("asked", ["after=x", "after=1.x", "after=" + "9" * 30 + ".1", "by=-1", "number=x&record=deal",
                                   "until=9999-12-31", "action=fly", "record=deal&number=" + "9" * 30])  # fmt: skip
def test_what_cannot_be_asked_is_no_error(small_house, asked):
    assert small_house.client("root").get(f"/settings/audit?{asked}").status_code == 200


def test_it_is_saved_as_a_file_and_that_is_kept_too(house, deal_id):
    house.client("ann").post(f"/deals/{deal_id}/stage", {"stage": "talks"})
    root = house.client("root")

    rows = list(csv.reader(StringIO(root.get("/settings/audit.csv?action=deal.moved").data.decode("utf-8-sig"))))

    assert len(rows) == 2
    assert rows[1][1] == "Ann"
    [saved] = entries(house, action="records.exported")
    assert saved.happening.data == {"what": "audit", "rows": 1}


def test_every_list_and_report_that_is_taken_away_is_kept(small_house):
    with small_house.database.work() as work:
        opened(work, 3, owner_id=directory(work).user("ann").id)
    boss = small_house.client("boss")
    for path in ("/deals/export.csv", "/deals/export.xlsx", "/reports/of/refusals/file.csv"):
        answer = boss.get(path)
        assert answer.status_code == 200
        assert answer.data
        answer.close()

    saved = [one.happening.data for one in entries(small_house, action="records.exported")]
    assert [one["what"] for one in saved] == ["report", "deals", "deals"]
    assert [one["rows"] for one in saved[1:]] == [3, 3]


def test_no_cell_is_a_formula():
    assert [harmless(one) for one in ("=1+1", "@a", "-1", "text")] == ["'=1+1", "'@a", "'-1", "text"]


@pytest.mark.parametrize("login", ["ann", "boss", "mark"])
def test_only_who_may_sees_it(small_house, login):
    assert small_house.client(login).get("/settings/audit").status_code == 403
    assert small_house.client(login).get("/settings/audit.csv").status_code == 403
    with small_house.database.reading() as work, pytest.raises(NotAllowedError):
        audit(work, Asked(), viewer=Viewer(1))


def test_no_route_takes_anything_out_of_it(small_house):
    routes = [rule for rule in small_house.app.url_map.iter_rules() if "audit" in rule.rule]

    assert {method for rule in routes for method in rule.methods} == {"GET", "HEAD", "OPTIONS"}


def test_what_runs_do_costs_not_one_statement_more(house, deal_id):
    from crm.deals.moving import Move, move_deals

    def statements(stage, by, whence=None):
        seen = []
        listen = lambda *args: seen.append(args[2])  # noqa: E731  to be taken off again
        sql_event.listen(house.database.engine, "before_cursor_execute", listen)
        try:
            with house.database.work() as work:
                come_from(work, whence)
                move_deals(work, [Move(deal_id, stage)], by=by)
        finally:
            sql_event.remove(house.database.engine, "before_cursor_execute", listen)
        return [one for one in seen if "insert into id_block" not in one]

    run, user, whence = Actor(ActorKind.RUN, 7), Actor(ActorKind.USER, 1, SYSTEM.rights), Origin("line", 0, "me@here")
    for stage, by in (("talks", run), ("new", user)):
        statements(stage, by)  # what is asked once per process
    plain = statements("talks", run)
    assert len(statements("new", run, whence)) == len(plain)
    assert not any("origin" in one for one in plain)
    first = statements("talks", user, whence)
    again = statements("new", user, whence)
    assert len(again) == len(plain) < len(first)
    with house.database.reading() as work:
        assert work.scalar(select(func.count()).select_from(event).where(event.c.origin_id.is_not(None))) == 2
