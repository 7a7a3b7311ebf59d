"""``voronka funnel read`` and ``diff``: a funnel, and what changed in it, in plain language; and ``merge``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.text import _l
from voronka.commands.funnel_file import documents_of, names_file, read_named
from voronka.terminal import INCOMPLETE, REFUSED, complain, done, out, print_json, said, warn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from db.work import Work
    from engine.document import FunnelDocument
    from funnels.words.reading import Line

FileOrKey = Annotated[str, typer.Argument(metavar="FILE|KEY", help=said(_l("A file, or the key of a funnel.")))]
AsJson = Annotated[bool, typer.Option("--json", help=said(_l("Print JSON for programs.")))]
DRAFT = "draft"


def add(group: typer.Typer) -> None:
    """Add the commands to those of ``voronka funnel``."""
    group.command("read", help=said(_l("Tell in plain language what a file, or a published funnel, does.")))(_read)
    group.command(
        "diff",
        help=said(_l("Tell in plain language what a file, or a draft, changes in what is published.")),
        epilog=said(_l("Example: [cyan]voronka funnel diff calls.yaml --against 3[/]")),
    )(_diff)
    group.command(
        "merge",
        help=said(_l("Make one file of two edits of a file. What both changed is named; there OURS stands.")),
        epilog=said(_l("Example: [cyan]voronka funnel merge before.yaml mine.yaml hers.yaml -o both.yaml[/]")),
    )(_merge)


def _read(
    what: FileOrKey,
    *,
    version: Annotated[
        str | None, typer.Option("--version", metavar="NUMBER", help=said(_l("Another version; `draft`: the draft.")))
    ] = None,
    as_json: AsJson = False,
) -> None:
    from crm.directory import directory
    from funnels.words.reading import reading
    from voronka.opening import opened

    files = documents_of(read_named(Path(what))) if names_file(what) else None
    with opened() as database, database.reading() as work:
        documents = files if files is not None else (_stored(work, what, version),)
        told = [(document.key, reading(document, directory(work))) for document in documents]
    if as_json:
        print_json([{"key": key, "lines": _plain(lines)} for key, lines in told])
        return
    for place, (_, lines) in enumerate(told):
        if place:
            out().print()
        show_lines(lines)


def _diff(
    what: FileOrKey,
    *,
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            metavar="VERSION",
            help=said(
                _l("A version by its number, or `draft`; else what is published, or the draft where nothing is.")
            ),
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    from dataclasses import asdict

    from blocks.catalogue import block_type
    from crm.directory import directory
    from engine.diff import difference
    from funnels.versions import compared_with
    from funnels.words.changes import changes
    from voronka.opening import opened

    files = documents_of(read_named(Path(what))) if names_file(what) else None
    told = []
    with opened() as database, database.reading() as work:
        for after in files if files is not None else (_stored(work, what, DRAFT),):
            before = compared_with(work, after, _number(against))
            told.append((after.key, difference(before, after, block_type), changes(before, after, directory(work))))
    if as_json:
        print_json([{"key": key, **asdict(found), "lines": _plain(lines)} for key, found, lines in told])
        return
    for key, _, lines in told:
        if lines:
            out().print(key, style="bold", highlight=False)
            show_lines(lines)
        else:
            done(_l("{key}: nothing changed", key=key))


def _merge(
    base: Annotated[Path, typer.Argument(metavar="BASE", help=said(_l("The file before both edits.")))],
    ours: Annotated[Path, typer.Argument(metavar="OURS", help=said(_l("One edit of it.")))],
    theirs: Annotated[Path, typer.Argument(metavar="THEIRS", help=said(_l("The other edit.")))],
    *,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help=said(_l("Write it to this file.")))
    ] = None,
) -> None:
    import sys

    from engine.merging import merge
    from funnels.reading import write
    from funnels.words.conflicts import conflicts

    documents = [_funnel(path) for path in (base, ours, theirs)]
    found = merge(*documents)
    text = write(found.document)
    if output is None:
        sys.stdout.write(text)
    else:
        output.write_text(text, encoding="utf-8")
        done(_l("{file} is written", file=output))
    for line in conflicts(found, *documents):
        warn(line.text)
    if found.conflicts:
        raise typer.Exit(INCOMPLETE)


def _funnel(path: Path) -> FunnelDocument:
    from engine.document import FunnelDocument

    found = read_named(path)
    if isinstance(found, FunnelDocument):
        return found
    complain(said(_l("{file}: these are robots of a stage; only funnels are merged", file=path)))
    raise typer.Exit(REFUSED)


def show_lines(lines: Sequence[Line]) -> None:
    """Print a reading."""
    from rich.padding import Padding
    from rich.text import Text

    for line in lines:
        out().print(Padding(Text(said(line.text)), (0, 0, 0, 4 * line.depth)), soft_wrap=False)


def _plain(lines: Sequence[Line]) -> list[dict[str, object]]:
    return [{"text": said(line.text), "depth": line.depth, "node": line.node} for line in lines]


def _stored(work: Work, key: str, version: str | None) -> FunnelDocument:
    from crm.access.actor import EVERYTHING
    from funnels.versions import document_of

    return document_of(work, key, _number(version), viewer=EVERYTHING)


def _number(version: str | None) -> int | None:
    """Return a version's number; 0 for the draft, ``None`` for what is published."""
    if version is None:
        return None
    if version == DRAFT:
        return 0
    if not version.isdecimal():
        raise typer.BadParameter(said(_l("a version is a number, or `draft`")))
    return int(version)
