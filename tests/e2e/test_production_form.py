"""The production form: the commands of ``docker-compose.yml``, word for word, as processes on this machine."""

import json
import os
import signal
from contextlib import contextmanager
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest
from sqlalchemy import func, select

from crm.access.actor import SYSTEM
from crm.tables.records import deal, task
from crm.ways.api_keys import new_api_key
from db.database import Database
from db.lease import lease
from db.processes import process
from funnels.doctor import examine
from funnels.tables import run
from tests.compose import OURS, program, services
from tests.e2e.test_the_same_job_in_both_forms import JOB, wait_until
from tests.servers.child import free_port
from tests.workers.house import House

LEADS = 200
TOKEN = "measured"


@pytest.fixture
def form(bare_postgres, redis_url):
    """The services, with the hosts that the environment names; each replica of web gets a port of its own."""
    given = {
        "VORONKA_DATABASE_URL": bare_postgres,
        "VORONKA_REDIS_URL": redis_url,
        "VORONKA_POSTGRES_PASSWORD": "x",
        "VORONKA_REDIS_PASSWORD": "x",
        "VORONKA_SECRET_KEY": "secret",
        "VORONKA_METRICS_TOKEN": TOKEN,
    }
    return services(given)


@pytest.fixture
def house(bare_postgres):
    """A company that is not there yet: ``migrate`` comes first."""
    made = House(bare_postgres)
    made.database = Database(bare_postgres)
    yield made
    made.database.close()


@pytest.fixture
def bare_postgres(databases):
    with databases.bare("postgresql") as url:
        yield url


@contextmanager
def running(nursery, form, names):
    """Start all replicas of services; gives them by name, and ends them in order."""
    started = {name: [] for name in names}
    try:
        for name in names:
            for _ in range(form[name].replicas):
                started[name].append(born(nursery, form[name], VORONKA_PORT=str(free_port()), VORONKA_HOST="127.0.0.1"))
        yield started
    finally:
        everybody = [one for several in started.values() for one in several]
        for one in everybody:
            one.terminate()
        ends = [one.wait(timeout=120) for one in everybody]
    assert set(ends) <= {0, -signal.SIGKILL}


def born(nursery, service, **own):
    """Start one process as the image would: its entry point, then the words of the service."""
    [entry] = program()
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **service.environment}
    environment |= {name: value for name, value in own.items() if name in environment}
    one = nursery.start(entry, *service.command, environment=environment)
    one.url = f"http://127.0.0.1:{environment.get('VORONKA_PORT')}"
    return one


def asked(url, body=None, **headers):
    """Return what an address answers."""
    with urlopen(Request(url, None if body is None else json.dumps(body).encode(), headers)) as answer:
        return answer.read().decode()


def answers(url):
    try:
        return json.loads(asked(f"{url}/health"))["status"] == "ok"
    except (URLError, ConnectionError):
        return False


@pytest.mark.timeout(300)
def test_the_main_job_goes_through_and_kills_cost_nothing(form, nursery, house):
    [migrating] = [born(nursery, form["migrate"]) for _ in range(form["migrate"].replicas)]
    assert migrating.wait(timeout=120) == 0
    house.build()
    house.publish(JOB)
    with house.database.work() as work:
        key = new_api_key(work, "Program", ("leads.create",), by=SYSTEM)
    authorized = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    with running(nursery, form, [name for name in OURS if name != "migrate"]) as processes:
        pages = [one.url for one in processes["web"]]
        wait_until(lambda: all(map(answers, pages)))
        wait_until(lambda: alive(house, "worker") == 2 and leader(house) is not None)
        for number in range(LEADS // 50):
            body = {"leads": [{"title": f"Lead {number}-{one}", "source": "ads"} for one in range(50)]}
            asked(f"{pages[number % 2]}/api/v1/leads", body, **authorized)
        processes["worker"][0].kill()
        led = the_leader(house)
        next(one for one in processes["scheduler"] if f":{one.pid}:" in led).kill()
        wait_until(lambda: leader(house) not in (None, led))
        wait_until(lambda: count(house, run, run.c.outcome == "success") == LEADS, seconds=120)
        metrics = asked(f"{pages[0]}/metrics", Authorization=f"Bearer {TOKEN}")

    assert (count(house, deal), count(house, task)) == (LEADS, LEADS)
    with house.database.reading() as work:
        assert examine(work, deep=True) == ()
    assert 'voronka_runs_ended_total{funnel="main"} 200' in metrics
    assert alive(house, "worker") <= 1  # who was killed said nothing; the other has left


def alive(house, kind):
    return count(house, process, process.c.kind == kind)


def leader(house):
    """Who leads: the holder of the lease while it lasts."""
    with house.database.reading() as work:
        rows = work.rows(select(lease.c.holder).where(lease.c.name == "scheduler", lease.c.until > work.now))
    return rows[0].holder if rows else None


def the_leader(house):
    """Wait until somebody leads, and return who: on a busy machine the lease ends now and then before it is renewed."""
    found = []
    wait_until(lambda: found.append(leader(house)) or found[-1] is not None)
    return found[-1]


def count(house, table, *where):
    with house.database.reading() as work:
        return work.scalar(select(func.count()).select_from(table).where(*where))
