"""What SQLAlchemy compiles once serves the databases of all tests of a process.

Each ``Database`` has an engine with a memory of compiled statements of its own.  A program opens one, and tests open thousands:
left alone they spend half of their time on compiling the same statements again.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, create_engine, event

import db.database

MOST_STATEMENTS = 10_000

_known: dict[str, tuple[Any, Any]] = {}  # by the kind of database: its dialect, and what was compiled for that


def share_compiled() -> None:
    """Let every ``Database`` that is opened from now on know what those before it have compiled."""
    vars(db.database)["create_engine"] = _engine


def _engine(url: Any, **choices: Any) -> Engine:
    """Make an engine; all of one kind are made with the same choices, so that their dialects are alike."""
    engine = create_engine(url, query_cache_size=MOST_STATEMENTS, **choices)
    own, kind = engine.dialect, engine.dialect.name
    if kind in _known:
        own.initialize = _asked_already  # type: ignore[assignment,method-assign]
        engine.dialect, engine._compiled_cache = _known[kind]
    else:
        event.listen(engine, "connect", lambda *_: _known.setdefault(kind, (own, engine._compiled_cache)))
    return engine


def _asked_already(_connection: object) -> None:
    """Ask the server nothing: what its version and its settings are is known of the first."""
