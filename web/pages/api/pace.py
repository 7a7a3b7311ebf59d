"""How fast a program may call: counted here, and told to the other processes from time to time.

A question to Redis for every call would cost more than many a call does.  So each process counts its own calls, and adds them to
what all share once it has a fiftieth of what is allowed, and at least four times a second.  With several processes a program may
so get a few calls in a hundred more than its limit.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import redis
import structlog
from limits import RateLimitItem, parse_many

log = structlog.get_logger(__name__)

_SHARE: Final = 50
_EVERY: Final = 0.25
_WITHOUT_REDIS: Final = 10.0
"""Seconds after which a Redis that did not answer is asked again; meanwhile each process goes by its own count."""
_MOST_CALLERS: Final = 10_000


@dataclass(slots=True)
class _Counted:
    """The calls of one caller in one window: those that all processes have told, and ours since."""

    window: int
    told: int = 0
    own: int = 0
    told_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Room:
    """What is left to a caller: the limit, how many calls more, and the seconds until it begins anew."""

    limit: int
    left: int
    seconds: int
    is_over: bool


class Pace:
    """Counts the calls of a program by windows of time that are the same to all processes."""

    def __init__(self, redis_url: str | None) -> None:
        self._redis = redis.Redis.from_url(redis_url, socket_connect_timeout=1, socket_timeout=1) if redis_url else None
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, str], _Counted] = {}
        self._asks_again_at = 0.0

    def count(self, who: str, limits: str) -> Room:
        """Count a call, and return what is left: of several limits, that which leaves least."""
        rooms = [self._count(who, one) for one in _parsed(limits)]
        return min(rooms, key=lambda room: (not room.is_over, room.left))

    def _count(self, who: str, limit: RateLimitItem) -> Room:
        now, period = time.time(), limit.get_expiry()
        window = int(now // period)
        name = (who, str(limit))
        with self._lock:
            counted = self._counts.get(name)
            if counted is None or counted.window != window:
                if len(self._counts) >= _MOST_CALLERS:
                    self._counts.clear()
                counted = self._counts[name] = _Counted(window)
            is_over = counted.told + counted.own >= limit.amount
            new = 0
            if not is_over:
                counted.own += 1
                if self._redis is not None and now >= self._asks_again_at:
                    is_due = counted.own >= max(1, limit.amount // _SHARE) or now - counted.told_at >= _EVERY
                    new, counted.told_at = (counted.own, now) if is_due else (0, counted.told_at)
                    counted.own -= new
                    counted.told += new
        if new:
            self._tell(name, counted, new, period)
        left = max(0, limit.amount - counted.told - counted.own)
        return Room(limit.amount, left, max(1, int((window + 1) * period - now) + 1), is_over)

    def _tell(self, name: tuple[str, str], counted: _Counted, new: int, period: int) -> None:
        """Add our calls to what all share, and hear how many there are."""
        assert self._redis is not None
        key = f"voronka:pace:{name[0]}:{name[1]}:{counted.window}"
        try:
            with self._redis.pipeline(transaction=False) as pipeline:
                pipeline.incrby(key, new)
                pipeline.expire(key, period + 1)
                told = int(pipeline.execute()[0])
        except redis.RedisError as error:
            self._asks_again_at = time.time() + _WITHOUT_REDIS
            log.warning("pace_not_told", error=type(error).__name__)
            return
        with self._lock:
            counted.told = max(counted.told, told)


@lru_cache(maxsize=20)
def _parsed(limits: str) -> tuple[RateLimitItem, ...]:
    return tuple(parse_many(limits))
