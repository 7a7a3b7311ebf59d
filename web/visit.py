"""The visit: who asks, in which language, from which session; found once per request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, cast

from flask import abort, current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from werkzeug.wrappers import Response

from crm.access.actor import Actor, Viewer
from crm.access.origins import Origin
from crm.access.sessions import Session, find_session, is_stale, note_seen
from crm.access.viewers import actor_of, viewer_of
from crm.directory import Directory, User, directory
from crm.errors import NotSetUpError
from crm.tables.settings import organization
from web.access import ANYONE, API_KEY, SIGNED_IN, access_of
from web.site import reading, site, writing

TOKEN = "token"  # noqa: S105  the name of the place where the browser's secret is kept
THEMES = ("system", "light", "dark")


@dataclass(frozen=True, slots=True)
class Visit:
    """Who asks.  ``user`` is ``None`` before signing in; ``settings`` ``None`` before the first run."""

    settings: Directory | None
    user: User | None
    session: Session | None
    language: str

    @property
    def zone(self) -> str:
        """The time zone in which moments are shown."""
        if self.user is not None and self.user.zone:
            return self.user.zone
        return str(self.settings.organization["zone"]) if self.settings is not None else "UTC"


def visit() -> Visit:
    """Return the present visit."""
    return cast(Visit, g.visit)


def me() -> User:
    """Return the signed-in user; 401 where nobody is."""
    user = visit().user
    if user is None:
        abort(401)
    return user


def actor() -> Actor:
    """Return the signed-in user as the one who does something."""
    found = visit()
    assert found.settings is not None
    return actor_of(found.settings, me())


def viewer() -> Viewer:
    """Return the signed-in user as the one who looks."""
    found = visit()
    assert found.settings is not None
    return viewer_of(found.settings, me())


def may(*rights: str) -> bool:
    """True where the signed-in user has one of these rights."""
    user = visit().user
    return user is not None and not user.rights.isdisjoint(rights)


def may_edit(right: Literal["leads.edit", "deals.edit"], owner: User | None) -> bool:
    """True where the signed-in user has the right, and records of this owner are within his reach."""
    return may(right) and actor().may_change(right, owner.id if owner is not None else None)


def begin_visit() -> ResponseReturnValue | None:
    """Find out who asks and whether he may; run before every request."""
    if request.endpoint in ("static", "health.health", "metrics.show", None):
        g.visit = Visit(None, None, None, _wanted())
        return None
    known: Directory | None = site().database.cache.get("directory")
    if known is not None and access_of(current_app, request.endpoint) == {API_KEY}:
        g.visit = _of_program(known)
        return None
    g.visit = _find()
    if g.visit.session is not None:
        browser = g.visit.session.browser
        g.origin = Origin("session", g.visit.session.id, request.remote_addr or "", browser)
    return _admit(g.visit)


def _of_program(known: Directory) -> Visit:
    """Return the visit of a program: its key says who it is, and what it does reads the settings itself."""
    wanted = request.accept_languages.values() if "Accept-Language" in request.headers else ()
    return Visit(known, None, None, site().languages.best([*wanted, str(known.organization["language"])]))


def _find() -> Visit:
    token = session.get(TOKEN)
    with reading() as work:
        try:
            settings = directory(work)
        except NotSetUpError:
            return Visit(None, None, None, _wanted())
        found = find_session(work, token) if isinstance(token, str) else None
        stale = found is not None and is_stale(work, found[1])
    if found is None:
        if token is not None:
            session.pop(TOKEN, None)
        return Visit(settings, None, None, _wanted(str(settings.organization["language"])))
    user, known = found
    if stale:
        with writing() as work:
            note_seen(work, known)
    return Visit(settings, user, known, user.language)


def _wanted(default: str | None = None) -> str:
    """Return the language for somebody whom we do not know: chosen, else the browser's, else the company's."""
    chosen = session.get("language")
    wanted = [chosen] if isinstance(chosen, str) else []
    wanted += list(request.accept_languages.values())
    return site().languages.best([*wanted, *([default] if default else [])])


def _admit(found: Visit) -> ResponseReturnValue | None:
    """Return an answer instead of the page, for who may not see it."""
    access = access_of(current_app, request.endpoint or "")
    if access & {ANYONE, API_KEY}:
        return None
    if found.settings is None:
        return _elsewhere("first_run.begin")
    if found.user is None:
        return _elsewhere("signing_in.sign_in", next=request.full_path.rstrip("?") if request.method == "GET" else None)
    if SIGNED_IN not in access and access.isdisjoint(found.user.rights):
        abort(403)
    return None


def _elsewhere(endpoint: str, **values: str | None) -> Response:
    """Lead a browser to another page; programs are told that they are not signed in."""
    given: dict[str, Any] = {name: value for name, value in values.items() if value and value != "/"}
    where = url_for(endpoint, **given)
    if wants_json():
        abort(401)
    if "HX-Request" in request.headers:
        return Response("", 401, {"HX-Redirect": where})
    return redirect(where, code=303)


def wants_json() -> bool:
    """True where a program asks, and not a person's browser."""
    return request.path.startswith("/api/") or request.accept_mimetypes.best == "application/json"


def has_company() -> bool:
    """True once the first run is over; asks the database."""
    with reading() as work:
        return bool(work.rows(select(organization.c.id)))
