"""Every command of ``crm`` and ``funnels`` as one row: what it asks for, and a call of it on things that are somebody else's."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from sqlalchemy import select

from crm.access.actor import EVERYTHING, SYSTEM
from crm.access.audit import note_export
from crm.access.links import make_link
from crm.access.sessions import end_sessions
from crm.deals.board_views import ViewChange, keep_view
from crm.deals.filling import Filling, fill_and_move
from crm.deals.moving import Move, move_deals
from crm.deals.opening import NewDeal, open_deals
from crm.deals.owners import NewOwner, assign_owners
from crm.deals.products import Line, set_products
from crm.deals.recalling import Recall, recall_deals
from crm.directory import directory
from crm.fields.changes import FieldChange, set_fields
from crm.files import Kept, keep_file
from crm.finding.columns import choose_columns
from crm.finding.saved import NewFilter, change_filters, remove_filters, save_filters
from crm.importing.choices import Choices
from crm.importing.intake import receive, take_sheet
from crm.importing.orders import add_order, choose, forget, order_of, start, stop
from crm.importing.run import Import, run_import
from crm.importing.users import import_users
from crm.leads.card import EnteredLead, enter_leads
from crm.leads.recording import NewLead, record_leads
from crm.people import entering
from crm.people.companies import NewCompany, find_or_create_companies
from crm.people.contacts import NewContact, find_or_create_contacts
from crm.people.merging import Merge
from crm.people.parting import merging_of
from crm.records.archiving import archive_records, restore_records
from crm.records.comments import NewComment, add_comments
from crm.records.tags import TagChange, change_tags
from crm.reports.asked import Asked
from crm.reports.saved import NewReport, change_reports, remove_reports, save_reports
from crm.settings import directories, organization, passwords, plans, pool, resources, roles, stages, users, words
from crm.settings import field_definitions as definitions
from crm.settings.absences import NewAbsence, add_absences, end_absences
from crm.settings.hand_over import HandOver, hand_over
from crm.settings.mail_server import MailServer, set_mail_server
from crm.settings.stage_rules import NewStage
from crm.settings.taking_back import take_back
from crm.tables.accounts import api_key
from crm.tables.distribution import absence
from crm.tables.importing import import_job, import_order
from crm.tables.journal import event
from crm.tables.settings import product, tag
from crm.tasks.changes import NewTask, Postponement, TaskEnd, create_tasks, end_tasks, postpone_tasks, reopen_tasks
from crm.today.notifications import read as read_notes
from crm.ways import api_keys, forms, webhooks
from crm.ways.given import GivenLead, take_leads
from crm.ways.kinds import FormField
from db.work import Work
from engine.deadline import Due
from engine.limits import Limits
from funnels import (
    archiving,
    drafts,
    files,
    mass_starts,
    outbox,
    repair,
    restaging,
    retiring,
    states,
)
from funnels.gallery import taking_back, using
from funnels.mass import asking, at_once, looking
from funnels.mass.tagging import AddTags
from funnels.merging import merge
from funnels.parting import part
from funnels.publication import limiting, publishing, seeing_again, turned_away, unpublishing
from funnels.publication.choices_for_people import ALL_STAY
from funnels.reading import read
from funnels.rehearsals import asking as rehearsing
from funnels.starting import Start, start_by_hand
from funnels.stories import asking as stories
from funnels.stories import editing as story_texts
from funnels.tables import mass_action, mass_start, template_use
from funnels.undoing import ask_to_undo
from tests.crm.company import STAGES, set_up_company

FUNNEL = """
key: hand
name: By hand
nodes:
  - {id: start, type: trigger.manual_start, config: {label: Go}}
  - {id: tag, type: crm.add_tags, config: {tags: [VIP]}}
edges:
  - {from: start, to: tag}
"""
NOT_YOURS = "not yours"
GONE = ("no_record", "no_deal", "no_task", "not_found")
"""What a command answers about a record that is not there."""


@dataclass(slots=True)
class World:
    """A company with records of Zoe, who stands in nobody's team: their ids; and the transaction that looks at it."""

    lead: int
    deal: int
    person: int
    contact: int
    other_contact: int
    task: int
    done_task: int
    closed: int
    merged: int
    due: Due
    folder: Path
    work: Any = None


