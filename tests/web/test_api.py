"""The API as programs meet it."""

import json
import threading

import pytest
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import func, select

from crm.access.actor import SYSTEM
from crm.settings.directories import NewChannel, add_channels
from crm.settings.field_definitions import NewField, add_fields
from crm.tables.journal import inbox
from crm.tables.records import comment, lead
from crm.ways.api_keys import find_api_key, new_api_key, revoke_api_keys
from db.database import Database
from tests.crm.company import put_deals, put_lead
from tests.crm.dealing import events

ALL = ("leads.create", "leads.edit", "deals.edit", "deals.mass_edit", "records.see_all")


class Program:
    """A program with a key."""

    def __init__(self, house, *rights):
        self.house = house
        with house.database.work() as work:
            self.secret = new_api_key(work, "Program", rights or ALL, by=SYSTEM)
        self.client = house.app.test_client()

    def ask(self, method, path, body=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        kept = {"json": body} if not isinstance(body, bytes) else {"data": body, "content_type": "application/json"}
        return self.client.open(
            f"/api/v1{path}", method=method, headers={"Authorization": f"Bearer {self.secret}", **headers}, **kept
        )

    def get(self, path, **headers):
        return self.ask("GET", path, **headers)

    def post(self, path, body=None, **headers):
        return self.ask("POST", path, body, **headers)


@pytest.fixture
def program(small_house):
    return Program(small_house)


def leads(house):
    with house.database.reading() as work:
        return work.rows(select(lead).order_by(lead.c.id))


def test_a_lead_is_recorded_whole(house):
    with house.database.work() as work:
        add_channels(work, [NewChannel("Site", key="site")], by=SYSTEM)
        add_fields(work, [NewField("lead", "Seats", "number", key="seats")], by=SYSTEM)
    program = Program(house)
    body = {
        "name": "Ann", "phone": "+380501234567", "email": "Ann@Example.com", "company": "Acme", "source": "ads",
        "channel": "site", "external_id": "X-1", "owner": "ann", "fields": {"seats": 3}, "tags": ["hot", "new"],
        "comment": "Call her",
    }  # fmt: skip

    answer = program.post("/leads", body)

    assert (answer.status_code, answer.json["result"]) == (201, "created")
    found = program.get(f"/leads/{answer.json['id']}").json
    assert {name: found[name] for name in ("name", "phone", "email", "company", "channel", "owner", "external_id")} == {
        "name": "Ann", "phone": "+380501234567", "email": "ann@example.com", "company": "Acme", "channel": "site",
        "owner": "ann", "external_id": "X-1",
    }  # fmt: skip
    assert (found["fields"], found["tags"], found["status"]) == ({"seats": 3}, ["hot", "new"], "not_processed")
    with house.database.reading() as work:
        assert work.scalar(select(comment.c.body)) == "Call her"
        assert events(work, "lead.created") == [(found["id"], {"source": "ads", "channel": "site"})]


def test_a_known_external_id_makes_no_second_lead(program, small_house):
    first = program.post("/leads", {"external_id": "X-1"})
    again = program.post("/leads", {"external_id": "X-1", "name": "Other"})

    assert (again.status_code, again.json["result"], again.json["id"]) == (200, "known", first.json["id"])
    assert len(leads(small_house)) == 1


def test_of_several_each_says_what_became_of_it(program, small_house):
    program.post("/leads", {"external_id": "X-1"})

    answer = program.post(
        "/leads",
        {
            "leads": [
                {"name": "Ann"},
                {"external_id": "X-1"},
                {"phone": "none"},
                {"nmae": "Bob"},
                {},
                "text",
                {"name": "Cid"},
            ]
        },
    )

    assert answer.status_code == 200
    found = answer.json["leads"]
    assert [one["result"] for one in found] == ["created", "known", *["rejected"] * 4, "created"]
    assert [one["index"] for one in found] == list(range(7))
    assert [one["where"] for one in found[2:6]] == ["phone", "nmae", None, None]
    assert all(one["reason"] for one in found[2:6])
    assert len(leads(small_house)) == 3


def listen(house, counts):
    """Count the statements that reach the driver."""

    @sqlalchemy_event.listens_for(house.database.engine, "before_cursor_execute")
    def count(*_):
        if counts:
            counts[-1] += 1


def test_a_thousand_leads_cost_hardly_more_statements_than_ten(program, small_house):
    counts: list[int] = []
    listen(small_house, counts)
    for start, number in ((0, 10), (10, 1000)):
        counts.append(0)
        body = {"leads": [{"name": f"Lead {start + one}", "phone": f"+38050{start + one:07}"} for one in range(number)]}
        answer = program.post("/leads", body)
        assert {one["result"] for one in answer.json["leads"]} == {"created"}

    few, many = counts
    assert many - few <= 2
    assert len(leads(small_house)) == 1010


def test_more_than_a_thousand_are_refused_whole(program, small_house):
    answer = program.post("/leads", {"leads": [{"name": "x"}] * 1001})

    assert (answer.status_code, answer.json["error"]["where"]) == (422, "leads")
    assert leads(small_house) == []


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, None),
        ({"name": "  "}, None),
        ({"name": 5}, "name"),
        ({"name": ["x"]}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"name": "x", "owner": "nobody"}, "owner"),
        ({"name": "x", "owner_id": 1}, "owner_id"),
        ({"name": "x", "status": "quality"}, "status"),
        ({"name": "x", "phone": "none"}, "phone"),
        ({"name": "x", "email": "none"}, "email"),
        ({"name": "x", "channel": "nowhere"}, "channel"),
        ({"name": "x", "fields": {"nothing": 1}}, "field.nothing"),
        ({"name": "x", "fields": {"seats": 10**400}}, None),
        ({"name": "x", "fields": {"seats": "many"}}, "field.seats"),
        ({"name": "x", "fields": {"born": "0001-01-01"}}, "field.born"),
        ({"name": "x", "tags": [""]}, "tags.0"),
        ({"name": "x", "tags": "hot"}, "tags"),
        ({"leads": []}, "leads"),
        ({"leads": {}}, "leads"),
        ({"leads": [], "name": "x"}, None),
        ([], None),
        ("text", None),
        (None, None),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(program, small_house, body, where):
    with small_house.database.work() as work:
        fields = [NewField("lead", "Seats", "number", key="seats"), NewField("lead", "Born", "date", key="born")]
        add_fields(work, fields, by=SYSTEM)

    answer = program.post("/leads", json.dumps(body).encode())

    assert answer.status_code in (400, 422), answer.text
    assert where is None or answer.json["error"]["where"] == where
    assert answer.json["error"]["message"]
    assert leads(small_house) == []


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b'{"name": NaN}', 400),
        (b'{"name": "\\ud800"}', 400),
        (b"\xff\xfe", 400),
        (b'{"name": ' + b"1" * 5000 + b"}", 400),
        (b"[" * 100_000, 400),
        (b'{"name": "a\\u0000b"}', 201),
        (b'{"external_id": "\\u0000"}', 422),
        (b'{"name": "' + b"x" * 5_000_000 + b'"}', 413),
    ],
)
def test_no_body_is_too_strange(program, raw, status):
    assert program.post("/leads", raw).status_code == status


