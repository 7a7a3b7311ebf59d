"""The API for other programs, version 1: ``calls`` is what every call goes through, ``spec`` describes them all."""

from __future__ import annotations

from web.pages.api import spec
from web.pages.api.calls import blueprint

__all__ = ["blueprint", "spec"]
