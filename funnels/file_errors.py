"""What reading a funnel file refuses."""

from __future__ import annotations

from dataclasses import dataclass

from engine.text import LazyText, _l
from voronka_error import VoronkaError


@dataclass(frozen=True, slots=True)
class FilePlace:
    """One thing wrong in a file: where (line and column count from 1, ``None`` where the file as a whole is meant), and what."""

    line: int | None
    column: int | None
    message: LazyText

    @property
    def text(self) -> LazyText:
        """The place and what is wrong there, marked for translation."""
        if self.line is None:
            return self.message
        return _l("line {line}, column {column}: {problem}", line=self.line, column=self.column, problem=self.message)

    def __str__(self) -> str:
        """Return a line for a terminal."""
        return str(self.text)


class FunnelFileError(VoronkaError):
    """A file that cannot be read as a funnel; ``places`` says where and what to do, in the order of the file."""

    code = "funnel_file_invalid"

    def __init__(self, places: tuple[FilePlace, ...]) -> None:
        super().__init__(*(place.text for place in places))
        self.places = places

    def shifted(self, lines: int) -> FunnelFileError:
        """Return the same error of a text that stood so many lines further down."""
        return FunnelFileError(
            tuple(
                FilePlace(one.line + lines if one.line is not None else None, one.column, one.message)
                for one in self.places
            )
        )

    @classmethod
    def at(cls, message: LazyText, line: int | None = None, column: int | None = None) -> FunnelFileError:
        """Return the error for one place."""
        return cls((FilePlace(line, column, message),))
