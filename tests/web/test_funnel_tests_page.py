"""The page of a funnel's tests: written as text, run by a worker, made of what happened, and asked for before publishing."""

from datetime import timedelta

from sqlalchemy import select

from crm.access.actor import SYSTEM
from crm.deals.moving import Move, move_deals
from crm.leads.recording import NewLead, record_leads
from crm.tables.records import deal
from funnels.publication.publishing import draft, publish, save_draft
from funnels.reading import read
from funnels.tables import run
from tests.web.funnels import WHOLESALE, lived_in
from tests.web.test_boards import statements
from workers.rehearsal.jobs import do_rehearsals
from workers.stories.running import do_stories, run_tests

CALLS = read("""
key: calls
name: Calls
nodes:
  - {id: lead, type: trigger.lead_created}
  - {id: deal, type: crm.add_to_plan, config: {plan: wholesale, owner: ann}}
  - id: wait
    type: wait.event
    config:
      events: [{port: moved, event: deal.moved}]
      timeout: {amount: 2, unit: days}
  - {id: mark, type: crm.add_tags, config: {tags: [met]}}
edges:
  - {from: lead, to: deal}
  - {from: deal, to: wait}
  - {from: wait, port: moved, to: mark}
""")
TEST = """\
- name: Whoever is met is marked
  given: {lead: {name: Oksana}}
  when: [lead comes in, 1 hour later, deal moves to talks]
  then: {tags: [met], ended: true, deal: {stage: talks}}
"""


def put(small_house, *, published=False):
    with small_house.database.work() as work:
        save_draft(work, CALLS, by=SYSTEM)
        if published:
            publish(work, "calls", by=SYSTEM)


def test_tests_are_written_run_and_shown_in_words(small_house):
    put(small_house)
    client = small_house.client("mark")
    assert "No test yet" in client.get("/funnels/calls/tests").text

    answer = client.post("/funnels/calls/tests", {"text": TEST})

    assert answer.location == "/funnels/calls/tests"
    running = client.get("/funnels/calls/tests").text
    assert "They are being run" in running
    assert 'hx-trigger="every 1s"' in running
    assert do_stories(small_house.database) == 1
    page = client.get("/funnels/calls/tests").text
    assert "1 test, all is as it says." in page
    assert "The deal moves to “Talks”" in page
    assert "every 1s" not in page
    part = client.get("/funnels/calls/tests", headers={"HX-Request": "true"}).text
    assert part.lstrip().startswith('<div id="tests"')


def test_what_is_wrong_in_a_text_is_said_line_by_line_and_nothing_is_lost(small_house):
    put(small_house)
    client = small_house.client("mark")
    answer = client.post("/funnels/calls/tests", {"text": TEST.replace("1 hour later", "some time later")})

    assert answer.status_code == 422
    assert "line 3, column" in answer.text
    assert "“some time later” is no step of a story" in answer.text
    assert "some time later, deal moves" in answer.text
    with small_house.database.reading() as work:
        assert draft(work, "calls").tests == ()


def test_a_draft_whose_tests_fail_is_published_only_expressly(small_house):
    put(small_house)
    client = small_house.client("mark")
    client.post("/funnels/calls/tests", {"text": TEST.replace("[met]", "[VIP]")})
    do_stories(small_house.database)
    page = client.get("/funnels/calls/tests").text
    assert "there is no tag VIP" in page

    refused = client.send("POST", "/api/funnels/calls/publish", {"version": 2})
    answer = client.post("/funnels/calls/tests/publish", {})

    assert refused.status_code == 422
    assert refused.json["problems"][0]["code"] == "tests_failed"
    assert answer.location == "/funnels/calls"
    assert small_house.client("mark").get("/funnels/calls").status_code == 200


