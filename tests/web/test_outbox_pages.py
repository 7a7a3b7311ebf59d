"""The outbox and the notes beside the bell, as pages."""

import pytest
from sqlalchemy import event as sql_event
from sqlalchemy import select

from crm.directory import directory
from crm.people.persons import persons_of
from crm.tables.accounts import notification
from crm.today.notifications import Note, tell
from engine.text import _l, packed
from funnels.outbox import NewMessage, queue
from funnels.tables import outbox
from tests.crm.company import put_deals
from voronka.i18n import translate


def put(house, number, *, state="queued", channel="email", start=1):
    payloads = {
        "email": {"to": "ann@example.com", "subject": "Привет, Ann", "text": "secret text"},
        "http": {
            "method": "POST",
            "address": "https://crm.test/a?token=secret",
            "headers": [["X-Key", "secret"]],
            "body": "secret",
        },
    }
    with house.database.work() as work:
        [person] = persons_of(work, [()])
        queue(work, [NewMessage(channel, person, start + one, "mail", 1, payloads[channel]) for one in range(number)])
    with house.database.work() as work:
        where = outbox.c.run_id.between(start, start + number - 1)
        work.execute(outbox.update().where(where).values(state=state, result={"words": "550 no such mailbox"}))
        return [row.id for row in work.rows(select(outbox.c.id).where(where).order_by(outbox.c.id))]


def states(house):
    with house.database.reading() as work:
        return [row.state for row in work.rows(select(outbox.c.state).order_by(outbox.c.id))]


def note(house, login, words="Look", **about):
    with house.database.work() as work:
        tell(work, [Note(directory(work).user(login).id, words, **about)])


def unread(house):
    with house.database.reading() as work:
        query = select(notification).where(notification.c.read_at.is_(None)).order_by(notification.c.id)
        return [row.user_id for row in work.rows(query)]


class TestOutbox:
    @pytest.mark.parametrize(("login", "status"), [("root", 200), ("mark", 200), ("boss", 403), ("ann", 403)])
    def test_it_is_for_those_who_repair_runs(self, small_house, login, status):
        assert small_house.client(login).get("/outbox").status_code == status

    def test_what_waits_for_a_decision_comes_first_and_says_why(self, house):
        put(house, 2, state="sent")
        put(house, 1, state="unknown", start=10)

        page = house.client("root").get("/outbox").text

        assert "ann@example.com" in page
        assert "550 no such mailbox" in page
        assert "Send once more" in page

    def test_our_own_reasons_speak_the_visitors_language(self, small_house):
        put(small_house, 1, state="unknown")
        with small_house.database.work() as work:
            work.execute(outbox.update().values(result={"words": packed(_l("it did not answer in time"))}))

        client = small_house.client("root")
        client.post("/preferences", {"language": "ru"})

        assert translate(_l("it did not answer in time"), "ru") in client.get("/outbox").text

    def test_texts_headers_and_questions_of_addresses_are_shown_to_nobody(self, small_house):
        put(small_house, 1, state="failed")
        put(small_house, 1, state="failed", channel="http", start=10)

        page = small_house.client("root").get("/outbox?state=failed").text

        assert "https://crm.test/a" in page
        assert "secret" not in page

    @pytest.mark.parametrize(("how", "state"), [("retry", "queued"), ("sent", "sent"), ("cancel", "cancelled")])
    def test_many_are_decided_at_once(self, house, how, state):
        ids = put(house, 3, state="unknown")
        sent = put(house, 1, state="sent", start=10)

        answer = house.client("root").post("/outbox", {"message": [*ids, *sent], "how": how, "state": "unknown"})

        assert answer.status_code == 303
        assert states(house) == [state] * 3 + ["sent"]
        page = house.client("root").get("/outbox?state=" + state).text
        assert page.count("ann@example.com") >= 3

    def test_a_decision_without_messages_changes_nothing(self, small_house):
        put(small_house, 1, state="unknown")
        client = small_house.client("root")

        client.post("/outbox", {"how": "cancel", "state": "unknown"})

        assert states(small_house) == ["unknown"]
        assert "choose messages first" in client.get("/outbox").text

    def test_who_may_not_see_it_decides_nothing(self, small_house):
        ids = put(small_house, 1, state="unknown")

        assert small_house.client("boss").post("/outbox", {"message": ids, "how": "cancel"}).status_code == 403
        assert states(small_house) == ["unknown"]

    def test_it_is_read_page_by_page(self, small_house):
        ids = put(small_house, 120, state="sent")
        client = small_house.client("root")

        first = client.get("/outbox?state=sent").text

        assert first.count("ann@example.com") == 50
        assert f"before={ids[-50]}" in first
        assert client.get(f"/outbox?state=sent&before={ids[20]}").text.count("ann@example.com") == 20

    def test_a_list_costs_the_same_for_many(self, small_house):
        seen = []
        client = small_house.client("root")
        put(small_house, 3, state="failed")
        client.get("/outbox")
        sql_event.listen(small_house.database.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))

        client.get("/outbox")
        few = len(seen)
        put(small_house, 45, state="failed", start=100)
        seen.clear()
        client.get("/outbox")

        assert len(seen) == few

    def test_without_a_mail_server_it_says_what_the_mails_wait_for(self, small_house):
        put(small_house, 1)

        assert "wait for a mail server" in small_house.client("root").get("/outbox").text


