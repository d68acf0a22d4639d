"""Changing a password, and showing it once more before something that cannot be undone (USR-09, USR-12)."""

from __future__ import annotations

from datetime import timedelta

from pydantic import SecretStr

from chassis.data.database import Database, Transaction
from chassis.errors import Invalid
from chassis.identity.tokens import Identity
from contracts.users import PasswordChanged
from users import audit
from users.accounts.errors import RefreshRefused, SignInAgain
from users.accounts.models import Session, User
from users.accounts.passwords import Hasher
from users.accounts.repository import AccountRepository
from users.accounts.rules import PasswordRules
from users.accounts.schemas import PasswordIn, UserOut
from users.accounts.service import with_plan
from users.devices import Device
from users.sessions.lockout import Lockout
from users.sessions.repository import SessionRepository
from users.sessions.service import Sessions

_COMPARISONS = 3
_FRESH = timedelta(minutes=10)
"""How long after a login its session counts as the owner, without a password."""


class Passwords:
    """Compares and changes passwords of who is logged in; wrong ones count as failed logins do."""

    def __init__(
        self, database: Database, hasher: Hasher, rules: PasswordRules, sessions: Sessions, lockout: Lockout
    ) -> None:
        self._database = database
        self._hasher = hasher
        self._rules = rules
        self._sessions = sessions
        self._lockout = lockout

    async def prove(self, caller: Identity, password: SecretStr | None, device: Device) -> None:
        """Return if it is the owner who calls: by the password, or without one by a login of the last ten minutes.

        Raises ``Invalid`` naming ``password``, ``SignInAgain``, ``AccountLocked``, ``AddressLocked``,
        ``RefreshRefused``.
        """
        async with self._database.transaction() as tx:
            user, session = await self._living(caller, tx)
            if password is None:
                if tx.now - session.created_at <= _FRESH:
                    return
                raise SignInAgain("Give your password, or log in again and come back within ten minutes.")
            if (refusal := await self._lockout.refusal(user, user.email, device, tx)) is not None:
                raise refusal
        matches = await self._hasher.matches(password.get_secret_value(), user.password_hash)
        async with self._database.transaction() as tx:
            again = await AccountRepository(tx.session).get(caller.user_id, lock=True)
            if again is None or again.password_hash != user.password_hash:
                raise RefreshRefused("The account was changed meanwhile. Log in again.")
            # Asked again, as at a login: guesses at the same moment are no more than five either.
            refusal = await self._lockout.refusal(again, again.email, device, tx)
            if refusal is None and not matches:
                await self._lockout.failed(again, again.email, device, tx)
                audit.record(
                    tx, audit.Action.LOGIN_FAILED, actor=None, target=again.id, result="refused", reason="proof"
                )
        if refusal is not None:
            raise refusal
        if not matches:
            raise Invalid("It cannot be told that this is your account.", fields={"password": "is not the present one"})

    async def change(self, caller: Identity, body: PasswordIn, device: Device) -> UserOut:
        """A new password; every other session ends.

        Who has one gives it, and wrong ones count as failed logins do. Who has none, because the account is one of a
        sign-in elsewhere, or was handed over to the owner of its address, sets the first one right after signing in.
        Raises ``Invalid``, ``SignInAgain``, ``AccountLocked``, ``AddressLocked``, ``RefreshRefused``.
        """
        current, new = body.current_password, body.new_password.get_secret_value()
        for _ in range(_COMPARISONS):
            async with self._database.transaction() as tx:
                user, session = await self._living(caller, tx)
                if (refusal := await self._lockout.refusal(user, user.email, device, tx)) is not None:
                    raise refusal
                if user.password_hash is None and tx.now - session.created_at > _FRESH:
                    raise SignInAgain("Sign in again, then set a password within ten minutes.")
            if (wrong := await self._rules.objection(new, not_like=user.called())) is not None:
                raise Invalid("The password cannot be changed.", fields={"new_password": wrong})
            compared = user.password_hash
            matches = compared is None or (
                current is not None and await self._hasher.matches(current.get_secret_value(), compared)
            )
            hashed = await self._hasher.hash(new) if matches else None
            async with self._database.transaction() as tx:
                again = await AccountRepository(tx.session).get(caller.user_id, lock=True)
                if again is None or again.password_hash != compared:
                    continue
                # Asked again, as at a login: guesses at the same moment are no more than five either.
                if (refusal := await self._lockout.refusal(again, again.email, device, tx)) is not None:
                    raise refusal
                if hashed is not None:
                    again.password_hash = hashed
                    await self._lockout.cleared(again, device, tx)
                    await self._sessions.end_others(again.id, caller.session_id, tx)
                    tx.emit(PasswordChanged(user_id=again.id, how="changed", product_line=caller.product_line))
                    audit.record(tx, audit.Action.PASSWORD_CHANGED, actor=again.id)
                    await tx.session.flush()
                    await tx.session.refresh(again)
                    return await with_plan(again, caller.product_line, tx)
                await self._lockout.failed(again, again.email, device, tx)
                audit.record(tx, audit.Action.PASSWORD_CHANGED, actor=again.id, result="refused")
            raise Invalid("The password cannot be changed.", fields={"current_password": "is not the present one"})
        raise RefreshRefused("The account was changed meanwhile. Log in again.")

    async def _living(self, caller: Identity, tx: Transaction) -> tuple[User, Session]:
        user = await AccountRepository(tx.session).get(caller.user_id)
        session = await SessionRepository(tx.session).get(caller.session_id)
        if user is None or session is None or session.revoked_at is not None:
            raise RefreshRefused("The session has ended. Log in again.")
        return user, session
