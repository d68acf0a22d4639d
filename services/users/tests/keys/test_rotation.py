"""Replacing the key that signs: replicas with the old one and the new one, and nobody is ever refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.clock import ManualClock
from chassis.errors import NotAuthenticated
from chassis.identity.tokens import TokenVerifier
from chassis.settings import SettingsError
from chassis.testing.slices import NOW, DatabaseFor, Slice, slice_of
from chassis.testing.tokens import AUDIENCE, ISSUER
from users.composition import SPEC
from users.devices import AddressHasher, Device
from users.keys.keyring import Keyring
from users.keys.signing import load
from users.settings import Settings

BODY = {
    "email": "asha@example.com",
    "password": "monsoon-42-lamp",
    "consents": [{"kind": "terms"}, {"kind": "privacy"}],
}


def new_key() -> str:
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return Ed25519PrivateKey.generate().private_bytes(encoding, form, serialization.NoEncryption()).decode()


@dataclass
class Replicas:
    """Processes of users on one database, each with a key of its own, behind a balancer that asks them in turn."""

    database_for: DatabaseFor
    stack: AsyncExitStack
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    running: list[Slice] = field(default_factory=list)
    url: str | None = None
    turns: int = 0

    async def start(self, **settings: Any) -> Slice:
        async def shared(_: Any) -> str:
            self.url = self.url or await self.database_for(SPEC)
            return self.url

        replica = await self.stack.enter_async_context(
            slice_of(
                SPEC,
                shared,
                Slice,
                clock=self.clock,
                verifier=self.verifier(),
                settings={"bcrypt_cost": 10, "jwt_private_key": new_key(), **settings},
            )
        )
        replica.service.app.state.hasher._cost = 4
        self.running.append(replica)
        return replica

    def verifier(self, **options: Any) -> TokenVerifier:
        """As the gateway and every service has one."""

        async def fetch() -> dict[str, Any]:
            self.turns += 1
            async with self.running[self.turns % len(self.running)].client() as client:
                keys: dict[str, Any] = (await client.get("/.well-known/jwks.json")).json()
            return keys

        return TokenVerifier(
            fetch,
            issuer=ISSUER,
            audience=AUDIENCE,
            refresh_at_most_every_s=0.01,
            clock=lambda: self.clock.now().timestamp(),
            **options,
        )


@pytest_asyncio.fixture(loop_scope="session")
async def replicas(database_for: DatabaseFor) -> AsyncIterator[Replicas]:
    async with AsyncExitStack() as stack:
        yield Replicas(database_for, stack)


async def log_in(replica: Slice) -> str:
    async with replica.client() as client:
        answer = await client.post("/api/v1/auth/login", json={name: BODY[name] for name in ("email", "password")})
    token: str = answer.json()["access_token"]
    return token


async def profile(replica: Slice, token: str) -> httpx.Response:
    async with replica.client(token) as client:
        return await client.get("/api/v1/users/me")


async def test_tokens_of_the_old_and_the_new_key_are_good_everywhere_all_the_time(replicas: Replicas) -> None:
    old = await replicas.start()
    async with old.client() as client:
        assert (await client.post("/api/v1/auth/register", json=BODY)).status_code == 201
    gateway = replicas.verifier(keys_max_age_s=0.0)
    tokens = [await log_in(old)]
    await gateway.verify(tokens[0])
    new = await replicas.start()
    for _ in range(5):
        tokens += [await log_in(new), await log_in(old)]
        for token in tokens:
            assert (await gateway.verify(token)).email == "asha@example.com"
            assert [(await profile(replica, token)).status_code for replica in (old, new)] == [200, 200]


async def test_many_logins_at_the_new_replica_are_believed_at_once(replicas: Replicas) -> None:
    old = await replicas.start()
    async with old.client() as client:
        await client.post("/api/v1/auth/register", json=BODY)
    gateway = replicas.verifier()
    await gateway.verify(await log_in(old))
    new = await replicas.start()
    tokens = await asyncio.gather(*(log_in(new) for _ in range(5)))
    await asyncio.gather(*(gateway.verify(token) for token in tokens))


async def test_the_old_key_stays_published_for_as_long_as_its_tokens_live(replicas: Replicas) -> None:
    old = await replicas.start()
    async with old.client() as client:
        await client.post("/api/v1/auth/register", json=BODY)
    await log_in(old)
    new = await replicas.start()
    replicas.running = [new]

    async def published() -> set[str]:
        async with new.client() as client:
            return {key["kid"] for key in (await client.get("/.well-known/jwks.json")).json()["keys"]}

    both = {replica.service.app.state.keyring.key.key_id for replica in (old, new)}
    assert await published() == both
    replicas.clock.advance(timedelta(hours=25))
    assert await published() == both
    replicas.clock.advance(timedelta(minutes=6))
    assert await published() == {new.service.app.state.keyring.key.key_id}


async def test_a_key_that_signs_for_days_is_noted_again(replicas: Replicas) -> None:
    old = await replicas.start()
    async with old.client() as client:
        await client.post("/api/v1/auth/register", json=BODY)
    for _ in range(4):
        await log_in(old)
        replicas.clock.advance(timedelta(minutes=40))
    [row] = await old.rows("SELECT last_signed_at FROM signing_keys")
    assert row["last_signed_at"] == NOW + timedelta(minutes=80)


async def test_a_withdrawn_key_is_told_to_everybody(replicas: Replicas) -> None:
    leaked = await replicas.start()
    async with leaked.client() as client:
        await client.post("/api/v1/auth/register", json=BODY)
    gateway = replicas.verifier(keys_max_age_s=0.0)
    stolen = await log_in(leaked)
    await gateway.verify(stolen)
    replicas.running.clear()
    fresh = await replicas.start(jwt_withdrawn_keys=leaked.service.app.state.keyring.key.key_id)
    await gateway.verify(await log_in(fresh))
    with pytest.raises(NotAuthenticated):
        await gateway.verify(stolen)


async def test_who_withdraws_the_key_in_use_is_told() -> None:
    key = load(Settings(env="test"))
    with pytest.raises(SettingsError, match="JWT_WITHDRAWN_KEYS"):
        Keyring(None, key, (key.key_id,))  # type: ignore[arg-type]


def test_hashes_of_addresses_outlive_the_key_of_tokens(tmp_path: Path) -> None:
    device = Device("203.0.113.9", None)
    settings = Settings(env="test", jwt_key_file=tmp_path / "signing.pem")
    load(settings)
    before = AddressHasher.of(settings)(device)
    (tmp_path / "signing.pem").unlink()
    load(settings)
    assert AddressHasher.of(settings)(device) == before
    assert (tmp_path / "addresses.key").stat().st_mode & 0o777 == 0o600


def test_replicas_that_are_told_one_key_count_together() -> None:
    device, given = Device("203.0.113.9", None), "0123456789abcdef0123456789abcdef"
    first, second = (AddressHasher.of(Settings(env="test", address_hash_key=given)) for _ in range(2))
    assert first(device) == second(device)


def test_production_needs_a_key_for_addresses() -> None:
    with pytest.raises(ValueError, match="ADDRESS_HASH_KEY"):
        Settings(env="production", jwt_private_key="k" * 40)
