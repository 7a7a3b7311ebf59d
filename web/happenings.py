"""The timeline in words: each event of the journal as a sentence, with an icon, and whose doing it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from crm.access.actor import ActorKind
from crm.directory import Directory
from crm.nouns import noun
from crm.records.timeline import Happening, Timeline
from crm.settings.rights import RIGHT_WORDS
from crm.settings.roles import ROLES
from crm.ways.kinds import Form, Webhook
from engine.text import LazyText, _l, _ln
from funnels.naming import FunnelName
from web.reasons import field_name, value_said
from web.statuses import LEAD_STATUSES
from web.texts import moment, money, span, translated


@dataclass(frozen=True, slots=True)
class Told:
    """A happening as it is shown.

    ``by`` is whose doing it was, ``run_id`` the run that did it; ``text`` is what somebody wrote, shown as it is; ``tone`` is
    ``ok``, ``bad`` or empty.
    """

    id: int
    icon: str
    words: str
    more: str
    text: str
    by: str
    run_id: int | None
    at: datetime
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Context:
    """What the words need: the settings, the page of the timeline, and the funnels of its runs."""

    settings: Directory
    timeline: Timeline
    funnels: Mapping[int, FunnelName]
    currency: str


Line = tuple[str, LazyText, LazyText | str]
"""Icon, words, and more of them."""


def told(one: Happening, context: Context) -> Told:
    """Return a happening in the reader's language."""
    icon, words, more = _TELL.get(one.kind, _other)(one, context)
    tone = "ok" if one.kind in _GOOD else "bad" if one.kind in _BAD else ""
    text = context.timeline.comments.get(one.data.get("comment", 0), "") if one.kind == "comment.added" else ""
    run_id = one.cause_id if one.cause is ActorKind.RUN else None
    if one.kind in ("run.parked", "run.repaired"):
        run_id = one.subject_id
    return Told(
        one.id, icon, translated(words), translated(more) if more else "", text, _by(one, context), run_id, one.at, tone
    )


def _by(one: Happening, context: Context) -> str:
    """Return whose doing it was."""
    match one.cause:
        case ActorKind.USER:
            user = context.settings.users.get(one.cause_id)
            return user.name if user is not None else ""
        case ActorKind.RUN:
            name = context.funnels.get(one.cause_id)
            if name is None:
                return translated(_l("a funnel"))
            return translated(name.name) if name.robots else translated(_l("funnel “{name}”", name=name.name))
        case ActorKind.IMPORT:
            name_of_file = context.timeline.imports.get(one.cause_id)
            return translated(_l("import of {file}", file=name_of_file) if name_of_file else _l("import"))
        case ActorKind.API:
            return translated(_l("program “{name}”", name=context.timeline.keys.get(one.cause_id, "?")))
        case ActorKind.FORM:
            form = _name_of(context.settings.forms, one.cause_id)
            return translated(_l("form “{name}”", name=form) if form else _l("a form"))
        case ActorKind.WEBHOOK:
            hook = _name_of(context.settings.webhooks, one.cause_id)
            return translated(_l("webhook “{name}”", name=hook) if hook else _l("a webhook"))
        case _:
            return translated(_l("the system"))


def _name_of(ways: Mapping[str, Form] | Mapping[str, Webhook], id_: int) -> str:
    """Return what a form or webhook is called; nothing where it is gone."""
    return next((one.name for one in ways.values() if one.id == id_), "")


def _stage(context: Context, plan: Any, key: Any) -> str:
    found = context.settings.plan_keys.get(str(plan))
    return found.by_key[key].name if found is not None and key in found.by_key else str(key or "?")


def _user(context: Context, user_id: Any) -> str:
    user = context.settings.users.get(user_id) if isinstance(user_id, int) else None
    return user.name if user is not None else translated(_l("nobody"))


def _task(one: Happening, context: Context) -> str:
    return context.timeline.tasks.get(one.subject_id, "?")


def _moment(value: Any) -> str:
    return moment(datetime.fromisoformat(str(value))) if value else translated(_l("no deadline"))


def _lead_created(one: Happening, _context: Context) -> Line:
    source = one.data.get("source")
    return "user-plus", _l("New lead from {source}", source=source) if source else _l("New lead"), ""


def _status(one: Happening, _context: Context) -> Line:
    names = [
        translated(LEAD_STATUSES.get(str(one.data.get(key)), str(one.data.get(key)))) for key in ("from", "status")
    ]
    return "flag", _l("Status of the lead: {before} → {after}", before=names[0], after=names[1]), ""


