import pytest
from sqlalchemy import select

from crm.access.actor import SYSTEM
from crm.directory import directory
from crm.errors import NotAllowedError
from crm.settings.logins import actor_of
from crm.tables.journal import event_watch
from engine.event import EVENT_KINDS
from funnels.errors import FunnelNotFoundError, NotPublishableError
from funnels.publication.publishing import draft, funnels, problems, publish, save_draft
from funnels.reading import read
from funnels.tables import funnel, funnel_version

SMALL = """
key: small
name: Small
nodes:
  - {{id: created, type: trigger.lead_created}}
  - {{id: mark, type: crm.add_tags, config: {{tags: [{tag}]}}}}
edges:
  - {{from: created, to: mark}}
"""
ONE = read(SMALL.format(tag="one"))
TWO = read(SMALL.format(tag="two"))
WRONG = read(SMALL.format(tag="one").replace("crm.add_tags", "crm.fly"))


def saved(house, document, by=SYSTEM):
    with house.database.work() as work:
        return save_draft(work, document, by=by)


def published(house, document):
    saved(house, document)
    with house.database.work() as work:
        return publish(work, document.key, by=SYSTEM)


def watched(house):
    rows = house.rows(select(event_watch.c.kind, event_watch.c.plan))
    codes = {kind.code: name for name, kind in EVENT_KINDS.items()}
    return sorted((codes[row.kind], row.plan) for row in rows)


def test_a_draft_is_kept_and_given_back(house):
    saved(house, ONE)
    saved(house, TWO)

    with house.database.reading() as work:
        assert draft(work, "small") == TWO
        assert [(row.key, row.state, row.version) for row in funnels(work)] == [("small", "draft", 0)]


def test_what_is_published_is_the_next_version(house):
    versions = [published(house, ONE), published(house, TWO)]

    assert versions == [1, 2]
    rows = house.rows(select(funnel_version.c.number, funnel_version.c.logic_hash).order_by(funnel_version.c.number))
    assert [row.number for row in rows] == [1, 2]
    assert rows[0].logic_hash != rows[1].logic_hash


def test_the_same_draft_again_is_the_same_version(house):
    published(house, ONE)

    assert published(house, ONE) == 1
    assert len(house.rows(select(funnel_version.c.id))) == 1


def test_going_back_to_an_earlier_draft_is_a_version_of_its_own(house):
    assert [published(house, one) for one in (ONE, TWO, ONE)] == [1, 2, 3]


def test_a_funnel_with_errors_is_refused_with_all_of_them_and_nothing_changes(house):
    published(house, ONE)
    saved(house, WRONG)

    with house.database.work() as work, pytest.raises(NotPublishableError) as refused:
        publish(work, "small", by=SYSTEM)

    assert "crm.fly" in str(refused.value)
    assert [problem.node for problem in refused.value.problems] == ["mark"]
    assert [row.number for row in house.rows(select(funnel_version.c.number))] == [1]


def test_problems_are_told_without_publishing(house):
    with house.database.reading() as work:
        assert [found.node for found in problems(work, WRONG) if found.severity == "error"] == ["mark"]
        assert [found for found in problems(work, ONE) if found.severity == "error"] == []


def test_numbers_of_nodes_stay_in_every_version(house):
    published(house, ONE)
    more = read(
        """
key: small
name: Small
nodes:
  - {id: added, type: logic.exit}
  - {id: mark, type: crm.add_tags, config: {tags: [one]}}
  - {id: created, type: trigger.lead_created}
edges:
  - {from: created, to: mark}
  - {from: mark, to: added}
"""
    )
    published(house, more)

    numbers = house.rows(select(funnel_version.c.numbers).order_by(funnel_version.c.number))
    assert [row.numbers for row in numbers] == [{"created": 1, "mark": 2}, {"created": 1, "mark": 2, "added": 3}]


def test_tags_that_a_funnel_puts_on_exist_once_it_is_published(house):
    published(house, ONE)

    with house.database.reading() as work:
        assert "one" in directory(work).tag_keys


def test_the_journal_hands_over_what_the_funnel_looks_at(house):
    published(house, ONE)
    house.publish(
        """
key: waits
name: Waits
nodes:
  - {id: came, type: trigger.stage_entered, config: {plan: sales}}
  - {id: wait, type: wait.event, config: {events: [{port: spoke, event: comment.added}]}}
  - {id: off, type: logic.exit}
edges:
  - {from: came, to: wait}
  - {from: wait, port: spoke, to: off}
"""
    )

    assert watched(house) == [
        ("comment.added", ""),
        ("deal.created", "sales"),
        ("deal.moved", "sales"),
        ("lead.created", ""),
    ]


def test_what_no_version_looks_at_any_more_is_forgotten(house):
    published(house, ONE)
    published(house, read(SMALL.format(tag="one").replace("trigger.lead_created", "trigger.deal_won")))

    assert watched(house) == [("deal.won", "")]


def test_what_a_run_on_an_old_version_waits_for_is_still_handed_over(house):
    house.publish(
        """
key: small
name: Waits
nodes:
  - {id: created, type: trigger.lead_created}
  - {id: wait, type: wait.event, config: {events: [{port: spoke, event: comment.added}]}}
edges: [{from: created, to: wait}]
"""
    )
    house.lead()
    house.drain()

    published(house, ONE)

    assert ("comment.added", "") in watched(house)


def test_the_list_counts_who_waits_and_who_stands_still(house):
    house.publish(
        SMALL.format(tag="one").replace(
            "crm.add_tags, config: {tags: [one]}", "wait.duration, config: {lasting: {amount: 1, unit: days}}"
        )
    )
    house.leads(3)
    house.drain()

    with house.database.reading() as work:
        [row] = funnels(work)
    assert (row.waiting, row.parked, row.version, row.state) == (3, 0, 1, "published")


def test_a_funnel_that_is_not_there_is_said_so(house):
    with house.database.work() as work:
        with pytest.raises(FunnelNotFoundError, match="nowhere"):
            draft(work, "nowhere")
        with pytest.raises(FunnelNotFoundError, match="nowhere"):
            publish(work, "nowhere", by=SYSTEM)


@pytest.mark.parametrize(
    "act", [lambda work, by: save_draft(work, ONE, by=by), lambda work, by: publish(work, "small", by=by)]
)
def test_a_manager_neither_edits_nor_publishes(house, act):
    with house.database.work() as work, pytest.raises(NotAllowedError):
        act(work, actor_of(work, "ann"))


def test_a_draft_keeps_the_funnel_running_as_it_was(house):
    published(house, ONE)
    saved(house, TWO)
    house.lead()

    house.drain()

    assert house.tags() == ["one"]
    assert [row.state for row in house.rows(select(funnel.c.state))] == ["published"]


def test_only_robots_take_those_who_match_already(house):
    document = read(SMALL.format(tag="one").replace("lead_created}", "lead_created, config: {existing_per_hour: 60}}"))
    saved(house, document)
    with house.database.work() as work:
        [found] = problems(work, document)
        with pytest.raises(NotPublishableError, match="mass start"):
            publish(work, "small", by=SYSTEM)

    assert (found.severity, found.code, found.node, found.field) == (
        "error", "existing_only_for_robots", "created", "existing_per_hour",
    )  # fmt: skip
