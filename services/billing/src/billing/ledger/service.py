"""The use cases of the ledger, for whole batches: the same for commands, for HTTP and for administrators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from billing.ledger import answers, meters, periods, repository, rules
from billing.ledger.answers import Answer, Instruction
from billing.ledger.decisions import Decisions
from billing.ledger.models import USUAL_PRIORITY, Account, Change, Hold, HoldState, Terms
from billing.ledger.repository import AccountKey, Books, open_books
from billing.plans.book import PlanBook
from billing.quotes.repository import most as most_agreed
from chassis.bus.messages import Received
from chassis.data.database import Transaction
from contracts.billing import ReserveCredits
from contracts.product_lines import offered


class Ledger:
    """Holds, captures and releases.

    ``opening_plan`` is the plan of an account that is opened here. A hold that nobody settles ends ``hold_for`` after
    its run must have ended. ``gifts``: promotional credits of a new account by its owner's address.
    """

    def __init__(
        self, plans: PlanBook, *, opening_plan: str, hold_for: timedelta, gifts: Mapping[str, int] | None = None
    ) -> None:
        self._plans = plans
        self._decisions = Decisions(plans, opening_plan=opening_plan, hold_for=hold_for)
        self._gifts = gifts or {}

    async def carry_out(self, instructions: Sequence[Received[Instruction]], tx: Transaction) -> None:
        """Carry out a batch in its order; each is answered by one event, and repeating it repeats the answer."""
        said, books = await self._decide([item.message for item in instructions], tx)
        for item, answer in zip(instructions, said, strict=True):
            tx.emit(answer, cause=item)
        await self._store(books, tx, instructions[-1] if instructions else None)

    async def decide(self, instruction: Instruction, tx: Transaction) -> Answer:
        """Carry out one instruction, and return its answer."""
        [answer], books = await self._decide([instruction], tx)
        tx.emit(answer)
        await self._store(books, tx)
        return answer

    async def _decide(self, instructions: Sequence[Instruction], tx: Transaction) -> tuple[list[Answer], Books]:
        await self._plans.load(tx)
        reserves = [each for each in instructions if isinstance(each, ReserveCredits)]
        books = await open_books(
            tx,
            {each.reservation_id for each in instructions},
            {(each.user_id, each.product_line) for each in reserves},
        )
        quoted = {each.quote_id for each in reserves if each.quote_id is not None}
        quotes = await most_agreed(tx, quoted) if quoted else {}
        said = [self._decisions.decide(each, books, tx.now, quotes) for each in instructions]
        return said, books

    async def welcome(self, user_id: UUID, home_line: str, email: str, tx: Transaction) -> None:
        """Open the account of a new user, with the gift for its address: that is given in every product line. Nothing
        happens that has happened before, or where nothing is sold."""
        others = [line for line in offered() if line != home_line] if self._gifts.get(email) else []
        for product_line in (home_line, *others):
            await self._open(user_id, product_line, email, tx)

    async def enter(self, user_id: UUID, product_line: str, tx: Transaction) -> None:
        """Open somebody's account in a product line; nothing happens where it is open, or nothing is sold."""
        if not await repository.is_open(tx, user_id, product_line):
            await self._open(user_id, product_line, "", tx)

    async def _open(self, user_id: UUID, product_line: str, email: str, tx: Transaction) -> None:
        await self._plans.load(tx)
        key = (user_id, product_line)
        books = await open_books(tx, (), [key])
        account = books.accounts.get(key) or self._decisions.opened(key, books, tx.now)
        if account is None:
            return
        gift = self._gifts.get(email, 0)
        if gift and not await repository.granted(tx, account.name, user_id):
            given = rules.grant(account, gift, "Promotional credits", user_id, tx.now)
            books.apply(given)
            tx.emit(answers.granted(given.account, gift, "promotional", "Promotional credits", user_id))
        await self._store(books, tx)

    async def expire(self, hold_ids: Sequence[UUID], tx: Transaction) -> int:
        """Give back holds that outlived their time; returns how many were still held."""
        await self._plans.load(tx)
        books = await open_books(tx, hold_ids)
        expired = 0
        for held in list(books.holds.values()):
            if held.state is HoldState.HELD and held.expires_at <= tx.now:
                account = books.accounts[held.user_id, held.product_line]
                books.apply(rules.release(account, held, tx.now, state=HoldState.EXPIRED))
                tx.emit(answers.expired(held))
                expired += 1
        await self._store(books, tx)
        return expired

    async def refund(self, hold_id: UUID, credits: int | None, reason: str, tx: Transaction) -> tuple[Hold, int] | None:
        """Give back credits that were captured, all that are left of them where ``credits`` is None, to the grants that
        they came from. Returns the hold and how many; None where there is no such hold."""
        await self._plans.load(tx)
        books = await open_books(tx, [hold_id])
        held = books.holds.get(hold_id)
        if held is None:
            return None
        account = books.accounts[held.user_id, held.product_line]
        change = rules.refund(account, held, held.captured if credits is None else credits, reason, tx.now)
        books.apply(change)
        after = change.hold or held
        given = after.refunded - held.refunded
        if given:
            tx.emit(answers.granted(change.account, given, "refund", reason, held.run_id))
        await self._store(books, tx)
        return after, given

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
        books.apply(periods.give(account, self._plans.get(key[1], terms.plan_type), terms))
        await self._store(books, tx)

    async def lend(self, key: AccountKey, plan_type: str, until: datetime, tx: Transaction) -> None:
        """Put an account on a plan until a moment; its months and credits go on as they would have."""
        books, account = await self._account(key, tx)
        books.apply(periods.lend(account, plan_type, until))
        await self._store(books, tx)

    async def fall_back(self, key: AccountKey, ended_at: datetime, tx: Transaction) -> None:
        """Put an account back on the plan that accounts open with; whatever else it had ended at ``ended_at``."""
        books, account = await self._account(key, tx)
        if (opening := self._decisions.opening(key[1])) is not None:
            books.apply(periods.fall_back(account, opening, ended_at, tx.now))
        await self._store(books, tx)

    async def _account(self, key: AccountKey, tx: Transaction) -> tuple[Books, Account]:
        """An account, locked, opened where there is none. Raises LookupError where nobody can have one."""
        await self._plans.load(tx)
        books = await open_books(tx, (), [key])
        account = books.accounts.get(key) or self._decisions.opened(key, books, tx.now)
        if account is None:
            raise LookupError(f"nobody can have an account in {key[1]}")
        return books, account

    async def sell(self, key: AccountKey, credits: int, description: str, purchase_id: UUID, tx: Transaction) -> None:
        """Add credits that were paid for. Once a purchase: a second time breaks on the database's own rule."""
        books, account = await self._account(key, tx)
        sold = rules.sell(account, credits, description, purchase_id, tx.now)
        books.apply(sold)
        tx.emit(answers.granted(sold.account, credits, "bought", description, purchase_id))
        await self._store(books, tx)

    async def grant(
        self,
        key: AccountKey,
        credits: int,
        reason: str,
        reference: UUID,
        tx: Transaction,
        *,
        expires_at: datetime | None = None,
        priority: int = USUAL_PRIORITY,
    ) -> int:
        """Give promotional credits; returns what is settled then. Raises LookupError where nobody can have any."""
        books, account = await self._account(key, tx)
        given = rules.grant(account, credits, reason, reference, tx.now, expires_at=expires_at, priority=priority)
        books.apply(given)
        tx.emit(answers.granted(given.account, credits, "promotional", reason, reference, expires_at))
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
        """Begin the new period of accounts whose old one is over, and end grants whose date has come."""
        await self._plans.load(tx)
        books = await open_books(tx, (), accounts)
        for account in list(books.accounts.values()):
            books.apply(self._decisions.rolled(account, tx.now))
        await self._store(books, tx)

    async def _store(self, books: Books, tx: Transaction, cause: Received[Any] | None = None) -> None:
        """Write the books, and tell everybody who keeps a copy what has changed in it, once an account."""
        for account in books.changed():
            before = books.before.get((account.user_id, account.product_line))
            account = self._warned(account, books, tx)
            if before is not None and before.period_start != account.period_start:
                tx.emit(answers.reset(account, self._decisions.plan(account)))
            tx.emit(answers.entitlements(account, self._plans), cause=cause)
        await books.write(tx)

    def _warned(self, account: Account, books: Books, tx: Transaction) -> Account:
        """Tell of meters of which much or all is used, once a period each (CON-33)."""
        plan = self._decisions.plan(account)
        due = meters.warnings_due(account, plan)
        if not due:
            return account
        for meter, share in due.items():
            tx.emit(answers.warned(account, plan, meter, share, self._decisions.larger(account, meter)))
        account = replace(account, warned={**account.warned, **due})
        books.apply(Change(account))
        return account
