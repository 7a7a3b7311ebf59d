"""What the pages of mass actions share: the blueprint, the chips of states and outcomes, and the bar on lists and boards."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl

from flask import Blueprint

from engine.text import LazyText, _l, _ln
from funnels.jobs import MASS_ACTION
from funnels.mass.actions import ACTIONS
from funnels.mass.asking import MassActionState
from web.job_pages import Chip, chips_of
from web.visit import may

blueprint = Blueprint("mass_actions", __name__, url_prefix="/mass-actions")

CHIPS: Final = chips_of(MASS_ACTION)

BECAME: Final[dict[str, Chip]] = {
    "done": (_l("done"), "ok", "circle-check"),
    "skipped": (_l("left out"), "", "player-skip-forward"),
    "failed": (_l("failed"), "bad", "alert-triangle"),
    "undone": (_l("taken back"), "accent", "arrow-back-up"),
    "kept": (_l("changed since, left as it is"), "warn", "lock"),
}
"""How what became of a record looks."""


def offered(kind: str, query: str = "") -> list[tuple[str, LazyText, str]]:
    """Return the actions on a kind of record that the visitor may ask for: key, what it is called, icon.

    ``query`` is the address after ``?`` of the list that they stand on: what is in the archive can only be taken out of it.
    """
    found = []
    is_of_archive = shows_archive(query)
    for key, action in ACTIONS.items():
        if action.of_archived is not is_of_archive:
            continue
        rights = action.model_construct(action=key).rights("lead" if kind == "lead" else "deal")
        if kind in action.kinds and all(may(right) for right in rights):
            found.append((key, action.title, action.icon))
    return found


def shows_archive(query: str) -> bool:
    """True where a list with this address shows what is in the archive, and nothing else."""
    asked = dict(parse_qsl(query)).get("archived_at", "-")
    return asked != "-"


def in_words(one: MassActionState) -> LazyText:
    """Return how many were changed, or put back."""
    if one.state in ("undoing", "undone"):
        return _ln("Taken back: {count} record", "Taken back: {count} records", one.undone)
    return _ln("Done: {count} record", "Done: {count} records", one.done)


@blueprint.app_context_processor
def _bar() -> dict[str, object]:
    return {"mass_actions_on": offered}
