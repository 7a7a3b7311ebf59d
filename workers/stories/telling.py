"""Tell a story: what is given is there, and what happens happens, in a world in memory with the company's own settings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, assert_never

from sqlalchemy import select

from crm.access.actor import SYSTEM, Actor, ActorKind
from crm.deals.moving import Move, move_deals
from crm.deals.opening import NewDeal, open_deals
from crm.directory import Directory, directory
from crm.fields.changes import FieldChange, set_fields
from crm.journal import cause_of, journal
from crm.leads.recording import NewLead, record_leads
from crm.people.persons import persons_of
from crm.records.tags import TagChange, change_tags
from crm.tables.records import deal, lead, task
from crm.tasks.changes import TaskEnd, end_tasks
from db.work import Work
from engine.document import FunnelDocument
from engine.duration import Duration
from engine.request import DONE, Result
from engine.story import FunnelTest, moment_of
from engine.story_steps import (
    AnyStep,
    ClockShows,
    DealCloses,
    DealMoves,
    DealOpens,
    FieldSet,
    FormSent,
    LeadComes,
    Pressed,
    TagPut,
    TaskDone,
    TimePasses,
    step_of,
)
from engine.text import _l
from engine.wall_time import to_utc, zone_of
from funnels.starting import Start, start_by_hand
from voronka_error import VoronkaError
from workers.rehearsal import World

SOMEBODY: Final = "+380440000001"
"""The phone of a lead of whom nothing else is known, so that it may come again."""
_LEAD: Final = frozenset(
    {"name", "phone", "email", "source", "channel", "title", "company_name", "external_id", "owner"}
)
_DEAL: Final = frozenset({"plan", "stage", "title", "amount", "owner"})


class StoryError(VoronkaError):
    """A story that cannot happen: it says at which step, and why."""

    code = "story_impossible"


class Story:
    """One test of a funnel as it happens in a world."""

    def __init__(self, world: World, document: FunnelDocument, test: FunnelTest) -> None:
        self.world = world
        self._document = document
        self._test = test
        self._person_id = 0

    def happen(self) -> None:
        """Let all of it happen.

        Raises:
            StoryError: a step cannot happen.
            NotPublishableError: the funnel has errors.
        """
        steps = [step_of(text) for text in self._test.when]
        with self.world.work() as work:
            self._settle_in(work, steps)
        self.world.settle()
        self.world.publish(self._document)
        for text, step in zip(self._test.when, steps, strict=True):
            try:
                self._do(step)
            except VoronkaError as error:
                why = error.args[0] if error.args else error.message
                raise StoryError(_l("{step}: {why}", step=text, why=why)) from error
            self.world.settle()

    def _settle_in(self, work: Work, steps: list[AnyStep]) -> None:
        """Put there what is given, but for what comes later."""
        given = self._test.given
        if given.lead is not None and not any(_brings_lead(step) for step in steps):
            self._lead(work)
        if given.deal is not None and not any(isinstance(step, DealOpens) for step in steps):
            self._deal(work)
        if not self._person_id and given.lead is None and given.deal is None:
            [self._person_id] = persons_of(work, [()])

    def _do(self, step: AnyStep) -> None:
        match step:
            case TimePasses():
                self._wait(step)
            case ClockShows():
                self._until(step)
            case _:
                with self.world.work() as work:
                    self._act(work, step)

    def _wait(self, step: TimePasses) -> None:
        with self.world.work() as work:
            calendar = directory(work).calendar
        lasting = Duration(amount=step.amount, unit=step.unit, calendar="company" if step.works else "none")
        self.world.run(lasting.after(self.world.now, calendar))

    def _until(self, step: ClockShows) -> None:
        with self.world.work() as work:
            zone = directory(work).calendar.zone
        moment = to_utc(moment_of(step.moment), zone_of(zone))
        if moment < self.world.now:
            raise StoryError(_l("this moment has passed"))
        self.world.run(moment)

    def _act(self, work: Work, step: AnyStep) -> None:
        match step:
            case LeadComes():
                self._lead(work)
            case FormSent():
                lead_id = self._lead(work)
                journal(work).add(
                    "form.submitted",
                    self._person_id,
                    lead_id,
                    {"form": step.form},
                    cause_of(_hand(work)),
                    plan=step.form,
                )
            case DealOpens():
                self._deal(work)
            case DealMoves():
                self._move(work, step.stage)
            case DealCloses():
                self._close(work, step)
            case TaskDone():
                self._finish(work, step)
            case FieldSet():
                self._set(work, step)
            case TagPut():
                self._tag(work, step.tag, is_on=step.is_on)
            case Pressed():
                self._press(work, step.label)
            case TimePasses() | ClockShows():
                raise AssertionError(step)
            case _:
                assert_never(step)

    def _lead(self, work: Work) -> int:
        settings = directory(work)
        values = _known(self._test.given.lead or {}, _LEAD, settings, "lead")
        fields = {key.removeprefix("field."): value for key, value in values.items() if key.startswith("field.")}
        own: dict[str, Any] = {key: value for key, value in values.items() if not key.startswith("field.")}
        owner = own.pop("owner", None)
        if not own.get("phone") and not own.get("email"):
            own["phone"] = SOMEBODY
        new = NewLead(**own, owner_id=settings.user(str(owner)).id if owner else None)
        [answer] = record_leads(work, [new], by=_hand(work))
        lead_id, self._person_id = answer.ids
        if fields:
            changes = FieldChange("lead", lead_id, {f"field.{key}": value for key, value in fields.items()})
            _done(set_fields(work, [changes], by=SYSTEM)[0])
        if self._test.given.tags:
            added = TagChange("lead", lead_id, self._person_id, add=frozenset(self._test.given.tags))
            change_tags(work, [added], by=SYSTEM)
        return int(lead_id)

    def _deal(self, work: Work) -> None:
        settings = directory(work)
        values = _known(self._test.given.deal or {}, _DEAL, settings, "deal")
        plan = values.get("plan")
        if not isinstance(plan, str):
            raise StoryError(_l("the given deal needs its plan: deal: {example}", example="{plan: sales}"))
        if not self._person_id:
            [self._person_id] = persons_of(work, [()])
        own: dict[str, Any] = {key: values[key] for key in ("stage", "amount", "title") if key in values}
        own["lead_id"] = self._last(work, lead)
        owner = values.get("owner")
        if owner:
            own["owner_id"] = settings.user(str(owner)).id
        [answer] = open_deals(work, [NewDeal(self._person_id, plan, **own)], by=_hand(work))
        _done(answer)
        fields = {key: value for key, value in values.items() if key.startswith("field.")}
        if fields:
            _done(set_fields(work, [FieldChange("deal", answer.ids[0], fields)], by=SYSTEM)[0])

    def _move(self, work: Work, stage: str, reason: str | None = None) -> None:
        move = Move(self._deal_id(work), stage, loss_reason=reason, is_unasked=True)
        _done(move_deals(work, [move], by=_hand(work))[0])

    def _close(self, work: Work, step: DealCloses) -> None:
        plan_id = work.scalar(select(deal.c.plan_id).where(deal.c.id == self._deal_id(work)))
        stage = next(one.key for one in directory(work).plans[plan_id].stages if one.kind == step.how)
        self._move(work, stage, step.reason or None)

    def _finish(self, work: Work, step: TaskDone) -> None:
        mine = select(task.c.id).where(task.c.person_id == self._person_id, task.c.status == 0)
        if step.node:
            mine = mine.where(task.c.made_by == f"{self._document.key}/{step.node}")
        task_id = work.scalar(mine.order_by(task.c.id.desc()).limit(1))
        if task_id is None:
            raise StoryError(_l("there is no open task"))
        _done(end_tasks(work, [TaskEnd(task_id)], by=_hand(work))[0])

    def _set(self, work: Work, step: FieldSet) -> None:
        record_id = self._deal_id(work) if step.record == "deal" else self._lead_id(work)
        result = set_fields(work, [FieldChange(step.record, record_id, {step.key: step.value})], by=_hand(work))[0]
        if result.code != "unchanged":
            _done(result)

    def _tag(self, work: Work, tag: str, *, is_on: bool) -> None:
        deal_id = self._last(work, deal)
        kind, record_id = ("deal", deal_id) if deal_id is not None else ("lead", self._lead_id(work))
        names = frozenset({tag})
        change = TagChange(
            kind,  # type: ignore[arg-type]  # one of the two
            record_id,
            self._person_id,
            add=names if is_on else frozenset(),
            remove=frozenset() if is_on else names,
        )
        change_tags(work, [change], by=_hand(work))

    def _press(self, work: Work, label: str) -> None:
        deal_id = self._last(work, deal)
        kind, record_id = ("deal", deal_id) if deal_id is not None else ("lead", self._lead_id(work))
        start = Start(kind, record_id, self._person_id)  # type: ignore[arg-type]  # one of the two
        start_by_hand(work, self._document.key, [start], button=label, by=_hand(work))

    def _deal_id(self, work: Work) -> int:
        found = self._last(work, deal)
        if found is None:
            raise StoryError(_l("there is no deal"))
        return found

    def _lead_id(self, work: Work) -> int:
        found = self._last(work, lead)
        if found is None:
            raise StoryError(_l("there is no lead"))
        return found

    def _last(self, work: Work, table: Any) -> int | None:
        query = select(table.c.id).where(table.c.person_id == self._person_id).order_by(table.c.id.desc()).limit(1)
        found = work.scalar(query)
        return int(found) if found is not None else None


def _brings_lead(step: AnyStep) -> bool:
    return isinstance(step, FormSent) or (isinstance(step, LeadComes) and not step.again)


def begins_at(settings: Directory, test: FunnelTest) -> datetime:
    """Return the UTC moment at which a story begins, by the company's clock."""
    return to_utc(moment_of(test.given.at), zone_of(settings.calendar.zone))


def _known(given: Mapping[str, Any], keys: frozenset[str], settings: Directory, record: str) -> Mapping[str, Any]:
    """Return given values whose keys are those of fields.

    Raises:
        StoryError: there is no such field.
    """
    for key in given:
        own = (record, key.removeprefix("field."))
        if key not in keys and not (key.startswith("field.") and own in settings.fields):
            known = ", ".join(sorted(keys))
            raise StoryError(
                _l(
                    "given {record}: there is no field “{key}”; there are {known} and field.…",
                    record=record,
                    key=key,
                    known=known,
                )
            )
    return given


def _hand(work: Work) -> Actor:
    """Return somebody who does what people do."""
    users = directory(work).users.values()
    first = min((user.id for user in users if user.is_active), default=0)
    return Actor(ActorKind.USER, first, SYSTEM.rights)


def _done(result: Result) -> None:
    if result.code != DONE:
        raise StoryError(result.detail or result.code)
