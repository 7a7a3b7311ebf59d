"""Roles: what each lets people do, and the company's own."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from crm.access.actor import RIGHTS
from crm.errors import InvalidError, NotFoundError
from crm.settings.errors import InUseError
from crm.settings.rights import RIGHT_WORDS, Right
from crm.settings.roles import ROLES, add_role, all_roles, change_role, remove_role
from engine.text import LazyText, _l
from web.access import allowed
from web.forms import Form, FormModel, sent
from web.site import reading, writing
from web.texts import translated
from web.visit import actor, me

blueprint = Blueprint("roles", __name__, url_prefix="/settings")


class RoleForm(FormModel):
    """What the form sends."""

    name: str = Field(max_length=120)
    rights: list[str] = Field(default_factory=list)


@blueprint.get("/roles")
@allowed("users.edit")
def everything() -> str:
    """Show all roles with their rights."""
    with reading() as work:
        found = all_roles(work)
    return render_template("settings/roles.html", roles=found, groups=_groups(), words=RIGHT_WORDS)


@blueprint.get("/new-role")
@allowed("users.edit")
def new() -> str:
    """Show an empty form."""
    return _form(Form({"rights": []}))


@blueprint.post("/new-role")
@allowed("users.edit")
def add() -> ResponseReturnValue:
    """Add a role."""
    form = sent(RoleForm, lists=frozenset({"rights"}))
    if form.value is not None:
        try:
            with writing() as work:
                add_role(work, form.value.name, form.value.rights, by=actor())
        except InvalidError as error:
            form.refuse(error)
        else:
            flash(translated(_l("The role is added. Give it to people on their pages.")), "ok")
            return redirect(url_for("settings.roles.everything"), code=303)
    return _form(form), 422


@blueprint.get("/roles/<key>")
@allowed("users.edit")
def show(key: str) -> str:
    """Show a role of one's own to change."""
    with reading() as work:
        found = next((one for one in all_roles(work) if one.key == key and not one.is_built_in), None)
    if found is None:
        raise NotFoundError("role", key)
    return _form(Form({"name": found.name, "rights": sorted(found.rights)}), key)


@blueprint.post("/roles/<key>")
@allowed("users.edit")
def change(key: str) -> ResponseReturnValue:
    """Change a role of one's own."""
    form = sent(RoleForm, lists=frozenset({"rights"}))
    if form.value is not None:
        try:
            with writing() as work:
                change_role(work, key, name=form.value.name, rights=form.value.rights, by=actor())
        except InvalidError as error:
            form.refuse(error)
        else:
            flash(translated(_l("Saved. It holds from the next click of everybody who has this role.")), "ok")
            return redirect(url_for("settings.roles.everything"), code=303)
    return _form(form, key), 422


@blueprint.post("/roles/<key>/remove")
@allowed("users.edit")
def remove(key: str) -> ResponseReturnValue:
    """Remove a role that nobody has."""
    try:
        with writing() as work:
            remove_role(work, key, by=actor())
    except InUseError as error:
        flash(translated(error.args[0]), "bad")
        return redirect(url_for("settings.people.everybody"), code=303)
    flash(translated(_l("The role is removed.")), "ok")
    return redirect(url_for("settings.roles.everything"), code=303)


def _groups() -> dict[LazyText, list[tuple[str, Right]]]:
    groups: dict[LazyText, list[tuple[str, Right]]] = {}
    for key, right in RIGHT_WORDS.items():
        groups.setdefault(right.group, []).append((key, right))
    return groups


def _form(form: Form[RoleForm], key: str | None = None) -> str:
    lacking = RIGHTS - me().rights
    return render_template("settings/role.html", form=form, key=key, groups=_groups(), lacking=lacking, built_in=ROLES)
