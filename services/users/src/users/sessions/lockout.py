"""Failed logins: what locks whom, and for how long (USR-35).

Three counters, one rule. Five failures within an hour lock the *account* for half an hour, and the *address* for that
account; thirty failures from one address, for whatever accounts, lock the address.

Nobody may keep a stranger out for ever by guessing badly. So the lock of an account does not hold for an address from
which its owner has been logged in before, and an address that has helped to lock an account does not count towards
its next lock for a day: if it goes on guessing, it is itself shut out of that account until the day is over.

What nobody is called is counted, locked and answered in the same way, by the same statements: whether an account exists
shows neither in an answer nor in its time (SEC-25).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from chassis.data.database import Transaction
from chassis.errors import ServiceError
from contracts.users import UserLocked
from users.accounts.errors import AccountLocked, AddressLocked
from users.accounts.models import CountsFailures, UnknownLogin, User
from users.devices import AddressHasher, Device, network_of
from users.sessions.repository import FailureRepository, SessionRepository
from users.settings import Settings

_SPENT_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class LockRule:
    """``failures`` within ``window`` lock for ``lock``."""

    failures: int
    window: timedelta
    lock: timedelta


def one_more(counter: CountsFailures, rule: LockRule, now: datetime, *, until: datetime | None = None) -> bool:
    """Count a failure; True when it locks, for as long as the rule says or ``until`` then, and starts anew."""
    if counter.failing_since is None or now - counter.failing_since > rule.window:
        counter.failing_since, counter.failed_login_count = now, 0
    counter.failed_login_count += 1
    if counter.failed_login_count < rule.failures:
        return False
    counter.locked_until = until or now + rule.lock
    counter.failed_login_count = 0
    return True


def locked_for(counter: CountsFailures | None, now: datetime) -> timedelta | None:
    """How much longer it is locked; None when it is not."""
    if counter is None or counter.locked_until is None or counter.locked_until <= now:
        return None
    return counter.locked_until - now


class Lockout:
    """Keeps the counters. Every method is given the transaction that decides about the login."""

    def __init__(self, address_hash: AddressHasher, settings: Settings) -> None:
        window = timedelta(minutes=settings.lockout_window_minutes)
        lock = timedelta(minutes=settings.lockout_minutes)
        self._account = LockRule(settings.lockout_failures, window, lock)
        self._address = LockRule(settings.lockout_address_failures, window, lock)
        self._address_hash = address_hash

    async def refusal(self, user: User | None, login: str, device: Device, tx: Transaction) -> ServiceError | None:
        """Why this login is not even looked at, if so; the same whether its password is right or wrong.

        ``login`` is what was typed; ``user`` is None where nobody is called that.
        """
        address, failures = self._address_hash.of_network(device), FailureRepository(tx.session)
        if (remaining := locked_for(await failures.address(address), tx.now)) is not None:
            return AddressLocked(
                f"Too many failed logins from here. Try again in {_minutes(remaining)}.",
                retry_after_s=remaining.total_seconds(),
            )
        who = user.id if user is not None else self._address_hash.of_login(login)
        remaining = locked_for(await failures.guard(who, address), tx.now)
        if remaining is None and not await self._familiar(who, device, tx):
            # Asked for an account as well, which has none, so that both take as long.
            unknown = await failures.unknown(who)
            remaining = locked_for(user or unknown, tx.now)
        if remaining is None:
            return None
        return AccountLocked(
            f"Too many failed logins. Try again in {_minutes(remaining)}.", retry_after_s=remaining.total_seconds()
        )

    async def failed(self, user: User | None, login: str, device: Device, tx: Transaction) -> None:
        """Count a failed login; a ``user``'s row is locked by the caller. Who is locked out by it is told."""
        address, failures = self._address_hash.of_network(device), FailureRepository(tx.session)
        account = user or await failures.locked_unknown(self._address_hash.of_login(login))
        await self._count_for_account(account, address, device, tx)
        # Rows are locked in this order everywhere: account, address for the account, address.
        one_more(await failures.locked_address(address), self._address, tx.now)

    async def cleared(self, user: User, device: Device, tx: Transaction) -> None:
        """A login succeeded: the account's counter starts anew, and what this address did to it is forgotten."""
        user.failed_login_count, user.failing_since, user.locked_until = 0, None, None
        await FailureRepository(tx.session).forget_guard(user.id, self._address_hash.of_network(device))

    async def _count_for_account(
        self, account: User | UnknownLogin, address: bytes, device: Device, tx: Transaction
    ) -> None:
        now, failures = tx.now, FailureRepository(tx.session)
        guard = await failures.locked_guard(account.id, address)
        if await self._familiar(account.id, device, tx):
            one_more(guard, self._account, now)
            return
        spent_until = guard.spent_until if guard.spent_until is not None and guard.spent_until > now else None
        if one_more(guard, self._account, now, until=spent_until) and spent_until is None:
            guard.spent_until = now + _SPENT_FOR
        if spent_until is None and one_more(account, self._account, now):
            await tx.session.flush()
            await failures.spend_guards(account.id, now - self._account.window, now + _SPENT_FOR, now)
            if isinstance(account, User) and account.locked_until is not None:
                tx.emit(
                    UserLocked(
                        user_id=account.id,
                        locked_until=account.locked_until,
                        product_line=account.home_product_line,
                    )
                )

    async def _familiar(self, user_id: UUID, device: Device, tx: Transaction) -> bool:
        """Whether the account was logged in from there before."""
        network = network_of(device.ip_address)
        if network is None:
            return False
        known = await SessionRepository(tx.session).addresses(user_id)
        return any(network_of(address) == network for address in known)


def _minutes(remaining: timedelta) -> str:
    return f"{max(1, round(remaining.total_seconds() / 60))} minutes"
