"""What the pages of forms and of webhooks have in common: saving, switching and removing, and saying how it went."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from crm.errors import InvalidError
from db.errors import StaleError
from db.work import Work
from funnels.refers import FunnelReferences
from voronka_error import VoronkaError
from web.forms import Form
from web.site import writing
from web.texts import translated


def saved(form: Form[Any], act: Callable[[Work], None], *, stale: str) -> int:
    """Save what a form sent: returns 303 where it was, 422 or 409 where the form now says why not."""
    try:
        with writing() as work:
            act(work)
    except InvalidError as error:
        form.refuse(error)
        return 422
    except StaleError:
        form.problem = translated(stale)
        return 409
    return 303


def gone_on(words: str, page: str, **values: Any) -> ResponseReturnValue:
    """Say that something was done, and lead on to a page."""
    flash(translated(words), "ok")
    return redirect(url_for(page, **values), code=303)


def switched(act: Callable[[Work, bool], None], page: str, *, on: str, off: str, **values: Any) -> ResponseReturnValue:
    """Switch one on or off, as the request asks, say so, and lead on to a page."""
    wanted = request.form.get("on") == "1"
    with writing() as work:
        act(work, wanted)
    return gone_on(on if wanted else off, page, **values)


def removed(pages: str, key: str, act: Callable[[Work, FunnelReferences], None], words: str) -> ResponseReturnValue:
    """Remove one that no funnel names, and lead on to the list; where that cannot be, back to its page, which says why.

    ``pages`` are those of one blueprint (``settings.forms``).
    """
    try:
        with writing() as work:
            act(work, FunnelReferences(work))
    except VoronkaError as error:
        flash(" ".join(translated(one) for one in error.args), "bad")
        return redirect(url_for(f"{pages}.show", key=key), code=303)
    return gone_on(words, f"{pages}.everything")
