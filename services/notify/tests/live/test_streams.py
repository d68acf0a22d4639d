"""Server-sent events: history, live, end; resume, heartbeat, owner."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import aiohttp
import orjson
import pytest
from fastapi import FastAPI
from sse_starlette.sse import AppStatus

from chassis import ids
from chassis.bus.port import ACKNOWLEDGE
from chassis.clock import ManualClock
from chassis.errors import NotAuthenticated
from chassis.identity.tokens import Identity
from chassis.messaging.consumer import wait_until
from chassis.testing.served import served
from chassis.testing.slices import TokenIsTheUser, slice_of
from chassis.testing.tokens import Issuer, an_identity
from contracts.users import SessionRevoked
from notify.composition import SPEC
from notify.live.hub import Hub


class Reader:
    """Speaks ASGI to the app, so that a stream can be read while it is open and then be left."""

    def __init__(self, app: Any, path: str, headers: dict[str, str], query: str = "") -> None:
        self.status: int | None = None
        self.headers: dict[str, str] = {}
        self._left = asyncio.Event()
        self._received: asyncio.Queue[bytes] = asyncio.Queue()
        self._buffer = b""
        self._ended = False
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "scheme": "http",
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }
        self.task = asyncio.ensure_future(app(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            self._received.put_nowait(message.get("body", b""))
            if not message.get("more_body", False):
                self._received.put_nowait(b"\x04")

    async def next(self) -> bytes:
        """The next event or comment; ``b""`` when the stream has ended."""
        async with asyncio.timeout(10):
            while b"\n\n" not in self._buffer and not self._ended:
                piece = await self._received.get()
                self._ended = piece == b"\x04"
                self._buffer += b"" if self._ended else piece
        event, _, self._buffer = self._buffer.partition(b"\n\n")
        return event

    async def updates(self, number: int) -> list[dict[str, Any]]:
        """So many updates, checked against their ids and names."""
        found = []
        for _ in range(number):
            lines = dict(line.split(b": ", 1) for line in (await self.next()).split(b"\n"))
            update = orjson.loads(lines[b"data"])
            assert (int(lines[b"id"]), lines[b"event"].decode()) == (update["sequence"], update["state"])
            found.append(update)
        return found

    async def leave(self) -> None:
        self._left.set()
        async with asyncio.timeout(10):
            await self.task


@asynccontextmanager
async def following(
    notify: Any, run: Any, *, as_user: object = None, last: str | None = None, query: str = ""
) -> AsyncIterator[Reader]:
    headers = {"Authorization": f"Bearer {as_user or run.user_id}"} | ({"Last-Event-ID": last} if last else {})
    reader = Reader(notify.service.app, f"/api/v1/workflows/{run.id}/events", headers, query)
    try:
        yield reader
    finally:
        await reader.leave()


async def test_history_then_live_then_the_end(notify: Any, new_run: Any) -> None:
    run = new_run()
    await notify.happen(run.created(), run.progressed())
    async with following(notify, run) as stream:
        assert [update["sequence"] for update in await stream.updates(2)] == [1, 2]
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert stream.headers["cache-control"] == "no-store"
        assert stream.headers["x-accel-buffering"] == "no"
        began = time.monotonic()
        await notify.happen(run.step())
        [update] = await stream.updates(1)
        assert update["step_completed"]["attempts"] == 1
        # Nothing but the wake-up can have been so quick: the safety net looks every five seconds.
        assert time.monotonic() - began < 1
        await notify.happen(run.completed())
        assert [update["state"] for update in await stream.updates(1)] == ["completed"]
        assert await stream.next() == b""
    assert len(notify.service.app.state.hub) == 0


async def test_a_finished_run_is_told_whole_and_ended(notify: Any, new_run: Any) -> None:
    run = new_run()
    await notify.happen(run.created(), run.step(), run.failed())
    async with following(notify, run) as stream:
        assert [update["state"] for update in await stream.updates(3)] == ["pending", "processing", "failed"]
        assert await stream.next() == b""


async def test_a_stream_resumes_after_the_last_event_seen(notify: Any, new_run: Any) -> None:
    run = new_run()
    await notify.happen(run.created(), run.progressed(), run.cancelled())
    async with following(notify, run, last="1") as stream:
        assert [update["sequence"] for update in await stream.updates(2)] == [2, 3]
        assert await stream.next() == b""


async def test_who_cannot_send_headers_says_the_last_event_in_the_address(notify: Any, new_run: Any) -> None:
    run = new_run()
    await notify.happen(run.created(), run.progressed(), run.cancelled())
    async with following(notify, run, query="after=1") as stream:
        assert [update["sequence"] for update in await stream.updates(2)] == [2, 3]
    # A browser that connects again by itself sends the header as well, and it has seen more since.
    async with following(notify, run, last="2", query="after=1") as stream:
        assert [update["sequence"] for update in await stream.updates(1)] == [3]


async def test_who_has_seen_the_end_is_told_not_to_come_again(notify: Any, new_run: Any) -> None:
    run = new_run()
    await notify.happen(run.created(), run.completed())
    async with following(notify, run, last="2") as stream:
        assert await stream.next() == b""
        assert stream.status == 204


async def test_updates_that_arrive_out_of_order_are_told_in_order(notify: Any, new_run: Any) -> None:
    run = new_run()
    first, second, end = run.created(), run.step(), run.completed()
    await notify.happen(first)
    async with following(notify, run) as stream:
        assert len(await stream.updates(1)) == 1
        await notify.happen(end)
        await notify.happen(second)
        assert [update["sequence"] for update in await stream.updates(2)] == [2, 3]


async def test_an_update_that_never_comes_is_not_waited_for(notify: Any, new_run: Any) -> None:
    run = new_run()
    await notify.happen(run.created(), run.completed(sequence=3))
    async with following(notify, run) as stream:
        assert [update["sequence"] for update in await stream.updates(2)] == [1, 3]
        assert await stream.next() == b""


async def test_a_quiet_stream_says_that_it_lives(notify: Any, new_run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = notify.service.app.state.settings
    quick = settings.model_copy(update={"heartbeat_s": 0.05})
    monkeypatch.setattr(notify.service.app.state, "settings", quick)
    run = new_run()
    await notify.happen(run.created())
    async with following(notify, run) as stream:
        await stream.updates(1)
        assert [await stream.next() for _ in range(3)] == [b": alive"] * 3


async def test_who_connects_before_the_first_event_waits_for_it(notify: Any, new_run: Any) -> None:
    run = new_run()
    async with following(notify, run) as stream:
        await wait_until(lambda: len(notify.service.app.state.hub) == 1, timeout_s=5)
        await notify.happen(run.created())
        assert len(await stream.updates(1)) == 1


async def test_another_users_run_and_an_unknown_one_are_not_found_alike(notify: Any, new_run: Any) -> None:
    run = new_run()
    await notify.happen(run.created(), run.completed())
    async with notify.client(ids.uuid7()) as stranger:
        foreign = await stranger.get(f"/api/v1/workflows/{run.id}/events", headers={"Last-Event-ID": "2"})
        unknown = await stranger.get(f"/api/v1/workflows/{ids.uuid7()}/events")
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.json()["error"]["message"] == unknown.json()["error"]["message"]
    async with notify.client() as nobody:
        assert (await nobody.get(f"/api/v1/workflows/{run.id}/events")).status_code == 401


async def test_an_administrator_follows_anybodys_run(
    notify: Any, new_run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = new_run()
    await notify.happen(run.created(), run.completed())

    async def verify(token: str) -> Identity:
        return an_identity(user_id=UUID(token), role="admin")

    monkeypatch.setattr(notify.service.app.state.verifier, "verify", verify)
    async with notify.client(ids.uuid7()) as administrator:
        seen = await administrator.get(f"/api/v1/workflows/{run.id}/events")
    assert seen.status_code == 200 and "event: completed" in seen.text


async def test_another_users_run_and_an_unknown_one_take_the_same_time_and_few_looks(
    notify: Any, new_run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = new_run()
    await notify.happen(run.created(), run.progressed())
    looks = counted(notify, monkeypatch)
    seconds = {}
    async with notify.client(ids.uuid7()) as stranger:
        for name, run_id in (("foreign", run.id), ("unknown", ids.uuid7())):
            looks.clear()
            began = time.monotonic()
            assert (await stranger.get(f"/api/v1/workflows/{run_id}/events")).status_code == 404
            seconds[name] = time.monotonic() - began
            assert len(looks) == 2, name
    assert all(took >= 0.3 for took in seconds.values()), seconds


async def test_who_claims_to_have_seen_the_future_is_told_everything(notify: Any, new_run: Any) -> None:
    run = new_run()
    await notify.happen(run.created(), run.progressed())
    async with following(notify, run, last="1000000") as stream:
        assert [update["sequence"] for update in await stream.updates(2)] == [1, 2]
        await notify.happen(run.completed())
        assert [update["state"] for update in await stream.updates(1)] == ["completed"]
        assert await stream.next() == b""


def counted(notify: Any, monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """Grows with each look into the database."""
    looks: list[None] = []
    connection = notify.database.connection

    def counting() -> Any:
        looks.append(None)
        return connection()

    monkeypatch.setattr(notify.database, "connection", counting)
    return looks


async def test_a_hundred_quiet_streams_ask_the_database_as_often_as_one(
    notify: Any, new_run: Any, database_for: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And they hear of what was told to the log and announced to nobody."""
    quick = {"live_poll_s": 0.1, "heartbeat_s": 5}
    async with slice_of(SPEC, database_for, type(notify), settings=quick) as busy, AsyncExitStack() as stack:
        runs = [new_run() for _ in range(100)]
        await busy.tell(*(run.created() for run in runs))
        streams = [await stack.enter_async_context(following(busy, run)) for run in runs]
        for stream in streams:
            await stream.updates(1)
        looks, began = counted(busy, monkeypatch), time.monotonic()
        await wait_until(lambda: len(looks) >= 5, timeout_s=10)
        assert time.monotonic() - began > 0.3, "one look each tenth of a second, not one for each stream"
        await busy.tell(*(run.completed() for run in runs))
        for stream in streams:
            assert [update["state"] for update in await stream.updates(1)] == ["completed"]


