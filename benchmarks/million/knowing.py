"""What search knows of copies: parts of words of the thousand that were copied, and of the ends by which copies are told apart.

The product reads a million records through in minutes.  Here the parts that all copies of a record share are made once, and those
of each end once for all records that end so; the database puts them together.  ``checking`` holds some against the product's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import psycopg

from benchmarks.copies import AT_ONCE, STRIDE, bare
from crm.searching.grams import beginnings, grams_of, wanted_grams
from engine.event import SUBJECT_CODES

LEAD, DEAL, CONTACT, PERSON = (SUBJECT_CODES[kind] for kind in ("lead", "deal", "contact", "person"))
_TEXTS: Final = (
    (LEAD, "select id, title_fold, name_fold, email, phone from lead where id < %s"),
    (
        DEAL,
        """select deal.id, deal.title_fold, concat_ws(' ', contact.name_fold, lead.name_fold), null, null from deal
        left join contact on contact.id = deal.contact_id left join lead on lead.id = deal.lead_id where deal.id < %s""",
    ),
    (CONTACT, "select id, name_fold, null, email, phone from contact where id < %s"),
    (
        PERSON,
        """select person_id, null, null, max(value) filter (where kind = 'email'), max(value) filter (where kind = 'phone')
        from person_identity where person_id < %s group by person_id""",
    ),
)
_REACHED: Final = {LEAD: 2, CONTACT: 1, PERSON: 0}
"""Of which sort phones and addresses are."""
_TABLES: Final = (
    "create temporary table shared (kind int2, id int8, grams int4[], title text, mail text, phone text)",
    "create temporary table ending (kind int2, what text, says text, k int, grams int4[])",
)
_TOGETHER: Final = f"""
insert into search_text (record_kind, record_id, grams)
select s.kind, s.id + n.k * {STRIDE}, s.grams || coalesce(t.grams, '{{}}') || coalesce(m.grams, '{{}}')
    || coalesce(f.grams, '{{}}') || coalesce(l.grams, '{{}}')
from shared s cross join generate_series(1, %s) n(k)
left join ending t on t.what = 'title' and t.kind = s.kind and t.says = s.title and t.k = n.k
left join ending m on m.what = 'mail' and m.kind = s.kind and m.says = s.mail and m.k = n.k
left join ending f on f.what = 'phone begins' and f.kind = s.kind and s.phone is not null and f.k = n.k
left join ending l on l.what = 'phone ends' and l.kind = s.kind and l.says = s.phone and l.k = n.k %% 100
"""


def know_copies(connection: psycopg.Connection[tuple[object, ...]], copies: int) -> None:
    """Let search know so many copies of each record, and the journal to its end."""
    for statement in _TABLES:
        connection.execute(statement)
    shared = [row for kind, query in _TEXTS for row in _shared(kind, connection.execute(query, (STRIDE,)).fetchall())]
    _fill(connection, "shared", shared)
    _fill(connection, "ending", _endings({(row[0], *row[3:]) for row in shared}, copies))
    connection.execute("analyze shared, ending")
    made_again = bare(connection, "search_text")
    connection.execute("set maintenance_work_mem = '512MB'; set work_mem = '128MB'")
    connection.execute(_TOGETHER, (copies,))
    connection.execute("vacuum analyze search_text")
    connection.execute(f"set max_parallel_maintenance_workers = {AT_ONCE}")
    for making in made_again:
        connection.execute(making)
    # The next event's id comes after those of all copies, and search is as far as that.
    connection.execute("update searched set event_id = %s", ((copies + 2) * STRIDE,))


Shared = tuple[int, int, str, str | None, str | None, str | None]


def _shared(kind: int, rows: Iterable[tuple[object, ...]]) -> Iterator[Shared]:
    """Yield the parts that all copies of a record have, and what their ends begin with."""
    for id_, title, name, mail, phone in rows:
        local, _, domain = str(mail or "").partition("@")
        whole = set(grams_of(kind, [str(title or "")], [str(name or "")]))
        whole |= _reached(kind, local) | _inside(kind, f"@{domain}")
        titled = str(title)[-2:] if title and kind in (LEAD, DEAL) else None
        yield kind, int(str(id_)), _array(whole), titled, local[-2:] or None, str(phone)[-3:] if phone else None


def _endings(
    ends: set[tuple[int, str | None, str | None, str | None]], copies: int
) -> Iterator[tuple[int, str, str, int, str]]:
    """Yield the parts of every end of copy number ``k``: the same as ``company`` writes by SQL."""
    for kind, title in sorted({(kind, title) for kind, title, _, _ in ends if title}):
        for k in range(1, copies + 1):
            yield kind, "title", title, k, _array(wanted_grams(kind, [f"{title}-{k}z"]))
    for kind, mail in sorted({(kind, mail) for kind, _, mail, _ in ends if mail}):
        for k in range(1, copies + 1):
            yield kind, "mail", mail, k, _array(_inside(kind, f"{mail}.{k}@ex"))
    phones = sorted({(kind, phone) for kind, _, _, phone in ends if phone})
    for kind in sorted({kind for kind, _ in phones}):
        for k in range(1, copies + 1):
            yield kind, "phone begins", "", k, _array(_reached(kind, f"+38050{k:04d}"))
    for kind, phone in phones:
        for k in range(100):
            yield kind, "phone ends", phone, k, _array(_inside(kind, f"{k:02d}{phone}"))


def _reached(kind: int, word: str) -> set[int]:
    """Return the parts of how a phone or an address begins."""
    return set(grams_of(kind, *([] for _ in range(_REACHED[kind])), [word])) if kind in _REACHED else set()


def _inside(kind: int, word: str) -> set[int]:
    """Return the parts inside a phone or an address."""
    return _reached(kind, word) - set(beginnings(kind, [word], _REACHED[kind])) if kind in _REACHED else set()


def _fill(connection: psycopg.Connection[tuple[object, ...]], table: str, rows: Iterable[tuple[object, ...]]) -> None:
    with connection.cursor().copy(f"copy {table} from stdin") as copy:
        for row in rows:
            copy.write_row(row)


def _array(grams: Iterable[int]) -> str:
    return "{" + ",".join(map(str, grams)) + "}"
