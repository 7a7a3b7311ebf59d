"""PostgreSQL and Redis for a try of the distributed form, until Ctrl-C; nothing of them stays: ``make servers``."""

from __future__ import annotations

import secrets
import signal
import sys
from contextlib import ExitStack
from types import FrameType
from typing import NoReturn

from sqlalchemy import create_engine, make_url, text

from tests.servers.postgresql import PostgresServer
from tests.servers.redis import RedisServer


def main() -> None:
    """Start both and say the settings for them, as a shell takes them."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)
    with ExitStack() as stack:
        postgres = PostgresServer(durable=True)
        stack.callback(postgres.close)
        postgres.start()
        redis = RedisServer()
        stack.callback(redis.close)
        redis.start()
        engine = create_engine(postgres.url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text("create database voronka"))
        engine.dispose()
        url = make_url(postgres.url).set(drivername="postgresql", database="voronka")
        settings = {
            "VORONKA_DATABASE_URL": url.render_as_string(hide_password=False),
            "VORONKA_REDIS_URL": redis.url,
            "VORONKA_SECRET_KEY": secrets.token_urlsafe(32),
        }
        sys.stdout.writelines(f"export {name}={value}\n" for name, value in settings.items())
        sys.stdout.flush()
        sys.stderr.write(
            "Paste these lines into other terminals. Ctrl-C ends both servers, and what they held is gone.\n"
        )
        while True:
            signal.pause()


def _end(_number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)


if __name__ == "__main__":
    main()
