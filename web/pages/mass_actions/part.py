"""What the pages of mass actions share: the blueprint, the chips of states and outcomes, and the bar on lists and boards."""

from __future__ import annotations

from typing import Final

from flask import Blueprint

from engine.text import LazyText, _l, _ln
from funnels.mass.actions import ACTIONS
from funnels.mass.asking import STATES, MassActionState
from web.visit import may

blueprint = Blueprint("mass_actions", __name__, url_prefix="/mass-actions")

_SIGNS: Final = {
    "running": ("accent", "player-play"),
    "held": ("warn", "player-pause"),
    "aborted": ("", "hand-stop"),
    "finished": ("ok", "circle-check"),
    "undoing": ("accent", "arrow-back-up"),
    "undone": ("", "arrow-back-up"),
}
CHIPS: Final[dict[str, tuple[LazyText, str, str]]] = {key: (words, *_SIGNS[key]) for key, words in STATES.items()}
"""The word, the kind of chip and the icon of each state."""

BECAME: Final[dict[str, tuple[LazyText, str, str]]] = {
    "done": (_l("done"), "ok", "circle-check"),
    "skipped": (_l("left out"), "", "player-skip-forward"),
    "failed": (_l("failed"), "bad", "alert-triangle"),
    "undone": (_l("taken back"), "accent", "arrow-back-up"),
    "kept": (_l("changed since, left as it is"), "warn", "lock"),
}
"""The same for what became of a record."""


def offered(kind: str) -> list[tuple[str, LazyText, str]]:
    """Return the actions on a kind of record that the visitor may ask for: key, what it is called, icon."""
    found = []
    for key, action in ACTIONS.items():
        rights = action.model_construct(action=key).rights("lead" if kind == "lead" else "deal")
        if kind in action.kinds and all(may(right) for right in rights):
            found.append((key, action.title, action.icon))
    return found


def in_words(one: MassActionState) -> LazyText:
    """Return how many were changed, or put back."""
    if one.state in ("undoing", "undone"):
        return _ln("Taken back: {count} record", "Taken back: {count} records", one.undone)
    return _ln("Done: {count} record", "Done: {count} records", one.done)


@blueprint.app_context_processor
def _bar() -> dict[str, object]:
    return {"mass_actions_on": offered}
