"""Amounts of money, and how Stripe writes them.

Stripe takes whole numbers of a currency's smallest unit (docs.stripe.com/currencies, "Minor units in API amounts",
"Zero-decimal currencies", "Three-decimal currencies", "Special cases").
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

_ZERO_DECIMAL = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"}
)
_THREE_DECIMAL = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
_WHOLE_BUT_WRITTEN_WITH_TWO = frozenset({"ISK", "UGX"})
"""They have no fractions any more; Stripe still wants two decimals, which must be 00."""


@dataclass(frozen=True, slots=True)
class Money:
    """So much of a currency: ``amount`` in its usual unit (rupees, not paise), ``currency`` as ISO 4217, upper case."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if len(self.currency) != 3 or not self.currency.isascii() or not self.currency.isalpha():
            raise ValueError(f"{self.currency!r} is no currency")
        if self.currency != self.currency.upper():
            raise ValueError(f"{self.currency!r} is to be written in upper case")
        if not self.amount.is_finite() or self.amount < 0:
            raise ValueError(f"{self.amount} is no amount of money")


def to_minor(money: Money) -> int:
    """``money`` as Stripe wants it. Raises ValueError for a fraction the currency has not; nothing is rounded."""
    decimals = _decimals(money.currency)
    minor = money.amount.scaleb(decimals)
    step = 10 if decimals == 3 else 100 if money.currency in _WHOLE_BUT_WRITTEN_WITH_TWO else 1
    if minor % step != 0:
        raise ValueError(f"{money.currency} has no {money.amount}")
    return int(minor)


def from_minor(minor: int, currency: str) -> Money:
    """What Stripe means by ``minor`` of ``currency`` (either case)."""
    currency = currency.upper()
    return Money(Decimal(minor).scaleb(-_decimals(currency)), currency)


def _decimals(currency: str) -> int:
    if currency in _ZERO_DECIMAL:
        return 0
    return 3 if currency in _THREE_DECIMAL else 2
