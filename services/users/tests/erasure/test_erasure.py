"""Deleting an account: closed at once, gone everywhere in the end, and never forgotten on the way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from chassis.identity.vault import Vault
from contracts.ai_router import AiRouterUserDataErased
from contracts.billing import BillingUserDataErased
from contracts.export import ExportUserDataErased
from contracts.notify import NotifyUserDataErased
from contracts.users import SessionRevoked, UserDeleted, UserDeletionRequested, UserUpdated
from contracts.workflow import WorkflowUserDataErased
from users.erasure.service import ASKED_AGAIN, Reminders
from users.settings import Settings

PASSWORD = "monsoon-42-lamp"
OTHERS = (AiRouterUserDataErased, BillingUserDataErased, ExportUserDataErased, NotifyUserDataErased)


async def delete(users: Any, token: str, password: str | None = PASSWORD) -> Any:
    body = {"password": password} if password is not None else {}
    async with users.client(token) as client:
        return await client.request("DELETE", "/api/v1/users/me", json=body)


async def deleted(users: Any) -> tuple[UUID, str]:
    """Somebody who has just deleted the account: the id, and where to look."""
    tokens = await users.member(name="Asha", avatar_url="https://example.org/asha.png")
    answer = await delete(users, tokens["access_token"])
    assert answer.status_code == 202, answer.text
    return UUID(tokens["user"]["id"]), answer.json()["status_url"]


async def erased(users: Any, url: str) -> tuple[set[str], bool]:
    """Who has answered, and whether all have."""
    async with users.client() as client:
        seen = (await client.get(url)).json()
    return {one["service"] for one in seen["services"] if one["erased_at"]}, seen["completed_at"] is not None


def asked(users: Any) -> list[int]:
    return [event.ask for event in users.said(UserDeletionRequested)]


async def test_the_account_is_closed_and_empty_at_once(users: Any) -> None:
    tokens = await users.member(name="Asha")
    user_id = tokens["user"]["id"]
    other = (await users.log_in()).json()
    before = len(users.recorder.messages)
    answer = await delete(users, tokens["access_token"])
    assert (answer.status_code, answer.headers["Cache-Control"]) == (202, "no-store")
    assert answer.headers["Location"] == answer.json()["status_url"]
    [row] = await users.rows("SELECT * FROM users")
    assert (row["email"], row["username"]) == (f"deleted_{user_id}@deleted.com", f"deleted_{user_id}")
    assert (row["name"], row["password_hash"], row["is_active"]) == (None, None, False)
    assert len(users.said(SessionRevoked)) == 2
    assert (await users.log_in()).status_code == 401
    assert (await users.refresh(other["refresh_token"])).status_code == 401
    [told] = users.said(UserUpdated)
    assert (told.email, told.name, told.is_active) == (row["email"], None, False)
    assert asked(users) == [1]
    # Nothing is left of who it was: not in a table, and in no message but for the last letter.
    everything = [str(message.body) for message in users.recorder.messages[before:]]
    for table in ("users", "consents", "user_sessions", "refresh_tokens", "erasures", "audit_log", "login_guards"):
        everything.append(str(await users.rows(f"SELECT * FROM {table}")))  # noqa: S608
    for trace in ("asha", "Asha", "127.0.0.1"):
        assert trace not in "".join(everything)
    # The address is free again.
    assert (await users.register()).status_code == 201


async def test_who_has_answered_can_be_seen_until_all_have(users: Any) -> None:
    user_id, url = await deleted(users)
    assert await erased(users, url) == (set(), False)
    # Something may still be made for the person: what is answered before workflow has does not count.
    for kind in OTHERS:
        await users.tell(kind(user_id=user_id, ask=1))
    assert await erased(users, url) == (set(), False)
    await users.tell(WorkflowUserDataErased(user_id=user_id, ask=1))
    assert asked(users) == [1, 2]
    assert await erased(users, url) == (set(), False)
    for kind in OTHERS:
        await users.tell(kind(user_id=user_id, ask=2))
    assert await erased(users, url) == ({"ai_router", "billing", "export", "notify"}, False)
    assert users.said(UserDeleted) == []
    await users.tell(WorkflowUserDataErased(user_id=user_id, ask=2), WorkflowUserDataErased(user_id=user_id, ask=2))
    assert (await erased(users, url))[1]
    [end] = users.said(UserDeleted)
    vault = Vault(Settings(env="test").link_key.get_secret_value())
    assert vault.open(end.sealed_email.encode()) == "asha@example.com"
    assert [row["sealed_email"] for row in await users.rows("SELECT sealed_email FROM erasures")] == [None]
    actions = await users.rows("SELECT action FROM audit_log WHERE action LIKE 'deletion.%' ORDER BY seq")
    assert [row["action"] for row in actions] == ["deletion.requested", "deletion.done"]


async def test_whoever_does_not_answer_is_asked_again_and_operators_are_told(
    users: Any, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    user_id, _ = await deleted(users)
    reminders = Reminders(users.database)
    await reminders.round()
    assert asked(users) == [1]
    users.clock.advance(ASKED_AGAIN)
    await reminders.round()
    await reminders.round()
    assert asked(users) == [1, 2]
    users.clock.advance(timedelta(hours=24))
    await users.register("root@example.com")
    await users.execute("UPDATE users SET role = 'admin' WHERE email = 'root@example.com'")
    root = (await users.log_in("root@example.com")).json()["access_token"]
    async with users.client(root) as client:
        [waiting] = (await client.get("/api/v1/admin/erasures?completed=false")).json()["items"]
    assert (waiting["user_id"], waiting["asked"], waiting["completed_at"]) == (str(user_id), 2, None)
    await reminders.round()
    assert asked(users) == [1, 2, 3]
    said = capsys.readouterr()
    assert "erasure.late" in said.out + said.err + caplog.text


async def test_a_password_or_a_recent_login_is_needed(users: Any) -> None:
    tokens = await users.member()
    wrong = await delete(users, tokens["access_token"], "wrong-password-1")
    assert (wrong.status_code, list(wrong.json()["error"]["fields"])) == (422, ["password"])
    users.clock.advance(timedelta(minutes=10, seconds=1))
    late = await delete(users, tokens["access_token"], None)
    assert (late.status_code, late.json()["error"]["code"]) == (403, "sign_in_again")
    assert asked(users) == []
    fresh = (await users.log_in()).json()["access_token"]
    assert (await delete(users, fresh, None)).status_code == 202
    assert (await delete(users, fresh, None)).status_code == 401


async def test_guessing_the_password_locks_as_at_a_login(users: Any) -> None:
    tokens = await users.member()
    statuses = [(await delete(users, tokens["access_token"], f"wrong-password-{n}")).status_code for n in range(6)]
    assert statuses == [422] * 5 + [423]


async def test_the_last_administrator_stays(users: Any) -> None:
    tokens = await users.member()
    await users.execute("UPDATE users SET role = 'admin'")
    answer = await delete(users, tokens["access_token"])
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "last_administrator")


async def test_without_its_ticket_nobody_sees_a_deletion(users: Any) -> None:
    await deleted(users)
    tokens = await users.member("ravi@example.com")
    async with users.client(tokens["access_token"]) as client:
        assert (await client.get("/api/v1/auth/erasure?ticket=guess")).status_code == 404
        assert (await client.get("/api/v1/admin/erasures")).status_code == 403


async def test_an_answer_about_nobody_changes_nothing(users: Any) -> None:
    await users.tell(WorkflowUserDataErased(user_id=UUID(int=7), ask=1))
    assert await users.rows("SELECT * FROM erasure_receipts") == []
    assert asked(users) == []
