"""Sessions: opened, continued, ended (USR-03, USR-04, USR-15 to USR-17, USR-32 to USR-37)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from chassis import ids
from chassis.data.database import Database, Transaction
from chassis.identity.product_line import check_line
from chassis.identity.tokens import Identity
from contracts.users import RefreshTokenReused, SessionRevoked, UserLoggedIn
from users import audit
from users.accounts.errors import RefreshRefused
from users.accounts.models import RefreshToken, Session, User
from users.accounts.repository import AccountRepository
from users.accounts.schemas import TokensOut
from users.accounts.service import with_plan
from users.devices import AddressHasher, Device
from users.keys.keyring import Keyring
from users.links.repository import OneTimeTokenRepository
from users.secondfactor.codes import Codes
from users.secondfactor.repository import SecondFactorRepository
from users.secondfactor.schemas import ChallengeOut
from users.sessions.naming import device_name
from users.sessions.repository import SessionRepository, touch
from users.settings import Settings


class Sessions:
    """Opens, continues and ends sessions."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        codes: Codes,
        address_hash: AddressHasher,
        settings: Settings,
    ) -> None:
        self._database = database
        self._address_hash = address_hash
        self._keyring = keyring
        self._codes = codes
        self._settings = settings

    async def ready(self) -> None:
        """Return when tokens can be signed."""
        await self._keyring.ready()

    async def admit(self, user: User, product_line: str, device: Device, tx: Transaction) -> TokensOut | ChallengeOut:
        """As ``open``; where the account has a second factor, a challenge instead."""
        if await self._codes.needed(user.id, tx):
            return self._codes.challenge(user, product_line, tx)
        return await self.open(user, product_line, device, tx)

    async def open(self, user: User, product_line: str, device: Device, tx: Transaction) -> TokensOut:
        """A new session in a product line, for somebody who has proved to be ``user``, whose row is locked.

        ``ready`` has been awaited before the transaction.
        """
        user.last_login = tx.now
        name, earlier = device_name(device.user_agent), await SessionRepository(tx.session).user_agents(user.id)
        session = Session(
            id=ids.uuid7(),
            user_id=user.id,
            product_line=product_line,
            created_at=tx.now,
            ip_address=device.ip_address[:64] if device.ip_address else None,
            user_agent=device.user_agent[:400] if device.user_agent else None,
            last_used_at=tx.now,
            expires_at=self._ends(tx.now, tx.now),
        )
        tx.session.add(session)
        tx.emit(
            UserLoggedIn(
                user_id=user.id,
                session_id=session.id,
                product_line=product_line,
                device=name,
                address_hash=self._address_hash(device).hex(),
                # The first one of all is news to nobody.
                new_device=bool(earlier) and name not in {device_name(agent) for agent in earlier},
            )
        )
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
                session.expires_at = self._ends(session.created_at, tx.now)
                return await self._tokens(user, session, _succeeded(token, refresh_token, tx), tx)
            _revoke(session, tx)
            await OneTimeTokenRepository(tx.session).end_changes(session.user_id, tx.now, kept=None)
            tx.emit(
                RefreshTokenReused(
                    user_id=session.user_id,
                    session_id=session.id,
                    device=device_name(session.user_agent),
                    product_line=session.product_line,
                )
            )
            audit.record(tx, audit.Action.REFRESH_TOKEN_REUSED, actor=None, target=session.user_id, result="refused")
        raise refusal

    async def logout(self, session_id: UUID, tx: Transaction) -> None:
        """End a session; its tokens stop working at once. Ending it again changes nothing."""
        session = await SessionRepository(tx.session).get(session_id)
        if session is not None and session.revoked_at is None:
            _revoke(session, tx)
            audit.record(tx, audit.Action.LOGGED_OUT, actor=session.user_id, session=str(session_id))

    async def list_active(self, user_id: UUID, tx: Transaction) -> list[Session]:
        """A user's sessions that can still be used, newest first."""
        return list(await SessionRepository(tx.session).active(user_id, tx.now))

    def used(self, session_id: UUID, tx: Transaction) -> None:
        """A token of this session was used; noted at most once a minute (USR-37)."""
        touch(session_id, tx)

    async def end(self, user_id: UUID, session_id: UUID, tx: Transaction) -> bool:
        """End one of a user's sessions; False when it is not theirs or not active."""
        session = await SessionRepository(tx.session).get(session_id)
        if session is None or session.user_id != user_id or session.revoked_at is not None:
            return False
        _revoke(session, tx)
        audit.record(tx, audit.Action.SESSION_ENDED, actor=user_id, target=session_id)
        return True

    async def end_others(self, user_id: UUID, current: UUID | None, tx: Transaction) -> int:
        """End a user's sessions but the current one, if any, and logins that wait for a code; how many sessions."""
        await SecondFactorRepository(tx.session).end_challenges(user_id)
        # Whoever is shut out must not take the account along to an address of theirs.
        await OneTimeTokenRepository(tx.session).end_changes(user_id, tx.now, kept=current)
        others = [session for session in await self.list_active(user_id, tx) if session.id != current]
        for session in others:
            _revoke(session, tx)
        return len(others)

    async def end_rest(self, caller: Identity, tx: Transaction) -> None:
        """End all of the caller's sessions but the one that asks, because the caller wants it."""
        ended = await self.end_others(caller.user_id, caller.session_id, tx)
        audit.record(tx, audit.Action.SESSION_ENDED, actor=caller.user_id, others=ended)

    def _ends(self, began: datetime, used: datetime) -> datetime:
        """When a session ends that is not used any more, and at the latest."""
        idle, longest = timedelta(days=self._settings.refresh_days), timedelta(days=self._settings.session_days)
        return min(used + idle, began + longest)

    async def _tokens(self, user: User, session: Session, refresh_token: str, tx: Transaction) -> TokensOut:
        profile = await with_plan(user, session.product_line, tx)
        # A long life is for clients that cannot refresh; an account of another line gets none by asking for one.
        seconds = min(self._settings.token_seconds(line) for line in (session.product_line, user.home_product_line))
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
