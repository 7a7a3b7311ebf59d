"""Why a deal was not moved, in words that say what to do; and who was faster."""

from __future__ import annotations

from crm.access.actor import ActorKind
from crm.deals.card import DealCard
from crm.deals.last_move import LastMove, last_move
from crm.directory import Directory, directory
from db.work import Work
from engine.request import Result
from engine.text import LazyText, _l
from web.pages.records import words_of
from web.reasons import field_name
from web.texts import translated
from web.visit import viewer


def move_refused(work: Work, card: DealCard, key: str, result: Result) -> str:
    """Return why a deal does not go to the stage with this key, in the visitor's language."""
    match result.code:
        case "required_missing":
            return missing_said(directory(work), card, key)
        case "stale":
            return stale_said(directory(work), card, last_move(work, card.id, viewer=viewer()))
    return translated(words_of(result))


def missing_said(settings: Directory, card: DealCard, key: str) -> str:
    """Return what a stage asks for, by the names that people know."""
    target = card.plan.by_key[key]
    paths = card.missing.get(key, ())
    if not paths and target.asks_reason:
        return translated(_l("Say why: “{stage}” asks for a reason.", stage=target.name))
    names = ", ".join(translated(field_name(settings, f"deal.{path}")) for path in paths)
    return translated(_l("Before “{stage}” fill in: {fields}.", stage=target.name, fields=names))


def stale_said(settings: Directory, card: DealCard, last: LastMove | None) -> str:
    """Return who moved a deal meanwhile, and where it stands now."""
    if last is None:
        return translated(_l("Somebody has changed this deal meanwhile. It is shown as it is now."))
    return translated(
        _l(
            "{who} has moved this deal to “{stage}” meanwhile. It is shown where it stands now; nothing was lost.",
            who=_doer(settings, last),
            stage=card.stage.name,
        )
    )


def _doer(settings: Directory, last: LastMove) -> LazyText | str:
    match last.kind:
        case ActorKind.USER:
            user = settings.users.get(last.actor_id)
            return user.name if user is not None else _l("Somebody")
        case ActorKind.RUN:
            return _l("A robot or a funnel")
        case ActorKind.IMPORT:
            return _l("An import")
        case ActorKind.API:
            return _l("Another program")
    return _l("The system")
