"""The post: sends a letter through its channel, with no transaction open, and says what came of it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from channels import http, smtp
from db.types import dumps
from engine.text import packed
from workers.letters import Letter, Receipt

_EXCERPT = 500
_LONGEST_WORDS = 500


class Post:
    """Sends letters.  ``rules`` say where requests may go."""

    def __init__(self, rules: http.Rules | None = None) -> None:
        self._rules = rules or http.Rules()

    def send(self, letter: Letter) -> Receipt:
        """Send a letter once.  Whatever goes wrong is a receipt."""
        payload = letter.row.payload
        return self._email(letter, payload) if letter.row.channel == "email" else self._call(letter, payload)

    def _email(self, letter: Letter, payload: dict[str, Any]) -> Receipt:
        known = letter.server
        assert known is not None
        server = smtp.Server(known.host, known.port, known.security, known.login, known.password)
        mail = smtp.Mail(known.sender, payload["to"], payload["subject"], payload["text"], letter.key)
        try:
            smtp.send(server, mail)
        except smtp.MailError as error:
            return _failure(error)
        return Receipt("sent", {})

    def _call(self, letter: Letter, payload: dict[str, Any]) -> Receipt:
        headers = tuple((name, value) for name, value in payload["headers"])
        call = http.Call(payload["method"], payload["address"], headers, payload["body"], letter.key)
        try:
            answer = http.send(call, self._rules)
        except http.CallError as error:
            return _failure(error)
        result: dict[str, Any] = {"status": answer.status}
        if answer.problem is not None:
            result["problem"] = answer.problem
        if payload["until"] is not None and answer.body is not None:
            result["answer"] = _json(answer.body)
        if answer.status < 400:
            return Receipt("sent", result)
        result["words"] = f"{answer.status} {_text(answer.body)}".strip()
        if answer.status in (408, 429) or answer.status >= 500:
            after = timedelta(seconds=answer.retry_after) if answer.retry_after is not None else None
            return Receipt("again", result, after)
        return Receipt("failed", result)


def _failure(error: smtp.MailError | http.CallError) -> Receipt:
    words = error.args[0]
    result: dict[str, Any] = {"words": packed(words) if len(words) <= _LONGEST_WORDS else words[:_LONGEST_WORDS]}
    if not error.is_certain:
        return Receipt("unknown", result)
    return Receipt("failed" if error.is_final else "again", result)


def _json(body: bytes) -> Any:
    """Return an answer's JSON, ``None`` where it is none."""
    try:
        found = json.loads(body)
        dumps(found).encode()  # halves of characters cannot be stored
    except (ValueError, RecursionError):
        return None
    return found


def _text(body: bytes | None) -> str:
    return " ".join((body or b"")[:_EXCERPT].decode("utf-8", "replace").replace("\x00", "").split())
