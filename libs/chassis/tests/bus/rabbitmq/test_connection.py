"""Connecting: to servers that speak something else or nothing, over TLS, and to a broker that is short of memory."""

from __future__ import annotations

import asyncio
import datetime
import gc
import logging
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
import uvloop
from aio_pika.exceptions import CONNECTION_EXCEPTIONS, ChannelNotFoundEntity
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pamqp import commands
from pamqp import frame as codec

from chassis.bus.messages import EVENTS
from chassis.bus.port import Binding, PublishFailed, QueueSpec
from chassis.bus.rabbitmq.bus import RabbitMQBus
from chassis.bus.rabbitmq.connection import BrokerAway, connect
from chassis.bus.rabbitmq.publisher import Publisher
from chassis.run.private_rabbitmq import Broker
from chassis.testing.proxy import Proxy, Toxic
from chassis.testing.rabbitmq import RabbitMQBuses

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def _server(serve: Serve, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@pytest_asyncio.fixture(loop_scope="session")
async def proxy(rabbitmq: Broker) -> AsyncIterator[Proxy]:
    """Between a bus and the broker; what a test writes into it comes from the broker."""
    parts = urlsplit(rabbitmq.url)
    created = Proxy(parts.hostname or "", parts.port or 0)
    await created.start()
    yield created
    await created.stop()


def _through(proxy: Proxy, rabbitmq: Broker) -> str:
    parts = urlsplit(rabbitmq.url)
    return parts._replace(netloc=f"{parts.username}:{parts.password}@127.0.0.1:{proxy.port}").geturl()


def _say(proxy: Proxy, data: bytes) -> None:
    for link in proxy.links:
        link._writers[0].write(data)


async def test_a_server_that_speaks_something_else_is_refused_at_once() -> None:
    async def web(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(8)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    async with _server(web) as port:
        started = time.monotonic()
        with pytest.raises(BrokerAway):
            await connect(f"amqp://127.0.0.1:{port}/")
        assert time.monotonic() - started < 1


async def test_a_server_that_says_nothing_costs_the_time_out() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with _server(silent) as port:
        started = time.monotonic()
        with pytest.raises(BrokerAway):
            await connect(f"amqp://127.0.0.1:{port}/", timeout_s=0.3)
        assert time.monotonic() - started < 1


@pytest.mark.broker
@pytest.mark.parametrize(
    "garbage",
    [
        b"\x01\x00\x01\x00\x00\x00\x04\x00\x14\x00\x0bX",
        b"\x01\x00\x63\x00\x00\x00\x04\x00\x14\x00\x0b\xce",
        b"\x01\x00\x00\x00\x00\x00\x04\x00\x63\x00\x63\xce",
        b"\x02\x00\x01\x00\x00\x00\x01\x00\xce",
    ],
    ids=["no frame end", "unknown channel", "unknown method", "short header"],
)
async def test_unreadable_frames_are_survived(
    rabbitmq: Broker, proxy: Proxy, new_rabbitmq_bus: RabbitMQBuses, make_world: Any, garbage: bytes
) -> None:
    world = make_world(new_rabbitmq_bus(url=_through(proxy, rabbitmq)))
    handler = world.recorder()
    world.bus.subscribe(QueueSpec("tests.garbage", (Binding(EVENTS, "a.happened.v1"),)), handler)
    await world.bus.start()

    _say(proxy, garbage)

    async with asyncio.timeout(10):
        while await world.publish(world.message("a.happened.v1", b"after")):
            await asyncio.sleep(0.05)
    await world.until(lambda: b"after" in handler.bodies, timeout_s=10)


@pytest.mark.broker
async def test_a_channel_that_the_broker_closes_is_opened_again(
    rabbitmq: Broker, new_rabbitmq_bus: RabbitMQBuses, make_world: Any
) -> None:
    world = make_world(new_rabbitmq_bus())
    await world.bus.start()
    message = world.message("a.happened.v1", mandatory=False, exchange="nobody.has.it")
    started = time.monotonic()
    assert isinstance(await world.publish(message), PublishFailed)
    assert time.monotonic() - started < 1
    assert world.confirmed == []

    async with asyncio.timeout(10):
        while await world.publish(world.message("a.happened.v1", mandatory=False)):
            await asyncio.sleep(0.05)


@pytest.mark.broker
async def test_a_closed_channel_says_why_and_its_connection_is_given_up(rabbitmq: Broker) -> None:
    connection = await connect(rabbitmq.url)
    channel = await connection.channel()
    with pytest.raises(ChannelNotFoundEntity, match=r"no queue 'nobody\.has\.it'"):
        await channel.queue_declare("nobody.has.it", passive=True)
    assert "no queue 'nobody.has.it'" in await asyncio.wait_for(connection.lost, timeout=1)
    assert not connection.open
    await connection.close()
    with pytest.raises(BrokerAway):
        await connection.channel()


@pytest.mark.broker
async def test_a_call_has_its_own_time_out(rabbitmq: Broker, proxy: Proxy) -> None:
    connection = await connect(_through(proxy, rabbitmq))
    publisher = await Publisher.on(connection)
    proxy.add(Toxic("timeout"))
    started = time.monotonic()
    with pytest.raises(PublishFailed):
        await publisher.ready(timeout_s=0.2)
    assert time.monotonic() - started < 1
    await connection.close()


@pytest.mark.broker
async def test_an_answer_that_a_lost_connection_owes_is_an_error_and_no_cancellation(
    rabbitmq: Broker, proxy: Proxy
) -> None:
    """aio-pika cancels who waits for it; a loop of ours that took that for its own end would be gone in silence."""
    connection = await connect(_through(proxy, rabbitmq))
    publisher = await Publisher.on(connection)
    proxy.add(Toxic("timeout"))
    asking = asyncio.create_task(publisher.ready(timeout_s=10))
    await asyncio.wait({asking}, timeout=0.1)
    await connection.close()
    with pytest.raises(PublishFailed):
        await asyncio.wait_for(asking, timeout=5)


@pytest.mark.broker
async def test_a_broker_that_is_short_of_memory_refuses_messages_at_once_and_takes_them_again(
    rabbitmq: Broker, proxy: Proxy, new_rabbitmq_bus: RabbitMQBuses, make_world: Any
) -> None:
    world = make_world(new_rabbitmq_bus(url=_through(proxy, rabbitmq)))
    await world.bus.start()

    async def refuses() -> None:
        async with asyncio.timeout(5):
            while await world.publish(world.message("a.happened.v1", mandatory=False)) is None:
                pass

    _say(proxy, codec.marshal(commands.Connection.Blocked("low on memory"), 0))
    await refuses()
    started = time.monotonic()
    assert isinstance(await world.publish(world.message("a.happened.v1", mandatory=False)), PublishFailed)
    with pytest.raises(PublishFailed):
        await world.bus.ready()
    assert time.monotonic() - started < 0.5

    _say(proxy, codec.marshal(commands.Connection.Unblocked(), 0))
    async with asyncio.timeout(5):
        while await world.publish(world.message("a.happened.v1", mandatory=False)):
            await asyncio.sleep(0.01)
    await world.bus.ready()


@pytest.mark.broker
async def test_over_tls_the_certificate_is_checked(rabbitmq: Broker, tmp_path: Path) -> None:
    certificate, key = _certificate(tmp_path)
    parts = urlsplit(rabbitmq.url)

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_broker, to_broker = await asyncio.open_connection(parts.hostname, parts.port)

        async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
            while data := await source.read(65536):
                target.write(data)
            target.close()

        await asyncio.gather(pump(reader, to_broker), pump(from_broker, writer))

    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(certificate, key)
    async with _server(relay, served) as port:
        url = f"amqps://guest:guest@127.0.0.1:{port}/"
        with pytest.raises(BrokerAway, match="CERTIFICATE_VERIFY_FAILED"):
            await connect(url)
        connection = await connect(url, tls=ssl.create_default_context(cafile=str(certificate)))
        await (await connection.channel()).basic_qos(prefetch_count=1)
        await connection.close()


@pytest.mark.broker
def test_it_works_on_uvloop_too(rabbitmq: Broker) -> None:
    async def talk() -> None:
        connection = await connect(rabbitmq.url)
        await (await connection.channel()).basic_qos(prefetch_count=1)
        await connection.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(talk())


def _certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "certificate.pem", folder / "key.pem"


def test_what_could_not_connect_leaves_nothing_to_close(monkeypatch: pytest.MonkeyPatch) -> None:
    """Collected where no loop runs, an open connection of aio-pika would begin to close itself there."""
    # A log line that is kept keeps the error, and by its traceback the connection.
    monkeypatch.setattr(logging.root.manager, "disable", logging.CRITICAL)
    with asyncio.Runner() as runner:
        with pytest.raises(CONNECTION_EXCEPTIONS) as refused:
            runner.run(RabbitMQBus("amqp://127.0.0.1:9/").dead_letters("tests.nothing"))
        asyncio.set_event_loop(None)
        del refused
        gc.collect()
