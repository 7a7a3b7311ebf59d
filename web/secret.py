"""The key that signs what browsers keep: made once per installation, unless the settings name one."""

from __future__ import annotations

import secrets

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from crm.tables.accounts import installation_secret
from db.database import Database

_NAME = "browser"


def secret_key(database: Database) -> str:
    """Return the installation's own key; every process has the same one."""
    query = select(installation_secret.c.value).where(installation_secret.c.name == _NAME)
    for _ in range(2):
        with database.reading() as work:
            known = work.scalar(query)
        if known is not None:
            return str(known)
        try:
            with database.work() as work:
                work.execute(installation_secret.insert().values(name=_NAME, value=secrets.token_urlsafe(48)))
        except SQLAlchemyError:
            continue  # another process made it at the same moment
    with database.reading() as work:
        return str(work.scalar(query))
