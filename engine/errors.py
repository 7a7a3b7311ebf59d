"""What the engine refuses: documents that cannot be read, and walks that cannot go on."""

from __future__ import annotations

from voronka_error import VoronkaError


class DocumentError(VoronkaError):
    """A funnel document that cannot be read; the message says where."""

    code = "document_invalid"


class UnknownBlockError(DocumentError):
    """A node names a block type that is not in the catalogue."""

    code = "block_unknown"

    def __init__(self, node: str, type_: str) -> None:
        super().__init__(f"node {node!r}: there is no block {type_!r}; see `voronka funnel blocks` for the catalogue")
        self.node = node
        self.type = type_
