"""The company's mail server: where e-mail leaves through."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import select

from crm.access.actor import Actor
from crm.errors import InvalidError
from crm.people.identity import normalise_email
from crm.settings.change import note
from crm.tables.accounts import mail_server
from db.errors import StaleError
from db.work import Work
from engine.text import _l

Security = Literal["none", "starttls", "tls"]


@dataclass(frozen=True, slots=True)
class MailServer:
    """An SMTP server.  ``password`` is shown to nobody and stands in no log; so many messages leave ``per_minute`` at most."""

    host: str
    port: int = 587
    security: Security = "starttls"
    login: str = ""
    password: str = field(default="", repr=False)
    sender: str = ""
    version: int = 0
    per_minute: int = 60


def known_mail_server(work: Work) -> MailServer | None:
    """Return the mail server; ``None`` before one is set."""
    rows = work.rows(select(mail_server))
    if not rows:
        return None
    row = rows[0]
    return MailServer(
        row.host, row.port, row.security, row.login, row.password, row.sender, row.version, row.per_minute
    )


def set_mail_server(work: Work, new: MailServer, *, by: Actor) -> None:
    """Store the mail server; an empty password keeps the one that is stored for the same host and login.

    Raises:
        InvalidError: the host or the sender cannot be.
        StaleError: it was changed since ``new.version``.
    """
    by.require("settings.edit")
    if not new.host or any(letter.isspace() for letter in new.host) or not 0 < new.port < 65536:
        raise InvalidError(_l("write the mail server's name, as mail.example.com, and a port from 1 to 65535"))
    if not 0 < new.per_minute <= 100_000:
        raise InvalidError(_l("write how many e-mails may leave in a minute, 1 to 100,000"))
    if normalise_email(new.sender) is None:
        raise InvalidError(_l("“{text}” is no e-mail address", text=new.sender))
    old = known_mail_server(work)
    if old is not None and new.version != old.version:
        raise StaleError("mail server", 1)
    kept = old.password if old and not new.password and (old.host, old.login) == (new.host, new.login) else new.password
    values = {
        "host": new.host,
        "port": new.port,
        "security": new.security,
        "login": new.login,
        "password": kept,
        "sender": new.sender,
        "per_minute": new.per_minute,
        "version": (old.version if old else 0) + 1,
    }
    if old is None:
        work.execute(mail_server.insert().values(id=1, **values))
    else:
        work.execute(mail_server.update().values(**values))
    note(work, "mail_server", new.host, "created" if old is None else "changed", 1, by)
