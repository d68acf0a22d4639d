"""B6: a GET through the gateway beside a bare proxy of the same library; B7: the same with a token and without.

The gateway is the service in one process: token, limits, product line, headers, request id and a log line for each
request. Behind both proxies is one server that answers 60 bytes. ``added_p50_us`` is what the gateway adds to asking
that server directly, one request at a time. B7 asks a public path of the gateway beside one that needs a token, with
1, 1,000 and 10,000 tokens in turn, each of a user of its own.

    python benchmarks/gateway_edge.py [--tokens] [--quick]
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from _harness import Meter, Result, Sample, Side, compare, main
from _wire import Wire, alone, request, until_input_ends

from chassis.clock import SystemClock
from chassis.identity.tokens import TokenVerifier
from chassis.observe.logs import configure_logging
from chassis.run.service import Dependencies
from chassis.testing.served import served
from chassis.testing.tokens import AUDIENCE, ISSUER, Issuer
from gateway.composition import SPEC
from gateway.settings import Settings

AT_ONCE = 16
SECURED, PUBLIC = "/api/v1/users/me", "/api/v1/auth/erasure"
# A bare proxy makes 0.26 of nginx here, of which the gate is 0.12: 0.46 of the bare one.
PROXY_GATE, PROXY_GOAL = 0.46, 1.1
TOKEN_GATE, TOKEN_GOAL = 0.7, 0.95
MOST_ADDED_US = 400.0

Application = Callable[..., Awaitable[None]]


async def answering(scope: Any, receive: Any, send: Any) -> None:
    """The server behind: sixty bytes, whatever is asked."""
    if scope["type"] == "lifespan":
        while (message := await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": message["type"] + ".complete"})
        return
    headers = [(b"content-type", b"application/json"), (b"content-length", b"60")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"0" * 60})


def bare(upstream: str) -> Application:
    """A proxy that does nothing but carry."""
    session: list[aiohttp.ClientSession] = []

    async def carry(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await answering(scope, receive, send)
            for opened in session:
                await opened.close()
            return
        if not session:
            session.append(aiohttp.ClientSession(auto_decompress=False, connector=aiohttp.TCPConnector(limit=0)))
        headers = [(name.decode(), value.decode()) for name, value in scope["headers"] if name != b"host"]
        async with session[0].request(scope["method"], upstream + scope["path"], headers=headers) as answer:
            await send({"type": "http.response.start", "status": answer.status, "headers": answer.raw_headers})
            while piece := await answer.content.readany():
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})

    return carry


def gateway(upstream: str, keys: Path) -> Application:
    """The service, with the keys of that file."""
    settings = Settings(
        env="test",
        upstreams=dict.fromkeys(("users", "billing", "workflow", "notify", "ai_router", "export"), upstream),
        rate_limit_factor=1e9,
    )
    configure_logging(settings)

    known = json.loads(keys.read_text())

    async def fetch() -> Any:
        return known

    dependencies = Dependencies(
        database=None,
        store=None,  # type: ignore[arg-type]
        verifier=TokenVerifier(fetch, issuer=ISSUER, audience=AUDIENCE),
        clock=SystemClock(),
        processes=None,  # type: ignore[arg-type]
    )
    return SPEC.build(settings, dependencies).app


async def serve(kind: str, upstream: str = "", keys: str = "") -> None:
    """One of the three, until standard input ends."""
    made: dict[str, Callable[[], Application]] = {
        "--answering": lambda: answering,
        "--bare": lambda: bare(upstream),
        "--gateway": lambda: gateway(upstream, Path(keys)),
    }
    async with served(made[kind](), trusted_proxies="127.0.0.1") as address:  # type: ignore[arg-type]
        await until_input_ends(address)


class Stage:
    """The three servers, and who asks them."""

    def __init__(self, direct: str, peer: tuple[str, int], ours: tuple[str, int], issuer: Issuer) -> None:
        self.direct, self._peer, self._ours, self.issuer = direct, peer, ours, issuer

    def side(self, name: str, promise: str, requests: list[bytes], times: int, *, peer: bool = False) -> Side:
        """Ask the gateway, or the bare proxy, so many times."""
        url, pid = self._peer if peer else self._ours
        wire = Wire(url, AT_ONCE)

        async def run() -> Sample:
            meter = Meter([pid])
            await wire.ask(requests, times)
            return meter.sample(times)

        return Side(name, promise, run)

    async def one_by_one(self, times: int) -> dict[str, float]:
        """Medians of one request at a time, in microseconds."""
        asked = [request(SECURED, self.issuer.token())]
        took = {}
        for name, url in (("direct", self.direct), ("bare", self._peer[0]), ("gateway", self._ours[0])):
            took[name] = statistics.median(await Wire(url, 1).ask(asked, times)) * 1e6
        return {
            "direct_p50_us": took["direct"],
            "added_p50_us": took["gateway"] - took["direct"],
            "bare_added_p50_us": took["bare"] - took["direct"],
            "most_added_us": MOST_ADDED_US,
        }


@asynccontextmanager
async def staged() -> AsyncIterator[Stage]:
    """The servers, each in a process of its own."""
    issuer = Issuer()
    async with AsyncExitStack() as stack:
        keys = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gateway-edge-"))) / "keys.json"
        keys.write_text(json.dumps(issuer.key_set()))
        direct, _ = await stack.enter_async_context(alone(__file__, "--answering"))
        peer = await stack.enter_async_context(alone(__file__, "--bare", direct))
        ours = await stack.enter_async_context(alone(__file__, "--gateway", direct, str(keys)))
        yield Stage(direct, peer, ours, issuer)


async def proxying(quick: bool) -> Result:
    """B6."""
    times = 2_000 if quick else 6_000
    async with staged() as stage:
        asked = [request(SECURED, stage.issuer.token())]
        alone_us = await stage.one_by_one(times // 10)
        return await compare(
            "B6 gateway beside a bare proxy",
            stage.side("gateway", "token, limits, ids, log line", asked, times),
            stage.side("aiohttp", "carries", asked, times, peer=True),
            rounds=3 if quick else 7,
            gate=PROXY_GATE,
            goal=PROXY_GOAL,
            counters=lambda: alone_us,
        )


async def authentication(quick: bool) -> Result:
    """B7. The ratio is that of 1,000 tokens."""
    times = 2_000 if quick else 6_000
    async with staged() as stage:
        tokens = [request(SECURED, stage.issuer.token()) for _ in range(10_000)]
        public = stage.side("no token", "public path", [request(PUBLIC)], times)
        found: dict[str, float] = {}
        for count in (1, 10_000):
            # Known before they are measured, as they are after their first request.
            await stage.side("", "", tokens[:count], max(times, count)).run()
            with_token = await stage.side("", "", tokens[:count], times).run()
            found[f"ratio_{count}"] = with_token.rate / (await public.run()).rate
        return await compare(
            "B7 with a token beside without",
            stage.side("1,000 tokens", "checked, not revoked", tokens[:1_000], times),
            public,
            rounds=3 if quick else 7,
            gate=TOKEN_GATE,
            goal=TOKEN_GOAL,
            counters=lambda: found,
        )


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] in ("--answering", "--bare", "--gateway"):
        asyncio.run(serve(*sys.argv[1:]))
    else:
        main(authentication if "--tokens" in sys.argv else proxying)
