"""A form is sent: what was typed is checked, and becomes a lead, once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from crm.access.actor import RIGHTS, Actor, ActorKind
from crm.directory import Directory, FieldDefinition, directory
from crm.importing.values import CellProblem, decimals_of, parse_money
from crm.journal import cause_of, journal
from crm.tables.ways import form_submission
from crm.ways.given import GivenLead, Taken, Wrong, check_values, take_leads
from crm.ways.kinds import TOLD_TYPES, Form
from crm.ways.repeats import keep, reserve
from db.work import Work
from engine.text import LazyText, _l
from engine.wall_time import to_utc

LASTS: Final = timedelta(hours=24)
"""How long an opened form can be sent."""
UTM: Final = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")
_NEEDED: Final = _l("this is required")


@dataclass(frozen=True, slots=True)
class Submission:
    """What somebody typed: texts by key of the field, several for a choice of several.

    ``nonce`` is that of the opened page: with the same one it is the same submission.  ``utm`` is how he came to the page.
    """

    form: Form
    values: Mapping[str, str | Sequence[str]]
    nonce: str
    utm: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Submitted:
    """What became of it: ``done``, ``repeated`` (the lead is that of before), or ``invalid`` for what ``wrong`` says."""

    code: Literal["done", "repeated", "invalid"]
    lead_id: int = 0
    wrong: tuple[Wrong, ...] = ()


def submit(work: Work, items: Sequence[Submission]) -> list[Submitted]:
    """Record what was sent by forms; one answer per item, in order.

    The lead, its events *lead.created* and *form.submitted*, and the mark against repeats are one transaction.  The number of
    statements does not grow with the number of items.
    """
    settings = directory(work)
    given = [_given(settings, item) for item in items]
    answers: list[Submitted] = [Submitted("invalid", wrong=tuple(wrong)) for _, wrong in given]
    good = [number for number, (_, wrong) in enumerate(given) if not wrong]
    first = {items[number].nonce: number for number in reversed(good)}
    known = reserve(work, _SCOPE, dict.fromkeys(first, ""), within=LASTS * 2)
    new = [number for nonce, number in first.items() if nonce not in known]
    taken = take_leads(work, [given[number][0] for number in new], by=_FORMS)
    leads = {nonce: kept.answer for nonce, kept in known.items()}
    for number, one in zip(new, taken, strict=True):
        leads[items[number].nonce] = one.lead_id
        answers[number] = Submitted("done", one.lead_id)
        _tell(work, settings, items[number].form, given[number][0], one)
    keep(work, _SCOPE, [(items[number].nonce, 200, leads[items[number].nonce]) for number in new])
    fresh = set(new)
    for number in good:
        if number not in fresh:
            answers[number] = Submitted("repeated", leads[items[number].nonce])
    return answers


def _tell(work: Work, settings: Directory, form: Form, given: GivenLead, one: Taken) -> None:
    """Record that the form was sent, with the answers that name nobody."""
    [row_id] = work.ids("form_submission", 1)
    columns = ("id", "form_id", "lead_id", "received_at")
    work.insert(form_submission, columns, [(row_id, form.id, one.lead_id, work.stored(work.now))])
    told = {f"value.{key}": shown for key, shown in one.told.items() if settings.fields["lead", key].type in TOLD_TYPES}
    data = {"form": form.key, "source": given.values.get("source"), "channel": given.values.get("channel"), **told}
    journal(work).add("form.submitted", one.person_id, one.lead_id, data, cause_of(_actor(form)), plan=form.key)


def _given(settings: Directory, item: Submission) -> tuple[GivenLead, list[Wrong]]:
    """Return what was typed as a lead, and what is wrong with it, field by field."""
    form = item.form
    values: dict[str, object] = {}
    wrong: list[Wrong] = []
    for asked in form.fields:
        typed = item.values.get(asked.key, "")
        several = (typed,) if isinstance(typed, str) else tuple(typed)
        filled = tuple(one for one in (text.replace("\x00", "").strip() for text in several) if one)
        definition = settings.fields.get(("lead", asked.key.removeprefix("field.")))
        if not filled:
            if asked.required:
                wrong.append(Wrong(asked.key, _NEEDED))
            continue
        if asked.key == "comment":
            continue
        if asked.key.startswith("field."):
            if definition is None:
                continue  # it was removed while the page was open
            value = _read(settings, definition, filled)
            if isinstance(value, LazyText):
                wrong.append(Wrong(asked.key, value))
                continue
            values[asked.key] = value
        else:
            values[asked.key] = filled[-1]
    wrong += check_values(settings, values).wrong
    comment = item.values.get("comment", "") if any(one.key == "comment" for one in form.fields) else ""
    text = comment if isinstance(comment, str) else "".join(comment[-1:])
    if len(text) > LONGEST_COMMENT:
        wrong.append(
            Wrong("comment", _l("the text is longer than {limit} characters: shorten it", limit=LONGEST_COMMENT))
        )
    if form.source or item.utm.get("utm_source"):
        values["source"] = (form.source or item.utm["utm_source"])[:200]
    if form.channel in settings.channel_keys:
        values["channel"] = form.channel
    for name in UTM:
        own = settings.fields.get(("lead", name))
        if item.utm.get(name) and own is not None and own.type == "text":
            values.setdefault(f"field.{name}", item.utm[name])
    title = form.title.partition("\n")[0][:200] or form.name
    return GivenLead(values, text, title=title, lenient=True, cause=cause_of(_actor(form))), wrong


def _read(settings: Directory, definition: FieldDefinition, filled: Sequence[str]) -> object:
    """Return what was typed as its field takes it, or why it cannot be."""
    text = filled[-1]
    match definition.type:
        case "choices":
            return list(filled)
        case "money":
            amount = parse_money(text, decimals=decimals_of(str(settings.organization["currency"])))
            return amount.reason if isinstance(amount, CellProblem) else amount
        case "datetime":
            try:
                moment = datetime.fromisoformat(text)
                zone = ZoneInfo(str(settings.organization["zone"]))
                return moment if moment.tzinfo is not None else to_utc(moment, zone)
            except (ValueError, OverflowError):
                return _l("“{value}” is no moment: choose a day and a time", value=text[:60])
        case "link":
            return text if "://" in text else f"https://{text}"
        case _:
            return text


def _actor(form: Form) -> Actor:
    return Actor(ActorKind.FORM, form.id)


LONGEST_COMMENT: Final = 5000
_SCOPE: Final = "form"
_FORMS: Final = Actor(ActorKind.FORM, rights=RIGHTS)
