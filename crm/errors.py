"""What the CRM refuses as a whole; expected answers per record are ``Result`` codes, not errors."""

from __future__ import annotations

from crm.nouns import noun
from engine.text import _l
from voronka_error import VoronkaError


class NotFoundError(VoronkaError):
    """Something that does not exist (any more)."""

    code = "not_found"

    def __init__(self, kind: str, key: object) -> None:
        if kind == "sales plan":
            super().__init__(_l("there is no sales plan “{key}”; `voronka plan list` shows those there are", key=key))
        else:
            super().__init__(_l("there is no {kind} “{key}”", kind=noun(kind), key=key))
        self.kind = kind
        self.key = key


class NotAllowedError(VoronkaError):
    """The actor lacks a right."""

    code = "not_allowed"

    def __init__(self, right: str) -> None:
        super().__init__(_l("this needs the right “{right}”; ask an administrator", right=right))
        self.right = right


class InvalidError(VoronkaError):
    """A value that cannot be; the message says which and what would do."""

    code = "invalid"


class NotSetUpError(VoronkaError):
    """The installation has no organization yet."""

    code = "not_set_up"

    def __init__(self) -> None:
        super().__init__(_l("this database is empty: run `voronka demo` for a sample, or `voronka user add` to begin"))
