"""The client against a platform of the test's own: what is refused, what breaks, who it is."""

from __future__ import annotations

import hashlib
import json
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import typer
from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from chassis.testing.served import served
from talkingphoto.account import log_in
from talkingphoto.client import ApiError, Client, Unreachable
from talkingphoto.command import REFUSED, run
from talkingphoto.runs import Where, status


class Platform:
    """Accounts in memory, one object, one run whose stream breaks off once."""

    def __init__(self) -> None:
        self.accounts: dict[str, str] = {}
        self.seen: list[tuple[str, str | None]] = []
        self.url = ""
        self.troubles = 0
        self.expired = False
        self.code: str | None = None
        self.app = FastAPI()
        self.app.post("/api/v1/auth/register", status_code=201)(self.register)
        self.app.post("/api/v1/auth/login")(self.log_in)
        self.app.post("/api/v1/auth/login/second-factor")(self.second_step)
        self.app.get("/api/v1/workflows")(self.runs)
        self.app.get("/api/v1/workflows/{run_id}")(self.run)
        self.app.get("/api/v1/workflows/{run_id}/events")(self.events)
        self.app.get("/api/v1/objects/{key}")(self.object)

    async def register(self, request: Request) -> dict[str, str]:
        body = await request.json()
        assert {consent["kind"] for consent in body["consents"]} == {"terms", "privacy"}
        self.accounts[body["email"]] = body["password"]
        return {"id": "1"}

    async def log_in(self, request: Request) -> Response:
        body = await request.json()
        if self.accounts.get(body["email"]) != body["password"]:
            return refused(401, "wrong_credentials", "E-mail address or password is wrong.")
        self.expired = False
        if self.code is not None:
            return JSONResponse({"second_factor": "totp", "ticket": "waiting", "expires_in": 300}, 202)
        return JSONResponse({"access_token": f"token-of-{body['email']}"})

    async def second_step(self, request: Request) -> Response:
        if await request.json() != {"ticket": "waiting", "code": self.code}:
            return refused(401, "wrong_code", "This code is not good.")
        return JSONResponse({"access_token": "token-of-two-steps"})

    async def runs(self) -> Response:
        return refused(402, "payment_needed", "Choose another plan.", {"plan": "too small"})

    async def run(self, run_id: str) -> Any:
        if self.expired:
            return refused(401, "session_ended", "Log in again.")
        if self.troubles:
            self.troubles -= 1
            return refused(503, "unavailable", "A part of the platform does not answer.")
        return {"id": run_id, "status": "processing"}

    async def events(self, run_id: str, request: Request) -> Response:
        last = request.headers.get("Last-Event-ID")
        self.seen.append((run_id, last))
        if self.expired:
            return refused(401, "session_ended", "Log in again.")
        if run_id == "foreign":
            return refused(404, "not_found", "There is no such workflow.")

        async def stream() -> AsyncIterator[bytes]:
            if last is None:
                yield event(1, "processing")
                yield b": alive\n\n"
                yield event(2, "processing")
            else:
                yield event(3, "completed")
                yield event(4, "never read")

        return StreamingResponse(stream(), media_type="text/event-stream")

    async def object(self, key: str, request: Request) -> Response:
        self.seen.append((key, request.headers.get("Authorization")))
        if key == "gone":
            return refused(410, "link_expired", "This link has expired.")
        return Response(b"video", headers={"Content-Length": "500"} if key == "broken" else {})


def refused(status: int, code: str, message: str, fields: dict[str, str] | None = None) -> Response:
    return JSONResponse({"error": {"code": code, "message": message, "fields": fields}}, status)


def event(sequence: int, state: str) -> bytes:
    return f"id: {sequence}\nevent: {state}\ndata: {json.dumps({'state': state, 'n': sequence})}\n\n".encode()


@pytest_asyncio.fixture(loop_scope="session")
async def platform() -> AsyncIterator[Platform]:
    made = Platform()
    async with served(made.app) as made.url:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def client(platform: Platform) -> AsyncIterator[Client]:
    async with Client(platform.url) as made:
        yield made


async def test_an_account_is_made_once_and_kept_for_its_owner_only(
    platform: Platform, client: Client, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    await log_in(client, home)
    path = home / "account.json"
    kept = json.loads(path.read_text())
    assert platform.accounts == {kept["email"]: kept["password"]}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in home.iterdir()] == ["account.json"]
    await log_in(client, home)
    assert len(platform.accounts) == 1
    # The database was removed, the file was not: the same account is opened again.
    platform.accounts.clear()
    await log_in(client, home)
    assert platform.accounts == {kept["email"]: kept["password"]}
    assert json.loads(path.read_text()) == kept


