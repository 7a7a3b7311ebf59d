"""Mass actions are worked off in batches: whoever dies in between loses and doubles nothing, and nobody who comes alone waits."""

import pytest
from sqlalchemy import func, select

from crm.access.actor import EVERYTHING, SYSTEM, Actor, ActorKind
from crm.directory import directory
from crm.errors import InvalidError
from crm.journal import IN_NUMBERS
from crm.tables.journal import event, inbox
from crm.tables.records import deal
from db import points
from engine.event import EVENT_KINDS
from funnels.doctor import examine
from funnels.mass import doing
from funnels.mass.actions import read_action
from funnels.mass.asking import AT_ONCE, NewMassAction, abort, ask, found, go_on, undo
from funnels.mass.at_once import do
from funnels.mass.listing import OUTCOMES, results
from funnels.tables import mass_action_record
from workers.clearing import Kept, clear
from workers.jobs import ROOM
from workers.mass_actions import do_batch, do_mass_actions, mass_actions_due

MANY = 25
MOVE = {"action": "stage", "stage": "offer"}
GREETS = """
key: greets
name: Greets
nodes:
  - {id: come, type: trigger.stage_entered, config: {plan: service, stages: [offer]}}
  - {id: mark, type: crm.add_tags, config: {tags: [greeted]}}
edges:
  - {from: come, to: mark}
"""


@pytest.fixture
def service(house, monkeypatch):
    """Deals on ``service``, worked on ten at a time."""
    monkeypatch.setattr(doing, "BATCH", 10)
    house.ids = [house.deal("service") for _ in range(MANY)]
    return house


def asked(house, by=SYSTEM, **given):
    with house.database.work() as work:
        return ask(work, NewMassAction("deal", read_action(given or MOVE)), by=by)


def now(house, one):
    with house.database.reading() as work:
        return found(work, one.id)


def stages(house):
    return [stage for _, stage, _ in house.places()]


def moved(house):
    """How many moves the journal tells of."""
    kind = EVENT_KINDS["deal.moved"].code
    return house.rows(select(func.count()).select_from(event).where(event.c.kind == kind))[0][0]


def healthy(house):
    with house.database.reading() as work:
        return [one.code for one in examine(work, deep=True) if one.severity == "error"]


def test_it_is_worked_off_in_batches_with_a_result_for_each_record(service):
    one = asked(service)

    assert (mass_actions_due(service.database).total_seconds(), now(service, one).state) == (0, "running")
    assert do_batch(service.database)
    assert (now(service, one).done, stages(service).count("offer")) == (10, 10)
    do_mass_actions(service.database)

    assert (now(service, one).state, now(service, one).done, set(stages(service))) == ("finished", MANY, {"offer"})
    assert mass_actions_due(service.database).total_seconds() == 3600
    with service.database.reading() as work:
        shown, following = results(work, now(service, one), viewer=EVERYTHING, limit=20)
        rest, end = results(work, now(service, one), viewer=EVERYTHING, after=following, limit=20)
    assert [each.about.id for each in (*shown, *rest)] == service.ids
    assert ({each.outcome for each in shown}, end) == ({"done"}, 0)
    assert healthy(service) == []


class KilledError(BaseException):
    """The process ends here."""


POINTS = (
    "before:update:deal", "after:update:deal", "before:stage_stay", "before:mass_action_record", "after:mass_action_record",
    "before:event", "after:event", "before:inbox", "after:inbox", "before:commit", "after:commit",
)  # fmt: skip


def dies_at(monkeypatch, last_words, act):
    def stop(point):
        if point == last_words:
            raise KilledError

    monkeypatch.setattr(points, "_stop", stop)
    with pytest.raises(KilledError):
        act()
    monkeypatch.setattr(points, "_stop", None)


@pytest.mark.parametrize("last_words", POINTS)
def test_whoever_dies_amid_it_leaves_nobody_out_and_moves_nobody_twice(service, monkeypatch, last_words):
    service.publish(GREETS)
    one = asked(service)
    do_batch(service.database)

    dies_at(monkeypatch, last_words, lambda: do_batch(service.database))
    assert now(service, one).done == (20 if last_words == "after:commit" else 10)
    do_mass_actions(service.database)
    service.drain()

    assert (now(service, one).state, now(service, one).done) == ("finished", MANY)
    assert (set(stages(service)), moved(service), len(service.runs("greets"))) == ({"offer"}, MANY, MANY)
    assert service.rows(select(func.count()).select_from(mass_action_record))[0][0] == MANY
    assert healthy(service) == []


@pytest.mark.parametrize("last_words", ["before:update:mass_action_record", "before:commit", "after:commit"])
def test_whoever_dies_while_taking_back_takes_nothing_back_twice(service, monkeypatch, last_words):
    one = asked(service)
    do_mass_actions(service.database)
    service.move(service.ids[3], "talks")
    with service.database.work() as work:
        undo(work, one.id, by=SYSTEM)

    dies_at(monkeypatch, last_words, lambda: do_batch(service.database))
    do_mass_actions(service.database)

    assert (now(service, one).state, now(service, one).undone, now(service, one).kept) == ("undone", MANY - 1, 1)
    assert (stages(service).count("new"), stages(service).count("talks"), moved(service)) == (MANY - 1, 1, 2 * MANY)
    assert healthy(service) == []


