"""What the pages of imports share: the blueprint, and the words for states and places."""

from __future__ import annotations

from typing import Final

from flask import Blueprint

from crm.importing.orders import Order, find_order
from engine.text import LazyText, _l
from web.site import reading
from web.visit import viewer

blueprint = Blueprint("imports", __name__)

STATES: Final[dict[str, tuple[LazyText, str, str]]] = {
    "draft": (_l("not begun"), "", "circle-dashed"),
    "checking": (_l("being tried"), "accent", "hourglass"),
    "importing": (_l("under way"), "accent", "hourglass"),
    "finished": (_l("done"), "ok", "circle-check"),
    "stopped": (_l("stopped"), "warn", "hand-stop"),
    "failed": (_l("failed"), "bad", "alert-triangle"),
    "undoing": (_l("being undone"), "accent", "arrow-back-up"),
    "undone": (_l("undone"), "", "arrow-back-up"),
}
"""The word, the kind of chip and the icon of each state."""

KINDS: Final[dict[str, LazyText]] = {"leads": _l("Leads"), "deals": _l("Deals"), "users": _l("People")}
RECORDS: Final[dict[str, LazyText]] = {
    "deal": _l("Deals"),
    "lead": _l("Leads"),
    "contact": _l("Contacts"),
    "company": _l("Companies"),
    "person": _l("Persons"),
}

_RECORD: Final[dict[str, LazyText]] = {
    "external_id": _l("Id in the other system"),
    "title": _l("Title"),
    "owner": _l("Manager"),
    "source": _l("Source"),
    "created_at": _l("Created on"),
    "tags": _l("Tags"),
    "comment": _l("Comment"),
}
_DEAL: Final[dict[str, LazyText]] = {
    "plan": _l("Sales plan"),
    "stage": _l("Stage"),
    "amount": _l("Amount"),
    "currency": _l("Currency"),
    "closed_at": _l("Closed on"),
    "loss_reason": _l("Reason of refusal"),
    "lead": _l("Id of the lead it came from"),
}
_PERSON: Final[dict[str, LazyText]] = {
    "person.name": _l("Full name"),
    "person.first_name": _l("First name"),
    "person.middle_name": _l("Middle name"),
    "person.last_name": _l("Last name"),
    "person.phone": _l("Phone"),
    "person.email": _l("E-mail"),
    "person.external_id": _l("Id of the contact"),
}
_COMPANY: Final[dict[str, LazyText]] = {
    "company.name": _l("Name of the company"),
    "company.external_id": _l("Id of the company"),
}
_PRODUCT: Final[dict[str, LazyText]] = {
    "product.name": _l("Product"),
    "product.quantity": _l("Quantity"),
    "product.price": _l("Price of one"),
}

Group = tuple[LazyText, list[tuple[str, str]]]


def targets(kind: str) -> list[Group]:
    """Return where a column may go, in groups: path and name of each."""
    if kind == "leads":
        return [
            (_l("Lead"), [(f"lead.{name}", words) for name, words in _RECORD.items()]),
            (_l("Person"), list(_PERSON.items())),
            (_l("Company"), list(_COMPANY.items())),
        ]
    own = {name: words for name, words in (_RECORD | _DEAL).items() if name != "source"}
    return [
        (_l("Deal"), [(f"deal.{name}", words) for name, words in own.items()]),
        (_l("Contact"), list(_PERSON.items())),
        (_l("Company"), list(_COMPANY.items())),
        (_l("Product"), list(_PRODUCT.items())),
    ]


def found(order_id: int) -> Order:
    """Return an import; 404 where there is none, or where the visitor may not import."""
    with reading() as work:
        return find_order(work, order_id, viewer=viewer())
