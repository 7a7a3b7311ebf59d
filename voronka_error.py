"""The root of every error raised on purpose, importable from every package.

It stands outside the packages because ``engine`` and ``db`` import nothing of ours, and yet one ``except VoronkaError``
at an edge (a view, a command) must catch what both of them refuse.
"""

from __future__ import annotations


class VoronkaError(Exception):
    """Something was refused on purpose; the message says what, where, and what to do.

    ``code`` is stable and goes to API answers and ports; ids are kept as attributes of the subclasses.
    """

    code = "error"

    def __str__(self) -> str:
        """Return what the error says, a line per part."""
        return "\n".join(map(str, self.args))

    @property
    def message(self) -> str:
        """What to show a person: the error's own words, else the first line of its class's docstring."""
        return str(self) or (type(self).__doc__ or self.code).partition("\n")[0]
