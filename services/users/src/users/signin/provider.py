"""Talking to a provider of identities: its discovery document, its keys, the exchange of a code.

What is said is Authlib's; how long and how much may be listened to, and what a failure means, is said here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

import httpx
import structlog
from authlib.oauth2.client import OAuth2Client
from joserfc.jwk import KeySet

from users.signin.errors import IdentityRefused, ProviderAway
from users.signin.models import Assertion
from users.signin.protocol import Unbelievable, UnknownKey, believed, signing_keys
from users.signin.registrations import Endpoints, Registration

log = structlog.get_logger(__name__)

_LARGEST_ANSWER = 1024 * 1024
_WHOLE_ANSWER_S = 10.0
_KEPT_S = 3600.0
_AGAIN_AT_MOST_EVERY_S = 10.0

_OUR_FAULT = ("invalid_client", "unauthorized_client", "redirect_uri_mismatch", "invalid_request")
"""What an administrator has to mend: the client's id, secret or registered address."""

_MALFORMED = (ValueError, TypeError, RecursionError)
"""What comes of reading an answer that is not what it should be."""

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


class _Refused(Exception):
    """An error object of RFC 6749, section 5.2."""

    def __init__(self, error: object, description: object = None) -> None:
        super().__init__("the provider answered with an error")
        self.error = error


class _Flow(OAuth2Client):  # type: ignore[misc]  # Authlib has no types
    """Authlib's client for one sign-in; ``session`` is the function that asks.

    Its own clients for httpx answer with as much as the provider likes to send.
    """

    oauth_error_class = _Refused

    async def _fetch_token(
        self, url: str, *, body: str, headers: Mapping[str, str], auth: Any, method: str
    ) -> dict[str, Any]:
        url, headers, body = auth.prepare(method, url, headers, body)
        answer: dict[str, Any] = self.parse_response_token(
            await self.session(method, url, headers=headers, content=body)
        )
        return answer


class IdentityProvider:
    """One provider, as one registered client of it. Nothing of what it says is kept but documents and keys.

    Reading is tried twice; a code is exchanged once, because it is good for one try. ``ticks`` are monotonic seconds.
    """

    def __init__(self, client: Registration, http: httpx.AsyncClient, ticks: Callable[[], float]) -> None:
        self.client = client
        self.http = http
        self._endpoints = _Kept[Endpoints](ticks)
        self._keys = _Kept[KeySet](ticks)

    async def authorization_url(self, *, redirect_uri: str, state: str, nonce: str, verifier: str) -> str:
        """Where the browser goes to ask for consent. Raises ``ProviderAway``."""
        endpoints = await self._discovered()
        url: str
        url, _ = self._flow(redirect_uri).create_authorization_url(
            endpoints.authorization, state=state, code_verifier=verifier, nonce=nonce, **self.client.parameters
        )
        return url

    async def assertion(self, code: str, *, redirect_uri: str, verifier: str, nonce: str, now: int) -> Assertion:
        """Exchange a code for what the provider vouches for. Raises ``IdentityRefused`` and ``ProviderAway``."""
        endpoints = await self._discovered()
        # Before the code is spent: with nothing to check the answer against, it would be lost.
        keys = self._keys.fresh or await self._read_keys(endpoints)
        flow = self._flow(redirect_uri, secret=self.client.secret(now))
        answer = await self._exchange(flow, endpoints, code=code, code_verifier=verifier)

        def judged(keys: KeySet) -> Assertion:
            token, access_token = answer["id_token"], answer.get("access_token")
            return believed(token, keys, self.client, nonce=nonce, now=now, access_token=access_token)

        try:
            try:
                return judged(keys)
            except UnknownKey:
                if not self._keys.may_be_asked_again:
                    raise
                return judged(await self._read_keys(endpoints))
        except Unbelievable as refusal:
            log.warning("signin.unbelievable", provider=self.client.name, reason=refusal.reason)
            raise IdentityRefused(
                "What the provider said about you could not be confirmed. Start the sign-in again.",
                details={"reason": refusal.reason},
            ) from None

    def _flow(self, redirect_uri: str, secret: str | None = None) -> _Flow:
        return _Flow(
            self._ask,
            self.client.client_id,
            secret,
            token_endpoint_auth_method="client_secret_post",  # noqa: S106  a name of the standard's
            scope=self.client.scope,
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
        )

    async def _discovered(self) -> Endpoints:
        if (known := self.client.endpoints or self._endpoints.fresh) is not None:
            return known
        document = await self._read(f"{self.client.issuer}/.well-known/openid-configuration")
        try:
            return self._endpoints.keep(Endpoints.of(document, self.client.issuer))
        except ValueError as wrong:
            raise self._away(str(wrong)) from None

    async def _read_keys(self, endpoints: Endpoints) -> KeySet:
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
        answer = await self._ask("GET", url, headers={"Accept": "application/json"})
        if answer.status_code != 200:
            raise self._away(f"status {answer.status_code}")
        try:
            document = answer.json()
        except _MALFORMED:
            document = None
        if not isinstance(document, dict):
            raise self._away("no JSON object")
        return document

    async def _exchange(self, flow: _Flow, endpoints: Endpoints, **proof: str) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = await flow.fetch_token(endpoints.token, grant_type="authorization_code", **proof)
        except _Refused as refusal:
            # Anything but a refused code is not the person's doing.
            if refusal.error == "invalid_grant":
                log.warning("signin.code_refused", provider=self.client.name)
                raise IdentityRefused(
                    "The provider did not accept this sign-in. Start it again.", details={"reason": "code_refused"}
                ) from None
            reason = f"it refuses this platform: {refusal.error}" if refusal.error in _OUR_FAULT else "an error object"
            raise self._away(reason) from None
        except httpx.HTTPStatusError as failure:
            raise self._away(f"status {failure.response.status_code}") from None
        except _MALFORMED:
            raise self._away("no token answer") from None
        if not isinstance(answer.get("id_token"), str):
            raise self._away("no ID token")
        return answer

    async def _ask(self, method: str, url: str, **sent: Any) -> httpx.Response:
        """The whole answer, within bounds of time and size. Raises ``ProviderAway``."""
        try:
            async with asyncio.timeout(_WHOLE_ANSWER_S), self.http.stream(method, url, **sent) as reply:
                content = bytearray()
                async for part in reply.aiter_bytes():
                    content += part
                    if len(content) > _LARGEST_ANSWER:
                        raise self._away("answer too large")
        except (httpx.HTTPError, TimeoutError) as failure:
            # The message of some of these holds the address, and others what was received.
            raise self._away(type(failure).__name__) from None
        return httpx.Response(reply.status_code, content=bytes(content), request=reply.request)

    def _away(self, reason: str) -> ProviderAway:
        log.warning("signin.provider_away", provider=self.client.name, reason=reason)
        return ProviderAway(
            f"{self.client.name.title()} does not answer as it should. Start the sign-in again in a moment.",
            details={"provider": self.client.name},
            retry_after_s=5,
        )
