"""The Flask application."""

from __future__ import annotations

from flask import Flask, jsonify, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from db.database import Database


def create_app(database: Database, *, version: str) -> Flask:
    """Return the application over an open database."""
    app = Flask("web")

    @app.get("/")
    def home() -> ResponseReturnValue:
        """Lead to the health page."""
        return redirect(url_for("health"), code=303)

    @app.get("/health")
    def health() -> ResponseReturnValue:
        """Say whether the database answers: 200, else 503."""
        answers = _answers(database)
        said = {
            "status": "ok" if answers else "database_unreachable",
            "database": database.engine.dialect.name,
            "version": version,
        }
        return jsonify(said), 200 if answers else 503

    return app


def _answers(database: Database) -> bool:
    try:
        with database.engine.connect() as connection:
            return bool(connection.execute(_ONE).scalar() == 1)
    except SQLAlchemyError:
        return False


_ONE = text("select 1")
