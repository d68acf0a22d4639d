"""Planted secrets are searched for wherever something leaves the service or is stored."""

from __future__ import annotations

import traceback
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from chassis.identity.vault import Vault
from export.youtube import calls
from export.youtube.calls import Addresses, Client, Issued
from export.youtube.client import YouTube as Adapter
from export.youtube.connections import Begun
from export.youtube.errors import YouTubeFailure
from export.youtube.tokens import Tokens
from export.youtube.transfer import Place
from simulators.core.faults import Fault
from simulators.core.loopback import InProcess
from simulators.vendors.youtube.server import PLAYLIST, YouTube

CLIENT_SECRET = "GOCSPX-planted-4f1c9e7a2b"
ENCRYPTION_KEY = "planted-encryption-key-9b2d7c41e6"
SECRETS = (CLIENT_SECRET, ENCRYPTION_KEY, "ya29.access-", "1//0refresh-", "4/0Acode-", "AsimulatedSession")
"""How the simulator's tokens, codes and sessions begin."""

_AT_THE_EXCHANGE = (Fault.SERVER_ERROR, Fault.AUTH, Fault.BAD_INPUT, Fault.GARBLED, Fault.DROP_AFTER)
_ON_THE_WAY = (
    ("token", Fault.BAD_INPUT),
    ("session", Fault.AUTH),
    ("session", Fault.BAD_INPUT),
    ("chunk", Fault.SERVER_ERROR),
    ("chunk", Fault.HANG_AFTER),
    ("chunk", Fault.JOB_LOST),
    ("poll", Fault.GARBLED),
    ("lookup", Fault.THROTTLED),
    ("perform", Fault.QUOTA),
)
_UNTOUCHED = "SELECT count(*) FROM youtube_uploads WHERE upload_status = 'pending' AND failures = 0"


class _Echo(httpx.AsyncBaseTransport):
    """A careless vendor: repeats what it was sent in every error answer, as text and as a code."""

    def __init__(self, inner: InProcess) -> None:
        self._inner = inner
        self.echoed = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        if response.status_code < 400:
            return response
        await response.aread()
        self.echoed += 1
        said = f"{request.headers.get('authorization')} {request.url} {request.content!r:.2000}"
        error = {"message": said, "errors": [{"reason": said, "message": said}], "status": said}
        return httpx.Response(response.status_code, json={"error": error, "error_description": said}, request=request)


async def _everything_stored(studio: Any) -> str:
    found = []
    for table in ("youtube_states", "youtube_connections", "youtube_uploads", "work", "outbox"):
        rows = await studio.export.fetch(f"SELECT t::text AS line FROM {table} t")  # noqa: S608
        found += [row["line"] for row in rows]
        # bytea is shown in hexadecimal; look at the bytes too.
        for row in await studio.export.fetch(f"SELECT * FROM {table}"):  # noqa: S608
            found += [value.decode("latin-1") for value in row.values() if isinstance(value, bytes)]
    return "\n".join(found)


async def test_secrets_are_nowhere(start_studio: Any, user: UUID, logged: Callable[[], str]) -> None:
    """Answers, logs with their tracebacks and the database, through a careless vendor and every kind of trouble."""
    echoes: list[_Echo] = []

    def through(inner: InProcess) -> _Echo:
        echoes.append(_Echo(inner))
        return echoes[-1]

    studio = await start_studio(
        vendor=YouTube(key=CLIENT_SECRET),
        through=through,
        youtube_client_secret=CLIENT_SECRET,
        encryption_key=ENCRYPTION_KEY,
    )
    seen: list[str] = []
    http: httpx.AsyncClient = studio.export.http

    async def keep(response: httpx.Response) -> None:
        await response.aread()
        seen.append(f"{response.text} {response.headers}")

    http.event_hooks = {"response": [keep]}
    for fault in _AT_THE_EXCHANGE:
        brought = await studio.consent(user)
        studio.vendor.plan.script("token", [fault])
        await http.get("/api/v1/youtube/callback", params=brought)
    await studio.connect(user)
    for operation, fault in _ON_THE_WAY:
        studio.vendor.plan.clear()
        studio.vendor.plan.script(operation, [fault])
        if operation == "token":
            studio.vendor.accounts.expire()
        upload = (await studio.upload(user, await studio.project(user), playlist_id=PLAYLIST)).json()
        await studio.export.eventually(_UNTOUCHED, [0])
        seen.append(await _everything_stored(studio))
        await http.get(f"/api/v1/youtube/videos/{upload['id']}", headers=studio.logged_in(user))
        await studio.export.execute("DELETE FROM work")
        await studio.export.execute("UPDATE youtube_uploads SET upload_status = 'failed'")
    studio.vendor.plan.script("cancel", [Fault.SERVER_ERROR])
    await http.delete("/api/v1/youtube/connection", headers=studio.logged_in(user))
    await studio.export.eventually("SELECT attempts FROM work WHERE lease_token IS NULL", [1])
    seen.append(await _everything_stored(studio))
    written = logged()
    assert sum(echo.echoed for echo in echoes) > 8, "nothing was echoed, so nothing was shown"
    assert "youtube.failed" in written
    assert "work.failed" in written
    for secret in SECRETS:
        assert [text for text in (*seen, *written.splitlines()) if secret in text] == []


