"""Funnel files that people bring: read, checked and named line by line, kept as drafts, published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from blocks.catalogue import block_type
from crm.access.actor import Actor, Viewer
from crm.directory import directory
from db.work import Work
from engine.document import FunnelDocument
from engine.publish_problem import PublishProblem
from engine.robot import StageRobots
from funnels.file_errors import FunnelFileError
from funnels.known import Installation
from funnels.plain_yaml import PlainFile, load
from funnels.publication.publishing import problems, publish, save_draft
from funnels.reading import decoded, read_any, write
from funnels.retiring import left_over, retire
from funnels.robots import check_robots, compile_robots
from funnels.seeing import find_funnel


@dataclass(frozen=True, slots=True)
class FileProblem:
    """One thing wrong in a file: its line (from 1; ``None``: the file as a whole), the node and setting it is about, and what."""

    severity: str
    line: int | None
    node: str
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """What a file is: its funnels (more than one for a stage's robots), and what is wrong with it.

    ``text`` is what was read.  ``documents`` is empty where it cannot be read.  Without errors it ``is_publishable``.
    ``retired`` are the funnels of robots that the stage has and the file has not: publishing lets nobody into them any more.
    """

    text: str
    name: str
    documents: tuple[FunnelDocument, ...]
    problems: tuple[FileProblem, ...]
    is_robots: bool = False
    retired: tuple[str, ...] = ()

    @property
    def is_publishable(self) -> bool:
        """True where nothing stops publishing."""
        return bool(self.documents or self.retired) and all(one.severity != "error" for one in self.problems)


def check_file(work: Work, content: bytes | str, *, by: Actor) -> CheckedFile:
    """Read a file, YAML or JSON, and check it as publishing would.  Changes nothing; what is wrong is answered, not raised.

    Raises:
        NotAllowedError: he may not edit funnels.
    """
    by.require("funnels.edit")
    text = content if isinstance(content, str) else content.decode("utf-8", "replace")
    try:
        text = decoded(content) if isinstance(content, bytes) else content
        found = read_any(text)
    except FunnelFileError as error:
        return CheckedFile(
            text, "", (), tuple(FileProblem("error", one.line, "", "", one.message) for one in error.places)
        )
    plain = load(text)
    if isinstance(found, StageRobots):
        wrong = check_robots(found, block_type, Installation(directory(work)))
        places = _places(plain, "robots", [robot.id for robot in found.robots], wrong)
        return CheckedFile(
            text,
            f"{found.plan} / {found.stage}",
            compile_robots(found, block_type),
            places,
            is_robots=True,
            retired=left_over(work, found),
        )
    places = _places(plain, "nodes", [node.id for node in found.nodes], problems(work, found))
    return CheckedFile(text, found.name, (found,), places)


def keep_file(work: Work, checked: CheckedFile, *, publishes: bool, by: Actor) -> list[tuple[str, int]]:
    """Keep the funnels of a file as drafts, and publish them; all or none.  Returns key and version (0: a draft) of each.

    Publishing also retires the robots that the file no longer has.

    Raises:
        NotAllowedError: he may not edit, or not publish.
        NotPublishableError: the checks found errors; nothing changed.
    """
    for document in checked.documents:
        save_draft(work, document, by=by)
    if not publishes:
        return [(document.key, 0) for document in checked.documents]
    if checked.retired:
        retire(work, checked.retired, by=by)
    return [(document.key, publish(work, document.key, by=by)) for document in checked.documents]


def file_of(work: Work, key: str, *, viewer: Viewer) -> str:
    """Return a funnel's draft as a file.

    Raises:
        NotFoundError: there is no such funnel.
        NotAllowedError: the viewer has nothing to do with funnels.
    """
    return write(FunnelDocument.model_validate(find_funnel(work, key, viewer).draft))


def _places(
    plain: PlainFile, parts: str, ids: Sequence[str], found: Sequence[PublishProblem]
) -> tuple[FileProblem, ...]:
    """Return what the checks found, each with the line of its node and setting."""
    return tuple(
        FileProblem(one.severity, _line(plain, parts, ids, one), one.node or "", one.field or "", one.message)
        for one in found
    )


def _line(plain: PlainFile, parts: str, ids: Sequence[str], problem: PublishProblem) -> int | None:
    if problem.node not in ids:
        return None
    steps = [int(part) if part.isdigit() else part for part in (problem.field or "").split(".") if part]
    at: tuple[int | str, ...] = (parts, ids.index(problem.node))
    line = plain.place(at)[0]
    inside = plain.place((*at, *steps))[0]
    return inside if inside != line or not steps else plain.place((*at, "config", *steps))[0]
