"""What the headings of exports mean: Bitrix24, amoCRM, Pipedrive, HubSpot, and plain words in three languages.

A heading stands once, in the form `plain` gives it.  ``record`` is the lead or the deal, whichever is imported.
"""

from __future__ import annotations

import re
from typing import Final

from crm.importing.targets import Kind

_EITHER: Final = {
    "record.external_id": (
        "id", "record id", "external id", "lead id", "deal id", "opportunity id", "deal - id", "код", "номер",
    ),
    "record.title": (
        "title", "name", "deal name", "lead name", "deal - title", "deal title", "lead - title", "название",
        "название лида", "название сделки", "назва", "назва ліда", "назва угоди",
    ),
    "record.source": (
        "source", "source id", "lead source", "origin", "utm source", "источник", "источник сделки", "джерело",
    ),
    "record.owner": (
        "owner", "deal owner", "lead owner", "assigned by id", "assigned to", "manager", "manager id", "sales agent",
        "deal - owner", "sr id", "ответственный", "ответственный за сделку", "відповідальний",
    ),
    "record.created_at": (
        "created at", "create date", "created", "date create", "created date", "engage date", "first contact date",
        "deal - deal created", "дата создания", "дата создания (сделка)", "создано", "дата створення",
    ),
    "record.comment": (
        "comment", "comments", "note", "notes", "note - content", "description", "комментарий", "примечание",
        "примечание к сделке", "примечание 2", "коментар", "примітка",
    ),
    "record.tags": ("tag", "tags", "label", "labels", "тег", "теги", "тег сделки", "теги сделки"),
    "person.name": (
        "person - name", "contact", "contact name", "full name", "имя, фамилия", "основной контакт", "контакт",
        "полное имя (контакт)", "фио", "піб",
    ),
    "person.external_id": ("contact id", "person id", "person - id"),
    "person.first_name": ("first name", "person - first name", "имя", "ім'я"),
    "person.middle_name": ("middle name", "second name", "отчество", "по батькові"),
    "person.last_name": ("last name", "surname", "person - last name", "фамилия", "прізвище"),
    "person.phone": (
        "phone", "phones", "phone number", "mobile", "mobile phone", "person - phone", "телефон", "рабочий телефон",
        "мобильный телефон", "домашний телефон", "другой телефон", "телефон для рассылок", "рабочий телефон (контакт)",
        "мобильный телефон (контакт)", "домашний телефон (контакт)", "другой телефон (контакт)", "мобільний телефон",
    ),
    "person.email": (
        "email", "e-mail", "email address", "person - email", "person - email (work)", "person - email (home)",
        "рабочий e-mail", "частный e-mail", "другой e-mail", "e-mail для рассылок", "рабочий email (контакт)",
        "личный email (контакт)", "другой email (контакт)", "почта", "электронная почта", "пошта",
    ),
    "company.name": (
        "company", "company name", "organization", "organization - name", "account", "компания", "название компании",
        "название (компания)", "компанія", "назва компанії",
    ),
    "company.external_id": ("company id", "organization id", "organization - id", "seller id"),
}  # fmt: skip

_DEALS: Final = {
    "deal.plan": ("pipeline", "category id", "deal - pipeline", "sales plan", "воронка", "направление", "напрямок"),
    "deal.stage": (
        "stage", "stage id", "deal stage", "deal - stage", "стадия", "стадия сделки", "этап", "этап сделки",
        "статус сделки", "стадія", "етап",
    ),
    "deal.amount": (
        "amount", "deal amount", "value", "deal - value", "opportunity", "close value", "expected amount", "price",
        "budget", "бюджет", "бюджет сделки", "сумма", "возможная сумма", "сума",
    ),
    "deal.currency": ("currency", "currency id", "deal - currency of value", "валюта"),
    "deal.closed_at": (
        "closed at", "close date", "closedate", "closed date", "won date", "deal - deal closed on", "дата закрытия",
        "дата закриття",
    ),
    "deal.loss_reason": (
        "loss reason", "lost reason", "deal - lost reason", "reason", "причина отказа", "причина відмови",
    ),
    "deal.lead": ("mql id",),
    "product.name": ("product", "product name", "товар"),
    "product.quantity": ("quantity", "количество", "кількість"),
    "product.price": ("product price", "unit price", "sales price", "цена", "ціна"),
}  # fmt: skip

_USERS: Final = {
    "user.login": ("login", "user", "username", "логин", "логін"),
    "user.name": (
        "name", "full name", "agent", "sales agent", "employee", "имя", "фио", "сотрудник", "менеджер", "ім'я", "піб",
        "співробітник",
    ),
    "user.email": ("email", "e-mail", "email address", "почта", "электронная почта", "пошта"),
    "user.role": ("role", "роль"),
    "user.supervisor": (
        "supervisor", "manager", "team lead", "head", "reports to", "руководитель", "начальник", "керівник",
    ),
}  # fmt: skip

# What else a heading means where it is not the record's own: the id of a lead among deals.
_OVERRIDES: Final[dict[Kind, dict[str, str]]] = {
    "leads": {"mql id": "lead.external_id", "name": "person.name"},
    "deals": {"lead id": "deal.lead"},
    "users": {},
}


def plain(heading: str) -> str:
    """Return a heading without what varies: case, underscores, asterisks, repeated spaces, a repeat's ``(2)``."""
    words = " ".join(heading.replace("_", " ").replace("*", " ").replace("’", "'").split())
    return re.sub(r" \(\d+\)$", "", words).casefold()


def known_headings(kind: Kind) -> dict[str, str]:
    """Return the target of every known heading, by its plain form."""
    if kind == "users":
        return {heading: target for target, headings in _USERS.items() for heading in headings}
    record = kind.removesuffix("s")
    groups = _EITHER | (_DEALS if kind == "deals" else {})
    known = {
        heading: target.replace("record.", f"{record}.") for target, headings in groups.items() for heading in headings
    }
    return known | _OVERRIDES[kind]
