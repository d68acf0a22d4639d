"""The use cases of the ledger, for whole batches: the same for commands and for administrators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import structlog

from billing.ledger import repository, rules
from billing.ledger.repository import AccountKey, Books, open_books
from billing.ledger.rules import Account, Change, Hold, HoldState, Refusal, Terms
from billing.plans.book import PlanBook
from billing.plans.catalogue import Plan
from billing.quotes.repository import most as most_agreed
from chassis.bus.messages import Received
from chassis.data.database import Transaction
from contracts.billing import (
    CaptureCredits,
    CreditsCaptured,
    CreditsGranted,
    CreditsReleased,
    CreditsReserved,
    EntitlementsChanged,
    ReleaseCredits,
    ReservationRefused,
    ReserveCredits,
    UsageLimitNear,
    UsageLimitReached,
    UsageReset,
)

log = structlog.get_logger(__name__)

Instruction = ReserveCredits | CaptureCredits | ReleaseCredits


def _agreed(command: ReserveCredits, quotes: Mapping[tuple[UUID, UUID], int]) -> list[int]:
    """The most credits that were agreed on for a run, by its order and by its quote. Another user's quote is none."""
    of_quote = quotes.get((command.quote_id, command.user_id), 0) if command.quote_id is not None else None
    return [most for most in (command.max_credits, of_quote) if most is not None]


