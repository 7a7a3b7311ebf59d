"""Resources: what fields of records book for times, as halls, cars, fitters."""

from __future__ import annotations

from sqlalchemy import func, select

from crm.access.actor import Actor
from crm.directory import Resource, directory
from crm.errors import NotFoundError
from crm.settings.change import clean_name, note
from crm.settings.errors import InUseError
from crm.settings.keys import new_key
from crm.tables.records import field_value
from crm.tables.settings import resource
from db.work import Work
from engine.text import _l, _ln


def add_resource(work: Work, name: str, *, by: Actor, key: str | None = None) -> Resource:
    """Add a resource.

    Raises:
        InvalidError: the name or the key cannot be.
    """
    by.require("settings.edit")
    clean = clean_name(name, _NAME)
    known = directory(work).resource_keys
    own = new_key(clean, known, wanted=key, otherwise="resource")
    [id_] = work.ids("resource", 1)
    work.insert(resource, ("id", "key", "name", "is_active"), [(id_, own, clean, True)])
    note(work, "resource", own, "created", id_, by)
    return directory(work).resources[id_]


def change_resource(work: Work, key: str, name: str, *, by: Actor, is_active: bool = True) -> None:
    """Rename a resource, or switch it off: then nobody books it any more, and what is booked stays.

    Raises:
        NotFoundError: there is no such resource.
        InvalidError: the name cannot be.
    """
    by.require("settings.edit")
    known = _known(work, key)
    values = {"name": clean_name(name, _NAME), "is_active": is_active}
    work.execute(resource.update().where(resource.c.id == known.id).values(**values))
    note(work, "resource", key, "changed", known.id, by)


def remove_resource(work: Work, key: str, *, by: Actor) -> None:
    """Remove a resource that no record books.

    Raises:
        NotFoundError: there is no such resource.
        InUseError: records book it.
    """
    by.require("settings.edit")
    known = _known(work, key)
    fields = [one.id for one in directory(work).fields.values() if one.type == "resource"]
    booked = select(func.count()).where(field_value.c.reference == known.id, field_value.c.field_id.in_(fields))
    uses = work.scalar(booked)
    if uses:
        raise InUseError("resource", key, [_ln("{count} booking", "{count} bookings", uses)])
    work.execute(resource.delete().where(resource.c.id == known.id))
    note(work, "resource", key, "removed", known.id, by)


def _known(work: Work, key: str) -> Resource:
    found = directory(work).resource_keys.get(key)
    if found is None:
        raise NotFoundError("resource", key)
    work.rows(select(resource.c.id).where(resource.c.id == found.id).with_for_update())
    return found


_NAME = _l("the resource's name")
