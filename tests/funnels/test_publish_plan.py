"""What becomes of those inside when another version is published, and how it is taken back."""

import pytest

from crm.access.actor import EVERYTHING, SYSTEM
from funnels import repair
from funnels.doctor import examine
from funnels.publication.choices_for_people import Choice, ChoiceError, Choices, read_choice, read_choices
from funnels.publication.plan import plan
from funnels.publication.publishing import publish_as_planned, save_draft
from funnels.publication.unpublishing import CannotTakeBackError, restore, take_back, why_not_taken_back
from funnels.reading import read
from funnels.states import pause, resume
from funnels.tables import funnel, publication_place, run, token
from funnels.versions import versions
from workers.releases import Releases

OLD = """
key: care
name: Care
nodes:
  - {id: created, type: trigger.lead_created}
  - {id: hour, type: wait.duration, config: {lasting: {amount: 1, unit: hours}}}
  - {id: first, type: crm.add_tags, config: {tags: [first]}}
  - {id: day, type: wait.duration, config: {lasting: {amount: 24, unit: hours}}}
  - {id: second, type: crm.add_tags, config: {tags: [second]}}
edges:
  - {from: created, to: hour}
  - {from: hour, to: first}
  - {from: first, to: day}
  - {from: day, to: second}
"""
NEW = OLD.replace("tags: [first]", "tags: [better]").replace("amount: 24", "amount: 2")
SHORT = """
key: care
name: Care
nodes:
  - {id: created, type: trigger.lead_created}
  - {id: hour, type: wait.duration, config: {lasting: {amount: 1, unit: hours}}}
  - {id: thanks, type: crm.add_tags, config: {tags: [thanks]}}
edges:
  - {from: created, to: hour}
  - {from: hour, to: thanks}
"""
BRANCHES = """
key: care
name: Care
nodes:
  - {id: created, type: trigger.lead_created}
  - {id: both, type: logic.parallel, config: {branches: 2}}
  - {id: hour, type: wait.duration, config: {lasting: {amount: 1, unit: hours}}}
  - {id: day, type: wait.duration, config: {lasting: {amount: 24, unit: hours}}}
edges:
  - {from: created, to: both}
  - {from: both, port: branch_1, to: hour}
  - {from: both, port: branch_2, to: day}
"""


def standing(house):
    """Two leads at ``day``, then three at ``hour``."""
    house.publish(OLD)
    house.leads(2)
    house.drain()
    house.clock.forward(hours=1)
    house.drain()
    house.leads(3)
    house.drain()


def planned(house, text):
    with house.database.reading() as work:
        return plan(work, read(text), viewer=EVERYTHING)


def publish(house, text, *choices, others="stay"):
    with house.database.work() as work:
        save_draft(work, read(text), by=SYSTEM)
        return publish_as_planned(work, "care", read_choices(choices, others), by=SYSTEM)


def back(house):
    with house.database.work() as work:
        return take_back(work, "care", by=SYSTEM)


def sound(house):
    house.check()
    with house.database.reading() as work:
        assert [one for one in examine(work, deep=True) if one.severity == "error"] == []


def test_the_plan_says_who_stands_where_it_matters(house):
    standing(house)

    found = planned(house, SHORT.replace("amount: 1", "amount: 2"))

    assert [(one.node, one.change, one.people, one.versions) for one in found.places] == [
        ("hour", "changed", 3, (1,)),
        ("day", "removed", 2, (1,)),
    ]
    assert found.places[0].may == ("stay", "follow", "release", "move", "exit")
    assert found.places[1].may == ("stay", "move", "exit")
    assert found.targets == ("hour", "thanks")
    assert (found.version, found.inside, found.difference.added) == (1, 5, ("thanks",))


def test_a_node_that_only_leads_elsewhere_is_told(house):
    standing(house)

    found = planned(house, OLD.replace("from: hour, to: first", "from: hour, to: day"))

    assert [(one.node, one.change) for one in found.places] == [("hour", "rewired"), ("day", "same")]


def test_the_plan_of_a_new_funnel_has_nobody(house):
    found = planned(house, OLD)

    assert (found.places, found.version, len(found.difference.added)) == ((), 0, 5)


def test_who_stands_in_several_branches_is_counted_apart(house):
    house.publish(BRANCHES)
    house.lead()
    house.drain()

    assert [(one.node, one.people, one.elsewhere_too) for one in planned(house, OLD).places] == [
        ("hour", 0, 1),
        ("day", 0, 1),
    ]


def test_without_a_choice_nobody_is_carried(house):
    standing(house)
    said = publish(house, NEW)
    house.clock.forward(hours=24)
    house.drain()

    assert (said.number, said.carried) == (2, {})
    assert house.tags() == ["first"] * 5 + ["second"] * 2
    sound(house)