class Ledger:
    """Holds, captures and releases.

    ``opening_plan`` is the plan of an account that is opened here. A hold that nobody settles ends ``hold_for`` after
    its run must have ended. ``gifts``: promotional credits of a new account by its owner's address.
    """

    def __init__(
        self, plans: PlanBook, *, opening_plan: str, hold_for: timedelta, gifts: Mapping[str, int] | None = None
    ) -> None:
        self._plans = plans
        self._opening_plan = opening_plan
        self._hold_for = hold_for
        self._gifts = gifts or {}

    async def carry_out(self, instructions: Sequence[Received[Instruction]], tx: Transaction) -> None:
        """Carry out a batch in its order; each is answered by one event, and repeating it repeats the answer."""
        await self._plans.load(tx)
        books = await open_books(
            tx,
            {item.message.reservation_id for item in instructions},
            {
                (item.message.user_id, item.message.product_line)
                for item in instructions
                if isinstance(item.message, ReserveCredits)
            },
        )
        quoted = {
            item.message.quote_id
            for item in instructions
            if isinstance(item.message, ReserveCredits) and item.message.quote_id is not None
        }
        quotes = await most_agreed(tx, quoted) if quoted else {}
        for item in instructions:
            match item.message:
                case ReserveCredits() as command:
                    self._reserve(command, item, books, tx, _agreed(command, quotes))
                case CaptureCredits() as command:
                    self._capture(command, item, books, tx)
                case ReleaseCredits() as command:
                    self._release(command, item, books, tx)
        await self._store(books, tx, instructions[-1] if instructions else None)

    async def open_account(self, user_id: UUID, product_line: str, email: str, tx: Transaction) -> None:
        """Open the account of a new user, with the gift for its address; nothing happens that has happened before, or
        where nothing is sold."""
        await self._plans.load(tx)
        key = (user_id, product_line)
        books = await open_books(tx, (), [key])
        account = books.accounts.get(key) or self._opened(key, books, tx)
        if account is None:
            return
        gift = self._gifts.get(email, 0)
        if gift and not await repository.granted(tx, account.name, user_id):
            given = rules.grant(account, gift, "grant", "Promotional credits", user_id, lasting=True)
            books.apply(given)
            self._say_granted(given.account, gift, "promotional", "Promotional credits", user_id, tx)
        await self._store(books, tx)

    async def expire(self, hold_ids: Sequence[UUID], tx: Transaction) -> int:
        """Give back holds that outlived their time; returns how many were still held."""
        await self._plans.load(tx)
        books = await open_books(tx, hold_ids)
        expired = 0
        for held in list(books.holds.values()):
            if held.state is HoldState.HELD and held.expires_at <= tx.now:
                account = books.accounts[held.user_id, held.product_line]
                books.apply(rules.release(account, held, state=HoldState.EXPIRED))
                tx.emit(
                    CreditsReleased(
                        reservation_id=held.id,
                        run_id=held.run_id,
                        user_id=held.user_id,
                        credits=held.credits,
                        reason="the hold expired",
                    )
                )
                expired += 1
        await self._store(books, tx)
        return expired

    async def tell_again(self, accounts: Sequence[AccountKey], tx: Transaction) -> None:
        """Tell everybody who keeps a copy what these accounts may do, because their plans were edited."""
        await self._plans.load(tx)
        books = await open_books(tx, (), accounts)
        for account in list(books.accounts.values()):
            books.apply(rules.told_again(account))
        await self._store(books, tx)

    async def give(self, key: AccountKey, terms: Terms, tx: Transaction) -> None:
        """Put an account on what its subscription gives."""
        books, account = await self._account(key, tx)
        books.apply(rules.give(account, self._plans.get(key[1], terms.plan_type), terms))
        await self._store(books, tx)

    async def lend(self, key: AccountKey, plan_type: str, until: datetime, tx: Transaction) -> None:
        """Put an account on a plan until a moment; its months and credits go on as they would have."""
        books, account = await self._account(key, tx)
        books.apply(rules.lend(account, plan_type, until))
        await self._store(books, tx)

    async def fall_back(self, key: AccountKey, ended_at: datetime, tx: Transaction) -> None:
        """Put an account back on the plan that accounts open with; whatever else it had ended at ``ended_at``."""
        books, account = await self._account(key, tx)
        if (opening := self._opening(key[1])) is not None:
            books.apply(rules.fall_back(account, opening, ended_at, tx.now))
        await self._store(books, tx)

    async def _account(self, key: AccountKey, tx: Transaction) -> tuple[Books, Account]:
        """An account, locked, opened where there is none. Raises LookupError where nobody can have one."""
        await self._plans.load(tx)
        books = await open_books(tx, (), [key])
        account = books.accounts.get(key) or self._opened(key, books, tx)
        if account is None:
            raise LookupError(f"nobody can have an account in {key[1]}")
        return books, account

    async def sell(self, key: AccountKey, credits: int, description: str, purchase_id: UUID, tx: Transaction) -> None:
        """Add credits that were paid for. Once a purchase: a second time breaks on the database's own rule."""
        books, account = await self._account(key, tx)
        books.apply(rules.sell(account, credits, description, purchase_id))
        self._say_granted(books.accounts[key], credits, "bought", description, purchase_id, tx)
        await self._store(books, tx)

    async def grant(self, key: AccountKey, credits: int, reason: str, reference: UUID, tx: Transaction) -> int:
        """Give credits that last; returns what is settled then. Raises LookupError where nobody can have any."""
        books, account = await self._account(key, tx)
        given = rules.grant(account, credits, "grant", reason, reference, lasting=True)
        books.apply(given)
        self._say_granted(given.account, credits, "promotional", reason, reference, tx)
        await self._store(books, tx)
        return given.account.settled

    async def take_back(
        self, key: AccountKey, credits: int, description: str, purchase_id: UUID, tx: Transaction
    ) -> int:
        """Take credits back whose money was given back; returns how many were there to be taken."""
        await self._plans.load(tx)
        books = await open_books(tx, (), [key])
        account = books.accounts.get(key)
        if account is None:
            return 0
        change, taken = rules.take_back(account, credits, description, purchase_id)
        books.apply(change)
        await self._store(books, tx)
        return taken

    async def turn(self, accounts: Sequence[AccountKey], tx: Transaction) -> None:
        """Begin the new period of accounts whose old one is over."""
        await self._plans.load(tx)
        books = await open_books(tx, (), accounts)
        for account in list(books.accounts.values()):
            opening = self._opening(account.product_line)
            books.apply(rules.roll_period(account, self._plan(account), tx.now, opening))
        await self._store(books, tx)

    def _reserve(
        self, command: ReserveCredits, cause: Received[Any], books: Books, tx: Transaction, agreed: Sequence[int]
    ) -> None:
        if (held := books.holds.get(command.reservation_id)) is not None:
            plan = self._plan(books.accounts[held.user_id, held.product_line])
            self._say_reserved(held, plan, cause, tx)
            return
        if command.reservation_id in books.tombstones:
            self._say_released(command, None, 0, "released before it was held", cause, tx)
            return
        key = (command.user_id, command.product_line)
        account = books.accounts.get(key) or self._opened(key, books, tx)
        if account is None:
            self._say_refused(command, rules.nothing_sold(command.product_line), cause, tx)
            return
        rolled = rules.roll_period(account, self._plan(account), tx.now, self._opening(account.product_line))
        books.apply(rolled)
        plan = self._plan(rolled.account)
        request = Hold(
            id=command.reservation_id,
            run_id=command.run_id,
            user_id=command.user_id,
            product_line=command.product_line,
            credits=command.credits,
            bought=0,
            captured=0,
            state=HoldState.HELD,
            meter=command.meter,
            units=command.units,
            estimated_cost=command.estimated_cost,
            actual_cost=None,
            period_start=rolled.account.period_start,
            expires_at=max(tx.now, command.run_ends_by or tx.now) + self._hold_for,
            quote_id=command.quote_id,
        )
        most = min(agreed, default=command.credits)
        outcome = (
            rules.over_quote(command.credits, most)
            or rules.over_budget(
                plan, command.estimated_cost, self._plans.dearer(plan.product_line, command.estimated_cost)
            )
            or rules.hold(rolled.account, plan, request, self._upgrades(rolled.account).get(command.meter or "", ()))
        )
        if isinstance(outcome, Refusal):
            self._say_refused(command, outcome, cause, tx)
            return
        books.apply(outcome)
        self._say_reserved(request, plan, cause, tx)

    def _capture(self, command: CaptureCredits, cause: Received[Any], books: Books, tx: Transaction) -> None:
        held = books.holds.get(command.reservation_id)
        if held is None:
            self._say_released(command, None, 0, "nothing was held", cause, tx)
            return
        account = books.accounts[held.user_id, held.product_line]
        change = rules.capture(account, held, command.credits, command.actual_cost)
        books.apply(change)
        settled = change.hold or held
        if settled.state is HoldState.CAPTURED:
            tx.emit(
                CreditsCaptured(
                    reservation_id=held.id,
                    run_id=held.run_id,
                    user_id=held.user_id,
                    credits=settled.captured,
                    released=settled.credits - settled.captured,
                ),
                cause=cause,
            )
        else:
            self._say_released(command, held.user_id, held.credits, settled.state.value, cause, tx)

    def _release(self, command: ReleaseCredits, cause: Received[Any], books: Books, tx: Transaction) -> None:
        held = books.holds.get(command.reservation_id)
        if held is None:
            books.bury(command.reservation_id)
            self._say_released(command, None, 0, "nothing was held", cause, tx)
            return
        account = books.accounts[held.user_id, held.product_line]
        books.apply(rules.release(account, held))
        returned = held.credits - held.captured
        self._say_released(command, held.user_id, returned, command.reason, cause, tx)

    def _opened(self, key: AccountKey, books: Books, tx: Transaction) -> Account | None:
        user_id, product_line = key
        plan = self._opening(product_line)
        if plan is None:
            log.warning("account.not_opened", product_line=product_line, plan=self._opening_plan)
            return None
        change = rules.open_account(user_id, plan, tx.now)
        books.apply(change, opened=True)
        return change.account

    def _opening(self, product_line: str) -> Plan | None:
        return self._plans.opening(product_line, self._opening_plan)

    def _plan(self, account: Account) -> Plan:
        return self._plans.get(account.product_line, account.plan_type)

    def _upgrades(self, account: Account) -> dict[str, tuple[str, ...]]:
        """By meter, the plans that have more of it than the account's own."""
        meters = {meter for plan in self._plans.of(account.product_line) for meter in plan.quotas}
        return {meter: self._plans.above(account.product_line, account.plan_type, meter) for meter in sorted(meters)}

    async def _store(self, books: Books, tx: Transaction, cause: Received[Any] | None = None) -> None:
        """Write the books, and tell everybody who keeps a copy what has changed in it, once an account."""
        for account in books.changed():
            before = books.before.get((account.user_id, account.product_line))
            account = self._warned(account, books, tx)
            if before is not None and before.period_start != account.period_start:
                self._say_reset(account, tx)
            self._emit_entitlements(account, tx, cause)
        await books.write(tx)

    def _warned(self, account: Account, books: Books, tx: Transaction) -> Account:
        """Tell of meters of which much or all is used, once a period each (CON-33)."""
        plan = self._plan(account)
        warned = dict(account.warned)
        for meter, share in rules.warnings_due(account, plan).items():
            warned[meter] = share
            event = UsageLimitReached if share == rules.ALL else UsageLimitNear
            tx.emit(
                event(
                    user_id=account.user_id,
                    product_line=account.product_line,
                    plan=plan.plan_type,
                    meter=meter,
                    used=account.used[meter],
                    limit=plan.quotas[meter],
                    period_ends_at=account.period_end,
                    upgrade_to=self._plans.above(account.product_line, account.plan_type, meter),
                )
            )
        if warned == account.warned:
            return account
        account = replace(account, warned=warned)
        books.apply(Change(account))
        return account

    def _say_reset(self, account: Account, tx: Transaction) -> None:
        tx.emit(
            UsageReset(
                user_id=account.user_id,
                product_line=account.product_line,
                plan=account.plan_type,
                limits=dict(self._plan(account).quotas),
                credits_available=account.available,
                period_start=account.period_start,
                period_end=account.period_end,
            )
        )

    @staticmethod
    def _say_granted(
        account: Account,
        credits: int,
        category: Literal["bought", "promotional", "refund"],
        description: str,
        reference: UUID | None,
        tx: Transaction,
    ) -> None:
        tx.emit(
            CreditsGranted(
                user_id=account.user_id,
                product_line=account.product_line,
                credits=credits,
                category=category,
                description=description,
                available=account.available,
                reference=reference,
            )
        )

    def _emit_entitlements(self, account: Account, tx: Transaction, cause: Received[Any] | None = None) -> None:
        plan = self._plan(account)
        tx.emit(
            EntitlementsChanged(
                user_id=account.user_id,
                product_line=account.product_line,
                plan=plan.plan_type,
                limits=dict(plan.quotas),
                used=dict(account.used),
                features=dict(plan.features),
                priority=plan.priority,
                run_budget=plan.run_budget,
                credits_available=account.available,
                credits_bought=account.bought,
                credits_anew=plan.credits_per_month + account.bought,
                upgrades=self._upgrades(account),
                plans_with=self._plans.with_each_feature(account.product_line),
                version=account.version,
                period_ends_at=account.period_end,
            ),
            cause=cause,
        )

    @staticmethod
    def _say_reserved(held: Hold, plan: Plan, cause: Received[Any], tx: Transaction) -> None:
        tx.emit(
            CreditsReserved(
                reservation_id=held.id,
                run_id=held.run_id,
                user_id=held.user_id,
                credits=held.credits,
                plan=plan.plan_type,
                budget=plan.run_budget,
                priority=plan.priority,
            ),
            cause=cause,
        )

    @staticmethod
    def _say_refused(command: ReserveCredits, refusal: Refusal, cause: Received[Any], tx: Transaction) -> None:
        tx.emit(
            ReservationRefused(
                reservation_id=command.reservation_id,
                run_id=command.run_id,
                user_id=command.user_id,
                reason=refusal.reason,
                message=refusal.message,
                limit=refusal.limit,
                used=refusal.used,
                upgrade_to=refusal.upgrade_to,
                anew_at=refusal.anew_at,
            ),
            cause=cause,
        )

    @staticmethod
    def _say_released(
        command: Instruction, user_id: UUID | None, credits: int, reason: str, cause: Received[Any], tx: Transaction
    ) -> None:
        tx.emit(
            CreditsReleased(
                reservation_id=command.reservation_id,
                run_id=command.run_id,
                user_id=user_id,
                credits=credits,
                reason=reason,
            ),
            cause=cause,
        )
