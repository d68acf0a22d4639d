"""Login with a password, and the second step where the account has a second factor (USR-02, USR-35, USR-42)."""

from __future__ import annotations

from typing import Literal

from chassis.data.database import Database, Transaction
from chassis.errors import ServiceError
from chassis.identity.product_line import offered_line
from contracts.users import LoginFailed
from users import audit
from users.accounts.errors import AccountInactive, WrongCredentials
from users.accounts.models import User
from users.accounts.passwords import Hasher
from users.accounts.repository import AccountRepository
from users.accounts.schemas import LoginIn, TokensOut
from users.accounts.service import enter_line
from users.devices import AddressHasher, Device
from users.secondfactor.codes import Codes
from users.secondfactor.errors import WrongCode
from users.secondfactor.schemas import ChallengeIn, ChallengeOut
from users.sessions.lockout import Lockout
from users.sessions.service import Sessions
from users.settings import Settings

_COMPARISONS = 3

Reason = Literal["credentials", "locked", "inactive", "second_factor"]


class Logins:
    """Lets people in who show a password, and a code where one is needed."""

    def __init__(
        self,
        database: Database,
        hasher: Hasher,
        sessions: Sessions,
        codes: Codes,
        lockout: Lockout,
        address_hash: AddressHasher,
        settings: Settings,
    ) -> None:
        self._database = database
        self._hasher = hasher
        self._sessions = sessions
        self._codes = codes
        self._lockout = lockout
        self._address_hash = address_hash
        self._settings = settings

    async def login(self, body: LoginIn, said: str | None, device: Device) -> TokensOut | ChallengeOut:
        """A new session, in the product line ``said`` or the account's own; a challenge where a code is needed.

        Raises ``WrongCredentials``, ``AccountLocked``, ``AddressLocked``, ``AccountInactive``, ``LineNotOffered``,
        ``ConsentNeeded``. The password is compared outside any transaction; failures are counted and committed although
        the answer is an error.
        """
        password = body.password.get_secret_value()
        if said is not None:
            offered_line(said)
        await self._sessions.ready()
        for _ in range(_COMPARISONS):
            async with self._database.transaction() as tx:
                user = await AccountRepository(tx.session).by_login(body.email)
                refusal = await self._lockout.refusal(user, body.email, device, tx)
                if refusal is not None:
                    self._tell(user, body.email, "locked", said, device, tx)
            if refusal is not None:
                raise refusal
            compared = user.password_hash if user is not None else None
            matches = await self._hasher.matches(password, compared)
            rehashed = (
                await self._hasher.hash(password) if matches and compared and self._hasher.outdated(compared) else None
            )
            async with self._database.transaction() as tx:
                if user is not None:
                    user = await AccountRepository(tx.session).get(user.id, lock=True)
                if matches and user is not None and user.password_hash != compared:
                    # It was changed or taken away meanwhile; what matched before says nothing now.
                    continue
                outcome = await self._decide(user, body, said, device, tx, matches=matches, rehashed=rehashed)
            if isinstance(outcome, ServiceError):
                raise outcome
            return outcome
        raise _wrong()

    async def complete(self, body: ChallengeIn, device: Device) -> TokensOut:
        """The session that a code opens. Wrong ones count as wrong passwords do.

        Raises ``ChallengeRefused``, ``WrongCode``, ``AccountLocked``, ``AddressLocked``, ``AccountInactive``.
        """
        await self._sessions.ready()
        async with self._database.transaction() as tx:
            challenge, user = await self._codes.waiting(body.ticket.get_secret_value(), tx)
            refusal = await self._lockout.refusal(user, user.email, device, tx)
            if refusal is not None:
                self._tell(user, user.email, "locked", challenge.product_line, device, tx)
                outcome: TokensOut | ServiceError = refusal
            elif not user.is_active:
                self._tell(user, user.email, "inactive", challenge.product_line, device, tx)
                outcome = _inactive()
            elif await self._codes.accepts(user.id, body.code.get_secret_value(), tx):
                await self._codes.finished(challenge, tx)
                await self._lockout.cleared(user, device, tx)
                outcome = await self._sessions.open(user, challenge.product_line, device, tx)
            else:
                await self._codes.failed(challenge, tx)
                await self._lockout.failed(user, user.email, device, tx)
                self._tell(user, user.email, "second_factor", challenge.product_line, device, tx)
                outcome = WrongCode("This code is not good. Wait for the next one that the app shows.")
        if isinstance(outcome, ServiceError):
            raise outcome
        return outcome

    async def _decide(
        self,
        user: User | None,
        body: LoginIn,
        said: str | None,
        device: Device,
        tx: Transaction,
        *,
        matches: bool,
        rehashed: bytes | None,
    ) -> TokensOut | ChallengeOut | ServiceError:
        """A session, a challenge, or the answer to commit and then raise."""
        # Asked again: of many guesses at the same moment, those after the fifth learn nothing from their answer.
        if (refusal := await self._lockout.refusal(user, body.email, device, tx)) is not None:
            self._tell(user, body.email, "locked", said, device, tx)
            return refusal
        if user is None or not matches:
            await self._lockout.failed(user, body.email, device, tx)
            self._tell(user, body.email, "credentials", said, device, tx)
            return _wrong()
        if not user.is_active:
            self._tell(user, body.email, "inactive", said, device, tx)
            return _inactive()
        if rehashed is not None:
            user.password_hash = rehashed
        line = offered_line(said or user.home_product_line)
        await enter_line(user, line, body.consents, self._address_hash(device), tx)
        if await self._codes.needed(user.id, tx):
            # Nothing is forgotten before the second step: else a known password would buy five codes, again and again.
            return self._codes.challenge(user, line.key.value, tx)
        await self._lockout.cleared(user, device, tx)
        return await self._sessions.open(user, line.key.value, device, tx)

    def _tell(
        self, user: User | None, login: str, reason: Reason, said: str | None, device: Device, tx: Transaction
    ) -> None:
        """Say that a login was refused, to whoever listens and for good."""
        target = user.id if user is not None else None
        audit.record(tx, audit.Action.LOGIN_FAILED, actor=None, target=target, result="refused", reason=reason)
        tx.emit(
            LoginFailed(
                login_hash=str(self._address_hash.of_login(login)),
                address_hash=self._address_hash(device).hex(),
                reason=reason,
                product_line=said or self._settings.default_product_line,
            )
        )


def _wrong() -> WrongCredentials:
    return WrongCredentials("E-mail address or password is wrong.")


def _inactive() -> AccountInactive:
    return AccountInactive("This account is not active. Write to support to have it opened again.")
