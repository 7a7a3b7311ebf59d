"""E-mail out, by SMTP."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from voronka_error import VoronkaError

TIMEOUT = 20
"""Seconds that a mail server may take for one answer."""


class MailError(VoronkaError):
    """A mail server that could not be reached or refused.

    ``is_certain`` says that the message was not taken; otherwise nobody knows.
    """

    code = "mail_failed"

    def __init__(self, words: str, *, is_certain: bool = True) -> None:
        super().__init__(words)
        self.is_certain = is_certain


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
    message = EmailMessage()
    message["From"], message["To"] = mail.sender, mail.to
    message["Subject"] = " ".join(mail.subject.split())
    message["Date"] = formatdate()
    domain = mail.sender.rpartition("@")[2].rstrip(">") or "localhost"
    message["Message-ID"] = f"<{mail.key}@{domain}>" if mail.key else make_msgid(domain=domain)
    message.set_content(mail.text)
    is_sending = False
    try:
        with _connected(server) as client:
            is_sending = True
            client.send_message(message)
    except smtplib.SMTPResponseException as error:
        raise MailError(f"{error.smtp_code} {_words(error.smtp_error)}") from error
    except smtplib.SMTPRecipientsRefused as error:
        code, words = next(iter(error.recipients.values()))
        raise MailError(f"{code} {_words(words)}") from error
    except (OSError, smtplib.SMTPException) as error:
        raise MailError(f"{type(error).__name__}: {error}", is_certain=not is_sending) from error


def _connected(server: Server) -> smtplib.SMTP:
    if server.security == "tls":
        client: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, timeout=TIMEOUT, context=ssl.create_default_context()
        )
    else:
        client = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT)
        if server.security == "starttls":
            client.starttls(context=ssl.create_default_context())
    if server.login:
        client.login(server.login, server.password)
    return client


def _words(answer: bytes | str) -> str:
    return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
