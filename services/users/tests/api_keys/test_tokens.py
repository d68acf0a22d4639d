"""What the gateway gets for a key: a short token with the right that the key has at that moment."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from chassis.identity.api_keys import new_key


async def test_the_token_says_what_the_key_may_and_no_more(users: Any, owner: Any) -> None:
    await users.execute("UPDATE users SET role = 'admin'")
    made = await owner.key(scopes=["read", "files:write"], daily_credits=7, allowed_addresses=["10.1.2.3/8"])
    answer = (await owner.exchange(made["key"])).json()
    assert (answer["key_id"], answer["expires_in"]) == (made["id"], 600)
    assert answer["allowed_addresses"] == ["10.0.0.0/8"]
    identity = await users.service.app.state.verifier.verify(answer["access_token"])
    assert (str(identity.user_id), str(identity.session_id)) == (owner.id, made["id"])
    assert (identity.scopes, identity.daily_credits) == ({"read", "files:write"}, 7)
    assert (identity.plan, identity.product_line) == ("pro", "talkingphoto")
    # The key of an administrator makes nobody one.
    assert not identity.is_admin


async def test_a_token_of_a_login_has_no_scopes_and_no_cap(users: Any, owner: Any) -> None:
    identity = await users.service.app.state.verifier.verify(owner.tokens["access_token"])
    assert (identity.scopes, identity.daily_credits) == (None, None)


async def test_a_token_ends_with_its_key(users: Any, owner: Any) -> None:
    made = await owner.key(expires_in_days=1)
    users.clock.advance(timedelta(days=1, minutes=-1))
    assert (await owner.exchange(made["key"])).json()["expires_in"] == 60
    users.clock.advance(timedelta(minutes=1))
    answer = await owner.exchange(made["key"])
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "api_key_refused")


async def test_unknown_and_mistyped_keys_are_refused_alike(users: Any, owner: Any) -> None:
    made = (await owner.key())["key"]
    mistyped = made[:-1] + ("0" if made[-1] != "0" else "1")
    refusals = [await owner.exchange(key) for key in (new_key(), mistyped, "tpk_", "nonsense")]
    assert {answer.status_code for answer in refusals} == {401}
    assert len({answer.json()["error"]["message"] for answer in refusals}) == 1


async def test_the_right_is_the_owners_right_now(users: Any, owner: Any) -> None:
    made = await owner.key()
    await owner.has("free", version=2, keys=False)
    downgraded = await owner.exchange(made["key"])
    assert (downgraded.status_code, downgraded.json()["error"]["code"]) == (402, "plan_lacks_feature")
    await owner.has("pro", version=3, keys=True)
    assert (await owner.exchange(made["key"])).status_code == 200
    await users.execute("UPDATE users SET is_active = false")
    closed = await owner.exchange(made["key"])
    assert (closed.status_code, closed.json()["error"]["code"]) == (403, "account_inactive")


async def test_the_last_use_is_noted_once_a_minute(users: Any, owner: Any) -> None:
    made = await owner.key()
    seen = []
    for seconds in (0, 59, 1):
        users.clock.advance(timedelta(seconds=seconds))
        await owner.exchange(made["key"])
        seen.append((await owner.call("GET")).json()["items"][0]["last_used_at"])
    assert seen == ["2026-05-17T12:00:00Z", "2026-05-17T12:00:00Z", "2026-05-17T12:01:00Z"]
