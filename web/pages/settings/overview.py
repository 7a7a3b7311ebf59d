"""Settings: one calm page that leads to each part, for those who may change it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, current_app, render_template

from engine.text import LazyText, _l
from web.access import allowed
from web.pages.settings.api_keys import blueprint as api_keys
from web.pages.settings.audit import blueprint as audit
from web.pages.settings.company import blueprint as company
from web.pages.settings.fields import blueprint as fields
from web.pages.settings.forms import blueprint as forms
from web.pages.settings.health import blueprint as health
from web.pages.settings.lists import blueprint as lists
from web.pages.settings.mail import blueprint as mail
from web.pages.settings.people import blueprint as people
from web.pages.settings.plans import blueprint as plans
from web.pages.settings.resources import blueprint as resources
from web.pages.settings.roles import blueprint as roles
from web.pages.settings.webhooks import blueprint as webhooks
from web.visit import may


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the settings: where it is, what it is for, and the rights of which one is needed.

    One whose ``endpoint`` does not exist is not shown.
    """

    group: LazyText
    endpoint: str
    icon: str
    title: LazyText
    about: LazyText
    rights: tuple[str, ...] = ("settings.edit",)


COMPANY, SALES, WAYS = _l("Company"), _l("Sales"), _l("Ways in and out")

SECTIONS = (
    Section(
        COMPANY, "settings.company.show", "building", _l("Company"), _l("Name, money, time zone, hours and holidays")
    ),
    Section(
        COMPANY,
        "settings.people.everybody",
        "users",
        _l("People"),
        _l("Who works here, in which role, under whom"),
        ("users.edit",),
    ),
    Section(
        COMPANY,
        "settings.roles.everything",
        "shield",
        _l("Roles"),
        _l("What each role lets people do"),
        ("users.edit",),
    ),
    Section(
        COMPANY,
        "settings.audit.show",
        "history",
        _l("Audit log"),
        _l("Who did what, when, and from where"),
        ("audit.see",),
    ),
    Section(
        COMPANY, "settings.health.show", "progress", _l("Health"), _l("Whether everything runs, and what to do if not")
    ),
    Section(
        SALES,
        "settings.plans.all_plans",
        "layout-kanban",
        _l("Sales plans"),
        _l("Boards: their stages, their people, and who gets the next deal"),
        ("plans.edit",),
    ),
    Section(
        SALES,
        "settings.fields.all_fields",
        "list-details",
        _l("Fields"),
        _l("What you want to know of leads, deals, people and companies"),
    ),
    Section(
        SALES, "settings.lists.reasons", "thumb-down", _l("Reasons of refusal"), _l("Why deals and leads are lost")
    ),
    Section(SALES, "settings.lists.channels", "arrows-split-2", _l("Channels"), _l("The ways clients come by")),
    Section(SALES, "settings.lists.tags", "tag", _l("Tags"), _l("The words records are marked with")),
    Section(SALES, "settings.lists.products", "package", _l("Products"), _l("What you sell, and for how much")),
    Section(
        SALES,
        "settings.resources.everything",
        "calendar",
        _l("Resources"),
        _l("What is booked for times: halls, cars, fitters"),
    ),
    Section(
        WAYS,
        "settings.forms.everything",
        "forms",
        _l("Forms"),
        _l("Pages and pieces for your site that bring leads"),
        ("funnels.edit",),
    ),
    Section(
        WAYS, "settings.webhooks.everything", "webhook", _l("Webhooks"), _l("Addresses that other programs send to")
    ),
    Section(
        WAYS, "settings.api_keys.everything", "api", _l("API"), _l("Keys for programs that add leads and read deals")
    ),
    Section(WAYS, "settings.mail.show", "mail", _l("Mail server"), _l("Where invitations and messages leave through")),
)
"""All parts, in the order they are shown; a page adds its line."""

blueprint = Blueprint("settings", __name__)
for _part in (company, people, roles, audit, plans, fields, lists, resources, mail, forms, webhooks, api_keys, health):
    blueprint.register_blueprint(_part)


@blueprint.get("/settings")
@allowed("settings.edit", "plans.edit", "users.edit", "audit.see", "funnels.edit")
def show() -> str:
    """Show the parts that the visitor may change, by group."""
    groups: dict[LazyText, list[Section]] = {}
    for section in SECTIONS:
        if section.endpoint in current_app.view_functions and may(*section.rights):
            groups.setdefault(section.group, []).append(section)
    return render_template("settings/overview.html", groups=groups)
