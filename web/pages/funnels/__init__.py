"""Funnels: the list, one as a graph, its runs, and who was refused."""

from __future__ import annotations

from web.pages.funnels import (
    catalogue,
    comparing,
    drafts,
    editing,
    figures,
    gallery,
    helping,
    history,
    life,
    listing,
    planning,
    publishing,
    refused,
    rehearsing,
    runs,
    showing,
    testing,
    uploading,
)
from web.pages.funnels.blueprint import blueprint

__all__ = [
    "blueprint",
    "catalogue",
    "comparing",
    "drafts",
    "editing",
    "figures",
    "gallery",
    "helping",
    "history",
    "life",
    "listing",
    "planning",
    "publishing",
    "refused",
    "rehearsing",
    "runs",
    "showing",
    "testing",
    "uploading",
]
