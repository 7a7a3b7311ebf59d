"""The same job on plain Dramatiq with an ORM session per block, as most applications are written.

`dramatiq benchmarks.peers.dramatiq_orm:setup` serves the blocks; `postgres_run` feeds and times them.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from sqlalchemy import BigInteger, DateTime, Sequence, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

from benchmarks.peers.postgres_job import OWNERS, PLAN, STAGE, TAG

SESSIONS = sessionmaker()


class Base(DeclarativeBase):
    """What all records share."""

    type_annotation_map = {int: BigInteger, datetime: DateTime(timezone=True)}  # noqa: RUF012  SQLAlchemy's own form


class Lead(Base):
    """Who may buy."""

    __tablename__ = "lead"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    source: Mapped[str]


class Walk(Base):
    """Where a lead is."""

    __tablename__ = "walk"
    id: Mapped[int] = mapped_column(primary_key=True)
    lead_id: Mapped[int]
    node: Mapped[str | None]
    deal_id: Mapped[int | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class Rotation(Base):
    """Whose turn it is."""

    __tablename__ = "rotation"
    plan_id: Mapped[int] = mapped_column(primary_key=True)
    turn: Mapped[int]


class Deal(Base):
    """What may be sold."""

    __tablename__ = "deal"
    id: Mapped[int] = mapped_column(Sequence("deal_id"), primary_key=True)
    plan_id: Mapped[int]
    stage_id: Mapped[int]
    lead_id: Mapped[int]
    owner_id: Mapped[int]
    title: Mapped[str]
    amount: Mapped[int]
    created_at: Mapped[datetime]


class Task(Base):
    """What is to be done."""

    __tablename__ = "task"
    id: Mapped[int] = mapped_column(Sequence("task_id"), primary_key=True)
    deal_id: Mapped[int]
    owner_id: Mapped[int]
    title: Mapped[str]
    due_at: Mapped[datetime]


class LeadTag(Base):
    """A tag on a lead."""

    __tablename__ = "lead_tag"
    lead_id: Mapped[int] = mapped_column(primary_key=True)
    tag_id: Mapped[int] = mapped_column(primary_key=True)


class Step(Base):
    """The way a lead went."""

    __tablename__ = "step"
    run_id: Mapped[int] = mapped_column(primary_key=True)
    visit: Mapped[int] = mapped_column(primary_key=True)
    path: Mapped[str]
    at: Mapped[datetime]


class Event(Base):
    """What happened."""

    __tablename__ = "event"
    id: Mapped[int] = mapped_column(Sequence("event_id"), primary_key=True)
    kind: Mapped[int]
    lead_id: Mapped[int]
    deal_id: Mapped[int | None]
    run_id: Mapped[int]
    at: Mapped[datetime]
    data: Mapped[str]


def setup() -> None:
    """Make the broker of this process; addresses come from the environment."""
    engine = create_engine(os.environ["PEER_DATABASE"].replace("postgresql:", "postgresql+psycopg:", 1), pool_size=16)
    SESSIONS.configure(bind=engine)
    serve_on(RedisBroker(url=os.environ["PEER_REDIS_URL"], namespace=os.environ["PEER_NAMESPACE"]))  # type: ignore[no-untyped-call]


def serve_on(broker: RedisBroker) -> None:
    """Make `broker` the process's own and bind the blocks to it."""
    dramatiq.set_broker(broker)
    for block in (check_source, open_deal, create_task, add_tag, finish):
        dramatiq.actor(broker=broker, actor_name=block.__name__)(_actor(block))


def send(block: str, walk: int) -> None:
    """Send `walk` to a block."""
    broker = dramatiq.get_broker()
    broker.enqueue(broker.get_actor(block).message(walk))


Block = Callable[[Session, Walk], str | None]


def _actor(block: Block) -> Callable[[int], None]:
    def do(walk_id: int) -> None:
        with SESSIONS.begin() as session:
            walk = session.get_one(Walk, walk_id, with_for_update=True)
            if walk.node == block.__name__:
                walk.node = block(session, walk)
            following = walk.node
        if following is not None:
            send(following, walk_id)

    return do


def check_source(session: Session, walk: Walk) -> str:
    """Let leads from advertising and from the site on; others finish at once."""
    walk.started_at = _now()
    return "open_deal" if session.get_one(Lead, walk.lead_id).source in ("ads", "site") else "finish"


def open_deal(session: Session, walk: Walk) -> str:
    """Open a deal for the manager whose turn it is."""
    lead = session.get_one(Lead, walk.lead_id)
    rotation = session.get_one(Rotation, PLAN, with_for_update=True)
    rotation.turn += 1
    owner = OWNERS[rotation.turn % len(OWNERS)]
    deal = Deal(
        plan_id=PLAN,
        stage_id=STAGE,
        lead_id=lead.id,
        owner_id=owner,
        title=f"Deal: {lead.name}",
        amount=1000,
        created_at=_now(),
    )
    session.add(deal)
    session.flush()
    walk.deal_id = deal.id
    _record(session, 1, walk, '{"stage":10}')
    _record(session, 2, walk, f'{{"owner":{owner},"candidates":[1,2,3,4]}}')
    return "create_task"


def create_task(session: Session, walk: Walk) -> str:
    """Give the deal's manager a task for tomorrow."""
    deal = session.get_one(Deal, walk.deal_id)
    task = Task(deal_id=deal.id, owner_id=deal.owner_id, title="Call", due_at=_now() + timedelta(days=1))
    session.add(task)
    session.flush()
    _record(session, 3, walk, f'{{"task":{task.id}}}')
    return "add_tag"


def add_tag(session: Session, walk: Walk) -> str:
    """Tag the lead."""
    session.add(LeadTag(lead_id=walk.lead_id, tag_id=TAG))
    _record(session, 4, walk, '{"tag":7}')
    return "finish"


def finish(session: Session, walk: Walk) -> None:
    """End the walk and keep its path."""
    walk.finished_at = _now()
    path = "c:no e:done" if walk.deal_id is None else "c:yes p:next t:next g:next e:done"
    session.add(Step(run_id=walk.id, visit=1, path=path, at=_now()))


def _record(session: Session, kind: int, walk: Walk, data: str) -> None:
    session.add(Event(kind=kind, lead_id=walk.lead_id, deal_id=walk.deal_id, run_id=walk.id, at=_now(), data=data))


def _now() -> datetime:
    return datetime.now(UTC)
