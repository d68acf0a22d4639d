"""One suite for every object store."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from chassis.errors import TooLarge
from chassis.settings import ServiceSettings, SettingsError
from chassis.storage import (
    FallbackStore,
    FolderStore,
    ObjectDamaged,
    ObjectMissing,
    ObjectStore,
    open_store,
)
from chassis.storage.port import READ_LIMIT
from chassis.storage.s3 import S3Store
from contracts.objects import StoredObject

USER = UUID("0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b")
KEY = "images/a/2026/03/07/b.jpg"


async def all_of(pieces: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in pieces])


def partial_copies(folder: Path) -> list[Path]:
    return list(folder.glob("*copy*"))


async def listed(store: ObjectStore, prefix: str) -> list[str]:
    return [key async for key in store.list_keys(prefix)]


async def test_what_is_put_can_be_had_back(store: ObjectStore, tmp_path: Path) -> None:
    data = os.urandom(3_000_000)
    source = tmp_path / "source.jpg"
    source.write_bytes(data)

    from_file = await store.put_file(source, KEY, "image/jpeg", metadata={"user_id": str(USER)})
    from_bytes = await store.put_bytes(data, "videos/v.mp4", "video/mp4")

    assert from_file == StoredObject(
        key=KEY, sha256=hashlib.sha256(data).hexdigest(), size=len(data), mime_type="image/jpeg"
    )
    assert from_bytes.sha256 == from_file.sha256
    fetched = await store.fetch(from_file, tmp_path / "new" / "copy.jpg")
    assert fetched.read_bytes() == data
    assert [path.name for path in fetched.parent.iterdir()] == ["copy.jpg"]
    assert await store.read(from_bytes) == data
    assert source.read_bytes() == data


async def test_an_empty_object_is_an_object(store: ObjectStore, tmp_path: Path) -> None:
    stored = await store.put_bytes(b"", "temp/empty.bin", "application/octet-stream")

    assert await store.read(stored) == b""
    assert (await store.fetch(stored, tmp_path / "empty")).read_bytes() == b""
    assert await all_of(store.open_range(stored.key)) == b""


async def test_what_the_store_knows_about_an_object(store: ObjectStore) -> None:
    stored = await store.put_bytes(b"12345", KEY, "image/jpeg", metadata={"file_type": "enhanced_image"})

    found = await store.stat(KEY)

    assert found is not None
    assert (found.size, found.mime_type) == (5, "image/jpeg")
    assert found.metadata == {"file_type": "enhanced_image", "sha256": stored.sha256}
    assert await store.stat("images/none.jpg") is None


@pytest.mark.parametrize(("start", "end"), [(0, None), (0, 1), (3, 7), (9, 10), (4, None), (5, 5), (8, 99), (10, 12)])
async def test_a_range_is_the_slice_of_that_name(store: ObjectStore, start: int, end: int | None) -> None:
    await store.put_bytes(b"0123456789", KEY, "image/jpeg")

    assert await all_of(store.open_range(KEY, start, end)) == b"0123456789"[start:end]


async def test_a_large_range_comes_in_pieces(store: ObjectStore) -> None:
    data = os.urandom(3 * 1024 * 1024 + 17)
    await store.put_bytes(data, KEY, "image/jpeg")

    pieces = [piece async for piece in store.open_range(KEY, 5)]

    assert len(pieces) > 1
    assert b"".join(pieces) == data[5:]


async def test_what_is_not_there_is_missing_however_one_asks(store: ObjectStore, tmp_path: Path) -> None:
    gone = StoredObject(key="images/none.jpg", sha256="0" * 64, size=1, mime_type="image/jpeg")

    with pytest.raises(ObjectMissing):
        await store.read(gone)
    with pytest.raises(ObjectMissing):
        await store.fetch(gone, tmp_path / "copy")
    for start, end in ((0, None), (3, 3)):
        with pytest.raises(ObjectMissing):
            await all_of(store.open_range(gone.key, start, end))
    assert partial_copies(tmp_path) == []


@pytest.mark.parametrize("change", [{"sha256": "0" * 64}, {"size": 4}, {"size": 6}], ids=str)
async def test_a_damaged_object_is_not_handed_out(store: ObjectStore, tmp_path: Path, change: dict[str, Any]) -> None:
    stored = await store.put_bytes(b"12345", KEY, "image/jpeg")
    expected = stored.model_copy(update=change)

    with pytest.raises(ObjectDamaged):
        await store.read(expected)
    with pytest.raises(ObjectDamaged):
        await store.fetch(expected, tmp_path / "copy")
    assert partial_copies(tmp_path) == []


async def test_reading_into_memory_is_bounded(store: ObjectStore) -> None:
    stored = await store.put_bytes(b"12345", KEY, "image/jpeg")

    with pytest.raises(TooLarge):
        await store.read(stored, limit=4)
    with pytest.raises(TooLarge):
        await store.read(stored.model_copy(update={"size": READ_LIMIT + 1}))


async def test_putting_again_replaces_the_whole_object(store: ObjectStore) -> None:
    await store.put_bytes(b"a longer first version", KEY, "image/png", metadata={"version": "1"})
    second = await store.put_bytes(b"second", KEY, "image/jpeg")

    assert await store.read(second) == b"second"
    found = await store.stat(KEY)
    assert found == (6, "image/jpeg", {"sha256": second.sha256})


async def test_deleting_is_repeatable(store: ObjectStore) -> None:
    stored = await store.put_bytes(b"12345", KEY, "image/jpeg")
    await store.put_bytes(b"6", "images/a/2026/03/08/c.jpg", "image/jpeg")

    await store.delete(KEY)
    await store.delete(KEY)

    assert await store.stat(KEY) is None
    assert await listed(store, "images/") == ["images/a/2026/03/08/c.jpg"]
    await store.put_bytes(b"12345", KEY, "image/jpeg")
    assert await store.read(stored) == b"12345"


async def test_keys_are_listed_by_prefix_in_order(store: ObjectStore) -> None:
    for key in ("temp/b.txt", "temp/a/1.txt", "temp/a.txt", "tempest/x.txt", "images/1.jpg"):
        await store.put_bytes(b"x", key, "text/plain")

    assert await listed(store, "temp/") == ["temp/a.txt", "temp/a/1.txt", "temp/b.txt"]
    assert await listed(store, "temp") == ["temp/a.txt", "temp/a/1.txt", "temp/b.txt", "tempest/x.txt"]
    assert await listed(store, "temp/a") == ["temp/a.txt", "temp/a/1.txt"]
    assert await listed(store, "none/") == []
    assert len(await listed(store, "")) == 5


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/etc/passwd",
        "../x",
        "images/../../x",
        "a//b",
        "a/",
        ".hidden",
        "a/.b",
        "a\\b",
        "a\0b",
        "a b",
        "é",
        "x" * 501,
    ],
)
async def test_a_key_cannot_leave_the_store(store: ObjectStore, tmp_path: Path, key: str) -> None:
    with pytest.raises(ValueError, match="not an object key"):
        await store.put_bytes(b"x", key, "text/plain")
    with pytest.raises(ValueError, match="not an object key"):
        await store.delete(key)
    with pytest.raises(ValueError, match="not an object key"):
        await store.stat(key)
    with pytest.raises(ValueError, match="not an object key"):
        await all_of(store.open_range(key))
    with pytest.raises(ValueError, match="not an object key"):
        store.signed_url(key)


async def test_a_link_lives_at_most_seven_days(store: ObjectStore) -> None:
    store.signed_url(KEY, expires_s=7 * 86_400)
    for expires_s in (0, -1, 7 * 86_400 + 1):
        with pytest.raises(ValueError, match="7 days"):
            store.signed_url(KEY, expires_s=expires_s)
    with pytest.raises(ValueError, match="control characters"):
        store.signed_url(KEY, filename="a\nb")


async def test_many_puts_at_once_do_not_disturb_each_other(store: ObjectStore) -> None:
    stored = await asyncio.gather(
        *(store.put_bytes(f"{number}".encode() * 1000, f"temp/{number}.txt", "text/plain") for number in range(20)),
        *(store.put_bytes(b"same", "temp/same.txt", "text/plain") for _ in range(5)),
    )

    assert [await store.read(one) for one in stored[:20]] == [f"{number}".encode() * 1000 for number in range(20)]
    assert await store.read(stored[-1]) == b"same"


async def test_a_store_that_works_is_ready(store: ObjectStore) -> None:
    await store.ready()


def test_the_settings_choose_the_store(tmp_path: Path) -> None:
    assert isinstance(open_store(ServiceSettings(object_folder=tmp_path)), FolderStore)
    with_s3 = ServiceSettings(
        object_store="s3",
        s3_bucket_name="b",
        s3_endpoint_url="http://minio:9000",
        s3_public_endpoint="https://files.example.org",
        aws_access_key_id="a",
        aws_secret_access_key="b",
    )
    s3 = open_store(with_s3)
    assert isinstance(s3, S3Store)
    assert s3.signed_url("temp/a.txt").startswith("https://files.example.org/b/temp/a.txt?")
    assert isinstance(open_store(with_s3.model_copy(update={"object_folder": tmp_path / "spare"})), FallbackStore)
    with pytest.raises(SettingsError, match="OBJECT_FOLDER"):
        open_store(ServiceSettings())
