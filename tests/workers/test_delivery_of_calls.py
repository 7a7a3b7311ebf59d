"""Requests to other systems: each under one key, their answers brought to the runs that wait, and no harm from bad ones."""

from datetime import timedelta

import pytest

from engine.match import MAX_DEPTH
from engine.text import unpacked
from funnels.outbox import cancel, mark_sent
from funnels.tables import outbox, run
from tests.channels.listening import raw_server
from tests.workers.sending import Sender, asking
from workers.letters import LEASE, claim

WAIT = "wait: true, timeout: {amount: 1, unit: hours}"
PORTS = {"ok": "fine", "error": "bad", "timeout": "late"}


@pytest.fixture
def sender(house, web_server):
    return Sender(house, web_server=web_server)


def start(house, address, config=WAIT, ports=PORTS):
    house.publish(asking(address, config, **ports))
    house.lead(source="ads")
    house.drain()


def go(house, sender):
    sent = sender.send("http")
    house.drain()
    return sent


def test_a_call_is_made_and_nobody_waits(house, web_server, sender):
    start(
        house, web_server.address + "/leads/{lead.id}", "fields: [{name: a, value: '{lead.source}'}]", {"next": "gone"}
    )
    assert house.tags() == ["gone"]

    assert (go(house, sender), go(house, sender)) == (1, 0)

    [(method, path, headers, body)] = web_server.got
    assert (method, path, body) == ("POST", f"/leads/{house.messages()[0].lead_id}", b'{"a": "ads"}')
    assert headers["Content-Type"] == "application/json"
    assert (sender.states, sender.last.result) == (["sent"], {"status": 200})


def test_the_answer_comes_to_the_run_that_waits_and_stays_out_of_the_journal(house, web_server, sender):
    web_server.answers = [(200, {}, '{"result": {"score": 7, "name": "Оля"}}'.encode())]
    start(house, web_server.address, WAIT + ", take: [{path: result.score, name: score}, {path: result.name, name: who}]",
          {"ok": "fine"})  # fmt: skip
    assert house.at() == ["call"]

    go(house, sender)

    assert (house.tags(), house.states()) == (["fine"], [("completed", "end:next")])
    [(event, data)] = house.events("http.answered")
    assert data["status"] == 200
    assert "Оля" not in event.data


def test_what_was_taken_is_there_for_later_blocks(house, web_server, sender):
    web_server.answers = [(200, {}, b'{"score": 7}')]
    house.publish(
        """
key: asks
name: Asks
nodes:
  - {id: created, type: trigger.lead_created}
  - {id: call, type: action.http_request, config: {address: "ADDRESS", wait: true, take: [{path: score, name: score}]}}
  - {id: pause, type: wait.duration, config: {lasting: {amount: 1, unit: hours}}}
  - {id: say, type: crm.add_tags, config: {tags: [seven]}, condition: {op: is, field: variable.score, value: "7"}}
edges:
  - {from: created, to: call}
  - {from: call, port: ok, to: pause}
  - {from: pause, to: say}
""".replace("ADDRESS", web_server.address)
    )
    house.lead()
    house.drain()
    go(house, sender)
    house.clock.forward(hours=1)
    house.drain()

    assert house.tags() == ["seven"]


@pytest.mark.parametrize(
    ("status", "tag", "state"), [(204, "fine", "sent"), (404, "bad", "failed"), (422, "bad", "failed")]
)
def test_a_last_word_is_heard_at_once(house, web_server, sender, status, tag, state):
    web_server.answers = [(status, {}, b"no such lead")]
    start(house, web_server.address)

    go(house, sender)

    assert (house.tags(), sender.states) == ([tag], [state])


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_trouble_is_tried_again_under_the_same_key(house, web_server, sender, status):
    web_server.answers = [(status, {}, b""), (200, {}, b"{}")]
    start(house, web_server.address)
    assert (go(house, sender), sender.states, house.tags()) == (1, ["queued"], [])

    house.clock.forward(minutes=1)
    go(house, sender)

    assert (sender.states, house.tags()) == (["sent"], ["fine"])
    assert len({headers["Idempotency-Key"] for _, _, headers, _ in web_server.got}) == 1


def test_it_waits_as_long_as_it_is_asked_to(house, web_server, sender):
    web_server.answers = [(429, {"Retry-After": "600"}, b"")]
    start(house, web_server.address)

    go(house, sender)

    assert sender.last.due_at == house.clock.now + timedelta(minutes=10)


def test_when_nobody_waits_any_more_it_is_not_tried_again(house, web_server, sender):
    web_server.answers = [(503, {}, b"")]
    start(house, web_server.address, "wait: true, timeout: {amount: 3, unit: minutes}")
    for _ in range(2):
        go(house, sender)
        house.clock.forward(minutes=1)
    assert (sender.states, house.tags()) == (["failed"], ["bad"])

    house.clock.forward(hours=1)
    assert go(house, sender) == 0


