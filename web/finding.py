"""The filter of lists and boards: read from the address, written into it, and shown: ``parts/filter.html``."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import parse_qsl

from flask import render_template, request
from markupsafe import Markup
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from crm.conditions.fields import Subject, SubjectFields
from crm.directory import Directory
from crm.finding.addresses import FORM_ENDINGS, name_of, parameters_of, query_string, value_of, wanted_from
from crm.finding.days import STRETCH_WORDS
from crm.finding.figures import NUMBERS, TIMES
from crm.finding.leaves import is_of_people
from crm.finding.presets import PRESETS
from crm.finding.saved import SHARING, saved_filters
from crm.finding.wanted import ME, Facet, Wanted
from crm.leads.listing import known_sources
from crm.people.contacts import known_types
from crm.tables.settings import channel, loss_reason
from db.work import Work
from engine.text import LazyText, _l
from web.finding_words import HIDDEN, facet_words, field_label, names_of
from web.site import site
from web.texts import language, translated
from web.visit import may, viewer, visit

MAIN: Final[Mapping[Subject, tuple[str, ...]]] = {
    "deal": (
        "deal.plan", "deal.stage", "deal.owner", "deal.team", "deal.state", "deal.amount", "deal.created_at", "deal.tags",
        "deal.has_task",
    ),
    "lead": ("lead.status", "lead.owner", "lead.team", "lead.source", "lead.created_at", "lead.tags"),
    "contact": (
        "contact.type", "contact.owner", "contact.team", "contact.source", "contact.created_at", "contact.tags",
    ),
    "company": ("company.owner", "company.team", "company.source", "company.created_at", "company.tags"),
    "task": ("task.responsible", "task.team", "task.due_at", "task.type", "task.overdue"),
}  # fmt: skip
"""The fields that a filter offers at once; any other can be added."""
_SPANS: Final[Mapping[str, LazyText]] = {
    "last-7d": _l("within the last 7 days"),
    "last-30d": _l("within the last 30 days"),
    "last-90d": _l("within the last 90 days"),
    "next-7d": _l("within the next 7 days"),
    "next-30d": _l("within the next 30 days"),
    "..now": _l("past"),
    "now..": _l("still to come"),
}
_PLACEHOLDERS: Final[Mapping[Subject, LazyText]] = {
    "contact": _l("Name, e-mail, phone"),
    "company": _l("Name, or one of its people"),
}
_KINDS: Final = {"bool": "choice", "choice": "choice", "tags": "choice", "reference": "choice", "text": "text"}


@dataclass(frozen=True, slots=True)
class FacetShown:
    """A facet: what is asked (*Owner is*), what of (*Ann*), and the address without it."""

    asks: str
    of: str
    without: str


@dataclass(frozen=True, slots=True)
class Row:
    """A field as the form asks for it.

    ``control`` is ``choice``, ``text``, ``number`` or ``time``; ``options`` are values as addresses have them, their words, and
    whether they are chosen; ``how`` is ``""``, ``not``, ``empty`` or ``filled``.
    """

    path: str
    name: str
    label: str
    control: str
    how: str = ""
    options: tuple[tuple[str, str, bool], ...] = ()
    low: str = ""
    high: str = ""
    part: str = ""
    said: str = ""
    can_be_empty: bool = True


@dataclass(frozen=True, slots=True)
class Link:
    """A filter to choose: its words, its address, and whether it is the present one."""

    words: str
    address: str
    is_on: bool
    id: int = 0
    is_shared: bool = False
    is_mine: bool = False
    version: int = 0


@dataclass(frozen=True, slots=True)
class FilterPart:
    """Everything that ``parts/filter.html`` draws.  ``kept`` are parameters that a filter leaves alone, as the order."""

    wanted: Wanted
    action: str
    placeholder: str
    facets: tuple[FacetShown, ...]
    rows: tuple[Row, ...]
    others: tuple[tuple[str, str], ...]
    hidden: tuple[tuple[str, str], ...]
    presets: tuple[Link, ...]
    saved: tuple[Link, ...] = ()
    clear: str = ""
    query: str = ""
    here: str = ""
    is_open: bool = False
    may_share: bool = False
    drawn: dict[str, Markup] = field(default_factory=dict, compare=False, repr=False)

    def fields_drawn(self) -> Markup:
        """Return the form's fields; the same is drawn once."""
        if "fields" not in self.drawn:
            self.drawn["fields"] = Markup(render_template("parts/filter_fields.html", finding=self))  # noqa: S704  a template's
        return self.drawn["fields"]

    @property
    def is_filtered(self) -> bool:
        """True where something is left out."""
        return not self.wanted.is_any

    @property
    def can_save(self) -> bool:
        """True where this is a filter that is not saved yet."""
        return self.is_filtered and not any(one.is_on and one.is_mine for one in self.saved)


def read_wanted(args: MultiDict[str, str], subject: Subject) -> Wanted:
    """Return what the parameters of an address ask for.

    Raises:
        InvalidError: a parameter names no field, or a value does not fit its field.
    """
    return wanted_from(args.items(multi=True), subject, _settings())


