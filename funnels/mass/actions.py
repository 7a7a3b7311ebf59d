"""All mass actions there are, in the order in which people are offered them; and how one is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import Field, TypeAdapter, ValidationError

from crm.errors import InvalidError
from engine.setting_errors import problem_of
from engine.text import _l
from funnels.mass.action import MassAction
from funnels.mass.filling import SetField
from funnels.mass.owning import GiveOwner
from funnels.mass.places import ChangeStage, Close, TakeUpAgain
from funnels.mass.planning import AddToPlan
from funnels.mass.putting_away import PutAway, TakeOut
from funnels.mass.tagging import AddTags, RemoveTags
from funnels.mass.walking import StartFunnel, StopFunnel

ACTIONS: Final[Mapping[str, type[MassAction]]] = {
    "stage": ChangeStage,
    "owner": GiveOwner,
    "tag": AddTags,
    "untag": RemoveTags,
    "field": SetField,
    "close": Close,
    "recall": TakeUpAgain,
    "plan": AddToPlan,
    "start": StartFunnel,
    "stop": StopFunnel,
    "archive": PutAway,
    "restore": TakeOut,
}

AnyAction = Annotated[
    ChangeStage
    | GiveOwner
    | AddTags
    | RemoveTags
    | SetField
    | Close
    | TakeUpAgain
    | AddToPlan
    | StartFunnel
    | StopFunnel
    | PutAway
    | TakeOut,
    Field(discriminator="action"),
]
_ADAPTER: Final[TypeAdapter[Any]] = TypeAdapter(AnyAction)


def read_action(given: Mapping[str, Any]) -> MassAction:
    """Return the action that plain settings describe; ``action`` says which.

    Raises:
        InvalidError: there is no such action, or something of it is missing or does not fit; says what.
    """
    try:
        read: MassAction = _ADAPTER.validate_python(dict(given))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = next((str(one) for one in reversed(first["loc"]) if isinstance(one, str)), "action")
        raise InvalidError(_l("{field}: {problem}", field=where, problem=problem_of(first)[1])) from None
    return read
