"""Who may act on what belongs to others: made by whoever runs the installation, and never through the API."""

from __future__ import annotations

from enum import StrEnum

import structlog

from chassis.data.database import Database
from chassis.errors import Invalid
from contracts.enums import Role
from contracts.users import EmailVerified
from users import audit
from users.accounts.models import User
from users.accounts.passwords import Hasher, weakness
from users.accounts.repository import AccountRepository
from users.accounts.schemas import ConsentIn
from users.accounts.service import open_account
from users.devices import AddressHasher, Device
from users.settings import Settings

log = structlog.get_logger(__name__)

_AGREED = (ConsentIn(kind="terms"), ConsentIn(kind="privacy"))
"""Whoever runs the platform makes its terms."""


class Made(StrEnum):
    """What came of making somebody an administrator."""

    OPENED = "opened"
    PROMOTED = "promoted"


async def make(email: str, password: str | None, hasher: Hasher, settings: Settings, database: Database) -> Made:
    """Make the account of an address an administrator's, and open it first where there is none.

    A ``password`` replaces the account's own; without one that stays. Raises ``Invalid``.
    """
    if password is not None and (wrong := weakness(password, not_like=[email, email.split("@")[0]])) is not None:
        raise Invalid("The password cannot be used.", fields={"password": wrong})
    hashed = await hasher.hash(password) if password is not None else None
    async with database.transaction() as tx:
        user = await AccountRepository(tx.session).by_email(email, lock=True)
        if user is not None:
            if not user.email_verified:
                tx.emit(EmailVerified(user_id=user.id))
            user.role, user.is_active, user.email_verified = Role.ADMIN.value, True, True
            user.password_hash = hashed or user.password_hash
            audit.record(tx, audit.Action.ADMINISTRATOR_MADE, actor=None, target=user.id)
            return Made.PROMOTED
        if hashed is None:
            raise Invalid("A new account needs a password.", fields={"password": "is missing"})
        user = User(
            email=email,
            name="Administrator",
            password_hash=hashed,
            role=Role.ADMIN.value,
            email_verified=True,
            timezone="UTC",
            language="en",
            home_product_line=settings.default_product_line,
        )
        await open_account(user, _AGREED, AddressHasher.of(settings)(Device(None, None)), tx)
        audit.record(tx, audit.Action.ADMINISTRATOR_MADE, actor=None, target=user.id)
        return Made.OPENED


async def make_first(hasher: Hasher, settings: Settings, database: Database) -> None:
    """At a start: make the administrator that the settings name, if there is none at all yet. Raises ``Invalid``."""
    if settings.admin_email is None or settings.admin_password is None:
        return
    async with database.transaction() as tx:
        if await AccountRepository(tx.session).any_administrator():
            return
    password = settings.admin_password.get_secret_value()
    made = await make(settings.admin_email.lower(), password, hasher, settings, database)
    log.warning("administrator.made", account=made.value)
