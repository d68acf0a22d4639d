"""Which providers of identities the settings set up, and what is particular to each."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chassis.settings import SettingsError
from users.settings import Settings

if TYPE_CHECKING:
    from joserfc.jwk import ECKey

    from users.signin.provider import IdentityProvider

KNOWN = ("google", "apple")
"""Providers that can be set up."""

GOOGLE, APPLE = "https://accounts.google.com", "https://appleid.apple.com"

_PEM = "-----BEGIN"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where things are at a provider."""

    authorization: str
    token: str
    keys: str

    @classmethod
    def of(cls, document: Mapping[str, Any], issuer: str) -> Endpoints:
        """Read a discovery document; raises ``ValueError`` for one that is incomplete or speaks for another issuer."""
        if document.get("issuer") != issuer:
            raise ValueError("the discovery document is another issuer's")
        found = [document.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
        if not all(isinstance(url, str) and url for url in found):
            raise ValueError("the discovery document is incomplete")
        return cls(*(str(url) for url in found))


@dataclass(frozen=True, slots=True)
class Registration:
    """This platform as a client of one provider."""

    name: str
    issuer: str
    client_id: str
    secret: Callable[[int], str]
    """The client secret at a time in seconds."""
    scope: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Sent along with every authorization request."""
    endpoints: Endpoints | None = None
    """Where the provider documents that things are; without it its discovery document is read."""
    also_issued_by: frozenset[str] = frozenset()
    """Other values of ``iss`` that mean the same provider."""
    posts_across_sites: bool = False
    """The answer comes as a form that the provider's page posts, so the cookie must travel across sites."""


def registrations(settings: Settings) -> list[Registration]:
    """Those that are set up. Raises ``SettingsError`` for a key that is no P-256 key."""
    found = []
    if settings.signin_google_client_id is not None and settings.signin_google_client_secret is not None:
        secret = settings.signin_google_client_secret.get_secret_value()
        google = settings.signin_google_issuer.rstrip("/")
        found.append(
            Registration(
                name="google",
                issuer=google,
                client_id=settings.signin_google_client_id,
                secret=lambda _: secret,
                scope="openid email profile",
                parameters={"prompt": "select_account"},
                # Google has issued tokens without the scheme, and documents that it may.
                also_issued_by=frozenset({"accounts.google.com"}) if google == GOOGLE else frozenset(),
            )
        )
    if settings.signin_apple_client_id is not None and settings.signin_apple_private_key is not None:
        # Authlib and joserfc take 0.1 s to import: only where somebody may sign in that way.
        from users.signin.protocol import apple_secret

        apple = settings.signin_apple_issuer.rstrip("/")
        found.append(
            Registration(
                name="apple",
                issuer=apple,
                client_id=settings.signin_apple_client_id,
                secret=partial(
                    apple_secret,
                    team_id=settings.signin_apple_team_id or "",
                    key_id=settings.signin_apple_key_id or "",
                    client_id=settings.signin_apple_client_id,
                    key=_p256(settings.signin_apple_private_key.get_secret_value()),
                ),
                scope="name email",
                # Documented, unlike Apple's discovery document, which has named another issuer than its tokens did.
                endpoints=Endpoints(f"{apple}/auth/authorize", f"{apple}/auth/token", f"{apple}/auth/keys"),
                also_issued_by=frozenset({"https://account.apple.com"}) if apple == APPLE else frozenset(),
                # Apple demands it where name or e-mail are asked for.
                parameters={"response_mode": "form_post"},
                posts_across_sites=True,
            )
        )
    return found


def configured(settings: Settings) -> Mapping[str, IdentityProvider]:
    """The providers that are set up, by name. Opens no connection."""
    found = registrations(settings)
    if not found:
        return {}
    # With Authlib 0.2 s to import: only where somebody may sign in that way.
    import httpx

    from users.signin.provider import IdentityProvider

    # A provider's stand-in on this machine is reached directly, whatever leads outside.
    here = dict.fromkeys(("all://127.0.0.1", "all://localhost", "all://[::1]"))
    http = httpx.AsyncClient(timeout=httpx.Timeout(5.0), mounts=here)
    return {client.name: IdentityProvider(client, http, time.monotonic) for client in found}


def _p256(configured_key: str) -> ECKey:
    from joserfc.errors import JoseError
    from joserfc.jwk import ECKey

    try:
        given = configured_key.lstrip().startswith(_PEM)
        # Files of settings have one line for each, so line ends are often written out.
        pem = configured_key.replace("\\n", "\n") if given else Path(configured_key).read_text()
        key = ECKey.import_key(pem)
    except (OSError, ValueError, TypeError, JoseError) as failure:
        raise SettingsError(f"SIGNIN_APPLE_PRIVATE_KEY cannot be read: {type(failure).__name__}") from None
    if not key.is_private or key.curve_name != "P-256":
        raise SettingsError("SIGNIN_APPLE_PRIVATE_KEY is no P-256 key")
    return key
