"""What follows from each instruction, on books that are open. Nothing is read or written here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from billing.ledger import answers, meters, periods, refusals, rules
from billing.ledger.answers import Answer, Instruction
from billing.ledger.models import Account, Change, Hold, HoldState, Refusal
from billing.ledger.repository import AccountKey, Books
from billing.plans.book import PlanBook
from billing.plans.catalogue import Plan
from contracts.billing import CaptureCredits, ReleaseCredits, ReserveCredits

log = structlog.get_logger(__name__)

Quoted = Mapping[tuple[UUID, UUID], int]
"""By quote and user, the most credits that were agreed on."""


class Decisions:
    """Decides by the plans that the process has a copy of.

    ``opening_plan`` is the plan of an account that is opened here. A hold that nobody settles ends ``hold_for`` after
    its run must have ended.
    """

    def __init__(self, plans: PlanBook, *, opening_plan: str, hold_for: timedelta) -> None:
        self._plans = plans
        self._opening_plan = opening_plan
        self._hold_for = hold_for

    def decide(self, instruction: Instruction, books: Books, now: datetime, quotes: Quoted) -> Answer:
        """Hold, spend or give back; the same instruction again changes nothing and has the same answer."""
        match instruction:
            case ReserveCredits():
                return self._reserve(instruction, books, now, quotes)
            case CaptureCredits():
                return self._capture(instruction, books, now)
            case ReleaseCredits():
                return self._release(instruction, books, now)

    def _reserve(self, command: ReserveCredits, books: Books, now: datetime, quotes: Quoted) -> Answer:
        if (held := books.holds.get(command.reservation_id)) is not None:
            return answers.reserved(held, self.plan(books.accounts[held.user_id, held.product_line]))
        if command.reservation_id in books.tombstones:
            return answers.released(command, None, 0, "released before it was held")
        key = (command.user_id, command.product_line)
        account = books.accounts.get(key) or self.opened(key, books, now)
        if account is None:
            return answers.refused(command, refusals.nothing_sold(command.product_line))
        rolled = self.rolled(account, now)
        books.apply(rolled)
        plan = self.plan(rolled.account)
        request = self._request(command, rolled.account, now)
        cost = command.estimated_cost if command.least_cost is None else command.least_cost
        most = min(_agreed(command, quotes), default=command.credits)
        outcome = (
            refusals.over_quote(command.credits, most)
            or refusals.too_long(plan, command.video_seconds, self._plans.longer(plan))
            or refusals.over_budget(plan, cost, self._plans.dearer(plan.product_line, cost))
            or rules.hold(rolled.account, plan, request, self.larger(rolled.account, request.meter))
        )
        if isinstance(outcome, Refusal):
            return answers.refused(command, outcome)
        books.apply(outcome)
        return answers.reserved(request, plan)

    def _request(self, command: ReserveCredits, account: Account, now: datetime) -> Hold:
        meter, units = command.meter, command.units
        if meter is None and command.capability is not None:
            meter, units = meters.meter_of_job(command.product_line, command.capability), max(1, units)
        return Hold(
            id=command.reservation_id,
            run_id=command.run_id,
            user_id=command.user_id,
            product_line=command.product_line,
            credits=command.credits,
            captured=0,
            state=HoldState.HELD,
            meter=meter,
            units=units,
            estimated_cost=command.estimated_cost,
            actual_cost=None,
            period_start=account.period_start,
            expires_at=max(now, command.run_ends_by or now) + self._hold_for,
            capability=command.capability,
            quote_id=command.quote_id,
        )

    @staticmethod
    def _capture(command: CaptureCredits, books: Books, now: datetime) -> Answer:
        held = books.holds.get(command.reservation_id)
        if held is None:
            return answers.released(command, None, 0, "nothing was held")
        account = books.accounts[held.user_id, held.product_line]
        change = rules.capture(account, held, command.credits, command.actual_cost, now)
        books.apply(change)
        return answers.settled(command, change.hold or held)

    @staticmethod
    def _release(command: ReleaseCredits, books: Books, now: datetime) -> Answer:
        held = books.holds.get(command.reservation_id)
        if held is None:
            books.bury(command.reservation_id)
            return answers.released(command, None, 0, "nothing was held")
        account = books.accounts[held.user_id, held.product_line]
        books.apply(rules.release(account, held, now))
        return answers.released(command, held.user_id, held.credits - held.captured, command.reason)

    def opened(self, key: AccountKey, books: Books, now: datetime) -> Account | None:
        """A new account in the books; None where nothing is sold."""
        user_id, product_line = key
        plan = self.opening(product_line)
        if plan is None:
            log.warning("account.not_opened", product_line=product_line, plan=self._opening_plan)
            return None
        change = periods.open_account(user_id, plan, now)
        books.apply(change, opened=True)
        return change.account

    def rolled(self, account: Account, now: datetime) -> Change:
        """The account as it is at ``now``: its month may have ended."""
        return periods.roll_period(account, self.plan(account), now, self.opening(account.product_line))

    def opening(self, product_line: str) -> Plan | None:
        """The plan of new accounts; None where nothing is sold."""
        return self._plans.opening(product_line, self._opening_plan)

    def plan(self, account: Account) -> Plan:
        """The plan of an account."""
        return self._plans.get(account.product_line, account.plan_type)

    def larger(self, account: Account, meter: str | None) -> tuple[str, ...]:
        """Plans that have more of ``meter`` than the account's."""
        return self._plans.larger(account.product_line, account.plan_type, meter)


def _agreed(command: ReserveCredits, quotes: Quoted) -> list[int]:
    """The most credits that were agreed on for a run, by its order and by its quote. Another user's quote is none."""
    of_quote = quotes.get((command.quote_id, command.user_id), 0) if command.quote_id is not None else None
    return [most for most in (command.max_credits, of_quote) if most is not None]
