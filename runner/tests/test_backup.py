"""What was backed up comes back: every row, every object, every key; what is damaged does not."""

from __future__ import annotations

import io
import shutil
import stat
import tarfile
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from chassis.data import migrations
from talkingphoto_runner.backup import BackupFailed, backup, restore
from talkingphoto_runner.layout import Home, specs
from talkingphoto_runner.presence import database_of

SERVICES = ("billing", "analytics")
_EVERY_TABLE = (
    "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
)


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
        await connection.execute(
            "INSERT INTO facts (id, type, at, body) VALUES (gen_random_uuid(), 't', now(), '{\"a\": 1}')"
        )
        await connection.close()
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


async def test_all_of_it_comes_back_and_only_into_a_new_home(filled: Home, kept: Path) -> None:
    home = Home(filled.root / "beside")
    done = await restore(kept, home)
    assert (done.databases, done.objects) == (2, 3)
    assert await rows_of(home) == await rows_of(filled)
    assert _files(home.objects) == _files(filled.objects)
    assert _files(home.signing_key.parent) == _files(filled.signing_key.parent) != {}
    with pytest.raises(BackupFailed, match="not empty"):
        await restore(kept, home)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600, "keys are in it"


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
