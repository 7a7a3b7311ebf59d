"""Apply what runs asked for: effects of one kind are one call of one command for the whole batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from crm.directory import Directory, directory
from crm.errors import InvalidError
from crm.fields.changes import FieldChange, fitting_values, set_fields
from crm.nouns import noun
from crm.records.comments import NewComment, add_comments
from crm.records.tags import TagChange, change_tags
from crm.tasks.changes import NewTask, create_tasks
from db.work import Work
from engine.effect import (
    AddComment,
    AddTags,
    CallHttp,
    CreateTask,
    Effect,
    NotifyEmployee,
    RemoveTags,
    SendEmail,
    SetFields,
    SetVariable,
    Target,
)
from engine.facts import Facts
from engine.request import DONE
from engine.text import _l
from workers import outgoing
from workers.walker import RUNS, Walker

_NO_TAGS = frozenset[str]()
LOOKING = frozenset[type]({NotifyEmployee})
"""Kinds of effects whose refusal depends on values of the run's records."""


def refusal(settings: Directory, effect: Effect, facts: Facts) -> tuple[str, str] | SetFields | None:
    """Return why an effect could not be applied, as a code and words: asked while walking, before anything is written.

    New values of fields are returned as the fields will hold them.
    """
    match effect:
        case CreateTask():
            if effect.responsible is not None:
                user = settings.logins.get(effect.responsible)
                if user is None or not user.is_active:
                    return "no_user", _l("there is no active user “{login}”", login=effect.responsible)
        case AddTags() | RemoveTags() | AddComment():
            if effect.target not in facts.records:
                return "no_record", _l("the run has no {record}", record=noun(effect.target))
        case SetFields():
            if effect.target not in facts.records:
                return "no_record", _l("the run has no {record}", record=noun(effect.target))
            held = fitting_values(settings, effect.target, effect.values)
            return ("wrong_value", held) if isinstance(held, str) else SetFields(held, effect.target)
        case NotifyEmployee():
            if outgoing.receiver(settings, effect, facts) is None:
                return "no_user", _l("there is nobody to tell")
        case SetVariable() | SendEmail() | CallHttp():
            pass
        case _:
            assert_never(effect)
    return None


def apply(work: Work, walkers: Sequence[Walker]) -> None:
    """Apply the effects of the walkers' last parts, kind by kind.

    Raises:
        InvalidError: fields of a record could not be set after all (it is gone, for one); the run is then tried alone.
    """
    settings = directory(work)
    tasks: list[NewTask] = []
    tags: list[TagChange] = []
    fields: list[FieldChange] = []
    comments: list[NewComment] = []
    messages: list[tuple[Walker, outgoing.Outgoing]] = []
    makers: dict[tuple[int, int], str] = {}
    for walker in walkers:
        part = walker.last
        assert part is not None
        for step, effect in part.effects:
            match effect:
                case CreateTask():
                    place = (id(part), step)
                    maker = makers.get(place)
                    if maker is None:
                        maker = makers[place] = _maker(walker, step)
                    tasks.append(_new_task(settings, walker, effect, maker))
                case AddTags():
                    tags.append(
                        TagChange(
                            effect.target,
                            _target(walker, effect.target),
                            walker.person_id,
                            effect.tags,
                            _NO_TAGS,
                            walker.cause,
                        )
                    )
                case RemoveTags():
                    tags.append(
                        TagChange(
                            effect.target,
                            _target(walker, effect.target),
                            walker.person_id,
                            _NO_TAGS,
                            effect.tags,
                            walker.cause,
                        )
                    )
                case SetFields():
                    fields.append(
                        FieldChange(effect.target, _target(walker, effect.target), effect.values, cause=walker.cause)
                    )
                case AddComment():
                    comments.append(
                        NewComment(
                            effect.target,
                            _target(walker, effect.target),
                            walker.person_id,
                            effect.text,
                            cause=walker.cause,
                        )
                    )
                case SendEmail() | CallHttp() | NotifyEmployee():
                    messages.append((walker, effect))
                case SetVariable():
                    pass
                case _:
                    assert_never(effect)
    create_tasks(work, tasks, by=RUNS)
    for result in set_fields(work, fields, by=RUNS) if fields else ():
        if result.code not in (DONE, "unchanged"):
            raise InvalidError(result.detail or result.code)
    change_tags(work, tags, by=RUNS)
    if comments:
        add_comments(work, comments, by=RUNS)
    if messages:
        outgoing.write(work, messages)


def _maker(walker: Walker, step: int) -> str:
    """Return who makes what a step asks for: the funnel and the node."""
    assert walker.last is not None
    return f"{walker.program.funnel}/{walker.program.nodes[walker.last.steps[step][0]].id}"


def _new_task(settings: Directory, walker: Walker, effect: CreateTask, maker: str) -> NewTask:
    title, due, deadline, text, type_, _, unless_open = effect
    deal_id = walker.deal_id
    return NewTask(
        walker.person_id,
        title,
        due,
        _responsible(settings, walker, effect),
        deadline,
        deal_id,
        walker.lead_id if deal_id is None else None,
        text,
        type_,
        None,
        maker,
        walker.run_id,
        unless_open,
        walker.cause,
    )


def _responsible(settings: Directory, walker: Walker, effect: CreateTask) -> int | None:
    """Return the user who gets a task: the one named, else the owner of the deal, else of the lead."""
    if effect.responsible is not None:
        return settings.logins[effect.responsible].id
    assert walker.facts is not None
    records = walker.facts.records
    record = records.get("deal") or records.get("lead") or {}
    owner = record.get("owner_id")
    return owner if isinstance(owner, int) else None


def _target(walker: Walker, target: Target) -> int:
    """Return the id of the run's record of a kind; ``refusal`` has seen to it that there is one."""
    assert walker.facts is not None
    found = walker.facts.records[target]["id"]
    assert isinstance(found, int)
    return found
