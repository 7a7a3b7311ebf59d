"""Messages that runs ask for: rows of the outbox, and notes beside the bells of employees, in the batch's transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from crm.directory import Directory, User, directory
from crm.today.notifications import Note, tell
from db.work import Work
from engine.effect import CallHttp, NotifyEmployee, Place, SendEmail
from engine.facts import Facts
from funnels.outbox import Channel, NewMessage, queue
from workers.walker import Walker

Outgoing = SendEmail | CallHttp | NotifyEmployee
_LONGEST_SUBJECT = 120


def receiver(settings: Directory, effect: NotifyEmployee, facts: Facts) -> User | None:
    """Return the active user who is told; ``None`` where there is none."""
    if effect.login is not None:
        user = settings.logins.get(effect.login)
    else:
        record = facts.records.get("deal") or facts.records.get("lead") or {}
        owner_id = record.get("owner_id")
        user = settings.users.get(owner_id) if isinstance(owner_id, int) else None
        if effect.whom == "supervisor" and user is not None:
            user = settings.users.get(user.supervisor_id) if user.supervisor_id is not None else None
    return user if user is not None and user.is_active else None


def write(work: Work, asked: Sequence[tuple[Walker, Outgoing]]) -> None:
    """Write what the walkers want to be told: two statements at most."""
    settings = directory(work)
    new: list[NewMessage] = []
    notes: list[Note] = []
    numbers: Counter[tuple[int, Place]] = Counter()
    for walker, effect in asked:
        place = (walker.run_id, effect.place)
        match effect:
            case SendEmail():
                mail = {"to": effect.to, "subject": effect.subject, "text": effect.text}
                if effect.until is not None:
                    mail["until"] = effect.until.isoformat()
                new.append(_message(walker, effect.place, "email", mail, numbers[place]))
            case CallHttp():
                call = {
                    "method": effect.method,
                    "address": effect.address,
                    "headers": [list(one) for one in effect.headers],
                    "body": effect.body,
                    "may_repeat": effect.may_repeat,
                    "until": effect.until.isoformat() if effect.until is not None else None,
                }
                new.append(_message(walker, effect.place, "http", call, numbers[place]))
            case NotifyEmployee():
                assert walker.facts is not None
                user = receiver(settings, effect, walker.facts)
                assert user is not None  # the refusal has seen to it
                lead_id = walker.lead_id if walker.deal_id is None else None
                notes.append(Note(user.id, effect.text, deal_id=walker.deal_id, lead_id=lead_id))
                if effect.by_email and user.email:
                    subject = effect.text.partition("\n")[0][:_LONGEST_SUBJECT]
                    email: dict[str, Any] = {
                        "to": user.email,
                        "subject": subject,
                        "text": effect.text,
                        "employee": user.id,
                    }
                    new.append(_message(walker, effect.place, "email", email, numbers[place]))
        numbers[place] += 1
    tell(work, notes)
    queue(work, new)


def _message(walker: Walker, place: Place, channel: Channel, payload: Mapping[str, Any], number: int) -> NewMessage:
    return NewMessage(
        channel,
        walker.person_id,
        walker.run_id,
        place.node,
        place.visit,
        payload,
        walker.deal_id,
        walker.lead_id,
        walker.cause.depth,
        number,
    )
