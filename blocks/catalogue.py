"""The catalogue: every block there is.  A block is a file in this folder and a line here; see ``docs/add-a-block.md``."""

from __future__ import annotations

from typing import Final

from blocks.action_http_request import HttpRequest
from blocks.crm_add_comment import AddComment
from blocks.crm_add_tags import AddTags
from blocks.crm_add_to_plan import AddToPlan
from blocks.crm_change_stage import ChangeStage
from blocks.crm_remove_tags import RemoveTags
from blocks.crm_set_fields import SetFieldsBlock
from blocks.logic_condition import ConditionBlock
from blocks.logic_exit import Exit
from blocks.logic_filter import Filter
from blocks.logic_go_to import GoTo
from blocks.logic_join import Join
from blocks.logic_parallel import Parallel
from blocks.logic_split import Split
from blocks.logic_switch import Switch
from blocks.logic_time_window import TimeWindow
from blocks.message_notify_employee import NotifyEmployeeBlock
from blocks.message_send_email import SendEmailBlock
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
from engine.block import Block

CATALOG: Final[tuple[type[Block], ...]] = (
    LeadCreated,
    FormSubmitted,
    WebhookReceived,
    StageEntered,
    StageLeft,
    DealWon,
    ManualStart,
    AddToPlan,
    ChangeStage,
    TaskCreate,
    AssignManager,
    SetFieldsBlock,
    AddTags,
    RemoveTags,
    AddComment,
    SendEmailBlock,
    NotifyEmployeeBlock,
    HttpRequest,
    ConditionBlock,
    Switch,
    Split,
    Filter,
    TimeWindow,
    WaitDuration,
    WaitUntilDate,
    WaitEvent,
    Parallel,
    Join,
    GoTo,
    Exit,
)

_BY_KEY: Final = {block.key: block for block in CATALOG}


def block_type(key: str) -> type[Block] | None:
    """Return the block with this key, ``None`` where there is none."""
    return _BY_KEY.get(key)
