"""The tables of publications: which version came after which, what was chosen for those inside, and where they stood before."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, PrimaryKeyConstraint, Table, Text

from db.metadata import metadata
from db.types import BigId, Json, Utc

publication = Table(
    "publication",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("funnel_id", ForeignKey("funnel.id"), nullable=False),
    Column("version_id", BigInteger, nullable=False),
    Column("before_id", BigInteger),  # the version that was published before
    Column("state_before", Text, nullable=False),  # that of the funnel
    Column("published_at", Utc, nullable=False),
    Column("published_by", BigInteger, nullable=False),
    Column("undone_at", Utc),
    Index("publication_funnel", "funnel_id", "id"),
)

publication_place = Table(
    "publication_place",
    metadata,
    Column("publication_id", BigInteger, nullable=False),
    Column("node", Integer, nullable=False),
    Column("choice", Text, nullable=False),  # follow | move | release | exit; who stays is not written down
    Column("target", Integer),  # the node that they are moved to
    Column("per_hour", Integer),
    Column("is_over", Boolean, nullable=False),  # a release that has let everybody go
    PrimaryKeyConstraint("publication_id", "node"),
    sqlite_with_rowid=False,
)

publication_run = Table(
    "publication_run",
    metadata,
    Column("run_id", BigInteger, nullable=False),
    Column(
        "fence", Integer, nullable=False
    ),  # that of the run once it was moved; lower steps were walked on ``version_id``
    Column("publication_id", BigInteger, nullable=False),
    Column("version_id", BigInteger, nullable=False),
    Column("before", Json),  # the run, its tokens and what they wait for; nothing once it can be undone no more
    PrimaryKeyConstraint("run_id", "fence"),
    Index("publication_run_publication", "publication_id"),
    sqlite_with_rowid=False,
)
