"""How often something may be done: never more than ``count`` times in any ``per_seconds`` (GTW-13, PLT-27)."""

from __future__ import annotations

import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from chassis.errors import RateLimited
from chassis.observe.metrics import RATE_LIMIT_DECISIONS

log = structlog.get_logger()

_ALLOWED = RATE_LIMIT_DECISIONS.labels("allowed")
_REFUSED = RATE_LIMIT_DECISIONS.labels("refused")


@dataclass(frozen=True, slots=True)
class Limit:
    """``count`` times in any ``per_seconds``."""

    count: int
    per_seconds: float

    def __post_init__(self) -> None:
        if self.count < 1 or self.per_seconds <= 0:
            raise ValueError("a limit lets something through")


@dataclass(frozen=True, slots=True)
class Verdict:
    """``remaining`` more are possible now; ``reset_s`` seconds from now one more is."""

    allowed: bool
    limit: int
    remaining: int
    reset_s: float

    def headers(self) -> dict[str, str]:
        """What GTW-22 tells the client; the reset is in whole seconds from now, rounded up."""
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(math.ceil(self.reset_s)),
        }

    def require(self) -> None:
        """Raise ``RateLimited`` unless allowed."""
        if not self.allowed:
            raise RateLimited(
                f"Too many requests. Try again in {max(1, math.ceil(self.reset_s))} s.",
                retry_after_s=self.reset_s,
                headers=self.headers(),
            )


class Limiter(Protocol):
    """Counts by key."""

    async def take(self, key: str, limit: Limit) -> Verdict:
        """Do it once more, if allowed; what is refused is not counted. Never raises for a store that is away."""
        ...


class MemoryLimiter:
    """Counts in this process. Satisfies ``Limiter``.

    Remembers at most ``most_keys``; above that the keys idle longest are forgotten, so memory stays bounded however
    many addresses knock.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic, most_keys: int = 100_000) -> None:
        self._clock = clock
        self._most_keys = most_keys
        self._taken: OrderedDict[str, deque[float]] = OrderedDict()

    async def take(self, key: str, limit: Limit) -> Verdict:
        """Do it once more, if allowed."""
        now = self._clock()
        taken = self._taken.get(key)
        if taken is None:
            taken = self._taken[key] = deque()
            if len(self._taken) > self._most_keys:
                self._taken.popitem(last=False)
        else:
            self._taken.move_to_end(key)
        since = now - limit.per_seconds
        while taken and taken[0] <= since:
            taken.popleft()
        allowed = len(taken) < limit.count
        if allowed:
            taken.append(now)
        return _verdict(allowed, limit, len(taken), taken[0] + limit.per_seconds - now)


# Redis' own clock decides, so replicas need not agree on the time. A counter makes members unique within one
# microsecond. Answer: whether allowed, how many are taken, microseconds until the oldest leaves the window.
_SCRIPT = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local window = tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
local taken = redis.call('ZCARD', KEYS[1])
local allowed = 0
if taken < tonumber(ARGV[1]) then
  local newest = redis.call('ZRANGE', KEYS[1], -1, -1)[1]
  local turn = newest and tonumber(string.match(newest, '%d+$')) + 1 or 0
  redis.call('ZADD', KEYS[1], now, string.format('%.0f-%09d', now, turn % 1000000000))
  redis.call('PEXPIRE', KEYS[1], math.ceil(window / 1000))
  taken = taken + 1
  allowed = 1
end
local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
return {allowed, taken, oldest + window - now}
"""


class RedisLimiter:
    """Counts in Redis, shared by all replicas. Satisfies ``Limiter``.

    While Redis is away this process counts by itself, and asks Redis again after ``retry_after_s`` (PLT-27).
    """

    def __init__(
        self,
        redis: Redis,
        *,
        prefix: str = "limit:",
        fallback: Limiter | None = None,
        retry_after_s: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._script = redis.register_script(_SCRIPT)
        self._redis = redis
        self._prefix = prefix
        self._fallback = fallback or MemoryLimiter()
        self._retry_after_s = retry_after_s
        self._clock = clock
        self._away_until = float("-inf")

    @classmethod
    def at(cls, url: str, *, timeout_s: float = 0.25, clock: Callable[[], float] = time.monotonic) -> RedisLimiter:
        """Connect to the Redis at ``url`` when first asked; it has ``timeout_s`` to answer, and no second try."""
        return cls(
            Redis.from_url(
                url, socket_timeout=timeout_s, socket_connect_timeout=timeout_s, retry=Retry(NoBackoff(), 0)
            ),
            clock=clock,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()

    async def take(self, key: str, limit: Limit) -> Verdict:
        """Do it once more, if allowed; counted here when Redis does not answer."""
        if self._clock() < self._away_until:
            return await self._fallback.take(key, limit)
        try:
            allowed, taken, wait = await self._script(
                keys=[self._prefix + key], args=[limit.count, int(limit.per_seconds * 1_000_000)]
            )
        except (RedisError, OSError, TimeoutError) as failure:
            self._away_until = self._clock() + self._retry_after_s
            log.warning("ratelimit.redis_away", reason=type(failure).__name__)
            return await self._fallback.take(key, limit)
        return _verdict(bool(allowed), limit, int(taken), float(wait) / 1_000_000)


def _verdict(allowed: bool, limit: Limit, taken: int, reset_s: float) -> Verdict:
    (_ALLOWED if allowed else _REFUSED).inc()
    return Verdict(allowed, limit.count, max(0, limit.count - taken), max(0.0, reset_s))
