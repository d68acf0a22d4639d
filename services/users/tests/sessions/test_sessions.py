"""Sessions: tokens that rotate, a stolen one, and ending them."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import timedelta
from typing import Any
from uuid import UUID

from chassis import ids
from contracts.users import SessionRevoked


async def test_a_refresh_rotates_the_token(users: Any) -> None:
    tokens = await users.member()
    users.clock.advance(timedelta(minutes=14))
    answer = await users.refresh(tokens["refresh_token"])
    fresh = answer.json()
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert fresh["refresh_token"] != tokens["refresh_token"]
    verify = users.service.app.state.verifier.verify
    old, new = await verify(tokens["access_token"]), await verify(fresh["access_token"])
    assert (old.session_id, old.user_id) == (new.session_id, new.user_id)
    assert new.expires_at - old.expires_at == timedelta(minutes=14)


async def test_two_tabs_at_the_same_moment_both_go_on(users: Any) -> None:
    tokens = await users.member()
    answers = await asyncio.gather(*(users.refresh(tokens["refresh_token"]) for _ in range(2)))
    users.clock.advance(timedelta(seconds=10))
    answers.append(await users.refresh(tokens["refresh_token"]))
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    [successor] = {answer.json()["refresh_token"] for answer in answers}
    assert (await users.refresh(successor)).status_code == 200
    assert not users.said(SessionRevoked)


async def test_twenty_at_once_get_one_successor_and_no_branch_lives_on(users: Any) -> None:
    tokens = await users.member()
    answers = await asyncio.gather(*(users.refresh(tokens["refresh_token"]) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    [successor] = {answer.json()["refresh_token"] for answer in answers}
    assert len(await users.rows("SELECT id FROM refresh_tokens")) == 2
    # One of them goes on; whoever has the same successor is a thief from then on, or finds the same one again.
    users.clock.advance(timedelta(minutes=1))
    third = (await users.refresh(successor)).json()["refresh_token"]
    assert (await users.refresh(successor)).json()["refresh_token"] == third
    users.clock.advance(timedelta(seconds=10, milliseconds=1))
    assert (await users.refresh(successor)).status_code == 401
    assert (await users.refresh(third)).status_code == 401
    assert len(users.said(SessionRevoked)) == 1


async def test_in_the_grace_the_same_is_repeated_even_when_it_was_used_already(users: Any) -> None:
    tokens = await users.member()
    second = (await users.refresh(tokens["refresh_token"])).json()["refresh_token"]
    third = (await users.refresh(second)).json()["refresh_token"]
    assert (await users.refresh(tokens["refresh_token"])).json()["refresh_token"] == second
    assert (await users.refresh(second)).json()["refresh_token"] == third
    assert len(await users.rows("SELECT id FROM refresh_tokens")) == 3


async def test_nobody_who_reads_the_database_can_make_the_successor(users: Any) -> None:
    tokens = await users.member()
    fresh = (await users.refresh(tokens["refresh_token"])).json()["refresh_token"]
    kept = str(await users.rows("SELECT * FROM refresh_tokens"))
    assert fresh not in kept
    assert len(fresh) == 64
    other = (await users.refresh((await users.log_in()).json()["refresh_token"])).json()["refresh_token"]
    assert other != fresh


async def test_a_used_token_after_the_grace_is_theft_and_ends_the_session(users: Any) -> None:
    tokens = await users.member()
    fresh = (await users.refresh(tokens["refresh_token"])).json()
    users.clock.advance(timedelta(seconds=10, milliseconds=1))
    theft = await users.refresh(tokens["refresh_token"])
    assert (theft.status_code, theft.json()["error"]["code"]) == (401, "refresh_refused")
    # Although the answer is an error, the session has ended and everybody has been told, once.
    session = (await users.rows("SELECT * FROM user_sessions"))[0]
    assert session["revoked_at"] == users.clock.now()
    [event] = users.said(SessionRevoked)
    assert (event.session_id, str(event.user_id)) == (session["id"], tokens["user"]["id"])
    assert (await users.refresh(fresh["refresh_token"])).status_code == 401
    assert (await users.refresh(tokens["refresh_token"])).status_code == 401
    assert len(users.said(SessionRevoked)) == 1


async def test_theft_in_one_session_leaves_the_others(users: Any) -> None:
    first = await users.member()
    second = (await users.log_in()).json()
    await users.refresh(first["refresh_token"])
    users.clock.advance(timedelta(minutes=1))
    assert (await users.refresh(first["refresh_token"])).status_code == 401
    assert (await users.refresh(second["refresh_token"])).status_code == 200


async def test_a_refresh_token_lives_seven_days_from_its_last_use(users: Any) -> None:
    tokens = await users.member()
    users.clock.advance(timedelta(days=6, hours=23))
    fresh = await users.refresh(tokens["refresh_token"])
    assert fresh.status_code == 200
    users.clock.advance(timedelta(days=7))
    late = await users.refresh(fresh.json()["refresh_token"])
    assert (late.status_code, late.json()["error"]["code"]) == (401, "refresh_refused")


async def test_a_session_ends_after_ninety_days_however_often_it_is_used(users: Any) -> None:
    tokens = await users.member()
    for _ in range(15):
        users.clock.advance(timedelta(days=6))
        answer = await users.refresh(tokens["refresh_token"])
        if answer.status_code != 200:
            break
        tokens = answer.json()
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "refresh_refused")
    [row] = await users.rows("SELECT expires_at - created_at AS lived FROM user_sessions")
    assert row["lived"] == timedelta(days=90)
    assert (await users.log_in()).status_code == 200


async def test_unknown_tokens_and_closed_accounts_are_refused(users: Any) -> None:
    tokens = await users.member()
    assert (await users.refresh("no-such-token")).status_code == 401
    assert (await users.refresh(tokens["access_token"])).status_code == 401
    await users.execute("UPDATE users SET is_active = false")
    assert (await users.refresh(tokens["refresh_token"])).status_code == 401


async def test_only_hashes_of_refresh_tokens_are_kept(users: Any) -> None:
    tokens = await users.member()
    [row] = await users.rows("SELECT token_hash FROM refresh_tokens")
    assert row["token_hash"] == hashlib.sha256(tokens["refresh_token"].encode()).digest()


async def test_logout_ends_the_session_once(users: Any) -> None:
    tokens = await users.member()
    async with users.client(tokens["access_token"]) as client:
        assert (await client.post("/api/v1/auth/logout")).status_code == 204
        assert (await client.post("/api/v1/auth/logout")).status_code == 204
    assert (await users.refresh(tokens["refresh_token"])).status_code == 401
    assert len(users.said(SessionRevoked)) == 1
    async with users.client() as nobody:
        assert (await nobody.post("/api/v1/auth/logout")).status_code == 401


async def test_sessions_are_listed_newest_first_with_the_current_one_marked(users: Any) -> None:
    await users.register()
    old = (await users.log_in(**{"User-Agent": "Old"})).json()
    users.clock.advance(timedelta(days=1))
    new = (await users.log_in(**{"User-Agent": "New"})).json()
    async with users.client(new["access_token"]) as client:
        listed = (await client.get("/api/v1/users/me/sessions")).json()["items"]
        assert [(session["user_agent"], session["current"]) for session in listed] == [("New", True), ("Old", False)]
        assert (await client.delete(f"/api/v1/users/me/sessions/{listed[1]['id']}")).status_code == 204
        assert (await client.delete(f"/api/v1/users/me/sessions/{listed[1]['id']}")).status_code == 404
        assert len((await client.get("/api/v1/users/me/sessions")).json()["items"]) == 1
    assert (await users.refresh(old["refresh_token"])).status_code == 401
    [event] = users.said(SessionRevoked)
    assert event.session_id == UUID(listed[1]["id"])


async def test_expired_sessions_are_not_listed(users: Any) -> None:
    await users.member()
    users.clock.advance(timedelta(days=8))
    tokens = (await users.log_in()).json()
    async with users.client(tokens["access_token"]) as client:
        assert len((await client.get("/api/v1/users/me/sessions")).json()["items"]) == 1


async def test_all_others_are_ended_at_once(users: Any) -> None:
    await users.member()
    others = [(await users.log_in()).json() for _ in range(2)]
    current = (await users.log_in()).json()
    async with users.client(current["access_token"]) as client:
        assert (await client.delete("/api/v1/users/me/sessions")).status_code == 204
        assert [session["current"] for session in (await client.get("/api/v1/users/me/sessions")).json()["items"]] == [
            True
        ]
    assert len(users.said(SessionRevoked)) == 3
    for other in others:
        assert (await users.refresh(other["refresh_token"])).status_code == 401
    assert (await users.refresh(current["refresh_token"])).status_code == 200


async def test_another_users_session_is_not_found(users: Any) -> None:
    mine = await users.member("mine@example.com")
    theirs = await users.member("theirs@example.com")
    async with users.client(theirs["access_token"]) as client:
        their_session = (await client.get("/api/v1/users/me/sessions")).json()["items"][0]["id"]
    async with users.client(mine["access_token"]) as client:
        foreign = await client.delete(f"/api/v1/users/me/sessions/{their_session}")
        unknown = await client.delete(f"/api/v1/users/me/sessions/{ids.uuid7()}")
        assert (await client.delete("/api/v1/users/me/sessions")).status_code == 204
    assert (foreign.status_code, foreign.json()["error"]["code"]) == (404, "not_found")
    assert foreign.json()["error"]["message"] == unknown.json()["error"]["message"]
    assert (await users.refresh(theirs["refresh_token"])).status_code == 200
    assert not users.said(SessionRevoked)


async def test_whoever_asks_is_told_which_sessions_have_ended(users: Any) -> None:
    tokens, _ = await users.member(), await users.log_in()
    async with users.client() as client:
        before = (await client.get("/.well-known/revoked-sessions.json")).json()
        assert before["sessions"] == []
        await client.post("/api/v1/auth/logout", headers={"Authorization": f"Bearer {tokens['access_token']}"})
        ended = (await client.get("/.well-known/revoked-sessions.json")).json()
        [event] = users.said(SessionRevoked)
        assert ended["sessions"] == [str(event.session_id)]
        users.clock.advance(timedelta(minutes=2))
        later = await client.get("/.well-known/revoked-sessions.json", params={"since": users.clock.now().isoformat()})
        assert later.json()["sessions"] == []
        since = await client.get("/.well-known/revoked-sessions.json", params={"since": before["as_of"]})
        assert since.json()["sessions"] == [str(event.session_id)]
        users.clock.advance(timedelta(days=1, minutes=5))
        assert (await client.get("/.well-known/revoked-sessions.json")).json()["sessions"] == []
