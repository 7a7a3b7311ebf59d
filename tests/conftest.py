"""What every test may ask for: databases of both kinds, Redis, the shared data."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from hypothesis import HealthCheck, settings
from sqlalchemy import make_url

from hatch_build import compile_catalogues
from tests.databases import DIALECTS, Databases, Dialect
from tests.engines import share_compiled
from tests.memory import use_memory
from tests.servers.binaries import NoServerError, postgres_home, redis_program, version_of
from tests.servers.postgresql import PostgresServer
from tests.servers.programs import Nursery
from tests.servers.redis import RedisServer

ROOT = Path(__file__).resolve().parent.parent
OWN_REDIS_DATABASES = 8  # on a server that is not ours, each process of the suite empties one from this number up

# Two busy cores make single examples slow, so time says nothing about them.  Each run tries the same examples, so that it
# fails for a change and not by chance; ``long`` draws others each time.
settings.register_profile(
    "usual",
    deadline=None,
    print_blob=True,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.register_profile("few", parent=settings.get_profile("usual"), max_examples=10)
settings.register_profile("long", parent=settings.get_profile("usual"), max_examples=1000, derandomize=False)


def pytest_configure(config: pytest.Config) -> None:
    """Compile translations that changed, and choose how many examples the laws are tried with.

    Processes that tests start keep what they compile, whatever is said outside: else each of them compiles everything again.
    """
    use_memory()
    share_compiled()
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    compile_catalogues(ROOT / "voronka" / "locales")
    settings.load_profile(os.environ.get("VORONKA_EXAMPLES") or ("long" if _wants_long() else "usual"))


def pytest_report_header() -> list[str]:
    """Say which servers the tests run on."""
    return [f"postgresql: {_postgres_in_words()}", f"redis: {_redis_in_words()}"]


@pytest.hookimpl(trylast=True)  # after the order was drawn
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the long fault tests unless they are asked for (``VORONKA_FAULTS=long``): nothing is ever skipped.

    The others come in the order that was drawn, but for those that take longest: one of them at the end is waited for alone.
    """
    if not _wants_long():
        long = [item for item in items if item.get_closest_marker("long")]
        items[:] = [item for item in items if item not in long]
        config.hook.pytest_deselected(items=long)
    items.sort(key=lambda item: item.get_closest_marker("first") is None)


@pytest.fixture(scope="session")
def is_long() -> bool:
    """Whether fault tests shall take their time (``VORONKA_FAULTS=long``)."""
    return _wants_long()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A running server of our own that forgets on a crash; shared, so neither stop nor kill it."""
    server = PostgresServer()
    try:
        server.start()
        yield server
    finally:
        server.close()


@pytest.fixture
def durable_postgres() -> Iterator[PostgresServer]:
    """A running server for one test alone, which may be stopped, killed and started again, and keeps commits."""
    server = PostgresServer(durable=True)
    try:
        server.start()
        yield server
    finally:
        server.close()


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Databases]:
    """The maker of databases; PostgreSQL starts when the first of its kind is asked for."""

    external = os.environ.get("TEST_DATABASE_URL")

    def postgres_url() -> str:
        if external:
            return external
        server: PostgresServer = request.getfixturevalue("postgres_server")
        return server.url

    made = Databases(tmp_path_factory.mktemp("databases"), postgres_url)
    yield made
    made.leave()
    if external:  # a server of our own goes with all it holds
        made.remove()


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> Dialect:
    """Each kind of database in turn; override it with a narrower parametrisation where one kind is meant."""
    kind: Dialect = request.param
    return kind


@pytest.fixture
def database_url(databases: Databases, dialect: Dialect) -> Iterator[str]:
    """The address of this test's own database: all tables, no rows.  The test runs on both kinds."""
    with databases.migrated(dialect) as url:
        yield url


@pytest.fixture
def company_url(databases: Databases, dialect: Dialect) -> Iterator[str]:
    """The address of this test's own database with the company of ``tests.crm.company``.  The test runs on both kinds."""
    from tests.crm.company import set_up_company  # late: the tests of pure packages need none of it

    with databases.furnished(dialect, set_up_company) as url:
        yield url


@pytest.fixture
def bare_database_url(databases: Databases, dialect: Dialect) -> Iterator[str]:
    """The address of this test's own database with nothing in it.  The test runs on both kinds."""
    with databases.bare(dialect) as url:
        yield url


@pytest.fixture
def sqlite_url(databases: Databases) -> Iterator[str]:
    """The address of this test's own SQLite database: all tables, no rows."""
    with databases.migrated("sqlite") as url:
        yield url


@pytest.fixture
def postgres_url(databases: Databases) -> Iterator[str]:
    """The address of this test's own PostgreSQL database: all tables, no rows."""
    with databases.migrated("postgresql") as url:
        yield url


@pytest.fixture(scope="module", params=DIALECTS)
def module_database_url(databases: Databases, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a database that the tests of one module share.  They run on both kinds."""
    with databases.migrated(request.param) as url:
        yield url


@pytest.fixture(scope="session")
def shared_redis_url(worker_number: int) -> Iterator[str]:
    """The address of a Redis database that this process of the suite has for itself."""
    if external := os.environ.get("TEST_REDIS_URL"):
        own = make_url(external).set(database=str(OWN_REDIS_DATABASES + worker_number))
        yield own.render_as_string(hide_password=False)
        return
    server = RedisServer()
    try:
        server.start()
        yield server.url
    finally:
        server.close()


@pytest.fixture
def redis_url(shared_redis_url: str) -> str:
    """The address of an empty Redis database."""
    with redis.Redis.from_url(shared_redis_url) as client:
        client.flushdb()
    return shared_redis_url


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    """A running Redis for one test alone, which may be stopped, killed and started again."""
    server = RedisServer()
    try:
        server.start()
        yield server
    finally:
        server.close()


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Starts programs of ours within milliseconds."""
    made = Nursery()
    yield made
    made.close()


@pytest.fixture(scope="session")
def worker_number() -> int:
    """Which of the suite's processes this is, from 0."""
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of the shared data sets; without it the test is skipped, or fails where the data are required."""
    folder = Path(os.environ.get("VORONKA_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        problem = f"no shared data at {folder}: set VORONKA_DATA"
        if os.environ.get("VORONKA_REQUIRE_DATA") == "1":
            pytest.fail(problem)
        pytest.skip(problem)
    return folder


def _wants_long() -> bool:
    return os.environ.get("VORONKA_FAULTS") == "long"


def _postgres_in_words() -> str:
    if os.environ.get("TEST_DATABASE_URL"):
        return "from TEST_DATABASE_URL"
    try:
        return version_of(postgres_home() / "bin" / "postgres")
    except NoServerError as error:
        return str(error)


def _redis_in_words() -> str:
    if os.environ.get("TEST_REDIS_URL"):
        return "from TEST_REDIS_URL"
    try:
        return version_of(redis_program())
    except NoServerError as error:
        return str(error)