def test_who_comes_later_is_not_meant(service):
    one = asked(service)
    later = service.deal("service")
    do_mass_actions(service.database)

    assert now(service, one).done == MANY
    assert service.rows(select(deal.c.version).where(deal.c.id == later))[0].version == 1


def test_it_waits_while_others_wait_and_comes_behind_who_comes_alone(service):
    service.publish(GREETS)
    one = asked(service)
    with service.database.work() as work:
        work.insert(inbox, ("event_id", "lane", "attempts"), [(10**9 + each, 0, 9) for each in range(ROOM)])
    assert not do_batch(service.database)
    with service.database.work() as work:
        work.execute(inbox.delete())
    service.clock.forward(seconds=1)

    do_mass_actions(service.database)

    assert now(service, one).state == "finished"
    assert {row.rank for row in service.rows(select(inbox.c.rank))} == {IN_NUMBERS}
    service.drain()


def test_it_is_aborted_and_what_was_done_can_be_taken_back(service):
    one = asked(service)
    do_batch(service.database)
    with service.database.work() as work:
        abort(work, one.id, by=SYSTEM)
    do_mass_actions(service.database)
    assert (now(service, one).state, stages(service).count("offer")) == ("aborted", 10)

    with service.database.work() as work:
        undo(work, one.id, by=SYSTEM)
    do_mass_actions(service.database)

    assert (now(service, one).state, set(stages(service))) == ("undone", {"new"})
    with service.database.work() as work, pytest.raises(InvalidError, match="taken back"):
        abort(work, one.id, by=SYSTEM)


def test_it_goes_on_where_it_was_aborted_for_a_month(service):
    one = asked(service)
    do_batch(service.database)
    with service.database.work() as work:
        abort(work, one.id, by=SYSTEM)
        assert go_on(work, one.id, by=SYSTEM).state == "running"
    do_mass_actions(service.database)
    assert (now(service, one).state, now(service, one).done, moved(service)) == ("finished", MANY, MANY)

    late = asked(service, action="stage", stage="talks")
    with service.database.work() as work:
        abort(work, late.id, by=SYSTEM)
    service.clock.forward(days=31)
    with service.database.work() as work, pytest.raises(InvalidError, match="older than 30 days"):
        go_on(work, late.id, by=SYSTEM)


def test_a_trouble_holds_it_and_nothing_of_the_batch_stays(service):
    with service.database.reading() as work:
        ann = directory(work).user("ann").id
    by = Actor(ActorKind.USER, ann, SYSTEM.rights)  # who has lost these rights by the time it is done
    one = asked(service, by=by)

    assert do_batch(service.database)
    held = now(service, one)
    assert (held.state, held.done, set(stages(service))) == ("held", 0, {"new"})
    assert "deals.mass_edit" in str(held.problem)
    assert mass_actions_due(service.database).total_seconds() == 3600
    with service.database.work() as work:
        assert go_on(work, one.id, by=SYSTEM).state == "running"


def test_an_error_of_the_program_holds_it_too(service, monkeypatch):
    one = asked(service)

    def breaks(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr("funnels.mass.places.move_deals", breaks)
    assert do_batch(service.database)
    assert (now(service, one).state, "ZeroDivisionError" in str(now(service, one).problem)) == ("held", True)


def test_few_are_done_at_once_and_many_are_left_to_a_worker(service):
    with service.database.work() as work:
        few = do(work, NewMassAction("deal", read_action(MOVE), tuple(service.ids)), by=SYSTEM)
        many = do(work, NewMassAction("deal", read_action(MOVE), tuple(range(1, AT_ONCE + 2))), by=SYSTEM)

    assert (few.state, few.done, many.state) == ("finished", MANY, "running")
    do_mass_actions(service.database)
    assert (now(service, many).skipped, set(OUTCOMES)) == (AT_ONCE + 1, {"done", "skipped", "failed", "undone", "kept"})


def test_a_funnel_is_started_and_stopped_for_many(service):
    service.publish(WAITS)
    start = asked(service, action="start", funnel="waits")
    do_mass_actions(service.database)
    service.drain()
    assert (now(service, start).done, len(service.runs("waits"))) == (MANY, MANY)

    stop = asked(service, action="stop", funnel="waits")
    do_mass_actions(service.database)
    again = asked(service, action="stop", funnel="waits")
    do_mass_actions(service.database)

    assert (now(service, stop).done, now(service, again).skipped) == (MANY, MANY)
    assert {state for state, _ in service.states("waits")} == {"cancelled"}
    with service.database.work() as work, pytest.raises(InvalidError, match="cannot be taken back"):
        undo(work, stop.id, by=SYSTEM)


WAITS = """
key: waits
name: Waits
nodes:
  - {id: press, type: trigger.manual_start, config: {label: Go}}
  - {id: wait, type: wait.duration, config: {lasting: {amount: 2, unit: days}}}
edges:
  - {from: press, to: wait}
"""


def test_what_records_were_before_is_forgotten_once_it_cannot_be_taken_back(service):
    one = asked(service)
    do_mass_actions(service.database)
    known = select(func.count()).where(mass_action_record.c.before.is_not(None))
    service.clock.forward(days=29)
    clear(service.database, Kept())
    assert service.rows(known)[0][0] == MANY

    service.clock.forward(days=2)
    clear(service.database, Kept())

    assert (service.rows(known)[0][0], now(service, one).done) == (0, MANY)
    with service.database.work() as work, pytest.raises(InvalidError, match="older than 30 days"):
        undo(work, one.id, by=SYSTEM)