def test_publishing_what_was_not_tested_asks_for_the_run(small_house):
    put(small_house)
    client = small_house.client("mark")
    client.post("/funnels/calls/tests", {"text": TEST})
    plain = CALLS.plain()
    plain["nodes"][-1]["config"] = {"tags": ["seen"]}
    kept = client.send("PUT", "/api/funnels/calls/draft", {"version": 2, "document": plain})
    assert kept.status_code == 200

    refused = client.send("POST", "/api/funnels/calls/publish", {"version": 3})

    assert refused.json["problems"][0]["code"] == "tests_not_run"
    assert do_stories(small_house.database) == 1
    assert "there is no tag met" in client.get("/funnels/calls/tests").text


def test_a_test_is_made_of_what_happened_and_holds(small_house):
    put(small_house, published=True)
    with small_house.database.work() as work:
        record_leads(work, [NewLead("Kitchen", name="Oksana", phone="+380501112233", source="ads")], by=SYSTEM)
    small_house.walk()
    small_house.forward(hours=3)
    with small_house.database.work() as work:
        [deal_id] = [row.id for row in work.rows(select(deal.c.id))]
        move_deals(work, [Move(deal_id, "talks")], by=SYSTEM)
    small_house.walk()
    with small_house.database.reading() as work:
        run_id = work.scalar(select(run.c.id))
    client = small_house.client("mark")
    assert "/funnels/calls/tests/from-run" in client.get(f"/runs/{run_id}").text

    answer = client.post("/funnels/calls/tests/from-run", {"run": run_id})

    assert answer.location == "/funnels/calls/tests"
    with small_house.database.reading() as work:
        document = draft(work, "calls")
        [found] = run_tests(work, document)
    [test] = document.tests
    assert found.failures == ()
    assert test.given.lead == {"source": "ads"}
    assert [one for one in test.when if not one.startswith("at ")] == ["lead comes in", "deal moves to talks"]
    assert test.then.went_through[-1] == "mark"
    assert "Oksana" not in str(document.tests)


def test_a_test_is_made_of_a_rehearsal_by_one_click_and_holds(small_house):
    lived_in(small_house)
    with small_house.database.work() as work:
        save_draft(work, read(WHOLESALE.replace("name: ", "name: Another ", 1)), by=SYSTEM)
        now = work.now
    days = {
        "since": (now - timedelta(days=7)).date().isoformat(),
        "until": (now + timedelta(days=1)).date().isoformat(),
    }
    client = small_house.client("root")
    where = client.post("/funnels/ads/rehearsals", data=days).location
    do_rehearsals(small_house.database)
    page = client.get(f"{where}/walks/1").text
    assert "Make a test of it" in page
    rehearsal = where.rpartition("/")[2]

    answer = client.post("/funnels/ads/tests/from-rehearsal", {"rehearsal": rehearsal, "number": 1})

    assert answer.location == "/funnels/ads/tests"
    with small_house.database.reading() as work:
        document = draft(work, "ads")
        [found] = run_tests(work, document)
    assert document.tests[0].then.went_through
    assert found.failures == ()


def test_the_page_takes_as_many_statements_for_many_tests_as_for_few(small_house):
    put(small_house)
    client = small_house.client("mark")
    taken = []
    for number in (1, 60):
        several = "".join(TEST.replace("Whoever", f"{one} Whoever") for one in range(number))
        client.post("/funnels/calls/tests", {"text": several})
        client.get("/funnels/calls/tests")
        taken.append(statements(small_house, client, "/funnels/calls/tests"))

    assert taken[0] == taken[1]
    gallery = [statements(small_house, client, path) for path in ("/funnels/gallery", "/funnels/gallery/nps")]
    assert max(gallery) <= taken[0]


def test_who_only_looks_changes_no_tests(small_house):
    put(small_house)

    assert small_house.client("ann").get("/funnels/calls/tests").status_code == 403
    assert small_house.client("ann").post("/funnels/calls/tests", {"text": ""}).status_code == 403
    assert small_house.client("root").post("/funnels/calls/tests/from-run", {"run": 99}).status_code == 404
