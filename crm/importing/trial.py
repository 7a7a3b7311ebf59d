"""A trial of an import: batches are taken back, so rows that repeat an id of an earlier batch are told by memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from crm.importing.answers import UNCHANGED, UPDATED, Answer
from crm.importing.rows import DealRow, LeadRow
from crm.importing.table import RowProblem


class Trial:
    """Remembers one number for each id of the file, and the rejected rows."""

    def __init__(self) -> None:
        self.problems: list[RowProblem] = []
        self._seen: dict[str, int] = {}

    def corrected(
        self, rows: Sequence[LeadRow | DealRow | RowProblem], answers: Sequence[Answer | None]
    ) -> list[Answer | None]:
        """Return the answers as they would be, had the earlier batches stayed."""
        corrected: list[Answer | None] = []
        before = dict(self._seen) if any(_id(row) in self._seen for row in rows) else {}
        for row, answer in zip(rows, answers, strict=True):
            external_id = _id(row)
            if external_id is None or answer is None or answer.code == "rejected":
                corrected.append(answer)
                continue
            content = hash(_content(row))
            if answer.code == "created" and external_id in before:
                corrected.append(UNCHANGED if before[external_id] == content else UPDATED)
            else:
                corrected.append(answer)
            self._seen[external_id] = content
        return corrected


def _id(row: LeadRow | DealRow | RowProblem) -> str | None:
    return None if isinstance(row, RowProblem) else row.external_id


def _content(row: LeadRow | DealRow | RowProblem) -> str:
    """Return what a row says, wherever it stands in the file."""
    return repr(row if isinstance(row, RowProblem) else replace(row, line=0, cells=()))
