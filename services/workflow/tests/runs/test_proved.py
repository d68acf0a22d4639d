"""Where a product line wants it, nothing starts before the user's address is proved (USR-43)."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from chassis.identity.tokens import Identity
from contracts.users import EmailVerified, UserRegistered, UserUpdated
from workflow.settings import Settings


def registered(somebody: Identity, *, proved: bool = False) -> UserRegistered:
    return UserRegistered(
        user_id=somebody.user_id,
        email="a@b.c",
        username="a",
        home_product_line="talkingphoto",
        email_verified=proved,
    )


async def copy_of(world: Any, somebody: Identity) -> list[tuple[Any, ...]]:
    rows = await world.fetch(
        "SELECT email, is_active, version, email_verified FROM users WHERE user_id = $1", somebody.user_id
    )
    return [tuple(row) for row in rows]


async def test_an_order_waits_for_the_proof(start_world: Any, somebody: Identity) -> None:
    world = await start_world(verified_before_generation="talkingphoto, pixie")
    await world.publish(registered(somebody))
    refused = await world.order(somebody)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "email_unverified")
    assert "/api/v1/auth/verify-email/resend" in refused.json()["error"]["message"]
    await world.publish(EmailVerified(user_id=somebody.user_id))
    assert (await world.order(somebody)).status_code == 202


async def test_who_takes_orders_elsewhere_is_told_the_same(start_world: Any, somebody: Identity) -> None:
    world = await start_world(verified_before_generation="talkingphoto")
    path = "/internal/accounts/may-order"
    refused = await world.call(somebody, "GET", path)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "email_unverified")
    await world.publish(EmailVerified(user_id=somebody.user_id))
    assert (await world.call(somebody, "GET", path)).status_code == 204
    await world.publish(UserUpdated(user_id=somebody.user_id, email="a@b.c", language="en", is_active=False, version=9))
    assert (await world.call(somebody, "GET", path)).json()["error"]["code"] == "account_inactive"


async def test_who_signed_in_elsewhere_has_proved_it(start_world: Any, somebody: Identity) -> None:
    world = await start_world(verified_before_generation="talkingphoto")
    await world.publish(registered(somebody, proved=True))
    assert (await world.order(somebody)).status_code == 202


async def test_other_lines_do_not_wait(start_world: Any, somebody: Identity) -> None:
    world = await start_world(verified_before_generation="reely")
    assert (await world.order(somebody)).status_code == 202
    assert not Settings(env="test").proved_only("talkingphoto")


async def test_a_proof_counts_whenever_and_however_often_it_comes(
    shared: Any, somebody: Identity, help_: SimpleNamespace
) -> None:
    proof = help_.as_delivery(EmailVerified(user_id=somebody.user_id), "workflow.users")
    await shared.publish(EmailVerified(user_id=somebody.user_id))
    await shared.publish(registered(somebody))
    assert await copy_of(shared, somebody) == [("a@b.c", True, 0, True)]
    for _ in range(2):
        await shared.consumers.by_queue["workflow.users"]([proof])
    await shared.publish(UserUpdated(user_id=somebody.user_id, email="n@b.c", is_active=True, version=2))
    assert await copy_of(shared, somebody) == [("n@b.c", True, 2, True)]


def test_a_line_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="no product lines: nowhere"):
        Settings(env="test", verified_before_generation="nowhere")