def address_of(wanted: Wanted, *more: tuple[str, str]) -> str:
    """Return the query string of an address that asks for this, with more parameters; empty where there are none."""
    return query_string([*parameters_of(wanted, _settings()), *((name, value) for name, value in more if value)])


def link_to(path: str, wanted: Wanted, *more: tuple[str, str]) -> str:
    """Return an address of a page with what is wanted there."""
    query = address_of(wanted, *more)
    return f"{path}?{query}" if query else path


def is_from_form(args: MultiDict[str, str]) -> bool:
    """True where the parameters came from the form and shall be written in one form, for the address bar."""
    return any(name.endswith(FORM_ENDINGS) or not value for name, value in args.items(multi=True)) or any(
        len(args.getlist(name)) > 1 for name in args
    )


def filter_part(
    work: Work,
    wanted: Wanted,
    action: str,
    *,
    fixed: Sequence[str] = (),
    plan: str | None = None,
    kept: Sequence[tuple[str, str]] = (),
    saved: Sequence[Link] = (),
) -> FilterPart:
    """Return the filter of a page.  At most two statements, for names of sources and of loss reasons.

    Args:
        work: the transaction.
        wanted: what is wanted now.
        action: the address of the page without its query.
        fixed: paths of fields that the page itself decides: they are not offered.
        plan: the key of the plan whose stages are offered; all of them without it.
        kept: parameters that stay as they are.
        saved: filters that were saved.
    """
    fields = SubjectFields(_settings(), wanted.subject)
    shown = [*MAIN[wanted.subject], *(facet.field for facet in wanted.facets)]
    added = request.args.get("add", "")
    if added and fields.kind(added) is not None:
        shown.append(added)
    shown = [path for path in dict.fromkeys(shown) if path not in fixed]
    names = {path: choices_of(work, path, fields, plan) for path in shown if _is_read(path)}
    is_plain = wanted == Wanted(wanted.subject) and not added
    read = tuple((path, *named) for path, named in names.items())
    key = (wanted.subject, action, tuple(fixed), plan, tuple(kept), language(), viewer(), read)
    known = _plain_parts(fields.settings)
    if is_plain and key in known:
        return replace(known[key], saved=tuple(saved))
    names = {path: names[path] if path in names else choices_of(work, path, fields, plan) for path in shown}
    rows, held = [], []
    for path in shown:
        row, facet = row_of(path, wanted, fields, names[path])
        rows.append(row)
        if facet is not None:
            held.append(facet)
    order = [("sort", f"{'-' if wanted.descending else ''}{name_of(wanted.sort, fields)}")] if wanted.sort else []
    rest = [(name_of(one.field, fields), value_of(one)) for one in wanted.facets if one not in held]
    part = FilterPart(
        wanted=wanted,
        action=action,
        placeholder=translated(_PLACEHOLDERS.get(wanted.subject, _l("Title, name, e-mail, phone"))),
        facets=tuple(_shown(one, wanted, action, kept, fields, names) for one in wanted.facets),
        rows=tuple(rows),
        others=other_fields(fields, {*shown, *fixed}),
        hidden=(*rest, *order, *kept),
        presets=tuple(_preset(preset.words, preset.query, wanted, action, kept) for preset in PRESETS[wanted.subject]),
        saved=tuple(saved),
        clear=link_to(action, Wanted(wanted.subject, sort=wanted.sort, descending=wanted.descending), *kept),
        query=address_of(wanted),
        here=link_to(action, wanted, *kept),
        is_open=bool(added),
        may_share=may(*SHARING),
    )
    if is_plain:
        known[key] = part
    return part


def _is_read(path: str) -> bool:
    """True where the values of a field are read by a statement: all others change with the settings."""
    return path == "contact.type" or path.rpartition(".")[2] in ("source", "lost_reason", "channel")


def _plain_parts(settings: Directory) -> dict[Hashable, FilterPart]:
    """Return the filters of pages where nothing is asked for, as they were drawn under these settings."""
    cache = site().database.cache
    known: dict[Hashable, FilterPart]
    version, known = cache.get(_PLAIN_PARTS, (None, {}))
    if version != settings.version or len(known) >= _MOST_PLAIN:
        known = {}
        cache[_PLAIN_PARTS] = settings.version, known
    return known


_PLAIN_PARTS: Final = "plain_filters"
_MOST_PLAIN: Final = 1000


def saved_links(work: Work, wanted: Wanted, action: str) -> list[Link]:
    """Return the filters that were saved for such records, as links.  One statement."""
    found = []
    for one in saved_filters(work, wanted.subject, viewer=viewer()):
        is_mine = one.owner is not None and one.owner.id == viewer().user_id
        is_on = one.query == address_of(wanted)
        address = f"{action}?{one.query}"
        found.append(Link(one.name, address, is_on, one.id, one.is_shared, is_mine, one.version))
    return found


