"""Tests of funnels carried out: what they find, what they cannot do, and that they touch nothing."""

import re
from pathlib import Path

import pytest
from sqlalchemy import func, select

from crm.access.actor import EVERYTHING, SYSTEM, Actor, ActorKind
from crm.directory import directory
from crm.errors import NotAllowedError
from crm.tables.journal import event
from crm.tables.records import deal, lead, task
from funnels.errors import NotPublishableError
from funnels.publication.publishing import draft, publish, save_draft
from funnels.reading import read, write
from funnels.stories.asking import ask_for_tests, keep_results, problem_of_tests, results_of
from funnels.tables import funnel, story_run
from funnels.words.stories import story_words
from workers.stories.running import do_stories, run_tests, stories_due

MANUAL = Path(__file__).parents[2] / "docs/funnel-file.md"
FUNNEL = """
key: calls
name: Calls
nodes:
  - id: lead
    type: trigger.lead_created
  - id: deal
    type: crm.add_to_plan
    config: {plan: sales, owner: ann}
  - id: call
    type: task.create
    config: {name: "Call {lead.name}", deadline: {kind: days_in_stage, days: 1}}
  - id: wait
    type: wait.duration
    config: {lasting: {amount: 2, unit: days, calendar: company}}
  - id: mail
    type: message.send_email
    config: {subject: "Good day, {lead.name}", text: We wait for you}
  - id: mark
    type: crm.add_tags
    config: {tags: [written to]}
edges:
  - {from: lead, to: deal}
  - {from: deal, to: call}
  - {from: call, to: wait}
  - {from: wait, to: mail}
  - {from: mail, to: mark}
"""


def funnel_with(story):
    return read(f"{FUNNEL}tests:\n{story}")


def outcome(house, story):
    """What a single test finds: nothing where it holds."""
    with house.database.reading() as work:
        [found] = run_tests(work, funnel_with(story))
    return found


GOOD = """
  - name: All of it
    given: {at: '2026-03-02 10:00', lead: {name: Oksana, email: o@example.com, source: ads}}
    when: [lead comes in, 2 working days later]
    then:
      started: true
      went_through: [deal, call, wait, mail, mark]
      ended: true
      deal: {plan: sales, stage: new, owner: ann}
      tasks: [{from: call, name: Call Oksana, to: ann, due: '2026-03-03 10:00', done: false}]
      sent: [{from: mail, to: o@example.com, says: 'Good day, Oksana'}]
      tags: [written to]
"""


@pytest.fixture
def dialect():
    return "sqlite"


def test_a_test_that_holds_finds_nothing_and_names_the_way(house):
    found = outcome(house, GOOD)

    assert found.failures == ()
    assert found.is_good
    assert found.passed == ("lead", "deal", "call", "wait", "mail", "mark")


def test_a_run_of_tests_leaves_the_company_as_it_was(house):
    def counts():
        with house.database.reading() as work:
            return [work.scalar(select(func.count()).select_from(one)) for one in (lead, deal, task, event, funnel)]

    before = counts()
    outcome(house, GOOD)

    assert counts() == before


@pytest.mark.parametrize(
    ("then", "words"),
    [
        ("started: false", "somebody came in"),
        ("went_through: [mail]", "the way is lead → deal → call, and not through mail"),
        ("not_through: [call]", "“call” was passed"),
        ("rests_at: [mail]", "somebody rests at wait, and not at mail"),
        ("ended: true", "somebody is still inside"),
        ("deal: {stage: offer}", "the deal's stage is new, and not offer"),
        ("deal: {plan: service}", "there is no deal on the plan “service”"),
        (
            "tasks: [{to: bob}]",
            "there is no such task (to: bob); there are: call, “Call Oksana”, ann, 2026-03-03 10:00",
        ),
        ("tasks: [{due: '2026-03-04 10:00'}]", "there is no such task (due: 2026-03-04 10:00)"),
        ("no_task_from: [call]", "“call” made a task"),
        ("sent: [{from: mail}]", "no such message was sent (from: mail); there are: –"),
        ("tags: [VIP]", "there is no tag VIP"),
        ("went_through: [fly]", "the funnel has no node “fly”"),
    ],
)
def test_what_is_otherwise_is_said_with_what_was_seen(house, then, words):
    story = f"  - {{name: a, given: {{lead: {{name: Oksana}}}}, when: [lead comes in], then: {{{then}}}}}\n"

    assert words in "\n".join(outcome(house, story).failures)


def test_after_the_letter_it_is_not_unsent(house):
    story = GOOD.replace("ended: true", "not_sent_from: [mail]").replace("started: true", "ended: false")

    assert list(outcome(house, story).failures) == ["all have come to the end", "“mail” sent a message"]


@pytest.mark.parametrize(
    ("given", "when", "why"),
    [
        ("{}", "deal is won", "deal is won: there is no deal"),
        ("{lead: {}}", "task is done", "task is done: there is no open task"),
        ("{}", "lead.source becomes ads", "lead.source becomes ads: there is no lead"),
        ("{lead: {}}", "at 2020-01-01 10:00", "this moment has passed"),
        ("{lead: {shoe: 45}}", "lead comes in", "there is no field “shoe”"),
        ("{deal: {stage: new}}", "deal is opened", "the given deal needs its plan"),
        ("{deal: {plan: sales}}", "deal moves to moon", "has no stage “moon”"),
        ("{deal: {plan: sales, owner: nobody}}", "deal is opened", "nobody"),
        ("{lead: {}}", "button go is pressed", "button go is pressed: "),
    ],
)
def test_a_step_that_cannot_happen_says_which_and_why(house, given, when, why):
    story = f"  - {{name: a, given: {given}, when: [{when}], then: {{started: false}}}}\n"

    [words] = outcome(house, story).failures
    assert why in words


