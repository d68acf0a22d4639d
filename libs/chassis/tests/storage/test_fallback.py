"""While S3 is away: objects wait in a folder, can be read, and are handed over."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, NoReturn, cast
from uuid import UUID

import pytest
import structlog

from chassis.messaging.consumer import wait_until
from chassis.storage import (
    FallbackStore,
    FolderStore,
    ObjectStore,
    StoreUnavailable,
)
from chassis.storage.s3 import S3Store
from contracts.objects import StoredObject

KEY = "images/a/2026/03/07/b.jpg"
USER = UUID("0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b")


class Cable:
    """Stands between a client and a store, and can be unplugged."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self.plugged = True
        self.calls = 0

    def __getattr__(self, name: str) -> Any:
        self.calls += 1
        if not self.plugged:
            raise StoreUnavailable("unplugged")
        return getattr(self._store, name)


async def test_while_the_store_is_away_objects_wait_and_can_be_read(s3_store: S3Store, tmp_path: Path) -> None:
    cable, spare = Cable(s3_store), FolderStore(tmp_path / "spare")
    ticks = [0.0]
    store = FallbackStore(cast(ObjectStore, cable), spare, ticks=lambda: ticks[0])
    before = await store.put_bytes(b"before", "temp/before.txt", "text/plain")
    cable.plugged = False

    stored = await store.put_bytes(b"12345", KEY, "image/jpeg", metadata={"user_id": str(USER)})
    tried = cable.calls
    again = await store.put_bytes(b"678", "temp/again.txt", "text/plain")

    assert cable.calls == tried
    assert (store.waiting(KEY), store.waiting(before.key)) == (True, False)
    assert (await store.read(stored), await store.read(again)) == (b"12345", b"678")
    assert b"".join([piece async for piece in store.open_range(KEY, 1, 3)]) == b"23"
    assert "/api/v1/objects/" in store.signed_url(KEY)
    await store.ready()
    with pytest.raises(StoreUnavailable):
        await store.hand_over()

    cable.plugged = True
    assert await store.hand_over() == 2
    assert await store.hand_over() == 0
    assert not store.waiting(KEY)
    assert await s3_store.read(stored) == b"12345"
    assert await s3_store.stat(KEY) == (5, "image/jpeg", {"user_id": str(USER), "sha256": stored.sha256})
    assert await store.read(stored) == b"12345"
    assert "X-Amz-Signature" in store.signed_url(KEY)

    ticks[0] += 5
    cable.calls = 0
    await store.put_bytes(b"after", "temp/after.txt", "text/plain")
    assert cable.calls == 1
    assert not store.waiting("temp/after.txt")


@pytest.mark.parametrize("failure", [StoreUnavailable("away"), KeyError("ours")], ids=repr)
async def test_handing_over_goes_on_after_whatever_went_wrong(
    s3_store: S3Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    spare = FolderStore(tmp_path / "spare")
    stored = await spare.put_bytes(b"12345", KEY, "image/jpeg")
    store = FallbackStore(s3_store, spare, hand_over_every_s=0.01)
    tries = 0

    async def away(*_: object, **__: object) -> NoReturn:
        nonlocal tries
        tries += 1
        raise failure

    try:
        with structlog.testing.capture_logs(), monkeypatch.context() as broken:
            broken.setattr(s3_store, "put_file", away)
            await store.start()
            await wait_until(lambda: tries >= 2, timeout_s=5)
        await wait_until(lambda: not store.waiting(KEY), timeout_s=20)
    finally:
        await store.stop()
    assert await s3_store.read(stored) == b"12345"


async def test_what_waits_is_handed_over_by_itself_also_after_a_restart(s3_store: S3Store, tmp_path: Path) -> None:
    spare = FolderStore(tmp_path / "spare")
    stored = await spare.put_bytes(b"12345", KEY, "image/jpeg")
    damaged = await spare.put_bytes(b"1", "images/0.jpg", "image/jpeg")
    (tmp_path / "spare" / "objects" / damaged.key).write_bytes(b"2")
    store = FallbackStore(s3_store, spare, hand_over_every_s=0.01)

    with structlog.testing.capture_logs():
        await store.start()
        async with asyncio.timeout(20):
            while store.waiting(KEY):
                await asyncio.sleep(0.01)
        await store.stop()

    assert await s3_store.read(stored) == b"12345"
    assert store.waiting(damaged.key)


async def test_a_newer_object_is_not_overwritten_by_one_that_waited(s3_store: S3Store, tmp_path: Path) -> None:
    spare = FolderStore(tmp_path / "spare")
    await spare.put_bytes(b"old", KEY, "image/jpeg")
    store = FallbackStore(s3_store, spare)

    stored = await store.put_bytes(b"new", KEY, "image/jpeg")

    assert await store.hand_over() == 0
    assert await store.read(stored) == b"new"


async def test_what_another_process_has_just_handed_over_is_no_failure(tmp_path: Path) -> None:
    """Two share a folder, and one is overtaken between its look at an object and the reading of it."""
    primary = FolderStore(tmp_path / "primary")
    other = FallbackStore(primary, FolderStore(tmp_path / "spare"))

    class Overtaken(FolderStore):
        async def fetch(self, stored: StoredObject, into: Path) -> Path:
            await other.hand_over()
            return await super().fetch(stored, into)

    store = FallbackStore(primary, Overtaken(tmp_path / "spare"))
    for key in ("temp/1.txt", "temp/2.txt"):
        await store.spare.put_bytes(b"x", key, "text/plain")
    assert await store.hand_over() == 0
    assert [key async for key in primary.list_keys("")] == ["temp/1.txt", "temp/2.txt"]
    assert [key async for key in store.spare.list_keys("")] == []
