"""The commands of ``voronka``, a file per group; ``COMMANDS`` names them in the order of the help.

Each has ``register(app)``, which adds its commands.  Every call of ``voronka`` imports all of them, so at the top they import
``typer``, the standard library, ``engine.text`` and ``voronka.terminal`` only; what a command needs it imports when it runs.
"""

from __future__ import annotations

from typing import Final

COMMANDS: Final = (
    "demonstrating",
    "boards",
    "serving",
    "importing",
    "funnels",
    "runs",
    "mass",
    "users",
    "plans",
    "migrating",
    "doctoring",
    "backing_up",
)
