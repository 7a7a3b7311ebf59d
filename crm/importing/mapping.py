"""The map of an import: which column goes where, and how its cells are written.

Written by people as YAML or JSON, or proposed by `crm.importing.proposal`::

    kind: deals
    zone: Europe/Kyiv
    columns:
      opportunity_id: external_id
      product: {to: product.name, values: {GTXPro: GTX Pro}}
      close_date: {to: closed_at, date: m/d/yyyy}
      8: amount
    constants:
      currency: USD

Columns are named as in the heading or counted from 1.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from crm.importing.errors import MappingError
from crm.importing.moments import is_layout
from crm.importing.table import Column
from crm.importing.targets import MOMENTS, NUMBERS, REPEATABLE, TARGETS, Kind, full_target
from crm.importing.values import DecimalMark
from crm.nouns import noun
from engine.setting_errors import problem_of
from engine.text import LazyText, _l

_MOST_BYTES: Final = 1_000_000


class ColumnMap(BaseModel):
    """Where one column goes.

    Attributes:
        column: its name, or its position from 1.
        to: the target; ``lead.`` or ``deal.`` may be left out.
        values: replaces cells that are exactly this (then: but for case) by another text.
        date: how its dates are written, like ``m/d/yyyy``; see `crm.importing.moments.parse_moment`.
        decimal: its decimal mark.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: int | str
    to: str
    values: dict[str, str] = Field(default_factory=dict)
    date: str | None = None
    decimal: DecimalMark | None = None

    @field_validator("values", mode="before")
    @classmethod
    def _as_words(cls, values: object) -> object:
        return {str(k): str(v) for k, v in values.items()} if isinstance(values, dict) else values

    @field_validator("date")
    @classmethod
    def _known_layout(cls, date: str | None) -> str | None:
        if date is not None and not is_layout(date):
            raise ValueError(_l("“{date}” is no date layout: write iso, or one like d.m.yyyy or m/d/yyyy", date=date))
        return date


