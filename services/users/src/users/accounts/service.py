"""Registration and profile."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from operator import itemgetter
from uuid import UUID

import asyncpg
from sqlalchemy.exc import IntegrityError

from chassis import ids
from chassis.data.database import Database, Transaction
from chassis.errors import Invalid, NotFound
from contracts.billing import EntitlementsChanged
from contracts.enums import Role
from contracts.product_lines import PRODUCT_LINES, ProductLine
from contracts.users import ConsentChanged, RegistrationRepeated, UserRegistered, UserUpdated
from users import audit
from users.accounts.errors import AccountExists, ConsentNeeded
from users.accounts.models import Consent, User
from users.accounts.passwords import Hasher
from users.accounts.repository import AccountRepository, Subscription, keep_entitlement, keep_subscriptions
from users.accounts.rules import PasswordRules
from users.accounts.schemas import ConsentIn, ProfileIn, RegisterIn, UsageOut, UserOut
from users.links.models import Purpose
from users.links.tokens import OneTimeTokens

_REQUIRED_CONSENTS = frozenset({"terms", "privacy"})


async def check_registration(body: RegisterIn, line: ProductLine, rules: PasswordRules) -> None:
    """Raise ``Invalid`` naming every field that this product line does not accept (CFL-06, CFL-07)."""
    problems: dict[str, str] = {}
    if (wrong := await rules.objection(body.password.get_secret_value(), not_like=_personal(body))) is not None:
        problems["password"] = wrong
    if line.name_required and body.name is None:
        problems["name"] = f"{line.display_name} needs your name."
    if missing := missing_consents(body.consents, line):
        problems["consents"] = f"Agree to {' and '.join(missing)} to open an account."
    if problems:
        raise Invalid("The account cannot be opened with these values.", fields=problems)


def missing_consents(
    consents: Sequence[ConsentIn], line: ProductLine, *, earlier: Collection[str] = frozenset()
) -> list[str]:
    """What this product line needs agreement to, and has not got, ``earlier`` or now (USR-41)."""
    said: dict[str, bool] = {consent.kind: consent.granted for consent in consents}
    given = {kind for kind in _REQUIRED_CONSENTS if said.get(kind, kind in earlier)}
    return sorted(_REQUIRED_CONSENTS - given) if line.consent_required else []


async def register(
    body: RegisterIn, line: ProductLine, password_hash: bytes, address: bytes, links: OneTimeTokens, tx: Transaction
) -> UserOut:
    """Open an account, and have its address proved. Raises ``AccountExists`` naming the field that is taken."""
    user = User(
        email=body.email,
        username=body.username,
        name=body.name,
        password_hash=password_hash,
        avatar_url=str(body.avatar_url) if body.avatar_url else None,
        timezone=body.timezone,
        language=body.language.value,
        home_product_line=line.key.value,
    )
    await open_account(user, body.consents, address, tx)
    await links.issue(user, Purpose.VERIFY_EMAIL, tx, product_line=line.key.value)
    return UserOut.model_validate(user)


async def register_alike(
    body: RegisterIn,
    line: ProductLine,
    password_hash: bytes,
    address: bytes,
    links: OneTimeTokens,
    database: Database,
) -> UserOut:
    """Open an account, or answer as if: whether an address has one is its owner's to know, who is told (SEC-25).

    Raises ``AccountExists`` for a username, and for an address where the product line tells.
    """
    try:
        async with database.transaction() as tx:
            return await register(body, line, password_hash, address, links, tx)
    except AccountExists as taken:
        fields = set(taken.fields or ())
        if line.tells_known_addresses or "email" not in fields:
            raise
        if "username" in fields:
            raise _exists({"username"}) from taken
    async with database.transaction() as tx:
        owner = await AccountRepository(tx.session).by_email(body.email)
        if owner is not None:
            tx.emit(RegistrationRepeated(user_id=owner.id, product_line=line.key.value))
        return UserOut(
            id=ids.uuid7(),
            email=body.email,
            username=body.username or _made_up(body.email),
            name=body.name,
            avatar_url=str(body.avatar_url) if body.avatar_url else None,
            role=Role.USER,
            email_verified=False,
            timezone=body.timezone,
            language=body.language.value,
            home_product_line=line.key.value,
            created_at=tx.now,
            updated_at=tx.now,
            last_login=None,
        )


async def open_account(user: User, consents: Sequence[ConsentIn], address: bytes, tx: Transaction) -> None:
    """Store a new account with what was agreed to, and announce it. Raises ``AccountExists``.

    ``address`` is the keyed hash of where the consent came from. A missing username is made from the e-mail address.
    """
    accounts = AccountRepository(tx.session)
    user.id = ids.uuid7()
    user.username = user.username or _made_up(user.email)
    if taken := await accounts.taken(user.email, user.username):
        raise _exists(taken)
    accounts.add(user)
    await _flush(tx)
    keep_consents(user.id, consents, address, tx)
    tx.emit(
        UserRegistered(
            user_id=user.id,
            email=user.email,
            name=user.name,
            username=user.username,
            language=user.language,
            timezone=user.timezone,
            home_product_line=user.home_product_line,
            consents=tuple(sorted({consent.kind for consent in consents if consent.granted})),
            email_verified=bool(user.email_verified),
        )
    )
    await tx.session.refresh(user)
    audit.record(tx, audit.Action.REGISTERED, actor=user.id, product_line=user.home_product_line)


async def enter_line(
    user: User,
    line: ProductLine,
    consents: Sequence[ConsentIn],
    address: bytes,
    tx: Transaction,
    *,
    field: str = "consents",
) -> None:
    """Let an account into a product line, keeping what it says now and has not said before (USR-41).

    Raises ``ConsentNeeded``, naming the ``field`` in which agreement is given.
    """
    earlier = {said.kind: said for said in await AccountRepository(tx.session).consents(user.id)}
    if missing := missing_consents(consents, line, earlier={kind for kind, said in earlier.items() if said.granted}):
        raise ConsentNeeded(
            f"Agree to {' and '.join(missing)} to use {line.display_name}, then try again.",
            fields={field: f"needs {', '.join(missing)}"},
        )
    keep_consents(user.id, [said for said in consents if is_news(said, earlier.get(said.kind))], address, tx)


async def read_profile(user_id: UUID, product_line: str, tx: Transaction) -> UserOut:
    """An account with the plan and credits of one product line. Raises ``NotFound``."""
    accounts = AccountRepository(tx.session)
    user = await accounts.get(user_id)
    if user is None:
        raise NotFound("This account does not exist any more.")
    return await with_plan(user, product_line, tx)


async def with_plan(user: User, product_line: str, tx: Transaction) -> UserOut:
    """The account as its owner sees it in a product line."""
    profile = UserOut.model_validate(user)
    for entitlement in await AccountRepository(tx.session).entitlements(user.id):
        if entitlement.product_line == product_line:
            return profile.model_copy(
                update={
                    "plan_type": entitlement.plan,
                    "credits": entitlement.credits_at(tx.now),
                    "usage": [
                        UsageOut(meter=meter, used=used, limit=_limit(entitlement.limits[meter]))
                        for meter, used in sorted(entitlement.used_at(tx.now).items())
                    ],
                    "period_ends_at": entitlement.ends_after(tx.now),
                    "subscription_status": entitlement.subscription_status,
                }
            )
    return profile


async def change_profile(user_id: UUID, body: ProfileIn, product_line: str, tx: Transaction) -> UserOut:
    """Change what is given. Raises ``NotFound``, ``Invalid`` and ``AccountExists``."""
    given = body.model_dump(exclude_unset=True, mode="json")
    accounts = AccountRepository(tx.session)
    user = await accounts.get(user_id, lock=True)
    if user is None:
        raise NotFound("This account does not exist any more.")
    line = PRODUCT_LINES[user.home_product_line]
    if line.name_required and "name" in given and given["name"] is None:
        raise Invalid("The profile cannot be changed.", fields={"name": f"{line.display_name} needs your name."})
    if "username" in given and await accounts.taken(None, given["username"], by_other_than=user_id):
        raise _exists({"username"})
    for field, value in given.items():
        setattr(user, field, value)
    await changed(user, tx)
    await tx.session.refresh(user)
    return await with_plan(user, product_line, tx)


async def changed(user: User, tx: Transaction) -> None:
    """Tell who keeps copies that an account's fields are others. Raises ``AccountExists``."""
    user.version += 1
    await _flush(tx)
    tx.emit(
        UserUpdated(
            user_id=user.id,
            email=user.email,
            name=user.name,
            username=user.username,
            language=user.language,
            is_active=user.is_active,
            version=user.version,
        )
    )


