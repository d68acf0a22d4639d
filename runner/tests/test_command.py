"""What the command does with a platform on this machine: one at a time, its doctor, its dead letters."""

from __future__ import annotations

import asyncio
import fcntl
import json
import runpy
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from ai_router.providers.registry import ROWS
from chassis.run.private_postgres import PrivatePostgres
from talkingphoto.main import app
from talkingphoto_runner import commands, doctor
from talkingphoto_runner.layout import Home
from talkingphoto_runner.presence import Presence


def run(*arguments: str, home: Path) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"TALKINGPHOTO_HOME": str(home), "COLUMNS": "200"})


def error_of(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.stdout)["error"]
    return found


def test_a_second_platform_in_one_home_is_refused(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with home.lock.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write('{"url": "http://127.0.0.1:4711"}')
        lock.flush()
        result = run("up", home=tmp_path)
    assert result.exit_code == 1
    assert "is running in" in result.output
    assert "http://127.0.0.1:4711" in result.output
    assert "Traceback" not in result.output
    assert not home.postgres.exists()


def test_a_port_that_the_environment_says_wrongly_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADMIN_PORT", "http")
    result = run("up", "--port", "0", home=tmp_path)
    assert (result.exit_code, result.stderr) == (
        1,
        "Error: ADMIN_PORT is 'http', which is no port; choose one from 1 to 65535\n",
    )
    assert not Home(tmp_path).postgres.exists()


@pytest.fixture
def home_of_its_own() -> Iterator[Path]:
    """Not below pytest's folder, which another pytest closes to the user that the server runs as."""
    with tempfile.TemporaryDirectory(prefix="home-") as folder:
        yield Path(folder)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["up"], 1),
        (["up", "--distributed"], 1),
        (["admin", "create", "--email", "a@example.com", "--password", "Long-enough-1a"], None),
        (["dead-letters", "list"], None),
    ],
)
def test_whatever_else_is_done_in_a_home_leaves_the_database_to_the_platform(
    home_of_its_own: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int | None
) -> None:
    monkeypatch.delenv("RABBITMQ_URL", raising=False)
    home = Home(home_of_its_own)
    presence, postgres = Presence(home), PrivatePostgres(home.postgres)
    home.prepare()
    presence.take()
    asyncio.run(postgres.start())
    try:
        pid = postgres.runs_as
        # It has not got so far yet as to say where it answers.
        result = run(*arguments, home=home.root)
        assert code is None or (result.exit_code, "is running in" in result.output) == (code, True)
        assert postgres.runs_as == pid
    finally:
        asyncio.run(postgres.stop())
        presence.release()


def test_doctor_says_what_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RABBITMQ_URL", "DATABASE_URL", "REDIS_URL", "S3_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("talkingphoto_runner.doctor._ROOM_GB", 0)
    for row in ROWS:
        monkeypatch.setenv(f"{row.setting}_API_KEY", "key")
    result = run("doctor", "--json", home=tmp_path / "new" / "home")
    findings = {finding["what"]: finding for finding in json.loads(result.stdout)["findings"]}
    assert result.exit_code == 0
    assert findings["Python 3.11 or newer"]["ok"]
    assert findings["images"]["found"].startswith("opencv-python-headless ")
    assert findings["vendor keys"]["found"] == ", ".join(f"{row.setting}_API_KEY" for row in ROWS)
    assert not findings["a platform in this home"]["ok"]
    assert not (tmp_path / "new").exists()
    assert "Python 3.11 or newer" in run("doctor", home=tmp_path).stdout


def test_doctor_fails_when_something_named_cannot_be_reached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://user:secret@127.0.0.1:1/0")
    result = run("doctor", "--json", home=tmp_path)
    [redis] = [finding for finding in json.loads(result.stdout)["findings"] if finding["what"] == "REDIS_URL"]
    assert result.exit_code == 1
    assert "127.0.0.1:1 cannot be reached" in redis["found"]
    assert "secret" not in result.output


