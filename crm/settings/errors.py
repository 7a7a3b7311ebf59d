"""What settings refuse."""

from __future__ import annotations

from collections.abc import Sequence

from crm.nouns import noun
from engine.text import LazyText, _l
from voronka_error import VoronkaError


class InUseError(VoronkaError):
    """Something that others refer to cannot simply go; ``places`` says where."""

    code = "in_use"

    def __init__(self, kind: str, key: str, places: Sequence[str]) -> None:
        super().__init__(
            _l(
                "{kind} “{key}” is in use: {places}; change them first",
                kind=noun(kind),
                key=key,
                places=_listed(places),
            )
        )
        self.kind = kind
        self.key = key
        self.places = tuple(places)


class SupervisorCycleError(VoronkaError):
    """People would supervise each other in a circle; ``logins`` are theirs in order."""

    code = "supervisor_cycle"

    def __init__(self, logins: Sequence[str]) -> None:
        super().__init__(_l("{logins} would supervise each other in a circle", logins=" → ".join(logins)))
        self.logins = tuple(logins)


def _listed(places: Sequence[str]) -> str:
    """Return the places in one text, those marked for translation before the rest."""
    rest = "; ".join(place for place in places if not isinstance(place, LazyText))
    listed = rest
    for place in reversed([place for place in places if isinstance(place, LazyText)]):
        listed = _l("{one}; {other}", one=place, other=listed) if listed else place
    return listed
