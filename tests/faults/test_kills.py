"""Workers are killed at every named point, and nothing is lost or done twice."""

import random

import pytest

from tests.faults.office import DONE, KILLED

LEADS = 3
POINTS = (
    "before:batch", "after:batch", "before:deal", "after:deal", "before:reservation", "after:reservation", "before:run",
    "after:step", "before:token", "before:subscription", "after:task", "before:record_tag", "after:event", "after:inbox",
    "after:assignment", "before:stage_total", "after:node_total", "before:update:run", "after:update:deal",
    "before:delete:inbox", "after:delete:token", "after:wave", "before:commit", "after:commit",
)  # fmt: skip


@pytest.mark.first
@pytest.mark.timeout(300)
def test_a_process_may_die_at_every_named_point(office, worker, tmp_path):
    assert worker.run(office.url, leads=LEADS, record=str(tmp_path / "points")) == DONE
    points = (tmp_path / "points").read_text().split()

    ends = {point: worker.run(office.url, leads=LEADS, kill_at=f"{point}:1") for point in points}
    assert worker.run(office.url) == DONE

    assert {"before:lead", "before:commit", "after:commit", "before:deal", "after:update:run", "after:wave"} <= set(
        points
    )
    assert {point for point, end in ends.items() if end != KILLED} == set()
    office.check_each_lead_once()


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_several_workers_may_die_at_once(office, worker, second_worker, third_worker):
    chance = random.Random(7)
    office.leads(300)
    workers = [worker, second_worker, third_worker]
    for _ in range(4):
        for one in workers:
            one.start(office.url, limit=10, kill_at=f"{chance.choice(POINTS)}:{chance.randint(2, 9)}")
        assert {one.wait() for one in workers} <= {KILLED, DONE}

    for one in workers:
        one.start(office.url, limit=20)

    assert [one.wait() for one in workers] == [DONE] * 3
    office.check_each_lead_once()


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_sixty_kills_over_twenty_thousand_leads(office, dialect, worker, second_worker, third_worker):
    chance = random.Random(60)
    workers = [worker] if dialect == "sqlite" else [worker, second_worker, third_worker]
    kills, reach = 0, 40
    while kills < 60:
        office.leads(max(100, (20_000 - office.recorded) // (60 - kills)))
        for one in workers:
            kill_at = f"{chance.choice(POINTS)}:{chance.randint(2, reach)}"
            one.start(office.url, limit=chance.choice([50, 200, 500]), kill_at=kill_at, seconds=600)
        ends = [one.wait() for one in workers]
        assert set(ends) <= {KILLED, DONE}
        kills += ends.count(KILLED)
        reach = (
            min(reach * 2, 40) if KILLED in ends else max(reach // 2, 2)
        )  # workers that share the work come less far
    office.leads(max(0, 20_000 - office.recorded))
    for one in workers:
        one.start(office.url, limit=500, seconds=1200)

    assert [one.wait() for one in workers] == [DONE] * len(workers)
    assert office.recorded >= 20_000
    office.check_each_lead_once()
