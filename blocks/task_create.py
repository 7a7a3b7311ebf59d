"""Create a task for somebody."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from pydantic import Field

from engine.block import Block, Context
from engine.deadline import AfterEvent, DaysBefore, DaysInStage, Deadline, Due
from engine.duration import NeverOpenError
from engine.effect import CreateTask
from engine.outcome import Fail, Leave, Outcome
from engine.setting import TemplateText, Text, UserLogin
from engine.text import _l


class TaskCreate(Block):
    """Create a task with a deadline of one of the four kinds.

    A deadline after an event that has not happened yet is set when it happens.  Leaves through ``next``; through
    ``failed`` where the date field that the deadline counts from is empty, or the hours are never open.
    """

    key: ClassVar = "task.create"
    title: ClassVar = _l("Create task")
    about: ClassVar = _l("Gives somebody a task with a deadline")
    group: ClassVar = "task"
    more: ClassVar = ("failed",)

    name: TemplateText = Field(title=_l("What to do"), description=_l("The title of the task"))
    text: TemplateText | None = Field(default=None, title=_l("Details"))
    type: Text = Field(default="todo", title=_l("Type of activity"))
    responsible: UserLogin | None = Field(
        default=None,
        title=_l("Responsible"),
        description=_l("Empty means the manager of the deal, or else of the lead"),
    )
    deadline: Deadline = Field(title=_l("Deadline"))
    unless_open: bool = Field(
        default=False, title=_l("Not twice"), description=_l("Create nothing while this block's earlier task is open")
    )

    def paths(self) -> frozenset[str]:
        match self.deadline:
            case DaysInStage():
                return frozenset({"deal.stage_entered_at", self.deadline.days_field or "deal.stage_entered_at"})
            case DaysBefore():
                return frozenset({self.deadline.field, self.deadline.days_field or self.deadline.field})
            case AfterEvent():
                return frozenset({f"event.{self.deadline.event}"})
            case _:
                return frozenset()

    def records(self) -> frozenset[str]:
        return frozenset({"lead", "deal"})

    def awaits(self) -> frozenset[str]:
        return frozenset({self.deadline.event}) if isinstance(self.deadline, AfterEvent) else frozenset()

    def run(self, ctx: Context) -> Outcome:
        entered = ctx.facts.get("deal.stage_entered_at")
        since = entered if isinstance(entered, datetime) else None
        try:
            due = self._due(ctx, since)
        except NeverOpenError as error:
            return Fail(error.code, error.message)
        if due is None and isinstance(self.deadline, DaysBefore):
            return Fail("no_date", _l("there is no date in {field}", field=self.deadline.field))
        task = CreateTask(
            title=ctx.render(self.name),
            due=due,
            deadline=self.deadline,
            text=ctx.render(self.text) if self.text is not None else "",
            type=self.type,
            responsible=self.responsible,
            unless_open=self.unless_open,
        )
        return Leave(effects=(task,))

    def _due(self, ctx: Context, since: datetime | None) -> Due | None:
        """Return the deadline; worked out once per batch where it depends on the moment alone."""
        if not isinstance(self.deadline, DaysInStage) or self.deadline.days_field is not None:
            return self.deadline.due(ctx.now, since, ctx.facts.get, ctx.calendar)
        place = (id(self), since)
        due = ctx.memo.get(place)
        if due is None:
            due = ctx.memo[place] = self.deadline.due(ctx.now, since, ctx.facts.get, ctx.calendar)
        return due
