"""Settings: from ``VORONKA_*`` in the environment, else from the settings file, else as shipped.

``docs/command-line.md`` lists them.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from engine.setting_errors import problem_of
from engine.text import _l
from voronka.settings_file import SettingsError, file_path, file_values

DATABASE_NAME = "voronka.db"


def _no_yes_or_no(value: object) -> object:
    """Refuse ``true`` where pydantic would take it for 1."""
    if isinstance(value, bool):
        raise ValueError(_l("a number is expected"))
    return value


Number = BeforeValidator(_no_yes_or_no)


class Settings(BaseSettings):
    """What an installation is told.  Paths are relative to the working directory."""

    model_config = SettingsConfigDict(env_prefix="VORONKA_", env_ignore_empty=True, extra="forbid", frozen=True)

    data_dir: Path = Path("var")
    """Where the embedded database and what belongs to it lie."""
    database_url: str | None = None
    """``sqlite:///file`` or ``postgresql://…``; without it ``voronka.db`` in the data folder."""
    demo: bool = False
    """Whether the sample company's database is meant, ``demo/voronka.db`` in the data folder."""
    redis_url: str | None = None
    """Only the distributed form needs it."""
    host: str = "127.0.0.1"
    port: Annotated[int, Number, Field(ge=0, le=65535)] = 8000
    """0 takes a free one."""
    public_url: str | None = None
    """How the world reaches the pages, as ``https://crm.example.com``; for links in e-mails, and for secure cookies."""
    trusted_proxies: Annotated[int, Field(ge=0, le=10)] = 0
    """How many proxies of our own stand before the pages; their word on who asks is then believed."""
    threads: Annotated[int, Number, Field(ge=1, le=64)] = 4
    """How many batches a worker does at once; a process of ``voronka web`` answers twice as many requests."""
    processes: Annotated[int, Number, Field(ge=1, le=64)] = 2
    """How many processes ``voronka web`` starts."""
    language: Literal["en", "ru", "uk"] | None = None
    """What the command line speaks; without it the language of the system's locale."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "pretty", "json"] = "auto"
    """``auto`` is pretty in a terminal and JSON elsewhere."""
    allow_private_http: bool = False
    """Whether HTTP requests of funnels may go into the installation's own network."""
    keep_messages: Annotated[int, Number, Field(ge=0, le=36500)] = 90
    """For how many days messages stay in the outbox that left or failed; 0 is for ever."""
    keep_steps: Annotated[int, Number, Field(ge=0, le=36500)] = 365
    """For how many days the ways of runs that are over stay; 0 is for ever."""
    secret_key: SecretStr | None = None
    """Signs what browsers keep."""
    metrics_token: SecretStr | None = None
    """What ``/metrics`` asks for as a bearer token; without it there are no metrics."""
    clock_shift: Annotated[timedelta, Number] = timedelta(0)
    """Added to every reading of the clock, in seconds; for tests only."""

    @property
    def database(self) -> str:
        """The address of the database."""
        return self.database_url or f"sqlite:///{self.embedded_path}"

    @property
    def embedded_path(self) -> Path:
        """The file of the embedded database, absolute."""
        folder = self.data_dir / "demo" if self.demo else self.data_dir
        return (folder / DATABASE_NAME).absolute()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  the signature is the library's
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read what is given, then the environment, then the file."""
        path = file_path()
        stored = InitSettingsSource(settings_cls, init_kwargs=file_values(path) if path else {})
        return init_settings, env_settings, stored


def read_settings(**given: Any) -> Settings:
    """Return the settings; what is given wins.

    Raises:
        SettingsError: names each wrong setting and what would do.
    """
    try:
        return Settings(**given)
    except ValidationError as error:
        lines = [_l("{name}: {problem}", name=_name(one["loc"]), problem=problem_of(one)[1]) for one in error.errors()]
        raise SettingsError(*lines) from None


def _name(location: tuple[int | str, ...]) -> str:
    """Return how a setting is written in the environment, and so in the error."""
    first, *rest = (str(part) for part in location) if location else ("",)
    known = f"VORONKA_{first.upper()}" if first in Settings.model_fields else first
    return ".".join([known, *rest])
