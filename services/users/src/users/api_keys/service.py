"""API keys (USR-18, USR-25). A key may do what its scopes and its owner's plan allow at the moment it is used."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from chassis import ids
from chassis.data.database import Database, Transaction
from chassis.errors import NotFound
from chassis.identity import api_keys as form
from chassis.identity.tokens import Identity
from contracts.enums import Role
from contracts.scopes import API_ACCESS
from contracts.users import ApiKeyCreated, ApiKeyRevoked, SessionRevoked
from users import audit
from users.accounts.errors import AccountInactive
from users.accounts.models import User
from users.accounts.repository import AccountRepository
from users.api_keys.errors import ApiKeyRefused, KeyReplaced, PlanLacksFeature, TooManyKeys
from users.api_keys.models import ApiKey
from users.api_keys.repository import ApiKeyRepository, note_use
from users.api_keys.schemas import ApiKeyIn, ApiKeyOut, KeyTokenOut, NewApiKeyOut
from users.keys.keyring import Keyring
from users.settings import Settings

MOST_KEYS = 5
"""That one account may have; one that has been replaced and still works is none of them."""

TOKEN_S = 600
"""How long the token that stands for a key lives. The gateway asks again long before."""


async def create(caller: Identity, body: ApiKeyIn, tx: Transaction) -> NewApiKeyOut:
    """A key in the caller's product line. Raises ``PlanLacksFeature`` and ``TooManyKeys``."""
    owner = await _owner(caller.user_id, tx)
    await _plan_with_keys(owner, caller.product_line, tx)
    counted = [key for key in await ApiKeyRepository(tx.session).working(owner.id, tx.now) if key.replaced_by is None]
    if len(counted) >= MOST_KEYS:
        raise TooManyKeys(f"You have {MOST_KEYS} keys. Revoke one, then make another.")
    made = ApiKey(
        user_id=owner.id,
        product_line=caller.product_line,
        name=body.name,
        scopes=[scope.value for scope in body.scopes],
        allowed_addresses=body.allowed_addresses,
        daily_credits=body.daily_credits,
        expires_at=tx.now + timedelta(days=body.expires_in_days) if body.expires_in_days is not None else None,
    )
    shown = await _given_out(made, tx)
    audit.record(tx, audit.Action.KEY_CREATED, actor=owner.id, target=made.id, scopes=made.scopes)
    return shown


async def rotate(caller: Identity, key_id: UUID, overlap: timedelta, tx: Transaction) -> NewApiKeyOut:
    """A key like this one that takes over from it; this one works for ``overlap`` longer.

    What this one itself took over from ends now. Raises ``NotFound``, ``KeyReplaced`` and ``PlanLacksFeature``.
    """
    owner = await _owner(caller.user_id, tx)
    keys = ApiKeyRepository(tx.session)
    old = await keys.get(key_id)
    if old is None or old.user_id != owner.id or not old.works(tx.now):
        raise _no_such_key()
    if old.replaced_by is not None:
        raise KeyReplaced("This key was replaced already. Rotate the one that took over from it.")
    await _plan_with_keys(owner, old.product_line, tx)
    for earlier in await keys.working(owner.id, tx.now):
        if earlier.replaced_by == old.id:
            _revoke(earlier, tx)
    made = ApiKey(
        user_id=owner.id,
        product_line=old.product_line,
        name=old.name,
        scopes=old.scopes,
        allowed_addresses=old.allowed_addresses,
        daily_credits=old.daily_credits,
        # As long a life as the old one was given.
        expires_at=tx.now + (old.expires_at - old.created_at) if old.expires_at is not None else None,
    )
    shown = await _given_out(made, tx)
    old.replaced_by = made.id
    if overlap > timedelta(0):
        end = tx.now + overlap
        old.expires_at = min(old.expires_at or end, end)
    else:
        _revoke(old, tx)
    audit.record(tx, audit.Action.KEY_ROTATED, actor=owner.id, target=old.id, successor=str(made.id))
    return shown


async def list_working(user_id: UUID, tx: Transaction) -> list[ApiKeyOut]:
    """A user's keys that can be used, newest first."""
    return [ApiKeyOut.model_validate(key) for key in await ApiKeyRepository(tx.session).working(user_id, tx.now)]


async def read(user_id: UUID, key_id: UUID, tx: Transaction) -> ApiKeyOut:
    """One of a user's keys that can be used. Raises ``NotFound``."""
    found = next((key for key in await list_working(user_id, tx) if key.id == key_id), None)
    if found is None:
        raise _no_such_key()
    return found