def build(work: Work, folder: Path) -> World:
    """Set up the company and Zoe's records."""
    set_up_company(work)
    users.add_users(work, [users.NewUser("zoe", "Zoe"), users.NewUser("gone", "Gone")], by=SYSTEM)
    users.deactivate_users(work, ["gone"], by=SYSTEM)
    zoe = directory(work).user("zoe").id
    plans.create_plan(work, plans.NewPlan("Retail", STAGES), by=SYSTEM)
    plans.create_plan(work, plans.NewPlan("Old", STAGES), by=SYSTEM)
    plans.archive_plan(work, "old", by=SYSTEM)
    [recorded] = record_leads(work, [NewLead("Zoe's lead", owner_id=zoe, phone="+380671112233")], by=SYSTEM)
    lead_id, person = recorded.ids
    [firm] = find_or_create_companies(work, [NewCompany("Zoe's firm")], by=SYSTEM)
    [known] = find_or_create_contacts(work, [NewContact("Zoe's client", person_id=person)], by=SYSTEM)
    [other] = find_or_create_contacts(work, [NewContact("Another", owner_id=zoe)], by=SYSTEM)
    resources.add_resource(work, "Hall", by=SYSTEM)
    new = NewDeal(person, "wholesale", "new", owner_id=zoe, company_id=firm.ids[0], contact_id=known.ids[0])
    [opened] = open_deals(work, [new], by=SYSTEM)
    deal_id = opened.ids[0]
    wanted = [NewTask(person, "Call", None, zoe, deal_id=deal_id) for _ in range(2)]
    task, done_task = (answer.ids[0] for answer in create_tasks(work, wanted, by=SYSTEM))
    end_tasks(work, [TaskEnd(done_task)], by=SYSTEM)
    words.add_tag(work, "Unused", by=SYSTEM)
    words.add_product(work, "Oven", None, by=SYSTEM)
    directories.add_channels(work, [directories.NewChannel("Fair", "fair")], by=SYSTEM)
    directories.add_loss_reasons(work, [directories.NewLossReason("Dear", "dear")], by=SYSTEM)
    definitions.add_fields(work, [definitions.NewField("lead", "Size", key="size")], by=SYSTEM)
    forms.add_forms(work, [FORM], by=SYSTEM, keys=["site"])
    webhooks.add_webhook(work, webhooks.WebhookText("Shop"), by=SYSTEM, key="shop")
    api_keys.new_api_key(work, "Key", ["leads.create"], by=SYSTEM)
    roles.add_role(work, "Intern", ["leads.create"], by=SYSTEM)
    soon = work.now.date() + timedelta(days=9)
    add_absences(work, [NewAbsence("zoe", soon, soon)], by=SYSTEM)
    hand_over(work, [HandOver("mark", "ann")], by=SYSTEM)
    publishing.save_draft(work, read(FUNNEL), by=SYSTEM)
    publishing.publish(work, "hand", by=SYSTEM)
    using.use_funnels(work, [TUNNEL], say=str, by=SYSTEM)
    due = Due.at_wall(work.now.replace(tzinfo=None), "Europe/Kyiv")
    (folder / "leads.csv").write_text("name,phone\nNew,+380501112255\n")
    (folder / "users.csv").write_text("login,name\nnew,New\n")
    [opened] = open_deals(work, [NewDeal(person, "wholesale", "closed_won", owner_id=zoe)], by=SYSTEM)
    twins = find_or_create_contacts(
        work, [NewContact("Twin", owner_id=zoe), NewContact("Her twin", owner_id=zoe)], by=SYSTEM
    )
    first, second = (one.ids[0] for one in twins)
    merge(work, [Merge("contact", first, second)], by=SYSTEM)
    merged = merging_of(work, "contact", second) or 0
    ids = lead_id, deal_id, person, known.ids[0], other.ids[0], task, done_task, opened.ids[0], merged
    return World(*ids, due, folder)


