"""Leads as strangers and programs give them: every value is checked, then all are recorded in sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from crm.access.actor import Actor
from crm.directory import Directory, FieldDefinition, directory
from crm.fields.columns import COLUMNS
from crm.fields.values import Typed, store_values, typed
from crm.journal import Cause
from crm.leads.recording import NewLead, record_leads
from crm.records.comments import LONGEST_BODY, NewComment, add_comments
from crm.records.tags import TagChange, change_tags
from db.work import Work
from engine.request import DONE
from engine.text import LazyText, _l

COLUMN_KEYS: Final = ("title", "name", "phone", "email", "company_name", "source", "channel")
LONGEST_EXTERNAL_ID: Final = 255
LONGEST_TAG: Final = 80
_LARGEST_WHOLE: Final = 2**53


@dataclass(frozen=True, slots=True)
class GivenLead:
    """A lead as it was given.

    ``values`` are by key: those of ``COLUMN_KEYS``, and ``field.`` with the key of a custom field.  A ``lenient`` one is recorded
    without the values that do not fit, others are rejected for them.  ``title`` stands in where nothing names the lead.
    """

    values: Mapping[str, object] = field(default_factory=dict)
    comment: str = ""
    tags: Sequence[str] = ()
    external_id: str | None = None
    owner: str | None = None
    title: str = ""
    lenient: bool = False
    cause: Cause | None = None


@dataclass(frozen=True, slots=True)
class Wrong:
    """A value that does not fit: its key, and why."""

    where: str
    words: LazyText


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one: ``created``, ``known`` by its external id, or ``rejected``; ``wrong`` says for what."""

    code: Literal["created", "known", "rejected"]
    lead_id: int = 0
    person_id: int = 0
    wrong: tuple[Wrong, ...] = ()
    told: Mapping[str, object] = field(default_factory=dict)
    """The custom values that were kept, by key of the field."""


@dataclass(slots=True)
class Checked:
    """Values that fit: those of columns, those of custom fields; and those that do not."""

    columns: dict[str, Any]
    custom: dict[str, Typed]
    wrong: list[Wrong]


def check_values(settings: Directory, values: Mapping[str, object]) -> Checked:
    """Hold values against the fields of leads.  Reads nothing."""
    found = Checked({}, {}, [])
    for key, value in values.items():
        definition = settings.fields.get(("lead", key.removeprefix("field.")))
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) > _LARGEST_WHOLE:
            found.wrong.append(Wrong(key, _l("the number is too large")))
        elif isinstance(value, str) and not is_text(value):
            found.wrong.append(Wrong(key, _l("the text has characters that do not exist")))
        elif key in COLUMN_KEYS:
            new = COLUMNS["lead"][key].check(value if value != "" else None, settings)
            if isinstance(new, LazyText):
                if not (key == "title" and not value):
                    found.wrong.append(Wrong(key, new))
            else:
                found.columns.update({key: value} if key == "channel" else {key: new[key]})
        elif definition is not None and key.startswith("field."):
            fitting = _typed(definition, value, settings)
            if isinstance(fitting, LazyText):
                found.wrong.append(Wrong(key, fitting))
            elif fitting.shown is not None:
                found.custom[definition.key] = fitting
        else:
            found.wrong.append(Wrong(key, _l("leads have no field “{field}”", field=key)))
    return found


def _typed(definition: FieldDefinition, value: object, settings: Directory) -> Typed | LazyText:
    """Return ``typed``, with days and moments of years that calendars show."""
    try:
        fitting = typed(definition, value, settings)
    except OverflowError:
        return _l("“{value}” is too large", value=str(value)[:60])
    if isinstance(fitting, Typed) and any(
        at is not None and not 1900 <= at.year <= 2200 for _, _, at, _ in fitting.rows
    ):
        return _l("a year is between 1900 and 2200")
    return fitting


