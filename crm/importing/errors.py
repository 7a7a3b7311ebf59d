"""What an import refuses as a whole: a file that is not a table, a map that does not fit."""

from __future__ import annotations

from pathlib import Path

from engine.text import LazyText, _l
from voronka_error import VoronkaError


class ImportFileError(VoronkaError):
    """A file that cannot be read as a table; the message says why and what to do."""

    code = "import_file_unreadable"

    def __init__(self, path: Path, reason: LazyText) -> None:
        super().__init__(_l("{path}: {problem}", path=path, problem=reason))
        self.path = path
        self.reason = reason


class MappingError(VoronkaError):
    """A map that is not one, or does not fit the file; the message names the column and what to do."""

    code = "import_map_invalid"

    def __init__(self, reason: LazyText) -> None:
        super().__init__(reason)
        self.reason = reason


class ImportRunningError(VoronkaError):
    """Another process imports the same file at this moment."""

    code = "import_running"

    def __init__(self) -> None:
        super().__init__(_l("another process is importing this file now: let it finish"))


class FileChangedError(VoronkaError):
    """The file was written to while it was read."""

    code = "import_file_changed"

    def __init__(self, path: Path) -> None:
        super().__init__(
            _l("{path} was changed while it was imported: make sure that it is whole, and repeat", path=path)
        )
        self.path = path