TUNNEL = using.Wish(
    "tunnel", "used", "Used", {"sales": "wholesale", "repeat": "wholesale"}, {("repeat", "to_call"): "talks"}
)
FAR = date.today() + timedelta(days=300)  # noqa: DTZ011  any day to come
MASS = mass_starts.NewMassStart("hand", "lead")
FORM = forms.FormText("Site", [FormField("phone", "Phone")])
HOOK = webhooks.WebhookText("Shop")


Given = tuple[tuple[Any, ...], dict[str, Any]]
Values = Given | Callable[[World], Given]


def given(*values: Any, **named: Any) -> Given:
    return values, named


@dataclass(frozen=True, slots=True)
class Command:
    """A command.

    Args:
        given: what it is called with, beside the transaction and the actor.
        rights: all that it asks for.
        is_about: it is about a record of Zoe, which is not there for who does not see it.
        foreign: how it answers who sees that record, and may change only his own.
        is_own: everybody does it, for himself; only users do.
        has_database: it takes the database and makes transactions itself.
    """

    given: Values
    rights: tuple[str, ...] = ()
    is_about: bool = False
    foreign: str = ""
    is_own: bool = False
    has_database: bool = False


def settings(call: Values) -> Command:
    return Command(call, ("settings.edit",))


def people(call: Values) -> Command:
    return Command(call, ("users.edit",))


def plan(call: Values) -> Command:
    return Command(call, ("plans.edit",))


def of_record(right: str, call: Values, foreign: str = "") -> Command:
    return Command(call, (right,), is_about=True, foreign=foreign)


def importing(call: Values, *, has_database: bool = False) -> Command:
    return Command(call, ("records.import",), has_database=has_database)


def _order(w: World) -> Any:
    [row] = w.work.rows(select(import_order).limit(1))
    return order_of(row)


def _kept(w: World) -> Kept:
    with (w.folder / "leads.csv").open("rb") as file:
        return keep_file(w.work, file)


def _mass_start(w: World, state: str) -> int:
    id_ = mass_starts.ask(w.work, MASS, by=SYSTEM).id
    w.work.execute(mass_start.update().values(state=state))
    return id_


def _wish(w: World) -> asking.NewMassAction:
    return asking.NewMassAction("lead", AddTags(tags=("VIP",)), (w.lead,))


def _mass_action(w: World, state: str) -> int:
    id_ = asking.ask(w.work, _wish(w), by=SYSTEM).id
    w.work.execute(mass_action.update().values(state=state, done=1))
    return id_


def _handover(w: World) -> int:
    changes = select(event.c.id).where(event.c.data.like("%handed_over%")).order_by(event.c.id.desc())
    return int(w.work.scalar(changes.limit(1)))


def _id(w: World, table: Any) -> int:
    return int(w.work.scalar(select(table.c.id).limit(1)) or 0)


