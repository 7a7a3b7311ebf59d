"""Metrics for those who measure, and health in words for those who look after it."""

import re

import pytest

from crm.tables.journal import inbox
from db.lease import hold
from db.processes import Me, beat
from funnels.vitals import SCHEDULER_LEASE
from tests.crm.company import put_lead

LINE = re.compile(r'[a-z_]+(\{([a-z]+="[^"\\]*",?)+\})? (\+Inf|-?[\d.]+(e[+-]\d+)?)\Z')


@pytest.fixture
def measured(small_house):
    object.__setattr__(small_house.site, "metrics_token", "secret")
    small_house.stand_still()
    return small_house


def metrics(house, token="secret"):
    answer = house.client().get("/metrics", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    return answer.text


def values(text):
    """What each line measures, by its name with labels."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert all(LINE.match(line) for line in lines)
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def test_only_who_has_the_token_is_answered(measured):
    client = measured.client()

    refused = [
        client.get("/metrics").status_code,
        client.get("/metrics", headers={"Authorization": "Bearer другой"}).status_code,
        client.get("/metrics", headers={"Authorization": "Basic secret"}).status_code,
    ]

    assert refused == [404, 404, 404]
    assert measured.client("root").get("/metrics").status_code == 404


def test_without_a_token_there_are_no_metrics(small_house):
    assert small_house.client().get("/metrics", headers={"Authorization": "Bearer None"}).status_code == 404


def test_what_waits_who_leads_and_what_was_done_is_measured(measured):
    hold(measured.database, SCHEDULER_LEASE, "me")
    measured.database.counts.add_all({"steps": 7, "failures:task.create": 2, "messages:email:sent": 3, "strange": 1})
    measured.client().get("/health")
    beat(measured.database, Me("worker", "1.0", host="one", pid=7))
    with measured.database.work() as work:
        work.insert(inbox, ("event_id", "lane", "attempts"), [(10**9, 0, 0)])

    text = metrics(measured)
    found = values(text)

    assert found["voronka_inbox_events"] == 1
    assert found["voronka_scheduler_leaderless_seconds"] == 0
    where = 'kind="worker",host="one",pid="7"'
    assert found[f"voronka_steps_total{{{where}}}"] == 7
    assert found[f'voronka_failures_total{{{where},block="task.create"}}'] == 2
    assert found[f'voronka_messages_total{{{where},channel="email",outcome="sent"}}'] == 3
    assert found[f'voronka_requests_total{{{where},status="2xx"}}'] == 1
    assert found[f'voronka_process_up{{{where},version="1.0"}}'.replace(where, 'kind="worker",host="one",pid="7"')] == 1
    assert "strange" not in text
    names = re.findall(r"^# TYPE (\w+) (?:gauge|counter)$", text, re.MULTILINE)
    assert len(names) == len(set(names)) == text.count("# HELP")


def test_nothing_personal_is_measured(measured):
    with measured.database.work() as work:
        put_lead(work, title="Ann Lee")

    assert "Ann" not in metrics(measured)


def test_every_answer_has_an_id_and_a_proxy_may_give_it(small_house):
    client = small_house.client()

    own = client.get("/health").headers["X-Request-ID"]
    given = client.get("/health", headers={"X-Request-ID": "abc-1"}).headers["X-Request-ID"]
    refused = client.get("/health", headers={"X-Request-ID": "a b<script>"}).headers["X-Request-ID"]

    assert re.fullmatch(r"[0-9a-f]{32}", own)
    assert (given, len(refused)) == ("abc-1", 32)


def test_the_health_page_says_what_is_wrong_and_who_works(small_house):
    small_house.stand_still()
    beat(small_house.database, Me("worker", "1.0", host="one", pid=7))

    page = small_house.client("root").get("/settings/health").text

    assert "no scheduler leads" in page
    assert "worker 7 on one" in page
    assert "All is well." not in page


def test_the_health_page_says_that_all_is_well(small_house):
    small_house.stand_still()
    beat(small_house.database, Me("serve", "1.0"))
    hold(small_house.database, SCHEDULER_LEASE, "me")

    assert "All is well." in small_house.client("root").get("/settings/health").text


@pytest.mark.parametrize("login", ["ann", "boss", "mark"])
def test_health_is_the_administrators_concern(small_house, login):
    assert small_house.client(login).get("/settings/health").status_code == 403
