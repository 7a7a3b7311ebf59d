"""What an import settles before its first row: the map, the plan, new custom fields, and what makes it this import."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from crm.access.actor import Actor
from crm.directory import Directory, Plan, directory
from crm.errors import InvalidError, NotFoundError
from crm.fields.columns import home_region
from crm.importing.answers import Target
from crm.importing.errors import MappingError
from crm.importing.mapping import Mapping
from crm.importing.proposal import propose
from crm.importing.reader import Table
from crm.importing.table import Column
from crm.importing.targets import Kind
from crm.settings.field_definitions import NewField, ensure_fields
from db.types import dumps
from db.work import Work
from engine.text import _l


@dataclass(frozen=True, slots=True)
class Setup:
    """How an import goes.

    Attributes:
        mapping: where the columns go, whole.
        fields: custom fields the map asks for; new ones are made with the first row.
        unmapped: columns that go nowhere.
        currency: what amounts without a currency are in.
        key: equal for equal imports: of the same file with the same map to the same place.
    """

    mapping: Mapping
    fields: tuple[NewField, ...]
    unmapped: tuple[Column, ...]
    currency: str
    key: str


def set_up_import(
    work: Work, kind: Kind, table: Table, given: Mapping | None, *, fingerprint: str, target: Target
) -> Setup:
    """Settle the map of an import: the given one, else a proposal.

    What the map leaves out is the company's: the zone of its times, the country of its phones.

    Raises:
        MappingError: the map does not fit the file, or nothing was recognised.
        NotFoundError: there is no such plan.
    """
    settings = directory(work)
    plan = settings.plan(target.plan) if target.plan is not None else None
    zone, region = str(settings.organization["zone"]), home_region(settings)
    if given is None:
        mapping = propose(kind, table.columns, table.sample, region=region, zone=zone)
        mapping = _without_new_fields(mapping, settings)
    else:
        told = given.model_fields_set
        own = {"zone": zone, "region": region}
        mapping = given.model_copy(update={name: value for name, value in own.items() if name not in told})
        mapping = _with_source_as_field(mapping, settings, is_told=True)
    unmapped = mapping.unmapped(table.columns)
    currency = plan.currency if plan is not None else str(settings.organization["currency"])
    return Setup(
        mapping, _fields(kind, mapping, table), unmapped, currency, _key(fingerprint, mapping, target, currency)
    )


def plan_called(work: Work, text: str) -> Plan:
    """Return the plan that a person means by its key or name.

    Raises:
        NotFoundError: there is none.
        InvalidError: it was put away.
    """
    settings = directory(work)
    wanted = " ".join(text.split()).casefold()
    named = {" ".join(plan.name.split()).casefold(): plan for plan in settings.plans.values()}
    plan = settings.plan_keys.get(text) or settings.plan_keys.get(wanted) or named.get(wanted)
    if plan is None:
        raise NotFoundError("sales plan", text)
    if plan.is_archived:
        raise InvalidError(_l("the sales plan “{plan}” was put away: choose another", plan=plan.name))
    return plan


def make_fields(work: Work, fields: tuple[NewField, ...], *, by: Actor) -> None:
    """Define the custom fields that are new."""
    if fields:
        ensure_fields(work, fields, by=by)


def _fields(kind: Kind, mapping: Mapping, table: Table) -> tuple[NewField, ...]:
    record = "lead" if kind == "leads" else "deal"
    prefix = f"{record}.field."
    wanted: dict[str, NewField] = {}
    for at, entry in zip(mapping.positions(table.columns), mapping.columns, strict=True):
        if entry.to.startswith(prefix):
            key = entry.to.removeprefix(prefix)
            wanted[key] = NewField("lead" if kind == "leads" else "deal", table.columns[at].heading or key, key=key)
    for to in mapping.constants:
        if to.startswith(prefix):
            key = to.removeprefix(prefix)
            wanted.setdefault(key, NewField("lead" if kind == "leads" else "deal", key, key=key))
    return tuple(wanted.values())


def _without_new_fields(mapping: Mapping, settings: Directory) -> Mapping:
    """Return a proposal that asks for no new custom field: those are made only for a map that a person wrote."""
    mapping = _with_source_as_field(mapping, settings, is_told=False)
    record = mapping.kind.removesuffix("s")
    known = {f"{kind}.field.{key}" for kind, key in settings.fields}
    columns = tuple(
        entry for entry in mapping.columns if not entry.to.startswith(f"{record}.field.") or entry.to in known
    )
    if not columns:
        raise MappingError(_l("No column was recognised: write a map for --map"))
    return mapping.model_copy(update={"columns": columns})


def _with_source_as_field(mapping: Mapping, settings: Directory, *, is_told: bool) -> Mapping:
    """Let the source of deals go to their custom field ``source``: deals have none of their own, their leads do."""
    is_known = ("deal", "source") in settings.fields
    if mapping.kind != "deals" or not (is_known or is_told):
        columns = tuple(entry for entry in mapping.columns if entry.to != "deal.source")
        return mapping.model_copy(update={"columns": columns})
    columns = tuple(
        entry.model_copy(update={"to": "deal.field.source"}) if entry.to == "deal.source" else entry
        for entry in mapping.columns
    )
    constants = {"deal.field.source" if to == "deal.source" else to: value for to, value in mapping.constants.items()}
    return mapping.model_copy(update={"columns": columns, "constants": constants})


def _key(fingerprint: str, mapping: Mapping, target: Target, currency: str) -> str:
    funnel = [target.funnel.key, target.funnel.label] if target.funnel is not None else None
    parts = [fingerprint, mapping.model_dump(mode="json"), target.plan, currency, funnel]
    return hashlib.sha256(dumps(parts).encode("utf-8", "surrogatepass")).hexdigest()