COMMANDS: dict[Callable[..., Any], Command] = {
    # records
    set_fields: of_record("leads.edit", lambda w: given([FieldChange("lead", w.lead, {"name": "X"})]), NOT_YOURS),
    change_tags: of_record(
        "leads.edit", lambda w: given([TagChange("lead", w.lead, w.person, frozenset({"new"}))]), NOT_YOURS
    ),
    add_comments: of_record("leads.edit", lambda w: given([NewComment("contact", w.contact, w.person, "Hi")])),
    **{
        act: of_record("leads.edit", lambda w: given([("contact", w.contact)]))
        for act in (archive_records, restore_records, archiving.archive, archiving.restore)
    },
    **{
        act: Command(given("wholesale", "new"), ("deals.edit", "deals.mass_edit"))
        for act in (archiving.archive_stage, archiving.restore_stage)
    },
    create_tasks: of_record("tasks.edit", lambda w: given([NewTask(w.person, "T", None, None, deal_id=w.deal)])),
    end_tasks: of_record("tasks.edit", lambda w: given([TaskEnd(w.task)])),
    reopen_tasks: of_record("tasks.edit", lambda w: given([w.done_task])),
    postpone_tasks: of_record("tasks.edit", lambda w: given([Postponement(w.task, w.due, "ill")])),
    set_products: of_record("deals.edit", lambda w: given([(w.deal, [Line("Oven")])]), NOT_YOURS),
    move_deals: of_record("deals.edit", lambda w: given([Move(w.deal, "talks")]), NOT_YOURS),
    fill_and_move: of_record("deals.edit", lambda w: given([Filling(w.deal, "talks")]), NOT_YOURS),
    recall_deals: Command(
        lambda w: given([Recall(w.closed, "x")]), ("deals.edit", "deals.recall"), is_about=True, foreign=NOT_YOURS
    ),
    assign_owners: of_record("deals.edit", lambda w: given([NewOwner("deal", w.deal, "ann")]), NOT_YOURS),
    open_deals: of_record("deals.create", lambda w: given([NewDeal(w.person, "wholesale", lead_id=w.lead)])),
    start_by_hand: of_record("leads.edit", lambda w: given("hand", [Start("lead", w.lead, w.person)]), "not allowed"),
    mass_starts.count: Command(given(MASS), ("deals.mass_edit", "leads.edit")),
    mass_starts.look: Command(given(MASS), ("deals.mass_edit", "leads.edit")),
    mass_starts.ask: Command(given(MASS), ("deals.mass_edit", "leads.edit")),
    mass_starts.go_on: Command(lambda w: given(_mass_start(w, "held")), ("deals.mass_edit",), is_about=True),
    mass_starts.abort: Command(lambda w: given(_mass_start(w, "running")), ("deals.mass_edit",), is_about=True),
    looking.how_many: Command(given("lead", None, None), ("deals.mass_edit",)),
    looking.glance: Command(lambda w: given(_wish(w)), ("deals.mass_edit", "leads.edit")),
    looking.look: Command(lambda w: given(_wish(w)), ("deals.mass_edit", "leads.edit"), has_database=True),
    asking.ask: Command(lambda w: given(_wish(w)), ("deals.mass_edit", "leads.edit")),
    at_once.do: Command(lambda w: given(_wish(w)), ("deals.mass_edit", "leads.edit")),
    asking.go_on: Command(lambda w: given(_mass_action(w, "held")), ("deals.mass_edit",), is_about=True),
    asking.abort: Command(lambda w: given(_mass_action(w, "running")), ("deals.mass_edit",), is_about=True),
    asking.undo: Command(lambda w: given(_mass_action(w, "finished")), ("deals.mass_edit", "leads.edit"), is_about=True),
    at_once.take_back: Command(
        lambda w: given(_mass_action(w, "finished")), ("deals.mass_edit", "leads.edit"), is_about=True
    ),
    record_leads: Command(given([NewLead("New")]), ("leads.create",)),
    enter_leads: Command(given([EnteredLead("New")]), ("leads.create",)),
    take_leads: Command(given([GivenLead({"name": "New"}, "Hi", ["VIP"])]), ("leads.create",)),
    find_or_create_contacts: Command(given([NewContact("New")]), ("leads.create",)),
    find_or_create_companies: Command(given([NewCompany("New")]), ("leads.create",)),
    entering.enter_contacts: Command(given([entering.EnteredContact("New", "client")]), ("leads.create",)),
    entering.enter_companies: Command(given([entering.EnteredCompany("New")]), ("leads.create",)),
    entering.convert_leads: Command(
        lambda w: given([entering.Conversion(w.lead, "client")]), ("leads.create", "leads.edit"), is_about=True
    ),
    part: of_record("leads.edit", lambda w: given([w.merged])),
    merge: of_record("leads.edit", lambda w: given([Merge("contact", w.contact, w.other_contact)])),
    # what everybody does for himself
    read_notes: Command(given(None), is_own=True),
    save_filters: Command(given([NewFilter("deal", "Mine", "owner=me")]), is_own=True),
    change_filters: Command(given([]), is_own=True),
    remove_filters: Command(given([]), is_own=True),
    choose_columns: Command(given("deals", ["deal.stage"]), is_own=True),
    keep_view: Command(given("wholesale", ViewChange(mode="list")), is_own=True),
    users.change_own_language: Command(given("ru"), is_own=True),
    users.change_oneself: Command(given(name="X", email=None, language="en", zone=None), is_own=True),
    passwords.change_own_password: Command(given("never", "much longer now"), is_own=True),
    # reports
    save_reports: Command(given([NewReport("X", Asked(type="sales"))]), ("reports.see",)),
    change_reports: Command(given([]), ("reports.see",)),
    remove_reports: Command(given([]), ("reports.see",)),
    # people
    make_link: people(given("zoe", "password")),
    end_sessions: people(lambda w: given(directory(w.work).user("zoe").id)),
    passwords.set_password: people(given("zoe", "much longer now")),
    users.add_users: people(given([users.NewUser("new", "New")])),
    users.change_user: people(given("zoe", users.UserChange(name="Zoë"))),
    users.deactivate_users: people(given(["zoe"])),
    users.reactivate_users: people(given(["gone"])),
    hand_over: people(given([HandOver("zoe", "ann")])),
    take_back: people(lambda w: given([_handover(w)])),
    add_absences: people(given([NewAbsence("zoe", FAR)])),
    end_absences: people(lambda w: given([_id(w, absence)])),
    note_export: Command(given("deals", 1), ("records.export",)),
    import_users: people(lambda w: given(w.folder / "users.csv")),
    roles.add_role: people(given("New", ["leads.create"])),
    roles.change_role: people(given("intern", name="New", rights=["leads.create"])),
    roles.remove_role: people(given("intern")),
    # settings
    organization.set_up: settings(given(organization.NewOrganization("X"))),
    organization.change_organization: settings(given(organization.OrganizationChange(name="X"))),
    set_mail_server: settings(given(MailServer("mail.example", sender="us@example.com"))),
    plans.create_plan: plan(given(plans.NewPlan("New", STAGES))),
    plans.change_plan: plan(given("retail", plans.PlanChange(name="X"))),
    plans.archive_plan: plan(given("retail")),
    plans.restore_plan: plan(given("old")),
    pool.set_managers: plan(given("retail", ["zoe"])),
    pool.set_shares: plan(given("wholesale", [pool.Share("ann", 2)])),
    pool.set_taking: plan(given("wholesale", ["ann"], is_taking=False)),
    stages.add_stage: plan(given("retail", NewStage("X"))),
    stages.change_stage: plan(given("retail", "new", stages.StageChange(name="X"))),
    stages.reorder_stages: plan(given("wholesale", ["talks", "new", "closed_won", "closed_lost", "undefined"])),
    stages.remove_stage: plan(given("wholesale", "new")),
    directories.add_channels: settings(given([directories.NewChannel("X")])),
    directories.change_channel: settings(given("fair", directories.ChannelChange("X"))),
    directories.remove_channel: settings(given("fair")),
    directories.add_loss_reasons: settings(given([directories.NewLossReason("X")])),
    directories.change_loss_reason: settings(given("dear", directories.LossReasonChange("X"))),
    directories.remove_loss_reason: settings(given("dear")),
    resources.add_resource: settings(given("X")),
    resources.change_resource: settings(given("hall", "X")),
    resources.remove_resource: settings(given("hall")),
    definitions.add_fields: settings(given([definitions.NewField("lead", "X")])),
    definitions.ensure_fields: settings(given([definitions.NewField("lead", "X", key="x")])),
    definitions.change_field: settings(given("lead", "size", name="X")),
    definitions.remove_field: settings(given("lead", "size")),
    words.add_tag: settings(given("X")),
    words.rename_tag: settings(lambda w: given(_id(w, tag), "X")),
    words.remove_tag: settings(lambda w: given(_id(w, tag))),
    words.add_product: settings(given("X", None)),
    words.change_product: settings(lambda w: given(_id(w, product), "X", None)),
    words.remove_product: settings(lambda w: given(_id(w, product))),
    api_keys.new_api_key: settings(given("X", ["leads.create"])),
    api_keys.revoke_api_keys: settings(lambda w: given([_id(w, api_key)])),
    webhooks.add_webhook: settings(given(HOOK)),
    webhooks.change_webhook: settings(given("shop", HOOK)),
    webhooks.new_address: settings(given("shop")),
    webhooks.switch_webhook: settings(given("shop", on=False)),
    webhooks.remove_webhook: settings(given("shop")),
    webhooks.redact: settings(given("shop")),
    # funnels and forms
    forms.add_forms: Command(given([FORM]), ("funnels.edit",)),
    forms.change_form: Command(given("site", FORM), ("funnels.edit",)),
    forms.switch_form: Command(given("site", on=False), ("funnels.edit",)),
    forms.remove_form: Command(given("site"), ("funnels.edit",)),
    files.check_file: Command(given(FUNNEL), ("funnels.edit",)),
    files.keep_file: Command(
        lambda w: given(files.check_file(w.work, FUNNEL, by=SYSTEM), publishes=True), ("funnels.edit", "funnels.publish")
    ),
    restaging.name_another_stage: Command(
        given("wholesale", "talks", "new"), ("funnels.edit", "funnels.publish")
    ),
    retiring.retire: Command(given(["hand"]), ("funnels.publish",)),
    publishing.save_draft: Command(given(read(FUNNEL)), ("funnels.edit",)),
    publishing.publish: Command(given("hand"), ("funnels.publish",)),
    publishing.publish_as_planned: Command(given("hand", ALL_STAY), ("funnels.publish",)),
    seeing_again.publish_as_seen: Command(
        given("hand", ALL_STAY, seeing_again.Seen(1, 1, {})), ("funnels.publish",)
    ),
    limiting.set_limits: Command(given("hand", Limits()), ("funnels.edit", "funnels.publish")),
    turned_away.let_in: Command(
        given("hand", per_minute=60, sample=0, label="x"), ("funnels.edit", "funnels.publish", "deals.mass_edit")
    ),
    unpublishing.take_back: Command(given("hand"), ("funnels.publish",)),
    unpublishing.restore: Command(given("hand", 1), ("funnels.edit",)),
    using.use_funnels: Command(
        given([replace(TUNNEL, token="new")], say=str), ("funnels.edit",)
    ),
    using.use_plans: Command(given([using.Wish("repeat", "plan")], say=str), ("plans.edit", "settings.edit")),
    taking_back.take_back_uses: Command(
        lambda w: given([w.work.scalar(select(template_use.c.id).where(template_use.c.token == "used"))]),
        ("funnels.edit",),
    ),
    stories.ask_for_tests: Command(given([read(FUNNEL)]), ("funnels.edit",)),
    story_texts.change_tests: Command(given("used", []), ("funnels.edit",)),
    story_texts.add_tests: Command(given("used", []), ("funnels.edit",)),
    stories.keep_results: Command(given([(read(FUNNEL), ())]), ("funnels.edit",)),
    drafts.new_funnels: Command(given(["New"]), ("funnels.edit",)),
    rehearsing.ask_for_rehearsals: Command(given([]), ("funnels.edit",)),
    rehearsing.abort_rehearsals: Command(given([1]), ("funnels.edit",)),
    drafts.keep_draft: Command(given(read(FUNNEL), seen=1), ("funnels.edit",)),
    drafts.publish_draft: Command(given("hand", seen=1), ("funnels.publish",)),
    **{
        act: Command(given(["hand"]), ("funnels.publish",))
        for act in (states.pause, states.drain, states.resume, states.stop)
    },
    **{
        act: Command(given([]), ("runs.repair",))
        for act in (repair.retry, repair.skip, repair.cancel, outbox.retry, outbox.mark_sent, outbox.cancel)
    },
    repair.move: Command(given([], "tag"), ("runs.repair",)),
    receive: importing(given("leads", "a.csv", BytesIO(b"name\nNew\n")), has_database=True),
    take_sheet: importing(lambda w: given(_order(w), ""), has_database=True),
    run_import: importing(lambda w: given(Import("leads", w.folder / "leads.csv")), has_database=True),
    add_order: importing(lambda w: given("leads", "a.csv", _kept(w), _kept(w), choices=Choices())),
    choose: importing(lambda w: given(_order(w), Choices())),
    start: importing(lambda w: given(_order(w), is_trial=True)),
    stop: importing(lambda w: given(_order(w))),
    forget: importing(lambda w: given(_order(w))),
    ask_to_undo: importing(lambda w: given(_id(w, import_job), leaves_worked_on=True, viewer=EVERYTHING)),
}  # fmt: skip
