"""Finding or starting a broker: in the order that is promised, with one line when there is none."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import aio_pika
import psutil
import pytest

from chassis.messaging.consumer import wait_until
from chassis.run import private_rabbitmq
from chassis.run.private_rabbitmq import ExternalRabbitMQ, NoBroker, PrivateRabbitMQ, find_or_start


async def _no() -> bool:
    return False


async def _nothing() -> None:
    return None


async def test_a_broker_that_is_named_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RABBITMQ_URL", "amqp://user:secret@mq.example/")
    async with find_or_start(tmp_path) as broker:
        assert isinstance(broker, ExternalRabbitMQ)
        assert broker.url == "amqp://user:secret@mq.example/"
    assert not list(tmp_path.iterdir())


async def test_without_any_way_one_line_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("RABBITMQ_URL", raising=False)
    monkeypatch.setattr(private_rabbitmq, "docker_answers", _no)
    monkeypatch.setattr(private_rabbitmq, "_install", _nothing)
    monkeypatch.setattr(private_rabbitmq, "installed_server", lambda: None)
    with pytest.raises(NoBroker, match=r"set RABBITMQ_URL, start Docker, or install it") as refused:
        async with find_or_start(tmp_path):
            pass
    assert "\n" not in str(refused.value)


async def test_docker_that_does_not_answer_is_noticed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
    assert not await private_rabbitmq.docker_answers()
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    assert not await private_rabbitmq.docker_answers()


@pytest.mark.broker
async def test_a_private_node_keeps_its_address_and_leaves_no_process_behind(free_folder: Path) -> None:
    node = PrivateRabbitMQ(free_folder / "node")
    with pytest.raises(NoBroker, match="not running"):
        assert node.pid
    await node.start()
    url = node.url
    await (await aio_pika.connect(url)).close()
    children = [
        process for process in psutil.Process().children(recursive=True) if process.name() in ("beam.smp", "epmd")
    ]
    mine = [process for process in children if str(free_folder) in process.environ().get("HOME", "")]
    assert {process.name() for process in mine} == {"beam.smp", "epmd"}
    await node.stop()
    assert not any(process.is_running() for process in mine)

    await node.start()
    assert node.url == url
    await (await aio_pika.connect(url)).close()
    await node.stop()


@pytest.mark.broker
async def test_a_node_that_cannot_start_says_why(free_folder: Path) -> None:
    node = PrivateRabbitMQ(free_folder / "node")
    await node.start()
    await node.stop()
    (free_folder / "node" / "rabbitmq.conf").write_text("no.such.setting = 1\n")
    with pytest.raises(NoBroker, match=r"no\.such\.setting"):
        await node.start()
    assert not [
        process for process in psutil.Process().children() if str(free_folder) in process.environ().get("HOME", "")
    ]


OWNER = """
import asyncio, os, sys
from pathlib import Path
from chassis.messaging.consumer import wait_until
from chassis.run.private_rabbitmq import PrivateRabbitMQ

async def main():
    node = PrivateRabbitMQ(Path(sys.argv[1]))
    await node.start()
    print(node.pid, node._names.pid, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.mark.broker
async def test_a_node_does_not_outlive_a_process_that_was_killed(free_folder: Path) -> None:
    owner = await asyncio.create_subprocess_exec(
        sys.executable, "-c", OWNER, str(free_folder / "node"), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert owner.stdout is not None
        pids = [int(pid) for pid in (await asyncio.wait_for(owner.stdout.readline(), timeout=60)).split()]
    finally:
        owner.kill()
        await owner.wait()
    assert len(pids) == 2
    await wait_until(lambda: not any(psutil.pid_exists(pid) for pid in pids), timeout_s=30)
