"""The audit log: who did what, when, and from where."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from io import StringIO
from typing import Final
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, render_template, request, url_for

from crm.access.actor import SYSTEM, ActorKind
from crm.access.audit import SETTINGS, Asked, Entry, Page, actors, audit, note_export
from crm.directory import Directory, directory
from crm.nouns import noun
from db.work import Work
from engine.event import EVENT_KINDS, SubjectKind
from engine.text import LazyText, _l
from funnels.naming import funnel_names, funnels_of_runs
from web.access import allowed
from web.happenings import Context, Told, told
from web.site import reading, writing
from web.texts import moment, translated
from web.visit import actor, viewer, visit
from web.words import EVENTS

blueprint = Blueprint("audit", __name__, url_prefix="/settings")

MOST_ROWS: Final = 50_000
"""So many rows a file has at most; narrow the period for the rest."""
_AT_ONCE: Final = 2_000
RECORDS: Final[dict[SubjectKind, tuple[LazyText, str]]] = {
    "deal": (_l("Deal"), "/deals/{id}"),
    "lead": (_l("Lead"), "/leads/{id}"),
    "contact": (_l("Contact"), ""),
    "company": (_l("Company"), ""),
    "task": (_l("Task"), ""),
}
"""What each kind of record is called, and where its page is."""
CHANGED: Final = ("role", "user", "plan", "stage", "organization", "field", "tag", "product", "channel", "loss_reason",
                  "form", "webhook", "api_key", "mail_server", "funnel", "import", "mass_start", "rehearsal")  # fmt: skip
"""The settings that one may ask about."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the log, in words: what happened, to what, and from where."""

    entry: Entry
    told: Told
    what: str
    address: str
    whence: str


@blueprint.get("/audit")
@allowed("audit.see")
def show() -> str:
    """List what was done, newest first."""
    asked, wrong = _asked()
    after = request.args.get("after", "")
    with reading() as work:
        settings = directory(work)
        page = audit(work, asked, viewer=viewer(), after=after)
        rows = _rows(work, settings, page)
        people = _people(work, settings)
    filters = {name: value for name, value in request.args.items() if name != "after" and value}
    return render_template(
        "settings/audit.html",
        rows=rows,
        next=url_for(".show", **filters, after=page.next) if page.next else "",  # type: ignore[arg-type]  # texts
        first=url_for(".show", **filters) if after else "",  # type: ignore[arg-type]
        export=url_for(".export", **filters),  # type: ignore[arg-type]
        people=people,
        actions=_actions(),
        records=[(kind, words) for kind, (words, _) in RECORDS.items()],
        filters=filters,
        wrong=wrong,
    )


@blueprint.get("/audit.csv")
@allowed("audit.see")
def export() -> Response:
    """Give the same as a file, at most ``MOST_ROWS`` rows; that it was given is in the log too."""
    asked, _ = _asked()
    file = StringIO()
    table = csv.writer(file)
    heads = (_l("When"), _l("Who"), _l("What"), _l("Record"), _l("Details"), _l("From where"), _l("Address"))
    table.writerow([translated(one) for one in heads])
    written, after = 0, ""
    with reading() as work:
        settings = directory(work)
        while written < MOST_ROWS:
            page = audit(work, asked, viewer=viewer(), after=after, limit=min(_AT_ONCE, MOST_ROWS - written))
            rows = _rows(work, settings, page)
            table.writerows([_cells(row) for row in rows])
            written, after = written + len(rows), page.next
            if not after:
                break
    with writing() as work:
        note_export(work, "audit", written, by=actor(), right="audit.see")
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    return Response("\ufeff" + file.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)


def _cells(row: Row) -> list[str]:
    told_ = row.told
    details = " ".join(part for part in (told_.more, told_.text) if part)
    at = moment(told_.at, "full")
    return [harmless(one) for one in (at, told_.by, told_.words, row.what, details, row.whence, row.entry.address)]


