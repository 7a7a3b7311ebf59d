"""The production form at length: the commands of ``docker-compose.yml`` as processes of this machine carry leads end to end.

    python -m benchmarks.production --leads 100000

PostgreSQL keeps its commits, as shipped.  Leads come through the API of both web processes, 1,000 a call; a worker and the
leading scheduler are killed on the way unless ``--no-kills``.  With ``--mass`` all of them are then let into a second funnel by
a mass action, while leads come one by one: how long each takes from its call to its deal is measured before and beside.  At the
end every lead has its deal, its task and its tag, and ``voronka doctor --deep`` finds nothing.  ``mib_of_each`` is the memory of
each process then, of web with all it started; what is shared is divided among those who share it.  Figures go to
standard output and ``benchmarks/out/production.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import psycopg
from sqlalchemy import create_engine, make_url, text

from benchmarks.funnel5 import prepare
from benchmarks.memory import proportional_mib
from benchmarks.servers import AS_SHIPPED
from crm.access.actor import SYSTEM
from crm.ways.api_keys import new_api_key
from db.database import Database
from tests.compose import OURS, ROOT, Service, services
from tests.servers.child import free_port
from tests.servers.postgresql import PostgresServer
from tests.servers.redis import RedisServer

AT_ONCE = 1000
SUMS = """
select (select count(*) from lead), (select count(*) from deal), (select count(*) from task), (select count(*) from record_tag),
 (select count(*) from run where status = 10), (select count(*) from inbox), (select count(distinct lead_id) from deal)
"""

SECOND = """
key: again
name: Again
nodes:
  - {id: press, type: trigger.manual_start, config: {label: Go}}
  - {id: mark, type: crm.add_tags, config: {tags: [again]}}
  - {id: off, type: logic.exit, config: {outcome: success}}
edges:
  - {from: press, to: mark}
  - {from: mark, to: off}
"""


@dataclass
class Form:
    """The services under way."""

    given: dict[str, str]
    processes: dict[str, list[subprocess.Popen[bytes]]] = field(default_factory=dict)
    pages: list[str] = field(default_factory=list)

    def start(self, name: str) -> subprocess.Popen[bytes]:
        """Start one process of a service, with its command and its environment."""
        service = services(self.given)[name]
        own = self._own(service)
        environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **service.environment, **own}
        process = subprocess.Popen(
            [sys.executable, "-m", "voronka", *service.command], cwd=ROOT, env=environment, stderr=subprocess.DEVNULL
        )
        self.processes.setdefault(name, []).append(process)
        if name == "web":
            self.pages.append(f"http://127.0.0.1:{own['VORONKA_PORT']}")
        return process

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **services(self.given)["migrate"].environment}
        command = [sys.executable, "-m", "voronka", *words]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    def stop(self) -> list[int]:
        """End everybody in order; returns how each ended."""
        everybody = [one for several in self.processes.values() for one in several]
        for one in everybody:
            if one.poll() is None:
                one.terminate()
        return [one.wait(120) for one in everybody]

    @staticmethod
    def _own(service: Service) -> dict[str, str]:
        return {"VORONKA_HOST": "127.0.0.1", "VORONKA_PORT": str(free_port())} if service.name == "web" else {}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; the status is 1 where something was lost or done twice."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.production", description=__doc__)
    parser.add_argument("--leads", type=int, default=100_000)
    parser.add_argument("--no-kills", action="store_true")
    parser.add_argument("--mass", action="store_true")
    asked = parser.parse_args(arguments)
    with ExitStack() as stack:
        postgres = PostgresServer(durable=True, settings=AS_SHIPPED)
        stack.callback(postgres.close)
        postgres.start()
        redis = RedisServer()
        stack.callback(redis.close)
        redis.start()
        form = Form(
            {
                "VORONKA_DATABASE_URL": postgres.url,
                "VORONKA_REDIS_URL": redis.url,
                "VORONKA_POSTGRES_PASSWORD": "-",
                "VORONKA_REDIS_PASSWORD": "-",
                "VORONKA_SECRET_KEY": "measured",
            }
        )
        stack.callback(form.stop)
        found = _carry(form, postgres.url, asked.leads, kills=not asked.no_kills, mass=asked.mass)
    out = Path("benchmarks/out")
    out.mkdir(parents=True, exist_ok=True)
    (out / "production.json").write_text(json.dumps(found, indent=2) + "\n")
    print(json.dumps(found, indent=2))
    return 0 if found["is_right"] else 1


def _carry(form: Form, url: str, leads: int, *, kills: bool, mass: bool) -> dict[str, Any]:
    assert form.start("migrate").wait(120) == 0
    key = _company(url)
    begun = time.monotonic()
    for name in OURS[1:]:
        for _ in range(services(form.given)[name].replicas):
            form.start(name)
    _until(lambda: all(map(_answers, form.pages)))
    ready = time.monotonic()
    print(f"pages answer after {ready - begun:.0f} s", file=sys.stderr, flush=True)
    with ThreadPoolExecutor(len(form.pages)) as pool:
        calls = [
            pool.submit(_send, form.pages[number % len(form.pages)], key, first, min(AT_ONCE, leads - first))
            for number, first in enumerate(range(0, leads, AT_ONCE))
        ]
        if kills:
            calls[len(calls) // 3].result()
            form.processes["worker"][0].kill()
            form.start("worker")
            _kill_leader(form, url)
        for call in calls:
            call.result()
    sent = time.monotonic()
    print(f"all are accepted after {sent - ready:.0f} s", file=sys.stderr, flush=True)
    _until(lambda: _sums(url)[4] >= leads, seconds=3600)
    finished = time.monotonic()
    sums = _sums(url)
    beside = _mass(form, url, key) if mass else {}
    examined = form.run("doctor", "--deep", "--json")
    memory = {
        name: [round(proportional_mib(one.pid)) for one in several if one.poll() is None]
        for name, several in form.processes.items()
        if name != "migrate"
    }
    ends = form.stop()
    size = _one(url, "select pg_database_size(current_database())")[0]
    recorded, deals, tasks, tags, runs, inbox, deals_of = sums
    is_whole = (recorded, deals, tasks, tags, runs, inbox, deals_of) == (leads, leads, leads, leads, leads, 0, leads)
    ended_well = set(ends) <= ({0, -signal.SIGKILL} if kills else {0})
    return {
        "leads": leads,
        "killed": 2 if kills else 0,
        "seconds_until_pages_answer": round(ready - begun, 1),
        "seconds_until_all_are_accepted": round(sent - ready, 1),
        "seconds_until_all_are_finished": round(finished - ready, 1),
        "leads_per_second": round(leads / (finished - ready)),
        "sums": {"lead": recorded, "deal": deals, "task": tasks, "record_tag": tags, "run": runs, "inbox": inbox},
        "bytes_per_lead": size // leads,
        "mib_of_each": memory,
        **beside,
        "doctor": json.loads(examined.stdout or "null"),
        "ends": ends,
        "is_right": is_whole and examined.returncode == 0 and examined.stdout.strip() == "[]" and ended_well,
    }


def _mass(form: Form, url: str, key: str) -> dict[str, Any]:
    """Let everybody into a second funnel at once, and see how long those take who come alone."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "again.yaml"
        file.write_text(SECOND)
        assert form.run("funnel", "push", str(file), "--publish").returncode == 0
    alone = [_live(form.pages[0], key, url, f"alone-{number}") for number in range(40)]
    begun = time.monotonic()
    assert form.run("mass", "start", "again", "--per-minute", "60000").returncode == 0
    beside: list[float] = []
    while _one(url, "select state from mass_start")[0] == "running" or _one(url, "select count(*) from inbox")[0]:
        beside.append(_live(form.pages[0], key, url, f"beside-{len(beside)}"))
    ended = time.monotonic()
    [let_in] = _one(
        url, "select count(*) from run join funnel f on f.id = funnel_id where f.key = 'again' and outcome = 'success'"
    )
    return {
        "mass_let_in": let_in,
        "mass_seconds": round(ended - begun, 1),
        "live_leads_beside": len(beside),
        "live_seconds_p50_p99_alone": _quantiles(alone),
        "live_seconds_p50_p99_beside": _quantiles(beside),
    }


