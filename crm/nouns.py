"""The words for kinds of records and settings, where a message is about one of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.text import LazyText, _l

_NOUNS: Final[Mapping[str, LazyText]] = {
    "absence": _l("absence"),
    "api_key": _l("key of the API"),
    "channel": _l("channel"),
    "company": _l("company"),
    "contact": _l("contact"),
    "country": _l("country"),
    "deal": _l("deal"),
    "deals": _l("deals"),
    "field": _l("field"),
    "field of a company": _l("field of a company"),
    "field of a contact": _l("field of a contact"),
    "field of a deal": _l("field of a deal"),
    "field of a lead": _l("field of a lead"),
    "file": _l("file"),
    "form": _l("form"),
    "funnel": _l("funnel"),
    "handover": _l("handover"),
    "import": _l("import"),
    "key": _l("key"),
    "lead": _l("lead"),
    "leads": _l("leads"),
    "loss reason": _l("loss reason"),
    "loss_reason": _l("loss reason"),
    "mail_server": _l("mail server"),
    "manager": _l("manager"),
    "mass_action": _l("mass action"),
    "mass_start": _l("mass start"),
    "node": _l("node"),
    "organization": _l("company"),
    "plan": _l("sales plan"),
    "product": _l("product"),
    "rehearsal": _l("rehearsal"),
    "report": _l("report"),
    "resource": _l("resource"),
    "role": _l("role"),
    "run": _l("run"),
    "sales plan": _l("sales plan"),
    "stage": _l("stage"),
    "tag": _l("tag"),
    "task": _l("task"),
    "user": _l("user"),
    "users": _l("users"),
    "version": _l("version"),
    "webhook": _l("webhook"),
}


def noun(kind: str) -> str:
    """Return the word for a kind, marked for translation; a kind without one is its own word."""
    return _NOUNS.get(kind, kind)
