"""Limits: never more than was allowed, wherever it is counted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from fakeredis import FakeAsyncRedis, FakeServer
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

from chassis.errors import RateLimited
from chassis.identity.limits import Limit, MemoryLimiter, RedisLimiter

LOGIN = Limit(3, 60)


@pytest.fixture
def server() -> FakeServer:
    """Keeps what Redis would, runs its scripts, and can be unplugged."""
    return FakeServer()


@pytest.fixture
async def redis(server: FakeServer) -> AsyncIterator[Redis]:
    client = FakeAsyncRedis(server=server)
    yield client
    await client.aclose()


@pytest.fixture(params=["memory", "redis"])
def limiter(request: pytest.FixtureRequest) -> MemoryLimiter | RedisLimiter:
    return MemoryLimiter() if request.param == "memory" else RedisLimiter(request.getfixturevalue("redis"))


async def test_as_often_as_allowed_and_not_once_more(limiter: MemoryLimiter | RedisLimiter) -> None:
    verdicts = [await limiter.take("ip:1", LOGIN) for _ in range(5)]

    assert [verdict.allowed for verdict in verdicts] == [True, True, True, False, False]
    assert [verdict.remaining for verdict in verdicts] == [2, 1, 0, 0, 0]
    assert all(verdict.limit == 3 and 59 < verdict.reset_s <= 60 for verdict in verdicts)


async def test_keys_are_counted_apart(limiter: MemoryLimiter | RedisLimiter) -> None:
    for _ in range(3):
        await limiter.take("ip:1", LOGIN)

    assert (await limiter.take("ip:2", LOGIN)).allowed


async def test_the_window_moves_on(limiter: MemoryLimiter | RedisLimiter) -> None:
    short = Limit(2, 0.2)
    assert [(await limiter.take("k", short)).allowed for _ in range(3)] == [True, True, False]
    refused = await limiter.take("k", short)
    # Its own words are put to the test: that long, and then it is allowed.
    await asyncio.sleep(refused.reset_s + 0.01)
    assert (await limiter.take("k", short)).allowed


async def test_many_at_once_get_no_more_than_the_limit(limiter: MemoryLimiter | RedisLimiter) -> None:
    verdicts = await asyncio.gather(*(limiter.take("k", Limit(10, 60)) for _ in range(30)))

    assert sum(verdict.allowed for verdict in verdicts) == 10


async def test_two_replicas_share_one_count(redis: Redis) -> None:
    first, second = RedisLimiter(redis), RedisLimiter(redis)

    allowed = [(await limiter.take("k", LOGIN)).allowed for limiter in (first, second, first, second)]

    assert allowed == [True, True, True, False]
    assert 59_000 < await redis.pttl("limit:k") <= 60_000


async def test_without_redis_each_process_counts_by_itself_and_asks_again_later(
    server: FakeServer, redis: Redis
) -> None:
    ticks = [0.0]
    limiter = RedisLimiter(redis, clock=lambda: ticks[0])
    server.connected = False

    verdicts = [await limiter.take("k", LOGIN) for _ in range(4)]
    assert [verdict.allowed for verdict in verdicts] == [True, True, True, False]

    server.connected = True
    assert not (await limiter.take("k", LOGIN)).allowed
    ticks[0] += 1
    # From here on the server counts, and it has counted nothing yet.
    assert (await limiter.take("k", LOGIN)).remaining == 2


async def test_a_redis_that_is_not_there_holds_nobody_up() -> None:
    limiter = RedisLimiter.at("redis://127.0.0.1:9")

    async with asyncio.timeout(1):
        verdicts = [await limiter.take("k", LOGIN) for _ in range(4)]

    assert [verdict.allowed for verdict in verdicts] == [True, True, True, False]
    await limiter.close()


async def test_a_refusal_tells_the_client_when_to_come_back() -> None:
    ticks = [0.0]
    limiter = MemoryLimiter(clock=lambda: ticks[0])
    (await limiter.take("k", Limit(1, 60))).require()
    ticks[0] += 12.5

    with pytest.raises(RateLimited) as refusal:
        (await limiter.take("k", Limit(1, 60))).require()

    assert refusal.value.headers == {
        "Retry-After": "48",
        "X-RateLimit-Limit": "1",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": "48",
    }


async def test_memory_is_bounded() -> None:
    limiter = MemoryLimiter(most_keys=10)
    for number in range(1000):
        await limiter.take(str(number), LOGIN)

    assert len(limiter._taken) == 10


def test_a_limit_lets_something_through() -> None:
    for count, per_seconds in ((0, 1), (-1, 1), (1, 0)):
        with pytest.raises(ValueError, match="lets something through"):
            Limit(count, per_seconds)


@given(st.lists(st.floats(0, 20), min_size=1, max_size=60), st.integers(1, 5))
async def test_no_window_ever_holds_more_than_the_limit(pauses: list[float], count: int) -> None:
    ticks = [0.0]
    limiter = MemoryLimiter(clock=lambda: ticks[0])
    limit = Limit(count, 30)
    taken: list[float] = []
    for pause in pauses:
        ticks[0] += pause
        verdict = await limiter.take("k", limit)
        within = [moment for moment in taken if moment > ticks[0] - 30]
        assert verdict.allowed == (len(within) < count)
        if verdict.allowed:
            taken.append(ticks[0])
