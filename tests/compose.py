"""The production form as ``docker-compose.yml`` says it: its services, with what the environment gives filled in."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[1]
COMPOSE = YAML(typ="safe").load(ROOT / "docker-compose.yml")
OURS = ("migrate", "web", "worker", "scheduler")
_INNERMOST = re.compile(r"\$\{(\w+)(?::([-?])([^${}]*))?\}")


@dataclass(frozen=True, slots=True)
class Service:
    """One of our services: the words after the program's name, its environment, and how many run."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    replicas: int


def services(given: Mapping[str, str]) -> dict[str, Service]:
    """Return our services in the order of the file; ``given`` is what ``.env`` would say."""
    return {
        name: Service(
            name,
            tuple(one["command"]),
            {key: filled(str(value), given) for key, value in one["environment"].items()},
            one.get("deploy", {}).get("replicas", 1),
        )
        for name, one in COMPOSE["services"].items()
        if name in OURS
    }


def filled(text: str, given: Mapping[str, str]) -> str:
    """Return a text of the file with ``${NAME}``, ``${NAME:-default}`` and ``${NAME:?needed}`` replaced, as Compose does.

    Raises:
        KeyError: a variable that must be set is not.
    """

    def value(found: re.Match[str]) -> str:
        name, kind, rest = found.groups()
        if given.get(name):
            return given[name]
        if kind == "?":
            raise KeyError(f"{name}: {rest}")
        return rest or ""

    while (after := _INNERMOST.sub(value, text)) != text:
        text = after
    return text


def program() -> list[str]:
    """Return the entry point of the image."""
    [line] = re.findall(r"^ENTRYPOINT (.+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    words: Any = json.loads(line)
    return list(words)
