"""What reading a funnel file refuses."""

from __future__ import annotations

from dataclasses import dataclass

from engine.text import LazyText
from voronka_error import VoronkaError


@dataclass(frozen=True, slots=True)
class FilePlace:
    """One thing wrong in a file: where (line and column count from 1, ``None`` where the file as a whole is meant), and what."""

    line: int | None
    column: int | None
    message: LazyText

    def __str__(self) -> str:
        """Return a line for a terminal."""
        if self.line is None:
            return str(self.message)
        return f"line {self.line}, column {self.column}: {self.message}"


class FunnelFileError(VoronkaError):
    """A file that cannot be read as a funnel; ``places`` says where and what to do, in the order of the file."""

    code = "funnel_file_invalid"

    def __init__(self, places: tuple[FilePlace, ...]) -> None:
        super().__init__("\n".join(map(str, places)))
        self.places = places

    @classmethod
    def at(cls, message: LazyText, line: int | None = None, column: int | None = None) -> FunnelFileError:
        """Return the error for one place."""
        return cls((FilePlace(line, column, message),))
