"""What the settings of blocks may refer to, by the kind of reference: what an editor offers to choose from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import get_args

from crm.access.actor import Viewer
from crm.directory import Directory, directory
from crm.leads.statuses import LEAD_STATUSES
from db.work import Work
from engine.event import Origin
from engine.setting import ReferenceKind
from funnels.known import BUILT_IN, Installation
from funnels.seeing import require_sight
from funnels.words.choices import choice_word
from funnels.words.names import FIELDS, field_name


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to choose.  ``within`` is the plan of a stage.

    Of a field, ``kind`` is that of its values, and ``options`` are the values there are, as (value, name); without options any.
    ``of`` is the record that a field belongs to.
    """

    key: str
    name: str
    within: str = ""
    kind: str = ""
    options: tuple[tuple[str, str], ...] = ()
    of: str = ""


def choices(work: Work, *, viewer: Viewer) -> Mapping[ReferenceKind, tuple[Choice, ...]]:
    """Return what there is, in the order in which people know it.  The settings are read once.

    Raises:
        NotAllowedError: the viewer may not look at funnels.
    """
    require_sight(viewer)
    return choices_of(directory(work))


def choices_of(settings: Directory) -> Mapping[ReferenceKind, tuple[Choice, ...]]:
    """Return what the settings have to choose from."""
    plans = [one for one in settings.plans.values() if not one.is_archived]
    return {
        "plan": tuple(Choice(one.key, one.name) for one in plans),
        "stage": tuple(Choice(stage.key, stage.name, plan.key) for plan in plans for stage in plan.stages),
        "user": _by_name(Choice(one.login, one.name) for one in settings.users.values() if one.is_active),
        "tag": _by_name(Choice(name, name) for name in settings.tags.values()),
        "field": (*_built_in(settings), *_custom(settings)),
        "channel": _by_name(Choice(key, key) for key in settings.channel_keys),
        "loss_reason": _by_name(Choice(key, key) for key in settings.loss_reason_keys),
        "form": _by_name(Choice(one.key, one.name) for one in settings.forms.values()),
        "webhook": _by_name(Choice(one.key, one.name) for one in settings.webhooks.values()),
    }


def _by_name(found: Iterable[Choice]) -> tuple[Choice, ...]:
    return tuple(sorted(found, key=lambda one: (one.name.casefold(), one.key)))


def _built_in(settings: Directory) -> list[Choice]:
    return [
        Choice(path, field_name(path, settings), "", kind, _options(path, settings), path.partition(".")[0])
        for path, kind in BUILT_IN.items()
        if path in FIELDS
    ]


def _custom(settings: Directory) -> list[Choice]:
    known = Installation(settings)
    found = []
    for (record, key), one in settings.fields.items():
        path = f"{record}.field.{key}"
        kind = known.field(path)
        if kind is not None:
            options = tuple((option, option) for option in one.options)
            found.append(Choice(path, one.name, "", kind, options, record))
    return sorted(found, key=lambda one: (one.of, one.name.casefold(), one.key))


def _options(path: str, settings: Directory) -> tuple[tuple[str, str], ...]:
    """Return the values that a built-in field may have, where they are known."""
    plans = [one for one in settings.plans.values() if not one.is_archived]
    match path.rpartition(".")[2]:
        case "plan":
            return tuple((one.key, one.name) for one in plans)
        case "stage" | "from":
            return tuple({stage.key: (stage.key, stage.name) for plan in plans for stage in plan.stages}.values())
        case "owner":
            return tuple((one.login, one.name) for one in settings.users.values() if one.is_active)
        case "status" if path == "lead.status":
            return tuple(LEAD_STATUSES.items())
        case "channel":
            return tuple((key, key) for key in settings.channel_keys)
        case "tags":
            return tuple((name, name) for name in sorted(settings.tags.values(), key=str.casefold))
        case "lost_reason" | "reason":
            return tuple((key, key) for key in settings.loss_reason_keys)
        case "origin":
            return tuple((name, choice_word("origins", name)) for name in get_args(Origin))
    return ()
