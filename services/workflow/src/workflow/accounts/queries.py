"""Reading what is known of users."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from chassis.data.database import Transaction

_KNOWN = "SELECT FROM users WHERE user_id = $1"
_ACTIVE = f"{_KNOWN} AND is_active"
_ACCOUNT = "SELECT is_active, email_verified FROM users WHERE user_id = $1"


class Account(NamedTuple):
    """Whether it is in use, which None leaves open, and whether its address is proved."""

    is_active: bool | None
    email_verified: bool


async def is_known(tx: Transaction, user_id: UUID) -> bool:
    """Whether there is such an account, in use or not, and not one that was erased."""
    return await tx.fetchrow(_KNOWN, user_id) is not None


async def is_active(tx: Transaction, user_id: UUID) -> bool:
    """Whether an id is that of an account in use."""
    return await tx.fetchrow(_ACTIVE, user_id) is not None


async def account(tx: Transaction, user_id: UUID) -> Account:
    """What decides whether somebody may order."""
    record = await tx.fetchrow(_ACCOUNT, user_id)
    return Account(None, False) if record is None else Account(record["is_active"], record["email_verified"])
