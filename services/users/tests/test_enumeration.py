"""Nobody learns from an answer, or from its time, whether an address has an account (SEC-25)."""

from __future__ import annotations

import statistics
import time
import zlib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import event

Asked = Callable[[Any, str], Awaitable[Any]]

ROUNDS = 30
AGAINST = 0.010

MORE_STATEMENTS = {"registration": 2}
"""An account that is opened takes a few statements; beside the hash of its password they take no time."""


async def log_in(users: Any, email: str) -> Any:
    # Each from a network of its own: one that fails often is locked out of all accounts.
    network = f"2001:db8:{zlib.crc32(email.encode()) % 65536:x}::1"
    return await users.log_in(email, "wrong-password-1", address=network)


async def register(users: Any, email: str) -> Any:
    return await users.register(email)


def letter(path: str) -> Asked:
    async def asked(users: Any, email: str) -> Any:
        async with users.client() as client:
            return await client.post(f"/api/v1/auth/{path}", json={"email": email})

    return asked


ASKED: dict[str, Asked] = {
    "login": log_in,
    "registration": register,
    "reset": letter("forgot-password"),
    "resend": letter("verify-email/resend"),
}


def seen(answer: Any) -> tuple[Any, ...]:
    """Everything of an answer but what differs between any two."""
    body = answer.json()
    for part in (body, body.get("error", {})):
        for name in ("id", "email", "username", "created_at", "updated_at", "request_id", "trace_id"):
            part.pop(name, None)
    headers = {name: value for name, value in answer.headers.items() if name not in ("x-request-id", "content-length")}
    return answer.status_code, body, headers


def count_statements(users: Any) -> list[str]:
    """Every statement that the database is given from now on."""
    given: list[str] = []

    def note(statement: Any) -> None:
        given.append(statement.query)

    def watch(connection: Any, *_: object) -> None:
        connection.driver_connection.remove_query_logger(note)
        connection.driver_connection.add_query_logger(note)

    engine = users.database._engine.sync_engine
    # asyncpg tells of what is given to it as text, and not of what SQLAlchemy has prepared.
    event.listen(engine, "checkout", watch)
    event.listen(engine, "before_cursor_execute", lambda *said: given.append(said[2]))
    return given


@pytest.mark.parametrize("name", ASKED)
async def test_a_known_address_is_answered_like_an_unknown_one_and_in_the_same_time(users: Any, name: str) -> None:
    """In the time of this process, whoever else is busy, taking turns: medians less than ten milliseconds apart. And
    the database, whose time that is not, is asked as much.
    """
    for number in range(ROUNDS):
        await users.register(f"known-{number}@example.com")
    given = count_statements(users)
    took: dict[str, list[float]] = {"known": [], "unknown": []}
    statements: dict[str, list[int]] = {who: [] for who in took}
    answers = []
    for number in range(ROUNDS):
        for who in sorted(took, reverse=bool(number % 2)):
            given.clear()
            began = time.process_time()
            answer = await ASKED[name](users, f"{who}-{number}@example.com")
            took[who].append(time.process_time() - began)
            statements[who].append(len(given))
            answers.append(seen(answer))
    assert all(answer == answers[0] for answer in answers)
    known, unknown = (statistics.median(times) for times in took.values())
    asked = {who: int(statistics.median(counts)) for who, counts in statements.items()}
    assert abs(known - unknown) < AGAINST
    assert min(asked.values()) > 0
    assert abs(asked["known"] - asked["unknown"]) <= MORE_STATEMENTS.get(name, 0)
