"""What the API takes and answers.  Unknown names are refused, types are not guessed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

MOST_LEADS = 1000
LARGEST = 2**53
BIGGEST_ID = 2**63 - 1
Id = Annotated[int, Field(ge=1, le=BIGGEST_ID)]


class Taken(BaseModel):
    """The base of what is taken."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Answered(BaseModel):
    """The base of what is answered."""

    model_config = ConfigDict(frozen=True)


Line = Annotated[str, Field(max_length=255)]
FieldNumber = Annotated[int, Field(ge=-LARGEST, le=LARGEST)]
FieldText = Annotated[str, Field(max_length=1000)]
FieldValue = bool | FieldNumber | float | FieldText | list[FieldText] | None
Tag = Annotated[str, Field(min_length=1, max_length=80)]


class LeadIn(Taken):
    """A lead.  It needs a title, a name, a phone, an e-mail, a company or an external id."""

    title: Line | None = Field(None, description="What it is about; else the name stands in")
    name: Line | None = Field(None, description="The person's name")
    phone: Line | None = Field(None, description="With + and the country code, or as written at home")
    email: Line | None = None
    company: Line | None = Field(None, description="The name of the person's company")
    comment: str | None = Field(None, max_length=20_000, description="Becomes the lead's first comment")
    source: Line | None = Field(None, description="Where it came from, as paid_search")
    channel: Line | None = Field(None, description="The key of a sales channel")
    external_id: str | None = Field(
        None, min_length=1, max_length=255, description="Its id with you: a lead with a known one is not made again"
    )
    owner: Line | None = Field(None, description="The login of whom it is given to")
    fields: dict[str, FieldValue] = Field(
        default_factory=dict, max_length=200, description="Values of custom fields by key; amounts are in minor units"
    )
    tags: list[Tag] = Field(default_factory=list, max_length=50)


class LeadsIn(Taken):
    """Up to 1,000 leads, each recorded or refused by itself."""

    leads: list[LeadIn] = Field(min_length=1, max_length=MOST_LEADS)


class MoveIn(Taken):
    """Where a deal goes."""

    stage: str = Field(min_length=1, max_length=200, description="The key of a stage of its plan")
    only_forward: bool = Field(False, description="Refuse to move it back")
    loss_reason: str | None = Field(
        None, max_length=200, description="The key of a reason, where the stage asks for one"
    )
    version: int | None = Field(None, ge=1, le=2**31 - 1, description="Refuse with 409 if the deal was changed since")


class TagsIn(Taken):
    """Tags that a lead gets and loses."""

    add: list[Tag] = Field(default_factory=list, max_length=50)
    remove: list[Tag] = Field(default_factory=list, max_length=50)


class DealsQuery(Taken):
    """Which deals."""

    model_config = ConfigDict(extra="forbid", strict=False, frozen=True)

    plan: str | None = Field(None, max_length=200, description="Only of the plan with this key")
    stage: str | None = Field(None, max_length=200, description="Only on the stage with this key; needs plan")
    after: int = Field(0, ge=0, le=BIGGEST_ID, description="Only with ids above; `next` of the page before")
    limit: int = Field(100, ge=1, le=500, description="How many at most")


class LeadResult(Answered):
    """What became of a lead: made, or known by its external id."""

    result: Literal["created", "known"]
    id: int
    person: int


class ItemResult(Answered):
    """What became of one of several leads, in their order; a rejected one has a reason and no id."""

    index: int
    result: Literal["created", "known", "rejected"]
    id: int | None = None
    person: int | None = None
    reason: str | None = None
    where: str | None = None


class LeadsResult(Answered):
    """What became of several leads."""

    leads: list[ItemResult]


class Lead(Answered):
    """A lead as it is."""

    id: int
    person: int
    title: str
    name: str | None
    phone: str | None
    email: str | None
    company: str | None
    source: str | None
    channel: str | None
    status: str
    owner: str | None
    external_id: str | None
    fields: dict[str, Any]
    tags: list[str]
    created_at: datetime
    version: int


class Deal(Answered):
    """A deal as it is; the amount is in minor units."""

    id: int
    person: int
    title: str
    plan: str
    stage: str | None
    state: Literal["open", "won", "lost"]
    amount: int
    currency: str
    owner: str | None
    lead: int | None
    external_id: str | None
    loss_reason: str | None
    fields: dict[str, Any]
    created_at: datetime
    stage_entered_at: datetime
    closed_at: datetime | None
    version: int


class Deals(Answered):
    """A page of deals by id; ``next`` is the ``after`` of the next page, null on the last."""

    deals: list[Deal]
    next: int | None


class Stage(Answered):
    """A stage of a plan."""

    key: str
    name: str
    kind: str


class Plan(Answered):
    """A sales plan with its stages in order."""

    key: str
    name: str
    currency: str
    stages: list[Stage]


class Plans(Answered):
    """All sales plans."""

    plans: list[Plan]


class Problem(Answered):
    """What was refused: a stable code, words for people, and the value it is about."""

    code: str
    message: str
    where: str | None = None


class Error(Answered):
    """Every refusal looks so."""

    error: Problem
