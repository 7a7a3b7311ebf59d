"""E-mails that pages send at once: invitations, links for a new password, test messages."""

from __future__ import annotations

import structlog
from flask import request, url_for

from channels.smtp import Mail, MailError, Server, send
from crm.access.actor import SYSTEM
from crm.access.links import Purpose, make_link
from crm.directory import User
from crm.settings.mail_server import MailServer, known_mail_server
from engine.text import LazyText, _l
from web.site import reading, site, writing

log = structlog.get_logger(__name__)


def address_of(token: str) -> str:
    """Return the address of a link, as the world reaches it."""
    base = (site().public_url or request.host_url).rstrip("/")
    return base + url_for("signing_in.link", token=token)


def mail(user: User, subject: LazyText, text: LazyText, *, server: MailServer | None = None) -> None:
    """Send a message in the user's language.

    Raises:
        MailError: it could not be sent.
    """
    with reading() as work:
        known = server or known_mail_server(work)
    if known is None or user.email is None:
        raise MailError(_l("no mail server is set up") if known is None else _l("the user has no e-mail address"))
    say = site().languages.translate
    letter = Mail(known.sender, user.email, say(subject, user.language), say(text, user.language))
    send(Server(known.host, known.port, known.security, known.login, known.password), letter)


def send_password_link(user: User) -> bool:
    """Send a link for a new password; returns whether it left.  What goes wrong is logged, not shown to strangers."""
    return _send_link(
        user,
        "password",
        _l("A new password for Voronka"),
        _l("Somebody, hopefully you, asked for a new password. Choose it here within two hours:\n\n{address}\n\n"
           "If it was not you, do nothing: your password stays."),
    )  # fmt: skip


def send_invitation(user: User, token: str) -> None:
    """Send an invitation.

    Raises:
        MailError: it could not be sent.
    """
    words = _l("You are invited to Voronka. Choose your password here within seven days:\n\n{address}",
               address=address_of(token))  # fmt: skip
    mail(user, _l("Your invitation to Voronka"), words)


def _send_link(user: User, purpose: Purpose, subject: LazyText, words: LazyText) -> bool:
    with writing() as work:
        token = make_link(work, user.login, purpose, by=SYSTEM)
    try:
        mail(user, subject, LazyText(words.msgid, params={"address": address_of(token)}))
    except MailError as error:
        log.warning("mail_failed", purpose=purpose, user_id=user.id, error=str(error))
        return False
    return True
