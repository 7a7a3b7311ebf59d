"""``voronka run``: see where runs are, and set parked ones going."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.text import LazyText, _l, _ln
from voronka.commands.panels import SELL
from voronka.terminal import INCOMPLETE, complain, done, note, out, print_json, said, warn

if TYPE_CHECKING:
    from crm.access.actor import Actor
    from db.work import Work
    from engine.request import Result
    from funnels.starting import Record
    from funnels.why import Kind

Ids = Annotated[list[int] | None, typer.Argument(metavar="RUN", help=said(_l("Numbers of runs.")))]
Parked = Annotated[bool, typer.Option("--parked", help=said(_l("All parked runs, instead of naming them.")))]
Funnel = Annotated[str | None, typer.Option("--funnel", help=said(_l("Of this funnel only.")))]
AsJson = Annotated[bool, typer.Option("--json", help=said(_l("Print JSON for programs.")))]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help=said(_l("See where runs are, and set parked ones going.")))
    group.command("status", help=said(_l("How many runs are inside each funnel, what is due, and what stands still.")))(
        _status
    )
    group.command("retry", help=said(_l("Let parked runs go on at the node where they failed.")))(_retry)
    group.command("skip", help=said(_l("Let parked runs go on behind the node where they failed.")))(_skip)
    group.command("move", help=said(_l("Put runs, parked or waiting, on another node of their funnel.")))(_move)
    group.command("cancel", help=said(_l("End runs, parked or waiting, where they stand.")))(_cancel)
    group.command(
        "why", help=said(_l("Why a lead or deal started nothing: which triggers refused it, and what it is in."))
    )(_why)
    group.command("start", help=said(_l("Start leads or deals in a funnel by hand.")))(_start)
    app.add_typer(group, name="run", rich_help_panel=SELL)


def _status(
    *,
    funnel: Funnel = None,
    wait: Annotated[
        bool,
        typer.Option(
            "--wait",
            help=said(
                _l("Return when nothing is due any more. Where no server works on an embedded database, work here.")
            ),
        ),
    ] = False,
    timeout: Annotated[
        float | None, typer.Option(help=said(_l("With --wait: seconds after which to give up, with exit status 1.")))
    ] = None,
    as_json: AsJson = False,
) -> None:
    from funnels.runs import report
    from voronka.opening import opened
    from voronka.run_view import plain, show
    from voronka.waiting import wait_until_idle

    with opened() as database:
        is_idle = wait_until_idle(database, seconds=timeout) if wait else True
        with database.reading() as work:
            found = report(work, funnel_key=_known(work, funnel))
    if as_json:
        print_json(plain(found))
    else:
        show(out(), found)
    if not is_idle:
        warn(_l("there is still something to do; is a worker running?"))
        raise typer.Exit(INCOMPLETE)


def _retry(ids: Ids = None, *, parked: Parked = False, funnel: Funnel = None) -> None:
    from funnels.repair import retry

    _repair(retry, ids, parked, funnel)


def _skip(ids: Ids = None, *, parked: Parked = False, funnel: Funnel = None) -> None:
    from funnels.repair import skip

    _repair(skip, ids, parked, funnel)


def _move(
    ids: Ids = None,
    *,
    to: Annotated[str, typer.Option("--to", metavar="NODE", help=said(_l("The id of the node.")))],
    parked: Parked = False,
    funnel: Funnel = None,
) -> None:
    from funnels.repair import move

    def to_node(work: Work, run_ids: Sequence[int], *, by: Actor) -> list[Result]:
        return move(work, run_ids, to, by=by)

    _repair(to_node, ids, parked, funnel)


def _cancel(ids: Ids = None, *, parked: Parked = False, funnel: Funnel = None) -> None:
    from funnels.repair import cancel

    _repair(cancel, ids, parked, funnel)


def _why(
    *,
    lead: Annotated[int | None, typer.Option("--lead", metavar="ID", help=said(_l("Number of a lead.")))] = None,
    deal: Annotated[int | None, typer.Option("--deal", metavar="ID", help=said(_l("Number of a deal.")))] = None,
    as_json: AsJson = False,
) -> None:
    from funnels.why import why
    from voronka.opening import opened
    from voronka.why_view import plain, show

    if (lead is None) == (deal is None):
        raise typer.BadParameter(said(_l("name one lead by --lead or one deal by --deal")))
    with opened() as database, database.reading() as work:
        [one] = _records(work, [lead] if lead else [], [deal] if deal else [])
        found = why(work, one.kind, one.id, one.person_id, plan=one.plan, lead_id=one.lead_id)
    if as_json:
        print_json(plain(found))
    else:
        show(out(), found)


def _start(
    funnel: Annotated[str, typer.Argument(metavar="FUNNEL", help=said(_l("Key of a published funnel.")))],
    *,
    lead: Annotated[
        list[int] | None, typer.Option("--lead", metavar="ID", help=said(_l("Number of a lead; may be repeated.")))
    ] = None,
    deal: Annotated[
        list[int] | None, typer.Option("--deal", metavar="ID", help=said(_l("Number of a deal; may be repeated.")))
    ] = None,
    button: Annotated[
        str | None,
        typer.Option("--button", metavar="LABEL", help=said(_l("Which button, where the funnel has several."))),
    ] = None,
) -> None:
    from crm.access.actor import SYSTEM
    from funnels.starting import Start, start_by_hand
    from voronka.opening import opened

    if not lead and not deal:
        raise typer.BadParameter(said(_l("name leads by --lead or deals by --deal")))
    with opened() as database, database.work() as work:
        records = _records(work, lead or [], deal or [])
        start_by_hand(
            work, funnel, [Start(one.kind, one.id, one.person_id) for one in records], button=button, by=SYSTEM
        )
    done(_ln("{count} record is handed to the funnel “{funnel}”", "{count} records are handed to the funnel “{funnel}”",
             len(records), funnel=funnel))  # fmt: skip


def _records(work: Work, leads: Sequence[int], deals: Sequence[int]) -> list[Record]:
    """Return leads and deals by their numbers.

    Raises:
        NotFoundError: one is not there.
    """
    from crm.errors import NotFoundError
    from funnels.starting import records_of

    found: list[Record] = []
    kinds: tuple[tuple[Kind, Sequence[int]], ...] = (("lead", leads), ("deal", deals))
    for kind, ids in kinds:
        known = records_of(work, kind, ids)
        for one in dict.fromkeys(ids):
            if one not in known:
                raise NotFoundError(kind, one)
            found.append(known[one])
    return found


def _repair(act: Callable[..., list[Any]], ids: list[int] | None, parked: bool, funnel: str | None) -> None:
    """Repair the runs named, and say which could not be; exit status 1 where there are such."""
    from crm.access.actor import SYSTEM
    from funnels.runs import parked_ids
    from voronka.opening import opened

    if bool(ids) == parked:
        raise typer.BadParameter(said(_l("name runs, or say --parked")))
    with opened() as database, database.work() as work:
        run_ids = list(dict.fromkeys(ids)) if ids else parked_ids(work, funnel_key=_known(work, funnel))
        answers = act(work, run_ids, by=SYSTEM)
    refused = [(answer.code, run_id) for run_id, answer in zip(run_ids, answers, strict=True) if answer.code != "done"]
    for code, run_id in refused:
        complain(said(_l("run {run_id}: {reason}", run_id=run_id, reason=_REASONS.get(code, LazyText(code)))))
    if len(refused) < len(run_ids):
        done(_ln("{count} run is set right", "{count} runs are set right", len(run_ids) - len(refused)))
    elif not run_ids:
        note(_l("no run is parked"))
    if refused:
        raise typer.Exit(INCOMPLETE)


_REASONS = {
    "no_run": _l("there is no such run"),
    "not_parked": _l("it is not parked"),
    "not_live": _l("it has ended"),
    "no_node": _l("its funnel has no such node"),
}


def _known(work: Work, funnel: str | None) -> str | None:
    """Refuse a funnel that does not exist."""
    if funnel is not None:
        from funnels.publication.publishing import draft

        draft(work, funnel)
    return funnel
