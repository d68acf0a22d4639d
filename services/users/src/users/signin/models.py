"""Tables of sign-ins, and the rules that need no I/O."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.models import Base, Identified
from users.accounts.models import User
from users.accounts.names import cleaned
from users.accounts.schemas import LONGEST_NAME

LONGEST_RETURN = 500
LONGEST_SUBJECT = 255


@dataclass(frozen=True, slots=True)
class Assertion:
    """What a provider vouches for."""

    provider: str
    subject: str
    email: str | None
    email_verified: bool
    name: str | None


class OAuthIdentity(Base, Identified):
    """Somebody at a provider, and whose account that is (USR-26)."""

    __tablename__ = "oauth_identities"

    provider: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(LONGEST_SUBJECT))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    email: Mapped[str | None] = mapped_column(String(255))
    created_at: Mapped[datetime]


class SignIn(Base):
    """A sign-in that was started: what must be known when the browser comes back. Read once, then gone."""

    __tablename__ = "sign_ins"

    state_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    browser_hash: Mapped[bytes] = mapped_column(LargeBinary)
    provider: Mapped[str] = mapped_column(String(20))
    verifier: Mapped[str] = mapped_column(String(128))
    nonce: Mapped[str] = mapped_column(String(64))
    product_line: Mapped[str | None] = mapped_column(String(40))
    consents: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    return_to: Mapped[str | None] = mapped_column(String(LONGEST_RETURN))
    challenge: Mapped[str | None] = mapped_column(String(64))
    expires_at: Mapped[datetime]


class SignInTicket(Base):
    """A finished sign-in whose tokens a web client has yet to fetch."""

    __tablename__ = "sign_in_tickets"

    ticket_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    product_line: Mapped[str] = mapped_column(String(40))
    challenge: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime]


def hashed(secret: str) -> bytes:
    """What is kept of a state, a browser's cookie or a ticket: 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(secret.encode()).digest()


def challenge_of(verifier: str) -> str:
    """PKCE's S256, for the tickets of our own web clients."""
    return base64.urlsafe_b64encode(hashed(verifier)).rstrip(b"=").decode()


def cookie_name(state: str, *, secure: bool) -> str:
    """Each sign-in has a cookie of its own, so that two tabs do not disturb each other.

    With TLS the name makes browsers refuse a cookie that another host of the same site has planted.
    """
    return f"{'__Host-' if secure else ''}signin-{hashed(state).hex()[:16]}"


def origin_of(address: str) -> str:
    """Scheme, host and port of an address of ours."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def may_return(address: str, own_origins: Collection[str]) -> bool:
    """Whether a browser may be sent to ``address`` with a ticket: only to one of our own origins, exactly."""
    if len(address) > LONGEST_RETURN or not re.fullmatch(r"[!-\[\]-~]+", address):
        # Blanks, control characters and backslashes are read in different ways by different readers.
        return False
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return False
    if parts.scheme not in ("http", "https") or parts.username is not None or parts.password is not None:
        return False
    if parts.fragment or "#" in address:
        return False
    origin = f"{parts.scheme}://{parts.hostname}" + (f":{port}" if port is not None else "")
    return origin in {own.rstrip("/").lower() for own in own_origins}


def name_of(assertion: Assertion, told: str | None, *, needed: bool) -> str | None:
    """What to call a new account: the vouched-for name, the one the browser brought, else the address if needed."""
    for name in (assertion.name, told):
        if clean := cleaned(name or "", LONGEST_NAME):
            return clean
    return (assertion.email or "").split("@")[0] or None if needed else None


def claim(user: User) -> bool:
    """Hand an account over to who has proved to own its e-mail address; True when somebody else may have been in it.

    Whoever opened an account without ever proving its address may have done so in wait for the owner. Then what they
    know must not open it any more: the password goes, and the caller ends sessions and other identities.
    """
    strangers = not user.email_verified
    if strangers:
        user.password_hash = None
        user.email_verified = True
    return strangers
