"""A forgotten password: the letter, the new one, and what ends with the old."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from chassis.data.database import LeaseLost
from chassis.data.leased_work import WorkItem
from contracts.users import (
    EmailVerificationRequested,
    EmailVerified,
    PasswordChanged,
    PasswordResetRequested,
    SessionRevoked,
)

Opened = Callable[[Any], str]
NEW = "harvest-7-kite"


async def forgot(users: Any, email: str = "asha@example.com") -> Any:
    async with users.client() as client:
        answer = await client.post("/api/v1/auth/forgot-password", json={"email": email})
    assert await users.write_letters() == (answer.status_code == 202)
    return answer


async def reset(users: Any, token: str, password: str = NEW, **more: str) -> Any:
    async with users.client() as client:
        return await client.post("/api/v1/auth/reset-password", json={"token": token, "new_password": password, **more})


async def link(users: Any, opened: Opened) -> str:
    """Ask for a letter: the token of its link."""
    assert (await forgot(users)).status_code == 202
    return opened(users.said(PasswordResetRequested)[-1])


async def test_the_link_sets_a_password_and_ends_every_session(users: Any, opened: Opened) -> None:
    tokens = await users.member()
    token = await link(users, opened)
    [letter] = users.said(PasswordResetRequested)
    assert (str(letter.user_id), letter.product_line) == (tokens["user"]["id"], "talkingphoto")
    assert letter.expires_at == users.clock.now() + timedelta(hours=1)
    assert (await reset(users, token)).status_code == 200
    assert (await users.refresh(tokens["refresh_token"])).status_code == 401
    assert len(users.said(SessionRevoked)) == 1
    assert (await users.log_in()).status_code == 401
    assert (await users.log_in(password=NEW)).status_code == 200
    [told] = users.said(PasswordChanged)
    assert (told.user_id, told.how) == (UUID(tokens["user"]["id"]), "reset")
    # Who reads the letter has the address.
    assert [said.user_id for said in users.said(EmailVerified)] == [told.user_id]


async def test_a_link_is_good_once_and_for_an_hour(users: Any, opened: Opened) -> None:
    await users.register()
    token = await link(users, opened)
    answers = await asyncio.gather(*(reset(users, token, f"harvest-{n}-kite") for n in range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400]
    assert len(users.said(PasswordChanged)) == 1
    late = await link(users, opened)
    users.clock.advance(timedelta(hours=1))
    assert (await reset(users, late)).status_code == 400


async def test_a_newer_link_ends_the_older_and_a_reset_ends_all(users: Any, opened: Opened) -> None:
    await users.register()
    first, second = await link(users, opened), await link(users, opened)
    assert (await reset(users, first)).status_code == 400
    assert (await reset(users, second)).status_code == 200
    still_open = "SELECT 1 FROM one_time_tokens WHERE used_at IS NULL AND expires_at > $1"
    rows = await users.rows(still_open, users.clock.now())
    assert rows == []


async def test_a_link_of_another_purpose_sets_nothing(users: Any, opened: Opened) -> None:
    await users.register()
    [verification] = users.said(EmailVerificationRequested)
    assert (await reset(users, opened(verification))).status_code == 400
    async with users.client() as client:
        answer = await client.post("/api/v1/auth/verify-email", json={"token": await link(users, opened)})
    assert answer.status_code == 400


@pytest.mark.parametrize("password", ["short-1", "Password123", "asha@example.com", "asha"])
async def test_a_weak_password_is_named_and_leaves_the_link_good(users: Any, opened: Opened, password: str) -> None:
    await users.register(username="asha.k")
    token = await link(users, opened)
    weak = await reset(users, token, password)
    assert (weak.status_code, set(weak.json()["error"]["fields"])) == (422, {"new_password"})
    assert (await reset(users, token)).status_code == 200


async def test_a_reset_opens_a_locked_account(users: Any, opened: Opened) -> None:
    await users.register()
    for _ in range(5):
        await users.log_in(password="wrong-password-1")
    assert (await users.log_in()).status_code == 423
    assert (await reset(users, await link(users, opened))).status_code == 200
    assert (await users.log_in(password=NEW)).status_code == 200


async def test_who_signed_in_elsewhere_gets_a_first_password(users: Any, opened: Opened) -> None:
    await users.register()
    await users.execute("UPDATE users SET password_hash = NULL")
    assert (await reset(users, await link(users, opened))).status_code == 200
    assert (await users.log_in(password=NEW)).status_code == 200


async def test_nobody_and_the_closed_are_answered_alike_and_get_no_letter(users: Any) -> None:
    await users.register()
    await users.register("closed@example.com")
    await users.execute("UPDATE users SET is_active = false WHERE email = 'closed@example.com'")
    answers = [await forgot(users, f"{name}@example.com") for name in ("asha", "closed", "nobody")]
    assert {(answer.status_code, answer.text, str(sorted(answer.headers))) for answer in answers} == {
        (202, answers[0].text, str(sorted(answers[0].headers)))
    }
    assert len(users.said(PasswordResetRequested)) == 1


@pytest.mark.parametrize("email", ["asha@example.com", "nobody@example.com"])
async def test_three_letters_an_hour(users: Any, email: str) -> None:
    await users.register()
    assert [(await forgot(users, email)).status_code for _ in range(4)] == [202, 202, 202, 429]


async def test_a_letter_that_is_written_again_goes_out_once(users: Any) -> None:
    """The crash before the row of the work was gone: the second try finds that it is not its any more."""
    await users.register()
    async with users.client() as client:
        await client.post("/api/v1/auth/forgot-password", json={"email": "asha@example.com"})
    [row] = await users.rows("SELECT * FROM work")
    assert await users.write_letters() == 1
    item = WorkItem(row["id"], row["kind"], row["payload"], 2, row["id"])
    with pytest.raises(LeaseLost):
        await users.service.app.state.letters.write(item)
    assert len(users.said(PasswordResetRequested)) == 1


async def test_who_lay_in_wait_in_an_account_of_an_unproved_address_is_out(users: Any, opened: Opened) -> None:
    account = (await users.register()).json()
    await users.execute(
        "INSERT INTO oauth_identities (id, provider, subject, user_id, email, created_at) "
        "VALUES (gen_random_uuid(), 'apple', 'attackers', $1, 'attacker@example.com', now())",
        UUID(account["id"]),
    )
    assert (await reset(users, await link(users, opened))).status_code == 200
    assert await users.rows("SELECT 1 FROM oauth_identities") == []
