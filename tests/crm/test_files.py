"""Files are kept by their content, piece by piece, and forgotten whole."""

import hashlib
import io
import tracemalloc

import pytest

from crm.errors import NotFoundError
from crm.files import PIECE, beginning_of, file_at_hand, forget_files, keep_file, safe_name
from crm.tables.files import stored_file, stored_piece
from db.database import Database
from tests.crm.importing.running import count


@pytest.fixture
def database(database_url):
    made = Database(database_url)
    yield made
    made.close()


def keep(database, data):
    with database.work() as work:
        return keep_file(work, io.BytesIO(data))


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 7])
def test_a_file_comes_back_as_it_was(database, size):
    data = bytes(number % 251 for number in range(1000)) * (size // 1000 + 1)
    kept = keep(database, data[:size])

    assert (kept.sha256, kept.bytes) == (hashlib.sha256(data[:size]).hexdigest(), size)
    with file_at_hand(database, kept.sha256, "table.csv") as path:
        assert (path.name, path.read_bytes()) == ("table.csv", data[:size])
    assert not path.exists()
    with database.reading() as work:
        assert beginning_of(work, kept.sha256) == data[: min(size, PIECE)]


def test_equal_files_are_kept_once_and_forgotten_whole(database):
    first, again, other = keep(database, b"a" * 2 * PIECE), keep(database, b"a" * 2 * PIECE), keep(database, b"b")

    assert first == again
    assert (count(database, stored_file), count(database, stored_piece)) == (2, 3)
    with database.work() as work:
        forget_files(work, [first.sha256])
    assert (count(database, stored_file), count(database, stored_piece)) == (1, 1)
    with pytest.raises(NotFoundError), file_at_hand(database, first.sha256, "a"):
        pass
    with file_at_hand(database, other.sha256, "b") as path:
        assert path.read_bytes() == b"b"


def test_keeping_and_reading_hold_a_few_pieces_in_memory(database, tmp_path):
    path = tmp_path / "large"
    with path.open("wb") as file:
        for number in range(32):
            file.write(bytes([number]) * PIECE)
    keep(database, b"warm")
    tracemalloc.start()
    try:
        with path.open("rb") as file, database.work() as work:
            kept = keep_file(work, file)
        with file_at_hand(database, kept.sha256, "large") as again:
            assert again.stat().st_size == 32 * PIECE
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 12 * PIECE


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("table.csv", "table.csv"),
        ("C:\\files\\Угоди.xlsx", "Угоди.xlsx"),
        ("../../etc/passwd", "passwd"),
        ("a\nb\x00.csv", "a_b_.csv"),
        ("..", "file"),
        ("", "file"),
        ("x" * 300 + ".csv", "x" * 110 + ".csv"),
    ],
)
def test_a_name_is_one_that_a_file_can_have(name, safe):
    assert safe_name(name) == safe
