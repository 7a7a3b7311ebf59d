"""Rehearsals that people ask for: carried out by workers, aborted, given up, and their figures kept."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from crm.access.actor import EVERYTHING, SYSTEM, Viewer
from crm.errors import InvalidError, NotAllowedError, NotFoundError
from funnels.publication.publishing import save_draft
from funnels.reading import read
from funnels.rehearsals.asking import KEPT, NewRehearsal, abort_rehearsals, ask_for_rehearsals
from funnels.rehearsals.looking import matching, one_rehearsal, rehearsals, walk, walks
from funnels.rehearsals.tables import rehearsal, rehearsal_walk
from tests.workers.house import MONDAY, PERSON
from tests.workers.rehearsal.test_rehearse import FUNNEL, come
from workers.rehearsal import jobs
from workers.rehearsal.jobs import ATTEMPTS, HELD, do_rehearsals, rehearsals_due
from workers.rehearsal.rehearse import rehearse

WEEK = MONDAY + timedelta(days=7)


@pytest.fixture
def drafted(house):
    """A house with a draft, where leads came five days long."""
    with house.database.work() as work:
        save_draft(work, read(FUNNEL), by=SYSTEM)
    for day in range(5):
        come(house, day)
        house.clock.forward(days=1)
    house.clock.forward(days=3)
    return house


def asked(house, **more):
    with house.database.work() as work:
        [id_] = ask_for_rehearsals(work, [NewRehearsal("care", MONDAY, WEEK, **more)], by=SYSTEM)
    return id_


def shown(house, id_):
    with house.database.reading() as work:
        return one_rehearsal(work, "care", id_, viewer=EVERYTHING)


def test_it_is_carried_out_and_its_figures_are_kept(drafted):
    id_ = asked(drafted)

    assert rehearsals_due(drafted.database) <= timedelta(0)
    assert shown(drafted, id_).state == "asked"
    assert do_rehearsals(drafted.database) == 1
    assert do_rehearsals(drafted.database) == 0

    found = shown(drafted, id_)
    assert (found.state, found.percent, found.events, found.people, found.walks) == ("finished", 100, 30, 30, 30)
    assert found.figures is not None
    assert found.figures.nodes["source"].ports == {"ads": 20, "else": 10}
    assert found.really is None
    assert drafted.rows(select(rehearsal_walk.c.number)) != []


def test_one_person_is_followed_moment_by_moment(drafted):
    id_ = asked(drafted)
    do_rehearsals(drafted.database)
    with drafted.database.reading() as work:
        one = one_rehearsal(work, "care", id_, viewer=EVERYTHING)
        first, moments = walk(work, one, 1, viewer=EVERYTHING)

    assert (first.about.kind, first.about.title, first.state) == ("lead", "Lead 0", "ended")
    begun, ended = moments
    assert (begun.at, begun.is_timer, begun.events) == (MONDAY, False, ("lead.created",))
    assert begun.passed == (("created", "next"), ("source", "ads"), ("plan", "next"), ("call", "next"))
    assert [kind for kind, _ in begun.did] == ["deal.created", "task.created"]
    assert begun.did[1][1]["title"] == "Call"
    assert begun.rests == (("called", MONDAY + timedelta(days=3)),)
    assert (ended.at, ended.is_timer) == (MONDAY + timedelta(days=3), True)
    assert ended.passed == (("called", "timeout"), ("nudge", "next"))
    assert ended.did[0][1]["subject"] == "Still there"
    assert ended.rests == ()


def test_people_are_found_by_node_and_by_what_became_of_them(drafted):
    id_ = asked(drafted)
    do_rehearsals(drafted.database)
    with drafted.database.reading() as work:
        one = one_rehearsal(work, "care", id_, viewer=EVERYTHING)
        cold, following = walks(work, one, viewer=EVERYTHING, node="mark")
        inside, _ = walks(work, one, viewer=EVERYTHING, state="waiting")
        nobody, _ = walks(work, one, viewer=EVERYTHING, node="nowhere")

    assert (len(cold), following) == (10, 0)
    assert [one.nodes[-1] for one in inside] == ["called"] * 4
    assert nobody == ()


def test_who_may_not_see_a_record_does_not_see_its_walk(drafted):
    id_ = asked(drafted)
    do_rehearsals(drafted.database)
    nobody = Viewer(99, frozenset({99}), frozenset(), frozenset({"funnels.edit"}))
    with drafted.database.reading() as work:
        one = one_rehearsal(work, "care", id_, viewer=nobody)
        found, _ = walks(work, one, viewer=nobody)
        assert {each.about.title for each in found} == {""}
        with pytest.raises(NotFoundError):
            walk(work, one, 1, viewer=nobody)


def test_the_events_of_a_period_are_counted(drafted):
    with drafted.database.reading() as work:
        counts = [
            matching(work, read(FUNNEL), MONDAY + timedelta(days=first), MONDAY + timedelta(days=last))
            for first, last in ((0, 7), (1, 2), (6, 7))
        ]

    assert counts == [30, 6, 0]


@pytest.mark.parametrize(
    ("start", "end", "reason"),
    [(5, 5, "ends before it begins"), (20, 21, "is to come"), (-2000, 1, "longer than three years")],
)
def test_a_period_that_cannot_be_is_refused(drafted, start, end, reason):
    new = NewRehearsal("care", MONDAY + timedelta(days=start), MONDAY + timedelta(days=end))
    with drafted.database.work() as work, pytest.raises(InvalidError, match=reason):
        ask_for_rehearsals(work, [new], by=SYSTEM)


def test_a_draft_with_errors_is_refused_and_so_is_who_may_not_edit(drafted):
    with drafted.database.work() as work:
        save_draft(work, read(FUNNEL.replace("plan: sales", "plan: gone")), by=SYSTEM)
    new = NewRehearsal("care", MONDAY, WEEK)
    with drafted.database.work() as work:
        with pytest.raises(InvalidError, match="mend them first"):
            ask_for_rehearsals(work, [new], by=SYSTEM)
        with pytest.raises(NotAllowedError):
            ask_for_rehearsals(work, [new], by=PERSON.__class__(PERSON.kind, PERSON.id))
        with pytest.raises(NotFoundError):
            ask_for_rehearsals(work, [NewRehearsal("gone", MONDAY, WEEK)], by=SYSTEM)


def test_an_aborted_one_is_left(drafted, monkeypatch):
    id_ = asked(drafted)
    monkeypatch.setattr(jobs, "EVERY", -1.0)

    def aborting(source, wanted, *, progress):
        with drafted.database.work() as work:
            assert abort_rehearsals(work, [id_], by=SYSTEM) == 1
        return rehearse(source, wanted, progress=progress)

    monkeypatch.setattr(jobs, "rehearse", aborting)
    do_rehearsals(drafted.database)

    assert shown(drafted, id_).state == "aborted"
    assert drafted.rows(select(rehearsal_walk.c.number)) == []


def test_one_whose_process_ends_is_begun_anew_by_the_next(drafted, monkeypatch):
    id_ = asked(drafted)
    monkeypatch.setattr(jobs, "EVERY", -1.0)
    looks = iter([False, True, True])
    do_rehearsals(drafted.database, until=lambda: next(looks))

    assert shown(drafted, id_).state == "asked"
    do_rehearsals(drafted.database)
    assert shown(drafted, id_).state == "finished"


def test_one_that_ends_its_process_again_and_again_is_given_up(drafted):
    id_ = asked(drafted)
    with drafted.database.work() as work:
        work.execute(update(rehearsal).values(state="running", attempts=ATTEMPTS, due_at=work.now + HELD))

    assert do_rehearsals(drafted.database) == 0
    assert shown(drafted, id_).state == "running", "somebody is at it"
    drafted.clock.forward(seconds=HELD.total_seconds())
    do_rehearsals(drafted.database)

    found = shown(drafted, id_)
    assert (found.state, found.problem) == ("failed", "it ended the process that carried it out")


def test_an_error_of_the_program_fails_it_alone(drafted, monkeypatch):
    id_ = asked(drafted)

    def breaking(*_args, **_more):
        raise ZeroDivisionError

    monkeypatch.setattr(jobs, "rehearse", breaking)
    do_rehearsals(drafted.database)

    assert (shown(drafted, id_).state, "ZeroDivisionError" in shown(drafted, id_).problem) == ("failed", True)


def test_the_last_twenty_of_a_funnel_are_kept(drafted):
    for _ in range(KEPT + 2):
        asked(drafted)
        with drafted.database.work() as work:
            work.execute(update(rehearsal).values(state="aborted"))
    with drafted.database.reading() as work:
        found = rehearsals(work, "care", viewer=EVERYTHING)

    assert len(found) == KEPT
    assert found[0].id == KEPT + 2