async def keep_entitlements(event: EntitlementsChanged, tx: Transaction) -> None:
    """Keep billing's newest word; an older one changes nothing."""
    await keep_entitlement(tx, event)


async def keep_statuses(told: Sequence[tuple[Subscription, datetime]], tx: Transaction) -> None:
    """Keep the newest that was said of each subscription, and when; an older word changes nothing."""
    by_time = sorted(told, key=itemgetter(1))
    newest = {(event.user_id, event.product_line): (event, at) for event, at in by_time}
    # In one order for everybody: two batches must not wait for each other's rows.
    await keep_subscriptions(tx, [newest[key] for key in sorted(newest)])


async def hash_password(hasher: Hasher, body: RegisterIn) -> bytes:
    """The hash to store; done before the transaction, because it takes longer than all of it."""
    return await hasher.hash(body.password.get_secret_value())


def _limit(limit: int) -> int | None:
    return limit if limit >= 0 else None


def is_news(said: ConsentIn, earlier: Consent | None) -> bool:
    """Whether it differs from what was said before."""
    known = (earlier.policy_version, earlier.granted) if earlier is not None else None
    return (said.policy_version, said.granted) != known


def keep_consents(user_id: UUID, consents: Iterable[ConsentIn], address: bytes, tx: Transaction) -> None:
    """Keep what was said; of what no product needs, tell it. ``address``: a keyed hash of where it comes from."""
    for consent in consents:
        tx.session.add(
            Consent(
                user_id=user_id,
                kind=consent.kind,
                policy_version=consent.policy_version,
                granted=consent.granted,
                given_at=tx.now,
                ip_hash=address,
            )
        )
        if consent.kind in ("marketing", "analytics"):
            tx.emit(ConsentChanged(user_id=user_id, kind=consent.kind, granted=consent.granted, given_at=tx.now))


