"""People, roles, one's own page: who may what, and what happens then."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import event as sql_event

from crm.access.actor import SYSTEM
from crm.access.links import link_user
from crm.access.sessions import begin_session, sessions_of
from crm.directory import directory
from crm.settings.passwords import check_password, set_password
from crm.settings.roles import add_role, all_roles
from crm.settings.users import NewUser, add_users
from tests.crm.company import put_deals, put_lead


def user(house, login):
    with house.database.work() as work:
        return directory(work).user(login)


@pytest.fixture
def count(small_house):
    """Count the statements of what is done inside."""
    seen = []
    sql_event.listen(small_house.database.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))

    def statements(act):
        seen.clear()
        act()
        return len(seen)

    return statements


OF_PEOPLE = [
    "/settings/people",
    "/settings/people?view=teams",
    "/settings/people/new",
    "/settings/roles",
    "/settings/new-role",
]


@pytest.mark.parametrize("login", ["ann", "boss", "mark"])
@pytest.mark.parametrize("path", OF_PEOPLE)
def test_people_are_the_administrators_concern(small_house, login, path):
    assert small_house.client(login).get(path).status_code == 403


def test_everybody_is_listed_and_stands_in_the_tree(small_house):
    client = small_house.client("root")
    for path in OF_PEOPLE[:2]:
        page = client.get(path).text
        assert all(name in page for name in ("Ann", "Bob", "Cid", "Boss", "Root", "Mark"))


def test_a_list_costs_the_same_for_many(small_house, count):
    client = small_house.client("root")
    client.get("/settings/people")
    few = count(lambda: client.get("/settings/people"))
    with small_house.database.work() as work:
        add_users(work, [NewUser(f"user{n}", f"User {n}", supervisor="boss") for n in range(200)], by=SYSTEM)
    client.get("/settings/people")
    assert count(lambda: client.get("/settings/people")) == few
    assert "User 199" in client.get("/settings/people?view=teams").text


def test_an_invitation_is_a_link_shown_once(small_house):
    client = small_house.client("root")
    sent = client.post(
        "/settings/people/new", {"name": "Dan Doe", "login": "Dan", "role": "manager", "supervisor": "boss"}
    )
    assert sent.status_code == 303
    shown = client.get(sent.location).text
    [token] = re.findall(r"/link/([\w-]+)", shown)
    with small_house.database.work() as work:
        assert link_user(work, token).login == "dan"
    assert "/link/" not in client.get(sent.location).text
    assert user(small_house, "dan").supervisor_id == user(small_house, "boss").id


@pytest.mark.parametrize(
    "wrong",
    [{"login": "ann"}, {"login": "two words"}, {"email": "nobody"}, {"role": "king"}, {"supervisor": "nobody"},
     {"name": ""}, {"is_admin": "yes"}],
)  # fmt: skip
def test_what_cannot_be_is_said_and_nothing_typed_is_lost(small_house, wrong):
    sent = {"name": "Dan Doe", "login": "dan", "role": "manager", **wrong}
    answer = small_house.client("root").post("/settings/people/new", sent)
    assert answer.status_code == 422
    assert 'value="dan"' in answer.text or sent["login"] in answer.text
    with small_house.database.work() as work:
        assert "dan" not in directory(work).logins


def test_a_person_is_changed(small_house):
    ann = user(small_house, "ann")
    client = small_house.client("root")
    sent = {
        "name": "Anna",
        "email": "ann@example.com",
        "role": "supervisor",
        "language": "uk",
        "zone": "Europe/Warsaw",
        "version": 1,
    }
    assert client.post(f"/settings/people/{ann.id}", sent).status_code == 303
    after = user(small_house, "ann")
    assert (after.name, after.email, after.role, after.language, after.zone, after.supervisor_id) == (
        "Anna", "ann@example.com", "supervisor", "uk", "Europe/Warsaw", None
    )  # fmt: skip
    stale = client.post(f"/settings/people/{ann.id}", {**sent, "name": "Anne"})
    assert stale.status_code == 409
    assert "Anne" in stale.text


def test_nobody_is_put_under_his_own_people(small_house):
    boss = user(small_house, "boss")
    client = small_house.client("root")
    assert (
        'value="cid"'
        not in client.get(f"/settings/people/{boss.id}").text.split('id="f-supervisor"')[1].split("</select>")[0]
    )
    sent = {"name": "Boss", "role": "supervisor", "language": "en", "supervisor": "cid", "version": 1}
    assert client.post(f"/settings/people/{boss.id}", sent).status_code == 422


def test_what_is_open_is_handed_over_and_he_goes(small_house):
    with small_house.database.work() as work:
        put_deals(work, 3, owner="ann")
        put_deals(work, 1, stage="closed_won", owner="ann")
        put_lead(work, owner_id=directory(work).user("ann").id)
    ann = user(small_house, "ann")
    client = small_house.client("root")
    page = client.get(f"/settings/people/{ann.id}").text
    assert re.search(r"<b>3</b>\s*open deals", page)
    assert re.search(r"<b>1</b>\s*open lead", page)

    before = client.get(f"/settings/people/{ann.id}/hand-over").text
    assert re.search(r"Wholesale</td><td class=\"num\">3</td>", before)
    given = client.post(f"/settings/people/{ann.id}/hand-over", {"to": "bob", "what": ["deal", "lead", "task"]})
    assert given.status_code == 303
    told = client.get(given.location).text
    assert "Bob: 3 deals, 1 lead, 0 tasks" in told
    assert re.search(r"<b>3</b>\s*open deals", client.get(f"/settings/people/{user(small_house, 'bob').id}").text)
    assert "Nothing: no open deals" in client.get(f"/settings/people/{ann.id}").text

    her = small_house.client("ann")
    assert client.post(f"/settings/people/{ann.id}/deactivate").status_code == 303
    assert her.get("/").status_code == 303
    assert not user(small_house, "ann").is_active
    client.post(f"/settings/people/{ann.id}/reactivate")
    assert user(small_house, "ann").is_active


def test_the_last_administrator_stays(small_house):
    root = user(small_house, "root")
    client = small_house.client("root")
    client.post(f"/settings/people/{root.id}/deactivate")
    assert user(small_house, "root").is_active


def test_who_manages_people_takes_over_nobody_who_may_more(small_house):
    with small_house.database.work() as work:
        key = add_role(work, "Staff", ["users.edit", "leads.edit"], by=SYSTEM)
        add_users(work, [NewUser("hana", "Hana", key)], by=SYSTEM)
    root, client = user(small_house, "root"), small_house.client("hana")
    sent = {"name": "Root", "role": "manager", "language": "en", "version": 1}
    assert client.post(f"/settings/people/{root.id}", sent).status_code == 403
    for act in ("link", "sign-out", "deactivate"):
        assert client.post(f"/settings/people/{root.id}/{act}").status_code == 403
    hana = user(small_house, "hana")
    mine = {"name": "Hana", "role": "administrator", "language": "en", "version": 1}
    assert client.post(f"/settings/people/{hana.id}", mine).status_code == 403
    new = {"name": "Eve", "login": "eve", "role": "administrator"}
    assert client.post("/settings/people/new", new).status_code == 422
    assert client.post("/settings/new-role", {"name": "Kings", "rights": ["settings.edit"]}).status_code == 403
    assert user(small_house, "root").role == "administrator"


def test_a_role_of_ones_own_is_added_changed_and_removed(small_house):
    client = small_house.client("root")
    assert client.post("/settings/new-role", {"name": "Call centre", "rights": ["leads.edit"]}).status_code == 303
    assert client.post("/settings/new-role", {"name": "call CENTRE", "rights": ["leads.edit"]}).status_code == 422
    assert client.post("/settings/new-role", {"name": "Nothing"}).status_code == 422
    assert client.post("/settings/new-role", {"name": "Odd", "rights": ["fly"]}).status_code == 422
    changed = {"name": "Calls", "rights": ["leads.edit", "leads.create"]}
    assert client.post("/settings/roles/call_centre", changed).status_code == 303
    with small_house.database.work() as work:
        [own] = [one for one in all_roles(work) if not one.is_built_in]
    assert (own.name, own.rights) == ("Calls", {"leads.edit", "leads.create"})
    client.post("/settings/roles/call_centre/remove")
    with small_house.database.work() as work:
        assert all(one.is_built_in for one in all_roles(work))


@pytest.mark.parametrize("key", ["manager", "nothing"])
def test_built_in_roles_are_not_for_changing(small_house, key):
    client = small_house.client("root")
    assert client.get(f"/settings/roles/{key}").status_code == 404
    assert client.post(f"/settings/roles/{key}", {"name": "X", "rights": ["leads.edit"]}).status_code in (404, 422)


def test_a_form_without_token_changes_nobody(small_house):
    ann = user(small_house, "ann")
    client = small_house.client("root")
    assert client.inner.post(f"/settings/people/{ann.id}/deactivate").status_code == 400
    assert user(small_house, "ann").is_active


class TestOnesOwnPage:
    @pytest.mark.parametrize("login", ["ann", "boss", "mark", "root"])
    def test_everybody_has_one(self, small_house, login):
        assert small_house.client(login).get("/me").status_code == 200

    def test_name_and_zone_are_ones_own_but_not_the_role(self, small_house):
        client = small_house.client("ann")
        sent = {"name": "Анна", "email": "a@example.com", "language": "ru", "zone": "Asia/Tbilisi"}
        assert client.post("/me", sent).status_code == 303
        assert client.post("/me", {**sent, "role": "administrator"}).status_code == 422
        assert client.post("/me", {**sent, "email": "nobody"}).status_code == 422
        after = user(small_house, "ann")
        assert (after.name, after.email, after.language, after.zone, after.role) == (
            "Анна", "a@example.com", "ru", "Asia/Tbilisi", "manager"
        )  # fmt: skip

    def test_a_new_password_needs_the_old_one_and_ends_other_sessions(self, small_house):
        with small_house.database.work() as work:
            set_password(work, "ann", "a long sentence", by=SYSTEM)
        other, client = small_house.client("ann"), small_house.client("ann")
        new = {"password": "another sentence", "again": "another sentence"}
        wrong = client.post("/me/password", {"old": "wrong", **new})
        assert wrong.status_code == 422
        assert "another sentence" not in wrong.text
        assert (
            client.post("/me/password", {"old": "a long sentence", "password": "short", "again": "short"}).status_code
            == 422
        )
        assert client.post("/me/password", {"old": "a long sentence", **new, "again": "x"}).status_code == 422
        assert client.post("/me/password", {"old": "a long sentence", **new}).status_code == 303
        assert client.get("/me").status_code == 200
        assert other.get("/me").status_code == 303
        with small_house.database.work() as work:
            assert check_password(work, "ann", "another sentence")

    def test_one_ends_ones_own_sessions_and_nobody_elses(self, small_house):
        with small_house.database.work() as work:
            begin_session(
                work, directory(work).user("bob"), browser="Mozilla/5.0 (X11; Linux) Firefox/140.0", address="10.0.0.7"
            )
            [his] = sessions_of(work, directory(work).user("bob").id)
        client = small_house.client("ann")
        client.post("/me/sessions/end", {"session": his.id})
        bobs = small_house.client("bob")
        page = bobs.get("/me").text
        assert "Firefox, Linux" in page
        assert "10.0.0.7" in page
        bobs.post("/me/sessions/end", {})
        assert "10.0.0.7" not in bobs.get("/me").text


def test_a_handover_is_taken_back(small_house):
    with small_house.database.work() as work:
        put_deals(work, 3, owner="ann")
    ann, client = user(small_house, "ann"), small_house.client("root")
    client.post(f"/settings/people/{ann.id}/hand-over", {"to": "bob", "what": ["deal"]})
    [undo] = re.findall(r'action="([^"]+/undo)"', client.get(f"/settings/people/{ann.id}/hand-over").text)

    answer = client.post(undo)

    assert "Taken back: 3 deals, 0 leads, 0 tasks" in client.get(answer.location).text
    assert client.post(undo.replace("/undo", "999/undo")).status_code == 404


@pytest.mark.parametrize("wrong", [{"to": "bob"}, {"what": ["deal"]}, {"to": "nobody", "what": ["deal"]},
                                   {"to": "bob", "what": ["everything"]}, {"to": "?", "what": ["deal"]}])  # fmt: skip
def test_a_handover_that_cannot_be_is_said_and_what_was_chosen_stays(small_house, wrong):
    with small_house.database.work() as work:
        put_deals(work, 1, owner="ann")
    ann = user(small_house, "ann")
    answer = small_house.client("root").post(f"/settings/people/{ann.id}/hand-over", wrong)

    assert answer.status_code == 422
    assert "error" in answer.text or "problem" in answer.text


def test_who_is_away_is_shown_so_and_comes_back(small_house):
    ann, client = user(small_house, "ann"), small_house.client("root")
    with small_house.database.reading() as work:
        today = work.now.date()
    day = {"first_day": today.isoformat(), "last_day": (today + timedelta(days=3)).isoformat(), "note": "Holidays"}
    assert client.post(f"/settings/people/{ann.id}/absences", day).status_code == 303

    for path in ("/settings/people", "/settings/plans/wholesale"):
        assert "away until" in client.get(path).text
    page = client.get(f"/settings/people/{ann.id}").text
    assert "Holidays" in page
    again = client.post(f"/settings/people/{ann.id}/absences", day)
    assert "away on one of these days already" in client.get(again.location).text
    [end] = re.findall(r'action="([^"]+/end)"', page)
    assert client.post(end.replace(f"/{ann.id}/", f"/{user(small_house, 'bob').id}/")).status_code == 404
    client.post(end)
    assert "away until" not in client.get("/settings/people").text


@pytest.mark.parametrize("wrong", [{}, {"first_day": "soon"}, {"first_day": "2001-01-01"}])
def test_days_that_cannot_be_are_told(small_house, wrong):
    ann, client = user(small_house, "ann"), small_house.client("root")
    client.get(client.post(f"/settings/people/{ann.id}/absences", wrong).location)

    with small_house.database.reading() as work:
        assert directory(work).absences == {}


def test_everybody_says_so_of_himself(small_house):
    client = small_house.client("ann")
    with small_house.database.reading() as work:
        today = work.now.date().isoformat()
    client.post("/me/absences", {"first_day": today, "note": "Ill"})
    page = client.get("/me").text
    assert "Ill" in page
    [end] = re.findall(r'action="(/me/absences[^"]+/end)"', page)
    assert small_house.client("bob").post(end).status_code == 404
    client.post(end)
    assert "/end" not in client.get("/me").text.split('id="away"')[1].split("</section>")[0]
