"""The settings file: ``voronka.toml`` in the working directory, or what ``VORONKA_CONFIG`` names."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any, Final

from engine.text import _l
from voronka_error import VoronkaError

USUAL_NAME: Final = "voronka.toml"


class SettingsError(VoronkaError):
    """A setting that cannot be read or cannot be; the message names it and what would do."""

    code = "settings"


def file_path() -> Path | None:
    """Return the settings file in use, ``None`` where there is none.

    Raises:
        SettingsError: ``VORONKA_CONFIG`` names a file that is not there, or a folder stands in its place.
    """
    named = os.environ.get("VORONKA_CONFIG")
    path = Path(named or USUAL_NAME)
    if path.is_dir():
        raise SettingsError(_l("{path} is a folder, and a settings file is expected there", path=path))
    if path.is_file():
        return path
    if named:
        raise SettingsError(_l("VORONKA_CONFIG: there is no file {path}", path=named))
    return None


def file_values(path: Path) -> dict[str, Any]:
    """Return what a settings file says.

    Raises:
        SettingsError: it cannot be opened or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(_l("{path}: {problem}", path=path, problem=error.strerror or error)) from error
    except UnicodeDecodeError as error:
        raise SettingsError(_l("{path} is not UTF-8 text: save it anew", path=path)) from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(_l("{path} is no TOML file: {problem}", path=path, problem=str(error))) from error
