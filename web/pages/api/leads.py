"""Calls about leads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, ValidationError

from crm.records.tags import TagChange, change_tags
from crm.ways.given import GivenLead, take_leads
from crm.ways.given import Taken as TakenLead
from crm.ways.reading import leads_as_told
from crm.ways.repeats import Given
from engine.setting_errors import problem_of
from engine.text import LazyText, _l
from web.pages.api.calls import Answer, Asked, RefusedError, call
from web.pages.api.shapes import (
    BIGGEST_ID,
    MOST_LEADS,
    ItemResult,
    Lead,
    LeadIn,
    LeadResult,
    LeadsIn,
    LeadsResult,
    TagsIn,
)
from web.texts import translated

_ID = f"<int(max={BIGGEST_ID}):lead_id>"
_NOTHING = _l("a lead needs a title, a name, a phone, an e-mail, a company or an external id")
_NAMES = {"company_name": "company"}


class _Raw(LeadsIn):
    """Several leads, each still to be checked, so that one wrong lead refuses only itself."""

    leads: list[Any] = Field(min_length=1, max_length=MOST_LEADS)


def _shape(found: Any) -> type[LeadIn | LeadsIn]:
    return _Raw if isinstance(found, dict) and "leads" in found else LeadIn


def _together(asked: Asked) -> list[Given | Exception]:
    """Record leads that came one by one; each is answered, or refused with 422, by itself."""
    good = [one for one in asked.body if not _is_nothing(one)]
    taken = iter(take_leads(asked.work, [_given(one) for one in good], by=asked.by))
    return [RefusedError(422, "invalid", _NOTHING) if _is_nothing(one) else _alone(next(taken)) for one in asked.body]


def _alone(one: TakenLead) -> Given | Exception:
    if one.code == "rejected":
        first = one.wrong[0]
        return RefusedError(422, "invalid", first.words, _NAMES.get(first.where, first.where))
    answer = LeadResult(result=one.code, id=one.lead_id, person=one.person_id)
    return (201 if one.code == "created" else 200), answer.model_dump(mode="json")


@call(
    "POST",
    "/leads",
    "Record a lead, or up to 1,000 at once",
    right="leads.create",
    takes=(LeadIn, LeadsIn),
    choose=_shape,
    answers={201: (LeadResult,), 200: (LeadsResult, LeadResult)},
    feeds=True,
    together=_together,
)
def add_leads(asked: Asked) -> Answer:
    """Record several leads, of which each says what became of it."""
    return 200, LeadsResult(leads=_several(asked))


def _several(asked: Asked) -> list[ItemResult]:
    items: list[ItemResult | None] = []
    good: list[LeadIn] = []
    for index, raw in enumerate(asked.body.leads):
        try:
            one = LeadIn.model_validate(raw)
        except ValidationError as wrong:
            items.append(_wrong(index, wrong))
            continue
        if _is_nothing(one):
            items.append(_rejected(index, _NOTHING, None))
            continue
        items.append(None)
        good.append(one)
    taken = iter(take_leads(asked.work, [_given(one) for one in good], by=asked.by))
    return [item if item is not None else _result(index, next(taken)) for index, item in enumerate(items)]


def _result(index: int, one: TakenLead) -> ItemResult:
    if one.code == "rejected":
        return _rejected(index, one.wrong[0].words, one.wrong[0].where)
    return ItemResult(index=index, result=one.code, id=one.lead_id, person=one.person_id)


def _rejected(index: int, words: LazyText, where: str | None) -> ItemResult:
    where = _NAMES.get(where, where) if where is not None else None
    return ItemResult(index=index, result="rejected", reason=translated(words), where=where)


def _wrong(index: int, error: ValidationError) -> ItemResult:
    first = error.errors(include_url=False)[0]
    return _rejected(index, problem_of(first)[1], ".".join(map(str, first["loc"])) or None)


def _is_nothing(one: LeadIn) -> bool:
    texts = (one.title, one.name, one.phone, one.email, one.company, one.external_id)
    return not any(text is not None and text.replace("\x00", "").strip() for text in texts)


def _given(one: LeadIn) -> GivenLead:
    values: dict[str, object] = {
        "title": one.title,
        "name": one.name,
        "phone": one.phone,
        "email": one.email,
        "company_name": one.company,
        "source": one.source,
        "channel": one.channel,
    }
    own: Mapping[str, object] = {f"field.{key}": value for key, value in one.fields.items()}
    return GivenLead(
        {**{key: value for key, value in values.items() if value is not None}, **own},
        one.comment or "",
        one.tags,
        one.external_id,
        one.owner,
    )


@call("GET", f"/leads/{_ID}", "Read a lead", right="records.see_all", answers={200: (Lead,)}, refusals=(404,))
def read_lead(asked: Asked, lead_id: int) -> Answer:
    """Return a lead; 404 for one that the key may not see."""
    return 200, _lead(asked, lead_id)


@call(
    "POST",
    f"/leads/{_ID}/tags",
    "Put tags on a lead, or take them off",
    right="leads.edit",
    takes=(TagsIn,),
    answers={200: (Lead,)},
    refusals=(404,),
)
def tag_lead(asked: Asked, lead_id: int) -> Answer:
    """Change tags and return the lead."""
    before = _lead(asked, lead_id)
    add, remove = (frozenset(filter(None, map(_clean, names))) for names in (asked.body.add, asked.body.remove))
    change_tags(asked.work, [TagChange("lead", lead_id, before.person, add, remove)], by=asked.by)
    return 200, _lead(asked, lead_id)


def _clean(tag: str) -> str:
    return " ".join(tag.replace("\x00", "").split())


def _lead(asked: Asked, lead_id: int) -> Lead:
    found = leads_as_told(asked.work, [lead_id], asked.viewer).get(lead_id)
    if found is None:
        raise RefusedError(404, "not_found", _l("there is no lead {lead}", lead=lead_id), "lead_id")
    return Lead(**found)
