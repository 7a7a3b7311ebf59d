"""The mail server: where invitations and messages leave through, and a test whether it takes them."""

from __future__ import annotations

from typing import Literal

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from channels.smtp import MailError
from crm.errors import InvalidError
from crm.settings.mail_server import MailServer, known_mail_server, set_mail_server
from db.errors import StaleError
from engine.text import _l
from web.access import allowed
from web.forms import Form, FormModel, sent
from web.guards import limiter
from web.mail import mail
from web.site import reading, site, writing
from web.texts import translated
from web.visit import actor, me

blueprint = Blueprint("mail", __name__, url_prefix="/settings/mail")


class MailForm(FormModel):
    """What the form sends; an empty password keeps the one that is stored."""

    host: str = Field(max_length=255)
    port: int = Field(587, ge=1, le=65535)
    security: Literal["none", "starttls", "tls"] = "starttls"
    login: str = ""
    password: str = ""
    sender: str
    per_minute: int = Field(60, ge=1, le=100_000)
    version: int = 0


@blueprint.get("")
@allowed("settings.edit")
def show() -> str:
    """Show the server, never its password."""
    return _page(Form(_stored()))


@blueprint.post("")
@allowed("settings.edit")
def save() -> ResponseReturnValue:
    """Store the server."""
    form = sent(MailForm)
    if form.value is not None:
        try:
            with writing() as work:
                set_mail_server(work, MailServer(**form.value.model_dump()), by=actor())
        except InvalidError as error:
            form.refuse(error)
        except StaleError:
            form = Form(_stored())
            form.problem = translated(_l("Somebody else changed the mail server meanwhile: here is what holds now."))
            return _page(form), 409
        else:
            flash(translated(_l("Saved. Send yourself a test message to see that it works.")), "ok")
            return redirect(url_for(".show"), code=303)
    return _page(form), 422


@blueprint.post("/test")
@allowed("settings.edit")
@limiter.limit(lambda: site().limits.sign_in)
def test() -> ResponseReturnValue:
    """Send a message to oneself, and say what the server answered where it refused."""
    try:
        mail(
            me(),
            _l("Voronka can send mail"),
            _l(
                "This is the test message that you asked for. The mail server took it: invitations and messages will leave."
            ),
        )
    except MailError as error:
        return _page(Form(_stored()), failed=translated(error.args[0])), 422
    flash(translated(_l("The server took the message for {email}. Look into your inbox.", email=me().email)), "ok")
    return redirect(url_for(".show"), code=303)


def _stored() -> dict[str, object]:
    with reading() as work:
        known = known_mail_server(work)
    if known is None:
        return {"port": 587, "security": "starttls", "per_minute": 60, "version": 0}
    return {
        "host": known.host,
        "port": known.port,
        "security": known.security,
        "login": known.login,
        "sender": known.sender,
        "per_minute": known.per_minute,
        "version": known.version,
        "has_password": bool(known.password),
    }


def _page(form: Form[MailForm], failed: str = "") -> str:
    with reading() as work:
        known = known_mail_server(work)
    return render_template("settings/mail.html", form=form, known=known, failed=failed, own_email=me().email)