class EndsWhenTold(TokenIsTheUser):
    """Refuses every token from the moment it is told to."""

    ended = False

    async def verify(self, token: str) -> Identity:
        if self.ended:
            raise NotAuthenticated("The session has ended.")
        return await super().verify(token)


async def test_a_stream_ends_when_its_session_does(notify: Any, new_run: Any, database_for: Any) -> None:
    verifier = EndsWhenTold(notify.clock)
    quick = {"live_poll_s": 0.1, "heartbeat_s": 5}
    async with slice_of(SPEC, database_for, type(notify), verifier=verifier, settings=quick) as slice_:
        run = new_run()
        await slice_.happen(run.created())
        async with following(slice_, run) as stream:
            await stream.updates(1)
            verifier.ended = True
            assert await stream.next() == b""
            await slice_.happen(run.completed())
        assert stream.status == 200
        async with following(slice_, run, last="1") as again:
            assert b"not_authenticated" in await again.next()
            assert again.status == 401


async def test_a_stream_ends_when_its_token_runs_out_or_is_revoked(
    notify: Any, new_run: Any, database_for: Any
) -> None:
    """With the real verifier; the end of one session leaves the other alone."""
    issuer, now = Issuer(), 1_800_000_000.0
    clock = ManualClock(datetime.fromtimestamp(now, UTC))
    verifier = issuer.verifier(clock=lambda: clock.now().timestamp())
    quick = {"live_poll_s": 0.1, "heartbeat_s": 5}
    async with slice_of(SPEC, database_for, type(notify), verifier=verifier, settings=quick, clock=clock) as slice_:
        run = new_run()
        await slice_.happen(run.created())
        first, second = (an_identity(user_id=run.user_id, issued_at=clock.now()) for _ in range(2))
        async with (
            following(slice_, run, as_user=issuer.token(first)) as one,
            following(slice_, run, as_user=issuer.token(second)) as other,
        ):
            await one.updates(1)
            await other.updates(1)
            await slice_.announce(SessionRevoked(session_id=first.session_id, user_id=run.user_id))
            assert await one.next() == b""
            await slice_.happen(run.progressed())
            assert len(await other.updates(1)) == 1
            clock.advance(timedelta(minutes=20))
            assert await other.next() == b""


