"""What the pages stand on: the database, the languages, and the settings they were started with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol, cast

from flask import current_app, g

from crm.access.origins import come_from
from crm.ways.pressure import MOST_WAITING
from db.database import Database
from db.work import Work


class Languages(Protocol):
    """Translations, as the composition root has them."""

    def translate(self, text: str, language: str) -> str:
        """Return a marked text, filled, in a language."""

    def gettext(self, text: str, language: str) -> str:
        """Return a text in a language, its ``{names}`` unfilled."""

    def ngettext(self, singular: str, plural: str, number: int, language: str) -> str:
        """Return the form of a text that a number asks for, its ``{names}`` unfilled."""

    def best(self, wanted: Iterable[str]) -> str:
        """Return the first wanted language that is spoken here, else English."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much strangers may ask for; ``limits`` strings as Flask-Limiter reads them.

    While ``waiting`` events wait, programs that bring more are put off.
    """

    sign_in: str = "10 per minute; 60 per hour"
    form: str = "30 per minute"
    api: str = "600 per minute"
    waiting: int = MOST_WAITING
    upload_bytes: int = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Site:
    """One installation of the pages.  ``public_url`` is how the world reaches it, ``metrics_token`` opens ``/metrics``."""

    database: Database
    languages: Languages
    version: str
    secret_key: str | None = None
    redis_url: str | None = None
    public_url: str | None = None
    metrics_token: str | None = None
    limits: Limits = field(default_factory=Limits)


def site() -> Site:
    """Return the installation that answers the present request."""
    return cast(Site, current_app.extensions["voronka"])


@contextmanager
def reading() -> Iterator[Work]:
    """Open a transaction that reads one consistent view."""
    with site().database.reading() as work:
        yield work


@contextmanager
def writing() -> Iterator[Work]:
    """Open a transaction that changes something; it commits on a clean exit."""
    with site().database.work() as work:
        come_from(work, g.get("origin"))
        yield work
