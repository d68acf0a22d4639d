"""Dead letters of a home whose platform is down: list, show, replay."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from chassis import ids
from chassis.data import migrations
from chassis.run.private_postgres import PrivatePostgres
from talkingphoto_runner import letters
from talkingphoto_runner.layout import Home, specs
from talkingphoto_runner.letters import NoSuchLetters

QUEUE = "billing.commands"


@pytest_asyncio.fixture(loop_scope="session")
async def home(free_folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Home]:
    """A home with two dead letters, its server stopped."""
    monkeypatch.delenv("RABBITMQ_URL", raising=False)
    found = Home(free_folder)
    postgres = PrivatePostgres(found.postgres)
    await postgres.start()
    for name, spec in specs().items():
        if spec.migrations is not None:
            url = await postgres.create_database(name)
            if name == "billing":
                await migrations.upgrade(url, spec.migrations)
    connection = await postgres.connect("billing")
    for body in (b'{"credits": 1}', b"\xff no JSON"):
        await connection.execute(
            "INSERT INTO dead_letters (id, queue, message_id, headers, body, attempt, reason) "
            "VALUES ($1, $2, $3, $4, $5, 4, 'failed 4 times')",
            ids.uuid7(),
            QUEUE,
            message_id := ids.uuid7(),
            json.dumps({"cloudEvents:type": "billing.reserve_credits.v1", "cloudEvents:id": str(message_id)}),
            body,
        )
    await connection.close()
    await postgres.stop()
    yield found
    await postgres.stop()


async def test_ids_are_whole_in_a_list_of_any_width(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    wanted = [str(row["id"]) for row in await rows(home, "dead_letters")]
    assert len(wanted) == 2
    # One home for all of them: a list changes nothing in it.
    for columns in (None, "40", "80"):
        if columns is not None:
            monkeypatch.setenv("COLUMNS", columns)
        capsys.readouterr()
        await letters.listed(home, QUEUE, as_json=False)
        printed = capsys.readouterr().out
        assert all(name in printed for name in wanted), columns
        assert printed.count("billing.reserve_credits.v1") == 2, columns


async def rows(home: Home, table: str) -> list[asyncpg.Record]:
    postgres = PrivatePostgres(home.postgres)
    await postgres.start()
    connection = await postgres.connect("billing")
    try:
        found: list[asyncpg.Record] = await connection.fetch(f"SELECT * FROM {table}")  # noqa: S608
    finally:
        await connection.close()
        await postgres.stop()
    return found


async def test_list_show_and_replay(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    await letters.listed(home, QUEUE, as_json=True)
    listed = json.loads(capsys.readouterr().out)["dead_letters"]
    assert [letter["attempt"] for letter in listed] == [4, 4]
    assert [letter["body"] for letter in listed] == [{"credits": 1}, "\ufffd no JSON"]
    first = listed[0]
    for name in (first["id"], first["headers"]["cloudEvents:id"]):
        await letters.shown(home, QUEUE, name)
        assert json.loads(capsys.readouterr().out) == first
    with pytest.raises(NoSuchLetters, match="has no dead letter"):
        await letters.shown(home, QUEUE, str(ids.uuid7()))
    with pytest.raises(NoSuchLetters, match=r"no queue billing\.nothing\. The queues are .*billing\.commands"):
        await letters.listed(home, "billing.nothing", as_json=True)
    with pytest.raises(NoSuchLetters, match="Not every id is one: no-id"):
        await letters.replayed(home, QUEUE, ["no-id"], as_json=True)
    await letters.replayed(home, QUEUE, [first["headers"]["cloudEvents:id"]], as_json=True)
    assert json.loads(capsys.readouterr().out) == {"replayed": 1}
    [waiting] = await rows(home, "outbox")
    # Addressed to the queue itself: whoever starts next publishes it, and nobody else hears it again.
    assert (waiting["exchange"], waiting["routing_key"], waiting["body"]) == ("", QUEUE, b'{"credits": 1}')
    await letters.replayed(home, QUEUE, None, as_json=False)
    assert "1 put back into billing.commands." in capsys.readouterr().out
    assert not await rows(home, "dead_letters")
    assert not (home.postgres / "postmaster.pid").exists()
