"""Cost and margin, put together from what was received and what was spent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from billing.payments.money import from_minor
from billing.reports import queries, rules
from chassis.data.database import Transaction
from contracts.product_lines import PRODUCT_LINES


@dataclass(frozen=True, slots=True)
class Margin:
    """A product line's period in its own currency; ``margin`` in percent of what was kept."""

    product_line: str
    currency: str
    payments: int
    received: Decimal
    refunded: Decimal
    fees: Decimal
    ai_cost: Decimal
    profit: Decimal
    margin: Decimal | None


async def margins(tx: Transaction, since: datetime, until: datetime, rupees_per_dollar: Decimal) -> list[Margin]:
    """By product line and currency: received less refunded, less the processor's fees (BIL-64), less what the AI work
    cost. Revenue is what was paid, never what work cost (CFL-24)."""
    received = {(row["product_line"], row["currency"]): row for row in await queries.received(tx, since, until)}
    spent = {row["product_line"]: row["cost"] for row in await queries.spent(tx, since, until)}
    for line in spent.keys() - {line for line, _ in received}:
        if line is not None:
            received.setdefault((line, PRODUCT_LINES[line].currency), None)
    found = []
    for (line, currency), row in sorted(received.items()):
        own = currency == PRODUCT_LINES[line].currency
        came = from_minor(row["received"] if row else 0, currency).amount
        back = from_minor(row["refunded"] if row else 0, currency).amount
        payments = row["payments"] if row else 0
        fees = rules.fees(came, payments, currency, rupees_per_dollar)
        # Work is not paid for in one currency or another: it is set against the line's own.
        cost = rules.in_currency(spent.get(line, Decimal(0)) if own else Decimal(0), currency, rupees_per_dollar)
        profit = came - back - fees - cost
        margin = rules.percent(profit, came - back)
        found.append(Margin(line, currency, payments, came, back, fees, cost, profit, margin))
    return found
