"""What both topologies of one machine have in common."""

from __future__ import annotations

import asyncio
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from talkingphoto_runner.layout import Home, listening_socket, port_said_by, settings_of


async def test_answers_are_not_held_back_for_an_acknowledgement() -> None:
    """Head and body are two writes; without TCP_NODELAY the second waits some 40 ms for the client's."""
    held_back: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held_back.set_result(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    listening = listening_socket()
    async with await asyncio.start_server(accept, sock=listening):
        _, writer = await asyncio.open_connection(*listening.getsockname())
        assert await asyncio.wait_for(held_back, timeout=5)
        writer.close()
        await writer.wait_closed()


def test_a_taken_port_is_named() -> None:
    first = listening_socket()
    first.listen()
    port = first.getsockname()[1]
    with pytest.raises(OSError, match=f"127.0.0.1:{port} is taken"):
        listening_socket(port=port)
    first.close()


@pytest.mark.parametrize("port", [-1, 65_536, 99_999])
def test_what_is_no_port_is_said(port: int) -> None:
    with pytest.raises(OSError, match=f"^{port} is no port; choose one from 1 to 65535 with --port"):
        listening_socket(port=port)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("abc", "^ADMIN_PORT is 'abc', which is no port; choose one from 1 to 65535$"),
        ("80.5", "^ADMIN_PORT is '80.5', which is no port"),
        ("99999", "^99999 is no port; choose one from 1 to 65535 with ADMIN_PORT"),
        ("-1", "^-1 is no port; choose one from 1 to 65535 with ADMIN_PORT"),
    ],
)
def test_what_is_no_port_is_said_of_what_said_it(said: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADMIN_PORT", said)
    with pytest.raises(OSError, match=words):
        listening_socket(port=port_said_by("ADMIN_PORT"), by="ADMIN_PORT")


@pytest.mark.parametrize("said", ["", "0", " 0 ", "٠"])
def test_no_port_is_any_that_is_free(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADMIN_PORT", said)
    assert port_said_by("ADMIN_PORT") == 0


def test_what_a_home_keeps_is_for_its_owner(tmp_path: Path) -> None:
    home = Home(tmp_path / "new" / "home")
    home.logs.mkdir(parents=True)
    home.logs.chmod(0o755)
    home.prepare()
    assert {stat.S_IMODE(path.stat().st_mode) for path in (home.objects, home.logs, home.traces)} == {0o700}
    new = Home(tmp_path / "newer")
    new.prepare()
    assert stat.S_IMODE(new.root.stat().st_mode) == 0o700


def test_what_was_sealed_can_be_opened_after_the_next_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(tmp_path / "home")
    home.prepare()
    first = settings_of("notify", home, {})
    home.prepare()
    assert settings_of("notify", home, {}) == first
    assert {first["encryption_key"], first["link_key"]} == {
        home.key("ENCRYPTION_KEY").read_text(),
        home.key("LINK_KEY").read_text(),
    }
    assert settings_of("users", home, {})["link_key"] == first["link_key"]
    assert stat.S_IMODE(home.key("LINK_KEY").stat().st_mode) == 0o600
    assert "encryption_key" not in settings_of("billing", home, {})
    monkeypatch.setenv("LINK_KEY", "from the environment, as it is in production")
    assert "link_key" not in settings_of("notify", home, {})


WATCHED = """
import os, sys
from talkingphoto_runner.layout import queue_names, specs

specs()
written = []

def watch(event, arguments):
    if event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) or event in ("os.mkdir", "os.link"):
        written.append((event, str(arguments[0])))

sys.addaudithook(watch)
names = queue_names()
print(len(names), [what for what in written if what[1] != os.devnull])
"""


def test_naming_the_queues_writes_nothing(tmp_path: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-B", "-c", WATCHED], cwd=tmp_path, check=True, capture_output=True, text=True
    ).stdout
    count, _, written = said.partition(" ")
    assert int(count) > 10
    assert written.strip() == "[]"
