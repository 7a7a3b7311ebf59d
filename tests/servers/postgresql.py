"""A PostgreSQL server of our own.  As root it runs as ``nobody``, for PostgreSQL refuses root."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from tests.servers.binaries import postgres_home
from tests.servers.child import Child, User, free_port

# Lost data does no harm in most tests, and waiting for the disk does.
FORGETFUL = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
ALWAYS = ("listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=100", "shared_buffers=64MB")
# libc's C.UTF-8 knows Cyrillic letters; the plain C locale does not.
INITDB = (
    "--username=postgres",
    "--auth=trust",
    "--encoding=UTF8",
    "--locale=C.UTF-8",
    "--no-sync",
    "--no-instructions",
)
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


class PostgresServer:
    """A server in a folder of its own, on a port that stays the same over restarts.

    Attributes:
        url: SQLAlchemy's address of its ``postgres`` database.
    """

    def __init__(self, *, durable: bool = False, settings: tuple[str, ...] = (), initdb: tuple[str, ...] = ()) -> None:
        """Make the data folder; nothing runs yet.

        Args:
            durable: commits reach the disk, as PostgreSQL ships.  For measurements and for tests that kill the server.
            settings: more of ``name=value``.
            initdb: more options for the program that makes the data folder.
        """
        self._folder = Path(tempfile.mkdtemp(prefix="voronka-postgres-"))
        try:
            self._user, home = _user_and_home(postgres_home(), self._folder)
            self._data = self._folder / "data"
            self._data.mkdir(mode=0o700)
            if self._user.options:
                shutil.chown(self._data, self._user.options["user"], self._user.options["group"])  # type: ignore[call-overload]
            self._initialise(home, initdb)
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise
        port = free_port()
        self.url = f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres"
        options = [*ALWAYS, *(() if durable else FORGETFUL), *settings]
        self._child = Child(
            command=[home / "bin" / "postgres", "-D", self._data, "-p", str(port), *_flags(options)],
            folder=self._data,
            log=self._folder / "log",
            is_ready=self._is_ready,
            stop_signal=signal.SIGINT,  # "fast": ends sessions, then writes all
            kill_signal=signal.SIGQUIT,  # "immediate": writes nothing, recovers at the next start
            user=self._user,
            environment=ENVIRONMENT,
        )

    def start(self) -> None:
        """Start and wait until it takes connections."""
        if not self._child.is_running:
            (self._data / "postmaster.pid").unlink(missing_ok=True)  # an old one would look ready
        self._child.start()

    def stop(self) -> None:
        """End sessions and stop in order."""
        self._child.stop()

    def kill(self) -> None:
        """Stop at once; what was committed durably is recovered at the next start."""
        self._child.kill()

    def restart(self, *, most_bytes: int | None) -> None:
        """Start anew with no file allowed to grow beyond so many bytes, as on a disk that is full; ``None`` is no limit."""
        self.stop()
        self._child.most_bytes = most_bytes
        self.start()

    def freeze(self) -> None:
        """Hold the main process, so that new connections hang as on a cut line; ``thaw`` goes on."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Go on after ``freeze``."""
        self._signal(signal.SIGCONT)

    def close(self) -> None:
        """Stop and remove everything."""
        self.thaw()
        self._child.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _signal(self, number: signal.Signals) -> None:
        if self._child.process is not None:
            self._child.process.send_signal(number)

    def _initialise(self, home: Path, more: tuple[str, ...]) -> None:
        subprocess.run(
            [*self._user.prefix, home / "bin" / "initdb", "-D", self._data, *INITDB, *more],
            check=True,
            env=ENVIRONMENT,
            cwd=self._data,
            stdout=subprocess.DEVNULL,
            **self._user.options,  # type: ignore[call-overload]  # user, group, extra_groups
        )

    def _is_ready(self) -> bool:
        try:
            return "ready" in (self._data / "postmaster.pid").read_text()
        except OSError:
            return False


def _flags(options: list[str]) -> list[str]:
    """Return ``-c name=value`` for each option."""
    return [part for option in options for part in ("-c", option)]


def _user_and_home(home: Path, folder: Path) -> tuple[User, Path]:
    """Return whom the server runs as, and its programs where that user can read them."""
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        user = User({"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []})
        folder.chmod(0o755)
        return user, home if _can_run(home, user) else _copied(home, folder)
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError:  # a container's free user id, and initdb wants a name
        return User(prefix=("unshare", "--user", "--map-user=65534", "--map-group=65534")), home
    return User(), home


def _can_run(home: Path, user: User) -> bool:
    """Tell whether a user reaches the programs, which one below ``/root`` does not."""
    try:
        answer = subprocess.run(
            [home / "bin" / "postgres", "--version"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            **user.options,  # type: ignore[call-overload]  # user, group, extra_groups
        )
    except OSError:
        return False
    return bool(answer.returncode == 0)


def _copied(home: Path, folder: Path) -> Path:
    """Copy the programs, and the libraries that lie beside their package, to where all can read."""
    package = home.parent
    target = folder / "server" / package.name / home.name
    shutil.copytree(home, target, symlinks=True, ignore=shutil.ignore_patterns("include"))
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, folder / "server" / libraries.name)
    return target
