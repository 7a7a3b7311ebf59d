"""``voronka funnel test``: the tests of files and drafts; publishing runs them, too."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.text import _l, _ln
from voronka.commands.funnel_file import documents_of, names_file, read_named
from voronka.terminal import INCOMPLETE, REFUSED, complain, done, out, print_json, said, warn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from db.database import Database
    from engine.document import FunnelDocument
    from funnels.stories.results import StoryResult

DespiteTests = Annotated[
    bool, typer.Option("--despite-tests", help=said(_l("Publish although tests fail; the journal says so.")))
]


def add(group: typer.Typer) -> None:
    """Add the command to those of ``voronka funnel``."""
    group.command(
        "test",
        help=said(_l("Run the tests of a file, or of a draft by its key, in a world of its own. Changes nothing.")),
        epilog=said(_l("Example: [cyan]voronka funnel test calls.yaml[/]")),
    )(_test)


def run_before_publishing(database: Database, documents: Sequence[FunnelDocument], *, despite_tests: bool) -> None:
    """Run the tests of what is to be published and keep what came of them; refuses where some fail, unless told otherwise."""
    tested = [one for one in documents if one.tests]
    if not tested:
        return
    from crm.access.actor import SYSTEM
    from funnels.publication.publishing import problems
    from funnels.stories.asking import keep_results
    from workers.stories.running import run_tests

    with database.reading() as work:
        sound = [one for one in tested if all(found.severity != "error" for found in problems(work, one))]
        told = [(one, run_tests(work, one)) for one in sound]
    with database.work() as work:
        keep_results(work, told, by=SYSTEM)
    failed = [(document, one) for document, results in told for one in results if not one.is_good]
    for document, one in failed:
        _show(warn if despite_tests else complain, document.key, one)
    if failed and not despite_tests:
        complain(said(_l("nothing was published: tests fail; --despite-tests publishes all the same")))
        raise typer.Exit(REFUSED)


def _test(
    what: Annotated[list[str], typer.Argument(metavar="KEY|FILE", help=said(_l("Drafts by their keys, or files.")))],
    *,
    as_json: Annotated[bool, typer.Option("--json", help=said(_l("Print JSON for programs.")))] = False,
) -> None:
    from funnels.publication.publishing import draft
    from voronka.opening import opened
    from workers.stories.running import run_tests

    read = [(one, documents_of(read_named(Path(one))) if names_file(one) else None) for one in what]
    with opened() as database, database.reading() as work:
        documents = [
            document for key, found in read for document in (found if found is not None else (draft(work, key),))
        ]
        told = [(one, run_tests(work, one)) for one in documents]
    if as_json:
        print_json([_plain(document, results) for document, results in told])
    else:
        _table(told)
    if any(not one.is_good for _, results in told for one in results):
        raise typer.Exit(INCOMPLETE)


def _table(told: Sequence[tuple[FunnelDocument, tuple[StoryResult, ...]]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Column, Table
    from rich.text import Text

    table = Table(
        Column(said(_l("Funnel")), no_wrap=True),
        Column(said(_l("Test")), overflow="fold", ratio=1),
        Column("", no_wrap=True),
        Column(said(_l("What is otherwise")), overflow="fold", ratio=2),
        box=SIMPLE_HEAD,
        header_style="dim",
        border_style="dim",
    )
    for document, results in told:
        for one in results:
            mark = Text("✓", style="green") if one.is_good else Text("✗", style="red")
            table.add_row(document.key, Text(one.name), mark, Text("\n".join(said(text) for text in one.failures)))
    count = sum(len(results) for _, results in told)
    if count:
        out().print(table)
    failed = sum(not one.is_good for _, results in told for one in results)
    if failed:
        complain(said(_ln("{count} of {all} tests fails", "{count} of {all} tests fail", failed, all=count)))
    else:
        done(_ln("{count} test, all is as it says", "{count} tests, all is as they say", count))


def _show(tell: object, key: str, one: StoryResult) -> None:
    assert callable(tell)
    for text in one.failures:
        tell(f"{key}: {one.name}: {said(text)}")


def _plain(document: FunnelDocument, results: Sequence[StoryResult]) -> dict[str, object]:
    tests = [
        {"name": one.name, "good": one.is_good, "failures": [said(text) for text in one.failures], "passed": one.passed}
        for one in results
    ]
    return {"key": document.key, "tests": tests}
