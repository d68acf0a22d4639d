"""The bad network: each fault does what it says, to the direction and the share of connections it says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from chassis.testing.proxy import Proxy, Toxic

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Echo:
    """A server that sends back what it gets."""

    def __init__(self) -> None:
        self.received = b""
        self.connections = 0
        self.ended = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while data := await reader.read(65536):
                self.received += data
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            self.ended.set()
            writer.close()


@pytest_asyncio.fixture(loop_scope="session")
async def echo() -> AsyncIterator[tuple[Echo, int]]:
    handler = Echo()
    server = await asyncio.start_server(handler.serve, "127.0.0.1", 0)
    yield handler, server.sockets[0].getsockname()[1]
    server.close()


@pytest_asyncio.fixture(loop_scope="session")
async def proxy(echo: tuple[Echo, int]) -> AsyncIterator[Proxy]:
    created = Proxy("127.0.0.1", echo[1], seed=1)
    await created.start()
    yield created
    await created.stop()


async def _connect(proxy: Proxy) -> Streams:
    return await asyncio.open_connection("127.0.0.1", proxy.port)


async def _round_trip(streams: Streams, data: bytes = b"hello", timeout_s: float = 5) -> float:
    """Seconds until everything came back."""
    reader, writer = streams
    started = asyncio.get_running_loop().time()
    writer.write(data)
    async with asyncio.timeout(timeout_s):
        assert await reader.readexactly(len(data)) == data
    return asyncio.get_running_loop().time() - started


async def test_without_faults_bytes_pass_both_ways(proxy: Proxy) -> None:
    streams = await _connect(proxy)
    await _round_trip(streams, bytes(range(256)) * 5000)
    streams[1].write_eof()
    assert await streams[0].read() == b""
    streams[1].close()


@pytest.mark.parametrize("stream", ["upstream", "downstream"])
async def test_latency_delays_but_does_not_narrow(proxy: Proxy, stream: Any) -> None:
    streams = await _connect(proxy)
    proxy.add(Toxic("latency", stream, attributes={"latency": 200, "jitter": 50}))
    for _ in range(3):
        assert 0.14 <= await _round_trip(streams) < 0.5
    assert await _round_trip(streams, b"x" * 3_000_000) < 2
    proxy.remove(f"latency_{stream}")
    assert await _round_trip(streams) < 0.14
    streams[1].close()


async def test_bandwidth_limits_the_rate(proxy: Proxy) -> None:
    streams = await _connect(proxy)
    proxy.add(Toxic("bandwidth", attributes={"rate": 100}))
    assert 0.4 <= await _round_trip(streams, b"x" * 50 * 1024) < 1.5
    streams[1].close()


async def test_a_slicer_cuts_into_small_pieces(proxy: Proxy) -> None:
    reader, writer = await _connect(proxy)
    proxy.add(Toxic("slicer", attributes={"average_size": 10, "size_variation": 5, "delay": 2000}))
    writer.write(b"x" * 100)
    pieces: list[int] = []
    async with asyncio.timeout(5):
        while sum(pieces) < 100:
            pieces.append(len(await reader.read(1000)))
    assert len(pieces) >= 5
    assert max(pieces) < 60
    writer.close()


async def test_a_black_hole_swallows_one_direction_and_keeps_the_connection(
    proxy: Proxy, echo: tuple[Echo, int]
) -> None:
    streams = await _connect(proxy)
    await _round_trip(streams)
    proxy.add(Toxic("timeout", "upstream"))
    with pytest.raises(TimeoutError):
        await _round_trip(streams, b"lost", timeout_s=0.3)
    assert echo[0].received == b"hello"
    proxy.remove("timeout_upstream")
    await _round_trip(streams)
    assert echo[0].received == b"hellohello"
    streams[1].close()


async def test_a_timeout_closes_after_its_time(proxy: Proxy) -> None:
    reader, writer = await _connect(proxy)
    await _round_trip((reader, writer))
    proxy.add(Toxic("timeout", attributes={"timeout": 150}))
    started = asyncio.get_running_loop().time()
    assert await asyncio.wait_for(reader.read(), timeout=5) == b""
    assert 0.14 <= asyncio.get_running_loop().time() - started < 1
    writer.close()


async def test_reset_peer_resets(proxy: Proxy) -> None:
    reader, writer = await _connect(proxy)
    await _round_trip((reader, writer))
    proxy.add(Toxic("reset_peer", attributes={"timeout": 50}))
    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(reader.read(), timeout=5)
    writer.close()


async def test_limit_data_ends_the_connection_after_so_many_bytes(proxy: Proxy) -> None:
    reader, writer = await _connect(proxy)
    proxy.add(Toxic("limit_data", attributes={"bytes": 100}))
    writer.write(b"x" * 1000)
    assert await asyncio.wait_for(reader.read(), timeout=5) == b"x" * 100
    writer.close()


async def test_slow_close_delays_the_end(proxy: Proxy, echo: tuple[Echo, int]) -> None:
    reader, writer = await _connect(proxy)
    await _round_trip((reader, writer))
    proxy.add(Toxic("slow_close", "upstream", attributes={"delay": 200}))
    started = asyncio.get_running_loop().time()
    writer.write_eof()
    await asyncio.wait_for(echo[0].ended.wait(), timeout=5)
    assert 0.18 <= asyncio.get_running_loop().time() - started < 1
    assert await reader.read() == b""
    writer.close()


async def test_down_refuses_and_closes_until_it_is_up_again_on_the_same_port(proxy: Proxy) -> None:
    reader, writer = await _connect(proxy)
    await _round_trip((reader, writer))
    port = proxy.port
    await proxy.disable()
    assert not proxy.enabled
    assert await asyncio.wait_for(reader.read(), timeout=5) == b""
    with pytest.raises(OSError):
        await _connect(proxy)
    await proxy.enable()
    assert proxy.port == port
    streams = await _connect(proxy)
    await _round_trip(streams)
    streams[1].close()
    writer.close()


async def test_toxicity_is_a_share_of_the_connections_that_a_seed_repeats(echo: tuple[Echo, int]) -> None:
    async def hit(seed: int) -> list[bool]:
        proxy = Proxy("127.0.0.1", echo[1], seed=seed)
        await proxy.start()
        proxy.add(Toxic("latency", toxicity=0.5, attributes={"latency": 60}))
        hits = []
        for _ in range(12):
            streams = await _connect(proxy)
            hits.append(await _round_trip(streams) >= 0.055)
            streams[1].close()
        await proxy.stop()
        return hits

    first = await hit(7)
    assert 1 <= sum(first) <= 11
    assert await hit(7) == first


async def test_a_server_that_is_away_is_a_closed_connection() -> None:
    proxy = Proxy("127.0.0.1", 1)
    await proxy.start()
    reader, writer = await _connect(proxy)
    assert await asyncio.wait_for(reader.read(), timeout=5) == b""
    writer.close()
    await proxy.stop()


def test_what_is_no_fault_is_refused() -> None:
    with pytest.raises(ValueError, match="gremlin"):
        Toxic("gremlin")
    with pytest.raises(ValueError, match="speed"):
        Toxic("bandwidth", attributes={"speed": 1})
    with pytest.raises(ValueError, match="sideways"):
        Toxic("latency", "sideways")  # type: ignore[arg-type]
    proxy = Proxy("127.0.0.1", 1)
    proxy.add(Toxic("latency"))
    with pytest.raises(ValueError, match="already"):
        proxy.add(Toxic("latency"))
    with pytest.raises(KeyError):
        proxy.remove("nothing")
