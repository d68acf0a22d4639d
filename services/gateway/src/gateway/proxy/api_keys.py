"""API keys: a request that shows one goes on with a short access token in its place, as if it had logged in.

Users says what a key may do (``/internal/api-keys/token``) and is asked again every ``ASKED_AGAIN_S``; the token says
it to everybody else. The key itself leaves the gateway for users alone.
"""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

import structlog
from starlette.types import Scope

from chassis.errors import BadRequest, NotAllowed, NotAuthenticated, Unavailable
from chassis.http.client import Refused, ServiceClient
from chassis.identity import api_keys as form
from chassis.identity.tokens import Identity, authorization, bearer_token

log = structlog.get_logger(__name__)

HEADER = b"x-api-key"

ASKED_AGAIN_S = 30.0
"""How long a plan that no longer comes with keys, or an account that was closed, may go unnoticed."""

TRIED_AGAIN_S = 2.0

_MOST_KEYS = 10_000


class ApiKeyRefused(NotAuthenticated):
    """The API key is unknown, has expired, or was revoked."""

    code = "api_key_refused"


class KeyOutOfScope(NotAllowed):
    """The API key was not given the right to do this; the details name the scope that is needed."""

    code = "api_key_out_of_scope"


class KeyElsewhere(NotAllowed):
    """The API key may not be used from this address."""

    code = "api_key_wrong_address"


@dataclass(frozen=True, slots=True)
class _Known:
    """What users said of a key; ``fresh_until`` and ``ends_at`` in ticks."""

    key_id: UUID
    token: str
    networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]
    fresh_until: float
    ends_at: float


class ApiKeys:
    """Exchanges keys, and remembers what came of it by their hash. ``ticks`` in seconds."""

    def __init__(self, users: ServiceClient | None, *, ticks: Callable[[], float] = time.monotonic) -> None:
        self._users = users
        self._ticks = ticks
        self._known: OrderedDict[bytes, _Known] = OrderedDict()
        self._asking: dict[bytes, asyncio.Task[_Known]] = {}

    async def close(self) -> None:
        """Close the connections to users."""
        if self._users is not None:
            await self._users.close()

    async def admitted(self, scope: Scope) -> Scope:
        """``scope`` with an access token instead of its API key; unchanged where it shows none.

        Raises ``ApiKeyRefused`` and ``KeyElsewhere``, what users refuses the key with, and ``Unavailable``.
        """
        key = _shown(scope)
        if key is None:
            return scope
        known = await self._look_up(key)
        if known.networks and not _is_within(scope, known.networks):
            raise KeyElsewhere("This API key may not be used from your address. Add the address, or use another key.")
        return without_key(scope, token=known.token)

    def forget(self, key_id: UUID) -> None:
        """The key was revoked: users is asked at its next use."""
        for name in [name for name, known in self._known.items() if known.key_id == key_id]:
            del self._known[name]

    async def _look_up(self, key: str) -> _Known:
        if not form.is_well_formed(key):
            raise ApiKeyRefused("This is no API key: it is incomplete, or has a typing error.")
        name, now = form.hashed(key), self._ticks()
        known = self._known.get(name)
        if known is not None and now < known.fresh_until:
            self._known.move_to_end(name)
            return known
        # Requests of one key that come together ask once, and none of them ends the question when its client leaves.
        task = self._asking.get(name)
        if task is None:
            task = self._asking[name] = asyncio.create_task(self._ask(key, name, known))
            task.add_done_callback(lambda _: self._asking.pop(name, None))
        return await asyncio.shield(task)

    async def _ask(self, key: str, name: bytes, before: _Known | None) -> _Known:
        if self._users is None:
            raise Unavailable("users is not set up here.", retry_after_s=60)
        now = self._ticks()
        try:
            answer = await self._users.post("/internal/api-keys/token", {"key": key})
        except Refused as refusal:
            self._known.pop(name, None)
            if refusal.status == NotAuthenticated.status:
                raise ApiKeyRefused(refusal.message) from refusal
            raise
        except Unavailable:
            if before is None or now >= before.ends_at:
                raise
            # What users said holds as long as its token: users being away stops nobody who is known.
            log.warning("api_keys.not_asked", known=len(self._known))
            known = _Known(before.key_id, before.token, before.networks, now + TRIED_AGAIN_S, before.ends_at)
        else:
            known = _read(answer, now)
        self._known[name] = known
        if len(self._known) > _MOST_KEYS:
            self._known.popitem(last=False)
        return known


def check_scope(identity: Identity, needed: str | None) -> None:
    """Raise ``KeyOutOfScope`` unless the caller may do what needs the scope ``needed``; None is what no key may."""
    if identity.scopes is None or needed in identity.scopes:
        return
    if needed is None:
        raise KeyOutOfScope("No API key may do this. Log in, and send the access token.")
    raise KeyOutOfScope(
        f"This API key may not do this: it lacks the scope `{needed}`. Make a key that has it.",
        details={"scope": needed, "scopes": [*sorted(identity.scopes)]},
    )


def without_key(scope: Scope, *, token: str | None = None) -> Scope:
    """``scope`` without the key that it shows, and with ``token`` in its place if there is one."""
    if _shown(scope) is None:
        return scope
    headers = [(name, value) for name, value in scope["headers"] if name not in (HEADER, b"authorization")]
    if token is not None:
        headers.append((b"authorization", f"Bearer {token}".encode()))
    return {**scope, "headers": headers}


def _shown(scope: Scope) -> str | None:
    """The key of a request, in either place. Raises ``BadRequest`` where it shows two, or a token besides."""
    given = [value.decode("latin-1").strip() for name, value in scope["headers"] if name == HEADER]
    header = authorization(scope["headers"])
    if given:
        if len(given) > 1 or header is not None:
            raise BadRequest("Send one X-API-Key header and no Authorization, or the other way round.")
        return str(given[0])
    token: str | None = bearer_token(header)
    return token if token is not None and form.looks_like_key(token) else None


def _is_within(scope: Scope, networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]) -> bool:
    try:
        address = ipaddress.ip_address(scope["client"][0] if scope.get("client") else "")
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return any((mapped or address) in network for network in networks)


def _read(answer: Mapping[str, object], now: float) -> _Known:
    addresses = answer["allowed_addresses"]
    lives = float(str(answer["expires_in"]))
    return _Known(
        key_id=UUID(str(answer["key_id"])),
        token=str(answer["access_token"]),
        networks=tuple(ipaddress.ip_network(one) for one in addresses) if isinstance(addresses, list) else (),
        fresh_until=now + min(ASKED_AGAIN_S, lives),
        ends_at=now + lives,
    )
