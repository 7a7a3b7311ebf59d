"""What a mass action is given on its form: what there is to choose from, and the action that was chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from crm.directory import Directory, Plan, directory
from crm.errors import InvalidError
from crm.fields.shown import FieldShown
from crm.leads.card import channel_names
from crm.leads.statuses import LEAD_STATUSES
from db.work import Work
from engine.text import _l
from funnels.mass.action import MassAction
from funnels.mass.actions import read_action
from funnels.mass.filling import SETTABLE
from funnels.naming import funnel_names
from funnels.starting import open_buttons
from web.custom_fields import FieldView, field_views, fields_sent
from web.money import read_amount
from web.pages.boards import may_see_plan
from web.pages.records import loss_reasons, people
from web.reasons import field_name
from web.texts import translated
from web.visit import viewer

BETWEEN: Final = ":"
BY_PLAN: Final = "~"
"""Begins the choice of an owner by distribution; what follows is the plan, nothing: each deal's own."""
_NEEDS: Final[Mapping[str, str]] = {
    "stage": "stage",
    "owner": "owner",
    "tag": "tags",
    "untag": "tags",
    "close": "how",
    "recall": "why",
    "plan": "plan",
    "start": "funnel",
    "stop": "funnel",
}
"""What each action has to be given; those that are left out need nothing, a field asks by its type."""
_UNFILLED: Final = frozenset({"file", "booking"})

Options = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Group:
    """Choices under a name; each a value, its words, and whether it asks for a reason."""

    name: str
    options: Sequence[tuple[str, str, bool]]


@dataclass(frozen=True, slots=True)
class Choices:
    """What the form of one action offers; what other actions ask for is left empty.

    ``field`` is the control of a custom field that is chosen, ``built_in`` the options of one of our own.
    """

    groups: Sequence[Group] = ()
    reasons: Sequence[tuple[str, str]] = ()
    tags: Sequence[str] = ()
    options: Sequence[tuple[str, str]] = ()
    field: FieldView | None = None
    built_in: Sequence[tuple[str, str]] = ()
    people: Sequence[Any] = ()


def is_whole(value: Any) -> bool:
    """True where enough is chosen to look what would come of it."""
    if value.what == "field":
        return bool(value.field)
    return value.what not in _NEEDS or bool(getattr(value, _NEEDS[value.what], ""))


def action_of(work: Work, value: Any) -> MassAction:
    """Return the action that a form asks for.

    Raises:
        InvalidError: something is missing or does not fit.
    """
    if not is_whole(value):
        raise InvalidError(_MISSING[value.what])
    plan, _, stage = value.stage.partition(BETWEEN)
    match value.what:
        case "stage":
            return read_action({"action": "stage", "plan": plan, "stage": stage, "reason": value.reason})
        case "close":
            reason = value.reason if value.how == "lost" else ""
            return read_action({"action": "close", "how": value.how, "reason": reason})
        case "recall":
            return read_action({"action": "recall", "reason": value.why})
        case "owner":
            if value.owner.startswith(BY_PLAN):
                return read_action({"action": "owner", "plan": value.owner.removeprefix(BY_PLAN)})
            return read_action({"action": "owner", "owner": value.owner})
        case "tag" | "untag":
            names = tuple(dict.fromkeys(name for part in value.tags.split(",") if (name := " ".join(part.split()))))
            return read_action({"action": value.what, "tags": names})
        case "plan":
            plan, _, stage = value.plan.partition(BETWEEN)
            return read_action({"action": "plan", "plan": plan, "stage": stage})
        case "start":
            funnel, _, button = value.funnel.partition(BETWEEN)
            return read_action({"action": "start", "funnel": funnel, "button": button})
        case "stop":
            return read_action({"action": "stop", "funnel": value.funnel})
        case "archive" | "restore":
            return read_action({"action": value.what})
    return read_action({"action": "field", "field": value.field, "value": _value(work, value)})


