"""What the sample company has sold before: deals of the last weeks with their clients, products and bookings, and its reports."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Final

from crm.access.actor import RIGHTS, Actor, ActorKind
from crm.access.viewers import actor_of
from crm.deals.opening import NewDeal, open_deals
from crm.deals.products import Line, set_products
from crm.directory import directory
from crm.fields.changes import FieldChange, set_fields
from crm.finding.saved import NewFilter, save_filters
from crm.people.contacts import NewContact, find_or_create_contacts
from crm.records.tags import TagChange, change_tags
from crm.reports.asked import Asked
from crm.reports.saved import NewReport, save_reports
from crm.settings.field_definitions import NewField, add_fields
from crm.settings.resources import add_resource
from db.work import Work
from engine.wall_time import zone_of

_IMPORT: Final = Actor(ActorKind.IMPORT, rights=RIGHTS)
_STAGES: Final = (("contract", 14), ("won", 46), ("lost", 31))
_PRICES: Final = (14_850_000, 21_490_000, 21_490_000, 46_200_000, 17_300_000, 23_950_000, 38_400_000)
_FIRST: Final = (
    "Оксана", "Іван", "Марія", "Андрій", "Ольга", "Петро", "Emma", "Наталія", "Богдан", "Ірина", "Oliver", "Тарас", "Юлія",
)  # fmt: skip
_LAST: Final = ("Бондар", "Мельник", "Шевчук", "Ткаченко", "Reed", "Гнатюк", "Мороз")
_CITIES: Final = ("Київ", "Львів", "Одеса", "Дніпро", "Полтава")
_CREWS: Final = ("Crew A", "Crew B")
_DAY: Final = (time(9), time(17))


def sell(work: Work) -> None:
    """Record what was sold, as an import would: no robot answers to it."""
    stages = [stage for stage, number in _STAGES for _ in range(number)]
    people = [_client(work.now, number) for number in range(len(stages))]
    clients = find_or_create_contacts(work, people, by=_IMPORT)
    deals = [
        _deal(work.now, number, stage, contact=client.ids[0], person=client.ids[1])
        for number, (stage, client) in enumerate(zip(stages, clients, strict=True))
    ]
    ids = [answer.ids[0] for answer in open_deals(work, deals, by=_IMPORT)]
    amounts = [deal.amount or 0 for deal in deals]
    set_products(work, [(id_, _lines(amount)) for id_, amount in zip(ids, amounts, strict=True)], by=_IMPORT)
    regulars = list(zip(ids, clients, strict=True))[::9]
    tags = [TagChange("deal", id_, client.ids[1], frozenset({"regular"})) for id_, client in regulars]
    change_tags(work, tags, by=_IMPORT)
    _book(work, ids[: dict(_STAGES)["contract"]])
    _look_back(work)


def _client(now: datetime, number: int) -> NewContact:
    name = f"{_FIRST[number % len(_FIRST)]} {_LAST[number % len(_LAST)]}"
    return NewContact(
        name,
        phones=(f"+1 216-555-{100 + number:04}",),
        emails=(f"client{2001 + number}@example.com",) if number % 3 else (),
        type="owner of a house",
        city=_CITIES[number * 2 % len(_CITIES)],
        external_id=f"client-{2001 + number}",
        created_at=_opened(now, number),
    )


def _deal(now: datetime, number: int, stage: str, *, contact: int, person: int) -> NewDeal:
    opened = _opened(now, number)
    return NewDeal(
        person,
        "homes",
        stage,
        title=f"Roof no. {2001 + number}",
        amount=_PRICES[number * 3 % len(_PRICES)],
        contact_id=contact,
        external_id=f"roof-{2001 + number}",
        opened_at=opened,
        closed_at=opened + timedelta(days=6 + number % 12) if stage in ("won", "lost") else None,
        loss_reason=("expensive", "another", "roof")[number % 3] if stage == "lost" else None,
    )


def _opened(now: datetime, number: int) -> datetime:
    return now - timedelta(days=20 + number * 7 % 60, hours=number * 5 % 9)


def _lines(amount: int) -> list[Line]:
    """Return what a roof of this price is made of; together it costs the price."""
    panel, inverter = amount // 20, amount // 4
    return [
        Line("Solar panel", 12, panel),
        Line("Inverter", 1, inverter),
        Line("Mounting", 1, amount - 12 * panel - inverter),
    ]


def _book(work: Work, deals: Sequence[int]) -> None:
    """Book a crew for a working day of this week and the next for each deal that is under contract."""
    add_fields(work, [NewField("deal", "Mounting day", "resource", key="mounting")], by=_IMPORT)
    crews = [add_resource(work, name, by=_IMPORT).key for name in _CREWS]
    zone = zone_of(directory(work).organization["zone"])
    days = _workdays(work.now.astimezone(zone), -(-len(deals) // len(crews)))
    changes = []
    for number, deal_id in enumerate(deals):
        day = days[number // len(crews)]
        begins, ends = (datetime.combine(day, hour, zone).isoformat() for hour in _DAY)
        booking = {"resource": crews[number % len(crews)], "from": begins, "to": ends}
        changes.append(FieldChange("deal", deal_id, {"field.mounting": booking}))
    set_fields(work, changes, by=_IMPORT)


def _workdays(now: datetime, number: int) -> list[datetime]:
    """Return so many days from this week's Monday on that are no Saturday or Sunday."""
    monday = now - timedelta(days=now.isoweekday() - 1)
    days = (monday + timedelta(days=ahead) for ahead in range(number * 2 + 4))
    return [day for day in days if day.isoweekday() < 6][:number]


def _look_back(work: Work) -> None:
    """Keep what the supervisor looks at: for everybody."""
    settings = directory(work)
    supervisor = actor_of(settings, settings.user("yaryna"))
    reports = [
        NewReport("Why we lose", Asked(type="refusals", groups=("owner",), period="last-90d"), is_shared=True),
        NewReport("What sells", Asked(type="sales", groups=("product",)), is_shared=True),
    ]
    save_reports(work, reports, by=supervisor)
    save_filters(
        work, [NewFilter("deal", "Large and open", "state=open&amount=300000..", is_shared=True)], by=supervisor
    )