def test_only_json_is_taken(program):
    answer = program.client.post(
        "/api/v1/leads",
        data="name=Ann",
        headers={"Authorization": f"Bearer {program.secret}"},
        content_type="text/plain",
    )

    assert (answer.status_code, answer.json["error"]["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Bearer vk_wrong", "Basic YTpi", "vk_x", "Bearer \x7f"]
)
def test_without_a_key_nothing_is_answered(small_house, header):
    headers = {"Authorization": header} if header is not None else {}

    answer = small_house.app.test_client().get("/api/v1/plans", headers=headers)

    assert (answer.status_code, answer.json["error"]["code"]) == (401, "unauthorized")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_session_of_a_browser_is_no_key(small_house):
    assert small_house.client("root").get("/api/v1/plans").status_code == 401


def test_a_revoked_key_is_refused(program, small_house):
    with small_house.database.work() as work:
        revoke_api_keys(work, [find_api_key(work, program.secret).id], by=SYSTEM)

    assert program.get("/plans").status_code == 401


def test_a_key_does_only_what_its_rights_say(small_house):
    with small_house.database.work() as work:
        [deal_id] = put_deals(work, 1)
        lead_id = put_lead(work)
    program = Program(small_house, "leads.create")

    assert program.post("/leads", {"name": "Ann", "tags": ["hot"], "comment": "Hi"}).status_code == 201
    asked = [
        program.get(f"/leads/{lead_id}"),
        program.get(f"/deals/{deal_id}"),
        program.get("/deals"),
        program.post(f"/deals/{deal_id}/move", {"stage": "talks"}),
        program.post(f"/leads/{lead_id}/tags", {"add": ["hot"]}),
    ]
    assert [answer.status_code for answer in asked] == [403] * 5


