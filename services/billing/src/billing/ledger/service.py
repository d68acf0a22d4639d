"""The use cases of the ledger, for whole batches: the same for commands and for administrators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog

from billing.ledger import repository, rules
from billing.ledger.repository import AccountKey, Books, open_books
from billing.ledger.rules import Account, Hold, HoldState, Refusal
from billing.plans.book import PlanBook
from billing.plans.catalogue import Plan
from chassis.bus.messages import Received
from chassis.data.database import Transaction
from contracts.billing import (
    CaptureCredits,
    CreditsCaptured,
    CreditsReleased,
    CreditsReserved,
    EntitlementsChanged,
    ReleaseCredits,
    ReservationRefused,
    ReserveCredits,
)

log = structlog.get_logger(__name__)

Instruction = ReserveCredits | CaptureCredits | ReleaseCredits


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
        for item in instructions:
            match item.message:
                case ReserveCredits() as command:
                    self._reserve(command, item, books, tx)
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
            books.apply(rules.grant(account, gift, "grant", "Promotional credits", user_id, lasting=True))
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

    def _reserve(self, command: ReserveCredits, cause: Received[Any], books: Books, tx: Transaction) -> None:
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
        plan = self._plan(account)
        rolled = rules.roll_period(account, plan, tx.now)
        books.apply(rolled)
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
        )
        outcome = rules.hold(rolled.account, plan, request, self._upgrades(rolled.account).get(command.meter or "", ()))
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
        plan = self._plans.opening(product_line, self._opening_plan)
        if plan is None:
            log.warning("account.not_opened", product_line=product_line, plan=self._opening_plan)
            return None
        change = rules.open_account(user_id, plan, tx.now)
        books.apply(change, opened=True)
        return change.account

    def _plan(self, account: Account) -> Plan:
        return self._plans.get(account.product_line, account.plan_type)

    def _upgrades(self, account: Account) -> dict[str, tuple[str, ...]]:
        """By meter, the plans that have more of it than the account's own."""
        meters = {meter for plan in self._plans.of(account.product_line) for meter in plan.quotas}
        return {meter: self._plans.above(account.product_line, account.plan_type, meter) for meter in sorted(meters)}

    async def _store(self, books: Books, tx: Transaction, cause: Received[Any] | None = None) -> None:
        """Write the books, and tell everybody who keeps a copy what has changed in it, once an account."""
        for account in books.changed():
            self._emit_entitlements(account, tx, cause)
        await books.write(tx)

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