@pytest.mark.parametrize("content", ["", "{", "[]", '{"email": "a@example.com"}'])
async def test_an_account_file_that_is_damaged_is_named_and_left(client: Client, tmp_path: Path, content: str) -> None:
    (tmp_path / "account.json").write_text(content)
    with pytest.raises(OSError, match=r"account\.json.*Remove it"):
        await log_in(client, tmp_path)
    assert (tmp_path / "account.json").read_text() == content


async def test_who_has_a_second_factor_types_its_code(platform: Platform, client: Client, tmp_path: Path) -> None:
    await log_in(client, tmp_path)
    platform.code = "123456"
    with pytest.raises(ApiError, match="terminal") as refusal:
        await log_in(client, tmp_path)
    assert refusal.value.code == "second_factor_needed"
    for typed, token in (("000000", None), ("123456", "Bearer token-of-two-steps")):
        async with Client(platform.url, ask_code=lambda typed=typed: typed) as asking:  # type: ignore[misc]
            if token is None:
                with pytest.raises(ApiError, match="not good"):
                    await log_in(asking, tmp_path)
            else:
                await log_in(asking, tmp_path)
                assert asking._http.headers["Authorization"] == token


async def test_updates_go_on_where_they_were_when_the_stream_breaks(platform: Platform, client: Client) -> None:
    updates = [update async for update in client.follow("mine")]
    assert [update["n"] for update in updates] == [1, 2, 3]
    assert platform.seen == [("mine", None), ("mine", "2")]


async def test_a_platform_that_starts_again_is_waited_for(
    platform: Platform, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("talkingphoto.client._RECONNECT_S", 0.01)
    platform.troubles = 3
    assert [update["n"] async for update in client.follow("mine")] == [1, 2, 3]
    monkeypatch.setattr("talkingphoto.client._PATIENCE_S", 0.0)
    platform.troubles = 3
    with pytest.raises(ApiError, match="does not answer"):
        _ = [update async for update in client.follow("mine")]


async def test_a_session_that_runs_out_is_opened_again_while_a_run_is_followed(
    platform: Platform, client: Client, tmp_path: Path
) -> None:
    await log_in(client, tmp_path)
    platform.expired = True
    assert [update["n"] async for update in client.follow("mine")] == [1, 2, 3]
    platform.expired = True
    platform.accounts.clear()
    with pytest.raises(ApiError, match="password is wrong"):
        await client.run("mine")


async def test_a_run_of_somebody_else_is_not_followed(client: Client) -> None:
    with pytest.raises(ApiError, match="no such workflow") as refusal:
        _ = [update async for update in client.follow("foreign")]
    assert (refusal.value.status, refusal.value.code) == (404, "not_found")


async def test_a_download_is_hashed_and_the_token_stays_with_the_platform(
    platform: Platform, client: Client, tmp_path: Path
) -> None:
    await log_in(client, tmp_path)
    target = tmp_path / "new" / "video.mp4"
    assert await client.download("/api/v1/objects/video?signature=x", target) == hashlib.sha256(b"video").hexdigest()
    assert target.read_bytes() == b"video"
    async with served(platform.app) as elsewhere:
        await client.download(f"{elsewhere}/api/v1/objects/video", target)
    assert [token is None for key, token in platform.seen if key == "video"] == [False, True]
    with pytest.raises(ApiError, match="expired"):
        await client.download("/api/v1/objects/gone", target)


async def test_a_download_that_breaks_off_is_no_traceback_and_shows_no_signature(
    client: Client, tmp_path: Path
) -> None:
    with pytest.raises(Unreachable, match="broke") as failure:
        await client.download("/api/v1/objects/broken?signature=secret", tmp_path / "video.mp4")
    assert "secret" not in str(failure.value)


async def test_nobody_there_and_nobody_answering_are_told_apart(tmp_path: Path) -> None:
    async with Client("http://127.0.0.1:1") as nobody:
        with pytest.raises(Unreachable, match="Nothing answers"):
            await nobody.runs()
        with pytest.raises(Unreachable, match="Nothing answers"):
            await nobody.download("/api/v1/objects/x", tmp_path / "x")

    async def silent(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await receive()
            await receive()

    async with served(silent) as url, Client(url, timeout_s=0.2) as waiting:
        with pytest.raises(Unreachable, match="broke: ReadTimeout"):
            await waiting.runs()


def test_what_the_platform_refuses_ends_with_3_and_names_the_fields(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def refuse() -> None:
        platform = Platform()
        async with served(platform.app) as url:
            await status(None, Where(tmp_path, url), as_json=True)

    for as_json in (True, False):
        with pytest.raises(typer.Exit) as ended:
            run(refuse, as_json=as_json)
        assert ended.value.exit_code == REFUSED
    output = capsys.readouterr()
    assert json.loads(output.out) == {
        "error": {"code": "payment_needed", "message": "Choose another plan.\n  plan: too small"}
    }
    assert output.err == "Error: Choose another plan.\n  plan: too small\n"
