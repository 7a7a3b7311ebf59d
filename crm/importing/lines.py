"""The physical lines of a file, block by block, in bounded memory and with a fingerprint of what was read."""

from __future__ import annotations

import codecs
import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from crm.importing import encoding as encodings

CHUNK_BYTES: Final = 131_072
# What stands for a byte that the encoding does not know, and the character no table needs.
BROKEN: Final = re.compile(r"[\x00\ud800-\udfff]")

_SURROGATE: Final = "\udcff"


@dataclass(frozen=True, slots=True)
class Block:
    """Some whole lines, without their ends.

    Attributes:
        first_line: number of the first line in the file, from 1.
        lines: the lines.
        has_quotes: a quotation mark stands somewhere in them.
        is_broken: a NUL or an undecodable byte stands somewhere in them.
    """

    first_line: int
    lines: list[str]
    has_quotes: bool
    is_broken: bool


@dataclass(frozen=True, slots=True)
class Overlong:
    """One line longer than the limit: it was skipped to its end, only its beginning is kept."""

    line: int
    excerpt: str


class LineBlocks:
    """An iterator over the lines of an open file, as blocks.

    Line ends may be LF, CR LF or CR, and a break inside a cell is always read as LF.  Undecodable bytes become lone
    surrogates and mark their block as broken.  Never holds more than one chunk and one line up to the limit.

    Attributes:
        encoding: what the text is read as; ``None`` until the first byte that is not ASCII.
        bytes_read: how far the file has been read.
    """

    def __init__(self, file: BinaryIO, *, encoding: str | None, skip: int, max_line: int) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self._decoder: codecs.IncrementalDecoder | None = None
        self._newlines = io.IncrementalNewlineDecoder(None, translate=True)
        self._skip = skip
        self._max_line = max_line
        self.encoding: str | None = None
        self.bytes_read = 0
        if encoding is not None:
            self._decide(encoding)

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the bytes read so far, in hexadecimal."""
        return self._digest.hexdigest()

    def __iter__(self) -> Iterator[Block | Overlong]:
        """Read the file from where it stands to its end."""
        line, carry, overlong = 1, "", False
        for text in self._texts():
            if overlong:
                _, newline, text = text.partition("\n")  # noqa: PLW2901 - the rest of the line too long
                if not newline:
                    continue
                overlong, line = False, line + 1
            body, newline, rest = text.rpartition("\n")
            if newline:
                for block in self._blocks(line, carry + body):
                    yield block
                    line += len(block.lines) if isinstance(block, Block) else 1
                carry = rest
            else:
                carry += rest
            if len(carry) > self._max_line:
                yield Overlong(line, carry[:200])
                carry, overlong = "", True
        if carry:
            yield from self._blocks(line, carry)

    def _blocks(self, first_line: int, text: str) -> Iterator[Block | Overlong]:
        lines = text.split("\n")
        has_quotes, is_broken = '"' in text, BROKEN.search(text) is not None
        if len(text) <= self._max_line or max(map(len, lines)) <= self._max_line:
            yield Block(first_line, lines, has_quotes, is_broken)
            return
        for number, line in enumerate(lines, start=first_line):
            if len(line) > self._max_line:
                yield Overlong(number, line[:200])
            else:
                yield Block(number, [line], has_quotes, is_broken)

    def _texts(self) -> Iterator[str]:
        while chunk := self._read():
            if self._decoder is None and not chunk.isascii():
                # Words enough to judge by, even where the first of them ends this chunk.
                chunk += self._read()
                self._decide(encodings.guess(chunk))
            yield self._newlines.decode(self._decode(chunk, final=False), final=False)
        yield self._newlines.decode(self._decode(b"", final=True), final=True)

    def _read(self) -> bytes:
        chunk = self._file.read(CHUNK_BYTES)
        self._digest.update(chunk)
        self.bytes_read += len(chunk)
        skipped = min(self._skip, len(chunk))
        self._skip -= skipped
        return chunk[skipped:]

    def _decide(self, encoding: str) -> None:
        self.encoding = encoding
        errors = "surrogatepass" if encoding.startswith("utf-16") else "surrogateescape"
        self._decoder = codecs.getincrementaldecoder(encoding)(errors)

    def _decode(self, chunk: bytes, *, final: bool) -> str:
        if self._decoder is None:
            return chunk.decode("ascii")
        try:
            return self._decoder.decode(chunk, final)
        except UnicodeDecodeError:
            # UTF-16 that ends in the middle of a character.
            return _SURROGATE
