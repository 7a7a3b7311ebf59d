"""`voronka web` with one view more, a bare durable insert, and no limit of calls: `python -m benchmarks.distributed.web`."""

from __future__ import annotations

from dataclasses import replace

from flask import Flask, request
from sqlalchemy import text

from db.database import Database
from voronka import serving
from voronka.settings import Settings, read_settings
from web.access import ANYONE, allowed
from web.guards import csrf
from web.site import Limits

BARE_TABLE = "create table if not exists bare (id bigserial primary key, title text, name text, source text)"
_INSERT = text("insert into bare (title, name, source) values (:title, :name, :source)")
_plain = serving.web_app


def web_app(database: Database, settings: Settings) -> Flask:
    """Return the pages with the bare view."""
    app = _plain(database, settings)
    site = app.extensions["voronka"]
    app.extensions["voronka"] = replace(site, limits=Limits(api="1000000 per second"))

    @allowed(ANYONE)
    def bare() -> tuple[str, int]:
        with database.engine.begin() as connection:
            connection.execute(_INSERT, request.get_json())
        return "", 204

    app.add_url_rule("/bare", view_func=csrf.exempt(bare), methods=["POST"])
    return app


if __name__ == "__main__":
    serving.web_app = web_app
    serving.web(read_settings())
