"""``voronka funnel rehearse``: what a draft would have done in a past period, beside what really happened."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from engine.text import _l, _ln
from voronka.commands.funnel_file import documents_of, names_file, read_named, said_where_unpublishable
from voronka.terminal import REFUSED, complain, done, out, print_json, said, warn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from db.database import Database
    from engine.document import FunnelDocument
    from workers.rehearsal import Rehearsed

_DAY = "%Y-%m-%d"
_MOMENTS = [_DAY, "%Y-%m-%dT%H:%M"]
USUAL = timedelta(days=30)


def add(group: typer.Typer) -> None:
    """Add the command to those of ``voronka funnel``."""
    group.command(
        "rehearse",
        help=said(
            _l("Run a file, or a draft, on what happened in a past period. Nothing is changed, and nothing is sent.")
        ),
        epilog=said(_l("Example: [cyan]voronka funnel rehearse calls.yaml --from 2026-03-01 --to 2026-04-01[/]")),
    )(_rehearse)


def _rehearse(
    what: Annotated[str, typer.Argument(metavar="FILE|KEY", help=said(_l("A file, or the key of a draft.")))],
    *,
    start: Annotated[
        datetime | None,
        typer.Option("--from", formats=_MOMENTS, help=said(_l("From when on; thirty days before the end otherwise."))),
    ] = None,
    end: Annotated[
        datetime | None, typer.Option("--to", formats=_MOMENTS, help=said(_l("Until when, without it; now otherwise.")))
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", min=1, help=said(_l("Only the first so many events that the triggers look at."))),
    ] = None,
    person: Annotated[
        int | None, typer.Option("--lead", min=1, help=said(_l("Only who this lead is, step by step.")))
    ] = None,
    unkind: Annotated[
        bool, typer.Option("--unkind", help=said(_l("No message arrives, and no request is answered.")))
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help=said(_l("Print JSON for programs.")))] = False,
) -> None:
    from voronka.opening import opened

    files = documents_of(read_named(Path(what))) if names_file(what) else None
    with said_where_unpublishable(), opened() as database:
        documents, since, until = _asked(database, what, files, start, end)
        if since >= until:
            complain(said(_l("the period ends before it begins: give an earlier --from, or a later --to")))
            raise typer.Exit(REFUSED)
        people = _people(database, person) if person is not None else None
        told = []
        for document in documents:
            found = _run(database, document, since, until, limit, people, is_unkind=unkind)
            if as_json:
                told.append(_plain(found))
            else:
                _show(database, found, by_step=people is not None)
            found.close()
    if as_json:
        print_json(told)


def _asked(
    database: Database,
    what: str,
    files: Sequence[FunnelDocument] | None,
    start: datetime | None,
    end: datetime | None,
) -> tuple[Sequence[FunnelDocument], datetime, datetime]:
    """Return what is rehearsed on which period; days are the company's."""
    from crm.directory import directory
    from funnels.publication.publishing import draft

    with database.reading() as work:
        documents = files if files is not None else (draft(work, what),)
        zone = ZoneInfo(directory(work).calendar.zone)
        until = end.replace(tzinfo=zone) if end is not None else work.now
    return documents, start.replace(tzinfo=zone) if start is not None else until - USUAL, until


def _people(database: Database, lead_id: int) -> list[int]:
    from sqlalchemy import select

    from crm.errors import NotFoundError
    from crm.tables.records import lead

    with database.reading() as work:
        found = work.scalar(select(lead.c.person_id).where(lead.c.id == lead_id))
    if found is None:
        raise NotFoundError("lead", lead_id)
    return [int(found)]


def _run(
    database: Database,
    document: FunnelDocument,
    start: datetime,
    end: datetime,
    limit: int | None,
    people: Sequence[int] | None,
    *,
    is_unkind: bool,
) -> Rehearsed:
    from workers.rehearsal import Asked, kind, rehearse, unkind

    asked = Asked(document, start, end, limit=limit, persons=people, outside=unkind if is_unkind else kind)
    from voronka.progress import counting

    with counting(document.name) as tell:
        return rehearse(database, asked, progress=tell)


def _plain(found: Rehearsed) -> dict[str, object]:
    """Return it for programs; moments are UTC in ISO 8601."""
    return {
        "funnel": found.asked.document.key,
        "from": found.asked.start.isoformat(),
        "to": found.asked.end.isoformat(),
        "events": found.events,
        "people": found.taken,
        "rehearsed": found.figures.plain(),
        "really": found.really.plain() if found.really is not None else None,
        "refused": dict(found.refused),
        "left_out": found.left_out,
        "together_seconds": int(found.grain.total_seconds()),
        "seconds": round(found.seconds, 3),
    }


def _show(database: Database, found: Rehearsed, *, by_step: bool) -> None:
    from crm.directory import directory
    from funnels.rehearsals.in_words import tables
    from voronka.rehearsal_view import show_steps, show_tables

    document = found.asked.document
    with database.reading() as work:
        settings = directory(work)
    period = f"{found.asked.start:{_DAY}} … {found.asked.end:{_DAY}}"
    if by_step:
        show_steps(out(), document, found.world.walks(), ZoneInfo(settings.calendar.zone))
    else:
        show_tables(out(), tables(document, settings, found.figures, found.really), has_really=found.really is not None)
    done(
        _ln(
            "{key}, {period}: {count} event in {seconds} s; nothing was changed, and nothing was sent",
            "{key}, {period}: {count} events in {seconds} s; nothing was changed, and nothing was sent",
            found.events,
            key=document.key,
            period=period,
            seconds=f"{found.seconds:.1f}",
        )
    )
    if found.grain:
        minutes = int(found.grain.total_seconds()) // 60
        warn(_l("what happened within the same {minutes} minutes of the clock was worked on together", minutes=minutes))
    if found.left_out:
        words = _ln(
            "{count} later event is left out: its record is not there this time",
            "{count} later events are left out: their records are not there this time",
            found.left_out,
        )
        warn(words)