async def revoke(user_id: UUID, key_id: UUID, tx: Transaction) -> None:
    """End a key at once. Raises ``NotFound`` when it is not theirs or does not work any more."""
    key = await ApiKeyRepository(tx.session).get(key_id)
    if key is None or key.user_id != user_id or not key.works(tx.now):
        raise _no_such_key()
    _revoke(key, tx)
    audit.record(tx, audit.Action.KEY_REVOKED, actor=user_id, target=key_id)


async def revoke_all(user_id: UUID, tx: Transaction) -> int:
    """End all of a user's keys at once; how many that were."""
    keys = await ApiKeyRepository(tx.session).working(user_id, tx.now)
    for key in keys:
        _revoke(key, tx)
    return len(keys)


class KeyTokens:
    """Exchanges keys for access tokens, for the gateway alone."""

    def __init__(self, database: Database, keyring: Keyring, settings: Settings) -> None:
        self._database = database
        self._keyring = keyring
        self._settings = settings

    async def exchange(self, key: str) -> KeyTokenOut:
        """A token with the right that the key has now.

        Its session is the key's id, so everybody who checks tokens refuses it when the key is revoked. It never makes
        an administrator. Raises ``ApiKeyRefused``, ``AccountInactive`` and ``PlanLacksFeature``.
        """
        if not form.is_well_formed(key):
            raise _refused()
        await self._keyring.ready()
        async with self._database.transaction() as tx:
            found = await ApiKeyRepository(tx.session).by_hash(form.hashed(key))
            if found is None or not found.works(tx.now):
                raise _refused()
            owner = await AccountRepository(tx.session).get(found.user_id)
            if owner is None or not owner.is_active:
                raise AccountInactive(
                    "The account of this key is not active. Write to support to have it opened again."
                )
            plan = await _plan_with_keys(owner, found.product_line, tx)
            note_use(tx, found.id)
            ends = tx.now + timedelta(seconds=TOKEN_S)
            identity = Identity(
                user_id=owner.id,
                email=owner.email,
                role=Role.USER.value,
                product_line=found.product_line,
                plan=plan,
                session_id=found.id,
                issued_at=tx.now,
                expires_at=min(ends, found.expires_at or ends),
                scopes=frozenset(found.scopes),
                daily_credits=found.daily_credits,
            )
        token = self._keyring.sign(identity, issuer=self._settings.token_issuer, audience=self._settings.token_audience)
        return KeyTokenOut(
            access_token=token,
            key_id=found.id,
            expires_in=int((identity.expires_at - identity.issued_at).total_seconds()),
            allowed_addresses=found.allowed_addresses,
        )


async def _owner(user_id: UUID, tx: Transaction) -> User:
    """The account, locked: what is counted of it stays so until the commit."""
    owner = await AccountRepository(tx.session).get(user_id, lock=True)
    if owner is None or not owner.is_active:
        raise NotFound("This account does not exist any more.")
    return owner


async def _plan_with_keys(owner: User, product_line: str, tx: Transaction) -> str:
    """The owner's plan. Raises ``PlanLacksFeature`` where it comes without API keys."""
    entitlements = await AccountRepository(tx.session).entitlements(owner.id)
    entitled = next((one for one in entitlements if one.product_line == product_line), None)
    if entitled is not None and entitled.features.get(API_ACCESS):
        return entitled.plan
    plans = list(entitled.plans_with.get(API_ACCESS, ())) if entitled is not None else []
    offer = f"Change to {' or '.join(plans)}" if plans else "No plan of this product has them"
    raise PlanLacksFeature(
        f"Your plan comes without API keys. {offer}.",
        details={"feature": API_ACCESS, "plan": entitled.plan if entitled is not None else None, "plans": [*plans]},
    )


async def _given_out(key: ApiKey, tx: Transaction) -> NewApiKeyOut:
    secret = form.new_key()
    key.id, key.prefix, key.key_hash = ids.uuid7(), secret[: form.SHOWN], form.hashed(secret)
    ApiKeyRepository(tx.session).add(key)
    await tx.session.flush()
    tx.emit(
        ApiKeyCreated(
            user_id=key.user_id, key_id=key.id, name=key.name, prefix=key.prefix, product_line=key.product_line
        )
    )
    return NewApiKeyOut(**ApiKeyOut.model_validate(key).model_dump(), key=secret)


def _revoke(key: ApiKey, tx: Transaction) -> None:
    key.revoked_at = tx.now
    tx.emit(ApiKeyRevoked(user_id=key.user_id, key_id=key.id))
    # Whoever holds a token of it refuses that as one of a session that has ended.
    tx.emit(SessionRevoked(user_id=key.user_id, session_id=key.id))


def _no_such_key() -> NotFound:
    return NotFound("There is no such active key.")


def _refused() -> ApiKeyRefused:
    return ApiKeyRefused("This API key does not work: it is unknown, has expired or was revoked. Make another one.")
