"""Saying what an order will cost, and whether the account can pay for it."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from pydantic import BaseModel, Field

from billing.ledger import periods
from billing.ledger import queries as ledger
from billing.ledger import rules as ledger_rules
from billing.ledger.models import Hold, HoldState, Refusal
from billing.plans.book import PlanBook
from billing.quotes import repository, rules
from billing.quotes.rules import Kind, Range
from chassis import ids
from chassis.data.database import Transaction
from chassis.errors import Invalid, NotFound
from chassis.http.outputs import Rupees
from chassis.identity.tokens import Identity

VALID_FOR = timedelta(minutes=15)


class CreditsRange(BaseModel):
    """Credits, from the least to the most."""

    minimum: int = Field(description="At least.", examples=[1])
    expected: int = Field(description="Most likely.", examples=[1])
    maximum: int = Field(description="Never more: `max_credits` of the order.", examples=[1])


class CostRange(BaseModel):
    """What AI work costs us, in rupees."""

    minimum: Rupees = Field(description="At least.")
    expected: Rupees = Field(description="Most likely.")
    maximum: Rupees = Field(description="At most.")


class StepQuote(BaseModel):
    """One step of an order."""

    step: str = Field(description="As in the workflow.", examples=["enhance"])
    cost: CostRange = Field(description="Of its AI work for all that is ordered, as it was lately, in rupees.")


class Obstacle(BaseModel):
    """Why the account cannot pay for it now."""

    reason: str = Field(description="As in a refused order.", examples=["quota_exceeded"])
    message: str = Field(description="For people.")
    upgrade_to: list[str] = Field(description="Plans that allow it, the cheapest first.", examples=[["starter"]])
    anew_at: datetime | None = Field(description="When the plan's count and credits begin anew.")


class QuoteOut(BaseModel):
    """What an order will cost. Nothing is charged for what is not delivered."""

    id: UUID = Field(description="Of the quote.")
    kind: Kind = Field(description="What was asked about.")
    plan_type: str = Field(description="The plan it is priced by.", examples=["free"])
    credits: CreditsRange = Field(description="What it takes from the account.")
    meter: str | None = Field(description="What counts it, where that is not credits.", examples=["workflows"])
    units: int = Field(description="Units of the meter.", examples=[1])
    cost: CostRange = Field(description="What the AI work for all that is ordered costs us, in rupees.")
    steps: list[StepQuote] = Field(description="By step, where the steps are known.")
    run_budget: Rupees = Field(description="The most that the AI work of one of them may cost by the plan.")
    obstacle: Obstacle | None = Field(description="Null: the account can pay for it.")
    valid_until: datetime = Field(description="Fifteen minutes.")


class LengthNeeded(Invalid):
    """A film costs what its minutes cost; say how long it is to be."""

    code = "length_needed"


class TooLong(Invalid):
    """The plan's videos are shorter; the fields say how long they may be."""

    code = "too_long"


async def quote(
    tx: Transaction,
    plans: PlanBook,
    asker: Identity,
    kind: Kind,
    *,
    count: int,
    seconds: int | None,
    opening_plan: str,
) -> QuoteOut:
    """What ``count`` orders of ``kind`` will cost. Raises :class:`LengthNeeded`, :class:`TooLong` (BIL-52)
    and ``NotFound``."""
    if kind is Kind.FILM and seconds is None:
        raise LengthNeeded("Say how long the film is to be.", fields={"seconds": "is missing"})
    await plans.load(tx)
    stored = await ledger.account(tx, asker.user_id, asker.product_line)
    opening = plans.opening(asker.product_line, opening_plan)
    if stored is None:
        if opening is None:
            raise NotFound(f"Nothing can be ordered in {asker.product_line}.")
        stored = periods.open_account(asker.user_id, opening, tx.now).account
    rolled = periods.roll_period(stored, plans.get(asker.product_line, stored.plan_type), tx.now, opening)
    account, plan = rolled.account, plans.get(asker.product_line, rolled.account.plan_type)
    if seconds is not None and plan.max_video_seconds is not None and seconds > plan.max_video_seconds:
        raise TooLong(
            f"Videos of the {plan.name} plan have {plan.max_video_seconds} seconds at most. Larger plans have more.",
            fields={"seconds": f"at most {plan.max_video_seconds}"},
        )
    need = rules.needed(plan, kind, count=count, seconds=seconds)
    seen = await repository.lately(tx, {capability.value for _, capability in rules.STEPS.get(kind, ())})
    by_step = rules.costs(kind, seen, plan.run_budget)
    wanted = Hold(
        id=ids.uuid7(),
        run_id=ids.uuid7(),
        user_id=asker.user_id,
        product_line=asker.product_line,
        credits=need.credits,
        captured=0,
        state=HoldState.HELD,
        meter=need.meter,
        units=need.units,
        estimated_cost=Decimal(0),
        actual_cost=None,
        period_start=account.period_start,
        expires_at=tx.now,
    )
    outcome = ledger_rules.hold(account, plan, wanted, plans.larger(asker.product_line, plan.plan_type, need.meter))
    answer = QuoteOut(
        id=ids.uuid7(),
        kind=kind,
        plan_type=plan.plan_type,
        credits=CreditsRange(minimum=need.credits, expected=need.credits, maximum=need.credits),
        meter=need.meter,
        units=need.units,
        cost=_cost(list(by_step.values()), plan.run_budget, count),
        steps=[StepQuote(step=step, cost=_cost([each], plan.run_budget, count)) for step, each in by_step.items()],
        run_budget=plan.run_budget,
        obstacle=_obstacle(outcome) if isinstance(outcome, Refusal) else None,
        valid_until=tx.now + VALID_FOR,
    )
    await repository.keep(
        tx,
        answer.id,
        asker.user_id,
        asker.product_line,
        kind.value,
        need.credits,
        answer.model_dump(mode="json"),
        answer.valid_until,
    )
    return answer


async def told(tx: Transaction, asker: Identity, quote_id: UUID) -> QuoteOut:
    """A quote that was given. Raises ``NotFound``."""
    found = await repository.answer(tx, asker.user_id, quote_id)
    if found is None:
        raise NotFound("There is no such quote. Ask for a new one.")
    return QuoteOut.model_validate(found)


def _obstacle(refusal: Refusal) -> Obstacle:
    return Obstacle(
        reason=refusal.reason,
        message=refusal.message,
        upgrade_to=list(refusal.upgrade_to),
        anew_at=refusal.anew_at,
    )


def _cost(ranges: list[Range], budget: Decimal, count: int) -> CostRange:
    return CostRange(
        minimum=count * min(budget, sum((each.minimum for each in ranges), Decimal(0))),
        expected=count * min(budget, sum((each.expected for each in ranges), Decimal(0))),
        maximum=count * min(budget, sum((each.maximum for each in ranges), Decimal(0))),
    )
