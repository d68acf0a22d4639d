"""Login, refresh and logout (USR-02 to USR-04, USR-32 to USR-37)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import timedelta
from uuid import UUID

from chassis import ids
from chassis.data.database import Database, Transaction
from chassis.errors import Invalid, ServiceError
from chassis.identity.product_line import check_line, offered_line
from chassis.identity.tokens import Identity
from contracts.product_lines import PRODUCT_LINES
from contracts.users import SessionRevoked
from users import audit
from users.accounts.errors import AccountInactive, RefreshRefused, SignInAgain, WrongCredentials
from users.accounts.models import RefreshToken, Session, User
from users.accounts.passwords import Hasher, weakness
from users.accounts.repository import AccountRepository
from users.accounts.schemas import LoginIn, PasswordIn, TokensOut, UserOut
from users.accounts.service import enter_line, with_plan
from users.devices import AddressHasher, Device
from users.keys.keyring import Keyring
from users.sessions.lockout import Lockout
from users.sessions.repository import SessionRepository
from users.settings import Settings

_COMPARISONS = 3
_FRESH = timedelta(minutes=10)
"""How long after a sign-in the first password may be set."""


class Sessions:
    """Opens, continues and ends sessions."""

    def __init__(
        self,
        database: Database,
        hasher: Hasher,
        keyring: Keyring,
        lockout: Lockout,
        address_hash: AddressHasher,
        settings: Settings,
    ) -> None:
        self._database = database
        self._address_hash = address_hash
        self._hasher = hasher
        self._keyring = keyring
        self._lockout = lockout
        self._settings = settings

    async def login(self, body: LoginIn, said: str | None, device: Device) -> TokensOut:
        """A new session, in the product line ``said`` or the account's own.

        Raises ``WrongCredentials``, ``AccountLocked``, ``AddressLocked``, ``AccountInactive``, ``LineNotOffered``,
        ``ConsentNeeded``. The password is compared outside any transaction; failures are counted and committed although
        the answer is an error.
        """
        password = body.password.get_secret_value()
        if said is not None:
            offered_line(said)
        await self._keyring.ready()
        for _ in range(_COMPARISONS):
            async with self._database.transaction() as tx:
                user = await AccountRepository(tx.session).by_login(body.email)
                refusal = await self._lockout.refusal(user, body.email, device, tx)
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
    ) -> TokensOut | ServiceError:
        """A session, or the answer to commit and then raise."""
        # Asked again: of many guesses at the same moment, those after the fifth learn nothing from their answer.
        if (refusal := await self._lockout.refusal(user, body.email, device, tx)) is not None:
            return refusal
        if user is None or not matches:
            await self._lockout.failed(user, body.email, device, tx)
            audit.record(tx, audit.Action.LOGIN_FAILED, actor=None, target=user.id if user else None, result="refused")
            return _wrong()
        if not user.is_active:
            return AccountInactive("This account is not active. Write to support to have it opened again.")
        await self._lockout.cleared(user, device, tx)
        if rehashed is not None:
            user.password_hash = rehashed
        line = offered_line(said or user.home_product_line)
        await enter_line(user, line, body.consents, self._address_hash(device), tx)
        return await self.open(user, line.key.value, device, tx)

    async def ready(self) -> None:
        """Return when tokens can be signed."""
        await self._keyring.ready()

    async def open(self, user: User, product_line: str, device: Device, tx: Transaction) -> TokensOut:
        """A new session in a product line, for somebody who has proved to be ``user``, whose row is locked.

        ``ready`` has been awaited before the transaction.
        """
        user.last_login = tx.now
        session = Session(
            id=ids.uuid7(),
            user_id=user.id,
            product_line=product_line,
            created_at=tx.now,
            ip_address=device.ip_address[:64] if device.ip_address else None,
            user_agent=device.user_agent[:400] if device.user_agent else None,
            last_used_at=tx.now,
            expires_at=tx.now + timedelta(days=self._settings.refresh_days),
        )
        tx.session.add(session)
        await tx.session.flush()
        await tx.session.refresh(user)
        tokens = await self._tokens(user, session, _given_out(session.id, secrets.token_urlsafe(48), tx), tx)
        audit.record(tx, audit.Action.LOGGED_IN, actor=user.id, product_line=product_line, session=str(session.id))
        return tokens

    async def refresh(self, refresh_token: str, said: str | None) -> TokensOut:
        """Exchange a refresh token. Raises ``RefreshRefused``; ``LineDiffers`` when ``said`` is not the session's line.

        A used token is accepted again within the grace, because two tabs may refresh at the same moment and an answer
        may get lost: it is answered with the same successor. Later it is taken for theft and ends the session.
        """
        refusal = RefreshRefused("The session has ended. Log in again.")
        await self._keyring.ready()
        async with self._database.transaction() as tx:
            sessions = SessionRepository(tx.session)
            token = await sessions.token(_hashed(refresh_token))
            session = await sessions.get(token.session_id) if token else None
            if token is None or session is None or session.revoked_at is not None or session.expires_at <= tx.now:
                raise refusal
            check_line(said, session.product_line)
            grace = timedelta(seconds=self._settings.refresh_grace_s)
            stolen = token.used_at is not None and tx.now - token.used_at > grace
            if not stolen:
                user = await AccountRepository(tx.session).get(session.user_id)
                if user is None or not user.is_active:
                    raise refusal
                session.last_used_at = tx.now
                session.expires_at = tx.now + timedelta(days=self._settings.refresh_days)
                return await self._tokens(user, session, _succeeded(token, refresh_token, tx), tx)
            _revoke(session, tx)
            audit.record(tx, audit.Action.REFRESH_TOKEN_REUSED, actor=None, target=session.user_id, result="refused")
        raise refusal

    async def change_password(self, caller: Identity, body: PasswordIn, device: Device) -> UserOut:
        """A new password; every other session ends.

        Who has one gives it, and wrong ones count as failed logins do. Who has none, because the account is one of a
        sign-in elsewhere, or was handed over to the owner of its address, sets the first one right after signing in.
        Raises ``Invalid``, ``SignInAgain``, ``AccountLocked``, ``AddressLocked``, ``RefreshRefused``.
        """
        current, new = body.current_password, body.new_password.get_secret_value()
        for _ in range(_COMPARISONS):
            async with self._database.transaction() as tx:
                user = await AccountRepository(tx.session).get(caller.user_id)
                session = await SessionRepository(tx.session).get(caller.session_id)
                if user is None or session is None or session.revoked_at is not None:
                    raise RefreshRefused("The session has ended. Log in again.")
                if (refusal := await self._lockout.refusal(user, user.email, device, tx)) is not None:
                    raise refusal
                if user.password_hash is None and tx.now - session.created_at > _FRESH:
                    raise SignInAgain("Sign in again, then set a password within ten minutes.")
            if (wrong := weakness(new, not_like=[user.email, user.username, user.name or ""])) is not None:
                raise Invalid("The password cannot be changed.", fields={"new_password": wrong})
            compared = user.password_hash
            matches = compared is None or (
                current is not None and await self._hasher.matches(current.get_secret_value(), compared)
            )
            hashed = await self._hasher.hash(new) if matches else None
            async with self._database.transaction() as tx:
                user = await AccountRepository(tx.session).get(caller.user_id, lock=True)
                if user is None or user.password_hash != compared:
                    continue
                # Asked again, as at a login: guesses at the same moment are no more than five either.
                if (refusal := await self._lockout.refusal(user, user.email, device, tx)) is not None:
                    raise refusal
                if hashed is not None:
                    user.password_hash = hashed
                    await self._lockout.cleared(user, device, tx)
                    await self.end_others(user.id, caller.session_id, tx)
                    await tx.session.flush()
                    await tx.session.refresh(user)
                    profile = await with_plan(user, caller.product_line, tx)
                    audit.record(tx, audit.Action.PASSWORD_CHANGED, actor=user.id)
                    return profile
                await self._lockout.failed(user, user.email, device, tx)
                audit.record(tx, audit.Action.PASSWORD_CHANGED, actor=user.id, result="refused")
            raise Invalid("The password cannot be changed.", fields={"current_password": "is not the present one"})
        raise RefreshRefused("The account was changed meanwhile. Log in again.")

    async def logout(self, session_id: UUID, tx: Transaction) -> None:
        """End a session; its tokens stop working at once. Ending it again changes nothing."""
        session = await SessionRepository(tx.session).get(session_id)
        if session is not None and session.revoked_at is None:
            _revoke(session, tx)
            audit.record(tx, audit.Action.LOGGED_OUT, actor=session.user_id, session=str(session_id))

    async def list_active(self, user_id: UUID, tx: Transaction) -> list[Session]:
        """A user's sessions that can still be used, newest first."""
        return list(await SessionRepository(tx.session).active(user_id, tx.now))

    async def end(self, user_id: UUID, session_id: UUID, tx: Transaction) -> bool:
        """End one of a user's sessions; False when it is not theirs or not active."""
        session = await SessionRepository(tx.session).get(session_id)
        if session is None or session.user_id != user_id or session.revoked_at is not None:
            return False
        _revoke(session, tx)
        audit.record(tx, audit.Action.SESSION_ENDED, actor=user_id, target=session_id)
        return True

    async def end_others(self, user_id: UUID, current: UUID | None, tx: Transaction) -> int:
        """End all of a user's sessions but the current one, if any; returns how many."""
        others = [session for session in await self.list_active(user_id, tx) if session.id != current]
        for session in others:
            _revoke(session, tx)
        return len(others)

    async def _tokens(self, user: User, session: Session, refresh_token: str, tx: Transaction) -> TokensOut:
        profile = await with_plan(user, session.product_line, tx)
        # A long life is for clients that cannot refresh; an account of another line gets none by asking for one.
        seconds = min(
            PRODUCT_LINES[line].access_token_seconds for line in (session.product_line, user.home_product_line)
        )
        identity = Identity(
            user_id=user.id,
            email=user.email,
            role=user.role,
            product_line=session.product_line,
            plan=profile.plan_type,
            session_id=session.id,
            issued_at=tx.now,
            expires_at=tx.now + timedelta(seconds=seconds),
        )
        access = self._keyring.sign(
            identity, issuer=self._settings.token_issuer, audience=self._settings.token_audience
        )
        return TokensOut(access_token=access, refresh_token=refresh_token, expires_in=seconds, user=profile)


def _wrong() -> WrongCredentials:
    return WrongCredentials("E-mail address or password is wrong.")


def _revoke(session: Session, tx: Transaction) -> None:
    session.revoked_at = tx.now
    tx.emit(SessionRevoked(user_id=session.user_id, session_id=session.id))


def _given_out(session_id: UUID, token: str, tx: Transaction) -> str:
    tx.session.add(RefreshToken(session_id=session_id, token_hash=_hashed(token), issued_at=tx.now))
    return token


def _succeeded(used: RefreshToken, token: str, tx: Transaction) -> str:
    """What follows on ``token``: given out at its first use, and the same at every other."""
    used.used_at = used.used_at or tx.now
    if used.successor_salt is not None:
        return _successor(token, used.successor_salt)
    used.successor_salt = secrets.token_bytes(32)
    return _given_out(used.session_id, _successor(token, used.successor_salt), tx)


def _successor(token: str, salt: bytes) -> str:
    return base64.urlsafe_b64encode(hmac.digest(token.encode(), salt, hashlib.sha384)).decode()


def _hashed(token: str) -> bytes:
    # 384 random bits need no salt and no slow hash.
    return hashlib.sha256(token.encode()).digest()