def test_what_a_key_may_not_see_it_may_not_move(small_house):
    with small_house.database.work() as work:
        [deal_id] = put_deals(work, 1)
        lead_id = put_lead(work)
    program = Program(small_house, "deals.edit", "leads.edit")

    assert program.post(f"/deals/{deal_id}/move", {"stage": "talks"}).status_code == 404
    assert program.post(f"/leads/{lead_id}/tags", {"add": ["hot"]}).status_code == 404


def test_a_deal_is_moved_by_the_rules_of_the_board(house):
    with house.database.work() as work:
        [deal_id] = put_deals(work, 1)
    program = Program(house)

    moved = program.post(f"/deals/{deal_id}/move", {"stage": "talks", "version": 1})

    assert (moved.status_code, moved.json["stage"], moved.json["version"]) == (200, "talks", 2)
    refused = [
        program.post(f"/deals/{deal_id}/move", body)
        for body in (
            {"stage": "nowhere"},
            {"stage": "new", "only_forward": True},
            {"stage": "closed_lost"},
            {"stage": "closed_lost", "loss_reason": "nothing"},
            {"stage": "new", "version": 1},
            {"stage": 5},
            {},
        )
    ]
    assert [(one.status_code, one.json["error"]["code"]) for one in refused] == [
        (422, "no_stage"),
        (422, "not_forward"),
        (422, "required_missing"),
        (422, "no_reason"),
        (409, "stale"),
        (422, "invalid"),
        (422, "invalid"),
    ]
    assert program.get(f"/deals/{deal_id}").json["stage"] == "talks"


def test_deals_come_in_pages(program, small_house):
    with small_house.database.work() as work:
        ids = put_deals(work, 7) + put_deals(work, 2, stage="talks")

    found, after = [], 0
    while after is not None:
        page = program.get(f"/deals?plan=wholesale&stage=new&limit=3&after={after}").json
        found += [one["id"] for one in page["deals"]]
        after = page["next"]

    assert found == ids[:7]
    assert len(program.get("/deals").json["deals"]) == 9


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=501", "limit=x", "after=-1", f"after={10**30}", "plan=nowhere", "stage=new",
     "stage=x&plan=wholesale", "what=1", "plan=%00"],
)  # fmt: skip
def test_a_query_that_cannot_be_is_refused(program, query):
    assert program.get(f"/deals?{query}").status_code == 422


@pytest.mark.parametrize(
    "path", ["/leads/0", f"/leads/{2**63}", f"/deals/{10**40}", "/deals/x", "/nothing", "/deals/999/move"]
)
def test_what_is_not_there_is_404(program, path):
    answer = program.post(path, {"stage": "new"}) if path.endswith("move") else program.get(path)

    assert (answer.status_code, answer.json["error"]["code"]) == (404, "not_found")


def test_tags_are_put_on_and_taken_off(program, small_house):
    with small_house.database.work() as work:
        lead_id = put_lead(work)

    program.post(f"/leads/{lead_id}/tags", {"add": ["hot", "new"]})
    answer = program.post(f"/leads/{lead_id}/tags", {"remove": ["new", "never"]})

    assert answer.json["tags"] == ["hot"]


def test_plans_come_with_their_stages(program):
    [plan] = program.get("/plans").json["plans"]

    assert (plan["key"], [one["key"] for one in plan["stages"]][:2]) == ("wholesale", ["new", "talks"])


def test_a_repeat_is_answered_and_not_done_again(house):
    program = Program(house)
    body = {"leads": [{"name": "Ann"}, {"phone": "none"}]}

    first = program.post("/leads", body, Idempotency_Key="order-1")
    again = program.post("/leads", body, Idempotency_Key="order-1")

    assert (again.status_code, again.json) == (first.status_code, first.json)
    assert len(leads(house)) == 1


def test_a_key_that_was_used_for_something_else_is_refused(program, small_house):
    program.post("/leads", {"name": "Ann"}, Idempotency_Key="order-1")
    answer = program.post("/leads", {"name": "Bob"}, Idempotency_Key="order-1")

    assert (answer.status_code, answer.json["error"]["code"]) == (409, "idempotency_key_used")
    assert len(leads(small_house)) == 1


