"""Deleting an account: it is closed at once, then every service erases what it knows and answers.

Workflow answers when nothing is being made for the person any more. Only what is answered to askings after that counts,
so nothing that was still under way is left behind. Whoever has not answered is asked again.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from uuid import UUID

import structlog

from chassis.data.database import Database, Transaction
from chassis.errors import Invalid, NotFound
from chassis.http.pagination import Paged, PageRequest
from chassis.identity.tokens import Identity
from chassis.identity.vault import Vault, hashed
from chassis.work.periodic import Periodic
from contracts.enums import Role
from contracts.users import UserDeleted, UserDeletionRequested, UserUpdated
from users import audit
from users.accounts.errors import RefreshRefused, SignInAgain
from users.accounts.models import User
from users.accounts.passwords import Hasher
from users.accounts.repository import AccountRepository
from users.administration.errors import LastAdministrator
from users.administration.queries import Accounts
from users.api_keys import service as api_keys
from users.devices import Device
from users.erasure import queries
from users.erasure.models import FIRST, SERVICES, Erasure, Receipt, answered
from users.erasure.repository import ErasureRepository, forget
from users.erasure.schemas import DeletionOut, ErasureOut, ManagedErasureOut, ServiceOut
from users.sessions.lockout import Lockout
from users.sessions.repository import SessionRepository
from users.sessions.service import Sessions

log = structlog.get_logger(__name__)

FRESH = timedelta(minutes=10)
"""So long after a login no password is asked for."""

ASKED_AGAIN = timedelta(minutes=10)
LATE = timedelta(hours=24)
"""After so long an operator is told: a month is the most that the law gives."""

STATUS = "/api/v1/auth/erasure"

_COMPARISONS = 3


class Erasures:
    """Begins erasures, for whoever proves to be the account's owner."""

    def __init__(self, database: Database, hasher: Hasher, lockout: Lockout, sessions: Sessions, vault: Vault) -> None:
        self._database = database
        self._hasher = hasher
        self._lockout = lockout
        self._sessions = sessions
        self._vault = vault

    async def begin(self, caller: Identity, password: str | None, device: Device) -> DeletionOut:
        """Close the account for good and have everything about its owner erased.

        Wrong passwords count as failed logins do. Raises ``Invalid``, ``SignInAgain``, ``AccountLocked``,
        ``AddressLocked``, ``RefreshRefused``, ``LastAdministrator``.
        """
        for _ in range(_COMPARISONS):
            async with self._database.transaction() as tx:
                user = await self._owner(caller, password, tx)
                if (refusal := await self._lockout.refusal(user, user.email, device, tx)) is not None:
                    raise refusal
            compared = user.password_hash
            matches = password is None or await self._hasher.matches(password, compared)
            async with self._database.transaction() as tx:
                administrators = await Accounts(tx.session).administrators()
                locked = await AccountRepository(tx.session).get(caller.user_id, lock=True)
                if locked is None or not locked.is_active or locked.password_hash != compared:
                    continue
                if matches:
                    if locked.role == Role.ADMIN.value and list(administrators) == [locked.id]:
                        raise LastAdministrator("You are the last administrator. Make another one first.")
                    return await self._close(locked, caller, tx)
                await self._lockout.failed(locked, locked.email, device, tx)
                audit.record(tx, audit.Action.DELETION_REQUESTED, actor=caller.user_id, result="refused")
            raise Invalid("The account is not deleted.", fields={"password": "is not the present one"})
        raise RefreshRefused("The account was changed meanwhile. Log in again.")

    async def _owner(self, caller: Identity, password: str | None, tx: Transaction) -> User:
        user = await AccountRepository(tx.session).get(caller.user_id)
        session = await SessionRepository(tx.session).get(caller.session_id)
        if user is None or session is None or session.revoked_at is not None:
            raise RefreshRefused("The session has ended. Log in again.")
        if password is None and tx.now - session.created_at > FRESH:
            raise SignInAgain("Give your password, or log in again and delete the account within ten minutes.")
        return user

    async def _close(self, user: User, caller: Identity, tx: Transaction) -> DeletionOut:
        ticket = secrets.token_urlsafe(32)
        erasure = Erasure(
            user_id=user.id,
            product_line=caller.product_line,
            language=user.language,
            sealed_email=self._vault.seal(user.email),
            ticket_hash=hashed(ticket),
            ask=0,
            requested_at=tx.now,
            asked_at=tx.now,
        )
        ErasureRepository(tx.session).add(erasure)
        await self._sessions.end_others(user.id, None, tx)
        await api_keys.revoke_all(user.id, tx)
        await tx.session.flush()
        await forget(tx, user.id)
        await tx.session.refresh(user)
        tx.emit(
            UserUpdated(
                user_id=user.id,
                email=user.email,
                username=user.username,
                language=user.language,
                is_active=False,
                version=user.version,
            )
        )
        _ask(erasure, tx)
        begun = DeletionOut(**_progress(erasure, {}).model_dump(), status_url=f"{STATUS}?ticket={ticket}")
        audit.record(tx, audit.Action.DELETION_REQUESTED, actor=user.id)
        return begun


