"""Switching a second factor on and off (USR-42)."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import SecretStr

from chassis.data.database import Database, Transaction
from chassis.errors import Invalid
from chassis.identity.tokens import Identity
from chassis.identity.vault import Vault, hashed
from contracts.product_lines import PRODUCT_LINES
from contracts.users import SecondFactorChanged
from users import audit
from users.accounts.errors import RefreshRefused
from users.accounts.models import User
from users.accounts.repository import AccountRepository
from users.devices import Device
from users.secondfactor.codes import Codes
from users.secondfactor.errors import AddressNotProved, AlreadyOn, NotOn
from users.secondfactor.models import SecondFactor, new_recovery_codes, new_secret, normal, uri_of
from users.secondfactor.repository import SecondFactorRepository
from users.secondfactor.schemas import EnrolmentOut, ProofAndCodeIn, RecoveryCodesOut, SecondFactorOut
from users.sessions.lockout import Lockout
from users.sessions.passwords import Passwords
from users.sessions.service import Sessions


class SecondFactors:
    """What an account's owner does about its second factor."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        codes: Codes,
        passwords: Passwords,
        sessions: Sessions,
        lockout: Lockout,
    ) -> None:
        self._database = database
        self._vault = vault
        self._codes = codes
        self._passwords = passwords
        self._sessions = sessions
        self._lockout = lockout

    async def state(self, user_id: UUID, tx: Transaction) -> SecondFactorOut:
        """Whether it is on."""
        factors = SecondFactorRepository(tx.session)
        factor = await factors.get(user_id)
        enabled_at = factor.enabled_at if factor is not None else None
        left = await factors.codes_left(user_id) if enabled_at is not None else 0
        return SecondFactorOut(enabled=enabled_at is not None, enabled_at=enabled_at, recovery_codes_left=left)

    async def begin(self, caller: Identity, password: SecretStr | None, device: Device) -> EnrolmentOut:
        """A new secret for an app; nothing is asked for before a code has confirmed it.

        Only an account whose address is proved can have one: whoever opened it with somebody else's address must not
        be able to shut its owner out. Raises ``AddressNotProved``, ``AlreadyOn`` and what ``Passwords.prove`` does.
        """
        await self._passwords.prove(caller, password, device)
        async with self._database.transaction() as tx:
            user = await _locked(caller.user_id, tx)
            if not user.email_verified:
                raise AddressNotProved("Confirm your e-mail address first: follow the link of our letter.")
            if await self._codes.needed(user.id, tx):
                raise AlreadyOn("A second factor is on. Switch it off before you set up another one.")
            secret = new_secret()
            factor = SecondFactor(user_id=user.id, sealed_secret=self._vault.seal(secret), begun_at=tx.now)
            await SecondFactorRepository(tx.session).replace(factor)
        issuer = PRODUCT_LINES[caller.product_line].display_name
        return EnrolmentOut(secret=secret, otpauth_uri=uri_of(secret, user.email, issuer))

    async def confirm(self, caller: Identity, code: str, tx: Transaction) -> RecoveryCodesOut:
        """Switch it on with a first code of the app; every other session ends. Raises ``NotOn``, ``Invalid``."""
        user = await _locked(caller.user_id, tx)
        factor = await SecondFactorRepository(tx.session).get(user.id)
        if factor is None or factor.enabled_at is not None:
            raise NotOn("No second factor waits to be confirmed. Begin with a new secret.")
        if not self._codes.fits(factor, normal(code)):
            raise Invalid("The second factor is not on yet.", fields={"code": "is not the one that the app shows now"})
        factor.enabled_at = tx.now
        return await self._renewed(user, caller, "enabled", tx)

    async def renew_codes(self, caller: Identity, body: ProofAndCodeIn, device: Device) -> RecoveryCodesOut:
        """Ten new recovery codes; the old ones are good for nothing. Raises as ``disable`` does."""
        await self._passwords.prove(caller, body.password, device)
        async with self._database.transaction() as tx:
            user = await _locked(caller.user_id, tx)
            if good := await self._shown(user, body.code, device, tx):
                answer = await self._renewed(user, caller, "recovery_codes", tx)
        if not good:
            raise _wrong_code()
        return answer

    async def disable(self, caller: Identity, body: ProofAndCodeIn, device: Device) -> None:
        """Switch it off; every other session ends. Wrong codes count as failed logins do.

        Raises ``NotOn``, ``Invalid`` naming ``code``, and what ``Passwords.prove`` does.
        """
        await self._passwords.prove(caller, body.password, device)
        async with self._database.transaction() as tx:
            user = await _locked(caller.user_id, tx)
            if good := await self._shown(user, body.code, device, tx):
                await SecondFactorRepository(tx.session).remove(user.id)
                await self._sessions.end_others(user.id, caller.session_id, tx)
                _tell(user, caller, "disabled", tx)
        if not good:
            raise _wrong_code()

    async def _shown(self, user: User, code: SecretStr, device: Device, tx: Transaction) -> bool:
        if not await self._codes.needed(user.id, tx):
            raise NotOn("The account has no second factor.")
        if (refusal := await self._lockout.refusal(user, user.email, device, tx)) is not None:
            raise refusal
        if await self._codes.accepts(user.id, code.get_secret_value(), tx):
            return True
        await self._lockout.failed(user, user.email, device, tx)
        audit.record(tx, audit.Action.SECOND_FACTOR_CHANGED, actor=user.id, result="refused")
        return False

    async def _renewed(
        self, user: User, caller: Identity, what: Literal["enabled", "recovery_codes"], tx: Transaction
    ) -> RecoveryCodesOut:
        codes = new_recovery_codes()
        await tx.session.flush()
        await SecondFactorRepository(tx.session).replace_codes(user.id, [hashed(normal(code)) for code in codes])
        await self._sessions.end_others(user.id, caller.session_id, tx)
        _tell(user, caller, what, tx)
        return RecoveryCodesOut(recovery_codes=codes)


async def _locked(user_id: UUID, tx: Transaction) -> User:
    user = await AccountRepository(tx.session).get(user_id, lock=True)
    if user is None:
        raise RefreshRefused("The account does not exist any more.")
    return user


def _tell(
    user: User, caller: Identity, what: Literal["enabled", "disabled", "recovery_codes"], tx: Transaction
) -> None:
    tx.emit(SecondFactorChanged(user_id=user.id, what=what, product_line=caller.product_line))
    audit.record(tx, audit.Action.SECOND_FACTOR_CHANGED, actor=user.id, what=what)


def _wrong_code() -> Invalid:
    return Invalid("Nothing was changed.", fields={"code": "is not good; wait for the next one"})
