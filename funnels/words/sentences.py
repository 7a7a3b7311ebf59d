"""What a node does, in one sentence for its card."""

from __future__ import annotations

from collections.abc import Iterable

from blocks.crm_add_comment import AddComment
from blocks.crm_add_tags import AddTags
from blocks.crm_add_to_plan import AddToPlan
from blocks.crm_change_stage import ChangeStage
from blocks.crm_remove_tags import RemoveTags
from blocks.crm_set_fields import SetFieldsBlock
from blocks.logic_condition import ConditionBlock
from blocks.logic_filter import Filter
from blocks.logic_go_to import GoTo
from blocks.logic_join import Join
from blocks.logic_parallel import Parallel
from blocks.logic_split import Split
from blocks.logic_switch import Switch
from blocks.logic_time_window import TimeWindow
from blocks.people_assign_manager import AssignManager
from blocks.task_create import TaskCreate
from blocks.trigger_deal_won import DealWon
from blocks.trigger_form_submitted import FormSubmitted
from blocks.trigger_lead_created import LeadCreated
from blocks.trigger_manual_start import ManualStart
from blocks.trigger_stage_entered import StageEntered
from blocks.trigger_stage_left import StageLeft
from blocks.trigger_webhook_received import WebhookReceived
from blocks.wait_duration import WaitDuration
from blocks.wait_event import WaitEvent
from blocks.wait_until_date import WaitUntilDate
from crm.directory import Directory
from engine.block import Block
from engine.text import _l, _ln
from funnels.words import values
from funnels.words.names import amount_of, event_name, field_name, listed, thing


def sentence(block: Block, settings: Directory) -> str:
    """Return what a block does with its settings; what it is for where nobody wrote a sentence about it."""
    match block:
        case LeadCreated():
            return _any(sorted(block.sources)) or _any(sorted(block.channels)) or _l("from any source")
        case StageEntered() | StageLeft():
            stages = _names("stage", sorted(block.stages), settings, block.plan)
            plan = thing("plan", block.plan, settings)
            return _l("{plan} · {stages}", plan=plan, stages=stages) if stages else _l("{plan} · any stage", plan=plan)
        case DealWon():
            return thing("plan", block.plan, settings) if block.plan else _l("on any sales plan")
        case ManualStart():
            return _l("by the button “{label}”", label=block.label)
        case AddToPlan():
            return _to_plan(block, settings)
        case ChangeStage():
            stage = thing("stage", block.stage, settings, block.plan)
            return _l("to {stage}, only forward", stage=stage) if block.only_forward else _l("to {stage}", stage=stage)
        case TaskCreate():
            return _task(block, settings)
        case AssignManager():
            if block.owner:
                return thing("user", block.owner, settings)
            if block.plan:
                return _l("by the distribution of {plan}", plan=thing("plan", block.plan, settings))
            return _l("by the distribution of the deal's plan")
        case SetFieldsBlock():
            return listed([field_name(one.field, settings) for one in block.changes])
        case AddTags() | RemoveTags():
            return listed(sorted(block.tags))
        case AddComment():
            return f"“{block.text}”"
        case ConditionBlock() | Filter():
            return values.condition(block.condition, settings)
        case Switch():
            return _l("by {field}", field=field_name(block.field, settings))
        case Split():
            total = sum(one.share for one in block.variants)
            return listed([f"{one.port} {100 * one.share / total:.0f} %" for one in block.variants])
        case TimeWindow():
            return _l("within certain hours") if block.window is not None else _l("in working hours")
        case FormSubmitted():
            return _l("form “{form}”", form=block.form) if block.form else _l("any form")
        case WebhookReceived():
            return f"“{block.webhook}”"
        case WaitDuration():
            lasting = values.duration(block.lasting)
            if block.since is None:
                return lasting
            return _l("{duration} from: {field}", duration=lasting, field=field_name(block.since, settings))
        case WaitUntilDate():
            return _until(block, settings)
        case WaitEvent():
            events = listed([event_name(one.event) for one in block.events], last="or")
            if block.timeout is None:
                return events
            return _l("{events}; at most {duration}", events=events, duration=values.duration(block.timeout))
        case Parallel():
            return _ln("{count} branch at once", "{count} branches at once", len(block.ports()))
        case Join():
            return _join(block)
        case GoTo():
            return _ln("at most {count} time", "at most {count} times", block.max_visits)
        case _:
            return block.about


def _to_plan(block: AddToPlan, settings: Directory) -> str:
    plan = settings.plan_keys.get(block.plan)
    name = thing("plan", block.plan, settings)
    if block.owner:
        return _l("{plan} · to {user}", plan=name, user=thing("user", block.owner, settings))
    if plan is None or plan.distribution != "even":
        return _l("{plan} · given out by hand", plan=name)
    taking = sum(one.is_taking for one in plan.managers)
    return _ln("{plan} · among {count} manager", "{plan} · among {count} managers", taking, plan=name)


def _task(block: TaskCreate, settings: Directory) -> str:
    due = values.deadline(block.deadline, settings)
    if block.responsible:
        user = thing("user", block.responsible, settings)
        return _l("{title} · {user} · {deadline}", title=block.name, user=user, deadline=due)
    return _l("{title} · {deadline}", title=block.name, deadline=due)


def _until(block: WaitUntilDate, settings: Directory) -> str:
    day = block.day.isoformat() if block.day is not None else field_name(block.field or "", settings)
    if not block.shift:
        return day
    shift = amount_of(abs(block.shift), block.unit)
    return (
        _l("{span} before: {day}", span=shift, day=day)
        if block.shift < 0
        else _l("{span} after: {day}", span=shift, day=day)
    )


def _join(block: Join) -> str:
    match block.wait_for:
        case "all":
            return _l("all branches that can still come")
        case "any":
            return _l("the first branch that comes")
        case _:
            return _ln("{count} branch", "{count} branches", block.number or 1)


def _any(names: Iterable[str]) -> str:
    found = [f"“{one}”" for one in names]
    return listed(found, last="or") if found else ""


def _names(kind: str, keys: list[str], settings: Directory, within: str | None) -> str:
    assert kind == "stage"
    return listed([thing("stage", key, settings, within) for key in keys], last="or") if keys else ""
