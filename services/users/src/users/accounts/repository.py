"""SQL of accounts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select, true
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.data.database import Transaction
from chassis.encoding import as_json
from contracts.billing import (
    EntitlementsChanged,
    SubscriptionCancelled,
    SubscriptionCreated,
    SubscriptionExpired,
    SubscriptionUpdated,
)
from contracts.enums import Role
from users.accounts.models import Consent, Entitlement, User

Subscription = SubscriptionCreated | SubscriptionUpdated | SubscriptionCancelled | SubscriptionExpired
"""What is told of a subscription: each says how it is after it."""


class AccountRepository:
    """Finds accounts."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, user_id: UUID, *, lock: bool = False) -> User | None:
        """One account; ``lock`` until the transaction ends."""
        return await self._session.get(User, user_id, with_for_update=lock or None)

    async def by_login(self, login: str, *, lock: bool = False) -> User | None:
        """The account with this e-mail address or username, in whatever case."""
        query = select(User).where(or_(User.email == login.lower(), func.lower(User.username) == login.lower()))
        return (await self._session.scalars(query.with_for_update() if lock else query)).first()

    async def by_email(self, email: str, *, lock: bool = False) -> User | None:
        """The account with this e-mail address."""
        query = select(User).where(User.email == email.lower())
        return (await self._session.scalars(query.with_for_update() if lock else query)).first()

    async def any_administrator(self) -> bool:
        """Whether there is one."""
        return await self._session.scalar(select(User.id).where(User.role == Role.ADMIN.value).limit(1)) is not None

    async def taken(self, email: str | None, username: str | None, *, by_other_than: UUID | None = None) -> set[str]:
        """Which of the two is in use: ``email``, ``username``."""
        rows = await self._session.execute(
            select(User.email, User.username).where(
                or_(User.email == email, func.lower(User.username) == (username.lower() if username else None)),
                User.id != by_other_than if by_other_than is not None else true(),
            )
        )
        found: set[str] = set()
        for row in rows:
            found |= {"email"} if row.email == email else set()
            found |= {"username"} if username is not None and row.username.lower() == username.lower() else set()
        return found

    async def entitlements(self, user_id: UUID) -> Sequence[Entitlement]:
        """The copies of what billing said."""
        return (await self._session.scalars(select(Entitlement).where(Entitlement.user_id == user_id))).all()

    async def consents(self, user_id: UUID) -> Sequence[Consent]:
        """The latest word of each kind."""
        latest = (
            select(Consent)
            .ext(distinct_on(Consent.kind))
            .where(Consent.user_id == user_id)
            .order_by(Consent.kind, Consent.given_at.desc(), Consent.id.desc())
        )
        return (await self._session.scalars(latest)).all()

    async def commonest_cost(self) -> int | None:
        """The cost that most stored bcrypt hashes have; None where there are none."""
        cost = func.convert_from(func.substring(User.password_hash, 5, 2), "UTF8")
        bcrypts = func.substring(User.password_hash, 1, 2) == b"$2"
        found = await self._session.scalar(
            select(cost).where(bcrypts).group_by(cost).order_by(func.count().desc()).limit(1)
        )
        return int(found) if found is not None else None

    async def any_argon2id(self) -> bool:
        """Whether any password is kept so."""
        made_so = func.substring(User.password_hash, 1, 10) == b"$argon2id$"
        return await self._session.scalar(select(User.id).where(made_so).limit(1)) is not None

    def add(self, user: User) -> None:
        """A new account."""
        self._session.add(user)


async def keep_subscriptions(tx: Transaction, told: Sequence[tuple[Subscription, datetime]]) -> None:
    """Keep how subscriptions stand, one word about each, said at that time; an older word changes nothing.

    Where nothing is known of an account yet, the next word about its entitlements says the rest.
    """
    await tx.execute(
        """
        INSERT INTO entitlements (user_id, product_line, plan, credits, version, limits, used,
                                  subscription_status, subscription_told_at)
        SELECT user_id, product_line, plan, 0, -1, '{}', '{}', status, told_at
        FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])
             AS told (user_id, product_line, plan, status, told_at)
        ON CONFLICT (user_id, product_line) DO UPDATE
        SET subscription_status = excluded.subscription_status, subscription_told_at = excluded.subscription_told_at
        WHERE entitlements.subscription_told_at IS NULL
           OR entitlements.subscription_told_at <= excluded.subscription_told_at
        """,
        [event.user_id for event, _ in told],
        [event.product_line for event, _ in told],
        [event.plan for event, _ in told],
        [event.status for event, _ in told],
        [at for _, at in told],
    )


async def keep_entitlement(tx: Transaction, event: EntitlementsChanged) -> None:
    """Keep billing's newest word; an older one changes nothing."""
    await tx.execute(
        """
        INSERT INTO entitlements (user_id, product_line, plan, credits, version, period_ends_at, credits_anew,
                                  limits, used, features, plans_with)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        ON CONFLICT (user_id, product_line) DO UPDATE
        SET plan = excluded.plan, credits = excluded.credits, version = excluded.version,
            period_ends_at = excluded.period_ends_at, credits_anew = excluded.credits_anew,
            limits = excluded.limits, used = excluded.used,
            features = excluded.features, plans_with = excluded.plans_with
        WHERE entitlements.version < excluded.version
        """,
        event.user_id,
        event.product_line,
        event.plan,
        event.credits_available,
        event.version,
        event.period_ends_at,
        event.credits_anew,
        as_json(event.limits),
        as_json(event.used),
        as_json(event.features),
        as_json(event.plans_with),
    )
