"""Four product lines on one platform: each sells its own, and whatever line somebody says, nobody is held up by it."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from chassis.bus.rabbitmq.bus import RabbitMQBus
from chassis.testing.tokens import AUDIENCE, ISSUER, an_identity
from contracts.product_lines import PRODUCT_LINES
from talkingphoto.client import Client, Credentials
from talkingphoto.making import Order
from talkingphoto_runner.layout import Home
from users.keys.signing import SigningKey

pytestmark = [pytest.mark.journey, pytest.mark.timeout(180)]

OTHERS = ("reely", "pixie", "filmstudio")
OF_BILLING = ("billing.commands", "billing.accounts")


async def rows(platform: Any, service: str, statement: str) -> list[Any]:
    connection = await asyncpg.connect(platform.database_urls[service].replace("+asyncpg", ""))
    try:
        return list(await connection.fetch(statement))
    finally:
        await connection.close()


async def dead_letters(platform: Any, request: pytest.FixtureRequest) -> set[UUID]:
    if platform.name == "embedded":
        return {
            row["id"]
            for service in platform.database_urls
            for row in await rows(platform, service, "TABLE dead_letters")
        }
    bus = RabbitMQBus(request.getfixturevalue("rabbitmq").url)
    return {letter.id for queue in OF_BILLING for letter in await bus.dead_letters(queue, 100)}


async def of_other_lines(platform: Any) -> set[UUID]:
    """Runs and holds of what is not a talking photo."""
    return {
        row["id"]
        for service, table in (("workflow", "runs"), ("billing", "holds"))
        for row in await rows(platform, service, f"SELECT id FROM {table} WHERE product_line <> 'talkingphoto'")  # noqa: S608
    }


def token_for(platform: Any, line: str) -> str:
    """A token of this platform's own key, in a line that its owner has not logged in to."""
    pem = Home(platform.home).signing_key.read_bytes()
    key = SigningKey.of(load_pem_private_key(pem, password=None))  # type: ignore[arg-type]
    return key.sign(an_identity(product_line=line), issuer=ISSUER, audience=AUDIENCE)


async def test_fifty_orders_of_what_another_line_makes_harm_nobody(
    platform: Any, user: Client, portrait: Path, request: pytest.FixtureRequest
) -> None:
    before, known = await dead_letters(platform, request), await of_other_lines(platform)
    uploaded = await user.upload(portrait)
    order = Order(photo=portrait, script="Hi there.", platforms=("tiktok",)).request()
    order |= {"input_file_id": uploaded["id"], "target_duration": 1}
    own = user._http.headers["Authorization"]
    async with httpx.AsyncClient(base_url=platform.url, timeout=60) as http:

        async def refused(line: str) -> None:
            said = {"Authorization": own, "X-Product-Line": line}
            named = {"Authorization": f"Bearer {token_for(platform, line)}"}
            orders = [http.post("/api/v1/workflows", json=order, headers=headers) for headers in (said, named) * 25]
            for answer in await asyncio.gather(*orders):
                error = answer.json()["error"]
                assert (answer.status_code, error["code"]) in (
                    (409, "product_line_differs"),
                    (409, "product_of_another_line"),
                )
                assert error["details"]["product_line"] == "talkingphoto"

        accepted, *_ = await asyncio.gather(
            user.create_run(order, idempotency_key="of-our-own-line"), *(refused(line) for line in OTHERS)
        )
    assert [update async for update in user.follow(accepted["id"])][-1]["state"] == "completed"
    assert await of_other_lines(platform) == known
    assert await dead_letters(platform, request) == before


async def joined(http: httpx.AsyncClient) -> dict[str, Any]:
    """A new account in the line that the client says; its balance."""
    body = {"email": f"{secrets.token_hex(5)}@example.com", "password": "monsoon-42-lamp"}
    opened = await http.post("/api/v1/auth/register", json=body | {"name": "Asha"})
    assert opened.status_code == 201, opened.text
    tokens = (await http.post("/api/v1/auth/login", json=body)).json()
    http.headers["Authorization"] = f"Bearer {tokens['access_token']}"
    async with asyncio.timeout(30):
        while (balance := await http.get("/api/v1/billing/credits/balance")).status_code == 404:
            await asyncio.sleep(0.1)
    return dict(balance.json())


