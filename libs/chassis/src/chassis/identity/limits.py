"""How often something may be done: never more than ``count`` times in any ``per_seconds`` (GTW-13, PLT-27).

Counted by the moving window of the library ``limits``, in memory or in Redis; there its own scripts, joined to one, so
that whatever a request counts for takes one round trip.
"""

from __future__ import annotations

import math
import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import structlog
from limits import RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage
from limits.aio.storage.redis.bridge import RedisBridge
from limits.aio.strategies import MovingWindowRateLimiter

from chassis.errors import RateLimited
from chassis.observe.metrics import RATE_LIMIT_DECISIONS

if TYPE_CHECKING:
    from redis.asyncio import ConnectionPool

log = structlog.get_logger()

_ALLOWED = RATE_LIMIT_DECISIONS.labels("allowed")
_REFUSED = RATE_LIMIT_DECISIONS.labels("refused")


@dataclass(frozen=True, slots=True)
class Limit:
    """``count`` times in any ``per_seconds``."""

    count: int
    per_seconds: int

    def __post_init__(self) -> None:
        if self.count < 1 or self.per_seconds < 1:
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


Wanted = Sequence[tuple[str, Limit]]
"""Keys with their limits, the first to refuse first."""


class Limiter(Protocol):
    """Counts by key. Never raises for a store that is away."""

    async def take(self, key: str, limit: Limit) -> Verdict:
        """Do it once more, if allowed; what is refused is not counted."""
        ...

    async def take_each(self, wanted: Wanted) -> list[Verdict]:
        """The same for each key in turn, up to the first that refuses: what comes after that is not counted."""
        ...


class MemoryLimiter:
    """Counts in this process. Satisfies ``Limiter``.

    Remembers at most ``most_keys``; above that the keys known longest are forgotten, so memory stays bounded however
    many addresses knock.
    """

    def __init__(self, *, most_keys: int = 100_000) -> None:
        self._window = MovingWindowRateLimiter(_Memory(most_keys))

    async def take(self, key: str, limit: Limit) -> Verdict:
        """Do it once more, if allowed."""
        item = RateLimitItemPerSecond(limit.count, limit.per_seconds)
        allowed = await self._window.hit(item, key)
        stats = await self._window.get_window_stats(item, key)
        return _verdict(allowed, limit, stats.remaining, stats.reset_time - time.time())

    async def take_each(self, wanted: Wanted) -> list[Verdict]:
        """The same for each key in turn, up to the first that refuses."""
        verdicts = []
        for key, limit in wanted:
            verdicts.append(await self.take(key, limit))
            if not verdicts[-1].allowed:
                break
        return verdicts


# The library's scripts, each the body of a function: they read their KEYS and ARGV, return, and leave nothing behind.
_SCRIPT = f"""
local function acquire(KEYS, ARGV)
{RedisBridge.SCRIPT_ACQUIRE_MOVING_WINDOW.decode()}
end
local function window(KEYS, ARGV)
{RedisBridge.SCRIPT_MOVING_WINDOW.decode()}
end
local now, told = ARGV[1], {{}}
for i, key in ipairs(KEYS) do
    local limit, seconds = ARGV[2 * i], ARGV[2 * i + 1]
    local allowed = acquire({{key}}, {{now, limit, seconds, 1}})
    local oldest, taken = unpack(window({{key}}, {{now - seconds, limit}}) or {{now, 0}})
    told[i] = {{allowed and 1 or 0, oldest, taken}}
    if not allowed then
        break
    end
end
return told
"""


class RedisLimiter:
    """Counts in Redis, shared by all replicas, whose clocks must agree. Satisfies ``Limiter``.

    While Redis is away this process counts by itself, and asks Redis again after ``retry_after_s`` (PLT-27), told by
    ``clock`` in seconds.
    """

    def __init__(
        self,
        pool: ConnectionPool,
        *,
        fallback: Limiter | None = None,
        retry_after_s: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        from redis.asyncio import Redis
        from redis.exceptions import RedisError

        self._pool = pool
        self._script = Redis(connection_pool=pool).register_script(_SCRIPT)
        self._failures = (RedisError, OSError)
        self._fallback = fallback or MemoryLimiter()
        self._retry_after_s = retry_after_s
        self._clock = clock
        self._away_until = float("-inf")

    @classmethod
    def at(cls, url: str, *, timeout_s: float = 0.25) -> RedisLimiter:
        """Connect to the Redis at ``url`` when first asked; it has ``timeout_s`` to answer, and no second try."""
        # 0.1 s to import: only where there is a Redis.
        from redis.asyncio import ConnectionPool
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff

        return cls(
            ConnectionPool.from_url(
                url, socket_timeout=timeout_s, socket_connect_timeout=timeout_s, retry=Retry(NoBackoff(), 0)
            )
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._pool.aclose()

    async def take(self, key: str, limit: Limit) -> Verdict:
        """Do it once more, if allowed; counted here when Redis does not answer."""
        [verdict] = await self.take_each([(key, limit)])
        return verdict

    async def take_each(self, wanted: Wanted) -> list[Verdict]:
        """The same for each key in turn, up to the first that refuses, in one round trip."""
        if self._clock() < self._away_until:
            return await self._fallback.take_each(wanted)
        now = time.time()
        keys = [f"limit:{key}/{limit.count}/{limit.per_seconds}" for key, limit in wanted]
        numbers = [number for _, limit in wanted for number in (limit.count, limit.per_seconds)]
        try:
            told = await self._script(keys, [now, *numbers])
        except self._failures as failure:
            self._away_until = self._clock() + self._retry_after_s
            log.warning("ratelimit.redis_away", reason=type(failure).__name__)
            return await self._fallback.take_each(wanted)
        return [
            _verdict(bool(allowed), limit, limit.count - taken, float(oldest) + limit.per_seconds - now)
            for (allowed, oldest, taken), (_, limit) in zip(told, wanted, strict=False)
        ]


class _Memory(MemoryStorage):
    """The library's, bounded, and without its sweep: that takes a thread's turn for every key there is, again and
    again while anybody asks, which costs most of a core from a hundred keys on.
    """

    def __init__(self, most_keys: int) -> None:
        super().__init__()
        self._most_keys = most_keys
        # To the library this is a sweep that has not ended yet.
        self.timer = Future()  # type: ignore[assignment]

    async def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        if key not in self.events and len(self.events) >= self._most_keys:
            await self.clear(next(iter(self.events)))
        acquired = await super().acquire_entry(key, limit, expiry, amount)
        del self.events[key][limit:]
        return acquired

    async def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        # The library leaves out here what it counts above: an entry at the very end of the window.
        now = time.time()
        events = self.events.get(key, [])
        inside = bisect_right(events, expiry - now, key=lambda entry: -entry.atime)
        return (events[inside - 1].atime, inside) if inside else (now, 0)


def _verdict(allowed: bool, limit: Limit, remaining: int, reset_s: float) -> Verdict:
    (_ALLOWED if allowed else _REFUSED).inc()
    # Redis rounds the times that it keeps.
    return Verdict(allowed, limit.count, max(0, remaining), min(max(0.0, reset_s), limit.per_seconds))
