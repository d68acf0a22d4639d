"""One transaction: state, messages, inbox and work together or not at all."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import asyncpg
import orjson
import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from chassis import ids
from chassis.data.database import AlreadySeen, Database, DatabaseAway, LeaseLost
from chassis.data.leased_work import NewWork, WorkItem
from chassis.data.loan import BrokenOff
from chassis.data.outbox_row import from_row
from chassis.messaging.consumer import wait_until
from chassis.observe import context
from chassis.observe.metrics import CONNECTIONS_DISCARDED
from contracts.ai_router import CancelJob
from contracts.enums import Priority

_LONG = "SELECT pg_sleep(30)"


class Pool:
    """Takes up to ``room`` items of work with the transaction that adds them."""

    lease_s = 30.0

    def __init__(self, room: int = 0) -> None:
        self.room = room
        self.woken = False
        self.taken: list[WorkItem] = []

    def reserve(self, wanted: int) -> int:
        reserved = min(wanted, self.room)
        self.room -= reserved
        return reserved

    def take(self, reserved: int, items: Sequence[WorkItem]) -> None:
        self.room += reserved - len(items)
        self.taken += items

    def wake(self) -> None:
        self.woken = True


@asynccontextmanager
async def heard(database: Database) -> AsyncIterator[list[str]]:
    """What the transactions inside send to a database whose pool has one connection."""
    statements: list[str] = []

    def remember(record: Any) -> None:
        statements.append(record.query)

    async with database.connection() as connection:
        connection.add_query_logger(remember)
    yield statements
    async with database.connection() as connection:
        connection.remove_query_logger(remember)


async def test_state_and_messages_commit_together(new_service: Any, registered: Any, count: Any) -> None:
    database = await new_service()
    event = registered("ann")
    with context.use(context.Context(correlation_id="c-1")):
        async with database.transaction() as tx:
            await tx.execute("INSERT INTO effects VALUES ('one')")
            message_id = tx.emit(event)

    async with database.connection() as connection:
        row = await connection.fetchrow("SELECT * FROM outbox")
    assert row["id"] == message_id
    assert (row["exchange"], row["routing_key"], row["mandatory"]) == ("events", "users.user_registered.v1", True)
    headers = from_row(row).headers
    assert headers["cloudEvents:correlationid"] == "c-1"
    assert headers["cloudEvents:source"] == "/services/billing"
    assert type(event).model_validate_json(row["body"]) == event
    assert await count(database, "effects") == 1


async def test_an_error_takes_everything_back(new_service: Any, registered: Any, count: Any) -> None:
    database = await new_service()
    called: list[str] = []

    with pytest.raises(RuntimeError):
        async with database.transaction() as tx:
            await tx.execute("INSERT INTO effects VALUES ('one')")
            await tx.session.execute(text("INSERT INTO effects VALUES ('two')"))
            tx.emit(registered())
            tx.mark_seen("billing.accounts", ids.uuid7())
            tx.add_work(NewWork(ids.uuid7(), "render"))
            tx.after_commit(lambda: called.append("committed"))
            raise RuntimeError("no")

    for table in ("effects", "outbox", "inbox", "work"):
        assert await count(database, table) == 0
    assert called == []


async def test_what_follows_a_commit_is_called_once_it_has_succeeded(new_service: Any, count: Any) -> None:
    database = await new_service()
    called: list[str] = []
    pool = Pool()
    database.takers["render"] = [pool]

    async with database.transaction() as tx:
        tx.after_commit(lambda: called.append("committed"))
        tx.add_work(NewWork(ids.uuid7(), "render"))
        assert called == []
        assert not pool.woken

    assert called == ["committed"]
    assert pool.woken


async def test_a_message_seen_before_undoes_the_transaction(new_service: Any, registered: Any, count: Any) -> None:
    database = await new_service()
    message_id = ids.uuid7()
    async with database.transaction() as tx:
        tx.mark_seen("billing.accounts", message_id)

    with pytest.raises(AlreadySeen):
        async with database.transaction() as tx:
            tx.mark_seen("billing.accounts", message_id)
            await tx.execute("INSERT INTO effects VALUES ('twice')")
            tx.emit(registered())
    async with database.transaction() as tx:
        tx.mark_seen("billing.other", message_id)

    assert await count(database, "effects") == 0
    assert await count(database, "outbox") == 0
    assert await count(database, "inbox") == 2


async def test_another_unique_violation_is_no_repeat(new_service: Any) -> None:
    database = await new_service()
    async with database.transaction() as tx:
        await tx.execute("CREATE UNIQUE INDEX ON effects (name)")
        await tx.execute("INSERT INTO effects VALUES ('one')")
    with pytest.raises(asyncpg.UniqueViolationError):
        async with database.transaction() as tx:
            await tx.execute("INSERT INTO effects VALUES ('one')")


async def test_orm_and_plain_statements_share_the_transaction(new_service: Any, count: Any) -> None:
    database = await new_service()
    async with database.transaction() as tx:
        await tx.session.execute(text("INSERT INTO effects VALUES ('orm')"))
        rows = await tx.fetch("SELECT name FROM effects WHERE name = $1", "orm")
        assert [row["name"] for row in rows] == ["orm"]
        assert await count(database, "effects") == 0
        assert (await tx.fetchrow("SELECT 1 AS one"))["one"] == 1
        assert await tx.fetchrow("SELECT 1 WHERE false") is None
        assert await tx.execute("DELETE FROM effects") == "DELETE 1"


async def test_the_orm_alone_is_in_the_transaction_too(new_service: Any, count: Any) -> None:
    database = await new_service()
    with pytest.raises(RuntimeError):
        async with database.transaction() as tx:
            await tx.session.execute(text("INSERT INTO effects VALUES ('orm')"))
            raise RuntimeError("no")
    assert await count(database, "effects") == 0


async def test_json_goes_in_as_text_and_comes_out_decoded(new_service: Any) -> None:
    database = await new_service()
    async with database.transaction() as tx:
        row = await tx.fetchrow("SELECT $1::jsonb AS value", orjson.dumps({"a": [1, "ü"]}).decode())
    assert row["value"] == {"a": [1, "ü"]}


async def test_a_command_goes_into_the_lane_of_its_priority(new_service: Any, count: Any) -> None:
    database = await new_service("workflow")
    command = CancelJob(job_id=ids.uuid7(), reason="no longer wanted")
    async with database.transaction() as tx:
        tx.send(command, priority=Priority.HIGH)

    async with database.connection() as connection:
        row = await connection.fetchrow("SELECT exchange, routing_key, mandatory FROM outbox")
    assert tuple(row) == ("commands", "ai_router.high_priority", True)


async def test_the_same_work_is_added_once(new_service: Any, count: Any) -> None:
    database = await new_service()
    work = NewWork(ids.uuid7(), "render", {"n": 1})
    for _ in range(2):
        async with database.transaction() as tx:
            tx.add_work(work)
    assert await count(database, "work") == 1


@pytest.mark.parametrize("alone", [True, False])
async def test_work_of_another_holder_cannot_be_finished(new_service: Any, count: Any, alone: bool) -> None:
    database = await new_service()
    work_id, token = ids.uuid7(), ids.uuid7()
    async with database.transaction() as tx:
        tx.add_work(NewWork(work_id, "render"))
    async with database.connection() as connection:
        await connection.execute("UPDATE work SET lease_token = $1", token)

    with pytest.raises(LeaseLost):
        async with database.transaction() as tx:
            tx.later("INSERT INTO effects VALUES ('late')")
            if not alone:
                await tx.execute("INSERT INTO effects VALUES ('late')")
            tx.finish_work(WorkItem(work_id, "render", {}, 1, ids.uuid7()))
    assert await count(database, "effects") == 0
    assert await count(database, "work") == 1

    async with database.transaction() as tx:
        tx.finish_work(WorkItem(work_id, "render", {}, 1, token))
    assert await count(database, "work") == 0


async def test_a_connection_lost_inside_a_transaction_does_not_return_to_the_pool(new_service: Any, count: Any) -> None:
    database = await new_service(pool_size=1, max_overflow=0)
    with pytest.raises((asyncpg.PostgresConnectionError, asyncpg.InterfaceError, ConnectionError)):
        async with database.transaction() as tx:
            await tx.execute("INSERT INTO effects VALUES ('gone')")
            await tx.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    async with database.transaction() as tx:
        await tx.execute("INSERT INTO effects VALUES ('kept')")
    assert await count(database, "effects") == 1


async def test_a_cancelled_transaction_is_rolled_back_and_its_connection_clean(new_service: Any, count: Any) -> None:
    database = await new_service(pool_size=1, max_overflow=0)
    inside = asyncio.Event()

    async def work() -> None:
        async with database.transaction() as tx:
            await tx.execute("INSERT INTO effects VALUES ('cancelled')")
            inside.set()
            await tx.execute("SELECT pg_sleep(30)")

    task = asyncio.create_task(work())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    async with database.transaction() as tx:
        await tx.execute("INSERT INTO effects VALUES ('kept')")
    assert await count(database, "effects") == 1


async def test_a_transaction_sends_nothing_but_what_it_is_asked(new_service: Any, registered: Any, count: Any) -> None:
    database = await new_service(pool_size=1, max_overflow=0)
    async with heard(database) as statements:
        async with database.transaction():
            pass
        assert statements == []
        async with database.transaction() as tx:
            await tx.fetch("SELECT 1")
        assert statements == ["BEGIN", "SELECT 1", "COMMIT"]
        statements.clear()
        async with database.transaction() as tx:
            await tx.session.execute(text("INSERT INTO effects VALUES ('orm')"))
        assert [one for one in statements if one.isupper()] == ["BEGIN", "COMMIT"]
        statements.clear()
        async with database.transaction() as tx:
            tx.mark_seen("billing.accounts", ids.uuid7())
            tx.later("INSERT INTO effects VALUES ($1)", "later")
            tx.emit(registered())
        # The driver asks for types that it meets for the first time.
        asked = [one for one in statements if "set_config" not in one and "typeinfo" not in one]
        assert len(asked) == 1
    assert await count(database, "effects") == 2
    assert await count(database, "outbox") == await count(database, "inbox") == 1


async def test_what_was_put_off_comes_before_what_follows(new_service: Any) -> None:
    database = await new_service()
    async with database.transaction() as tx:
        tx.later("INSERT INTO effects SELECT unnest($1::text[])", ["one", "two"])
        tx.later("INSERT INTO effects VALUES ($1)", "three")
        names = [row["name"] for row in await tx.fetch("SELECT name FROM effects")]
        tx.later("DELETE FROM effects WHERE name = ANY($1::text[])", names)
    assert sorted(names) == ["one", "three", "two"]
    async with database.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM effects") == 0


@pytest.mark.parametrize("alone", [True, False])
async def test_one_statement_alone_goes_back_as_a_whole(
    new_service: Any, registered: Any, count: Any, alone: bool
) -> None:
    database = await new_service()
    message_id = ids.uuid7()
    async with database.transaction() as tx:
        tx.mark_seen("billing.accounts", message_id)

    with pytest.raises(AlreadySeen):
        async with database.transaction() as tx:
            tx.later("INSERT INTO effects VALUES ('twice')")
            if not alone:
                await tx.fetch("SELECT 1")
            tx.mark_seen("billing.accounts", message_id)
            tx.add_work(NewWork(ids.uuid7(), "render"))
            tx.emit(registered())

    for table in ("effects", "outbox", "work"):
        assert await count(database, table) == 0


@pytest.mark.parametrize("at_once", [True, False])
async def test_work_may_depend_on_what_a_statement_returns(new_service: Any, at_once: bool) -> None:
    database = await new_service()
    pool = database.takers["render"] = [Pool(room=5)]
    known, new = ids.uuid7(), ids.uuid7()
    async with database.transaction() as tx:
        await tx.execute("CREATE TABLE jobs (id uuid PRIMARY KEY)")
        await tx.execute("INSERT INTO jobs VALUES ($1)", known)

    async with database.transaction() as tx:
        tx.later(
            "INSERT INTO jobs SELECT unnest($1::uuid[]) ON CONFLICT DO NOTHING RETURNING id",
            [known, new],
            name="stored",
        )
        for work_id in (known, new):
            tx.add_work(NewWork(work_id, "render", {"n": 1}), given="stored")
        if at_once:
            await tx.fetch("SELECT 1")

    assert [item.id for item in pool[0].taken] == [new]
    async with database.connection() as connection:
        assert [row["id"] for row in await connection.fetch("SELECT id FROM work")] == [new]


async def test_a_pool_with_room_has_work_from_the_moment_it_is_committed(new_service: Any) -> None:
    database = await new_service()
    pool = Pool(room=2)
    database.takers["render"] = [pool]
    works = [NewWork(ids.uuid7(), "render", {"n": n}) for n in range(3)]
    async with database.transaction() as tx:
        for work in works:
            tx.add_work(work)
        tx.add_work(NewWork(ids.uuid7(), "render", run_after=tx.now + timedelta(hours=1)))
        tx.add_work(NewWork(ids.uuid7(), "mail"))
        assert pool.taken == []

    assert [(item.id, item.payload, item.attempt) for item in pool.taken] == [
        (work.id, work.payload, 1) for work in works[:2]
    ]
    assert (pool.room, pool.woken) == (0, True)
    async with database.connection() as connection:
        leased = await connection.fetch(
            "SELECT id, attempts, lease_token, lease_until > now() AS ahead FROM work WHERE lease_token IS NOT NULL"
        )
    assert {tuple(row) for row in leased} == {(item.id, 1, item.token, True) for item in pool.taken}

    async with database.transaction() as tx:
        for item in pool.taken:
            tx.finish_work(item)


async def test_places_for_work_that_was_not_added_are_given_back(new_service: Any, registered: Any, count: Any) -> None:
    database = await new_service()
    pool = Pool(room=2)
    database.takers["render"] = [pool]
    message_id = ids.uuid7()
    work = NewWork(ids.uuid7(), "render")
    async with database.transaction() as tx:
        tx.mark_seen("billing.accounts", message_id)
        tx.add_work(work)
    assert (len(pool.taken), pool.room) == (1, 1)

    async with database.transaction() as tx:
        tx.add_work(work)
    with pytest.raises(AlreadySeen):
        async with database.transaction() as tx:
            tx.mark_seen("billing.accounts", message_id)
            tx.add_work(NewWork(ids.uuid7(), "render"))

    assert (len(pool.taken), pool.room) == (1, 1)
    assert await count(database, "work") == 1


async def test_no_connection_is_said_in_one_way_whatever_the_driver_says(new_service: Any) -> None:
    database = await new_service()
    nowhere = await new_service(url=database.url.replace("/billing_", "/missing_"))
    refused = await new_service(url="postgresql+asyncpg://postgres@127.0.0.1:1/none")
    for away in (nowhere, refused):
        with pytest.raises(DatabaseAway, match="billing"):
            await away.ready()
        with pytest.raises(DatabaseAway):
            async with away.transaction():
                pass


async def test_a_server_killed_while_its_answer_was_awaited_is_away(new_service: Any) -> None:
    database = await new_service()
    broke = asyncpg.InternalClientError("cannot switch to state 15; another operation (2) is in progress")
    with pytest.raises(DatabaseAway):
        async with database.transaction():
            raise broke
    with pytest.raises(DatabaseAway):
        async with database.connection():
            raise broke
    await database.ready()


async def test_a_pool_that_stays_exhausted_is_away_too(new_service: Any) -> None:
    database = await new_service(pool_size=1, max_overflow=0, pool_timeout_s=0.1)
    async with database.connection():
        with pytest.raises(DatabaseAway):
            await database.ready()


async def test_connections_that_the_server_ended_in_the_pool_are_replaced_unnoticed(
    new_service: Any, postgres: Any, count: Any
) -> None:
    database = await new_service(pool_size=3)
    async with database.connection() as one, database.connection() as two, database.connection() as three:
        pooled = [one, two, three]
    administrator = await postgres.connect()
    for connection in pooled:
        await administrator.execute("SELECT pg_terminate_backend($1)", connection.get_server_pid())
    await administrator.close()
    await wait_until(lambda: all(connection.is_closed() for connection in pooled), timeout_s=5)

    async with database.transaction() as tx:
        await tx.execute("INSERT INTO effects VALUES ('kept')")
    assert await count(database, "effects") == 1


async def test_what_an_error_has_ended_is_not_called_committed(new_service: Any, count: Any) -> None:
    """The error was swallowed, and the server answers a COMMIT with ROLLBACK and no error."""
    database = await new_service()
    told: list[str] = []
    with pytest.raises(asyncpg.InFailedSQLTransactionError):
        async with database.transaction() as tx:
            tx.after_commit(lambda: told.append("committed"))
            await tx.execute("INSERT INTO effects VALUES ('lost')")
            with contextlib.suppress(asyncpg.DivisionByZeroError):
                await tx.execute("SELECT 1 / 0")
    assert told == []
    assert await count(database, "effects") == 0


@pytest.mark.parametrize("orm", [False, True])
async def test_a_transaction_does_not_go_on_after_a_time_out(new_service: Any, count: Any, orm: bool) -> None:
    """Whether the statement was carried out is not known, so nothing may be built on it."""
    database = await new_service(pool_size=1, max_overflow=0)
    with pytest.raises((BrokenOff, asyncpg.InterfaceError)):
        async with database.transaction() as tx:
            await tx.execute("INSERT INTO effects VALUES ('before')")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.05):
                    await (tx.session.execute(text(_LONG)) if orm else tx.execute(_LONG))
            await tx.execute("INSERT INTO effects VALUES ('after')")
    assert await count(database, "effects") == 0


@pytest.mark.parametrize("leave", ["BEGIN", "driver"])
async def test_a_connection_that_lies_in_the_pool_in_a_transaction_is_refused_loudly(
    new_service: Any, count: Any, leave: str
) -> None:
    """Nobody gives one back; should somebody ever do, it is thrown away and not used."""
    database = await new_service(pool_size=1, max_overflow=0)
    async with database.connection() as lent:
        pass
    # Behind the back of the pool, in which it lies.
    await (lent.execute("BEGIN") if leave == "BEGIN" else lent.transaction().start())
    refused = CONNECTIONS_DISCARDED.labels("billing", "checked_out")
    before = refused._value.get()

    with capture_logs() as logs:
        async with database.transaction() as tx:
            await tx.fetch("SELECT 1")
            await tx.execute("INSERT INTO effects VALUES ('kept')")

    assert [(line["log_level"], line["event"]) for line in logs] == [("error", "database.connection_not_idle")]
    assert refused._value.get() == before + 1
    assert lent.is_closed()
    assert await count(database, "effects") == 1


@pytest.mark.parametrize("leave", ["BEGIN", "driver", "statement"])
async def test_a_connection_in_a_transaction_is_not_given_back(new_service: Any, count: Any, leave: str) -> None:
    database = await new_service(pool_size=1, max_overflow=0)
    async with database.connection() as lent:
        if leave == "BEGIN":
            await lent.execute("BEGIN")
        elif leave == "driver":
            await lent.transaction().start()
        else:
            with contextlib.suppress(TimeoutError):
                await lent.execute("SELECT pg_sleep(30)", timeout=0.05)
    assert lent.is_closed()
    with capture_logs() as logs:
        assert await count(database, "effects") == 0
    assert logs == []