def _deal_created(one: Happening, context: Context) -> Line:
    plan = context.settings.plan_keys.get(str(one.data.get("plan")))
    amount = one.data.get("amount")
    more: LazyText | str = ""
    if one.data.get("owner"):
        more = _l("given to {name}", name=_user(context, one.data["owner"]))
    stage = _stage(context, one.data.get("plan"), one.data.get("stage"))
    name, worth = plan.name if plan else "?", money(int(amount or 0), plan.currency if plan else context.currency)
    return "plus", _l("Deal opened on “{plan}”, {stage}, {amount}", plan=name, stage=stage, amount=worth), more


def _moved(one: Happening, context: Context) -> Line:
    plan = one.data.get("plan")
    before, after = (_stage(context, plan, one.data.get(key)) for key in ("from", "stage"))
    skipped = [_stage(context, plan, key) for key in one.data.get("skipped") or ()]
    lasted = span(one.lasted) if one.lasted is not None else ""
    if lasted and skipped:
        more: LazyText | str = _l("after {time}; skipped: {stages}", time=lasted, stages=", ".join(skipped))
    elif skipped:
        more = _l("skipped: {stages}", stages=", ".join(skipped))
    else:
        more = _l("after {time}", time=lasted) if lasted else ""
    return "arrow-right", _l("{before} → {after}", before=before, after=after), more


def _recalled(one: Happening, _context: Context) -> Line:
    return "arrow-back-up", _l("Taken up again"), str(one.data.get("reason") or "")


def _assigned(one: Happening, context: Context) -> Line:
    before = one.data.get("from")
    more: LazyText | str = _l("before: {name}", name=_user(context, before)) if before else ""
    return "user-check", _l("Given to {name}", name=_user(context, one.data.get("owner"))), more


def _assigned_task(one: Happening, context: Context) -> Line:
    before = one.data.get("from")
    more: LazyText | str = _l("before: {name}", name=_user(context, before)) if before else ""
    name = _user(context, one.data.get("responsible"))
    return "user-check", _l("Task “{title}” given to {name}", title=_task(one, context), name=name), more


def _changed(one: Happening, context: Context) -> Line:
    record = one.kind.partition(".")[0]
    before, after = one.data.get("before") or {}, one.data.get("after") or {}
    parts = []
    for key in one.data.get("fields") or ():
        path = f"{record}.{key}"
        name = translated(field_name(context.settings, path))
        if key in after:
            values = [_value(context, path, source.get(key)) for source in (before, after)]
            parts.append(f"{name}: {values[0]} → {values[1]}")
        else:
            parts.append(name)
    return "edit", _l("Changed: {fields}", fields="; ".join(parts)), ""


def _value(context: Context, path: str, value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(one["name"]) if isinstance(one, dict) else str(one) for one in value)
    said = value_said(context.settings, path, value, context.currency)
    if said is None or said == "":
        return translated(_l("empty"))
    if isinstance(said, bool):
        return translated(_l("yes") if said else _l("no"))
    return str(said)


def _task_moved(one: Happening, context: Context) -> Line:
    dates = {"before": _moment(one.data.get("from")), "after": _moment(one.data.get("to"))}
    words = _l("Task “{title}” moved: {before} → {after}", title=_task(one, context), **dates)
    reason = one.data.get("reason")
    return "clock", words, _l("because: {reason}", reason=reason) if reason else ""


def _won(one: Happening, context: Context) -> Line:
    amount = money(int(one.data.get("amount") or 0), str(one.data.get("currency") or context.currency))
    return "trophy", _l("Won: {amount}", amount=amount), ""


def _tags(one: Happening, _context: Context) -> Line:
    names = ", ".join(str(name) for name in one.data.get("tags") or ())
    if one.kind == "tag.added":
        return "tag", _l("Tags added: {tags}", tags=names), ""
    return "tag", _l("Tags removed: {tags}", tags=names), ""


def _merged(one: Happening, _context: Context) -> Line:
    number, title = one.data.get("from"), one.data.get("title")
    if title:
        return "users", _l("Merged with No. {number}, “{title}”", number=number, title=title), ""
    return "users", _l("Merged with No. {number}", number=number), ""


def _parted(one: Happening, _context: Context) -> Line:
    return "users", _l("Parted again from No. {number}: the merge was taken back", number=one.data.get("from")), ""


