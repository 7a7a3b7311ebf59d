"""Write a sheet of a workbook out as CSV.  A program of its own, run by ``crm.importing.excel``: it may be ended at any limit.

    python -I unfold_sheet.py WORKBOOK TARGET [SHEET]

The workbook is read by calamine, which lays a sheet out as a full rectangle: two cells at its far corners would take
half a terabyte.  So this process sets itself limits of memory, time and size of file, and imports nothing of ours.
Answers with one line of JSON: ``sheets`` (names in order), ``sheet`` (the one taken), ``rows``; or ``error``: a code.
"""

from __future__ import annotations

import csv
import errno
import json
import sys
from datetime import date, datetime, time, timedelta
from typing import Final

from python_calamine import CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

_MEMORY: Final = 2 << 30
_SECONDS: Final = 120
_FILE: Final = 1 << 30


def _limit() -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limits
        return
    for kind, most in (
        (resource.RLIMIT_AS, _MEMORY),
        (resource.RLIMIT_CPU, _SECONDS),
        (resource.RLIMIT_FSIZE, _FILE),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _text(value: object) -> str:
    """Return a cell as a person would type it: ISO dates, a decimal point, whole numbers without one."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        whole, _, rest = f"{value:.9f}".partition(".")
        rest = rest.rstrip("0")
        if len(rest) == 3:  # three decimals alone could be a thousand
            rest += "0"
        return f"{whole}.{rest}" if rest else whole
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    # A row stays on one line, so that its line is its number in the sheet; the reader makes line ends of these again.
    return str(value).replace("\r\n", "\v").replace("\n", "\v").replace("\r", "\v")


def _unfold(source: str, target: str, wanted: str | None) -> dict[str, object]:
    book = CalamineWorkbook.from_path(source)
    tables = [one for one in book.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet]
    shown = [one.name for one in tables if one.visible == SheetVisibleEnum.Visible]
    names = shown or [one.name for one in tables]
    if not names:
        return {"error": "no_sheet"}
    name = wanted if wanted in names else names[0]
    rows = 0
    with open(target, "w", encoding="utf-8", newline="") as file:  # noqa: PTH123  a path as the caller gave it
        # A mark tells the reader that it is UTF-8 even where the first rows hold nothing but ASCII.
        file.write("\ufeff")
        writer = csv.writer(file, lineterminator="\n")
        for row in book.get_sheet_by_name(name).iter_rows():
            cells = [_text(value) for value in row]
            writer.writerow(cells) if any(cells) else file.write("\n")
            rows += any(cells)
    return {"sheets": names, "sheet": name, "rows": rows}


def main(arguments: list[str]) -> None:
    """Do it, and say what came of it."""
    _limit()
    source, target, *rest = arguments
    try:
        answer = _unfold(source, target, rest[0] if rest else None)
    except PasswordError:
        answer = {"error": "password"}
    except MemoryError:
        answer = {"error": "too_large"}
    except OSError as error:
        answer = {"error": {errno.ENOSPC: "no_room", errno.EFBIG: "too_large"}.get(error.errno or 0, "broken")}
    except Exception:  # noqa: BLE001  whatever is wrong inside a workbook: it cannot be read
        answer = {"error": "broken"}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1:])
