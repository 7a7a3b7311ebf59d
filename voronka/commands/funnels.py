"""``voronka funnel``: funnels as files, their checks, their publishing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.text import _l, _ln
from voronka.commands import funnel_gallery, funnel_publishing, funnel_rehearsing, funnel_testing, funnel_words
from voronka.commands.funnel_file import (
    documents_of,
    names_file,
    plain_problem,
    read_named,
    said_where_unpublishable,
    show_problem,
)
from voronka.commands.funnel_testing import DespiteTests, run_before_publishing
from voronka.commands.panels import SELL
from voronka.terminal import INCOMPLETE, complain, done, out, print_json, said, warn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from db.work import Work
    from engine.document import FunnelDocument
    from engine.publish_problem import PublishProblem
    from engine.robot import StageRobots
    from funnels.states import StateChange

Key = Annotated[str, typer.Argument(metavar="KEY", help=said(_l("The funnel's key.")))]
Keys = Annotated[list[str], typer.Argument(metavar="KEY", help=said(_l("Keys of funnels.")))]
File = Annotated[Path, typer.Argument(metavar="FILE", help=said(_l("A funnel or a stage's robots, as YAML.")))]
AsJson = Annotated[bool, typer.Option("--json", help=said(_l("Print JSON for programs.")))]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help=said(_l("Funnels as files: push, pull, check, publish.")))
    group.command("list", help=said(_l("List the funnels, and how many are inside.")))(_list)
    group.command(
        "push",
        help=said(_l("Keep files as drafts. What is published goes on as it is until it is published anew.")),
        epilog=said(_l("Example: [cyan]voronka funnel push calls.yaml --publish[/]")),
    )(_push)
    group.command("pull", help=said(_l("Print a funnel's draft as a file.")))(_pull)
    group.command("check", help=said(_l("Check a file, or a draft by its key, as publishing would. Changes nothing.")))(
        _check
    )
    funnel_publishing.add(group)
    group.command("pause", help=said(_l("Let nobody in and nobody go on; dates stay, and events are kept.")))(_pause)
    group.command("drain", help=said(_l("Let nobody in; those inside go on to their end.")))(_drain)
    group.command("resume", help=said(_l("Let people in again; those who were paused go on.")))(_resume)
    group.command("stop", help=said(_l("Let nobody in, and cancel those inside. There is no way back for them.")))(
        _stop
    )
    funnel_words.add(group)
    funnel_gallery.add(group)
    funnel_testing.add(group)
    funnel_rehearsing.add(group)
    group.command("blocks", help=said(_l("List the blocks that funnels are made of.")))(_blocks)
    app.add_typer(group, name="funnel", rich_help_panel=SELL)


def _list(*, as_json: AsJson = False) -> None:
    from dataclasses import asdict

    from funnels.publication.publishing import funnels
    from voronka.funnel_view import show_list
    from voronka.opening import opened

    with opened() as database, database.reading() as work:
        rows = funnels(work)
    if as_json:
        print_json([{**asdict(row), "changed_at": row.changed_at.isoformat()} for row in rows])
    else:
        show_list(out(), rows)


def _push(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help=said(_l("Funnels and stages' robots.")))],
    *,
    publish: Annotated[bool, typer.Option("--publish", help=said(_l("Publish them at once; all or none.")))] = False,
    despite_tests: DespiteTests = False,
) -> None:
    from crm.access.actor import SYSTEM
    from engine.document import FunnelDocument
    from funnels.publication.publishing import publish as publish_draft
    from funnels.publication.publishing import save_draft
    from funnels.retiring import left_over, retire
    from voronka.opening import opened

    read = [read_named(file) for file in files]
    documents = [document for found in read for document in documents_of(found)]
    with said_where_unpublishable(), opened() as database:
        if publish:
            run_before_publishing(database, documents, despite_tests=despite_tests)
        with database.work() as work:
            retired = [key for found in read if not isinstance(found, FunnelDocument) for key in left_over(work, found)]
            if publish:
                retire(work, retired, by=SYSTEM)
            for document in documents:
                save_draft(work, document, by=SYSTEM)
            versions = [
                publish_draft(work, one.key, by=SYSTEM, despite_tests=despite_tests) if publish else 0
                for one in documents
            ]
    for document, version in zip(documents, versions, strict=True):
        if publish:
            done(_l("{key} is published as version {version}", key=document.key, version=version))
        else:
            done(_l("{key} is kept as a draft; `voronka funnel publish {key}` lets it run", key=document.key))
    for key in retired:
        if publish:
            done(_l("{key} is retired: no deal comes in any more, those inside go on to the end", key=key))
        else:
            warn(_l("the file no longer has {key}: `voronka funnel push --publish` retires it", key=key))


def _pull(
    key: Key,
    *,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help=said(_l("Write it to this file.")))
    ] = None,
) -> None:
    import sys

    from funnels.publication.publishing import draft
    from funnels.reading import write
    from voronka.opening import opened

    with opened() as database, database.reading() as work:
        text = write(draft(work, key))
    if output is None:
        sys.stdout.write(text)
    else:
        output.write_text(text, encoding="utf-8")
        done(_l("{file} is written", file=output))


def _check(
    what: Annotated[str, typer.Argument(metavar="FILE|KEY", help=said(_l("A file, or the key of a draft.")))],
    *,
    fix: Annotated[
        bool,
        typer.Option(
            "--fix", help=said(_l("Put right what is plainly meant, error by error. A file loses its comments."))
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    from funnels.publication.publishing import draft
    from voronka.opening import opened

    path = Path(what)
    found = read_named(path) if names_file(what) else None
    if fix:
        _fix(what, found)
        found = read_named(path) if found is not None else None
    with opened() as database, database.reading() as work:
        problems = _problems(work, found if found is not None else draft(work, what))
    if as_json:
        print_json([plain_problem(one) for one in problems])
    else:
        for one in problems:
            show_problem(one)
    errors = sum(one.severity == "error" for one in problems)
    if errors:
        complain(said(_ln("{count} error stops publishing", "{count} errors stop publishing", errors)))
        raise typer.Exit(INCOMPLETE)
    done(_l("{what} can be published", what=what))


def _fix(what: str, found: FunnelDocument | StageRobots | None) -> None:
    """Do the first fix of each error in a file, or in a draft, and say each."""
    from crm.access.actor import SYSTEM
    from engine.document import FunnelDocument
    from funnels.examining import put_right, put_robots_right
    from funnels.publication.publishing import draft, save_draft
    from funnels.reading import write, write_robots
    from voronka.opening import opened

    with opened() as database, database.work() as work:
        if found is None or isinstance(found, FunnelDocument):
            right, steps = put_right(work, found if found is not None else draft(work, what))
            if found is None and steps:
                save_draft(work, right, by=SYSTEM)
            text = write(right)
        else:
            robots, steps = put_robots_right(work, found)
            text = write_robots(robots)
    if found is not None and steps:
        Path(what).write_text(text, encoding="utf-8")
    for problem, step in steps:
        where = ".".join(part for part in (problem.node, problem.field) if part is not None)
        done(_l("{where}: {fix}", where=where or what, fix=said(step.title)))


def _pause(keys: Keys) -> None:
    from funnels.states import pause

    _change(pause, keys)


def _drain(keys: Keys) -> None:
    from funnels.states import drain

    _change(drain, keys)


def _resume(keys: Keys) -> None:
    from funnels.states import resume

    _change(resume, keys)


def _stop(keys: Keys) -> None:
    from funnels.states import stop

    _change(stop, keys)


def _change(act: Callable[..., list[StateChange]], keys: list[str]) -> None:
    """Change the state of funnels, and say what became of each; exit status 1 where one stays as it was."""
    from crm.access.actor import SYSTEM
    from funnels.words.names import STATES
    from voronka.opening import opened

    with opened() as database, database.work() as work:
        changes = act(work, keys, by=SYSTEM)
    for one in changes:
        if one.code == "done":
            state = STATES[one.state]
            done(
                _ln(
                    "{key}: {state}; {count} run was inside",
                    "{key}: {state}; {count} runs were inside",
                    one.inside,
                    key=one.key,
                    state=state,
                )
            )
        else:
            complain(said(_l("{key}: {reason}", key=one.key, reason=_UNCHANGED[one.code])))
    if any(one.code != "done" for one in changes):
        raise typer.Exit(INCOMPLETE)


_UNCHANGED = {
    "no_funnel": _l("there is no such funnel"),
    "not_published": _l("it was never published"),
    "same_state": _l("it is in that state already"),
}


def _blocks(*, as_json: AsJson = False) -> None:
    from blocks.catalogue import CATALOG
    from voronka.funnel_view import show_blocks

    if as_json:
        print_json(
            [
                {"key": block.key, "title": said(block.title), "about": said(block.about), "group": block.group,
                 "settings": block.model_json_schema()}
                for block in CATALOG
            ]
        )  # fmt: skip
    else:
        show_blocks(out(), CATALOG)


def _problems(work: Work, found: FunnelDocument | StageRobots) -> Sequence[PublishProblem]:
    from engine.document import FunnelDocument
    from funnels.examining import examined, examined_robots

    return examined(work, found) if isinstance(found, FunnelDocument) else examined_robots(work, found)
