"""``voronka funnel publish`` with its plan, ``versions``, ``restore`` and ``take-back``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.text import LazyText, _l, _ln
from voronka.commands.funnel_file import (
    documents_of,
    names_file,
    plain_problem,
    read_named,
    said_where_unpublishable,
    show_problem,
)
from voronka.commands.funnel_testing import DespiteTests, run_before_publishing
from voronka.commands.funnel_words import show_lines
from voronka.terminal import INCOMPLETE, done, out, print_json, said

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence

    from db.work import Work
    from engine.document import FunnelDocument
    from engine.publish_problem import PublishProblem
    from funnels.publication.choices_for_people import ChoiceKind, Choices
    from funnels.publication.plan import Place, Plan
    from funnels.words.reading import Line

Key = Annotated[str, typer.Argument(metavar="KEY", help=said(_l("The funnel's key.")))]
AsJson = Annotated[bool, typer.Option("--json", help=said(_l("Print JSON for programs.")))]


def add(group: typer.Typer) -> None:
    """Add the commands to those of ``voronka funnel``."""
    group.command(
        "publish",
        help=said(
            _l("Publish drafts, or files. Runs that are under way stay on their version, unless told otherwise.")
        ),
        epilog=said(
            _l(
                "Example: [cyan]voronka funnel publish calls --plan[/], then [cyan]--do wait=follow --do old=move:wait[/]"
            )
        ),
    )(_publish)
    group.command("versions", help=said(_l("List the versions of a funnel: when, by whom, what each changed.")))(
        _versions
    )
    group.command("restore", help=said(_l("Make an older version the draft again. What is published goes on.")))(
        _restore
    )
    group.command(
        "take-back",
        help=said(_l("Take back the last publication, once, while nobody came in or moved on since.")),
    )(_take_back)


def _publish(
    what: Annotated[list[str], typer.Argument(metavar="KEY|FILE", help=said(_l("Drafts by their keys, or files.")))],
    *,
    plan: Annotated[
        bool, typer.Option("--plan", help=said(_l("Only show what it changes, and who stands where. Changes nothing.")))
    ] = False,
    choices: Annotated[
        list[str] | None,
        typer.Option(
            "--do",
            metavar="NODE=CHOICE",
            help=said(
                _l(
                    "What becomes of those at a node: stay, follow, move:NODE, release:PEOPLE_AN_HOUR, exit. KEY/NODE=..."
                )
            ),
        ),
    ] = None,
    others: Annotated[
        str, typer.Option("--others", metavar="CHOICE", help=said(_l("What becomes of those at all other nodes.")))
    ] = "stay",
    note: Annotated[str, typer.Option("--note", help=said(_l("What changed and why, for the list of versions.")))] = "",
    despite_tests: DespiteTests = False,
    as_json: AsJson = False,
) -> None:
    from crm.access.actor import SYSTEM
    from funnels.publication.publishing import draft, publish_as_planned, save_draft
    from funnels.states import lock_runs
    from voronka.opening import opened

    read = [(one, read_named(Path(one)) if names_file(one) else None) for one in what]
    files = [document for _, found in read if found is not None for document in documents_of(found)]
    keys = [key for key, found in read if found is None]
    if plan:
        _show_plans(files, keys, as_json=as_json)
        return
    chosen = _chosen(choices or [], others, [document.key for document in files] + keys)
    with said_where_unpublishable(), opened() as database:
        with database.reading() as work:
            documents = [*files, *(draft(work, key) for key in keys)]
        run_before_publishing(database, documents, despite_tests=despite_tests)
        with database.work() as work:
            if any(chosen.values()):
                lock_runs(work, list(chosen))
            for document in files:
                save_draft(work, document, by=SYSTEM)
            retired = _retire(work, [found for _, found in read])
            made = [
                (key, publish_as_planned(work, key, of, by=SYSTEM, note=note, despite_tests=despite_tests))
                for key, of in chosen.items()
            ]
    if as_json:
        print_json([{"key": key, "version": one.number, "carried": dict(one.carried)} for key, one in made])
    for key, one in made:
        done(_l("{key} is published as version {version}", key=key, version=one.number))
        for words in carried_words(one.carried):
            done(words)
    for key in retired:
        done(_l("{key} is retired: no deal comes in any more, those inside go on to the end", key=key))


def _retire(work: Work, read: Sequence[object]) -> tuple[str, ...]:
    from crm.access.actor import SYSTEM
    from engine.robot import StageRobots
    from funnels.retiring import left_over, retire

    keys = tuple(key for found in read if isinstance(found, StageRobots) for key in left_over(work, found))
    retire(work, keys, by=SYSTEM)
    return keys


def _chosen(texts: Sequence[str], others: str, keys: Sequence[str]) -> dict[str, Choices]:
    """Return the choices for each funnel; one that names no funnel is for the only one there is."""
    from funnels.publication.choices_for_people import read_choices

    of: dict[str, list[str]] = {key: [] for key in dict.fromkeys(keys)}
    for text in texts:
        key, sign, rest = text.partition("/")
        if sign and "=" not in key:
            if key not in of:
                raise typer.BadParameter(said(_l("{text}: “{key}” is not among what is published", text=text, key=key)))
            of[key].append(rest)
        elif len(of) == 1:
            of[next(iter(of))].append(text)
        else:
            raise typer.BadParameter(said(_l("{text}: say for which funnel, as KEY/NODE=CHOICE", text=text)))
    return {key: read_choices(several, others) for key, several in of.items()}


def carried_words(carried: Counter[ChoiceKind]) -> list[LazyText]:
    """Return what became of those inside, in words."""
    words = {
        "follow": _ln("{count} run follows", "{count} runs follow", carried["follow"]),
        "move": _ln("{count} run was moved", "{count} runs were moved", carried["move"]),
        "exit": _ln("{count} run was let out", "{count} runs were let out", carried["exit"]),
    }
    return [text for kind, text in words.items() if carried[kind]]  # type: ignore[index]  # kinds, as the keys above


def _show_plans(files: Sequence[FunnelDocument], keys: Sequence[str], *, as_json: bool) -> None:
    from crm.access.actor import EVERYTHING
    from crm.directory import directory
    from funnels.examining import examined
    from funnels.publication.plan import plan
    from funnels.publication.publishing import draft
    from funnels.words.changes import changes
    from voronka.opening import opened

    found = []
    with opened() as database, database.reading() as work:
        for document in (*files, *(draft(work, key) for key in keys)):
            one = plan(work, document, viewer=EVERYTHING)
            found.append((one, changes(one.before, one.document, directory(work)), examined(work, document)))
    if as_json:
        print_json([_plain(*one) for one in found])
    else:
        for one, lines, wrong in found:
            _show_plan(one, lines, wrong)
    if any(one.severity == "error" for _, _, wrong in found for one in wrong):
        raise typer.Exit(INCOMPLETE)


def _plain(plan: Plan, lines: Sequence[Line], wrong: Sequence[PublishProblem]) -> dict[str, object]:
    from dataclasses import asdict

    places = [{**asdict(one), "name": said(one.name), "default": str(one.default)} for one in plan.places]
    return {
        "key": plan.key,
        "state": plan.state,
        "version": plan.version,
        "changes": [said(line.text) for line in lines],
        "problems": [plain_problem(one) for one in wrong],
        "places": places,
        "targets": list(plan.targets),
    }


def _show_plan(plan: Plan, lines: Sequence[Line], wrong: Sequence[PublishProblem]) -> None:
    from rich.text import Text

    out().print(Text(plan.key, style="bold"))
    if lines:
        show_lines(lines)
    else:
        out().print(Text(said(_l("Nothing changed."))))
    for problem in wrong:
        show_problem(problem)
    if not plan.places:
        out().print(Text(said(_l("Nobody is inside."))))
        return
    _show_places(plan.places)
    out().print(
        Text(said(_l("Without a choice everybody stays on the version he is on: --do NODE=CHOICE, --others CHOICE.")))
    )


def _show_places(places: Sequence[Place]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Column, Table
    from rich.text import Text

    from funnels.words.plans import CHANGES

    table = Table(
        Column(said(_l("Node")), no_wrap=True),
        Column(said(_l("Name")), overflow="ellipsis", no_wrap=True, ratio=1),
        Column(said(_l("Change")), no_wrap=True),
        Column(said(_l("People")), justify="right", no_wrap=True),
        Column(said(_l("Also elsewhere")), justify="right", no_wrap=True),
        Column(said(_l("Choices")), overflow="fold"),
        box=SIMPLE_HEAD,
        header_style="dim",
        border_style="dim",
    )
    for one in places:
        style = "" if one.change == "same" else "yellow"
        table.add_row(
            one.node,
            Text(said(one.name)),
            Text(said(CHANGES[one.change]), style=style),
            str(one.people),
            str(one.elsewhere_too or "·"),
            ", ".join(one.may),
        )
    out().print(table)


def _versions(key: Key, *, as_json: AsJson = False) -> None:
    from dataclasses import asdict

    from crm.access.actor import EVERYTHING
    from funnels.versions import versions
    from voronka.funnel_view import show_versions
    from voronka.opening import opened

    with opened() as database, database.reading() as work:
        found = versions(work, key, viewer=EVERYTHING)
    if as_json:
        print_json([{**asdict(one), "published_by": said(one.published_by)} for one in found])
    else:
        show_versions(out(), found)


def _restore(
    key: Key, version: Annotated[int, typer.Argument(metavar="VERSION", help=said(_l("The number of the version.")))]
) -> None:
    from crm.access.actor import SYSTEM
    from funnels.publication.unpublishing import restore
    from voronka.opening import opened

    with opened() as database, database.work() as work:
        restore(work, key, version, by=SYSTEM)
    done(
        _l(
            "version {version} is the draft of {key} again; `voronka funnel publish {key}` lets it run",
            version=version,
            key=key,
        )
    )


def _take_back(key: Key) -> None:
    from crm.access.actor import SYSTEM
    from funnels.publication.unpublishing import take_back
    from voronka.opening import opened

    with opened() as database, database.work() as work:
        back = take_back(work, key, by=SYSTEM)
    done(_l("the last publication of {key} was taken back", key=key))
    if back:
        done(_ln("{count} run is back where it stood", "{count} runs are back where they stood", back))
