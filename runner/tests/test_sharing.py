"""One platform in a home, however many commands use it at a time: it stops when the last one has left."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from talkingphoto.command import Stop
from talkingphoto.running import running_url, using
from talkingphoto_runner import commands, embedded
from talkingphoto_runner.layout import Home
from talkingphoto_runner.presence import Presence

URL = "http://127.0.0.1:8000"


class Platform:
    """Takes the home as a real one does, and starts when the test says so."""

    may_start: asyncio.Event
    made: list[Platform]

    def __init__(self, home: Home, **_: object) -> None:
        self.home = home
        self.operations = {"talkingphoto": "http://127.0.0.1:9464"}
        self.servers = {"database": "psql -h /somewhere"}
        self.url = URL
        self.stopped = False
        self.error: Exception | None = None
        self._presence = Presence(home)
        Platform.made.append(self)

    async def start(self, say: Callable[[str], None]) -> None:
        self.home.prepare()
        self._presence.take()
        say("database")
        await Platform.may_start.wait()
        self._presence.announce(URL, {})

    async def stop(self) -> None:
        self._presence.release()
        self.stopped = True


@pytest.fixture
def platforms(monkeypatch: pytest.MonkeyPatch) -> list[Platform]:
    monkeypatch.setattr(embedded, "EmbeddedPlatform", Platform)
    Platform.may_start, Platform.made = asyncio.Event(), []
    return Platform.made


class Command:
    """Uses the platform of a home until it is told to leave."""

    def __init__(self, home: Path) -> None:
        self.url: str | None = None
        self.said: list[str] = []
        self.leave = asyncio.Event()
        self.task = asyncio.create_task(self._run(home))

    async def _run(self, home: Path) -> None:
        async with using(home) as running:
            if running is not None:
                self.url = running
                await self.leave.wait()
                return
        async with commands.started(home, self.said.append) as url:
            self.url = url
            await self.leave.wait()


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


async def test_whoever_started_it_waits_for_those_who_use_it(platforms: list[Platform], tmp_path: Path) -> None:
    Platform.may_start.set()
    first = Command(tmp_path)
    await until(lambda: first.url)
    second = Command(tmp_path)
    await until(lambda: second.url)
    first.leave.set()
    await until(lambda: any("Another command uses the platform" in line for line in first.said))
    assert not platforms[0].stopped
    assert running_url(tmp_path) == URL
    second.leave.set()
    await asyncio.wait_for(asyncio.gather(first.task, second.task), timeout=10)
    assert platforms[0].stopped
    assert running_url(tmp_path) is None


async def test_of_two_that_start_at_a_time_one_uses_the_others(platforms: list[Platform], tmp_path: Path) -> None:
    first, second = Command(tmp_path), Command(tmp_path)
    await until(lambda: first.said and second.said)
    Platform.may_start.set()
    await until(lambda: first.url and second.url)
    for command in (first, second):
        command.leave.set()
    await asyncio.wait_for(asyncio.gather(first.task, second.task), timeout=10)
    assert sum(platform.stopped for platform in platforms) == 1


async def test_who_is_stopped_while_waiting_waits_no_longer(platforms: list[Platform], tmp_path: Path) -> None:
    Platform.may_start.set()
    first = Command(tmp_path)
    await until(lambda: first.url)
    second = Command(tmp_path)
    await until(lambda: second.url)
    first.leave.set()
    await until(lambda: any("Another command" in line for line in first.said))
    first.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first.task
    assert platforms[0].stopped
    second.leave.set()
    await second.task


async def test_ctrl_c_is_how_one_ends_a_platform_and_no_failure(
    platforms: list[Platform], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mask = os.umask(0o022)
    try:
        running = asyncio.create_task(commands.up(tmp_path, 0, distributed=False))
        await until(lambda: platforms)
        first = capsys.readouterr().out
        assert first.splitlines()[0].endswith(f"Starting TalkingPhoto in {tmp_path}")
        Platform.may_start.set()
        await until(lambda: running_url(tmp_path))
        running.cancel()
        await running
        assert os.umask(0o022) == 0o077
    finally:
        os.umask(mask)
    assert platforms[0].stopped
    said = first + capsys.readouterr().out
    for told in ("Starting: database", URL, "http://127.0.0.1:9464", "psql -h /somewhere", "Stopping"):
        assert told in said


async def test_what_keeps_a_platform_from_starting_is_one_line(
    platforms: list[Platform], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "EmbeddedPlatform", REAL)
    (tmp_path / "postgres").write_text("no folder")
    with pytest.raises(Stop, match=r"PostgreSQL does not start in .*postgres: ") as refusal:
        async with commands.started(tmp_path, lambda _: None):
            pass
    assert "\n" not in str(refusal.value)


REAL = embedded.EmbeddedPlatform
