"""What the pages of all jobs have, of mass actions and mass starts: how states look, and buttons that go on, abort, take back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from crm.errors import InvalidError, NotAllowedError
from engine.text import LazyText, _l
from funnels.errors import FunnelNotFoundError
from funnels.jobs import JobKind
from web.site import writing
from web.texts import translated
from web.visit import actor

Chip = tuple[LazyText, str, str]
"""The word, the kind of chip and the icon of a state."""
_SIGNS: Final[Mapping[str, tuple[str, str]]] = {
    "sampling": ("accent", "hourglass"),
    "running": ("accent", "player-play"),
    "held": ("warn", "player-pause"),
    "aborted": ("", "hand-stop"),
    "finished": ("ok", "circle-check"),
    "undoing": ("accent", "arrow-back-up"),
    "undone": ("", "arrow-back-up"),
}


def chips_of(of: JobKind) -> dict[str, Chip]:
    """Return how each state of a job looks."""
    return {key: (words, *_SIGNS[key]) for key, words in of.states.items()}


def change(
    pages: Literal["mass_actions", "mass_starts"],
    command: Callable[..., object],
    job_id: int,
    page: Callable[[int, str], str],
) -> ResponseReturnValue:
    """Do what a button says, and show the job; ``pages`` is its blueprint, ``page`` draws it with what was in the way."""
    try:
        with writing() as work:
            command(work, job_id, by=actor())
    except (InvalidError, NotAllowedError, FunnelNotFoundError) as error:
        return page(job_id, translated(_l("Nothing was changed: {problem}.", problem=translated(error.args[0])))), 422
    name: dict[str, Any] = {f"{pages.removesuffix('s')}_id": job_id}
    return redirect(url_for(f"{pages}.show", **name), code=303)
