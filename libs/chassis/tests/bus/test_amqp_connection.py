"""Connecting: to servers that speak something else or nothing, over TLS, and to a broker that is short of memory."""

from __future__ import annotations

import asyncio
import datetime
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pamqp import commands
from pamqp import frame as codec

from chassis.bus import amqp_wire as wire
from chassis.bus.amqp_connection import Address, AmqpError, ChannelClosed, ConnectionLost, connect
from chassis.bus.port import PublishFailed
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


def test_an_address_has_the_usual_defaults() -> None:
    assert Address.parse("amqp://") == Address("localhost", 5672, "guest", "guest", "/", secure=False)
    assert Address.parse("amqps://u:p%40ss@mq.example/tp%2Fone") == Address(
        "mq.example", 5671, "u", "p@ss", "tp/one", secure=True
    )
    with pytest.raises(ValueError, match="amqp://"):
        Address.parse("http://mq.example")


async def test_a_server_that_speaks_something_else_is_refused_at_once() -> None:
    async def web(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(8)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    async with _server(web) as port:
        with pytest.raises(ConnectionLost, match="does not speak AMQP"):
            await connect(f"amqp://127.0.0.1:{port}/")


async def test_a_server_that_says_nothing_costs_the_time_out() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with _server(silent) as port:
        started = time.monotonic()
        with pytest.raises(TimeoutError):
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
async def test_unreadable_frames_end_the_connection(rabbitmq: Broker, garbage: bytes) -> None:
    connection = await connect(rabbitmq.url)
    channel = await connection.channel()
    connection.data_received(garbage)
    assert not connection.open
    with pytest.raises(AmqpError):
        await channel.call(commands.Queue.Declare(queue="never"))


@pytest.mark.broker
async def test_a_closed_channel_says_why_and_the_connection_lives(rabbitmq: Broker) -> None:
    connection = await connect(rabbitmq.url)
    channel = await connection.channel()
    with pytest.raises(ChannelClosed, match=r"no queue 'nobody\.has\.it'") as refused:
        await channel.call(commands.Queue.Declare(queue="nobody.has.it", passive=True))
    assert refused.value.code == 404
    with pytest.raises(ChannelClosed):
        channel.write(wire.HEARTBEAT_FRAME)
    other = await connection.channel()
    await other.call(commands.Basic.Qos(prefetch_count=1))
    await connection.close()
    assert not connection.open
    with pytest.raises(AmqpError):
        await connection.channel()


@pytest.mark.broker
async def test_a_call_has_its_own_time_out(rabbitmq: Broker) -> None:
    parts = urlsplit(rabbitmq.url)
    proxy = Proxy(parts.hostname or "", parts.port or 0)
    await proxy.start()
    connection = await connect(f"amqp://guest:guest@127.0.0.1:{proxy.port}/")
    channel = await connection.channel()
    proxy.add(Toxic("timeout"))
    with pytest.raises(TimeoutError):
        await channel.call(commands.Basic.Qos(prefetch_count=1), timeout_s=0.2)
    connection.abort(ConnectionLost("enough"))
    await proxy.stop()


@pytest.mark.broker
async def test_a_broker_that_is_short_of_memory_refuses_messages_at_once_and_takes_them_again(
    new_rabbitmq_bus: RabbitMQBuses, make_world: Any
) -> None:
    world = make_world(new_rabbitmq_bus())
    await world.bus.start()
    connection = world.bus._publisher._channel.connection
    connection.data_received(codec.marshal(commands.Connection.Blocked("low on memory"), 0))
    started = time.monotonic()
    assert isinstance(await world.publish(world.message("a.happened.v1", mandatory=False)), PublishFailed)
    with pytest.raises(PublishFailed):
        await world.bus.ready()
    assert time.monotonic() - started < 0.5

    connection.data_received(codec.marshal(commands.Connection.Unblocked(), 0))
    await world.bus.ready()
    assert await world.publish(world.message("a.happened.v1", mandatory=False)) is None


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
        with pytest.raises(ssl.SSLCertVerificationError):
            await connect(url)
        connection = await connect(url, tls=ssl.create_default_context(cafile=str(certificate)))
        await (await connection.channel()).call(commands.Basic.Qos(prefetch_count=1))
        await connection.close()


@pytest.mark.broker
def test_it_works_on_uvloop_too(rabbitmq: Broker) -> None:
    async def talk() -> None:
        connection = await connect(rabbitmq.url)
        await (await connection.channel()).call(commands.Basic.Qos(prefetch_count=1))
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