async def paid(http: httpx.AsyncClient, url: str) -> None:
    """Pay on the sandbox's page."""
    answer = await http.post(f"{httpx.URL(url).path}/pay")
    assert answer.status_code == 303, answer.text


async def test_every_line_opens_accounts_and_sells_in_its_own_way(platform: Any) -> None:
    """Film studio by credits that last, Reely by counts, Pixie by a month's credits; each in its own plans."""
    for line, credits in (("reely", 0), ("filmstudio", 3), ("pixie", 25)):
        pages = {"success_url": f"{platform.url}/paid", "cancel_url": f"{platform.url}/plans"}
        async with httpx.AsyncClient(
            base_url=platform.url, timeout=60, headers={"X-Product-Line": line}, trust_env=False
        ) as http:
            account = await joined(http)
            assert (account["product_line"], account["plan_type"], account["available"]) == (line, "free", credits)
            plans = (await http.get("/api/v1/billing/plans")).json()["items"]
            assert tuple(plan["plan_type"] for plan in plans) == PRODUCT_LINES[line].plans
            if line == "filmstudio":
                assert [plan["price_monthly"] for plan in plans] == ["0.00", "39.00", "49.00", "99.00"]
                long = await http.post("/api/v1/billing/quotes", json={"kind": "film", "seconds": 120})
                assert (long.status_code, long.json()["error"]["code"]) == (422, "too_long")
                topup = await http.post("/api/v1/billing/credits/topup", json={"plan_type": "standard"})
                assert topup.status_code == 402, topup.text
                await paid(http, topup.json()["error"]["details"]["checkout_url"])
                quote = (await http.post("/api/v1/billing/quotes", json={"kind": "film", "seconds": 120})).json()
                assert (quote["credits"]["maximum"], quote["obstacle"]) == (6, None)
                entries = (await http.get("/api/v1/billing/credits/transactions")).json()["items"]
                told = [(entry["transaction_type"], entry["amount"], entry["balance_after"]) for entry in entries]
                assert told == [("purchase", 30, 33), ("grant", 3, 3)]
                wanted = ("standard", 33)
            else:
                plan = {"reely": "pro", "pixie": "premium"}[line]
                visit = await http.post("/api/v1/billing/checkout", json={"plan": plan, **pages})
                assert visit.status_code == 200, visit.text
                await paid(http, visit.json()["checkout_url"])
                wanted = (plan, {"reely": 0, "pixie": 500}[line])
            after = (await http.get("/api/v1/billing/credits/balance")).json()
            assert (after["plan_type"], after["available"]) == wanted, line
            usage = (await http.get("/api/v1/usage/current")).json()
            if line == "reely":
                assert {name: meter["limit"] for name, meter in usage["meters"].items()} == {
                    "trims": 100,
                    "auto_hooks": 50,
                }
            if line == "pixie":
                moved = await http.put("/api/v1/billing/subscription", json={"plan": "premium", "interval": "year"})
                assert (moved.status_code, moved.json()["interval"]) == (200, "year"), moved.text
                ended = await http.post("/api/v1/billing/subscription/cancel", json={})
                assert (ended.status_code, ended.json()["cancel_at_period_end"]) == (200, True)
                assert (await http.get("/api/v1/billing/payments")).json()["total"] == 2


async def test_only_what_may_be_said_makes_a_session_of_another_line(platform: Any) -> None:
    credentials = Credentials(f"asha-{secrets.token_hex(5)}@example.com", "monsoon-42-lamp")
    async with Client(platform.url) as client:
        await client.register(credentials, name="Asha")
    async with httpx.AsyncClient(base_url=platform.url, timeout=60) as http:
        body = {"email": credentials.email, "password": credentials.password}
        said = await http.post("/api/v1/auth/login", json=body, headers={"X-Product-Line": "filmstudio"})
        # Nobody gets a longer life than their own line's by asking for another one.
        assert (said.status_code, said.json()["expires_in"]) == (200, 900), said.text
        for headers in ({}, {"X-Internal-Product-Line": "filmstudio"}):
            tokens = (await http.post("/api/v1/auth/login", json=body, headers=headers)).json()
            assert tokens["expires_in"] == 900
        told = {"Authorization": f"Bearer {tokens['access_token']}", "X-Internal-Product-Line": "pixie"}
        balance = await http.get("/api/v1/billing/credits/balance", headers=told)
        assert (balance.status_code, balance.json()["product_line"]) == (200, "talkingphoto")
