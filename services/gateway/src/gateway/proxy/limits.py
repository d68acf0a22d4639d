"""How often one client may ask (GTW-13 to GTW-22), as data, and how many live streams one user may hold."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network

from starlette.types import Scope

from chassis.errors import RateLimited
from chassis.identity.limits import Limit, Limiter, Verdict
from chassis.identity.tokens import Identity

MINUTE, HOUR = 60, 3600


@dataclass(frozen=True, slots=True)
class Rule:
    """``method`` on ``path`` may be asked so often by a user, and without a token by an address.

    A path that ends in ``/*`` is all that begin so, counted together.
    """

    method: str
    path: str
    limit: Limit

    @property
    def name(self) -> str:
        """Under which it is counted."""
        return f"{self.method} {self.path}"

    def matches(self, method: str, path: str) -> bool:
        """Whether a request is one of those."""
        if method != self.method:
            return False
        return path.startswith(self.path[:-1]) if self.path.endswith("/*") else path == self.path


RULES: tuple[Rule, ...] = (
    Rule("POST", "/api/v1/auth/register", Limit(5, MINUTE)),
    Rule("POST", "/api/v1/auth/login", Limit(10, MINUTE)),
    Rule("POST", "/api/v1/auth/login/second-factor", Limit(10, MINUTE)),
    Rule("POST", "/api/v1/auth/forgot-password", Limit(3, HOUR)),
    # Each hashes a password before anybody knows whose it is.
    Rule("POST", "/api/v1/auth/reset-password", Limit(10, MINUTE)),
    Rule("POST", "/api/v1/auth/verify-email/resend", Limit(3, HOUR)),
    Rule("POST", "/api/v1/files", Limit(20, MINUTE)),
    Rule("POST", "/api/v1/workflows", Limit(10, HOUR)),
    Rule("POST", "/api/v1/batches", Limit(10, HOUR)),
    # Each brings a video here first.
    Rule("POST", "/api/v1/trim", Limit(60, HOUR)),
    Rule("POST", "/api/v1/auto-hooks", Limit(20, HOUR)),
    Rule("POST", "/api/v1/billing/subscription", Limit(3, HOUR)),
    Rule("POST", "/api/v1/ai/*", Limit(30, MINUTE)),
    # Each opens a stranger's film.
    Rule("POST", "/api/v1/verify", Limit(20, MINUTE)),
)
"""Stricter than the rest; what they let through counts there too."""

ANONYMOUS, USER = Limit(60, MINUTE), Limit(120, MINUTE)
"""Everything together: of an address without a token, of a user."""

UNLIMITED = frozenset(
    {
        "/api/v1/billing/webhooks/stripe",
        "/api/v1/billing/webhooks/razorpay",
        "/api/v1/vendors/replicate/webhook",
    }
)
"""A payment processor that is told to come later comes later, and money waits."""

OBJECTS = "/api/v1/objects/"
SIGNED_LINKS = Limit(600, MINUTE)
"""A player asks for a video in many ranges; the right to each link was counted when it was given."""

BEHIND_ONE_ADDRESS = 10
"""How many users one address may stand for: an office, a school."""

PLANS: Mapping[tuple[str, str], int] = {
    ("talkingphoto", "starter"): 2,
    ("talkingphoto", "pro"): 3,
    ("talkingphoto", "enterprise"): 10,
    ("reely", "pro"): 2,
    ("reely", "premium"): 3,
    ("filmstudio", "standard"): 2,
    ("filmstudio", "pro"): 3,
    ("filmstudio", "enterprise"): 10,
    ("pixie", "premium"): 3,
}
"""How many times the limits a product line's plan has."""

KEY_SHARE = 0.75
"""Of its owner's limits, what one API key may take: a program never shuts its owner out."""

STREAMS = 20
"""Live streams that one user may have open at a time, through one replica of the gateway."""


class TooManyStreams(RateLimited):
    """This many live streams are open already; close one."""

    code = "too_many_streams"


class Limits:
    """Counts requests. ``factor`` multiplies every limit."""

    def __init__(self, limiter: Limiter, *, factor: float = 1.0) -> None:
        self._limiter = limiter
        self._factor = factor
        self._streams: Counter[str] = Counter()

    async def take(self, scope: Scope, identity: Identity | None) -> dict[str, str]:
        """Count one request; headers for its answer. Raises ``RateLimited``."""
        path: str = scope["path"]
        if path in UNLIMITED:
            return {}
        address = f"address {network_of(scope)}"
        rules = [(rule.name, rule.limit) for rule in RULES if rule.matches(scope["method"], path)]
        if path.startswith(OBJECTS):
            rules, identity = [("objects", SIGNED_LINKS)], None
        else:
            rules.append(("all", ANONYMOUS if identity is None else USER))
        wanted = []
        for name, limit in rules:
            if identity is None:
                keys: list[tuple[str, float]] = [(address, 1)]
            else:
                times = float(PLANS.get((identity.product_line, identity.plan), 1))
                keys = [(f"user {identity.user_id}", times), (f"{address} users", times * BEHIND_ONE_ADDRESS)]
                if identity.scopes is not None:
                    # First: what a key is refused takes nothing from its owner.
                    keys.insert(0, (f"key {identity.session_id}", times * KEY_SHARE))
            wanted += [(f"{name} {who}", self._times(limit, times)) for who, times in keys]
        verdicts = await self._limiter.take_each(wanted)
        verdicts[-1].require()
        return tightest(verdicts).headers()

    @contextmanager
    def stream(self, user: str) -> Iterator[None]:
        """Hold one live stream of ``user``. Raises ``TooManyStreams``."""
        if self._streams[user] >= max(1, STREAMS * self._factor):
            raise TooManyStreams(f"You have {self._streams[user]} live streams open. Close one.", retry_after_s=5)
        self._streams[user] += 1
        try:
            yield
        finally:
            self._streams[user] -= 1
            if not self._streams[user]:
                del self._streams[user]

    def _times(self, limit: Limit, times: float) -> Limit:
        return Limit(max(1, math.ceil(limit.count * times * self._factor)), limit.per_seconds)


def tightest(verdicts: list[Verdict]) -> Verdict:
    """The one that will refuse first."""
    return min(verdicts, key=lambda verdict: verdict.remaining)


def network_of(scope: Scope) -> str:
    """Who calls, as far as an address tells: of IPv6 the network, of which a customer has a whole one."""
    host = scope["client"][0] if scope.get("client") else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ip_network((address, 64), strict=False).network_address)
