"""What makes two contacts the same person: phones and e-mails in one form each.

Every door (form, import, message, screen) normalises here before it compares or stores.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, Literal

Identity = tuple[Literal["phone", "email"], str]
"""Kind and normalised value of what one person alone has."""

_LONGEST_PHONE: Final = 40
_LONGEST_EMAIL: Final = 320
_PHONE_LIKE: Final = re.compile(
    r"(?=(?:\D*\d){5})[+＋]?[\d\s().\-–/‑\u00a0\u202f]+(?:\s*(?:ext|доб|вн|x)\.?\s*\d+)?", re.IGNORECASE
)
# Within all limits of length whatever the domain becomes, and without a character that has rules of its own.
_SURE_EMAIL: Final = 64
_PLAIN_LOCAL: Final = re.compile(r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*")
_DISPLAY_NAME: Final = re.compile(r"[^<>]*<([^<>]+)>")


def normalise_phone(text: str, region: str | None) -> str | None:
    """Return a phone in E.164 (``+380501234567``), or ``None`` for what cannot be one.

    Numbers of a possible length count, also those of ranges not yet assigned: a contact is not lost to an old table
    of ranges.  An extension is left out.

    Args:
        text: as a person wrote it: ``8 (921) 555-01-23``, ``tel:+49 30 901820``.
        region: two letters of the country that numbers without ``+`` belong to, like ``UA``; without it only
            international numbers are understood.
    """
    text = text.strip().removeprefix("tel:").strip().lstrip("'")
    if len(text) > _LONGEST_PHONE or not _PHONE_LIKE.fullmatch(text):
        return None
    # Imported late: its tables take long to load, and most commands need no phone.
    import phonenumbers

    # A country code without its plus (380501234567) is tried where the number does not fit the region.
    tries = [(text, region.upper() if region else None)]
    if not text.startswith(("+", "＋")):
        tries.append(("+" + text, None))
    for written, home in tries:
        try:
            number = phonenumbers.parse(written, home)
        except phonenumbers.NumberParseException:
            continue
        # A plus of our own making must meet a number in use; a number as written need only have a possible length.
        is_possible = phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE
        if phonenumbers.is_valid_number(number) or (is_possible and written == text):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return None


def normalise_email(text: str) -> str | None:
    """Return an e-mail address in one form (lower case, Unicode domain), or ``None`` for what cannot be one.

    ``Ann <ann@example.com>`` and ``mailto:ann@example.com`` are understood.  Nobody is asked whether it exists.
    """
    text = text.strip()
    if match := _DISPLAY_NAME.fullmatch(text):
        text = match[1].strip()
    text = text.removeprefix("mailto:")
    if len(text) > _LONGEST_EMAIL or "@" not in text:
        return None
    local, _, domain = text.partition("@")
    if len(text) <= _SURE_EMAIL and _PLAIN_LOCAL.fullmatch(local):
        known = _known_domain(domain)
        return f"{local}@{known}".lower() if known is not None else None
    return _validated(text)


@lru_cache(maxsize=4096)
def _known_domain(domain: str) -> str | None:
    """Return a domain in its one form: files name the same few thousands of times."""
    address = _validated(f"a@{domain}")
    return address.removeprefix("a@") if address is not None else None


def _validated(text: str) -> str | None:
    # Imported late: it is slow to load, and most commands need no e-mail.
    from email_validator import EmailNotValidError, validate_email

    try:
        # Addresses under .test let a sample company write to nobody.
        address = validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return None
    return address.normalized.lower() if "." in address.domain else None
