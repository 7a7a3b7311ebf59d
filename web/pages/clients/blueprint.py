"""The blueprint of the pages of contacts and companies."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("clients", __name__)
