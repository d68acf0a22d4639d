"""B18: a payment processor's webhooks come in, half of them twice and in no order, beside a minimal intake.

Ours is billing's endpoint with everything around it: signature, envelope, the event kept once, its subscription brought
up to date, the account put on its plan, one commit, 200. The peer is FastAPI and asyncpg: it compares the HMAC and
inserts the event once. Both answer over the same in-process transport; no credit is granted twice.

    python benchmarks/webhooks.py [--quick]
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import shutil
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random
from typing import Any

import asyncpg
import httpx
import orjson
import stripe
import uvloop
from _harness import Meter, Result, Sample, Side, Wrong, _p99, compare, main
from fastapi import FastAPI, Request, Response

from billing.composition import SPEC
from billing.payments.endpoints import PATH
from chassis import ids
from chassis.data import migrations
from chassis.run.private_postgres import PrivatePostgres
from chassis.run.service import ServiceSpec
from chassis.testing.slices import Slice, slice_of

AT_ONCE = 8
GATE, GOAL = 0.4, 0.85
RATE, MOST_MS = 200, 50.0
"""Requests a second at which 99 of 100 answers are to come within so long."""
SECRET = "whsec_for_measuring"  # noqa: S105  # nobody's

Post = tuple[bytes, str]


class Intake:
    """The two sides over one PostgreSQL."""

    def __init__(self, billing: Slice, postgres: PrivatePostgres, url: str, events: int) -> None:
        self.billing, self.postgres, self.events = billing, postgres, events
        self._url = url
        self._rounds = 0
        self.calm_ms: list[float] = []

    async def ours(self) -> Sample:
        """Billing's webhook."""
        posts = self._posts()
        async with self.billing.client() as client:
            meter = Meter([self.postgres.pid])
            await _all(client, PATH, posts)
            sample = meter.sample(len(posts))
            await self._calmly(client)
        [row] = await self.billing.fetch(
            "SELECT count(*) AS kept, count(DISTINCT id) AS ids, count(*) FILTER (WHERE result IS NULL) AS undone "
            "FROM payment_events WHERE id LIKE $1",
            f"evt_{self._rounds}_%",
        )
        [granted] = await self.billing.fetch(
            "SELECT count(*) AS times FROM (SELECT account, reference FROM ledger_entries WHERE kind = 'purchase' "
            "GROUP BY 1, 2 HAVING count(*) > 1) AS twice"
        )
        if (row["kept"], row["ids"], row["undone"], granted["times"]) != (self.events, self.events, 0, 0):
            raise Wrong(f"{row['kept']} events were kept of {self.events}, {row['undone']} without effect")
        return sample

    async def minimal(self) -> Sample:
        """Check, insert once, answer."""
        posts = self._posts()
        pool = await asyncpg.create_pool(self._url.replace("+asyncpg", ""), min_size=AT_ONCE, max_size=AT_ONCE)
        app = _minimal(pool)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://minimal") as client:
            meter = Meter([self.postgres.pid])
            await _all(client, "/webhook", posts)
            sample = meter.sample(len(posts))
        await pool.close()
        return sample

    async def _calmly(self, client: httpx.AsyncClient) -> None:
        """How long an answer takes at a rate that a large shop has."""

        async def one(post: Post) -> None:
            began = time.perf_counter()
            await _send(client, PATH, post)
            self.calm_ms.append((time.perf_counter() - began) * 1e3)

        async with asyncio.TaskGroup() as group:
            for post in self._posts(prefix="calm", events=RATE // 2):
                group.create_task(one(post))
                await asyncio.sleep(1 / RATE)

    def _posts(self, prefix: str = "", events: int | None = None) -> list[Post]:
        if not prefix:
            self._rounds += 1
        random = Random(self._rounds)
        name, number = prefix or "evt", events or self.events
        bodies = [self._body(f"{name}_{self._rounds}_{index}", index) for index in range(number)]
        posts = [(body, stripe.WebhookSignature.generate_signature_header(body.decode(), SECRET, self._now()))
                 for body in bodies]  # fmt: skip
        posts += random.sample(posts, len(posts) // 2)
        random.shuffle(posts)
        return posts

    def _now(self) -> int:
        return int(self.billing.clock.now().timestamp())

    def _body(self, id: str, index: int) -> bytes:
        now = self._now()
        item: dict[str, Any] = {
            "id": f"si_{index}",
            "price": {"id": "price_of_nobody", "recurring": {"interval": "month"}},
            "current_period_start": now,
            "current_period_end": now + 2_592_000,
        }
        subscription = {
            "id": f"sub_{self._rounds}_{index % 100}",
            "object": "subscription",
            "customer": f"cus_{index % 100}",
            "status": "active",
            "metadata": {"user_id": str(ids.uuid7()), "product_line": "talkingphoto"},
            "items": {"data": [item]},
            "cancel_at_period_end": False,
        }
        event = {
            "id": id,
            "object": "event",
            "type": "customer.subscription.updated",
            "created": now - 100 + index % 90,
            "livemode": False,
            "data": {"object": subscription},
        }
        return orjson.dumps(event)


def _minimal(pool: asyncpg.Pool) -> FastAPI:
    app = FastAPI()

    @app.post("/webhook")
    async def receive(request: Request) -> Response:
        body = await request.body()
        at, signature = (part.split("=", 1)[1] for part in request.headers["stripe-signature"].split(","))
        expected = hmac.new(SECRET.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected, signature):
            return Response(status_code=400)
        event = orjson.loads(body)
        await pool.execute(
            "INSERT INTO bare_events (id, body) VALUES ($1, $2) ON CONFLICT DO NOTHING", event["id"], body.decode()
        )
        return Response(b'{"received":true}', media_type="application/json")

    return app


async def _send(client: httpx.AsyncClient, path: str, post: Post) -> None:
    body, signature = post
    answer = await client.post(path, content=body, headers={"stripe-signature": signature})
    if answer.status_code != 200:
        raise Wrong(f"{path} said {answer.status_code}: {answer.text}")


async def _all(client: httpx.AsyncClient, path: str, posts: list[Post]) -> None:
    left = iter(posts)

    async def sender() -> None:
        for post in left:
            await _send(client, path, post)

    await asyncio.gather(*(sender() for _ in range(AT_ONCE)))


async def benchmark(quick: bool) -> Result:
    """Set everything up, compare, take everything down."""
    folder = Path(tempfile.mkdtemp(prefix="talkingphoto-b18-"))
    async with AsyncExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        postgres = PrivatePostgres(folder / "postgres")
        await postgres.start()
        stack.push_async_callback(postgres.stop)
        urls: list[str] = []

        async def database_for(spec: ServiceSpec) -> str:
            urls.append(await postgres.create_database(spec.name))
            await migrations.upgrade(urls[0], spec.migrations)
            return urls[0]

        settings = {"stripe_webhook_secret": SECRET}
        billing = await stack.enter_async_context(slice_of(SPEC, database_for, Slice, settings=settings))
        await billing.execute("CREATE TABLE bare_events (id text PRIMARY KEY, body text NOT NULL)")
        intake = Intake(billing, postgres, urls[0], 400 if quick else 2_000)
        return await compare(
            "B18 payment webhooks",
            Side("billing's webhook", "signed, once, in effect, one commit", intake.ours),
            Side("FastAPI and asyncpg", "signed, inserted once", intake.minimal),
            rounds=3 if quick else 7,
            gate=GATE,
            goal=GOAL,
            counters=lambda: {"p99_ms_at_200_a_second": _p99(intake.calm_ms)},
        )


if __name__ == "__main__":
    uvloop.install()
    main(benchmark)
