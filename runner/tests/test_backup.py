"""What was backed up comes back: every row, every object, every key; what is damaged does not."""

from __future__ import annotations

import io
import shutil
import stat
import tarfile
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from analytics.facts import service as facts
from analytics.facts.models import Pseudonyms
from analytics.facts.months import make_ahead
from analytics.figures.folding import Folding, rebuild
from analytics.figures.repository import TABLES
from chassis import ids
from chassis.bus.messages import Received, outgoing
from chassis.data import migrations
from chassis.data.database import Database
from chassis.observe.context import Context
from contracts.envelope import Envelope
from contracts.users import UserRegistered
from talkingphoto_runner.backup import BackupFailed, backup, restore
from talkingphoto_runner.layout import Home, specs
from talkingphoto_runner.presence import database_of

SERVICES = ("billing", "analytics")
_EVERY_TABLE = (
    "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
)


_AGES = "DO $$ BEGIN FOR n IN 1..3000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$"
"""A server has had many transactions before it is backed up; the one that a backup is brought back to has not."""


@asynccontextmanager
async def analytics_of(home: Home) -> AsyncIterator[Database]:
    """The database of the figures."""
    async with database_of(home) as postgres:
        database = Database(await postgres.create_database("analytics"), service="analytics")
        try:
            yield database
        finally:
            await database.close()


async def happens(database: Database, times: int) -> None:
    """So many people register, which is counted."""
    registered = (
        UserRegistered(
            user_id=ids.uuid7(),
            email="asha@example.com",
            name="Asha",
            username="asha_42",
            home_product_line="talkingphoto",
        )
        for _ in range(times)
    )
    sent = [outgoing(one, service="users", now=datetime.now(UTC), cause=Context()) for one in registered]
    received = [
        Received(UserRegistered.model_validate_json(one.body), Envelope.from_headers(one.headers, read_id=ids.read), 1)
        for one in sent
    ]
    async with database.transaction() as tx:
        await facts.keep(received, Pseudonyms("local-person-hash-key-for-development"), tx)


async def counted(database: Database) -> list[str]:
    """All figures."""
    async with database.connection() as connection:
        found = [
            [str(dict(row)) for row in await connection.fetch(f"SELECT * FROM {table} AS t ORDER BY t")]  # noqa: S608
            for table in TABLES
        ]
    return [row for rows in found for row in rows]


