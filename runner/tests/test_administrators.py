"""An administrator is made in the home, whether its platform is up or down."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from chassis.data import migrations
from chassis.run.private_postgres import PrivatePostgres
from talkingphoto.command import Stop
from talkingphoto_runner import commands
from talkingphoto_runner.layout import Home, specs

EMAIL = "Root@Example.com"


@pytest_asyncio.fixture(loop_scope="session")
async def home(free_folder: Path) -> AsyncIterator[Home]:
    """A home whose platform has run, its server stopped."""
    found = Home(free_folder)
    postgres = PrivatePostgres(found.postgres)
    await postgres.start()
    folder = specs()["users"].migrations
    assert folder is not None
    await migrations.upgrade(await postgres.create_database("users"), folder)
    await postgres.stop()
    yield found
    await postgres.stop()


async def test_an_administrator_is_opened_then_promoted(
    home: Home, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Where the command reads its password, as its help says.
    monkeypatch.setenv("ADMIN_PASSWORD", "harvest-7-kite")
    with pytest.raises(Stop, match="password"):
        await commands.create_administrator(home.root, EMAIL, None, as_json=True)
    for password, account in (("harvest-7-kite", "opened"), (None, "promoted")):
        await commands.create_administrator(home.root, EMAIL, password, as_json=True)
        assert json.loads(capsys.readouterr().out) == {"email": "root@example.com", "account": account}
    postgres = PrivatePostgres(home.postgres)
    await postgres.start()
    connection = await postgres.connect("users")
    try:
        rows = await connection.fetch("SELECT email, role, email_verified FROM users")
        # Told to the other services at the next start.
        told = await connection.fetchval("SELECT count(*) FROM outbox")
    finally:
        await connection.close()
        await postgres.stop()
    assert [tuple(row) for row in rows] == [("root@example.com", "admin", True)]
    assert told == 1


async def test_what_is_wrong_is_said(home: Home) -> None:
    for email, password, said in (
        ("no address", "harvest-7-kite", "no e-mail address"),
        (EMAIL, "short-1", "at least 8 characters"),
    ):
        with pytest.raises(Stop, match=said):
            await commands.create_administrator(home.root, email, password, as_json=False)


async def test_without_a_home_there_is_nobody_to_make(tmp_path: Path) -> None:
    with pytest.raises(Stop, match="talkingphoto up"):
        await commands.create_administrator(tmp_path, EMAIL, "harvest-7-kite", as_json=False)


async def test_a_tampered_audit_log_is_found_out(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    await commands.create_administrator(home.root, EMAIL, "harvest-7-kite", as_json=True)
    capsys.readouterr()
    await commands.verify_audit(home.root, None, as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert told["rows"] == 2
    assert told["newest"].startswith("2:")
    await commands.verify_audit(home.root, told["newest"], as_json=True)
    with pytest.raises(Stop, match="NUMBER:HASH"):
        await commands.verify_audit(home.root, "two", as_json=True)
    postgres = PrivatePostgres(home.postgres)
    await postgres.start()
    connection = await postgres.connect("users")
    try:
        await connection.execute("ALTER TABLE audit_log DISABLE TRIGGER USER")
        await connection.execute("UPDATE audit_log SET entry = '{}' WHERE seq = 2")
    finally:
        await connection.close()
        await postgres.stop()
    with pytest.raises(Stop, match=r"Row 2 .* was changed") as stopped:
        await commands.verify_audit(home.root, None, as_json=True)
    assert stopped.value.code == "tampered"