class TestNotifications:
    def test_an_empty_bell_says_what_it_is_for(self, small_house):
        assert "Nothing was told to you yet" in small_house.client("ann").get("/notifications").text

    def test_each_sees_his_own_with_the_way_to_the_record(self, house):
        with house.database.work() as work:
            [deal_id] = put_deals(work, 1, owner="ann")
        note(house, "ann", "Call them", deal_id=deal_id)
        note(house, "bob", "Not for Ann")
        client = house.client("ann")

        page = client.get("/notifications").text

        assert "Call them" in page
        assert "Not for Ann" not in page
        with house.database.reading() as work:
            [row] = work.rows(select(notification.c.id).where(notification.c.words == "Call them"))
        answer = client.post(f"/notifications/{row.id}/open")
        assert answer.headers["Location"] == f"/deals/{deal_id}"
        assert len(unread(house)) == 1

    def test_a_record_that_may_not_be_seen_is_not_named(self, small_house):
        with small_house.database.work() as work:
            [deal_id] = put_deals(work, 1, owner="boss")
        note(small_house, "ann", "Look", deal_id=deal_id)

        assert f"/deals/{deal_id}" not in small_house.client("ann").get("/notifications").text

    def test_all_are_put_away_at_once_and_nobody_elses(self, house):
        for _ in range(3):
            note(house, "ann")
        note(house, "bob")
        client = house.client("ann")

        assert 'class="badge">3' in client.get("/notifications").text
        client.post("/notifications/read")

        assert len(unread(house)) == 1
        assert "unread" not in client.get("/notifications").text

    def test_one_is_put_away_and_another_users_is_not(self, small_house):
        note(small_house, "ann")
        note(small_house, "bob")
        with small_house.database.reading() as work:
            [mine, other] = [row.id for row in work.rows(select(notification).order_by(notification.c.id))]

        small_house.client("ann").post("/notifications/read", {"note": [mine, other]})

        assert len(unread(small_house)) == 1
        assert small_house.client("ann").post(f"/notifications/{other}/open").headers["Location"] == "/notifications"

    def test_they_are_read_page_by_page(self, small_house):
        for number in range(60):
            note(small_house, "ann", f"note {number}!")
        page = small_house.client("ann").get("/notifications").text

        assert "note 59!" in page
        assert "note 9!" not in page
        before = page.partition("before=")[2].partition('"')[0]
        assert "note 9!" in small_house.client("ann").get(f"/notifications?before={before}").text