class Mapping(BaseModel):
    """The whole map.

    Attributes:
        kind: what the rows are.
        columns: where the columns go; one column may go to several places.
        constants: targets that every row gets, where no column gives a value.
        tags: what every record is tagged with, besides what columns tell.
        empty: cells that mean nothing, like ``NULL`` or ``n/a``; compared exactly.
        region: country of phones without a country code, two letters.
        zone: IANA name of the zone of times without an offset.
        decimal: decimal mark of all figures, unless a column tells its own.
        bad_contacts: a phone or address that cannot be one rejects its row, or is kept as a comment.
        header: whether the first row names the columns; judged by its cells when not told.
        encoding: told when the guess is wrong.
        separator: told when the guess is wrong.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind
    columns: tuple[ColumnMap, ...]
    constants: dict[str, str] = Field(default_factory=dict)
    tags: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    region: str | None = Field(default=None, pattern="^[A-Za-z]{2}$")
    zone: str = "UTC"
    decimal: DecimalMark | None = None
    bad_contacts: Literal["reject", "comment"] = "reject"
    header: bool | None = None
    encoding: str | None = None
    separator: str | None = None

    @field_validator("columns", mode="before")
    @classmethod
    def _from_short_form(cls, columns: object) -> object:
        """Read ``{name: target}`` and ``{name: {to: target, ...}}`` besides the list of whole entries."""
        if not isinstance(columns, dict):
            return columns
        return [
            {"column": column, **part} if isinstance(part, dict) else {"column": column, "to": part}
            for column, parts in columns.items()
            for part in (parts if isinstance(parts, list) else [parts])
        ]

    @field_validator("constants", mode="before")
    @classmethod
    def _as_words(cls, constants: object) -> object:
        return {str(k): str(v) for k, v in constants.items()} if isinstance(constants, dict) else constants

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError):
            raise ValueError(_l("there is no time zone “{zone}”: write one like Europe/Kyiv", zone=zone)) from None
        return zone

    @model_validator(mode="after")
    def _full_targets(self) -> Self:
        seen: dict[str, int | str] = {}
        columns = []
        for entry in self.columns:
            where = _l("column “{column}”", column=entry.column)
            target = self._target(entry.to, where)
            if target in seen and target not in REPEATABLE:
                raise ValueError(
                    _l("{where}: “{other}” goes to {target} already; keep one of them",
                       where=where, other=seen[target], target=target)
                )  # fmt: skip
            if entry.date is not None and target not in MOMENTS:
                raise ValueError(_l("{where}: {target} is no date; leave out `date`", where=where, target=target))
            if entry.decimal is not None and target not in NUMBERS:
                raise ValueError(_l("{where}: {target} is no figure; leave out `decimal`", where=where, target=target))
            seen[target] = entry.column
            columns.append(entry.model_copy(update={"to": target}))
        if not columns:
            raise ValueError(_l("no column goes anywhere; name at least one under `columns`"))
        object.__setattr__(self, "columns", tuple(columns))
        constants = {
            self._target(name, _l("constant “{name}”", name=name)): value for name, value in self.constants.items()
        }
        object.__setattr__(self, "constants", constants)
        return self

    def _target(self, name: str, where: LazyText) -> str:
        target = full_target(self.kind, name)
        if target is None:
            short = [path.removeprefix(self.kind.removesuffix("s") + ".") for path in sorted(TARGETS[self.kind])]
            near = difflib.get_close_matches(name, short, n=1) or ["field." + name.rpartition(".")[2]]
            raise ValueError(
                _l("{where}: {kind} have no “{name}”; did you mean “{near}”? Known: {known}",
                   where=where, kind=noun(self.kind), name=name, near=near[0], known=", ".join(short))
            )  # fmt: skip
        return target

    def positions(self, columns: Sequence[Column]) -> tuple[int, ...]:
        """Return, for each entry of ``columns`` in order, the index from 0 of its cell in a row of this table.

        Raises:
            MappingError: the table has no such column.
        """
        by_name = {column.name.casefold(): column.position - 1 for column in columns}
        found = []
        for entry in self.columns:
            name = " ".join(str(entry.column).split())
            at = by_name.get(name.casefold()) if isinstance(entry.column, str) else None
            # JSON knows no figures as keys, so "8" counts too.
            if at is None and name.isdecimal():
                at = int(name) - 1
                if not 0 <= at < len(columns):
                    raise MappingError(
                        _l("The map names column {number}, the file has {count}", number=name, count=len(columns))
                    )
            if at is None:
                raise MappingError(_missing(name, columns))
            found.append(at)
        return tuple(found)

    def unmapped(self, columns: Sequence[Column]) -> tuple[Column, ...]:
        """Return the columns of a table that go nowhere, in order."""
        used = set(self.positions(columns))
        return tuple(column for column in columns if column.position - 1 not in used)


def load_mapping(path: Path, *, kind: Kind) -> Mapping:
    """Read a map from a YAML or JSON file; ``kind`` may be left out of it, but must not differ.

    Raises:
        MappingError: unreadable, or not a map; the message names the place and what to do.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        reason = _l("The map {path} cannot be read: {error}", path=path, error=error.strerror or error)
        raise MappingError(reason) from error
    if len(data) > _MOST_BYTES:
        raise MappingError(
            _l("The map {path} is larger than {limit} bytes: is it the data?", path=path, limit=_MOST_BYTES)
        )
    document = _parsed(path, data)
    if not isinstance(document, dict):
        raise MappingError(_l("The map {path} must have `columns:` at its top level", path=path))
    if document.setdefault("kind", kind) != kind:
        told = document["kind"]
        raise MappingError(
            _l(
                "The map {path} is for {told}, this is an import of {kind}",
                path=path,
                told=noun(str(told)),
                kind=noun(kind),
            )
        )
    try:
        return Mapping.model_validate(document)
    except ValidationError as error:
        problems, *others = (_said(problem) for problem in error.errors())
        for other in others:
            problems = _l("{one}; {other}", one=problems, other=other)
        raise MappingError(_l("The map {path}: {problems}", path=path, problems=problems)) from None


def dump_mapping(mapping: Mapping) -> str:
    """Return a map as JSON text that `load_mapping` reads back, for a person to correct."""
    document = mapping.model_dump(exclude_defaults=True, mode="json")
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _parsed(path: Path, data: bytes) -> Any:
    try:
        text = data.decode("utf-8-sig")
        yaml = YAML(typ="safe", pure=True)
        for event in yaml.parse(text):
            if getattr(event, "anchor", None) or ((tag := getattr(event, "tag", None)) and str(tag) != "!"):
                raise MappingError(
                    _l("The map {path}: anchors, aliases and tags are not read; write it out", path=path)
                )
        return YAML(typ="safe", pure=True).load(text)
    except UnicodeDecodeError:
        raise MappingError(_l("The map {path} is not UTF-8 text: save it anew", path=path)) from None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise MappingError(
            _l(
                "The map {path} is neither YAML nor JSON: line {line}, column {column}: {problem}",
                path=path,
                line=mark.line + 1,
                column=mark.column + 1,
                problem=error.problem or error.context,
            )
        ) from None
    except (YAMLError, RecursionError, ValueError) as error:
        raise MappingError(
            _l("The map {path} is neither YAML nor JSON: {error}", path=path, error=_line(error))
        ) from None


def _line(error: Exception) -> str:
    return " ".join(str(error).split())


def _said(error: ErrorDetails) -> LazyText:
    place, problem = ".".join(map(str, error["loc"])), problem_of(error)[1]
    return _l("{where}: {problem}", where=place, problem=problem) if place else problem


def _missing(name: str, columns: Sequence[Column]) -> LazyText:
    names = [column.name for column in columns]
    near = difflib.get_close_matches(name, names, n=1)
    if near:
        return _l("The file has no column “{name}”; did you mean “{near}”?", name=name, near=near[0])
    return _l("The file has no column “{name}”; it has: {names}", name=name, names=", ".join(names[:30]))