async def commonest_cost(tx: Transaction) -> int | None:
    """The bcrypt cost of most passwords that are kept so; None where there are none."""
    return await AccountRepository(tx.session).commonest_cost()


async def any_argon2id(tx: Transaction) -> bool:
    """Whether passwords are kept as Argon2id."""
    return await AccountRepository(tx.session).any_argon2id()


async def _flush(tx: Transaction) -> None:
    try:
        await tx.session.flush()
    except IntegrityError as error:
        # Two registrations at the same moment: the constraint decides.
        cause = getattr(error.orig, "__cause__", None)
        if not isinstance(cause, asyncpg.UniqueViolationError):
            raise
        raise _exists({"username" if "username" in (cause.constraint_name or "") else "email"}) from error


def _exists(taken: set[str]) -> AccountExists:
    words = {"email": "This e-mail address has an account; log in instead.", "username": "This username is taken."}
    return AccountExists("An account with these values exists.", fields={name: words[name] for name in taken})


def _personal(body: RegisterIn) -> list[str]:
    return [body.email, body.email.split("@")[0], body.name or "", body.username or ""]


def _made_up(email: str) -> str:
    stem = "".join(c for c in email.split("@")[0] if c.isascii() and (c.isalnum() or c in "_.-"))
    return f"{(stem or 'user')[:80]}_{secrets.token_hex(3)}"
