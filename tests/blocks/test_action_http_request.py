import json
from datetime import timedelta

import pytest
from pydantic import ValidationError

from blocks.action_http_request import HttpRequest
from engine.effect import CallHttp, Place, SetVariable
from engine.outcome import Awaited, Fail, Happened, Leave, TimedOut, Wait
from tests.blocks.asking import NOW, context, event

LEAD = {"lead": {"id": 5, "name": 'Ann & Co/"x"', "source": "ads"}, "run": {"id": 12}}
TOLD = HttpRequest(address="https://crm.test/leads/{lead.id}")
ASKED = HttpRequest(
    method="GET",
    address="https://crm.test/score?of={lead.name}",
    wait=True,
    timeout={"amount": 5, "unit": "minutes"},
    ports_by_status=[{"port": "unknown", "statuses": [404, 410]}],
    take=[{"path": "data.items.0.price", "name": "price"}],
)
NEVER = {"amount": 1, "unit": "hours", "calendar": "company", "window": {"weekdays": ["sun"]}}


def call(block, records=LEAD):
    outcome = block.run(context(records))
    [effect] = outcome.effects
    return effect


def answered(block, **data):
    return block.run(context(LEAD, signal=Happened(event("http.answered", **data), "ok")))


def test_it_calls_and_goes_on():
    assert TOLD.run(context(LEAD)) == Leave("next", (CallHttp(Place("n", 1), "POST", "https://crm.test/leads/5"),))
    assert (TOLD.ports(), TOLD.paths(), TOLD.awaits()) == (("next", "failed"), set(), set())


def test_it_waits_for_the_answer_no_longer_than_its_timeout():
    until = NOW + timedelta(minutes=5)
    address = "https://crm.test/score?of=Ann%20%26%20Co%2F%22x%22"

    assert ASKED.run(context(LEAD)) == Wait(
        until,
        (Awaited("http.answered", "ok", {"run": 12, "node": "n", "visit": 1}),),
        effects=(CallHttp(Place("n", 1), "GET", address, may_repeat=True, until=until),),
    )
    assert ASKED.ports() == ("ok", "error", "unknown", "timeout", "failed")
    assert (ASKED.paths(), ASKED.awaits()) == ({"run.id"}, {"http.answered"})
    assert ASKED.run(context(LEAD, signal=TimedOut())) == Leave("timeout")


@pytest.mark.parametrize(("price", "kept"), [(12.5, "12.5"), (3, "3"), (True, "true"), ("1\x002", "12")])
def test_values_of_the_answer_are_kept_as_texts(price, kept):
    answer = {"data": {"items": [{"price": price}]}}

    assert answered(ASKED, status=200, answer=answer) == Leave("ok", (SetVariable("price", kept),))


def test_a_list_is_kept_as_json_and_a_long_text_is_cut():
    block = ASKED.model_copy(
        update={"take": HttpRequest(address="https://a.b", wait=True, take=[{"path": "data", "name": "all"}]).take}
    )

    assert answered(block, status=200, answer={"data": [1, "ї"]}).effects == (SetVariable("all", '[1, "ї"]'),)
    [kept] = answered(block, status=200, answer={"data": "x" * 30_000}).effects
    assert len(kept.value) == 20_000


@pytest.mark.parametrize(
    ("status", "answer", "port"),
    [
        (200, {"data": {"items": [{"price": None}]}}, "error"),
        (200, {"data": {"items": []}}, "error"),
        (200, {"data": {"items": {"0": 1}}}, "error"),
        (200, ["data"], "error"),
        (200, None, "error"),
        (301, None, "error"),
        (500, None, "error"),
        (None, None, "error"),
        (404, None, "unknown"),
        (410, {"data": {"items": [{"price": 1}]}}, "unknown"),
    ],
)
def test_the_status_names_the_port(status, answer, port):
    assert answered(ASKED, status=status, answer=answer).port == port


def test_values_are_kept_for_a_status_with_a_port_too():
    assert answered(ASKED, status=404, answer={"data": {"items": [{"price": 1}]}}).effects == (
        SetVariable("price", "1"),
    )


