"""Amounts as Stripe counts them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.payments.money import Money, from_minor, to_minor


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("499.00", "INR", 49_900),
        ("499", "INR", 49_900),
        ("9.99", "USD", 999),
        ("500", "JPY", 500),
        ("5.12", "KWD", 5_120),
        ("5", "ISK", 500),
        ("5", "UGX", 500),
        ("0", "INR", 0),
    ],
)
def test_minor_units(amount: str, currency: str, minor: int) -> None:
    money = Money(Decimal(amount), currency)
    assert to_minor(money) == minor
    assert from_minor(minor, currency.lower()).amount == Decimal(amount)


@pytest.mark.parametrize(
    ("amount", "currency"), [("1.005", "INR"), ("1.5", "JPY"), ("5.124", "KWD"), ("5.5", "ISK"), ("0.01", "UGX")]
)
def test_no_fraction_is_rounded_away(amount: str, currency: str) -> None:
    with pytest.raises(ValueError, match=f"{currency} has no"):
        to_minor(Money(Decimal(amount), currency))


@pytest.mark.parametrize(
    ("amount", "currency"), [("1", "inr"), ("1", "INRS"), ("-1", "INR"), ("NaN", "INR"), ("1", "₹₹₹")]
)
def test_what_is_no_money(amount: str, currency: str) -> None:
    with pytest.raises(ValueError, match=r"no currency|upper case|no amount"):
        Money(Decimal(amount), currency)


@given(st.integers(0, 99_999_999), st.sampled_from(["INR", "USD", "JPY", "EUR", "VND"]))
def test_there_and_back(minor: int, currency: str) -> None:
    assert to_minor(from_minor(minor, currency)) == minor
