"""Gather the texts marked in the code and bring the catalogues of translations up to date.

The same code always gives the same files: sorted by text, with file names but neither line numbers nor dates.
``make messages`` runs this; ``docs/translations.md`` tells the rest.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from copy import deepcopy
from pathlib import Path
from string import Formatter

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("engine", "db", "blocks", "channels", "crm", "funnels", "workers", "web", "voronka")
LANGUAGES = ("en", "ru", "uk")
LOCALES = Path("voronka") / "locales"

METHODS = [
    ("**.py", "python"),
    ("**.html", "jinja2"),
    ("**.txt", "jinja2"),
    ("gallery/**.yaml", "tools.template_texts:texts_of"),
]
OPTIONS = {"**.html": {"trimmed": "true", "silent": "false"}, "**.txt": {"silent": "false"}}
KEYWORDS = {"_": None, "_l": None, "_ln": (1, 2), "gettext": None, "ngettext": (1, 2)}
NOT_OURS = {"node_modules", "static", "locales", "__pycache__"}
VOLATILE = (
    '"POT-Creation-Date:',
    '"PO-Revision-Date:',
    '"Generated-By:',
    '"Language-Team:',
    '"Last-Translator:',
    '"Report-Msgid-Bugs-To:',
)
HEADER = "# The texts of Voronka."


def template(root: Path = ROOT) -> Catalog:
    """Return every marked text of the code, without translations."""
    catalogue = Catalog(project="voronka", version="0", header_comment=HEADER, fuzzy=False)
    for package in PACKAGES:
        found = extract_from_dir(
            root / package,
            METHODS,
            OPTIONS,
            keywords=KEYWORDS,
            comment_tags=("Translators:",),
            strip_comment_tags=True,
            directory_filter=lambda folder: Path(folder).name not in NOT_OURS,
        )
        for name, _line, texts, comments, context in found:
            catalogue.add(
                texts, locations=[(f"{package}/{Path(name).as_posix()}", 0)], auto_comments=comments, context=context
            )
    return catalogue


def updated(language: str, marked: Catalog, root: Path = ROOT) -> Catalog:
    """Return a language's catalogue with exactly the marked texts: new ones are empty, old translations are kept.

    English translates itself.
    """
    path = root / po_path(language)
    catalogue = Catalog(locale=language)
    if path.exists():
        with path.open("rb") as file:
            catalogue = read_po(file, locale=language)
    catalogue.update(deepcopy(marked), no_fuzzy_matching=True)  # it keeps the messages it is given
    catalogue.project, catalogue.version, catalogue.fuzzy = "voronka", "0", False
    catalogue.header_comment = HEADER
    if language == "en":
        for message in _messages(catalogue):
            message.string = message.string if _is_complete(message, catalogue) else message.id
    return catalogue


def in_text(catalogue: Catalog) -> str:
    """Return a catalogue as the text of its file."""
    for message in catalogue:
        message.flags.discard("python-format")  # our texts use braces
    file = io.BytesIO()
    write_po(file, catalogue, width=100, sort_output=True, include_lineno=False, ignore_obsolete=True)
    lines = file.getvalue().decode().splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(VOLATILE))


def problems(catalogue: Catalog) -> list[str]:
    """Return what keeps a catalogue from being whole: a text without translation, or with other ``{names}``."""
    found = []
    for message in _messages(catalogue):
        if not _is_complete(message, catalogue) or message.fuzzy:
            found.append(f"{catalogue.locale}: not translated: {message.id!r}")
        elif any(_names([text]) - _names(_forms(message.id)) for text in _forms(message.string)):
            found.append(f"{catalogue.locale}: names in braces differ: {message.id!r}")
        elif not message.pluralizable and _names(_forms(message.string)) != _names(_forms(message.id)):
            found.append(f"{catalogue.locale}: names in braces are missing: {message.id!r}")
    return found


def pot_path() -> Path:
    """Return where the template is, below the root."""
    return LOCALES / "voronka.pot"


def po_path(language: str) -> Path:
    """Return where a language's catalogue is, below the root."""
    return LOCALES / language / "LC_MESSAGES" / "voronka.po"


def main() -> None:
    """Write all catalogues and tell what is still to be translated."""
    marked = template()
    _write(pot_path(), in_text(marked))
    open_ends = []
    for language in LANGUAGES:
        catalogue = updated(language, marked)
        _write(po_path(language), in_text(catalogue))
        open_ends += problems(catalogue)
    print("\n".join(open_ends) or f"{len(list(_messages(marked)))} texts, all translated")


def _write(path: Path, text: str) -> None:
    target = ROOT / path
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists() or target.read_text() != text:
        target.write_text(text)


def _messages(catalogue: Catalog) -> Iterable[Message]:
    """Return the texts, without the header that catalogues keep under the empty text."""
    return [message for message in catalogue if message.id]


def _is_complete(message: Message, catalogue: Catalog) -> bool:
    forms = _forms(message.string)
    wanted = catalogue.num_plurals if message.pluralizable else 1
    return len(forms) == wanted and all(forms)


def _forms(text: str | Iterable[str] | None) -> list[str]:
    return [text] if isinstance(text, str) else list(text or ())


def _names(texts: Iterable[str]) -> set[str]:
    """Return the ``{names}`` in texts; a lone brace means itself, so such a text has none."""
    try:
        return {name for text in texts for _, name, _, _ in Formatter().parse(text) if name is not None}
    except ValueError:
        return set()


if __name__ == "__main__":
    main()