def is_text(value: str) -> bool:
    """True for what can be stored: no halves of characters."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def take_leads(work: Work, items: Sequence[GivenLead], *, by: Actor) -> list[Taken]:
    """Record leads with their fields, tags and comments; one answer per item, in order.

    Who may create leads may create them whole.  The number of statements does not grow with the number of items.
    """
    by.require("leads.create")
    settings = directory(work)
    checked = [_check(settings, item) for item in items]
    good = [number for number, one in enumerate(checked) if not one.wrong or items[number].lenient]
    results = record_leads(work, [_new(items[number], checked[number]) for number in good], by=by)
    answers = [Taken("rejected", wrong=tuple(one.wrong)) for one in checked]
    new: list[tuple[int, int, int]] = []
    for number, result in zip(good, results, strict=True):
        lead_id, person_id = result.ids
        wrong = tuple(checked[number].wrong)
        if result.code == DONE:
            new.append((number, lead_id, person_id))
            told = {key: value.shown for key, value in checked[number].custom.items()}
            answers[number] = Taken("created", lead_id, person_id, wrong, told)
        else:
            answers[number] = Taken("known", lead_id, person_id, wrong)
    _complete(work, items, checked, new, by)
    return answers


def _check(settings: Directory, item: GivenLead) -> Checked:
    found = check_values(settings, item.values)
    if item.owner is not None:
        owner = settings.logins.get(item.owner.casefold())
        if owner is None or not owner.is_active:
            found.wrong.append(Wrong("owner", _l("there is no user “{value}”", value=item.owner)))
        else:
            found.columns["owner_id"] = owner.id
    if item.external_id is not None and not (
        0 < len(item.external_id.strip()) <= LONGEST_EXTERNAL_ID and is_text(item.external_id)
    ):
        found.wrong.append(
            Wrong("external_id", _l("an external id has 1 to {limit} characters", limit=LONGEST_EXTERNAL_ID))
        )
    if len(item.comment) > LONGEST_BODY or not is_text(item.comment):
        found.wrong.append(Wrong("comment", _l("a comment has 1 to {limit} characters", limit=LONGEST_BODY)))
    if any(not 0 < len(tag.strip()) <= LONGEST_TAG or not is_text(tag) for tag in item.tags):
        found.wrong.append(Wrong("tags", _l("a tag has 1 to {limit} characters", limit=LONGEST_TAG)))
    return found


def _new(item: GivenLead, checked: Checked) -> NewLead:
    columns = checked.columns
    external_id = plain(item.external_id) if item.external_id else None
    if external_id is not None and any(one.where == "external_id" for one in checked.wrong):
        external_id = None
    named = columns.get("title") or columns.get("name") or external_id
    return NewLead(
        title=columns.get("title") or ("" if named else item.title),
        name=columns.get("name"),
        phone=columns.get("phone"),
        email=columns.get("email"),
        company_name=columns.get("company_name"),
        source=columns.get("source"),
        channel=columns.get("channel") or None,
        external_id=external_id,
        owner_id=columns.get("owner_id"),
        fields={key: value.shown for key, value in checked.custom.items()},
        cause=item.cause,
    )


def plain(text: str) -> str:
    """Return a text without spaces around it and without the character that databases do not take."""
    return text.replace("\x00", "").strip()


def _complete(
    work: Work, items: Sequence[GivenLead], checked: Sequence[Checked], new: Sequence[tuple[int, int, int]], by: Actor
) -> None:
    """Give new leads their custom fields, tags and comments."""
    fields = directory(work).fields
    values = [
        (lead_id, {fields["lead", key].id: value for key, value in checked[number].custom.items()})
        for number, lead_id, _ in new
        if checked[number].custom
    ]
    store_values(work, values, new=True)
    whole = replace(by, rights=by.rights | {"leads.edit"}, sees=None)
    tagged = [
        TagChange(
            "lead",
            lead_id,
            person_id,
            frozenset(" ".join(plain(tag).split()) for tag in items[number].tags if tag.strip())
            if not any(one.where == "tags" for one in checked[number].wrong)
            else frozenset(),
            cause=items[number].cause,
        )
        for number, lead_id, person_id in new
        if items[number].tags
    ]
    change_tags(work, tagged, by=whole)
    comments = [
        NewComment("lead", lead_id, person_id, items[number].comment, cause=items[number].cause)
        for number, lead_id, person_id in new
        if plain(items[number].comment) and not any(one.where == "comment" for one in checked[number].wrong)
    ]
    add_comments(work, comments, by=whole)
