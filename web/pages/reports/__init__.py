"""Reports: the list, one with its tables and charts, saving, and files of it."""

from __future__ import annotations

from web.pages.reports import files, listing, saving, showing
from web.pages.reports.part import blueprint

__all__ = ["blueprint", "files", "listing", "saving", "showing"]
