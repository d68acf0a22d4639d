"""What administrators do with accounts (USR-21, SEC-29); all of it is recorded."""

from __future__ import annotations

from uuid import UUID

from chassis.data.database import Transaction
from chassis.errors import NotAllowed, NotFound
from chassis.http.pagination import Paged, PageRequest
from chassis.identity.tokens import Identity
from contracts.enums import Role
from contracts.users import UserUpdated
from users import audit
from users.accounts.models import User
from users.accounts.repository import AccountRepository
from users.administration.errors import AccountErased, LastAdministrator, OneselfDeactivated
from users.administration.queries import Accounts, Wanted
from users.administration.schemas import ManagedAccountOut, ManagedUserIn, ManagedUserOut, PlanOut
from users.api_keys import service as api_keys
from users.sessions.service import Sessions


async def find(wanted: Wanted, page: PageRequest, tx: Transaction) -> Paged[ManagedUserOut]:
    """Accounts that fit, the newest first."""
    found, total = await Accounts(tx.session).find(wanted, page, tx.now)
    return Paged[ManagedUserOut].of([_seen(user, tx) for user in found], total, page)


async def read(caller: Identity, user_id: UUID, sessions: Sessions, tx: Transaction) -> ManagedAccountOut:
    """One account; that it was looked at is recorded. Raises ``NotFound``."""
    user = await AccountRepository(tx.session).get(user_id)
    if user is None:
        raise _nobody()
    account = await _whole(user, sessions, tx)
    audit.record(tx, audit.Action.USER_LOOKED_AT, actor=caller.user_id, target=user_id)
    return account


async def change(
    caller: Identity, user_id: UUID, body: ManagedUserIn, sessions: Sessions, tx: Transaction
) -> ManagedAccountOut:
    """Change what is given.

    Raises ``NotAllowed``, ``NotFound``, ``AccountErased``, ``OneselfDeactivated`` and ``LastAdministrator``.
    """
    # Locked before the account itself, and in one order: who takes the role from whom is decided one after the other.
    administrators = await Accounts(tx.session).administrators()
    if caller.user_id not in administrators:
        # The role has gone since the token was made, perhaps while this waited.
        raise NotAllowed("Only administrators may do this.")
    user = await AccountRepository(tx.session).get(user_id, lock=True)
    if user is None:
        raise _nobody()
    if await Accounts(tx.session).is_erased(user_id):
        raise AccountErased("This account was deleted by its owner and cannot be changed any more.")
    if user_id == caller.user_id and body.is_active is False:
        raise OneselfDeactivated("You cannot deactivate yourself. Ask another administrator.")
    demoted = user.role == Role.ADMIN.value and body.role is Role.USER
    if list(administrators) == [user_id] and (demoted or body.is_active is False):
        raise LastAdministrator("This is the last administrator. Make another one first.")
    changes = body.model_dump(exclude_none=True, mode="json")
    if body.role is not None:
        user.role = body.role.value
    if body.unlock:
        user.failed_login_count, user.failing_since, user.locked_until = 0, None, None
    if body.is_active is not None and body.is_active != user.is_active:
        user.is_active = body.is_active
        user.version += 1
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
    if demoted or not user.is_active:
        # A token says the role; none that says the old one is to go on.
        await sessions.end_others(user_id, None, tx)
    if not user.is_active:
        await api_keys.revoke_all(user_id, tx)
    account = await _whole(user, sessions, tx)
    audit.record(tx, audit.Action.USER_CHANGED, actor=caller.user_id, target=user_id, **changes)
    return account


async def _whole(user: User, sessions: Sessions, tx: Transaction) -> ManagedAccountOut:
    plans = await AccountRepository(tx.session).entitlements(user.id)
    return ManagedAccountOut(
        **_seen(user, tx).model_dump(),
        plans=[
            PlanOut.model_validate(
                {"product_line": one.product_line, "plan": one.plan, "credits": one.credits_at(tx.now)}
            )
            for one in plans
        ],
        sessions=len(await sessions.list_active(user.id, tx)),
        api_keys=len(await api_keys.list_working(user.id, tx)),
    )


def _seen(user: User, tx: Transaction) -> ManagedUserOut:
    seen = ManagedUserOut.model_validate(user)
    over = seen.locked_until is not None and seen.locked_until <= tx.now
    return seen.model_copy(update={"locked_until": None}) if over else seen


def _nobody() -> NotFound:
    return NotFound("There is no such account.")
