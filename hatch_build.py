"""The build step that turns translations into the form programs read.

Runs for a wheel, for an editable install, and from ``make`` when a translation changed.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent


class CatalogueHook(BuildHookInterface):  # type: ignore[type-arg]  # the configuration type is of no use here
    """Compile the catalogues before the files of a package are gathered."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile what is out of date, whatever is being built."""
        compile_catalogues(Path(self.root) / "voronka" / "locales")


def compile_catalogues(locales: Path) -> list[Path]:
    """Write a ``.mo`` beside each ``.po`` that is newer, and return those written.

    Safe beside other processes doing the same: a reader sees the old file or the new one.
    """
    written = []
    for source in sorted(locales.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        with source.open("rb") as file:
            catalogue = read_po(file, locale=source.parts[-3])
        draft = target.with_suffix(f".{os.getpid()}.tmp")
        with draft.open("wb") as file:
            write_mo(file, catalogue)
        draft.replace(target)
        written.append(target)
    return written


if __name__ == "__main__":
    compile_catalogues(ROOT / "voronka" / "locales")
