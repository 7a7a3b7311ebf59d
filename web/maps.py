"""Links to maps: where an address leads, as the company has chosen.  Nothing is loaded from there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from engine.text import LazyText, _l
from web.texts import translated

_SITES: Final[Mapping[str, tuple[LazyText, str]]] = {
    "": (_l("the map of the device"), "geo:0,0?q="),
    "openstreetmap": (LazyText("OpenStreetMap"), "https://www.openstreetmap.org/search?query="),
    "google": (LazyText("Google Maps"), "https://www.google.com/maps/search/?api=1&query="),
    "apple": (LazyText("Apple Maps"), "https://maps.apple.com/?q="),
}


def map_choices() -> list[tuple[str, str]]:
    """Return the sites to choose from, as key and name."""
    return [(key, translated(name)) for key, (name, _) in _SITES.items()]


def map_link(address: str, site: str) -> str:
    """Return the link that shows an address."""
    return _SITES.get(site, _SITES[""])[1] + quote(" ".join(address.split()), safe="")