def _quantiles(seconds: list[float]) -> list[float]:
    ordered = sorted(seconds)
    return [round(ordered[min(int(len(ordered) * part), len(ordered) - 1)], 3) for part in (0.5, 0.99)]


def _live(page: str, key: str, url: str, external_id: str) -> float:
    """Send one lead and return how many seconds it takes until its deal is there."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    body = json.dumps({"title": "Live", "source": "ads", "external_id": external_id}).encode()
    begun = time.monotonic()
    with urlopen(Request(f"{page}/api/v1/leads", body, headers), timeout=120) as answer:
        lead_id = json.load(answer)["id"]
    with psycopg.connect(make_url(url).set(drivername="postgresql").render_as_string(False), autocommit=True) as line:
        while not line.execute("select 1 from deal where lead_id = %s", (lead_id,)).fetchone():
            time.sleep(0.005)
    return time.monotonic() - begun


def _company(url: str) -> str:
    """Set a company with its funnel up; returns a key of its API."""
    prepare(url, 0)
    database = Database(url)
    with database.work() as work:
        key = new_api_key(work, "Benchmark", ("leads.create",), by=SYSTEM)
    database.close()
    return key


def _send(page: str, key: str, first: int, count: int) -> None:
    """Send leads, again and again until they are taken; a repeat does nothing twice."""
    body = json.dumps({"leads": [{"title": f"Lead {first + one}", "source": "ads"} for one in range(count)]}).encode()
    headers = {
        "Authorization": f"Bearer {key}",
        "Content-Type": "application/json",
        "Idempotency-Key": f"leads-{first}",
    }
    while True:
        try:
            with urlopen(Request(f"{page}/api/v1/leads", body, headers), timeout=120) as answer:
                answer.read()
                return
        except HTTPError as error:
            if error.code not in (429, 503):
                raise
            time.sleep(float(error.headers.get("Retry-After", 1)))
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(1)


def _kill_leader(form: Form, url: str) -> None:
    [holder] = _one(url, "select holder from lease where name = 'scheduler'")
    next(one for one in form.processes["scheduler"] if f":{one.pid}:" in holder).kill()


def _sums(url: str) -> tuple[int, ...]:
    return _one(url, SUMS)


def _one(url: str, statement: str) -> tuple[Any, ...]:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return tuple(connection.execute(text(statement)).one())
    finally:
        engine.dispose()


def _answers(page: str) -> bool:
    try:
        with urlopen(f"{page}/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, ConnectionError, TimeoutError):
        return False


def _until(holds: Callable[[], bool], *, seconds: float = 120) -> None:
    ends = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > ends:
            raise TimeoutError("it did not happen in time")
        time.sleep(0.5)


if __name__ == "__main__":
    sys.exit(main())
