"""Promotional credits: given once to whom they are for, spent when the month's count is used up, never expired."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest_asyncio

from billing.composition import SPEC
from chassis import ids
from chassis.testing.slices import DatabaseFor, slice_of
from contracts.billing import (
    CaptureCredits,
    CreditsReserved,
    EntitlementsChanged,
    ReservationRefused,
    ReserveCredits,
)
from contracts.product_lines import offered
from contracts.users import UserRegistered

OWNER = "owner@example.com"


@pytest_asyncio.fixture(loop_scope="session")
async def generous(database_for: DatabaseFor, billing: Any) -> AsyncIterator[Any]:
    """Billing that gives two credits to one address."""
    async with slice_of(SPEC, database_for, type(billing), settings={"gift_email": OWNER, "gift_credits": 2}) as made:
        yield made


def registered(user_id: UUID, email: str = OWNER) -> UserRegistered:
    return UserRegistered(user_id=user_id, email=email, username="a", home_product_line="talkingphoto")


def reserve(user_id: UUID) -> ReserveCredits:
    return ReserveCredits(
        reservation_id=ids.uuid7(),
        run_id=ids.uuid7(),
        user_id=user_id,
        product_line="talkingphoto",
        credits=1,
        meter="workflows",
        units=1,
    )


async def use(billing: Any, user_id: UUID, times: int) -> None:
    for held in [reserve(user_id) for _ in range(times)]:
        await billing.tell(held)
        await billing.tell(CaptureCredits(reservation_id=held.reservation_id, run_id=held.run_id, credits=1))


async def test_a_gift_is_given_once_also_to_an_account_that_is_open_already(generous: Any) -> None:
    user_id = ids.uuid7()
    await generous.tell(reserve(user_id))
    await generous.tell(registered(user_id))
    await generous.tell(registered(user_id))
    account = await generous.account(user_id, "talkingphoto")
    assert (account["settled"], account["bought"]) == (5, 2)
    await generous.tell(registered(stranger := ids.uuid7(), "someone@example.com"))
    assert (await generous.account(stranger))["bought"] == 0
    await generous.check_books()


async def test_a_gift_is_given_in_every_line_that_sells_something(generous: Any) -> None:
    user_id = ids.uuid7()
    await generous.tell(registered(user_id))
    await generous.tell(registered(user_id))
    rows = await generous.fetch("SELECT product_line, bought FROM credit_accounts WHERE user_id = $1", user_id)
    assert {row["product_line"]: row["bought"] for row in rows} == dict.fromkeys(offered(), 2)
    await generous.check_books()


async def test_it_pays_beyond_the_months_count_and_outlives_the_month(generous: Any) -> None:
    user_id = ids.uuid7()
    await generous.tell(registered(user_id))
    await use(generous, user_id, 4)
    assert len(generous.said(CreditsReserved)) == 4
    told = generous.said(EntitlementsChanged)[-1]
    assert (told.used, told.credits_bought) == ({"workflows": 3}, 1)
    generous.clock.advance(timedelta(days=31))
    await use(generous, user_id, 4)
    assert not generous.said(ReservationRefused)
    await use(generous, user_id, 1)
    assert len(generous.said(ReservationRefused)) == 1
    account = await generous.account(user_id, "talkingphoto")
    assert (account["settled"], account["bought"]) == (0, 0)
    await generous.check_books()


async def test_the_balance_says_what_lasts(generous: Any) -> None:
    user_id = ids.uuid7()
    await generous.tell(registered(user_id))
    async with generous.client(user_id) as client:
        balance = (await client.get("/api/v1/billing/credits/balance")).json()
    assert (balance["available"], balance["bought"]) == (5, 2)