def test_who_follows_goes_on_as_the_new_version_says(house):
    standing(house)

    said = publish(house, NEW, "hour=follow")
    house.clock.forward(hours=1)
    house.drain()

    assert said.carried == {"follow": 3}
    assert house.tags() == ["better"] * 3 + ["first"] * 2
    sound(house)


def test_who_follows_to_a_wait_that_changed_waits_from_when_he_came(house):
    standing(house)
    house.clock.forward(hours=1)

    publish(house, NEW, "day=follow")  # two hours instead of a day
    house.drain()
    house.clock.forward(minutes=59)
    house.drain()
    assert house.tags().count("second") == 0
    house.clock.forward(minutes=1)
    house.drain()

    assert house.tags().count("second") == 2
    sound(house)


def test_who_has_waited_longer_than_it_asks_now_goes_on_at_once(house):
    standing(house)
    house.clock.forward(hours=5)

    publish(house, NEW, "day=follow")
    house.drain()

    assert house.tags().count("second") == 2
    sound(house)


def test_a_wait_of_a_paused_funnel_stays_aside_and_counts_from_when_he_came(house):
    standing(house)
    house.act(pause, "care", by=SYSTEM)

    publish(house, NEW, "day=follow")
    house.clock.forward(hours=1)
    house.act(resume, "care", by=SYSTEM)
    house.drain()
    assert house.tags().count("second") == 0
    house.clock.forward(hours=1)
    house.drain()

    assert house.tags().count("second") == 2
    sound(house)


def test_a_wait_for_another_event_waits_for_that(house):
    answers = """
key: care
name: Care
nodes:
  - {id: created, type: trigger.lead_created}
  - {id: answer, type: wait.event, config: {events: [{port: spoke, event: comment.added}]}}
  - {id: thanks, type: crm.add_tags, config: {tags: [thanks]}}
edges:
  - {from: created, to: answer}
  - {from: answer, port: spoke, to: thanks}
"""
    house.publish(answers)
    house.lead()
    house.drain()
    person_id = house.runs()[0].person_id

    publish(house, answers.replace("event: comment.added", "event: task.completed"), "answer=follow")
    house.tell("comment.added", person_id)
    house.drain()
    assert house.tags() == []
    house.tell("task.completed", person_id)
    house.drain()

    assert house.tags() == ["thanks"]
    sound(house)


def test_who_is_moved_goes_on_there(house):
    standing(house)

    said = publish(house, SHORT, "day=move:thanks")
    house.drain()

    assert said.carried == {"move": 2}
    assert house.tags().count("thanks") == 2
    sound(house)


def test_who_is_let_out_is_out(house):
    standing(house)

    said = publish(house, SHORT, "day=exit")

    assert said.carried == {"exit": 2}
    assert house.states() == [("cancelled", "cancelled")] * 2 + [("waiting", None)] * 3
    sound(house)


def test_all_follow_who_can(house):
    standing(house)

    assert publish(house, SHORT, others="follow").carried == {"follow": 3}
    sound(house)


def test_branches_go_together_or_not_at_all(house):
    house.publish(BRANCHES)
    house.lead()
    house.drain()
    other = BRANCHES.replace("amount: 24", "amount: 25")

    assert publish(house, other, "hour=follow").carried == {}
    assert publish(house, other, "hour=follow", "day=follow").carried == {"follow": 1}
    sound(house)


def test_who_stands_still_follows_and_is_set_going_on_the_new_version(house):
    broken = OLD.replace("crm.add_tags, config: {tags: [first]}", "crm.add_tags, config: {tags: [first], on: deal}")
    house.publish(broken)
    house.lead()
    house.drain()
    house.clock.forward(hours=1)
    house.drain()
    assert planned(house, OLD).places[0].parked == 1

    publish(house, OLD, "first=follow")
    with house.database.work() as work:
        repair.retry(work, [row.id for row in house.runs()], by=SYSTEM)
    house.drain()

    assert house.tags() == ["first"]
    sound(house)


def test_another_block_in_the_same_place_is_asked_anew(house):
    standing(house)
    exits = OLD.replace(
        "id: day, type: wait.duration, config: {lasting: {amount: 24, unit: hours}}", "id: day, type: logic.exit"
    )
    exits = exits.replace("  - {from: day, to: second}\n", "").replace(
        "  - {id: second, type: crm.add_tags, config: {tags: [second]}}\n", ""
    )

    publish(house, exits, "day=follow")
    house.drain()

    assert house.states()[:2] == [("completed", "neutral")] * 2
    sound(house)


def test_a_paused_funnel_carries_without_waking(house):
    standing(house)
    house.act(pause, "care", by=SYSTEM)

    publish(house, NEW, others="follow")
    house.drain()
    house.clock.forward(hours=3)
    house.drain()
    assert house.tags() == ["first"] * 2
    house.act(resume, "care", by=SYSTEM)
    house.drain()

    assert house.tags().count("better") == 3
    sound(house)


