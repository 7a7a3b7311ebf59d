"""Persons: the identity that leads, contacts and deals share, found again by phone and e-mail."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from crm.people.identity import Identity
from crm.tables.records import person, person_identity
from db.insert_new import insert_new
from db.sets import in_set
from db.work import Work
from engine.request import DONE, Result
from engine.text import _l

_IDENTITY = ("kind", "value", "person_id")


@dataclass(frozen=True, slots=True)
class Match:
    """The person found or made for one item; ``conflicts`` are others whom some of its identities belong to."""

    person_id: int
    is_new: bool
    conflicts: tuple[int, ...] = ()


def persons_of(work: Work, identities: Sequence[Sequence[Identity]]) -> list[int]:
    """Return the person of each item, found by its phones and e-mails or made; one without any is a person of its own."""
    if not any(identities):
        ids = work.ids("person", len(identities))
        _insert_persons(work, ids)
        return list(ids)
    return [match.person_id for match in match_persons(work, identities)]


def match_persons(work: Work, identities: Sequence[Sequence[Identity]]) -> list[Match]:
    """Return the person of each item and whom else its identities name.

    The first identity that is known decides; those not known yet become the person's.  Items of one batch may be one person.
    Three statements, whatever the number; two more where persons were merged, or where somebody else adds the same identities
    at this moment.
    """
    owners = _owners(work, {one for item in identities for one in item})
    known = dict(owners)
    fresh = [not any(one in known for one in item) for item in identities]
    free = iter(work.ids("person", sum(fresh)))
    new: list[int] = []
    at_first: list[int] = []
    for item in identities:
        found = next((known[one] for one in item if one in known), None)
        if found is None:
            found = next(free)
            new.append(found)
        at_first.append(found)
        for one in item:
            known.setdefault(one, found)
    _insert_persons(work, new)
    if not insert_new(
        work, person_identity, _IDENTITY, sorted((*one, known[one]) for one in known if one not in owners)
    ):
        known = _owners(work, known)
    made = set(new)
    matches = []
    for item, alone in zip(identities, at_first, strict=True):
        named = list(dict.fromkeys(known[one] for one in item)) or [alone]
        matches.append(Match(named[0], named[0] in made, tuple(named[1:])))
        made.discard(named[0])
    return matches


def owners_of(work: Work, identities: Iterable[Identity]) -> dict[Identity, int]:
    """Return whose these phones and addresses are; one that is nobody's is left out.  Two statements at most."""
    return _owners(work, identities)


def add_identities(work: Work, items: Sequence[tuple[int, Identity]]) -> list[Result]:
    """Give persons more phones and addresses; one answer per item: ``done``, ``exists`` (it is theirs), ``taken`` by another.

    Three statements, whatever the number.
    """
    if not items:
        return []
    ends = survivors(work, {person_id for person_id, _ in items})
    items = [(ends[person_id], identity) for person_id, identity in items]
    known = _owners(work, [identity for _, identity in items])
    new = {identity: person_id for person_id, identity in reversed(items) if identity not in known}
    if not insert_new(work, person_identity, _IDENTITY, sorted((*one, owner) for one, owner in new.items())):
        known = _owners(work, [identity for _, identity in items])
    answers = []
    for person_id, identity in items:
        owner = known.setdefault(identity, person_id)
        if owner != person_id:
            answers.append(Result("taken", (owner,), detail=_l("it belongs to another person")))
        else:
            answers.append(Result(DONE if new.pop(identity, None) is not None else "exists", (person_id,)))
    return answers


def identities_of(work: Work, person_ids: Sequence[int]) -> dict[int, tuple[Identity, ...]]:
    """Return all phones and addresses of each person, phones last; empty for one without any.  One query."""
    query = (
        select(person_identity.c.person_id, person_identity.c.kind, person_identity.c.value)
        .where(in_set(person_identity.c.person_id, "persons"))
        .order_by(person_identity.c.kind, person_identity.c.value)
    )
    found: dict[int, tuple[Identity, ...]] = dict.fromkeys(person_ids, ())
    for row in work.rows(query, {"persons": list(person_ids)}):
        found[row.person_id] = (*found[row.person_id], (row.kind, row.value))
    return found


def survivors(work: Work, person_ids: Iterable[int]) -> dict[int, int]:
    """Return whom each of these persons was merged into in the end; those never merged are themselves.  One statement."""
    wanted = list(person_ids)
    start = (
        select(person.c.id.label("asked"), person.c.id.label("id"), person.c.merged_into_id)
        .where(in_set(person.c.id, "persons"))
        .cte("chain", recursive=True)
    )
    chain = start.union(
        select(start.c.asked, person.c.id, person.c.merged_into_id).where(person.c.id == start.c.merged_into_id)
    )
    ends = select(chain.c.asked, chain.c.id).where(chain.c.merged_into_id.is_(None))
    found = {row.asked: row.id for row in work.rows(ends, {"persons": wanted})}
    return {one: found.get(one, one) for one in wanted}


def _owners(work: Work, identities: Iterable[Identity]) -> dict[Identity, int]:
    wanted = set(identities)
    rows = work.rows(_IDENTITIES, {"values": sorted(value for _, value in wanted)})
    owners: dict[Identity, int] = {
        (row.kind, row.value): row.person_id for row in rows if (row.kind, row.value) in wanted
    }
    merged = {row.person_id for row in rows if row.merged_into_id is not None}
    if not merged:
        return owners
    ends: Mapping[int, int] = survivors(work, merged)
    return {one: ends.get(owner, owner) for one, owner in owners.items()}


def _insert_persons(work: Work, ids: Sequence[int]) -> None:
    now = work.now
    work.insert(person, ("id", "created_at"), [(id_, now) for id_ in ids])
    work.memo.setdefault("persons_made", []).extend(ids)


def persons_made(work: Work) -> Sequence[int]:
    """Return the persons that were made in this transaction so far."""
    made: list[int] = work.memo.get("persons_made", [])
    return made


_IDENTITIES = (
    select(
        person_identity.c.kind,
        person_identity.c.value,
        person_identity.c.person_id,
        person.c.merged_into_id,
    )
    .join_from(person_identity, person, person.c.id == person_identity.c.person_id, isouter=True)
    .where(person_identity.c.kind.in_(("email", "phone")), in_set(person_identity.c.value, "values"))
)
