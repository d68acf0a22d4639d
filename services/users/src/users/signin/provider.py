"""Talking to a provider of identities: its discovery document, its keys, the exchange of a code."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

import httpx
import jwt
import orjson
import structlog

from users.signin.errors import IdentityRefused, ProviderAway
from users.signin.protocol import (
    Assertion,
    Endpoints,
    Registration,
    Unbelievable,
    UnknownKey,
    authorization_url,
    believed,
    exchange_form,
    signing_keys,
)

log = structlog.get_logger(__name__)

_LARGEST_ANSWER = 1024 * 1024
_WHOLE_ANSWER_S = 10.0
_KEPT_S = 3600.0
_AGAIN_AT_MOST_EVERY_S = 10.0

_OUR_FAULT = ("invalid_client", "unauthorized_client", "redirect_uri_mismatch", "invalid_request")
"""What an administrator has to mend: the client's id, secret or registered address."""

Read = TypeVar("Read")


class _Kept(Generic[Read]):
    """A document that is read again after an hour, or when it is known to be too old."""

    def __init__(self, ticks: Callable[[], float]) -> None:
        self._ticks = ticks
        self._read_at = float("-inf")
        self.value: Read | None = None

    def keep(self, value: Read) -> Read:
        self.value, self._read_at = value, self._ticks()
        return value

    @property
    def fresh(self) -> Read | None:
        return self.value if self._ticks() - self._read_at < _KEPT_S else None

    @property
    def may_be_asked_again(self) -> bool:
        return self._ticks() - self._read_at >= _AGAIN_AT_MOST_EVERY_S


class IdentityProvider:
    """One provider, as one registered client of it. Nothing of what it says is kept but documents and keys.

    Reading is tried twice; a code is exchanged once, because it is good for one try. ``ticks`` are monotonic seconds.
    """

    def __init__(self, client: Registration, http: httpx.AsyncClient, ticks: Callable[[], float]) -> None:
        self.client = client
        self.http = http
        self._endpoints = _Kept[Endpoints](ticks)
        self._keys = _Kept[dict[str, jwt.PyJWK]](ticks)

    async def authorization_url(self, *, redirect_uri: str, state: str, nonce: str, verifier: str) -> str:
        """Where the browser goes to ask for consent. Raises ``ProviderAway``."""
        return authorization_url(
            self.client,
            await self._discovered(),
            redirect_uri=redirect_uri,
            state=state,
            nonce=nonce,
            verifier=verifier,
        )

    async def assertion(self, code: str, *, redirect_uri: str, verifier: str, nonce: str, now: int) -> Assertion:
        """Exchange a code for what the provider vouches for. Raises ``IdentityRefused`` and ``ProviderAway``."""
        endpoints = await self._discovered()
        # Before the code is spent: with nothing to check the answer against, it would be lost.
        keys = self._keys.fresh or await self._read_keys(endpoints)
        token = await self._exchange(endpoints, code, redirect_uri=redirect_uri, verifier=verifier, now=now)
        try:
            try:
                return believed(token, keys, self.client, nonce=nonce, now=now)
            except UnknownKey:
                if not self._keys.may_be_asked_again:
                    raise
                return believed(token, await self._read_keys(endpoints), self.client, nonce=nonce, now=now)
        except Unbelievable as refusal:
            log.warning("signin.unbelievable", provider=self.client.name, reason=refusal.reason)
            raise IdentityRefused(
                "What the provider said about you could not be confirmed. Start the sign-in again.",
                details={"reason": refusal.reason},
            ) from None

    async def _discovered(self) -> Endpoints:
        if (known := self.client.endpoints or self._endpoints.fresh) is not None:
            return known
        document = await self._read(f"{self.client.issuer}/.well-known/openid-configuration")
        try:
            return self._endpoints.keep(Endpoints.of(document, self.client.issuer))
        except ValueError as wrong:
            raise self._away(str(wrong)) from None

    async def _read_keys(self, endpoints: Endpoints) -> dict[str, jwt.PyJWK]:
        try:
            return self._keys.keep(signing_keys(await self._read(endpoints.keys)))
        except ValueError as wrong:
            raise self._away(str(wrong)) from None

    async def _read(self, url: str) -> Mapping[str, Any]:
        try:
            return await self._read_once(url)
        except ProviderAway:
            return await self._read_once(url)

    async def _read_once(self, url: str) -> Mapping[str, Any]:
        status, answer = await self._ask("GET", url)
        if status != 200:
            raise self._away(f"status {status}")
        return answer

    async def _exchange(self, endpoints: Endpoints, code: str, *, redirect_uri: str, verifier: str, now: int) -> str:
        form = exchange_form(self.client, code=code, redirect_uri=redirect_uri, verifier=verifier, now=now)
        status, answer = await self._ask("POST", endpoints.token, form)
        token = answer.get("id_token")
        if status == 200 and isinstance(token, str):
            return token
        # RFC 6749, section 5.2. Anything but a refused code is not the person's doing.
        if status == 400 and answer.get("error") == "invalid_grant":
            log.warning("signin.code_refused", provider=self.client.name)
            raise IdentityRefused(
                "The provider did not accept this sign-in. Start it again.", details={"reason": "code_refused"}
            )
        if answer.get("error") in _OUR_FAULT:
            raise self._away(f"it refuses this platform: {answer['error']}")
        raise self._away("no ID token" if status == 200 else f"status {status}")

    async def _ask(self, method: str, url: str, form: Mapping[str, str] | None = None) -> tuple[int, dict[str, Any]]:
        """Status and JSON object; an error's body may be anything. Raises ``ProviderAway``."""
        try:
            async with (
                asyncio.timeout(_WHOLE_ANSWER_S),
                self.http.stream(method, url, data=form, headers={"Accept": "application/json"}) as reply,
            ):
                content = bytearray()
                async for part in reply.aiter_bytes():
                    content += part
                    if len(content) > _LARGEST_ANSWER:
                        raise self._away("answer too large")
        except (httpx.HTTPError, TimeoutError) as failure:
            # The message of some of these holds the address, and others what was received.
            raise self._away(type(failure).__name__) from None
        try:
            answer = orjson.loads(content)
        except orjson.JSONDecodeError:
            answer = None
        if isinstance(answer, dict):
            return reply.status_code, answer
        if reply.status_code < 400:
            raise self._away("no JSON object")
        return reply.status_code, {}

    def _away(self, reason: str) -> ProviderAway:
        log.warning("signin.provider_away", provider=self.client.name, reason=reason)
        return ProviderAway(
            f"{self.client.name.title()} does not answer as it should. Start the sign-in again in a moment.",
            details={"provider": self.client.name},
            retry_after_s=5,
        )