def test_a_run_goes_on_without_an_answer_when_its_time_is_up(house, web_server, sender):
    start(house, web_server.address)

    house.clock.forward(hours=1)
    house.drain()

    assert house.tags() == ["late"]


def test_of_a_call_that_may_have_arrived_nobody_knows(house, web_server, sender):
    with raw_server(b"") as server:
        sender.post._rules = type(sender.post._rules)(private_ports=frozenset({server.port}))
        start(house, f"http://127.0.0.1:{server.port}/")
        go(house, sender)

    assert (sender.states, sender.last.ended_at, house.tags()) == (["unknown"], None, [])


@pytest.mark.parametrize("config", [WAIT + ", may_repeat: true", WAIT + ", method: GET"])
def test_unless_the_receiver_drops_duplicates(house, web_server, sender, config):
    with raw_server(b"") as server:
        sender.post._rules = type(sender.post._rules)(private_ports=frozenset({server.port}))
        start(house, f"http://127.0.0.1:{server.port}/", config)
        go(house, sender)

    assert sender.states == ["queued"]


@pytest.mark.parametrize(("config", "state"), [(WAIT, "unknown"), (WAIT + ", may_repeat: true", "queued")])
def test_what_a_dead_sender_held_is_repeated_only_where_it_may(house, web_server, sender, config, state):
    start(house, web_server.address, config)
    with house.database.work() as work:
        claim(work, "http")
    house.clock.now += LEASE + timedelta(seconds=1)

    assert (sender.sweep(), sender.states) == (1, [state])
    assert go(house, sender) == (1 if state == "queued" else 0)


def test_what_ends_its_sender_again_and_again_is_given_up(house, web_server, sender):
    start(house, web_server.address, WAIT + ", may_repeat: true")
    for _ in range(5):
        with house.database.work() as work:
            assert claim(work, "http") is not None
        house.clock.now += LEASE + timedelta(seconds=1)
        sender.sweep()

    assert sender.states == ["unknown"]


def test_an_address_inside_is_refused_at_once(house, web_server, sender):
    sender.post._rules = type(sender.post._rules)()
    start(house, web_server.address)

    go(house, sender)

    assert (sender.states, house.tags(), web_server.got) == (["failed"], ["bad"], [])
    assert "private network" in unpacked(sender.last.result["words"])


@pytest.mark.parametrize(
    "body", [b"\xff\xfe", b'"\\ud800"', b"[" * 100_000, b"1" * 5000, b'{"score": "\\u0000"}', b"NaN"]
)
def test_no_answer_spoils_its_run(house, web_server, sender, body):
    web_server.answers = [(200, {}, body)]
    start(house, web_server.address, WAIT + ", take: [{path: score, name: score}]")

    go(house, sender)

    assert len(house.tags()) == 1
    assert house.states() == [("completed", "end:next")]


def test_a_person_may_decide_what_nobody_knows(house, web_server, sender):
    for decide, tag in ((mark_sent, "bad"), (cancel, "bad")):
        start(house, web_server.address)
        with house.database.work() as work:
            claim(work, "http")
        sender.sweep(at_start=True)
        house.act(decide, sender.last.id)
        house.drain()
        assert house.tags()[-1] == tag
    assert sorted(sender.states) == ["cancelled", "sent"]


def test_asking_again_and_again_is_no_depth(house, web_server, sender):
    web_server.answers = [(200, {}, b'{"ready": false}')]
    house.publish(
        """
key: polls
name: Polls
nodes:
  - {id: created, type: trigger.lead_created}
  - {id: call, type: action.http_request, config: {address: "ADDRESS", wait: true, take: [{path: ready, name: ready}]}}
  - {id: again, type: logic.go_to, config: {max_visits: 20}}
edges:
  - {from: created, to: call}
  - {from: call, port: ok, to: again}
  - {from: again, to: call}
""".replace("ADDRESS", web_server.address)
    )
    house.lead()
    house.drain()
    for _ in range(MAX_DEPTH + 4):
        go(house, sender)

    assert len(house.messages()) == MAX_DEPTH + 5
    assert len({row.key for row in house.messages()}) == MAX_DEPTH + 5
    assert house.refusals() == []


def test_a_run_at_the_deepest_depth_hears_its_own_answer(house, web_server, sender):
    start(house, web_server.address)
    with house.database.work() as work:
        work.execute(run.update().values(depth=MAX_DEPTH))
        work.execute(outbox.update().values(depth=MAX_DEPTH))
    go(house, sender)

    assert (house.tags(), house.refusals()) == (["fine"], [])
