"""The mass action that opens deals on a sales plan, for leads or beside other deals of the same persons."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final, Literal

from pydantic import Field
from sqlalchemy import and_, or_, select

from crm.access.actor import Actor
from crm.conditions.facts import Subject, load
from crm.deals.opening import NewDeal, open_deals
from crm.directory import Directory, directory
from crm.errors import NotFoundError
from crm.tables.journal import event
from crm.tables.records import deal
from db.sets import in_set
from db.work import Work
from engine.event import EVENT_KINDS
from engine.request import DONE, Result
from engine.text import LazyText, _l
from funnels.mass.action import CHANGED_SINCE, MassAction, Rows
from funnels.removing import LOCKED, REMOVE, about, named_elsewhere, runs_about, tasks_of
from funnels.starting import Kind

_CREATED: Final = EVENT_KINDS["deal.created"].code


class AddToPlan(MassAction):
    """Open a deal on ``plan`` for each; who has an open one there already is left out.

    A deal's twin on another plan takes its title and amount along.
    """

    action: Literal["plan"] = "plan"
    plan: str = Field(min_length=1, max_length=200)
    stage: str = Field("", max_length=200)

    title: ClassVar[LazyText] = _l("Add to a plan")
    icon: ClassVar[str] = "layout-kanban"
    kinds: ClassVar[frozenset[str]] = frozenset({"lead", "deal"})
    by_version: ClassVar[bool] = False
    touches_runs: ClassVar[bool] = True

    def rights(self, kind: Kind) -> frozenset[str]:
        """Return what opening deals asks for."""
        return super().rights(kind) | {"deals.create"}

    def check(self, work: Work, kind: Kind) -> None:
        """Refuse a plan or a stage that is not there."""
        plan = directory(work).plan(self.plan)
        if plan.is_archived:
            raise NotFoundError("sales plan", self.plan)
        if self.stage and self.stage not in plan.by_key:
            raise NotFoundError("stage", self.stage)

    def told(self, settings: Directory) -> LazyText:
        """Return the plan's name."""
        plan = settings.plan_keys.get(self.plan)
        return _l("to the plan “{plan}”", plan=plan.name if plan is not None else self.plan)

    def before(self, work: Work, kind: Kind, rows: Rows) -> Mapping[int, Any]:
        """Return nothing of each: there is no deal yet."""
        return {row.id: 0 for row in rows}

    def kept(self, result: Result, before: Any) -> Any:
        """Return the deal that was opened."""
        return result.ids[0]

    def act(self, work: Work, kind: Kind, rows: Rows, *, by: Actor) -> list[Result]:
        """Open the deals."""
        facts = self._facts(work, kind, rows)
        items = []
        for row in rows:
            of = {"contact_id": row.contact_id, "company_id": row.company_id}
            stage = self.stage or None
            if kind == "lead":
                new = NewDeal(
                    row.person_id, self.plan, stage, lead_id=row.id, if_open="leave", values=facts[row.id], **of
                )
            else:
                same = row.title, row.amount, row.currency
                new = NewDeal(row.person_id, self.plan, stage, *same, lead_id=row.lead_id, if_open="leave", **of)
            items.append(new)
        return open_deals(work, items, by=by)

    def take_back(self, work: Work, kind: Kind, rows: Rows, before: Mapping[int, Any], *, by: Actor) -> list[Result]:
        """Remove the deals again that nobody touched since."""
        opened = {row.id: before[row.id] for row in rows}
        ids = sorted(opened.values())
        LOCKED["deal"](work, ids)
        on_it = and_(event.c.person_id == deal.c.person_id, event.c.subject_id == deal.c.id, about("deal"))
        touched = or_(
            deal.c.version != 1,
            select(event.c.id).where(on_it, event.c.kind != _CREATED).exists(),
            *runs_about("deal", deal, on_it),
            tasks_of("deal", deal),
        )
        there = {row.id: row.touched for row in work.rows(
            select(deal.c.id, touched.label("touched")).where(in_set(deal.c.id, "ids")), {"ids": ids}
        )}  # fmt: skip
        free = [id_ for id_ in ids if there.get(id_) in (False, 0)]
        named = named_elsewhere(work, "deal", free)
        going = [id_ for id_ in free if id_ not in named]
        if going:
            REMOVE["deal"](work, going)
        gone = set(going)
        changed = Result("stale", detail=CHANGED_SINCE)
        return [Result(DONE, (row.id,)) if opened[row.id] in gone else changed for row in rows]

    def _facts(self, work: Work, kind: Kind, rows: Rows) -> Mapping[int, Callable[[str], object]]:
        """Return what titles are filled from, by lead."""
        if kind != "lead":
            return {}
        paths = directory(work).title_paths
        subjects = [Subject(row.person_id, row.id) for row in rows]
        found = load(work, subjects, records=frozenset({"lead"}), paths=paths)
        return {row.id: facts.get for row, facts in zip(rows, found, strict=True)}
