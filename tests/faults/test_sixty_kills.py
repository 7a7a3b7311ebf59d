"""Sixty kills over twenty thousand leads: of an import, of the embedded program, of the programs that share the work."""

import random
import time

import pytest
from sqlalchemy import func, select

from crm.importing.run import BATCH
from crm.tables.records import lead
from tests.faults.lives import LOOK_SECONDS, Lives
from tests.faults.office import DONE, KILLED
from tests.faults.test_kills import POINTS

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]

LEADS = 20_000
KILLS = 60
IMPORT_POINTS = tuple(
    f"{side}:{what}"
    for what in ("person", "lead", "import_record", "event", "inbox", "commit")
    for side in ("before", "after")
)
COMMITS = ("before:commit", "after:commit")
SERVE = (("serve", "--port", "0"), POINTS)
# Each program with the points that it comes by.
FORMS = {
    "embedded-sqlite": [SERVE],
    "embedded-postgresql": [SERVE],
    "distributed-postgresql": [(("worker",), POINTS), (("worker",), POINTS), (("scheduler",), COMMITS)],
}
LIFE_SECONDS = 15


@pytest.fixture
def lives(nursery, tmp_path, office, redis_url):
    return Lives(nursery, tmp_path, VORONKA_DATABASE_URL=office.url, VORONKA_REDIS_URL=redis_url)


def test_an_import_may_die_sixty_times(office, lives, worker, tmp_path):
    chance = random.Random(61)
    path = tmp_path / "leads.csv"
    path.write_text("external_id,title,source\n" + "".join(f"x-{one},Lead {one},ads\n" for one in range(LEADS)))
    importing = ("import", "leads", str(path), "--funnel", "main", "--json")
    for kills in range(KILLS):
        # Now and then a life saves a batch before it dies; at least two batches are left for the last.
        saves = office.count(select(func.count()).select_from(lead)) < (LEADS - 2 * BATCH) * kills / KILLS
        assert lives.live(*importing, kill_at=f"{chance.choice(IMPORT_POINTS)}:{1 + saves}") == KILLED

    assert lives.live(*importing) == DONE

    assert f'"created": {LEADS}' in lives.said()
    office.recorded = LEADS
    assert worker.run(office.url, limit=500, seconds=600) == DONE
    office.check_each_lead_once()


@pytest.mark.parametrize(("form", "dialect"), [(name, name.split("-")[1]) for name in FORMS], indirect=["dialect"])
def test_programs_that_work_may_die_sixty_times(office, lives, form):
    chance = random.Random(62)
    kills = 0

    def begin(words, points):
        office.leads(max(100, (LEADS - office.recorded) // max(1, KILLS - kills)))
        return lives.begin(*words, kill_at=f"{chance.choice(points)}:{chance.randint(1, 4)}", seconds=LIFE_SECONDS)

    under_way = [begin(*one) for one in FORMS[form]]
    while kills < KILLS:
        for at, one in enumerate(FORMS[form]):
            end = lives.end_of(under_way[at])
            if end is not None:
                kills += end == KILLED
                under_way[at] = begin(*one)
        time.sleep(LOOK_SECONDS)
    for life in under_way:
        life.program.kill()
    office.leads(max(0, LEADS - office.recorded))
    lives.until(lambda: office.finished() + office.parked() >= office.recorded, *(words for words, _ in FORMS[form]))

    assert office.parked() == 0, "none is given up that was only there"
    assert office.recorded >= LEADS
    office.check_each_lead_once()
