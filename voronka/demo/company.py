"""Set up the sample company: people, plans, fields, funnels."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from sqlalchemy import select

from blocks.catalogue import block_type
from crm.access.actor import SYSTEM
from crm.settings.directories import NewLossReason, add_loss_reasons
from crm.settings.field_definitions import NewField, add_fields
from crm.settings.organization import NewOrganization, set_up
from crm.settings.plans import NewPlan, create_plan
from crm.settings.stage_rules import NewStage
from crm.settings.stages import StageChange, change_stage
from crm.settings.users import NewUser, add_users
from crm.tables.settings import organization
from crm.ways.forms import FormText, add_forms
from crm.ways.kinds import FormField
from db.work import Work
from engine.document import FunnelDocument
from engine.text import _l
from funnels.publication.publishing import publish, save_draft
from funnels.reading import read_file
from funnels.robots import compile_robots
from voronka.demo.past import sell
from voronka_error import VoronkaError

NAME: Final = "Sunny House"
FOLDER: Final = Path(__file__).parent
LEADS: Final = FOLDER / "leads.csv"
LEADS_MAP: Final = FOLDER / "leads.map.yaml"
PLANS: Final = ("homes", "business")
MANAGERS: Final = ("olena", "marko", "daryna", "tom")

PASSWORD: Final = "sunny-house"  # noqa: S105  of the sample people, told to whoever starts the demo
_PEOPLE: Final = tuple(
    replace(person, password=PASSWORD)
    for person in (
        NewUser("irma", "Irma Lund", "administrator"),
        NewUser("yaryna", "Ярина Коваль", "supervisor"),
        NewUser("olena", "Олена Гай", supervisor="yaryna"),
        NewUser("marko", "Марко Дуб", supervisor="yaryna"),
        NewUser("daryna", "Дарина Левченко", supervisor="yaryna"),
        NewUser("tom", "Tom Ashby", supervisor="yaryna"),
        NewUser("vera", "Vera Linden", "marketer"),
    )
)
_HOMES: Final = NewPlan(
    "Homes",
    (
        NewStage("New", colour="#3b82f6"),
        NewStage("Visit", colour="#8b5cf6"),
        NewStage("Offer", colour="#f59e0b"),
        NewStage("Contract", colour="#06b6d4"),
        NewStage("Won", "won", colour="#22c55e"),
        NewStage("Lost", "lost", colour="#9ca3af", asks_reason=True),
    ),
    key="homes",
    average_check=18_000_000,
    deal_title="{lead.name|default:'New client'}",
    distribution="even",
    managers=MANAGERS,
)
_RULES: Final = {
    "visit": StageChange(dwell_days=5, exit_fact="The roof is measured"),
    "offer": StageChange(dwell_days=10, exit_fact="The client has said yes or no"),
}
_BUSINESS: Final = NewPlan(
    "Business",
    (
        NewStage("New", colour="#3b82f6"),
        NewStage("Audit", colour="#8b5cf6"),
        NewStage("Tender", colour="#f59e0b"),
        NewStage("Won", "won", colour="#22c55e"),
        NewStage("Lost", "lost", colour="#9ca3af"),
    ),
    key="business",
    average_check=96_000_000,
    deal_title="{lead.name|default:'New partner'}",
    distribution="even",
    second_rule="fewest",
    managers=("marko", "tom"),
)
_FIELDS: Final = (
    NewField("lead", "Package", "choice", ("small", "medium", "large"), key="package"),
    NewField("lead", "Wish", "choice", ("call", "visit", "offer"), key="wish"),
)
_REASONS: Final = (
    NewLossReason("Too expensive", key="expensive"),
    NewLossReason("Chose another firm", key="another"),
    NewLossReason("The roof does not fit", key="roof"),
)
_FORM: Final = FormText(
    "Free estimate",
    (
        FormField("name", "Your name", required=True),
        FormField("phone", "Phone", required=True),
        FormField("email", "E-mail"),
        FormField("field.package", "How large is your roof?"),
        FormField("field.wish", "What shall we do first?"),
        FormField("comment", "Anything we should know"),
    ),
    title="What would the sun save you?",
    intro="Leave your phone: we look at your roof on the map, call you, and tell what it would cost.",
    button="Get my free estimate",
    thanks="Thank you! One of us calls you within a working day.",
    source="website",
)
_FUNNELS: Final = ("new-leads.yaml", "partners.yaml", "robots-visit.yaml", "robots-offer.yaml")


class OtherCompanyError(VoronkaError):
    """The database belongs to somebody else, and samples have no place in it."""

    code = "other_company"

    def __init__(self, name: str) -> None:
        super().__init__(
            _l(
                "this database belongs to “{name}”: the demo goes into a database of its own;"
                " leave out VORONKA_DATABASE_URL, or name an empty one",
                name=name,
            )
        )
        self.name = name


def set_up_company(work: Work) -> bool:
    """Set everything up in one transaction.  Returns whether it was new; what is there stays as it is.

    Raises:
        OtherCompanyError: the database is another company's.
    """
    known = work.scalar(select(organization.c.name))
    if known == NAME:
        return False
    if known is not None:
        raise OtherCompanyError(known)
    set_up(work, NewOrganization(NAME, zone="Europe/Kyiv", currency="UAH", language="en"))
    add_users(work, _PEOPLE, by=SYSTEM)
    add_fields(work, _FIELDS, by=SYSTEM)
    add_loss_reasons(work, _REASONS, by=SYSTEM)
    for plan in (_HOMES, _BUSINESS):
        create_plan(work, plan, by=SYSTEM)
    for stage, rules in _RULES.items():
        change_stage(work, "homes", stage, rules, by=SYSTEM)
    for name in _FUNNELS:
        found = read_file(FOLDER / name)
        for document in (found,) if isinstance(found, FunnelDocument) else compile_robots(found, block_type):
            save_draft(work, document, by=SYSTEM)
            publish(work, document.key, by=SYSTEM)
    add_forms(work, [_FORM], by=SYSTEM, keys=["estimate"])
    sell(work)
    return True