@pytest.mark.parametrize(
    ("send_as", "kind", "body"),
    [
        ("json", "application/json", '{"name": "Ann & Co/\\"x\\"", "a b": "ads"}'),
        ("form", "application/x-www-form-urlencoded", "name=Ann%20%26%20Co%2F%22x%22&a%20b=ads"),
    ],
)
def test_fields_become_a_body(send_as, kind, body):
    fields = [{"name": "name", "value": "{lead.name}"}, {"name": "a b", "value": "{lead.source}"}]
    made = call(HttpRequest(address="https://crm.test/", fields=fields, send_as=send_as))

    assert (made.body, made.headers) == (body, (("Content-Type", kind),))


@pytest.mark.parametrize(
    ("send_as", "written", "body"),
    [
        ("json", '{{"who": {{"name": "{lead.name}"}}, "id": {lead.id}}}', None),
        ("form", "who={lead.name}", "who=Ann%20%26%20Co%2F%22x%22"),
        ("text", "who: {lead.name}", 'who: Ann & Co/"x"'),
    ],
)
def test_a_body_is_filled_so_that_no_value_breaks_out(send_as, written, body):
    made = call(HttpRequest(address="https://crm.test/", body=written, send_as=send_as))

    if body is None:
        assert json.loads(made.body) == {"who": {"name": LEAD["lead"]["name"]}, "id": 5}
    else:
        assert made.body == body


def test_a_body_that_is_no_json_fails():
    assert HttpRequest(address="https://crm.test/", body="{lead.name}").run(context(LEAD)).code == "wrong_body"


def test_headers_are_filled_and_stay_one_line():
    block = HttpRequest(address="https://crm.test/", headers=[{"name": "X-Who", "value": "a\n{lead.source}"}])

    assert call(block).headers == (("X-Who", "a ads"),)


def test_the_whole_address_may_be_a_value():
    block = HttpRequest(address="{lead.hook}")

    assert call(block, {"lead": {"hook": "http://crm.test/a?b=c"}}).address == "http://crm.test/a?b=c"


@pytest.mark.parametrize(
    "hook",
    [
        None,
        "",
        "ftp://crm.test",
        "crm.test",
        "https://",
        "https://ann:secret@crm.test/",
        "https://a b/",
        "https://a/" + "x" * 4000,
    ],
)
def test_what_is_no_address_fails(hook):
    outcome = HttpRequest(address="{lead.hook}").run(context({"lead": {"hook": hook}}))

    assert isinstance(outcome, Fail)
    assert outcome.code == "wrong_address"


def test_hours_that_never_come_are_a_failure():
    assert isinstance(HttpRequest(address="https://a.b", wait=True, timeout=NEVER).run(context()), Fail)


@pytest.mark.parametrize(("method", "may_repeat"), [("GET", True), ("HEAD", True), ("POST", False), ("PUT", False)])
def test_only_what_changes_nothing_may_be_repeated(method, may_repeat):
    assert call(HttpRequest(address="https://a.b", method=method)).may_repeat is may_repeat
    assert call(HttpRequest(address="https://a.b", method=method, may_repeat=True)).may_repeat is True


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"ports_by_status": [{"port": "x", "statuses": [404]}]}, "need waiting"),
        ({"take": [{"path": "a", "name": "a"}]}, "need waiting"),
        ({"wait": True, "ports_by_status": [{"port": "ok", "statuses": [404]}]}, "a port of its own"),
        ({"fields": [{"name": "a", "value": "b"}], "body": "c"}, "one of the two"),
        ({"fields": [{"name": "a", "value": "b"}], "send_as": "text"}, "a body only"),
        ({"method": "GET", "body": "x"}, "has no body"),
        ({"headers": [{"name": "Host", "value": "x"}]}, "cannot be set"),
        ({"headers": [{"name": "a b", "value": "x"}]}, "cannot be set"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, words):
    with pytest.raises(ValidationError, match=words):
        HttpRequest(address="https://a.b", **settings)