@pytest.mark.parametrize(
    ("daemon", "compose", "ok", "said"),
    [
        (False, 0, False, "but no daemon answers"),
        (True, 1, False, "but has no compose plugin"),
        (True, 0, True, ", with compose"),
    ],
)
async def test_doctor_finds_docker_only_where_compose_can_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, daemon: bool, compose: int, ok: bool, said: str
) -> None:
    program = tmp_path / "docker"
    program.write_text(f"#!/bin/sh\n[ \"$*\" = 'compose version' ] && exit {compose}\nexit 9\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    address = tmp_path / "docker.sock"
    monkeypatch.setenv("DOCKER_HOST", f"unix://{address}")

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"HTTP/1.0 200 OK\r\n\r\nOK")
        writer.close()

    async with AsyncExitStack() as stack:
        if daemon:
            await stack.enter_async_context(await asyncio.start_unix_server(answer, address))
        found = await doctor._docker()
    assert (found.ok, found.needed) == (ok, False)
    assert found.found == f"{program}{said}" if ok else said in found.found


TINY_VOICE = Path(__file__).parents[2] / "libs" / "media" / "tools" / "tiny_voice.py"


def test_doctor_tries_the_piper_voices_that_are_configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    voice: Path = runpy.run_path(str(TINY_VOICE))["write"](tmp_path, "tiny")

    def found(configured: str | None) -> dict[str, Any]:
        monkeypatch.setenv("PIPER_VOICES", configured or "")
        findings = json.loads(run("doctor", "--json", home=tmp_path).stdout)["findings"]
        [finding] = [finding for finding in findings if finding["what"] == "Piper voices"]
        return dict(finding)

    assert not found(None)["needed"]
    good = found(json.dumps({"en:female": str(voice)}))
    assert (good["ok"], good["found"]) == (True, "en:female: tiny")
    for configured, said in (
        ({"xx": str(voice)}, "xx is neither a language"),
        ({"en": str(tmp_path / "other.onnx")}, "other.onnx is not there"),
        ({"de": str(voice)}, "VOICE_FILE_UNFIT: the voice file"),
    ):
        bad = found(json.dumps(configured))
        assert (bad["ok"], bad["needed"]) == (False, True)
        assert said in bad["found"]


def test_doctor_says_which_ears_are_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WHISPER_MODEL", raising=False)
    packaged = doctor._ears()
    assert (packaged.ok, packaged.found) == (True, "whisper-tiny.en understands en")
    monkeypatch.setenv("WHISPER_MODEL", str(tmp_path))
    broken = doctor._ears()
    assert (broken.ok, broken.needed) == (False, True)
    assert "EARS_UNFIT" in broken.found


def test_letters_where_no_platform_has_run_are_not_found(tmp_path: Path) -> None:
    for arguments, said in (
        (["list", "--json"], "No platform has run"),
        (["show", "billing.commands", "0199f0a1", "--json"], "No platform has run"),
        (["replay", "billing.commands", "--json"], "No platform has run"),
    ):
        result = run("dead-letters", *arguments, home=tmp_path)
        assert result.exit_code == 1, result.output
        assert error_of(result)["code"] == "not_found"
        assert said in error_of(result)["message"]
    assert not list(tmp_path.iterdir())


def test_what_is_said_at_the_start_leads_to_this_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))

    def said(home: Path) -> str:
        platform = SimpleNamespace(home=Home(home), url="http://127.0.0.1:8000", servers={}, operations={})
        return commands._welcome(platform)  # type: ignore[arg-type]

    elsewhere = said(tmp_path / "my own")
    for command in ('make PHOTO --script "..."', "trace RUN"):
        assert f"talkingphoto {command} --home '{tmp_path}/my own'" in elsewhere
        assert f"talkingphoto {command}\n" in said(tmp_path / ".talkingphoto")
