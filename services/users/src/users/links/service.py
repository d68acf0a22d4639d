"""What the links of letters do: prove an address, change it, set a new password (USR-05, USR-08, USR-12)."""

from __future__ import annotations

from uuid import UUID

from chassis.data.database import Database, Transaction
from chassis.errors import Invalid, ServiceError
from chassis.identity.tokens import Identity
from contracts.users import EmailChanged, EmailVerified, PasswordChanged
from users import audit
from users.accounts.errors import AccountExists, RefreshRefused
from users.accounts.models import User
from users.accounts.passwords import Hasher
from users.accounts.repository import AccountRepository
from users.accounts.rules import PasswordRules
from users.accounts.service import changed
from users.devices import Device
from users.links.errors import CodeNeeded, LinkRefused
from users.links.letters import counted
from users.links.models import OneTimeToken, Purpose
from users.links.repository import OneTimeTokenRepository
from users.links.schemas import NewAddressIn, ProvedOut, ResetIn
from users.links.tokens import OneTimeTokens
from users.secondfactor.codes import Codes
from users.sessions.lockout import Lockout
from users.sessions.passwords import Passwords
from users.sessions.service import Sessions
from users.signin.repository import SignInRepository


class Links:
    """Does what links say."""

    def __init__(
        self,
        database: Database,
        tokens: OneTimeTokens,
        sessions: Sessions,
        passwords: Passwords,
        hasher: Hasher,
        rules: PasswordRules,
        codes: Codes,
        lockout: Lockout,
    ) -> None:
        self._database = database
        self._tokens = tokens
        self._sessions = sessions
        self._passwords = passwords
        self._hasher = hasher
        self._rules = rules
        self._codes = codes
        self._lockout = lockout

    async def ask_change(self, caller: Identity, body: NewAddressIn, device: Device) -> None:
        """Have a link sent to a new address; nothing changes before it is used.

        Whether somebody has that address shows nowhere. Raises ``Invalid``, ``SignInAgain``, ``AccountLocked``,
        ``AddressLocked``, ``RefreshRefused``, ``TooManyLetters``.
        """
        await self._passwords.prove(caller, body.password, device)
        async with self._database.transaction() as tx:
            await counted(caller.user_id, Purpose.CHANGE_EMAIL, tx)
            accounts = AccountRepository(tx.session)
            user = await accounts.get(caller.user_id, lock=True)
            if user is None:
                raise RefreshRefused("The session has ended. Log in again.")
            if user.email == body.email:
                raise Invalid("The address cannot be changed.", fields={"email": "is the account's address already"})
            taken = await accounts.by_email(body.email) is not None
            await self._tokens.issue(
                user,
                Purpose.CHANGE_EMAIL,
                tx,
                product_line=caller.product_line,
                email=body.email,
                session_id=caller.session_id,
                told=not taken,
            )

    async def prove(self, token: str, tx: Transaction) -> ProvedOut:
        """Do what a link to an address says: the account's own is proved, or a new one takes its place.

        With a new one every session ends but the one that asked, and so do links on their way to the old one. Raises
        ``LinkRefused``.
        """
        found, user = await self._tokens.find(token, tx, Purpose.VERIFY_EMAIL, Purpose.CHANGE_EMAIL)
        found.used_at = tx.now
        if found.purpose == Purpose.CHANGE_EMAIL:
            await self._move(user, found, tx)
        elif found.email != user.email:
            raise _refused()
        moved = found.purpose == Purpose.CHANGE_EMAIL
        _proved(user, tx, anew=moved)
        done = audit.Action.EMAIL_CHANGED if moved else audit.Action.EMAIL_VERIFIED
        audit.record(tx, done, actor=user.id)
        return ProvedOut(email=user.email, email_verified=True)

    async def reset(self, body: ResetIn, device: Device) -> None:
        """A new password by the link of a letter; every session ends. Where there is a second factor, it is asked for.

        What is refused leaves the link as it was. Raises ``LinkRefused``, ``Invalid``, ``CodeNeeded``,
        ``AccountLocked``, ``AddressLocked``.
        """
        token, new = body.token.get_secret_value(), body.new_password.get_secret_value()
        async with self._database.transaction() as tx:
            _, user = await self._tokens.find(token, tx, Purpose.RESET_PASSWORD)
            called = user.called()
        if (wrong := await self._rules.objection(new, not_like=called)) is not None:
            raise Invalid("The password cannot be changed.", fields={"new_password": wrong})
        hashed = await self._hasher.hash(new)
        async with self._database.transaction() as tx:
            found, user = await self._tokens.find(token, tx, Purpose.RESET_PASSWORD)
            refusal = await self._second_step(user, body, device, tx)
            if refusal is None:
                await self._set(user, hashed, found, device, tx)
        if refusal is not None:
            raise refusal

    async def _second_step(self, user: User, body: ResetIn, device: Device, tx: Transaction) -> ServiceError | None:
        """What is to be committed and then raised, if the account has a second factor and it is not shown."""
        if not await self._codes.needed(user.id, tx):
            return None
        if body.code is None:
            return CodeNeeded("This account has a second factor. Send the same again with a code of it.")
        if (refusal := await self._lockout.refusal(user, user.email, device, tx)) is not None:
            return refusal
        if await self._codes.accepts(user.id, body.code.get_secret_value(), tx):
            return None
        await self._lockout.failed(user, user.email, device, tx)
        audit.record(tx, audit.Action.PASSWORD_RESET, actor=None, target=user.id, result="refused")
        return Invalid("The password cannot be changed.", fields={"code": "is not good; wait for the next one"})

    async def _set(self, user: User, hashed: bytes, found: OneTimeToken, device: Device, tx: Transaction) -> None:
        found.used_at = tx.now
        user.password_hash = hashed
        await self._lockout.cleared(user, device, tx)
        await self._sessions.end_others(user.id, None, tx)
        await self._end_open(user.id, tx)
        if not user.email_verified:
            # Whoever opened it without proving its address may have done so in wait for its owner, who comes now.
            await SignInRepository(tx).unlink_all(user.id)
            _proved(user, tx)
        tx.emit(PasswordChanged(user_id=user.id, how="reset", product_line=user.home_product_line))
        audit.record(tx, audit.Action.PASSWORD_RESET, actor=user.id)

    async def _move(self, user: User, found: OneTimeToken, tx: Transaction) -> None:
        old, user.email = user.email, found.email
        try:
            await changed(user, tx)
        except AccountExists as taken:
            raise _refused() from taken
        await self._sessions.end_others(user.id, found.session_id, tx)
        await self._end_open(user.id, tx)
        tx.emit(EmailChanged(user_id=user.id, old_email=old, product_line=user.home_product_line))

    async def _end_open(self, user_id: UUID, tx: Transaction) -> None:
        await tx.session.flush()
        await OneTimeTokenRepository(tx.session).end_open(user_id, tx.now)


def _proved(user: User, tx: Transaction, *, anew: bool = False) -> None:
    if anew or not user.email_verified:
        user.email_verified = True
        tx.emit(EmailVerified(user_id=user.id))


def _refused() -> LinkRefused:
    return LinkRefused("This link cannot be used any more. Ask for a new one.")
