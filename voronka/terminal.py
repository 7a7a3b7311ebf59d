"""What the command line says and how: the reader's language, the two consoles, errors in words."""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import TYPE_CHECKING, Final, NoReturn

from engine.text import _l
from voronka.i18n import LANGUAGES, best_language, translate
from voronka.settings_file import SettingsError, file_path, file_values
from voronka_error import VoronkaError

if TYPE_CHECKING:
    from rich.console import Console

REFUSED: Final = 2
"""The exit status where something was refused."""
INCOMPLETE: Final = 1
"""The exit status where something was done, and not all of it."""


@cache
def language() -> str:
    """Return the language to speak: as set, else of the system's locale, else English."""
    chosen = os.environ.get("VORONKA_LANGUAGE") or _language_of_file()
    if chosen in LANGUAGES:
        return chosen
    return best_language(
        os.environ.get(name, "").partition(".")[0] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)
    )


def said(text: str) -> str:
    """Return a marked text in the reader's language."""
    return translate(text, language())


@cache
def _consoles() -> tuple[Console, Console]:
    from rich.console import Console

    return Console(highlight=False, soft_wrap=False), Console(stderr=True, highlight=False)


def out() -> Console:
    """Return the console for answers, standard output."""
    return _consoles()[0]


def err() -> Console:
    """Return the console for progress, notes and errors, standard error."""
    return _consoles()[1]


def note(text: str, *, mark: str = "", style: str = "") -> None:
    """Say something beside the answer, in a line on standard error."""
    from rich.text import Text

    err().print(Text.assemble((f"{mark} " if mark else "", style), said(text)), soft_wrap=True)


def done(text: str) -> None:
    """Say that something worked."""
    note(text, mark="✓", style="green")


def warn(text: str) -> None:
    """Say that something needs a look."""
    note(text, mark="!", style="yellow")


def words(error: VoronkaError) -> str:
    """Return what an error says in the reader's language; a line per part."""
    if error.args and all(isinstance(part, str) for part in error.args):
        return "\n".join(said(part) for part in error.args)
    return said(error.message)


def refuse(error: VoronkaError) -> NoReturn:
    """Say an error on standard error and end with ``REFUSED``."""
    complain(words(error))
    sys.exit(REFUSED)


def complain(text: str) -> None:
    """Say what went wrong."""
    from rich.text import Text

    err().print(Text.assemble((said(_l("error")) + ": ", "bold red"), text), soft_wrap=True)


def print_json(value: object) -> None:
    """Print an answer for programs: one JSON document on standard output."""
    import json

    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


def _language_of_file() -> str | None:
    try:
        path = file_path()
        found = file_values(path).get("language") if path else None
    except SettingsError:
        return None  # said properly where settings are needed
    return found if isinstance(found, str) else None
