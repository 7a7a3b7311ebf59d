"""Rights are told apart further: own, of the team and of all; recalls; sales plans.  Every role keeps what it could."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_role = sa.table("role", sa.column("id"), sa.column("key"), sa.column("rights"))
_BUILT_IN = {
    "administrator": {
        "plans.edit", "audit.see", "leads.edit_team", "leads.edit_all", "deals.edit_team", "deals.recall",
        "records.export", "reports.see",
    },
    "supervisor": {"leads.edit_all", "deals.recall", "records.export", "reports.see"},
    "manager": {"reports.see"},
    "marketer": {"leads.edit_all", "records.export", "reports.see"},
}  # fmt: skip


def upgrade() -> None:
    """Apply."""
    connection = op.get_bind()
    for row in connection.execute(sa.select(_role)).all():
        old = frozenset(json.loads(row.rights))
        new = old | (_BUILT_IN[row.key] if row.key in _BUILT_IN else added(old))
        if new != old:
            connection.execute(_role.update().where(_role.c.id == row.id).values(rights=json.dumps(sorted(new))))


def added(old: frozenset[str]) -> set[str]:
    """Return the rights that a role of the company's own gets beside those it has."""
    new = set()
    for kind in ("leads", "deals"):  # who saw a record could change it
        if f"{kind}.edit" in old and f"{kind}.edit_all" not in old and "records.see_all" in old:
            new.add(f"{kind}.edit_all")
        elif f"{kind}.edit" in old and f"{kind}.edit_all" not in old and "records.see_team" in old:
            new.add(f"{kind}.edit_team")
    if old >= {"deals.edit_all", "deals.mass_edit"}:
        new.add("deals.recall")
    if "settings.edit" in old:
        new.add("plans.edit")
    if old >= {"settings.edit", "users.edit"}:
        new.add("audit.see")
    if "records.import" in old:
        new.add("records.export")
    if not old.isdisjoint({"deals.edit", "records.see_team", "records.see_all"}):
        new.add("reports.see")
    return new
