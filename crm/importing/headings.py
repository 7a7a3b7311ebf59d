"""What the headings of exports mean: Bitrix24, amoCRM, Kommo, Pipedrive, HubSpot, and plain words in three languages.

A heading stands once, in the form `plain` gives it.  ``record`` is the lead or the deal, whichever is imported.
"""

from __future__ import annotations

import re
from typing import Final

from crm.importing.targets import Kind

_EITHER: Final = {
    "record.external_id": (
        "id", "record id", "external id", "lead id", "deal id", "opportunity id", "deal - id", "lead - id", "код", "номер",
        "id сделки", "id лида", "id угоди", "id ліда",
    ),
    "record.title": (
        "title", "name", "deal name", "lead name", "deal - title", "deal title", "lead - title", "lead title",
        "opportunity name", "название", "название лида", "название сделки", "назва", "назва ліда", "назва угоди",
    ),
    "record.source": (
        "source", "source id", "lead source", "deal source", "origin", "utm source", "original source",
        "original traffic source", "deal - source channel", "lead - source", "источник", "источник сделки",
        "источник лида", "джерело", "джерело угоди", "джерело ліда",
    ),
    "record.owner": (
        "owner", "deal owner", "lead owner", "contact owner", "assigned by id", "assigned to", "manager", "manager id",
        "sales agent", "deal - owner", "lead - owner", "sr id", "responsible", "responsible user", "lead responsible user",
        "responsible person", "ответственный", "ответственный за сделку", "менеджер", "відповідальний",
        "відповідальний за угоду", "відповідальна особа",
    ),
    "record.created_at": (
        "created at", "create date", "created", "created on", "date created", "date create", "created date", "engage date",
        "first contact date", "deal - deal created", "lead - lead created", "deal created", "дата создания",
        "дата создания (сделка)", "дата создания сделки", "создано", "дата и время создания", "дата створення",
        "дата створення (угода)", "створено",
    ),
    "record.comment": (
        "comment", "comments", "note", "notes", "note 1", "note 2", "note 3", "note 4", "note 5", "note - content",
        "description", "deal description", "комментарий", "комментарии", "примечание", "примечание к сделке", "примечание 1",
        "примечание 2", "примечание 3", "примечание 4", "примечание 5", "коментар", "коментарі", "примітка",
        "примітка до угоди", "примітка 1", "примітка 2", "примітка 3", "примітка 4", "примітка 5",
    ),
    "record.tags": (
        "tag", "tags", "label", "labels", "lead tags", "deal tags", "deal - label", "lead - labels", "тег", "теги",
        "тег сделки", "теги сделки", "тег лида", "теги лида", "тег угоди", "теги угоди", "мітки",
    ),
    "person.name": (
        "person - name", "contact", "contact name", "full name", "main contact", "contact full name", "full name (contact)",
        "associated contact", "deal - contact person", "lead - contact person", "имя, фамилия", "основной контакт",
        "контакт", "полное имя (контакт)", "полное имя контакта", "контактное лицо", "фио", "піб", "ім'я, прізвище",
        "основний контакт", "повне ім'я (контакт)", "контактна особа",
    ),
    "person.external_id": ("contact id", "person id", "person - id", "associated contact ids", "id контакта", "id контакту"),
    "person.first_name": ("first name", "person - first name", "имя", "ім'я", "имя (контакт)", "ім'я (контакт)"),
    "person.middle_name": ("middle name", "second name", "отчество", "по батькові"),
    "person.last_name": (
        "last name", "surname", "person - last name", "фамилия", "прізвище", "фамилия (контакт)", "прізвище (контакт)",
    ),
    "person.phone": (
        "phone", "phones", "phone number", "mobile", "mobile phone", "mobile phone number", "work phone", "home phone",
        "other phone", "work direct", "work phone (contact)", "mobile phone (contact)", "home phone (contact)",
        "other phone (contact)", "person - phone", "person - phone (work)", "person - phone (home)",
        "person - phone (mobile)", "person - phone (other)", "whatsapp phone number", "телефон", "рабочий телефон",
        "мобильный телефон", "домашний телефон", "другой телефон", "телефон для рассылок", "рабочий телефон (контакт)",
        "рабочий прямой телефон (контакт)", "мобильный телефон (контакт)", "домашний телефон (контакт)",
        "другой телефон (контакт)", "телефон (контакт)", "мобільний телефон", "робочий телефон", "домашній телефон",
        "інший телефон", "телефон для розсилок", "робочий телефон (контакт)", "мобільний телефон (контакт)",
        "домашній телефон (контакт)", "інший телефон (контакт)",
    ),
    "person.email": (
        "email", "e-mail", "email address", "work email", "personal email", "other email", "work email (contact)",
        "personal email (contact)", "other email (contact)", "person - email", "person - email (work)",
        "person - email (home)", "person - email (other)", "рабочий e-mail", "частный e-mail", "другой e-mail",
        "e-mail для рассылок", "рабочий email", "личный email", "рабочий email (контакт)", "личный email (контакт)",
        "другой email (контакт)", "email (контакт)", "почта", "электронная почта", "пошта", "електронна пошта",
        "робочий e-mail", "приватний e-mail", "інший e-mail", "e-mail для розсилок", "робочий email (контакт)",
        "особистий email (контакт)", "інший email (контакт)",
    ),
    "company.name": (
        "company", "company name", "organization", "organization name", "organization - name", "account", "account name",
        "associated company", "deal - organization", "lead - organization", "компания", "название компании",
        "компания сделки", "компания контакта", "название (компания)", "компанія", "назва компанії", "назва (компанія)",
    ),
    "company.external_id": (
        "company id", "organization id", "organization - id", "associated company ids", "seller id", "id компании",
        "id компанії",
    ),
}  # fmt: skip

_DEALS: Final = {
    "deal.plan": (
        "pipeline", "category id", "deal - pipeline", "deal pipeline", "sales plan", "воронка", "воронка сделки",
        "воронка продаж", "направление", "направление сделки", "напрямок", "воронка угоди",
    ),
    "deal.stage": (
        "stage", "stage id", "deal stage", "deal - stage", "pipeline stage", "lead stage", "lead status", "стадия",
        "стадия сделки", "этап", "этап сделки", "статус сделки", "стадія", "стадія угоди", "етап", "етап угоди",
        "статус угоди",
    ),
    "deal.amount": (
        "amount", "deal amount", "deal value", "value", "deal - value", "opportunity", "close value", "expected amount",
        "price", "budget", "lead budget", "sale", "sale value", "бюджет", "бюджет сделки", "сумма", "сумма сделки",
        "возможная сумма", "сума", "сума угоди", "бюджет угоди", "можлива сума",
    ),
    "deal.currency": (
        "currency", "currency id", "deal currency", "deal - currency of value", "валюта", "валюта сделки", "валюта угоди",
    ),
    "deal.closed_at": (
        "closed at", "close date", "closedate", "closed date", "closed on", "date closed", "won date", "deal - won time",
        "deal - deal closed on", "дата закрытия", "дата закрытия сделки", "дата завершения", "дата закриття",
        "дата завершення",
    ),
    "deal.loss_reason": (
        "loss reason", "lost reason", "closed lost reason", "deal - lost reason", "reason for loss", "reason",
        "причина отказа", "причина закрытия", "причина відмови",
    ),
    "deal.lead": ("mql id",),
    "product.name": ("product", "product name", "товар", "товари", "товары"),
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
    "deals": {"lead id": "deal.lead", "id лида": "deal.lead", "id ліда": "deal.lead"},
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
