"""The templates that there are, in the reader's language."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from crm.errors import NotFoundError
from funnels.gallery.models import FunnelTemplate, Plain, PlanTemplate
from funnels.gallery.texts import Say, in_words
from funnels.plain_yaml import load

FOLDER: Final = Path(__file__).parent
PLANS: Final = ("sales", "retail", "wholesale", "repeat")
FUNNELS: Final = ("qualification", "webinar", "nps", "tunnel", "reactivation")
"""In the order in which they are shown."""


def plan_templates(say: Say) -> tuple[PlanTemplate, ...]:
    """Return the templates of plans, their texts as ``say`` gives them."""
    return tuple(plan_template(key, say) for key in PLANS)


def plan_template(key: str, say: Say) -> PlanTemplate:
    """Return one of them.

    Raises:
        NotFoundError: there is none with this key.
    """
    if key not in PLANS:
        raise NotFoundError("template", key)
    return PlanTemplate.model_validate(in_words(_plan(key), say))


def funnel_templates(say: Say) -> tuple[FunnelTemplate, ...]:
    """Return the templates of funnels, their texts as ``say`` gives them."""
    return tuple(funnel_template(key, say) for key in FUNNELS)


def funnel_template(key: str, say: Say) -> FunnelTemplate:
    """Return one of them.

    Raises:
        NotFoundError: there is none with this key.
    """
    if key not in FUNNELS:
        raise NotFoundError("template", key)
    return FunnelTemplate.model_validate(in_words(_funnel(key), say))


@cache
def _plan(key: str) -> Plain:
    return _read(FOLDER / "plans" / f"{key}.yaml")


@cache
def _funnel(key: str) -> Plain:
    folder = FOLDER / "kept" / key
    return {"key": key, **_read(folder / "about.yaml"), "document": _read(folder / "funnel.yaml")}


def _read(path: Path) -> Plain:
    value = load(path.read_text(encoding="utf-8")).value
    assert isinstance(value, dict)
    return value