def choices_of(work: Work, path: str, fields: SubjectFields, plan: str | None = None) -> dict[str, str]:
    """Return the values that a field may be asked for, in words; empty where they cannot be listed.  At most one statement."""
    key = path.rpartition(".")[2]
    if is_of_people(path, fields):
        seen = viewer().owner_ids
        settings = fields.settings
        users = [user for user in settings.users.values() if user.is_active and (seen is None or user.id in seen)]
        if key == "team":
            bosses = {user.supervisor_id for user in settings.users.values()}
            users = [user for user in users if user.id in bosses]
        named = sorted(((user.login, user.name) for user in users), key=lambda one: one[1].casefold())
        return {ME: translated(_l("Mine") if key == "team" else _l("Me")), **dict(named)}
    if key == "source":
        return {source: source for source in known_sources(work)}
    if path == "contact.type":
        return {type_: type_ for type_ in known_types(work)}
    if key in ("lost_reason", "channel"):
        table = loss_reason if key == "lost_reason" else channel
        rows = work.rows(select(table.c.key, table.c.name).order_by(table.c.id))
        return {row.key: row.name for row in rows}
    if fields.kind(path) == "bool":
        return {"yes": translated(_l("yes")), "no": translated(_l("no"))}
    return names_of(path, fields.settings, plan)


def row_of(path: str, wanted: Wanted, fields: SubjectFields, names: Mapping[str, str]) -> tuple[Row, Facet | None]:
    """Return a field as the form asks for it, and the facet that stands in it; further facets of the field stay beside it."""
    kind = fields.kind(path) or "text"
    control = "number" if kind in NUMBERS else "time" if kind in TIMES else _KINDS[kind]
    if control == "text" and names:
        control = "choice"
    facet = next((one for one in wanted.of(path) if _fits(one, control)), None)
    op = facet.op if facet is not None else None
    values = facet.values if facet is not None else ()
    how = {"not_in": "not", "not_contains": "not", "empty": "empty", "not_empty": "filled"}.get(op or "", "")
    row = Row(
        path,
        name_of(path, fields),
        field_label(path, fields),
        control,
        how,
        said=" ".join(facet_words(facet, fields, names)[1:]) if facet is not None else "",
        can_be_empty=kind != "bool",
    )
    if control == "choice":
        known = {**names, **{value: value for value in values if value not in names}}
        row = replace(
            row,
            options=tuple(
                (value_of(Facet(path, "in", (value,))), words, value in values) for value, words in known.items()
            ),
        )
    elif control == "text" and op in ("contains", "not_contains"):
        row = replace(row, part=values[0])
    elif control == "time":
        chosen = value_of(facet) if facet is not None else ""
        words = {**{name: translated(one) for name, one in STRETCH_WORDS.items()}}
        words |= {name: translated(one) for name, one in _SPANS.items()}
        row = replace(row, options=tuple((value, said, value == chosen) for value, said in words.items()))
        if op == "between" and chosen not in words:
            row = replace(row, low=values[0], high=values[1])
        elif facet is not None and chosen and chosen not in words and op not in ("empty", "not_empty"):
            row = replace(row, options=((chosen, row.said, True), *row.options))
    elif op == "between":
        row = replace(row, low=values[0], high=values[1])
    return row, facet


def other_fields(fields: SubjectFields, shown: set[str]) -> tuple[tuple[str, str], ...]:
    """Return the fields that can be added, by path and label, in order of the labels."""
    paths = [path for path in fields.paths() if path not in shown and path.partition(".")[2] not in HIDDEN]
    own = [(path, field_label(path, fields)) for path in paths]
    return tuple(sorted(own, key=lambda one: (not one[0].startswith(f"{fields.subject}."), one[1].casefold())))


def _fits(facet: Facet, control: str) -> bool:
    if facet.op in ("empty", "not_empty"):
        return True
    ops = {
        "choice": ("in", "not_in"),
        "text": ("contains", "not_contains"),
        "number": ("between",),
        "time": ("between", "during", "within_last", "within_next"),
    }
    return facet.op in ops[control]


def _shown(
    facet: Facet,
    wanted: Wanted,
    action: str,
    kept: Sequence[tuple[str, str]],
    fields: SubjectFields,
    names: Mapping[str, Mapping[str, str]],
) -> FacetShown:
    asks, of = facet_words(facet, fields, names.get(facet.field, {}))
    return FacetShown(asks, of, link_to(action, wanted.without(facet), *kept))


def _preset(words: str, query: str, wanted: Wanted, action: str, kept: Sequence[tuple[str, str]]) -> Link:
    meant = read_wanted(_parameters(query), wanted.subject)
    address = link_to(action, replace(meant, sort=wanted.sort, descending=wanted.descending), *kept)
    return Link(translated(words), address, meant.facets == wanted.facets and not wanted.text)


def _parameters(query: str) -> MultiDict[str, str]:
    return MultiDict(parse_qsl(query))


def said_of(wanted: Wanted) -> list[tuple[str, str]]:
    """Return what is wanted in words, a pair for each part: *Owner is*, *Ann*."""
    fields = SubjectFields(_settings(), wanted.subject)
    text = [(translated(_l("Search")), f"“{wanted.text}”")] if wanted.text else []
    return [*text, *(facet_words(one, fields, names_of(one.field, fields.settings)) for one in wanted.facets)]


def _settings() -> Directory:
    settings = visit().settings
    assert settings is not None
    return settings
