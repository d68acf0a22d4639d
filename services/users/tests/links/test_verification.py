"""Proving an address: the letter, its link, and that it is good once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from contracts.users import EmailVerificationRequested, EmailVerified, UserRegistered, UserUpdated

Opened = Callable[[Any], str]


async def prove(users: Any, token: str) -> Any:
    async with users.client() as client:
        return await client.post("/api/v1/auth/verify-email", json={"token": token})


async def resend(users: Any, email: str = "asha@example.com") -> Any:
    async with users.client() as client:
        answer = await client.post("/api/v1/auth/verify-email/resend", json={"email": email})
    assert await users.write_letters() == (answer.status_code == 202)
    return answer


async def test_a_registration_starts_the_proof_and_the_link_ends_it(users: Any, opened: Opened) -> None:
    tokens = await users.member()
    [registered], [letter] = users.said(UserRegistered), users.said(EmailVerificationRequested)
    assert (registered.consents, registered.email_verified) == (("privacy", "terms"), False)
    assert (letter.user_id, letter.email, letter.purpose) == (registered.user_id, "asha@example.com", "verify_email")
    assert letter.expires_at == users.clock.now() + timedelta(hours=24)
    assert letter.product_line == "talkingphoto"
    answer = await prove(users, opened(letter))
    assert (answer.status_code, answer.json()) == (200, {"email": "asha@example.com", "email_verified": True})
    async with users.client(tokens["access_token"]) as client:
        assert (await client.get("/api/v1/users/me")).json()["email_verified"] is True
    assert [said.user_id for said in users.said(EmailVerified)] == [registered.user_id]
    again = await prove(users, opened(letter))
    assert (again.status_code, again.json()["error"]["code"]) == (400, "link_refused")
    assert len(users.said(EmailVerified)) == 1


async def test_only_a_hash_is_kept_and_only_a_sealed_token_travels(users: Any, opened: Opened) -> None:
    await users.register()
    [letter] = users.said(EmailVerificationRequested)
    token = opened(letter)
    [row] = await users.rows("SELECT * FROM one_time_tokens")
    assert row["token_hash"] == hashlib.sha256(token.encode()).digest()
    assert token not in str(row)
    assert token not in "".join(message.body.decode() for message in users.recorder.messages)


async def test_a_link_is_good_for_a_day(users: Any, opened: Opened) -> None:
    await users.register()
    users.clock.advance(timedelta(hours=24))
    assert (await prove(users, opened(users.said(EmailVerificationRequested)[0]))).status_code == 400


@pytest.mark.parametrize("token", ["", "unknown", "x" * 200])
async def test_a_token_that_is_none_is_refused(users: Any, token: str) -> None:
    assert (await prove(users, token)).status_code == 400


async def test_a_newer_link_ends_the_older(users: Any, opened: Opened) -> None:
    await users.register()
    assert (await resend(users)).status_code == 202
    first, second = users.said(EmailVerificationRequested)
    assert (await prove(users, opened(first))).status_code == 400
    assert (await prove(users, opened(second))).status_code == 200


async def test_what_is_proved_gets_no_letter_and_the_answer_does_not_say_so(users: Any, opened: Opened) -> None:
    await users.register()
    await prove(users, opened(users.said(EmailVerificationRequested)[0]))
    await users.register("waiting@example.com")
    sent = len(users.said(EmailVerificationRequested))
    answers = [await resend(users, email) for email in ("asha@example.com", "nobody@example.com")]
    assert len(users.said(EmailVerificationRequested)) == sent
    answers.append(await resend(users, "waiting@example.com"))
    assert len(users.said(EmailVerificationRequested)) == sent + 1
    assert {(answer.status_code, answer.text, str(sorted(answer.headers))) for answer in answers} == {
        (202, answers[0].text, str(sorted(answers[0].headers)))
    }


@pytest.mark.parametrize("email", ["asha@example.com", "nobody@example.com"])
async def test_three_letters_an_hour_whether_there_is_an_account_or_not(users: Any, email: str) -> None:
    await users.register()
    statuses = []
    for _ in range(4):
        users.clock.advance(timedelta(minutes=10))
        answer = await resend(users, email.upper())
        statuses.append(answer.status_code)
    assert statuses == [202, 202, 202, 429]
    assert (answer.json()["error"]["code"], answer.headers["Retry-After"]) == ("too_many_letters", "1800")
    users.clock.advance(timedelta(minutes=30))
    assert [(await resend(users, email)).status_code for _ in range(2)] == [202, 429]
    assert "nobody" not in str(await users.rows("SELECT * FROM letters_asked"))


async def test_a_link_to_an_address_that_was_left_proves_nothing(users: Any, opened: Opened) -> None:
    await users.register()
    await users.execute("UPDATE users SET email = 'other@example.com'")
    assert (await prove(users, opened(users.said(EmailVerificationRequested)[0]))).status_code == 400
    assert not users.said(EmailVerified)


async def test_a_closed_account_gets_no_letter_and_no_proof(users: Any, opened: Opened) -> None:
    await users.register()
    await users.execute("UPDATE users SET is_active = false")
    assert (await resend(users)).status_code == 202
    [letter] = users.said(EmailVerificationRequested)
    assert (await prove(users, opened(letter))).status_code == 400
    assert not users.said(UserUpdated)
