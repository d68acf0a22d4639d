"""The key that signs tokens is replaced, a replica of users at a time, behind a gateway: nobody is logged out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count
from typing import Any

import aiohttp
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.clock import SystemClock
from chassis.data.database import Database
from chassis.identity.tokens import TokenVerifier
from chassis.run.service import Dependencies, ServiceSpec
from chassis.settings import load
from chassis.testing.served import served
from chassis.testing.slices import DatabaseFor
from gateway.composition import SPEC as GATEWAY
from users.composition import SPEC as USERS

ACCOUNT = {"email": "asha@example.com", "password": "monsoon-42-lamp"}
CONSENTS = [{"kind": "terms"}, {"kind": "privacy"}]


def new_key() -> str:
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return Ed25519PrivateKey.generate().private_bytes(encoding, form, serialization.NoEncryption()).decode()


def verifier(replicas: list[str]) -> TokenVerifier:
    """Asks the replicas for their keys in turn, as through a balancer, and again for every token."""
    turns = count()

    async def fetch() -> dict[str, Any]:
        url = replicas[next(turns) % len(replicas)]
        async with aiohttp.ClientSession() as http, http.get(f"{url}/.well-known/jwks.json") as answer:
            found: dict[str, Any] = await answer.json()
        return found

    return TokenVerifier(
        fetch, issuer="talkingphoto", audience="talkingphoto-api", keys_max_age_s=0, refresh_at_most_every_s=0
    )


@asynccontextmanager
async def running(
    spec: ServiceSpec, replicas: list[str], database_url: str | None, **settings: Any
) -> AsyncIterator[str]:
    """One process of a service behind a socket; its address."""
    database = Database(database_url, service=spec.name) if database_url is not None else None
    dependencies = Dependencies(
        database=database,
        store=None,  # type: ignore[arg-type]  # neither has objects
        verifier=verifier(replicas),
        clock=SystemClock(),
        processes=None,  # type: ignore[arg-type]
    )
    app = spec.build(load(spec.settings, env="test", **settings), dependencies).app
    try:
        async with served(app) as url:
            yield url
    finally:
        if database is not None:
            await database.close()


async def test_replacing_the_key_of_two_replicas_logs_nobody_out(database_for: DatabaseFor) -> None:
    database_url = await database_for(USERS)
    async with AsyncExitStack() as stack:
        replicas: list[str] = []

        async def replica(held_by: AsyncExitStack) -> str:
            users = running(USERS, replicas, database_url, bcrypt_cost=10, jwt_private_key=new_key())
            url = await held_by.enter_async_context(users)
            replicas.append(url)
            return url

        http = await stack.enter_async_context(aiohttp.ClientSession())
        going = await stack.enter_async_context(AsyncExitStack())
        old = await replica(going)
        staying = await replica(stack)
        tokens: list[str] = []

        async def log_in(url: str) -> None:
            async with http.post(f"{url}/api/v1/auth/login", json=ACCOUNT) as answer:
                assert answer.status == 200
                tokens.append((await answer.json())["access_token"])

        async def everybody_is_let_in(gateway: str) -> None:
            for token in tokens * 3:
                headers = {"Authorization": f"Bearer {token}"}
                for url in (gateway, *replicas):
                    async with http.get(f"{url}/api/v1/users/me", headers=headers) as answer:
                        assert answer.status == 200, await answer.text()

        async with http.post(f"{old}/api/v1/auth/register", json=ACCOUNT | {"consents": CONSENTS}) as answer:
            assert answer.status == 201
        gateway = await stack.enter_async_context(running(GATEWAY, replicas, None, upstreams={"users": staying}))
        for url in (old, staying):
            await log_in(url)
        await everybody_is_let_in(gateway)

        # The first of the two goes, and comes again with another key.
        replicas.remove(old)
        await going.aclose()
        await everybody_is_let_in(gateway)
        fresh = await replica(stack)
        for url in (fresh, staying, fresh):
            await log_in(url)
            await everybody_is_let_in(gateway)
