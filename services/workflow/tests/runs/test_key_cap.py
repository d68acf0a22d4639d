"""What an API key may spend in a day, counted when it is ordered."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any


async def test_a_key_spends_no_more_in_a_day_than_its_cap_even_at_the_same_moment(world: Any, help_: Any) -> None:
    key = help_.an_identity(daily_credits=2)
    photo = (await world.upload(key)).json()["id"]
    answers = await asyncio.gather(*(world.order(key, input_file_id=photo) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [202, 202, 402, 402, 402]
    refused = next(answer for answer in answers if answer.status_code == 402)
    assert refused.json()["error"]["code"] == "api_key_cap_reached"
    assert refused.json()["error"]["details"] == {"daily_credits": 2, "needed": 1}
    assert 0 < int(refused.headers["Retry-After"]) <= 86_400
    # What was refused has left no run behind.
    runs = (await world.call(key, "GET", "/api/v1/workflows")).json()
    assert runs["total"] == 2


async def test_a_repeated_order_counts_once_and_the_account_itself_has_no_cap(world: Any, help_: Any) -> None:
    key = help_.an_identity(daily_credits=1)
    photo = (await world.upload(key)).json()["id"]
    first, again = [await world.order(key, input_file_id=photo, headers={"Idempotency-Key": "one"}) for _ in range(2)]
    assert (first.status_code, again.status_code, again.json()) == (202, 202, first.json())
    assert (await world.order(key, input_file_id=photo)).status_code == 402
    owner = help_.an_identity(user_id=key.user_id)
    assert (await world.order(owner, input_file_id=photo)).status_code == 202


async def test_the_next_day_begins_anew(world: Any, help_: Any) -> None:
    from workflow.spending.repository import spend

    key = help_.an_identity(daily_credits=3)
    taken = []
    for day, credits in ((0, 4), (0, 3), (0, 1), (1, 2), (1, 2)):
        async with world.database.transaction() as tx:
            shifted = type("Tx", (), {"now": tx.now + timedelta(days=day), "fetchrow": tx.fetchrow})
            taken.append(await spend(shifted, key.session_id, credits, 3))  # type: ignore[arg-type]
    assert taken == [False, True, False, True, False]
