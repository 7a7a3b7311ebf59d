"""E-mail out, by SMTP."""

from __future__ import annotations

import re
import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid, parseaddr

from engine.text import _l
from voronka_error import VoronkaError

TIMEOUT = 20
"""Seconds that a mail server may take for one answer."""


class MailError(VoronkaError):
    """A mail server that could not be reached or refused.

    ``is_certain`` says that the message was not taken; otherwise nobody knows.  ``is_final`` says that it never will be, however
    often it is tried: the server refused this very message.
    """

    code = "mail_failed"

    def __init__(self, words: str, *, is_certain: bool = True, is_final: bool = False) -> None:
        super().__init__(words)
        self.is_certain = is_certain
        self.is_final = is_final


@dataclass(frozen=True, slots=True)
class Server:
    """Where to send through.  ``security`` is ``none``, ``starttls`` or ``tls``."""

    host: str
    port: int
    security: str
    login: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Mail:
    """One message to one address.  ``key`` becomes its Message-ID: the same key is the same message."""

    sender: str
    to: str
    subject: str
    text: str
    key: str | None = None


def send(server: Server, mail: Mail) -> None:
    """Send a message.

    Raises:
        MailError: it was not taken, or nobody knows whether it was.
    """
    try:
        sender, to = _envelope(mail.sender), _envelope(mail.to)
        content = _written(mail).as_bytes(policy=SMTP)
    except (ValueError, UnicodeError) as error:
        raise MailError(_l("the message cannot be written: {problem}", problem=str(error)), is_final=True) from error
    try:
        client = _connected(server)
    except (OSError, smtplib.SMTPException) as error:
        raise MailError(_said(error)) from error
    try:
        _hand_over(client, sender, to, content)
    finally:
        with suppress(OSError, smtplib.SMTPException):
            client.quit()
        client.close()


def _hand_over(client: smtplib.SMTP, sender: str, to: str, content: bytes) -> None:
    """Give a message to a server that listens.  Until its last line is sent, an error means that it was not taken."""
    is_sent = False
    try:
        client.ehlo_or_helo_if_needed()
        options = () if (sender + to).isascii() else ("SMTPUTF8", "BODY=8BITMIME")
        _agreed(client.mail(sender, options))
        _agreed(client.rcpt(to))
        _agreed(client.docmd("DATA"), 354)
        lines = re.sub(rb"(?m)^\.", b"..", content)
        is_sent = True
        client.send(lines + (b"" if lines.endswith(b"\r\n") else b"\r\n") + b".\r\n")
        _agreed(client.getreply())
    except MailError:
        raise
    except (OSError, smtplib.SMTPException) as error:
        raise MailError(_said(error), is_certain=not is_sent) from error


def _agreed(answer: tuple[int, bytes], wanted: int = 250) -> None:
    """Go on where the server agreed."""
    code, words = answer
    if code not in (wanted, 251):
        raise MailError(f"{code} {_words(words)}", is_final=code >= 500)


def _written(mail: Mail) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = mail.sender, mail.to
    message["Subject"] = " ".join(mail.subject.split())
    message["Date"] = formatdate()
    domain = _envelope(mail.sender).rpartition("@")[2] or "localhost"
    message["Message-ID"] = f"<{mail.key}@{domain}>" if mail.key else make_msgid(domain=domain)
    message.set_content(mail.text)
    return message


def _envelope(address: str) -> str:
    """Return the bare address, its domain as name servers write it."""
    local, _, domain = parseaddr(address)[1].rpartition("@")
    if not local or not domain:
        raise ValueError("this is no e-mail address")
    return f"{local}@{domain.encode('idna').decode()}"


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_words(error.smtp_error)}"
    return f"{type(error).__name__}: {error}"


def _connected(server: Server) -> smtplib.SMTP:
    if server.security == "tls":
        client: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, timeout=TIMEOUT, context=ssl.create_default_context()
        )
    else:
        client = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT)
    try:
        if server.security == "starttls":
            client.starttls(context=ssl.create_default_context())
        if server.login:
            client.login(server.login, server.password)
    except BaseException:
        client.close()
        raise
    return client


def _words(answer: bytes | str) -> str:
    return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