def _parked(_one: Happening, _context: Context) -> Line:
    return "alert-triangle", _l("A run stands still: a person has to look at it"), ""


def _repaired(one: Happening, _context: Context) -> Line:
    return "refresh", _REPAIRS.get(str(one.data.get("how")), _l("A run was repaired")), ""


def _http_answered(one: Happening, _context: Context) -> Line:
    status = one.data.get("status")
    if status is None:
        return "world", _l("Another system did not answer"), ""
    return "world", _l("Another system answered {status}", status=status), ""


def _settings_changed(one: Happening, context: Context) -> Line:
    what, key = str(one.data.get("what") or ""), str(one.data.get("key") or "")
    if what == "user" and (user := context.settings.logins.get(key)) is not None:
        key = user.name
    action = translated(_ACTIONS.get(str(one.data.get("action")), str(one.data.get("action"))))
    words = _l("{what} “{key}”: {action}", what=translated(noun(what)), key=key, action=action)
    return "settings", words, "; ".join(_changes(one, context))


def _changes(one: Happening, context: Context) -> list[str]:
    """Return what else is told of a change of settings."""
    said: list[str] = []
    for name, words in (
        ("added", _l("rights added: {rights}", rights="")),
        ("removed", _l("rights taken away: {rights}", rights="")),
    ):
        rights = [translated(RIGHT_WORDS[key].title) for key in one.data.get(name) or () if key in RIGHT_WORDS]
        if rights:
            said.append(translated(LazyText(words.msgid, params={"rights": ", ".join(rights)})))
    if one.data.get("role"):
        before, after = (translated(ROLES[key][0]) if key in ROLES else str(key) for key in one.data["role"])
        said.append(translated(_l("role: {before} → {after}", before=before, after=after)))
    elif one.data.get("fields"):
        said.append(translated(_l("changed: {fields}", fields=", ".join(one.data["fields"]))))
    if "to" in one.data and "deals" in one.data:
        counts = (_ln("{count} deal", "{count} deals", one.data["deals"]),
                  _ln("{count} lead", "{count} leads", one.data.get("leads", 0)),
                  _ln("{count} task", "{count} tasks", one.data.get("tasks", 0)))  # fmt: skip
        to = _user(context, one.data["to"]) if one.data["to"] else translated(_l("whom the plans chose"))
        said.append(f"{to}: " + ", ".join(translated(words) for words in counts))
    if one.data.get("first_day"):
        days = {"first": str(one.data["first_day"]), "last": str(one.data.get("last_day") or "…")}
        said.append(translated(_l("from {first} until {last}", **days)))
    return said


def _access(icon: str, words: LazyText) -> Callable[[Happening, Context], Line]:
    def line(one: Happening, context: Context) -> Line:
        is_other = one.subject_id and not (one.cause is ActorKind.USER and one.cause_id == one.subject_id)
        return icon, words, _user(context, one.subject_id) if is_other else ""

    return line


def _exported(one: Happening, _context: Context) -> Line:
    what = translated(_EXPORTS.get(str(one.data.get("what")), str(one.data.get("what"))))
    rows = _ln("{count} row", "{count} rows", int(one.data.get("rows") or 0))
    return "download", _l("Saved as a file: {what}", what=what), rows


_EXPORTS: Final[Mapping[str, LazyText]] = {
    "audit": _l("the audit log"),
    "deal": _l("deals"),
    "deals": _l("deals"),
    "lead": _l("leads"),
    "leads": _l("leads"),
    "contact": _l("contacts"),
    "company": _l("companies"),
    "task": _l("tasks"),
    "report": _l("a report"),
}
_ACTIONS: Final[Mapping[str, LazyText]] = {
    "created": _l("made"),
    "changed": _l("changed"),
    "removed": _l("removed"),
    "archived": _l("put away"),
    "restored": _l("brought back"),
    "renamed": _l("called otherwise"),
    "redacted": _l("what it received was emptied"),
    "revoked": _l("works no more"),
    "deactivated": _l("lets nobody in any more"),
    "reactivated": _l("lets in again"),
    "managers_changed": _l("other people work there"),
    "stages_reordered": _l("stages in another order"),
    "handed_over": _l("handed over"),
    "taken_back": _l("taken back"),
    "started": _l("begun"),
    "undone": _l("undone"),
    "absent": _l("is away"),
    "absence_ended": _l("is back"),
    "invited": _l("invited"),
    "link_made": _l("a link for a new password made"),
    "password_set": _l("another password"),
    "published": _l("published"),
    "paused": _l("paused"),
    "tripped": _l("paused itself: a limit was crossed"),
    "drained": _l("lets nobody in any more, and those inside go on"),
    "stopped": _l("stopped"),
    "resumed": _l("resumed"),
}


