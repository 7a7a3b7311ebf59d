"""Mass actions on where deals stand: another stage, won, lost, taken up again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from crm.access.actor import Actor
from crm.deals.moving import RECALL_RIGHTS, Move, move_deals
from crm.deals.recalling import LONGEST_REASON, Recall, recall_deals
from crm.directory import Directory, Plan, Stage, directory
from crm.errors import InvalidError, NotFoundError
from db.work import Work
from engine.request import Result
from engine.text import LazyText, _l
from funnels.mass.action import MassAction, Rows
from funnels.starting import Kind


class _Placing(MassAction):
    """What these have in common: where a deal stood is remembered, and it is put back there."""

    def before(self, work: Work, kind: Kind, rows: Rows) -> Mapping[int, Any]:
        """Return the stage of each, and why it is lost."""
        return {row.id: [row.stage_id, row.loss_reason_id] for row in rows}

    def take_back(self, work: Work, kind: Kind, rows: Rows, before: Mapping[int, Any], *, by: Actor) -> list[Result]:
        """Put deals back to the stages they came from, whatever these ask for now.

        Who may not recall deals takes back what he closed himself a moment ago, as on the board.
        """
        settings, moves, gone = directory(work), [], {}
        recall = "↩" if by.rights >= RECALL_RIGHTS else ""
        for row in rows:
            stage_id, reason_id = before[row.id]
            stage = settings.stages.get(stage_id)
            if stage is None or stage.key not in settings.plans[row.plan_id].by_key:
                gone[row.id] = Result("no_stage", (row.id,), detail=_l("the stage it came from is not there any more"))
                continue
            reason = settings.loss_reasons.get(reason_id) if reason_id is not None else None
            moves.append(Move(row.id, stage.key, loss_reason=reason, recall=recall))
        moved = iter(move_deals(work, moves, by=by))
        return [gone[row.id] if row.id in gone else next(moved) for row in rows]


class ChangeStage(_Placing):
    """Move deals to a stage; with ``plan`` only those of that plan."""

    action: Literal["stage"] = "stage"
    plan: str = Field("", max_length=200)
    stage: str = Field(min_length=1, max_length=200)
    reason: str = Field("", max_length=200)

    title: ClassVar[LazyText] = _l("Change the stage")
    icon: ClassVar[str] = "arrow-right"

    def check(self, work: Work, kind: Kind) -> None:
        """Refuse a stage or a reason that is not there."""
        settings = directory(work)
        plans = [settings.plan(self.plan)] if self.plan else list(settings.plans.values())
        stage = next((plan.by_key[self.stage] for plan in plans if self.stage in plan.by_key), None)
        if stage is None:
            raise NotFoundError("stage", self.stage)
        _check_reason(settings, self.reason, is_asked=stage.asks_reason)

    def told(self, settings: Directory) -> LazyText:
        """Return the stage's name."""
        plan = settings.plan_keys.get(self.plan)
        stages = plan.by_key if plan is not None else _any_stage(settings)
        stage = stages.get(self.stage)
        return _l("to the stage “{stage}”", stage=stage.name if stage is not None else self.stage)

    def act(self, work: Work, kind: Kind, rows: Rows, *, by: Actor) -> list[Result]:
        """Move them."""
        settings = directory(work)
        others = {row.id for row in rows if self.plan and settings.plans[row.plan_id].key != self.plan}
        moves = [Move(row.id, self.stage, loss_reason=self.reason or None) for row in rows if row.id not in others]
        moved = iter(move_deals(work, moves, by=by))
        return [_on_another(settings, row) if row.id in others else next(moved) for row in rows]


class Close(_Placing):
    """Close deals as won or lost, each on its own plan."""

    action: Literal["close"] = "close"
    how: Literal["won", "lost"]
    reason: str = Field("", max_length=200)

    title: ClassVar[LazyText] = _l("Close")
    icon: ClassVar[str] = "trophy"

    def check(self, work: Work, kind: Kind) -> None:
        """Refuse to lose deals without a reason where every plan asks for one."""
        settings = directory(work)
        ends = [end for plan in settings.plans.values() if (end := self._end(plan)) is not None]
        _check_reason(settings, self.reason, is_asked=bool(ends) and all(end.asks_reason for end in ends))

    def told(self, settings: Directory) -> LazyText:
        """Return won, or lost."""
        return _l("as won") if self.how == "won" else _l("as lost")

    def act(self, work: Work, kind: Kind, rows: Rows, *, by: Actor) -> list[Result]:
        """Move each to the end of its plan."""
        plans = directory(work).plans
        ends = {row.id: self._end(plans[row.plan_id]) for row in rows}
        reason = self.reason or None
        moves = [Move(id_, end.key, loss_reason=reason) for id_, end in ends.items() if end is not None]
        moved = iter(move_deals(work, moves, by=by))
        none = _l("its plan has no such end")
        return [Result("no_stage", (row.id,), detail=none) if ends[row.id] is None else next(moved) for row in rows]

    def _end(self, plan: Plan) -> Stage | None:
        return next((stage for stage in plan.stages if stage.kind == self.how), None)


class TakeUpAgain(_Placing):
    """Recall closed deals."""

    action: Literal["recall"] = "recall"
    reason: str = Field(min_length=1, max_length=LONGEST_REASON)

    title: ClassVar[LazyText] = _l("Recall")
    icon: ClassVar[str] = "arrow-back-up"

    def rights(self, kind: Kind) -> frozenset[str]:
        """Return what recalling asks for."""
        return super().rights(kind) | RECALL_RIGHTS

    def check(self, work: Work, kind: Kind) -> None:
        """Refuse a recall without a reason."""
        if not self.reason.strip():
            raise InvalidError(_l("say why the deal is taken up again"))

    def told(self, settings: Directory) -> LazyText:
        """Return the reason."""
        return _l("“{reason}”", reason=self.reason)

    def act(self, work: Work, kind: Kind, rows: Rows, *, by: Actor) -> list[Result]:
        """Recall them."""
        return recall_deals(work, [Recall(row.id, self.reason) for row in rows], by=by)


def _check_reason(settings: Directory, reason: str, *, is_asked: bool) -> None:
    if reason and reason not in settings.loss_reason_keys:
        raise InvalidError(_l("there is no loss reason “{reason}”", reason=reason))
    if is_asked and not reason:
        raise InvalidError(_l("Say why they are lost."))


def _any_stage(settings: Directory) -> dict[str, Stage]:
    return {stage.key: stage for plan in settings.plans.values() for stage in plan.stages}


def _on_another(settings: Directory, row: Any) -> Result:
    name = settings.plans[row.plan_id].name
    return Result(
        "another_plan", (row.id,), detail=_l("it is on the plan “{plan}”, which has stages of its own", plan=name)
    )