async def test_a_client_that_leaves_ends_its_stream(notify: Any, new_run: Any) -> None:
    run = new_run()
    await notify.happen(run.created())
    async with following(notify, run) as one, following(notify, run) as other:
        await one.updates(1)
        await other.updates(1)
        assert len(notify.service.app.state.hub) == 2
        await one.leave()
        assert len(notify.service.app.state.hub) == 1
        await notify.happen(run.progressed())
        assert len(await other.updates(1)) == 1


async def test_the_log_keeps_each_number_of_a_run_once(notify: Any, new_run: Any) -> None:
    """A second delivery, a crash before the acknowledgement, and the same event sent again under a new id."""
    run = new_run()
    events = [run.created(), run.progressed(), run.step()]
    deliveries = [notify.delivery(event) for event in events]
    assert await notify.deliver(*deliveries) == [ACKNOWLEDGE] * 3
    before = await notify.rows("SELECT * FROM client_events ORDER BY sequence")
    assert await notify.deliver(*deliveries) == [ACKNOWLEDGE] * 3
    assert await notify.tell(*events, *events) == [ACKNOWLEDGE] * 6
    assert await notify.rows("SELECT * FROM client_events ORDER BY sequence") == before
    assert [row["sequence"] for row in before] == [1, 2, 3]