async def rows_of(home: Home) -> dict[str, list[str]]:
    """Everything in the home's databases."""
    found = {}
    async with database_of(home) as postgres:
        for service in SERVICES:
            connection = await postgres.connect(service)
            try:
                for table in [row[0] for row in await connection.fetch(_EVERY_TABLE)]:
                    rows = await connection.fetch(f'SELECT to_jsonb(t)::text AS row FROM "{table}" AS t')  # noqa: S608
                    found[f"{service}.{table}"] = sorted(row["row"] for row in rows)
            finally:
                await connection.close()
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def filled() -> AsyncIterator[Home]:
    """A home with accounts, money, facts and files."""
    folder = Path(tempfile.mkdtemp(prefix="talkingphoto-backup-"))
    home = Home(folder)
    home.prepare()
    async with database_of(home) as postgres:
        for service in SERVICES:
            url = await postgres.create_database(service)
            history = specs()[service].migrations
            assert history is not None
            await migrations.upgrade(url, history)
        connection = await postgres.connect("billing")
        await connection.execute(
            "INSERT INTO hold_tombstones (id) SELECT gen_random_uuid() FROM generate_series(1, 500)"
        )
        await connection.close()
        connection = await postgres.connect("analytics")
        await connection.execute(_AGES)
        await connection.close()
    async with analytics_of(home) as database:
        await make_ahead(database)
        await happens(database, 3)
        await Folding(database, every_s=1).round()
        await happens(database, 4)
    for name, content in (("videos/a/b.mp4", b"a film"), ("images/ä 🎉.jpg", b"a picture"), ("empty", b"")):
        (file := home.objects / name).parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    yield home
    shutil.rmtree(folder, ignore_errors=True)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def kept(filled: Home, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home's backup."""
    file = tmp_path_factory.mktemp("backup") / "all.tar"
    done = await backup(filled, file)
    assert (done.databases, done.objects) == (2, 3)
    assert list(file.parent.iterdir()) == [file], "nothing half done is left"
    return file


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def restored(filled: Home, kept: Path) -> tuple[Home, dict[str, list[str]]]:
    """Another home with what was kept, and the rows in it."""
    home = Home(filled.root / "beside")
    done = await restore(kept, home)
    assert (done.databases, done.objects) == (2, 3)
    return home, await rows_of(home)


async def test_all_of_it_comes_back_and_only_into_a_new_home(
    filled: Home, kept: Path, restored: tuple[Home, dict[str, list[str]]]
) -> None:
    home, rows = restored
    assert rows == await rows_of(filled)
    assert _files(home.objects) == _files(filled.objects)
    assert _files(home.signing_key.parent) == _files(filled.signing_key.parent) != {}
    with pytest.raises(BackupFailed, match="not empty"):
        await restore(kept, home)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600, "keys are in it"


async def test_figures_go_on_after_a_restore_as_if_nothing_had_been(
    restored: tuple[Home, dict[str, list[str]]],
) -> None:
    home, _ = restored
    async with analytics_of(home) as database:
        await happens(database, 5)
        for _ in range(2):
            await Folding(database, every_s=1).round()
            async with database.connection() as connection:
                assert await connection.fetchval("SELECT sum(number) FROM days WHERE measure = 'registered'") == 12
                assert await connection.fetchval("SELECT count(*) FROM people") == 12
        as_they_grew = await counted(database)
        assert await rebuild(database) == 12
        assert await counted(database) == as_they_grew


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda content: content[: len(content) // 2], "no whole backup"),
        (lambda content: content.replace(b"a film", b"a FILM"), "not what was stored: objects/videos/a/b.mp4"),
        (lambda content: b"", "no whole backup"),
    ],
    ids=["cut off", "changed", "empty"],
)
async def test_what_is_damaged_is_refused_and_leaves_nothing(kept: Path, tmp_path: Path, harm: Any, words: str) -> None:
    damaged = tmp_path / "damaged.tar"
    damaged.write_bytes(harm(kept.read_bytes()))
    home = Home(tmp_path / "new")
    with pytest.raises(BackupFailed, match=words):
        await restore(damaged, home)
    assert sorted(tmp_path.iterdir()) == [damaged]


async def test_a_backup_overwrites_nothing_and_needs_something(filled: Home, kept: Path, tmp_path: Path) -> None:
    with pytest.raises(BackupFailed, match="there already"):
        await backup(filled, kept)
    with pytest.raises(BackupFailed, match="no databases"):
        await backup(Home(tmp_path), tmp_path / "none.tar")
    assert list(tmp_path.iterdir()) == []


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def rewritten(kept: Path, target: Path, change: Any) -> Path:
    """A backup again, of the members that ``change`` leaves of it: names and content."""
    with tarfile.open(kept) as archive:
        members = {m.name: archive.extractfile(m).read() for m in archive if m.isfile()}  # type: ignore[union-attr]
    with tarfile.open(target, "w") as archive:
        for name, content in change(members).items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return target


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda members: {name: content for name, content in members.items() if not name.startswith("objects/")},
            "missing: objects/empty, objects/images/.*, objects/videos/a/b.mp4",
        ),
        (lambda members: members | {"objects/evil": b"x"}, "not of it: objects/evil"),
        (lambda members: members | {"keys/../evil": b"x"}, "not of it: evil"),
        (lambda members: members | {"contents.json": b"{}"}, "is no backup: its contents.json"),
        (lambda members: members | {"contents.json": b"[]"}, "is no backup: its contents.json"),
        (lambda members: members | {"contents.json": b'{"format": 1}'}, "is no backup: its contents.json"),
        (lambda members: members | {"contents.json": b'{"format": 9, "files": {}}'}, "of a release"),
        (lambda members: {}, "no whole backup"),
    ],
    ids=["missing", "more", "aside", "nothing said", "a list", "no files", "format", "nothing"],
)
async def test_all_that_is_wrong_with_a_backup_is_told_at_once(
    kept: Path, tmp_path: Path, change: Any, words: str
) -> None:
    wrong = rewritten(kept, tmp_path / "wrong.tar", change)
    with pytest.raises(BackupFailed, match=words):
        await restore(wrong, Home(tmp_path / "new"))
    assert sorted(tmp_path.iterdir()) == [wrong]
