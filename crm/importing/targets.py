"""Where a column of an import may go: the fields of a lead or deal, of the person, company and product with it, of a user."""

from __future__ import annotations

import re
from typing import Final, Literal

Kind = Literal["leads", "deals", "users"]

_SHARED: Final = frozenset(
    {
        "person.external_id", "person.name", "person.first_name", "person.middle_name", "person.last_name",
        "person.phone", "person.email", "company.external_id", "company.name",
    }
)  # fmt: skip
_RECORD: Final = frozenset({"external_id", "title", "source", "owner", "created_at", "comment", "tags"})
_DEAL: Final = frozenset({"plan", "stage", "amount", "currency", "closed_at", "loss_reason", "lead"})
_PRODUCT: Final = frozenset({"product.name", "product.quantity", "product.price"})
_USER: Final = frozenset({"user.login", "user.name", "user.email", "user.role", "user.supervisor"})

TARGETS: Final[dict[Kind, frozenset[str]]] = {
    "leads": _SHARED | {f"lead.{name}" for name in _RECORD},
    "deals": _SHARED | _PRODUCT | {f"deal.{name}" for name in _RECORD | _DEAL},
    "users": _USER,
}

# Several columns may go here; their cells are put together in the order of the map.
REPEATABLE: Final = frozenset(
    {"person.phone", "person.email", "lead.comment", "lead.tags", "deal.comment", "deal.tags"}
)
MOMENTS: Final = frozenset({"lead.created_at", "deal.created_at", "deal.closed_at"})
LINKS: Final = frozenset({"person.external_id", "company.external_id", "deal.lead"})
NUMBERS: Final = frozenset({"deal.amount", "product.price", "product.quantity"})

_FIELD_KEY: Final = re.compile(r"[^\W\d_]\w{0,62}")


def full_target(kind: Kind, name: str) -> str | None:
    """Return a target's full path: ``source`` of a leads import is ``lead.source``; ``None`` for an unknown one."""
    record = kind.removesuffix("s")
    for path in (name, f"{record}.{name}"):
        if path in TARGETS[kind]:
            return path
        if (
            kind != "users"
            and path.startswith(f"{record}.field.")
            and _FIELD_KEY.fullmatch(path.removeprefix(f"{record}.field."))
        ):
            return path
    return None


def field_key(heading: str, position: int) -> str:
    """Return a key for a custom field from its heading: lower case, words joined by ``_``; else ``column_5``."""
    key = re.sub(r"\W+", "_", heading.strip().casefold()).strip("_")[:60]
    return key if _FIELD_KEY.fullmatch(key) else f"column_{position}"
