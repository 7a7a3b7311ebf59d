"""Contacts and companies: their lists, files of them, new ones, their cards."""

from __future__ import annotations

from web.pages.clients import card, entering, exporting, listing
from web.pages.clients.blueprint import blueprint

__all__ = ["blueprint", "card", "entering", "exporting", "listing"]