def test_repeats_of_another_program_are_its_own(small_house):
    for program in (Program(small_house), Program(small_house)):
        assert program.post("/leads", {"name": "Ann"}, Idempotency_Key="1").status_code == 201


def test_what_was_refused_may_be_mended_under_the_same_key(program):
    assert program.post("/leads", {"phone": "none"}, Idempotency_Key="1").status_code == 422
    assert program.post("/leads", {"phone": "+380501234567"}, Idempotency_Key="1").status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 201, "a\x01b"])
def test_a_strange_idempotency_key_is_refused(program, key):
    assert program.post("/leads", {"name": "Ann"}, Idempotency_Key=key).status_code == 400


def test_a_program_in_a_hurry_is_slowed_down(small_house, standing_minute):
    object.__setattr__(small_house.site.limits, "api", "3 per minute")
    program, other = Program(small_house), Program(small_house)

    answers = [program.get("/plans") for _ in range(4)]

    assert [one.status_code for one in answers] == [200, 200, 200, 429]
    assert answers[-1].json["error"]["code"] == "too_many_requests"
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert other.get("/plans").status_code == 200


def test_while_very_much_waits_leads_are_put_off_and_nothing_else_is(small_house):
    object.__setattr__(small_house.site.limits, "waiting", 2)
    program = Program(small_house)
    with small_house.database.work() as work:
        work.insert(inbox, ("event_id", "lane", "attempts"), [(one, 0, 0) for one in (1, 2)])

    refused = program.post("/leads", {"name": "Ann"}, Idempotency_Key="1")
    small_house.database.cache.clear()
    with small_house.database.work() as work:
        work.execute(inbox.delete())
    taken = program.post("/leads", {"name": "Ann"}, Idempotency_Key="1")

    assert (refused.status_code, refused.json["error"]["code"]) == (503, "busy")
    assert int(refused.headers["Retry-After"]) >= 5
    assert taken.status_code == 201
    assert len(leads(small_house)) == 1
    assert program.get("/plans").status_code == 200


def test_its_last_use_is_noted(program, small_house):
    program.get("/plans")

    with small_house.database.reading() as work:
        assert find_api_key(work, program.secret).used_at is not None


def test_refusals_speak_the_language_that_was_asked_for(program):
    answer = program.post("/leads", b"{", Accept_Language="ru")

    assert answer.status_code == 400


def test_events_name_the_key(program, small_house):
    from crm.access.actor import ActorKind, unpack
    from crm.tables.journal import event

    program.post("/leads", {"name": "Ann"})

    with small_house.database.reading() as work:
        caused = work.scalar(select(event.c.caused_by).order_by(event.c.id.desc()).limit(1))
        assert unpack(caused)[0] is ActorKind.API
        assert work.scalar(select(func.count()).select_from(lead)) == 1


def test_leads_that_come_at_one_moment_are_each_recorded_once(house):
    """One twice under one key, two that cannot be: whoever is done together with whom, each hears of his own."""
    program = Program(house)
    bodies = [{"name": f"Lead {number}", "external_id": f"X-{number}"} for number in range(6)]
    asked = [*((body, f"key-{number}") for number, body in enumerate(bodies)), (bodies[0], "key-0")]
    asked += [({"phone": "none"}, "key-bad"), ({}, None)]
    answers = {}

    def ask(number, body, key):
        client = house.app.test_client()
        headers = {"Authorization": f"Bearer {program.secret}", **({"Idempotency-Key": key} if key else {})}
        answers[number] = client.post("/api/v1/leads", json=body, headers=headers)

    threads = [threading.Thread(target=ask, args=(number, *one)) for number, one in enumerate(asked)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [answers[number].status_code for number in range(9)] == [*[201] * 7, 422, 422]
    assert answers[0].json == answers[6].json
    assert sorted(row.external_id for row in leads(house)) == [body["external_id"] for body in bodies]


def test_a_key_that_another_process_revoked_does_nothing_more(program, small_house):
    program.post("/leads", {"name": "Ann"})
    elsewhere = Database(small_house.database.url.render_as_string(hide_password=False))
    with elsewhere.work() as work:
        revoke_api_keys(work, [find_api_key(work, program.secret).id], by=SYSTEM)
    elsewhere.close()

    assert program.post("/leads", {"name": "Bob"}).status_code == 401
    assert program.get("/plans").status_code == 401
    assert len(leads(small_house)) == 1