async def progress(ticket: str, tx: Transaction) -> ErasureOut:
    """How far the erasure of this ticket has come. Raises ``NotFound``."""
    found = ErasureRepository(tx.session)
    erasure = await found.by_ticket(hashed(ticket))
    if erasure is None:
        raise NotFound("No deletion has this ticket.")
    return _progress(erasure, await found.receipts(erasure.user_id))


async def find(page: PageRequest, tx: Transaction, *, completed: bool | None) -> Paged[ManagedErasureOut]:
    """Erasures for an administrator, the newest first."""
    rows, total = await queries.find(tx, page, completed=completed)
    items = []
    for erasure in rows:
        receipts = await ErasureRepository(tx.session).receipts(erasure.user_id)
        seen = _progress(erasure, receipts).model_dump()
        items.append(ManagedErasureOut(**seen, user_id=erasure.user_id, asked=erasure.ask))
    return Paged[ManagedErasureOut].of(items, total, page)


async def keep_receipt(user_id: UUID, service: str, ask: int, tx: Transaction) -> None:
    """A service has erased what it had; the last one that was missing ends the erasure. Repeats change nothing."""
    found = ErasureRepository(tx.session)
    erasure = await found.get(user_id)
    if erasure is None or erasure.completed_at is not None:
        return
    receipts = await found.receipts(user_id)
    receipt = receipts.get(service)
    if receipt is not None and receipt.ask >= ask:
        return
    if receipt is None:
        receipt = receipts[service] = Receipt(user_id=user_id, service=service, ask=ask, answered_at=tx.now)
        found.add(receipt)
    receipt.ask, receipt.answered_at = ask, tx.now
    if erasure.counts_from is None:
        if service == FIRST:
            _ask(erasure, tx)
            erasure.counts_from = erasure.ask
        return
    if answered(erasure, receipts).keys() == set(SERVICES):
        erasure.completed_at = tx.now
        assert erasure.sealed_email is not None  # noqa: S101  it goes with the end
        tx.emit(
            UserDeleted(
                user_id=user_id,
                sealed_email=erasure.sealed_email.decode(),
                language=erasure.language,
                product_line=erasure.product_line,
            )
        )
        erasure.sealed_email = None
        audit.record(tx, audit.Action.DELETED, actor=None, target=user_id, asked=erasure.ask)


class Reminders(Periodic):
    """Asks again what has not been answered, and tells operators what has not been for long."""

    def __init__(self, database: Database, *, every_s: float = 60.0) -> None:
        super().__init__("erasure reminders", every_s)
        self._database = database

    async def round(self) -> None:
        """Ask whoever is due."""
        async with self._database.transaction() as tx:
            found = ErasureRepository(tx.session)
            for erasure in await found.unanswered(tx.now - ASKED_AGAIN, 100):
                if tx.now - erasure.requested_at > LATE:
                    done = answered(erasure, await found.receipts(erasure.user_id))
                    log.error(
                        "erasure.late",
                        user_id=str(erasure.user_id),
                        waiting_for=sorted(set(SERVICES) - done.keys()),
                        asked=erasure.ask,
                    )
                _ask(erasure, tx)


def _ask(erasure: Erasure, tx: Transaction) -> None:
    erasure.ask += 1
    erasure.asked_at = tx.now
    tx.emit(UserDeletionRequested(user_id=erasure.user_id, ask=erasure.ask))


def _progress(erasure: Erasure, receipts: dict[str, Receipt]) -> ErasureOut:
    done = answered(erasure, receipts)
    return ErasureOut(
        requested_at=erasure.requested_at,
        completed_at=erasure.completed_at,
        services=[ServiceOut(service=service, erased_at=done.get(service)) for service in SERVICES],
    )
