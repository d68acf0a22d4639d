"""CPU work in other processes: results, errors, progress, deadlines, interruption, and workers that die."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import textwrap
import time
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

from chassis.messaging.consumer import wait_until
from chassis.work.process_pool import NICENESS, ProcessPool, WorkerDied


@pytest_asyncio.fixture(loop_scope="session")
async def pool() -> AsyncIterator[ProcessPool]:
    created = ProcessPool(1)
    await created.start()
    yield created
    await created.stop()


async def test_modules_in_the_folder_one_is_in_are_not_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONSAFEPATH", raising=False)
    for name in ("types", "signal", "struct", "socket"):
        (tmp_path / f"{name}.py").write_text("raise RuntimeError('somebody else is called that')")
    monkeypatch.chdir(tmp_path)
    pool = ProcessPool(1)
    await pool.start()
    try:
        assert await pool.run(abs, -3, deadline_s=60) == 3
    finally:
        await pool.stop()


@pytest.fixture
def jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module that spawned workers can import; returns its name."""
    name = f"jobs_{tmp_path.name}".replace("-", "_")
    (tmp_path / f"{name}.py").write_text(
        textwrap.dedent(
            """
            import logging, os, signal, time, warnings

            def die():
                os.kill(os.getpid(), signal.SIGKILL)

            def spin(path):
                open(path, "w").write(str(os.getpid()))
                while True:
                    pass

            def count(to, progress):
                for n in range(to):
                    progress((n + 1) / to)
                return to

            def complain():
                warnings.warn("old ways")
                try:
                    1 / 0
                except ZeroDivisionError:
                    logging.exception("bad sum")

            def refuse():
                raise ValueError("not a photo")
            """
        )
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return name


async def test_a_function_runs_in_another_process(pool: ProcessPool) -> None:
    assert await pool.run(os.getpid, deadline_s=30) != os.getpid()
    assert await pool.run(divmod, 7, 2, deadline_s=30) == (3, 1)
    assert await pool.run(sorted, [1, 3, 2], deadline_s=30, reverse=True) == [3, 2, 1]


async def test_long_work_leaves_the_processor_to_whoever_is_waited_for(pool: ProcessPool) -> None:
    mine = os.nice(0)
    assert await pool.run(os.nice, 0, deadline_s=60) == min(19, mine + NICENESS)
    assert await pool.run(os.nice, 0, deadline_s=60, quick=True) == mine


async def test_an_error_comes_back_as_it_was(pool: ProcessPool, jobs: str) -> None:
    module = __import__(jobs)
    with pytest.raises(ValueError, match="not a photo"):
        await pool.run(module.refuse, deadline_s=30)


async def test_progress_arrives_on_the_way(pool: ProcessPool, jobs: str) -> None:
    module = __import__(jobs)
    seen: list[float] = []

    assert await pool.run(module.count, 4, deadline_s=30, report=seen.append) == 4

    await wait_until(lambda: seen == [0.25, 0.5, 0.75, 1.0], timeout_s=5)


async def test_a_deadline_ends_the_work_and_the_pool_goes_on(pool: ProcessPool, jobs: str, tmp_path: Path) -> None:
    module, mark = __import__(jobs), tmp_path / "pid"
    await pool.run(os.getpid, deadline_s=30)
    started = time.monotonic()

    with pytest.raises(TimeoutError):
        await pool.run(module.spin, str(mark), deadline_s=1)

    assert time.monotonic() - started < 10
    await wait_until(lambda: not psutil.pid_exists(int(mark.read_text())), timeout_s=5)
    assert await pool.run(divmod, 7, 2, deadline_s=30) == (3, 1)


async def test_cancelling_the_waiter_interrupts_the_work(pool: ProcessPool, jobs: str, tmp_path: Path) -> None:
    module, mark = __import__(jobs), tmp_path / "pid"
    waiting = asyncio.create_task(pool.run(module.spin, str(mark), deadline_s=60))
    await wait_until(lambda: mark.exists() and bool(mark.read_text()), timeout_s=30)

    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    await wait_until(lambda: not psutil.pid_exists(int(mark.read_text())), timeout_s=5)


async def test_a_worker_that_is_killed_is_named_and_replaced(pool: ProcessPool, jobs: str) -> None:
    module = __import__(jobs)
    with pytest.raises(WorkerDied, match=str(int(signal.SIGKILL))):
        await pool.run(module.die, deadline_s=30)
    assert await pool.run(divmod, 7, 2, deadline_s=30) == (3, 1)


async def test_short_work_gets_through_beside_long_work(pool: ProcessPool, jobs: str, tmp_path: Path) -> None:
    """The one worker for whatever comes is busy for ever; what is quick has one of its own."""
    module = __import__(jobs)
    long = asyncio.create_task(pool.run(module.spin, str(tmp_path / "pid"), deadline_s=60))
    await wait_until((tmp_path / "pid").exists, timeout_s=10)
    assert await asyncio.wait_for(pool.run(module.count, 3, deadline_s=10, report=lambda _: None, quick=True), 20) == 3
    assert not long.done()
    long.cancel()
    await asyncio.gather(long, return_exceptions=True)


async def test_stopping_interrupts_what_runs(jobs: str, tmp_path: Path) -> None:
    module, mark = __import__(jobs), tmp_path / "pid"
    pool = ProcessPool(1)
    await pool.start()
    waiting = asyncio.create_task(pool.run(module.spin, str(mark), deadline_s=60))
    await wait_until(lambda: mark.exists() and bool(mark.read_text()), timeout_s=30)

    await pool.stop()

    with pytest.raises((WorkerDied, asyncio.CancelledError)):
        await asyncio.wait_for(waiting, timeout=10)
    await wait_until(lambda: not psutil.pid_exists(int(mark.read_text())), timeout_s=5)
    with pytest.raises(RuntimeError, match="not running"):
        await pool.run(os.getpid, deadline_s=1)
    await pool.stop()
    assert sys.modules.pop(jobs)


async def test_what_a_worker_complains_of_is_json(
    pool: ProcessPool, jobs: str, capfd: pytest.CaptureFixture[str]
) -> None:
    await pool.run(__import__(jobs).complain, deadline_s=20)
    warning, bad_sum = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert "old ways" in warning["message"]
    assert (bad_sum["level"], bad_sum["message"]) == ("error", "bad sum")
    assert bad_sum["exception"].endswith("ZeroDivisionError: division by zero")


async def test_reports_that_are_none_are_not_heard(pool: ProcessPool, jobs: str) -> None:
    heard: list[float] = []
    stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    assert pool._news is not None
    for news in (b"", b"half", b"x" * 40, b"x" * 4000):
        stranger.sendto(news, pool._news.getsockname())
    stranger.close()
    assert await pool.run(__import__(jobs).count, 3, deadline_s=20, report=heard.append) == 3
    assert heard == pytest.approx([1 / 3, 2 / 3, 1.0])