async def test_failures_hold_no_secret(adapter: Any) -> None:
    """Whoever catches, prints or keeps one."""
    _, vendor = adapter
    failures: list[YouTubeFailure] = []
    token, session = "ya29.access-1", "http://youtube.simulated/upload/youtube/v3/videos?upload_id=AsimulatedSession1"

    async def data() -> AsyncIterator[bytes]:
        yield b"x"

    async with httpx.AsyncClient(transport=_Echo(InProcess({"youtube.simulated": vendor.app}))) as http:
        at = Addresses(*["http://youtube.simulated"] * 4)
        youtube = Adapter(http, Client("simulated-client", CLIENT_SECRET, "http://127.0.0.1/"), at)
        for call in (
            lambda: youtube.exchange("4/0Acode-1", "v"),
            lambda: youtube.refresh("1//0refresh-1"),
            lambda: youtube.revoke("1//0refresh-1"),
            lambda: youtube.channel(token),
            lambda: youtube.begin(token, {"snippet": {}}, size=1, mime_type="video/mp4"),
            lambda: youtube.how_far(token, session, total=1),
            lambda: youtube.send(token, session, data(), first=0, length=1, total=1, mime="video/mp4"),
            lambda: youtube.processing(token, "v"),
            lambda: youtube.in_playlist(token, "p", "v"),
            lambda: youtube.add_to_playlist(token, "p", "v"),
            lambda: youtube.find(token, "t"),
        ):
            for fault in (None, Fault.DROP_AFTER, Fault.HANG_BEFORE):
                for operation in vendor.operations:
                    if fault in vendor.possible[operation]:
                        vendor.plan.script(operation, [fault])
                with pytest.raises(YouTubeFailure) as caught:
                    await call()
                vendor.plan.clear()
                failures.append(caught.value)
    assert len(failures) == 33
    for failed in failures:
        shown = "".join(traceback.format_exception(failed)) + repr(vars(failed)) + failed.user_message
        # The lines of this file are part of a traceback.
        shown = "\n".join(line for line in shown.splitlines() if "lambda" not in line and "token" not in line)
        assert [secret for secret in SECRETS if secret in shown] == []


def test_representations_hide_what_they_hold() -> None:
    """Whatever is printed by mistake."""
    at, client = Addresses(), Client("id", CLIENT_SECRET, "http://127.0.0.1/")
    now = datetime.now(UTC)
    held = [
        client,
        Issued("ya29.access-1", "1//0refresh-1", 1.0, frozenset()),
        Tokens("ya29.access-1", "1//0refresh-1", now),
        Place("https://x/?upload_id=AsimulatedSession1"),
        Begun("https://x/?state=4/0Acode-", "youtube_1", "4/0Acode-1", now),
        Vault(ENCRYPTION_KEY),
        calls.refresh(at, client, "1//0refresh-1"),
        calls.exchange(at, client, code="4/0Acode-1", verifier="v"),
        calls.revoke(at, "1//0refresh-1"),
        calls.my_channel(at, "ya29.access-1"),
        calls.how_far("https://x/?upload_id=AsimulatedSession1", "ya29.access-1", 5),
    ]
    shown = "\n".join(f"{each!r} {each}" for each in held)
    assert [secret for secret in SECRETS if secret in shown] == []