def test_people_can_do_all_that_a_story_says(house):
    story = """
  - name: everything
    given: {lead: {name: Oksana, phone: '+380501112233', owner: ann}, tags: [old]}
    when:
      - lead comes in
      - deal moves to offer
      - deal.amount becomes 500
      - lead.source becomes ads
      - tag VIP is added
      - tag VIP is removed
      - lead comes in again
      - task from call is done
      - at 2026-03-02 12:00
      - 30 minutes later
      - deal is lost
    then:
      deal: {plan: sales, stage: lost}
      tasks: [{from: call, done: true}]
      tags: [old]
      rests_at: [wait]
"""

    assert outcome(house, story).failures == ()


def test_a_funnel_with_errors_is_told_so(house):
    story = "  - {name: a, given: {lead: {}}, when: [lead comes in], then: {ended: true}}\n"
    document = funnel_with(story)
    broken = document.model_copy(update={"nodes": document.nodes[1:], "edges": document.edges[1:]})
    with house.database.reading() as work:
        [found] = run_tests(work, broken)

    assert found.failures[0] == "the funnel has errors"


def test_tests_come_back_from_a_file_as_they_were_written():
    document = funnel_with(GOOD)

    assert read(write(document)) == document
    assert "- lead comes in" in write(document) or "[lead comes in" in write(document)


def test_each_part_of_a_test_is_said_in_plain_words(house):
    document = funnel_with(GOOD)
    with house.database.reading() as work:
        words = story_words(document, document.tests[0], directory(work))

    assert words.given == (
        "It is 2026-03-02 10:00",
        "A lead: lead's name Oksana, lead's e-mail o@example.com, lead's source ads",
    )
    assert words.when == ("The lead comes in", "2 working days later")
    assert "The deal: plan Sales, stage New, manager Ann" in words.then
    assert "A task of “Create task”, called “Call Oksana”, for Ann, due 2026-03-03 10:00, which is open" in words.then


class TestPublishing:
    def test_a_draft_is_published_once_its_tests_hold(self, house):
        document = funnel_with(GOOD)
        with house.database.work() as work:
            save_draft(work, document, by=SYSTEM)
            assert problem_of_tests(work, document).code == "tests_not_run"
            with pytest.raises(NotPublishableError):
                publish(work, "calls", by=SYSTEM)
            ask_for_tests(work, [document], by=SYSTEM)
        assert do_stories(house.database) == 1
        with house.database.work() as work:
            assert problem_of_tests(work, draft(work, "calls")) is None
            assert publish(work, "calls", by=SYSTEM) == 1

    def test_one_whose_tests_fail_is_published_in_spite_of_them_only_when_told_so(self, house):
        document = funnel_with(GOOD.replace("owner: ann", "owner: bob"))
        with house.database.work() as work:
            save_draft(work, document, by=SYSTEM)
            keep_results(work, [(document, run_tests(work, document))], by=SYSTEM)
        with house.database.work() as work:
            with pytest.raises(NotPublishableError) as refused:
                publish(work, "calls", by=SYSTEM)
            assert "1 test fails: “All of it”" in str(refused.value.problems[0].message)
            assert publish(work, "calls", by=SYSTEM, despite_tests=True) == 1
        said = [row.data for row in house.rows(select(event.c.data).order_by(event.c.id))]
        assert any('"despite_tests":true' in str(one).replace(" ", "") for one in said)

    def test_a_change_of_the_funnel_wants_its_tests_run_again(self, house):
        document = funnel_with(GOOD)
        moved = document.model_copy(update={"name": "Called otherwise"})
        other = document.model_copy(update={"edges": document.edges[:-1]})
        with house.database.work() as work:
            keep_results(work, [(document, ())], by=SYSTEM)
            assert problem_of_tests(work, moved) is None
            assert problem_of_tests(work, other).code == "tests_not_run"
            assert results_of(work, other, viewer=EVERYTHING) is None

    def test_a_run_is_asked_for_once_and_done_once(self, house):
        document = funnel_with(GOOD)
        with house.database.work() as work:
            ask_for_tests(work, [document, document], by=SYSTEM)
            ask_for_tests(work, [document], by=SYSTEM)
        assert stories_due(house.database).total_seconds() == 0
        assert do_stories(house.database) == 1
        assert do_stories(house.database) == 0
        assert stories_due(house.database).total_seconds() > 0
        with house.database.reading() as work:
            assert work.scalar(select(func.count()).select_from(story_run)) == 1
            found = results_of(work, document, viewer=EVERYTHING)
        assert found.is_over
        assert [one.name for one in found.results] == ["All of it"]

    def test_who_has_nothing_to_do_with_funnels_asks_for_nothing(self, house):
        stranger = Actor(ActorKind.USER, 1, frozenset({"deals.edit"}))
        with pytest.raises(NotAllowedError), house.database.work() as work:
            ask_for_tests(work, [funnel_with(GOOD)], by=stranger)


def test_the_tests_of_the_manual_hold(house):
    [text] = re.findall(r"```yaml\n(key: call-twice\n.*?)```", MANUAL.read_text("utf-8"), re.DOTALL)
    with house.database.reading() as work:
        results = run_tests(work, read(text.replace("plan: retail", "plan: sales")))

    assert [(one.name, one.failures) for one in results] == [("Nobody calls", ()), ("The call is made", ())]
