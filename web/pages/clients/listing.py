"""Lists of contacts and of companies: filtered, sorted, grouped, with the columns that each person has chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from crm.conditions.fields import SubjectFields
from crm.directory import Directory, directory
from crm.fields.shown import FieldShown
from crm.finding.addresses import name_of
from crm.finding.clients import ClientRow, client_order, client_page
from crm.finding.columns import columns_of
from crm.finding.counts import GROUPS, Counted, can_count_by, counts_by, how_many
from crm.finding.orders import place_text
from crm.finding.tallies import of_group
from crm.finding.wanted import Wanted
from db.work import Work
from engine.text import _l
from web.access import SIGNED_IN, allowed
from web.custom_fields import field_views
from web.finding import choices_of, filter_part, is_from_form, link_to, read_wanted, saved_links
from web.finding_words import field_label, value_words
from web.lists import headings, place_asked
from web.pages.clients.blueprint import blueprint
from web.pages.clients.rooms import ROOMS, Room, room_asked
from web.site import reading
from web.texts import translated
from web.visit import may, viewer

EXPORT: Final = "records.export"
_FILES: Final = (("CSV", "csv"), ("XLSX", "xlsx"))


@dataclass(frozen=True, slots=True)
class GroupShown:
    """A group: its words, how many records it has, and the address of exactly these."""

    words: str
    count: int
    address: str


@blueprint.get("/contacts")
@allowed(SIGNED_IN)
def all_contacts() -> ResponseReturnValue:
    """Show contacts, the newest first unless sorted otherwise; the filter stands in the address."""
    return _list(ROOMS["contact"])


@blueprint.get("/companies")
@allowed(SIGNED_IN)
def all_companies() -> ResponseReturnValue:
    """Show companies likewise."""
    return _list(ROOMS["company"])


@blueprint.get("/contacts/total", endpoint="count_contacts")
@blueprint.get("/companies/total", endpoint="count_companies")
@allowed(SIGNED_IN)
def total() -> str:
    """Say how many are wanted."""
    room = room_asked()
    with reading() as work:
        count = how_many(work, read_wanted(request.args, room.kind), viewer=viewer())
    return translated(room.counted(count))


def _list(room: Room) -> ResponseReturnValue:
    wanted = read_wanted(request.args, room.kind)
    grouped = request.args.get("group", "")
    if is_from_form(request.args):
        return redirect(link_to(room.address, wanted, ("group", grouped), ("add", request.args.get("add", ""))))
    with reading() as work:
        settings = directory(work)
        fields = SubjectFields(settings, room.kind)
        after = place_asked(lambda: client_order(wanted, settings, viewer()))
        page = client_page(work, wanted, viewer=viewer(), after=after)
        columns = room.columns(settings, columns_of(work, room.name, viewer=viewer()))
        following = link_to(room.address, wanted, ("after", place_text(page.next))) if page.next is not None else ""
        said = _custom_said(settings, room, page.rows, [column.path for column in columns])
        common: Mapping[str, Any] = {
            "room": room, "rows": page.rows, "columns": columns, "said": said, "following": following, "width": len(columns),
        }  # fmt: skip
        if "HX-Request" in request.headers and after is not None:
            return render_template("clients/rows.html", **common)
        count = len(page.rows) if page.next is None and after is None else None  # else counted apart
        group = _group_asked(grouped, fields)
        groups = counts_by(work, wanted, group, viewer=viewer()) if group else ()
        finding = filter_part(
            work, wanted, room.address,
            kept=(("group", grouped),) if grouped else (), saved=saved_links(work, wanted, room.address),
        )  # fmt: skip
        shown = _groups_shown(work, fields, wanted, group, groups, room)
    return render_template(
        "clients/list.html", **common, finding=finding, group=group, groups=shown,
        counted=sum(one.records for one in groups), group_name=field_label(group, fields) if group else "",
        group_links=_group_links(room, wanted, fields, group), ungrouped=link_to(room.address, wanted),
        headings=headings(room.address, wanted, columns, grouped), list_name=room.name,
        all_columns=[room.column(settings, path) for path in room.known_columns(settings)],
        total_words=translated(room.counted(count)) if count else "",
        total_later=link_to(f"{room.address}/total", wanted) if count is None else "",
        exports=[(name, link_to(f"{room.address}/export.{end}", wanted)) for name, end in _FILES if may(EXPORT)],
    )  # fmt: skip


def _custom_said(
    settings: Directory, room: Room, rows: tuple[ClientRow, ...], paths: list[str]
) -> dict[tuple[int, str], str]:
    """Return the values of custom fields in words, by record and path."""
    own = {path: settings.fields.get((room.kind, path.removeprefix(f"{room.kind}.field."))) for path in paths}
    shown = [
        (row.id, path, FieldShown(definition, row.fields[definition.key]))
        for row in rows
        for path, definition in own.items()
        if definition is not None and row.fields.get(definition.key) is not None
    ]
    views = field_views(settings, [one for _, _, one in shown], str(settings.organization["currency"]))
    return {(id_, path): view.said for (id_, path, _), view in zip(shown, views, strict=True)}


def _group_asked(name: str, fields: SubjectFields) -> str:
    """Return the field that an address groups by; 404 where these records cannot be."""
    if not name:
        return ""
    kind = fields.subject
    tries = (f"{kind}.{name}", f"{kind}.field.{name}", name)
    return next((path for path in tries if can_count_by(kind, path, fields.settings)), "") or abort(404)


def _group_links(room: Room, wanted: Wanted, fields: SubjectFields, group: str) -> list[tuple[str, str, bool]]:
    own = [f"{room.kind}.field.{key}" for kind, key in fields.settings.fields if kind == room.kind]
    paths = [path for path in (*GROUPS[room.kind], *own) if can_count_by(room.kind, path, fields.settings)]
    return [
        (field_label(path, fields), link_to(room.address, wanted, ("group", name_of(path, fields))), path == group)
        for path in paths
    ]


def _groups_shown(
    work: Work, fields: SubjectFields, wanted: Wanted, group: str, groups: tuple[Counted, ...], room: Room
) -> list[GroupShown]:
    names = choices_of(work, group, fields) if groups else {}
    found = []
    for one in groups:
        if one.value is None:
            words = translated(_l("Nobody")) if group.endswith(".owner") else translated(_l("none"))
        else:
            words = names.get(one.value) or value_words(one.value, group, fields, {})
        found.append(GroupShown(words, one.records, link_to(room.address, of_group(wanted, group, one.value))))
    return found
