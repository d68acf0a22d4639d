"""What only the folder has: a signing key, atomic renames, leftovers of crashes."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from chassis import faults
from chassis.storage import (
    FolderStore,
    ObjectDamaged,
)

KEY = "images/a/2026/03/07/b.jpg"


def test_processes_share_the_signing_key_and_nobody_else_reads_it(tmp_path: Path) -> None:
    first, second = FolderStore(tmp_path / "store"), FolderStore(tmp_path / "store")

    assert first.signed_url(KEY) == second.signed_url(KEY)
    assert stat.S_IMODE((tmp_path / "store" / "signing-key").stat().st_mode) == 0o600
    assert sorted(path.name for path in (tmp_path / "store").iterdir()) == [
        "meta",
        "objects",
        "signing-key",
        "unfinished",
    ]


async def test_a_store_that_was_only_built_and_looked_at_writes_nothing(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "store")
    assert await store.stat(KEY) is None
    assert [key async for key in store.list_keys("")] == []
    assert await store.clean_unfinished(timedelta(0)) == 0
    await store.delete(KEY)
    assert list(tmp_path.iterdir()) == []


async def test_what_is_kept_is_for_its_owner_alone(tmp_path: Path) -> None:
    await FolderStore(tmp_path / "store").put_bytes(b"new", KEY, "image/jpeg")
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "store").iterdir()} == {0o700}


POINTS = {
    "storage.before_meta_rename": "old",
    "storage.after_meta_rename": "old",
    "storage.before_rename": "old",
    "storage.after_rename": "new",
}

CRASHING = """
import asyncio, sys
from pathlib import Path
from chassis.storage import FolderStore
store = FolderStore(Path(sys.argv[1]))
asyncio.run(store.put_bytes(b"new", "temp/x.txt", "text/plain"))
"""


@pytest.mark.parametrize(("point", "content"), POINTS.items())
async def test_a_crash_leaves_the_old_object_or_the_new_one(tmp_path: Path, point: str, content: str) -> None:
    store = FolderStore(tmp_path)
    await store.put_bytes(b"old", "temp/x.txt", "text/plain")

    crashed = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", CRASHING, str(tmp_path)],
        env={**os.environ, "FAULT": f"{point}:1"},
        timeout=60,
        check=False,
    )

    assert crashed.returncode == faults.EXIT_CODE
    assert b"".join([piece async for piece in store.open_range("temp/x.txt")]) == content.encode()
    assert await store.stat("temp/x.txt") is not None
    again = await store.put_bytes(b"new", "temp/x.txt", "text/plain")
    assert await store.read(again) == b"new"


async def test_what_a_crash_left_behind_is_cleaned_when_it_is_old(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    await store.ready()
    left = tmp_path / "unfinished" / "left"
    left.write_bytes(b"half")

    assert await store.clean_unfinished(timedelta(hours=1)) == 0
    assert await store.clean_unfinished(timedelta(seconds=-5)) == 1
    assert list((tmp_path / "unfinished").iterdir()) == []


async def test_a_failed_put_leaves_nothing(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "store")

    with pytest.raises(FileNotFoundError):
        await store.put_file(tmp_path / "none.jpg", KEY, "image/jpeg")

    assert [path for path in (tmp_path / "store").rglob("*") if path.is_file()] == []


async def test_damage_on_the_disk_is_noticed(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "store")
    stored = await store.put_bytes(b"12345", KEY, "image/jpeg")
    (tmp_path / "store" / "objects" / KEY).write_bytes(b"12346")

    with pytest.raises(ObjectDamaged):
        await store.fetch(stored, tmp_path / "copy")


async def test_a_folder_that_cannot_be_written_is_not_ready(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "store")
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "unfinished").touch()

    with pytest.raises(OSError, match="unfinished"):
        await store.ready()
