"""Who was refused lately by a funnel's triggers, and why."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue
from pydantic import Field, ValidationError

from funnels.refusals import REASONS, refusals
from funnels.seeing import find_funnel
from web.access import allowed
from web.forms import FormModel
from web.pages.funnels.blueprint import SIGHT, blueprint
from web.site import reading
from web.visit import viewer


class Query(FormModel):
    """What the address bar holds."""

    node: str = Field("", max_length=64)
    code: str = Field("", max_length=40)
    before: int = 0


@blueprint.get("/funnels/<key>/refused")
@allowed(*SIGHT)
def refused(key: str) -> ResponseReturnValue:
    """Show counts by trigger and reason, and the newest refusals."""
    try:
        query = Query.model_validate(request.args.to_dict())
    except ValidationError:
        query = Query()
    with reading() as work:
        row = find_funnel(work, key, viewer())
        found = refusals(work, key, viewer=viewer(), node=query.node, code=query.code, before=query.before)
        now = work.now
    return render_template(
        "funnels/refused.html", key=key, name=row.name, found=found, query=query, reasons=REASONS, now=now
    )
