"""Health: whether this process answers and reaches its database, for supervisors and proxies."""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from db.database import Database
from web.access import ANYONE, allowed
from web.site import site

blueprint = Blueprint("health", __name__)


@blueprint.get("/health")
@allowed(ANYONE)
def health() -> ResponseReturnValue:
    """Say whether the database answers: 200, else 503."""
    database = site().database
    answers = _answers(database)
    said = {
        "status": "ok" if answers else "database_unreachable",
        "database": database.engine.dialect.name,
        "version": site().version,
    }
    return jsonify(said), 200 if answers else 503


def _answers(database: Database) -> bool:
    try:
        with database.engine.connect() as connection:
            return bool(connection.execute(_ONE).scalar() == 1)
    except SQLAlchemyError:
        return False


_ONE = text("select 1")
