"""Publishing what was seen: where the draft changed since, or people stand where nobody was asked about, it is asked anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from crm.access.actor import EVERYTHING, Actor
from db.work import Work
from engine.document import FunnelDocument
from engine.text import LazyText, _l
from funnels.errors import FunnelNotFoundError, NotPublishableError
from funnels.mass_starts import MassStart
from funnels.publication.choices_for_people import Choices
from funnels.publication.plan import Plan, plan
from funnels.publication.publishing import Published, publish_as_planned, save_draft
from funnels.publication.retroactive import Wish, matching, start_matching, with_buttons
from funnels.states import lock_runs
from funnels.stories.asking import problem_of_tests
from funnels.tables import funnel, funnel_draft
from voronka_error import VoronkaError

SLACK: Final = 10
"""So many more may have come to a place since the plan was drawn, or a tenth of those who were there."""


class PlanChangedError(VoronkaError):
    """The plan is not any more what was seen; nothing was published.  ``reasons`` say what is different."""

    code = "plan_changed"

    def __init__(self, reasons: tuple[LazyText, ...]) -> None:
        super().__init__(*reasons)
        self.reasons = reasons


@dataclass(frozen=True, slots=True)
class Seen:
    """What a plan was drawn from: the number of the draft, the version in use (0: none), and how many stand where."""

    draft: int
    version: int
    people: Mapping[str, int]


def seen_in(work: Work, found: Plan) -> Seen:
    """Return what a plan shows, to be given back when it is published.  One query."""
    return Seen(_draft_number(work, found.key), found.version, {one.node: one.standing for one in found.places})


def publish_as_seen(
    work: Work,
    key: str,
    choices: Choices,
    seen: Seen,
    *,
    by: Actor,
    note: str = "",
    wishes: Sequence[Wish] = (),
    label: str = "start",
    despite_tests: bool = False,
) -> tuple[Published, list[MassStart]]:
    """Do what ``publish_as_planned`` does, where the plan still is what was seen; and let in who matches new triggers already.

    For each of the ``wishes`` the draft gets a trigger “Started by hand” with the ``label`` beside the one that is meant, unless
    it has such a one, and a mass start is asked for.

    Raises:
        PlanChangedError: the draft or the version in use is another, or people stand where nobody did; nothing changed.
        InvalidError: a rate or a sample of the wishes cannot be.
        ChoiceError, FunnelNotFoundError, NotPublishableError: as ``publish_as_planned``.
    """
    by.require("funnels.publish")
    lock_runs(work, [key])  # before the funnel, as workers do
    rows = work.rows(select(funnel.c.draft).where(funnel.c.key == key).with_for_update())
    if not rows:
        raise FunnelNotFoundError(key)
    present = plan(work, FunnelDocument.model_validate(rows[0].draft), viewer=EVERYTHING)
    reasons = tuple(_different(seen, seen_in(work, present), present))
    if reasons:
        raise PlanChangedError(reasons)
    if not wishes:
        return publish_as_planned(work, key, choices, by=by, note=note, despite_tests=despite_tests), []
    untested = problem_of_tests(work, present.document)
    if untested is not None and not despite_tests:
        raise NotPublishableError(key, [untested])
    matches = matching(work, present, by=by)
    wanted = [one for one in wishes if one.node in {match.node for match in matches}]
    document, labels = with_buttons(present.document, [one.node for one in wanted], label)
    if document != present.document:
        save_draft(work, document, by=by)
    made = publish_as_planned(
        work, key, choices, by=by, note=note, despite_tests=True
    )  # with the buttons they were not run
    return made, start_matching(work, key, matches, wanted, labels, by=by)


def _draft_number(work: Work, key: str) -> int:
    query = select(funnel_draft.c.version).join(funnel, funnel.c.id == funnel_draft.c.funnel_id)
    return int(work.scalar(query.where(funnel.c.key == key)) or 0)


def _different(seen: Seen, now: Seen, present: Plan) -> list[LazyText]:
    reasons = []
    if now.draft != seen.draft:
        reasons.append(_l("the draft was changed meanwhile"))
    if now.version != seen.version:
        reasons.append(_l("version {version} was published meanwhile", version=now.version))
    for one in present.places:
        was = seen.people.get(one.node, 0)
        if one.matters and one.standing and (not was or one.standing > was + max(SLACK, was // 10)):
            reasons.append(
                _l("at “{node}” stand {now} now, and {was} when you looked", node=one.name, now=one.standing, was=was)
            )
    return reasons
