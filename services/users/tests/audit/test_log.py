"""The audit log: rows that follow on one another, that nobody changes unseen, and that administrators can search."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from chassis import ids
from users import audit
from users.audit.service import verify


async def recorded(users: Any, *actions: audit.Action, actor: UUID | None = None) -> None:
    """Each in a transaction of its own."""
    for action in actions:
        async with users.database.transaction() as tx:
            audit.record(tx, action, actor=actor)


async def seqs(users: Any) -> list[int]:
    return [row["seq"] for row in await users.rows("SELECT seq FROM audit_log ORDER BY seq")]


async def without_triggers(users: Any, statement: str) -> None:
    """As somebody does who owns the database."""
    await users.execute(
        f"ALTER TABLE audit_log DISABLE TRIGGER USER; {statement}; ALTER TABLE audit_log ENABLE TRIGGER USER"
    )


async def test_rows_of_one_moment_and_of_one_transaction_make_one_chain(users: Any) -> None:
    async def both() -> None:
        async with users.database.transaction() as tx:
            audit.record(tx, audit.Action.LOGGED_IN, actor=ids.uuid7())
            audit.record(tx, audit.Action.LOGGED_OUT, actor=ids.uuid7())

    await asyncio.gather(*(both() for _ in range(10)))
    assert await seqs(users) == list(range(1, 21))
    verdict = await verify(users.database)
    assert (verdict.rows, verdict.broken) == (20, None)


async def test_what_is_rolled_back_leaves_no_row_and_no_gap(users: Any) -> None:
    await recorded(users, audit.Action.LOGGED_IN)
    with pytest.raises(ZeroDivisionError):
        async with users.database.transaction() as tx:
            audit.record(tx, audit.Action.LOGGED_OUT, actor=None)
            await tx.fetch("SELECT 1")
            raise ZeroDivisionError
    await recorded(users, audit.Action.LOGGED_IN)
    assert await seqs(users) == [1, 2]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET entry = '{}'",
        "UPDATE audit_log SET at = now() - interval '2 years'",
        "DELETE FROM audit_log",
        "TRUNCATE audit_log",
    ],
)
async def test_the_database_refuses_to_change_or_remove(users: Any, statement: str) -> None:
    await recorded(users, audit.Action.LOGGED_IN)
    with pytest.raises(asyncpg.RaiseError, match="never changed"):
        await users.execute(statement)
    assert await seqs(users) == [1]


@pytest.mark.parametrize(
    ("statement", "broken", "why"),
    [
        ("UPDATE audit_log SET entry = replace(entry::text, 'logged_in', 'logged_out')::json WHERE seq = 2", 2, "says"),
        ("UPDATE audit_log SET at = at - interval '1 hour' WHERE seq = 2", 2, "time"),
        ("UPDATE audit_log SET hash = sha256('x') WHERE seq = 2", 2, "says"),
        ("UPDATE audit_log SET previous = sha256('x') WHERE seq = 1", 1, "follow"),
        ("DELETE FROM audit_log WHERE seq = 2", 3, "missing"),
        (
            "DELETE FROM audit_log WHERE seq = 2; UPDATE audit_log SET seq = seq - 1 WHERE seq > 2",
            2,
            "does not follow",
        ),
    ],
)
async def test_the_first_row_that_was_tampered_with_is_named(users: Any, statement: str, broken: int, why: str) -> None:
    await recorded(users, *[audit.Action.LOGGED_IN] * 4)
    await without_triggers(users, statement)
    verdict = await verify(users.database)
    assert verdict.broken == broken
    assert why in verdict.why


async def test_a_row_noted_elsewhere_shows_that_the_newest_were_taken_away(users: Any) -> None:
    await recorded(users, *[audit.Action.LOGGED_IN] * 4)
    last = (await verify(users.database)).last
    assert last is not None and last.seq == 4
    noted = (last.seq, last.hash)
    assert (await verify(users.database, known=noted)).broken is None
    await without_triggers(users, "DELETE FROM audit_log WHERE seq > 2")
    assert (await verify(users.database)).broken is None
    assert (await verify(users.database, known=noted)).broken == 4
    # Rows put in their place make a chain of their own, which is another one.
    await recorded(users, *[audit.Action.LOGGED_OUT] * 2)
    assert (await verify(users.database)).broken is None
    assert (await verify(users.database, known=noted)).broken == 4


async def test_rows_go_after_a_year_and_the_chain_still_holds(users: Any) -> None:
    from chassis.work.sweeper import Sweeper
    from users.kept import tables
    from users.settings import Settings

    now = datetime.now(UTC)
    users.clock.advance(now - timedelta(days=366) - users.clock.now())
    await recorded(users, *[audit.Action.LOGGED_IN] * 3)
    users.clock.advance(timedelta(days=366))
    swept = [one for one in tables(Settings(env="test")) if one.table == "audit_log"]
    await Sweeper(users.database, swept, batch=10).sweep()
    assert await seqs(users) == [3]
    await recorded(users, audit.Action.LOGGED_IN)
    verdict = await verify(users.database)
    assert (verdict.rows, verdict.broken) == (2, None)


class Administrator:
    """Looks at the log."""

    def __init__(self, users: Any, token: str) -> None:
        self.users, self.token = users, token

    async def sees(self, **query: str) -> Sequence[dict[str, Any]]:
        async with self.users.client(self.token) as client:
            answer = await client.get("/api/v1/admin/audit", params=query)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items


async def administrator(users: Any) -> Administrator:
    await users.register("root@example.com")
    await users.execute("UPDATE users SET role = 'admin' WHERE email = 'root@example.com'")
    return Administrator(users, (await users.log_in("root@example.com")).json()["access_token"])


async def test_only_administrators_look_at_it(users: Any) -> None:
    tokens = await users.member()
    for token, status in ((None, 401), (tokens["access_token"], 403)):
        async with users.client(token) as client:
            assert (await client.get("/api/v1/admin/audit")).status_code == status


async def test_rows_are_found_by_what_they_say(users: Any) -> None:
    root = await administrator(users)
    asha, ravi = ids.uuid7(), ids.uuid7()
    began = users.clock.now()
    for actor, action in ((asha, audit.Action.KEY_CREATED), (ravi, audit.Action.KEY_CREATED)):
        users.clock.advance(timedelta(minutes=1))
        async with users.database.transaction() as tx:
            audit.record(tx, action, actor=actor, target="somebody", result="refused", product_line="reely", n=1)
    assert [row["actor"] for row in await root.sees(action="api_key.created")] == [str(ravi), str(asha)]
    assert [row["actor"] for row in await root.sees(actor=str(asha))] == [str(asha)]
    assert len(await root.sees(target="somebody", result="refused", product_line="reely")) == 2
    since = (began + timedelta(minutes=2)).isoformat()
    assert [row["actor"] for row in await root.sees(action="api_key.created", since=since)] == [str(ravi)]
    assert [row["actor"] for row in await root.sees(action="api_key.created", before=since)] == [str(asha)]
    [second] = await root.sees(action="api_key.created", page="2", per_page="1")
    assert (second["actor"], second["details"]) == (str(asha), {"n": 1})


async def test_what_happens_to_an_account_is_recorded_and_says_where_from(users: Any) -> None:
    root = await administrator(users)
    tokens = await users.member()
    me = tokens["user"]["id"]
    assert (await users.log_in(password="wrong-password-1")).status_code == 401
    assert (await users.log_in("nobody@example.com")).status_code == 401
    other = (await users.log_in()).json()
    agent = {"User-Agent": "Firefox"}
    async with users.client(other["access_token"], address="203.0.113.9", **agent) as client:
        sessions = (await client.get("/api/v1/users/me/sessions")).json()["items"]
        first = next(one["id"] for one in sessions if not one["current"])
        await client.delete(f"/api/v1/users/me/sessions/{first}")
        change = {"current_password": "monsoon-42-lamp", "new_password": "harvest-7-kite"}
        assert (await client.post("/api/v1/auth/change-password", json=change)).status_code == 200
        await client.post("/api/v1/auth/logout")
    mine = await root.sees(actor=me)
    assert [(row["action"], row["result"]) for row in mine] == [
        ("session.logged_out", "done"),
        ("account.password_changed", "done"),
        ("session.ended", "done"),
        ("session.logged_in", "done"),
        ("session.logged_in", "done"),
        ("account.registered", "done"),
    ]
    failed = await root.sees(action="session.login_failed")
    assert [(row["actor"], row["target"]) for row in failed] == [(None, None), (None, me)]
    newest, oldest = mine[0], mine[-1]
    assert newest["address"] != oldest["address"]
    assert newest["user_agent"] == "Firefox"
    assert newest["request_id"] and newest["product_line"] == "talkingphoto"
    assert "203.0.113.9" not in str(await users.rows("SELECT * FROM audit_log"))
    assert (await verify(users.database)).broken is None