def _other(one: Happening, _context: Context) -> Line:
    return "circle-dashed", LazyText(one.kind), ""


_REPAIRS: Final[Mapping[str, LazyText]] = {
    "retry": _l("A run was set going again"),
    "skip": _l("A run was set going again behind the block where it stood"),
    "move": _l("A run was put elsewhere"),
    "cancel": _l("A run was ended"),
    "follow": _l("A run went on with a new version of its funnel"),
    "put_back": _l("A run was put back: the version it followed to was taken back"),
}


def _plain(icon: str, words: LazyText) -> Callable[[Happening, Context], Line]:
    return lambda _one, _context: (icon, words, "")


def _with_title(icon: str, words: LazyText) -> Callable[[Happening, Context], Line]:
    return lambda one, context: (icon, LazyText(words.msgid, params={"title": _task(one, context)}), "")


_TELL: Final[Mapping[str, Callable[[Happening, Context], Line]]] = {
    "lead.created": _lead_created,
    "lead.changed": _changed,
    "lead.status_changed": _status,
    "lead.assigned": _assigned,
    "contact.created": _plain("user", _l("Contact made")),
    "contact.changed": _changed,
    "deal.created": _deal_created,
    "deal.moved": _moved,
    "deal.won": _won,
    "deal.lost": _plain("circle-x", _l("Lost")),
    "deal.assigned": _assigned,
    "deal.changed": _changed,
    "deal.recalled": _recalled,
    "lead.archived": _plain("archive", _l("Lead put into the archive")),
    "lead.restored": _plain("arrow-back-up", _l("Lead restored from the archive")),
    "contact.archived": _plain("archive", _l("Contact put into the archive")),
    "contact.restored": _plain("arrow-back-up", _l("Contact restored from the archive")),
    "company.archived": _plain("archive", _l("Company put into the archive")),
    "company.restored": _plain("arrow-back-up", _l("Company restored from the archive")),
    "deal.archived": _plain("archive", _l("Deal put into the archive")),
    "deal.restored": _plain("arrow-back-up", _l("Deal restored from the archive")),
    "lead.merged": _merged,
    "contact.merged": _merged,
    "company.merged": _merged,
    "deal.merged": _merged,
    "lead.parted": _parted,
    "contact.parted": _parted,
    "company.parted": _parted,
    "deal.parted": _parted,
    "person.parted": _plain("users", _l("One person was found to be two")),
    "company.created": _plain("building", _l("Company made")),
    "company.changed": _changed,
    "task.created": _with_title("checkbox", _l("Task: {title}", title="")),
    "task.completed": _with_title("circle-check", _l("Task done: {title}", title="")),
    "task.cancelled": _with_title("ban", _l("Task cancelled: {title}", title="")),
    "task.reopened": _with_title("arrow-back-up", _l("Task opened again: {title}", title="")),
    "task.moved": _task_moved,
    "tag.added": _tags,
    "tag.removed": _tags,
    "comment.added": _plain("message", _l("Comment")),
    "run.parked": _parked,
    "run.repaired": _repaired,
    "manual.start": lambda one, _: ("player-play", _l("Button “{label}” pressed", label=one.data.get("label")), ""),
    "form.submitted": _plain("forms", _l("Form filled in")),
    "webhook.received": _plain("webhook", _l("Another system called")),
    "message.sent": _plain("mail", _l("E-mail sent")),
    "message.failed": _plain("mail", _l("An e-mail could not be sent")),
    "http.answered": _http_answered,
    "person.merged": _plain("users", _l("Two persons were found to be one")),
    "task.assigned": _assigned_task,
    "config.changed": _settings_changed,
    "access.signed_in": _access("login-2", _l("Signed in")),
    "access.refused": _access("lock", _l("Signing in refused")),
    "access.signed_out": _access("logout", _l("Signed out")),
    "records.exported": _exported,
}
_GOOD: Final = frozenset({"deal.won", "task.completed"})
_BAD: Final = frozenset({"access.refused", "deal.lost", "run.parked", "message.failed"})