def test_who_is_released_follows_little_by_little(house):
    standing(house)
    releases = Releases(house.database)

    publish(house, NEW, "hour=release:60")
    released = [releases.minute() for _ in range(5)]

    assert released == [1, 1, 1, 0, 0]
    assert [row.is_over for row in house.rows(publication_place.select())] == [
        False
    ]  # two are still on the old version
    house.clock.forward(hours=30)
    house.drain()
    releases.minute()
    assert [row.is_over for row in house.rows(publication_place.select())] == [True]
    sound(house)


def test_a_release_waits_while_the_funnel_is_paused_and_ends_with_another_version(house):
    standing(house)
    releases = Releases(house.database)
    publish(house, NEW, "hour=release:60")

    house.act(pause, "care", by=SYSTEM)
    assert releases.minute() == 0
    house.act(resume, "care", by=SYSTEM)
    assert releases.minute() == 1
    publish(house, SHORT)

    assert releases.minute() == 0


@pytest.mark.parametrize(
    "choices", [("hour=follow", "day=follow"), ("hour=move:second", "day=exit"), ("hour=release:120",)]
)
def test_a_publication_is_taken_back_once(house, choices):
    standing(house)
    before = kept(house)
    publish(house, NEW, *choices)
    Releases(house.database).minute()

    count = back(house)

    assert count == (5 if len(choices) == 2 else 2)
    assert kept(house) == before
    sound(house)
    with pytest.raises(CannotTakeBackError):
        back(house)
    house.clock.forward(hours=24)
    house.drain()
    assert house.tags() == ["first"] * 5 + ["second"] * 2
    sound(house)


def kept(house):
    """Where everybody stands, and until when."""
    runs = house.rows(
        run.select().with_only_columns(run.c.id, run.c.version_id, run.c.status, run.c.state, run.c.enrol_key)
    )
    tokens = house.rows(token.select().order_by(token.c.id))
    return sorted(runs), tokens, house.rows(funnel.select().with_only_columns(funnel.c.version_id, funnel.c.state))


def test_nothing_is_taken_back_once_somebody_has_moved_on(house):
    standing(house)
    publish(house, NEW, "hour=follow")
    house.clock.forward(hours=1)
    house.drain()

    with pytest.raises(CannotTakeBackError, match="3 runs have come in or moved on"):
        back(house)
    with house.database.reading() as work:
        assert why_not_taken_back(work, "care", viewer=EVERYTHING) is not None


def test_nothing_is_taken_back_once_somebody_came_in(house):
    standing(house)
    publish(house, NEW)
    house.lead()
    house.drain()

    with pytest.raises(CannotTakeBackError, match="1 run has come in"):
        back(house)


def test_a_first_publication_is_taken_back_and_nobody_comes_in_any_more(house):
    house.publish(OLD)

    back(house)
    house.lead()
    house.drain()

    assert house.runs() == []
    sound(house)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("none=follow", "has no node"),
        ("day=move:none", "no such node"),
        ("day=move:created", "no such node"),
        ("day=follow", "does not have it"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_changes(house, text, why):
    standing(house)

    with pytest.raises(ChoiceError, match=why):
        publish(house, SHORT, text)

    with house.database.reading() as work:
        assert [one.number for one in versions(work, "care", viewer=EVERYTHING)] == [1]


def test_how_many_are_released_is_said_for_a_node(house):
    standing(house)
    with pytest.raises(ChoiceError, match="node by node"):
        publish(house, NEW, others="release:5")


def test_choices_are_read_as_they_are_written():
    for text in ("stay", "follow", "exit", "move:x", "release:60"):
        assert str(read_choice(text)) == text
    assert read_choices(["a=exit"], "follow") == Choices({"a": Choice("exit")}, Choice("follow"))
    for wrong in ("", "go", "follow:x", "move", "release:0", "release:x"):
        with pytest.raises(ChoiceError):
            read_choice(wrong)
    with pytest.raises(ChoiceError, match="NODE=CHOICE"):
        read_choices(["follow"])


def test_an_older_version_is_the_draft_again(house):
    house.publish(OLD)
    house.publish(NEW)

    with house.database.work() as work:
        restored = restore(work, "care", 1, by=SYSTEM)
        publish_as_planned(work, "care", Choices(), by=SYSTEM, note="The old one was better")

    assert restored == read(OLD)
    with house.database.reading() as work:
        assert [(one.number, one.note) for one in versions(work, "care", viewer=EVERYTHING)] == [
            (3, "The old one was better"),
            (2, ""),
            (1, ""),
        ]


def test_it_costs_the_same_for_few_and_many(house):
    costs = []
    for number in (1, 3, 30):
        house.publish(OLD)
        house.leads(number)
        house.drain()
        with house.database.work() as work:
            save_draft(work, read(NEW), by=SYSTEM)
            publish_as_planned(work, "care", read_choices(["hour=follow"]), by=SYSTEM)
            work.finish()
            costs.append(work.statements)
        house.clock.forward(hours=30)
        house.drain()

    assert costs[1] == costs[2]  # the first reads what is remembered