def harmless(text: str) -> str:
    """Return a text for a cell that no program takes for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _asked() -> tuple[Asked, str]:
    """Return what the address asks for, and what is wrong with it."""
    wrong = ""
    args = request.args
    kind = next((one for one in RECORDS if one == args.get("record")), None)
    number = args.get("number", type=int)
    action = args.get("action", "")
    name, _, what = action.partition(":")
    if name not in EVENT_KINDS or (what and what not in CHANGED):
        action = ""
    days: dict[str, date | None] = {}
    for side in ("since", "until"):
        try:
            days[side] = date.fromisoformat(args[side]) if args.get(side) else None
        except ValueError:
            days[side], wrong = None, translated(_l("“{value}” is no date: write it as 2026-11-30", value=args[side]))
    since, until = days["since"], days["until"]
    by = args.get("by", type=int)
    return Asked(
        by if by is not None and 0 <= by < 2**62 else None,
        action,
        (kind, number) if kind is not None and number is not None and 0 < number < 2**62 else None,
        _midnight(since) if since else None,
        _midnight(until + timedelta(days=1)) if until and until < date.max else None,
    ), wrong


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(visit().zone))


def _rows(work: Work, settings: Directory, page: Page) -> list[Row]:
    """Return the lines of a page.  At most two queries."""
    of_runs = funnels_of_runs(work, page.story.runs)
    known = funnel_names(work) if of_runs else {}
    funnels = {run_id: known[funnel_id] for run_id, funnel_id in of_runs.items() if funnel_id in known}
    context = Context(settings, page.story, funnels, str(settings.organization["currency"]))
    return [_row(one, context, page) for one in page.entries]


def _row(entry: Entry, context: Context, page: Page) -> Row:
    one = entry.happening
    name, address = RECORDS.get(entry.subject, (None, ""))
    if name is None or not one.subject_id:
        return Row(entry, told(one, context), "", "", _whence(entry))
    title = page.titles.get((entry.subject, one.subject_id), "")
    what = f"{translated(name)} {one.subject_id}" + (f" · {title}" if title else "")
    where = address.format(id=one.subject_id) if (entry.subject, one.subject_id) in page.titles else ""
    return Row(entry, told(one, context), what, where, _whence(entry))


def _whence(entry: Entry) -> str:
    """Return from where it was done, in a word."""
    match entry.source, entry.happening.cause:
        case "session", _:
            return translated(_l("session {number}", number=entry.source_id))
        case "key", _:
            return translated(_l("API key {number}", number=entry.source_id))
        case "stranger", _:
            return translated(_l("not signed in"))
        case "line", _:
            return translated(_l("command line"))
        case _, ActorKind.RUN:
            return translated(_l("run {number}", number=entry.happening.cause_id))
        case _, ActorKind.API:
            return translated(_l("API key {number}", number=entry.happening.cause_id))
        case _, ActorKind.IMPORT:
            return translated(_l("import {number}", number=entry.happening.cause_id))
        case _:
            return ""


def _people(work: Work, settings: Directory) -> list[tuple[int, str]]:
    users = sorted(settings.users.values(), key=lambda one: (not one.is_active, one.name.casefold()))
    named = {one.id: one.name for one in users}
    found = [(SYSTEM.packed, translated(_l("the system and the command line")))]
    for packed, kind, id_, key in actors(work, [one.id for one in users]):
        name = named[id_] if kind is ActorKind.USER else translated(_l("program “{name}”", name=key))
        found.append((packed, name))
    return found


def _actions() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return what one may ask about, in groups: value and words."""
    access = [(kind, EVENTS[kind]) for kind in EVENT_KINDS if kind.startswith(("access.", "records."))]
    changes: list[tuple[str, str]] = [(f"{SETTINGS}:{one}", noun(one)) for one in CHANGED]
    records = [
        (kind, EVENTS[kind])
        for kind in EVENT_KINDS
        if kind in EVENTS and not kind.startswith(("access.", "records.", "config."))
    ]
    return [
        (translated(_l("Access")), _said(access)),
        (translated(_l("Settings")), [(SETTINGS, translated(_l("all changes of settings"))), *_said(changes)]),
        (translated(_l("Records")), _said(records)),
    ]


def _said(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(value, translated(words)) for value, words in pairs]
