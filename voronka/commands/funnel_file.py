"""Funnel files that commands are given: read, and what is wrong said line by line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from engine.text import _l
from voronka.terminal import REFUSED, complain, said, warn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.document import FunnelDocument
    from engine.publish_problem import PublishProblem
    from engine.robot import StageRobots


def read_named(path: Path) -> FunnelDocument | StageRobots:
    """Read a file; every wrong place is said in a line of its own, and then it is refused."""
    from funnels.file_errors import FunnelFileError
    from funnels.reading import read_file

    try:
        return read_file(path)
    except FunnelFileError as error:
        for place in error.places:
            where = f"{path}:{place.line}:{place.column}" if place.line is not None else str(path)
            complain(f"{where}: {said(place.message)}")
    except FileNotFoundError:
        problem = said(_l("There is no such file: check the path"))
        complain(f"{path}: {problem}")
    except IsADirectoryError:
        problem = said(_l("This is a folder: name the file inside it"))
        complain(f"{path}: {problem}")
    except OSError as error:
        complain(f"{path}: {error.strerror}")
    raise typer.Exit(REFUSED)


def documents_of(found: FunnelDocument | StageRobots) -> Sequence[FunnelDocument]:
    """Return the funnels that a file stands for: itself, or what a stage's robots compile to."""
    from blocks.catalogue import block_type
    from engine.document import FunnelDocument
    from funnels.robots import compile_robots

    return (found,) if isinstance(found, FunnelDocument) else compile_robots(found, block_type)


def names_file(what: str) -> bool:
    """Tell whether an argument names a file rather than a funnel's key."""
    path = Path(what)
    return path.suffix in {".yaml", ".yml"} or path.exists()


@contextmanager
def said_where_unpublishable() -> Iterator[None]:
    """Say each problem in a line of its own where a funnel cannot be published, and refuse."""
    from funnels.errors import NotPublishableError

    try:
        yield
    except NotPublishableError as error:
        for one in error.problems:
            show_problem(one)
        complain(said(_l("{key} cannot be published, and nothing was changed", key=error.key)))
        raise typer.Exit(REFUSED) from None


def plain_problem(problem: PublishProblem) -> dict[str, object]:
    """Return a problem for programs: fixes are what they are called and what they change."""
    return {
        "severity": problem.severity,
        "code": problem.code,
        "node": problem.node,
        "field": problem.field,
        "message": said(problem.message),
        "funnels": [key for key, _ in problem.funnels],
        "fixes": [
            {"title": said(fix.title), "changes": [change.plain() for change in fix.changes]} for fix in problem.fixes
        ],
    }


def show_problem(problem: PublishProblem) -> None:
    """Say a problem in a line, with its node and setting."""
    where = ".".join(part for part in (problem.node, problem.field) if part is not None)
    text = f"{where}: {said(problem.message)}" if where else said(problem.message)
    if problem.severity == "error":
        complain(text)
    else:
        warn(text)
