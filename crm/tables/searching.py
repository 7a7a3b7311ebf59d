"""What makes looking things up quick among a million records; kept behind the journal, and made anew from the records at will.

All of it is for PostgreSQL and stays empty on SQLite, which reads its records through.  No command writes them:
``crm.searching.keeping`` follows the journal.  ``docs/decisions/0024-search-follows-the-journal.md`` says why.
"""

from __future__ import annotations

from sqlalchemy import ARRAY, BigInteger, Column, Index, Integer, PrimaryKeyConstraint, SmallInteger, Table, Text

from db.metadata import metadata
from db.types import BigId, Utc

search_text = Table(
    "search_text",
    metadata,
    Column("record_kind", SmallInteger, nullable=False),
    Column("record_id", BigInteger, nullable=False),
    Column("grams", ARRAY(Integer).with_variant(Text(), "sqlite"), nullable=False),  # see ``crm.searching.grams``
    PrimaryKeyConstraint("record_kind", "record_id"),
    Index("search_text_grams", "grams", postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
)

deal_order = Table(
    "deal_order",
    metadata,
    Column("deal_id", BigId, primary_key=True),
    Column("plan_id", BigInteger, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("title", Text, nullable=False),  # the folded title's beginning
    Column("created_at", Utc, nullable=False),
    Column("closed_at", Utc),
    Column("next_due", Utc),  # of its open tasks
    Index("deal_order_amount", "plan_id", "amount", "deal_id"),
    Index("deal_order_title", "plan_id", "title", "deal_id"),
    Index("deal_order_created", "plan_id", "created_at", "deal_id"),
    Index("deal_order_closed", "plan_id", "closed_at", "deal_id"),
    Index("deal_order_due", "plan_id", "next_due", "deal_id"),
)

searched = Table(
    "searched",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),  # one row
    Column("event_id", BigInteger, nullable=False),  # all events up to this one have been followed
    Column("filling", SmallInteger),  # the kind of record that is read through; nothing once all were
    Column("filled_id", BigInteger, nullable=False),  # the last of them so far
)