def choices_of(work: Work, settings: Directory, value: Any) -> Choices:
    """Return what the form of an action offers.  Two queries at most."""
    plans = sorted(
        (one for one in settings.plans.values() if may_see_plan(one, viewer())), key=lambda one: one.name.casefold()
    )
    match value.what:
        case "stage" | "close":
            shown = [one for one in plans if one.key == value.within] or plans
            return Choices(groups=[_stages(one) for one in shown], reasons=loss_reasons(work))
        case "plan":
            return Choices(groups=[_stages(one, only_open=True) for one in plans if one.key != value.within])
        case "owner":
            return Choices(groups=_owners(settings, plans, value))
        case "tag" | "untag":
            return Choices(tags=sorted(settings.tags.values(), key=str.casefold)[:200])
        case "field":
            return _fields(work, settings, value)
        case "start":
            return Choices(options=_buttons(work))
        case "stop":
            names = [(one.key, translated(one.name)) for one in funnel_names(work).values() if one.state != "draft"]
            return Choices(options=sorted(names, key=lambda one: one[1].casefold()))
    return Choices()


def _stages(plan: Plan, *, only_open: bool = False) -> Group:
    stages = [one for one in plan.stages if one.kind == "open" or not only_open]
    return Group(plan.name, [(f"{plan.key}{BETWEEN}{one.key}", one.name, one.asks_reason) for one in stages])


def _owners(settings: Directory, plans: Sequence[Plan], value: Any) -> list[Group]:
    here = settings.plan_keys.get(value.within)
    members, others = people(settings, here)
    ways = [(f"{BY_PLAN}{one.key}", one.name, False) for one in plans if one.distribution != "manual"]
    if value.kind == "deal":
        ways = [(BY_PLAN, translated(_l("each by the plan it is on")), False), *ways]
    groups = [
        (_l("By distribution"), ways),
        (_l("On this plan"), [(one.login, one.name, False) for one in members]),
        (_l("Others") if members else _l("People"), [(one.login, one.name, False) for one in others]),
    ]
    return [Group(translated(name), options) for name, options in groups if options]


def _buttons(work: Work) -> Options:
    names = {one.key: translated(one.name) for one in funnel_names(work).values()}
    found = open_buttons(work)
    several = {key for key, _ in found if sum(other == key for other, _ in found) > 1}
    options = [
        (f"{key}{BETWEEN}{label}", f"{names.get(key, key)}: {label}" if key in several else names.get(key, key))
        for key, label in found
    ]
    return sorted(options, key=lambda one: one[1].casefold())


def _fields(work: Work, settings: Directory, value: Any) -> Choices:
    own = sorted(
        (one for (kind, _), one in settings.fields.items() if kind == value.kind and one.type not in _UNFILLED),
        key=lambda one: one.name.casefold(),
    )
    built_in = [
        (key, translated(field_name(settings, f"{value.kind}.{key}")).capitalize()) for key in SETTABLE[value.kind]
    ]
    options = [*built_in, *((f"field.{one.key}", one.name) for one in own)]
    chosen = next((one for one in own if f"field.{one.key}" == value.field), None)
    view: FieldView | None = None
    if chosen is not None:
        [view] = field_views(settings, [FieldShown(chosen, None)], str(settings.organization["currency"]))
    offered: Options = []
    if value.field == "status":
        offered = [(key, translated(words)) for key, words in LEAD_STATUSES.items()]
    elif value.field == "channel":
        offered = channel_names(work)
    _, everybody = people(settings)
    return Choices(options=options, field=view, built_in=offered, people=everybody)


def _value(work: Work, value: Any) -> object:
    settings = directory(work)
    currency = str(settings.organization["currency"])
    if value.field.startswith("field."):
        values, wrong = fields_sent(settings, value.kind, currency)
        if wrong:
            raise InvalidError(next(iter(wrong.values())))
        found = values.get(value.field)
        return tuple(found) if isinstance(found, list) else found
    if value.field == "amount":
        return read_amount(value.value, currency) if value.value else 0
    return value.value or None


_MISSING: Final = {
    "stage": _l("Choose a stage."),
    "owner": _l("Choose who gets them."),
    "tag": _l("Write a tag."),
    "untag": _l("Write a tag."),
    "field": _l("Choose a field."),
    "close": _l("Choose won or lost."),
    "recall": _l("say why the deal is taken up again"),
    "plan": _l("Choose a plan."),
    "start": _l("Choose a funnel."),
    "stop": _l("Choose a funnel."),
}