async def test_every_text_stays_one_event(notify: Any, new_run: Any) -> None:
    run = new_run()
    words = "one\ntwo\r\n\nid: 7\r: three \u2028 four"
    await notify.happen(run.created(), run.progressed(message=words), run.completed())
    async with following(notify, run) as stream:
        _, update, _ = await stream.updates(3)
        assert update["status"]["message"] == words
        assert await stream.next() == b""


@asynccontextmanager
async def listening(url: str, run: Any) -> AsyncIterator[aiohttp.StreamReader]:
    headers = {"Authorization": f"Bearer {run.user_id}"}
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as client,
        client.get(f"{url}/api/v1/workflows/{run.id}/events", headers=headers) as answer,
    ):
        assert answer.status == 200
        yield answer.content


async def test_streams_end_when_the_server_does_and_nobody_waits_for_them(notify: Any, new_run: Any) -> None:
    """In order: what reads them sees an end and no broken connection, so it comes again with what it has seen."""
    runs = [new_run() for _ in range(3)]
    for run in runs:
        await notify.happen(run.created())
    async with aiohttp.ClientSession() as client:
        async with served(notify.service.app) as url:
            streams = []
            for run in runs:
                headers = {"Authorization": f"Bearer {run.user_id}"}
                answer = await client.get(f"{url}/api/v1/workflows/{run.id}/events", headers=headers)
                assert (await answer.content.readuntil(b"\n\n")).startswith(b"id: 1\n")
                streams.append(answer)
            began = time.monotonic()
        # One second is the server's patience, after which it would have cut them off.
        assert time.monotonic() - began < 0.9
        assert [await answer.content.read() for answer in streams] == [b""] * 3
    assert len(notify.service.app.state.hub) == 0
    # And once more: the end of one server is not the end of the next one.
    async with served(notify.service.app) as url, listening(url, runs[0]) as content:
        assert (await content.readuntil(b"\n\n")).startswith(b"id: 1\n")
        await notify.happen(runs[0].completed())
        assert b"completed" in await content.read()
    assert not AppStatus.should_exit


async def test_one_servers_end_leaves_the_streams_of_another_alone(notify: Any, new_run: Any) -> None:
    """Many applications in one process, as in the embedded topology."""
    run = new_run()
    await notify.happen(run.created())
    async with served(notify.service.app) as staying, listening(staying, run) as kept:
        await kept.readuntil(b"\n\n")
        async with served(notify.service.app) as leaving, listening(leaving, run) as ended:
            await ended.readuntil(b"\n\n")
            async with served(FastAPI()):
                pass
            assert len(notify.service.app.state.hub) == 2
        assert len(notify.service.app.state.hub) == 1
        await notify.happen(run.completed())
        assert b"completed" in await kept.read()


def test_a_hub_in_any_event_loop() -> None:
    """Loops come and go with tests and threads; nothing of one is left for the next."""

    async def nothing(_: Any) -> dict[Any, int]:
        return {}

    async def follow_and_end() -> None:
        hub, stopping, run_id = Hub(nothing, every_s=60), asyncio.Event(), ids.uuid7()
        with hub.follow(run_id, stopping) as stream:
            asyncio.get_running_loop().call_soon(stopping.set)
            async with asyncio.timeout(5):
                await stream.wait(60)
        assert len(hub) == 0

    threads = [threading.Thread(target=asyncio.run, args=(follow_and_end(),)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
