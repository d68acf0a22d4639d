from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from starlette.types import Message, Receive, Scope, Send

from chassis.clock import SystemClock
from chassis.identity.tokens import TokenVerifier
from chassis.run.service import Dependencies, Service
from chassis.testing.served import served
from chassis.testing.tokens import Issuer
from gateway.composition import SPEC
from gateway.settings import Settings


class Upstream:
    """A service of the test's own: notes what arrives, answers as the path says."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.open = 0
        self.release = asyncio.Event()
        self.largest_piece = 0
        self.says: dict[str, tuple[int, Any]] = {}
        """Status and JSON by path, instead of what its last part is answered with."""
        self.told: list[bytes] = [b"id: 1\n\n", b"id: 2\n\n"]
        """What an event stream says, the last of it when released."""

    def say(self, path: str, body: Any, status: int = 200) -> None:
        """Answer this JSON there."""
        self.says[path] = (status, body)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            while (message := await receive())["type"] != "lifespan.shutdown":
                await send({"type": "lifespan.startup.complete"})
            await send({"type": message["type"] + ".complete"})
            return
        seen: dict[str, Any] = {
            "method": scope["method"],
            "path": scope["raw_path"].decode(),
            "query": scope["query_string"].decode(),
            "headers": [(name.decode(), value.decode()) for name, value in scope["headers"]],
            "size": 0,
            "body": b"",
            "left": False,
        }
        self.requests.append(seen)
        self.open += 1
        try:
            await self._read(receive, seen)
            kind = scope["path"].rsplit("/", 1)[-1]
            if seen["path"] in self.says:
                await self._say(*self.says[seen["path"]], send)
            else:
                await getattr(self, f"answer_{kind}", self.answer_plain)(seen, receive, send)
        finally:
            self.open -= 1

    async def _read(self, receive: Receive, seen: dict[str, Any]) -> None:
        more = True
        while more:
            message: Message = await receive()
            if message["type"] == "http.disconnect":
                seen["left"] = True
                return
            piece = message.get("body", b"")
            self.largest_piece = max(self.largest_piece, len(piece))
            seen["size"] += len(piece)
            # Of what is large the beginning says enough.
            seen["body"] = (seen["body"] + piece)[:10_000]
            more = message.get("more_body", False)

    async def _say(self, status: int, answer: Any, send: Send) -> None:
        headers = [(b"content-type", b"application/json; charset=utf-8")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        # In two pieces, as a longer one comes.
        said = json.dumps(answer).encode()
        await send({"type": "http.response.body", "body": said[:5], "more_body": True})
        await send({"type": "http.response.body", "body": said[5:]})

    async def answer_plain(self, seen: dict[str, Any], receive: Receive, send: Send) -> None:
        headers = [
            (b"content-type", b"application/json"),
            (b"x-from-service", b"yes"),
            (b"connection", b"x-of-this-hop"),
            (b"x-of-this-hop", b"yes"),
            (b"x-request-id", b"the-service-own-id"),
            (b"set-cookie", b"a=1"),
            (b"set-cookie", b"b=2"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{}"})

    async def answer_events(self, seen: dict[str, Any], receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        *at_once, last = self.told
        for piece in at_once:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        gone = asyncio.ensure_future(receive())
        waiting = asyncio.ensure_future(self.release.wait())
        await asyncio.wait({gone, waiting}, return_when=asyncio.FIRST_COMPLETED)
        seen["left"] = gone.done()
        gone.cancel()
        waiting.cancel()
        await send({"type": "http.response.body", "body": last})

    async def answer_hanging(self, seen: dict[str, Any], receive: Receive, send: Send) -> None:
        seen["left"] = (await receive())["type"] == "http.disconnect"

    async def answer_moved(self, seen: dict[str, Any], receive: Receive, send: Send) -> None:
        headers = [(b"location", b"/api/v1/objects/plain"), (b"cache-control", b"public, max-age=60")]
        await send({"type": "http.response.start", "status": 307, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async def answer_broken(self, seen: dict[str, Any], receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"100")]})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise ConnectionAbortedError


@dataclass
class Gateway:
    """The gateway behind a real server, with real services behind it."""

    url: str
    http: aiohttp.ClientSession
    upstream: Upstream
    issuer: Issuer
    service: Service
    stop: Callable[[], Awaitable[None]]
    told: dict[str, Callable[..., Any]] = field(default_factory=dict)

    def request(self, method: str, path: str, *, token: str | None = "", **arguments: Any) -> Any:
        """A request with a good token, with ``token``, or with none."""
        headers = dict(arguments.pop("headers", {}))
        if token is not None:
            headers["Authorization"] = f"Bearer {token or self.issuer.token()}"
        return self.http.request(method, f"{self.url}{path}", headers=headers, **arguments)


@pytest_asyncio.fixture(loop_scope="session")
async def gateway(request: pytest.FixtureRequest) -> AsyncIterator[Gateway]:
    """One gateway, its limits times the parameter; ``users`` is up, ``billing`` refuses, ``export`` is not set up."""
    async with AsyncExitStack() as stack:
        upstream, issuer = Upstream(), Issuer()
        # A service believes the gateway by its address.
        url = await stack.enter_async_context(served(upstream, trusted_proxies="127.0.0.1"))
        settings = Settings(
            env="test",
            upstreams={
                "users": url,
                "workflow": f"{url}/",
                "notify": url,
                "ai_router": url,
                # The port is reserved, and nobody listens there.
                "billing": "http://127.0.0.1:1",
            },
            allowed_origins="https://app.example.org",
            product_line_hosts={"pixie.example.org": "pixie"},
            product_line_origins={"https://studio.example.org": "filmstudio"},
            rate_limit_factor=float(getattr(request, "param", 1000.0)),
            upstream_read_s=0.5,
            upstream_answer_s=1.5,
            upstream_connect_s=0.5,
        )
        verifier: TokenVerifier = issuer.verifier()
        service = SPEC.build(
            settings,
            Dependencies(
                database=None,
                store=None,  # type: ignore[arg-type]
                verifier=verifier,
                clock=SystemClock(),
                processes=None,  # type: ignore[arg-type]
            ),
        )
        serving = await stack.enter_async_context(AsyncExitStack())
        gateway_url = await serving.enter_async_context(served(service.app))
        http = await stack.enter_async_context(aiohttp.ClientSession(auto_decompress=False))
        yield Gateway(gateway_url, http, upstream, issuer, service, serving.aclose)
        upstream.release.set()
