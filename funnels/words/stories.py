"""Tests of funnels in plain language: what is given, what happens, and what is true then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, assert_never

from crm.directory import Directory
from engine.document import FunnelDocument
from engine.story import DealThen, FunnelTest, SentThen, TaskThen, Then
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
from engine.text import _l, _ln
from funnels.words.names import amount_of, field_name, listed, thing
from funnels.words.reading import name_of

Words = str
"""Marked texts, and names as people wrote them."""
_FIELDS: Final = {
    "plan": _l("plan"),
    "stage": _l("stage"),
    "owner": _l("manager"),
    "amount": _l("amount"),
    "title": _l("title"),
}


@dataclass(frozen=True, slots=True)
class StoryWords:
    """A test in words: its parts, a line for each thing."""

    name: str
    given: tuple[Words, ...]
    when: tuple[Words, ...]
    then: tuple[Words, ...]


def story_words(document: FunnelDocument, test: FunnelTest, settings: Directory) -> StoryWords:
    """Return a test in words, the same for the same test."""
    names = {node.id: name_of(node) for node in document.nodes}
    return StoryWords(
        test.name,
        tuple(_given(test, settings)),
        tuple(_step(step_of(text), settings, names) for text in test.when),
        tuple(_then(test.then, settings, names)),
    )


def _given(test: FunnelTest, settings: Directory) -> Iterator[Words]:
    given = test.given
    yield _l("It is {moment}", moment=given.at)
    if given.lead is not None:
        yield _l("A lead: {values}", values=_values("lead", given.lead, settings)) if given.lead else _l("A lead")
    if given.deal is not None:
        yield _l("A deal: {values}", values=_values("deal", given.deal, settings))
    if given.tags:
        yield _l("Tags: {tags}", tags=", ".join(given.tags))


def _values(record: str, values: Mapping[str, Any], settings: Directory) -> Words:
    plan = str(values.get("plan", "")) or None
    found: list[str] = []
    for key, value in values.items():
        name = _FIELDS.get(key) or field_name(f"{record}.{key}", settings)
        shown = value
        if key in ("plan", "stage"):
            shown = thing("plan" if key == "plan" else "stage", str(value), settings, plan)
        elif key == "owner":
            shown = thing("user", str(value), settings)
        found.append(_l("{name} {value}", name=name, value=shown))
    return listed(found)


def _step(step: AnyStep, settings: Directory, names: Mapping[str, Words]) -> Words:
    match step:
        case LeadComes():
            return _l("The client comes again, as another lead") if step.again else _l("The lead comes in")
        case FormSent():
            form = settings.forms.get(step.form)
            return _l("The form “{form}” is sent", form=form.name if form is not None else step.form)
        case DealOpens():
            return _l("The deal is opened")
        case DealMoves():
            return _l("The deal moves to “{stage}”", stage=thing("stage", step.stage, settings))
        case DealCloses(how="won"):
            return _l("The deal is won")
        case DealCloses():
            return _l("The deal is lost: {reason}", reason=step.reason) if step.reason else _l("The deal is lost")
        case TaskDone():
            return (
                _l("The task of “{node}” is done", node=names.get(step.node, step.node))
                if step.node
                else _l("The task is done")
            )
        case FieldSet():
            field = field_name(f"{step.record}.{step.key}", settings)
            return _l("{field} becomes {value}", field=field, value="–" if step.value is None else step.value)
        case TagPut():
            return (
                _l("The tag “{tag}” is added", tag=step.tag)
                if step.is_on
                else _l("The tag “{tag}” is removed", tag=step.tag)
            )
        case Pressed():
            return _l("Somebody presses “{label}”", label=step.label)
        case TimePasses():
            if step.works and step.unit == "days":
                return _ln("{count} working day later", "{count} working days later", step.amount)
            span = amount_of(step.amount, step.unit)
            return _l("{span} of working time later", span=span) if step.works else _l("{span} later", span=span)
        case ClockShows():
            return _l("It is {moment}", moment=step.moment)
        case _:
            assert_never(step)


def _then(then: Then, settings: Directory, names: Mapping[str, Words]) -> Iterator[Words]:
    def called(nodes: tuple[str, ...]) -> Words:
        return listed([_l("“{node}”", node=names.get(node, node)) for node in nodes])

    if then.started is not None:
        yield _l("Somebody came in") if then.started else _l("Nobody came in")
    if then.went_through:
        yield _l("The way went through {nodes}", nodes=_chain(then.went_through, names))
    if then.not_through:
        yield _l("It did not go through {nodes}", nodes=called(then.not_through))
    if then.rests_at is not None:
        yield _l("It rests at {nodes}", nodes=called(then.rests_at)) if then.rests_at else _l("Nobody is inside")
    if then.ended is not None:
        yield _l("It came to the end") if then.ended else _l("It did not come to the end")
    if then.deal is not None:
        yield _deal(then.deal, settings)
    for task in then.tasks:
        yield _task(task, settings, names)
    if then.no_task_from:
        yield _l("No task of {nodes}", nodes=called(then.no_task_from))
    for letter in then.sent:
        yield _sent(letter, names)
    if then.not_sent_from:
        yield _l("No message of {nodes}", nodes=called(then.not_sent_from))
    if then.tags:
        yield _l("Tags: {tags}", tags=", ".join(then.tags))


def _chain(nodes: tuple[str, ...], names: Mapping[str, Words]) -> Words:
    """Return nodes one after another, all of them."""
    chain = names.get(nodes[0], nodes[0])
    for node in nodes[1:]:
        chain = _l("{first} → {second}", first=chain, second=names.get(node, node))
    return chain


def _deal(deal: DealThen, settings: Directory) -> Words:
    values = deal.model_dump(exclude_none=True)
    return _l("The deal: {values}", values=_values("deal", values, settings))


def _task(task: TaskThen, settings: Directory, names: Mapping[str, Words]) -> Words:
    parts: list[Words] = []
    if task.from_ is not None:
        parts.append(_l("of “{node}”", node=names.get(task.from_, task.from_)))
    if task.name is not None:
        parts.append(_l("called “{name}”", name=task.name))
    if task.to is not None:
        parts.append(_l("for {user}", user=thing("user", task.to, settings)))
    if task.due is not None:
        parts.append(_l("due {moment}", moment=task.due))
    if task.done is not None:
        parts.append(_l("which is done") if task.done else _l("which is open"))
    return _l("A task {parts}", parts=listed(parts)) if parts else _l("A task")


def _sent(letter: SentThen, names: Mapping[str, Words]) -> Words:
    parts: list[Words] = []
    if letter.from_ is not None:
        parts.append(_l("of “{node}”", node=names.get(letter.from_, letter.from_)))
    if letter.to is not None:
        parts.append(_l("to {address}", address=letter.to))
    if letter.says is not None:
        parts.append(_l("with the words “{words}”", words=letter.says))
    return _l("A message {parts}", parts=listed(parts)) if parts else _l("A message")
