"""Sessions: who is signed in from which browser, until he, or an administrator, ends it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select

from crm.access.actor import SYSTEM, Actor, ActorKind
from crm.access.origins import Origin, come_from
from crm.access.tokens import new_token, token_hash
from crm.directory import User, directory
from crm.journal import cause_of, journal
from crm.tables.accounts import user_session
from crm.tables.settings import user_account
from db.work import Work

IDLE = timedelta(days=14)
"""A session that nobody used for so long is over."""
LONGEST = timedelta(days=90)
_SEEN_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Session:
    """A session as its user sees it.  ``browser`` is what the browser calls itself."""

    id: int
    user_id: int
    browser: str
    address: str
    created_at: datetime
    seen_at: datetime


def begin_session(work: Work, user: User, *, browser: str, address: str) -> str:
    """Let a user in from a browser; returns the secret that the browser keeps."""
    token = new_token()
    [session_id] = work.ids("user_session", 1)
    columns = ("id", "token_hash", "user_id", "browser", "address", "created_at", "seen_at")
    now = work.stored(work.now)
    work.insert(
        user_session, columns, [(session_id, token_hash(token), user.id, browser[:200], address[:64], now, now)]
    )
    work.execute(user_account.update().where(user_account.c.id == user.id).values(seen_at=work.now))
    come_from(work, Origin("session", session_id, address, browser))
    journal(work).add("access.signed_in", 0, user.id, {}, cause_of(Actor(ActorKind.USER, user.id)))
    return token


def note_refused(work: Work, login: str, *, browser: str, address: str) -> None:
    """Write into the journal that somebody could not sign in.  A login that does not exist is not kept: it may be a password."""
    user = directory(work).logins.get(login)
    come_from(work, Origin("stranger", 0, address, browser))
    journal(work).add("access.refused", 0, user.id if user is not None else 0, {}, cause_of(SYSTEM))


def find_session(work: Work, token: str) -> tuple[User, Session] | None:
    """Return who a browser belongs to; ``None`` where the session is over or its user may not come in any more."""
    rows = work.tuples(_BY_TOKEN, {"token": token_hash(token)})
    if not rows:
        return None
    id_, user_id, agent, address, created_at, seen_at = rows[0]
    session = Session(id_, user_id, agent, address, work.moment(created_at), work.moment(seen_at))
    user = directory(work).users.get(session.user_id)
    is_over = work.now - session.seen_at > IDLE or work.now - session.created_at > LONGEST
    return None if user is None or not user.is_active or is_over else (user, session)


def is_stale(work: Work, session: Session) -> bool:
    """True where it is time to note that the session is in use."""
    return work.now - session.seen_at > _SEEN_EVERY


def note_seen(work: Work, session: Session) -> None:
    """Note that a session is in use; what is old of everybody's is removed by the way."""
    work.execute(user_session.update().where(user_session.c.id == session.id).values(seen_at=work.now))
    work.execute(user_account.update().where(user_account.c.id == session.user_id).values(seen_at=work.now))
    work.execute(user_session.delete().where(user_session.c.seen_at < work.now - LONGEST))


def sessions_of(work: Work, user_id: int) -> list[Session]:
    """Return a user's sessions, the last used first."""
    query = select(user_session).where(user_session.c.user_id == user_id).order_by(user_session.c.seen_at.desc())
    return [_session(row) for row in work.rows(query) if work.now - row.seen_at <= IDLE]


def end_sessions(work: Work, user_id: int, *, by: Actor, session_id: int | None = None, but: int | None = None) -> int:
    """End one session of a user, or all, or all ``but`` one; everybody may end his own.  Returns how many.

    Raises:
        NotAllowedError: it is somebody else's, and the actor may not change users, or not one with such rights.
    """
    if not (by.kind is ActorKind.USER and by.id == user_id):
        by.require("users.edit")
        user = directory(work).users.get(user_id)
        by.require_all(user.rights if user is not None else frozenset())
    query = user_session.delete().where(user_session.c.user_id == user_id)
    if session_id is not None:
        query = query.where(user_session.c.id == session_id)
    if but is not None:
        query = query.where(user_session.c.id != but)
    ended = work.execute(query)
    if ended:
        journal(work).add("access.signed_out", 0, user_id, {"sessions": ended}, cause_of(by))
    return ended


def _session(row: object) -> Session:
    return Session(*(getattr(row, name) for name in ("id", "user_id", "browser", "address", "created_at", "seen_at")))


_BY_TOKEN = select(*(user_session.c[name] for name in Session.__slots__)).where(
    user_session.c.token_hash == bindparam("token")
)
