"""One suite for every object store."""

from __future__ import annotations

import asyncio
import hashlib
import os
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn, cast
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import boto3
import httpx
import pytest
import structlog
from moto.server import ThreadedMotoServer

from chassis import faults
from chassis.consumer import wait_until
from chassis.errors import TooLarge
from chassis.settings import ServiceSettings, SettingsError
from chassis.storage import (
    FallbackStore,
    FolderStore,
    ObjectDamaged,
    ObjectMissing,
    ObjectStore,
    StoreUnavailable,
    keys,
    open_store,
)
from chassis.storage.port import READ_LIMIT
from chassis.storage.s3 import MULTIPART_ABOVE, S3Store
from contracts.objects import StoredObject

USER = UUID("0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b")
NOW = datetime(2026, 3, 7, 23, 59, tzinfo=UTC)
FIVE_MB = 5 * 1024 * 1024
KEY = "images/a/2026/03/07/b.jpg"


@pytest.fixture(scope="module")
def s3_server() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3_server: str) -> Iterator[tuple[Any, str]]:
    """A client of the server and a fresh bucket in it."""
    client = boto3.client(
        "s3", endpoint_url=s3_server, region_name="us-east-1", aws_access_key_id="key", aws_secret_access_key="secret"
    )
    name = f"bucket-{os.urandom(6).hex()}"
    client.create_bucket(Bucket=name)
    yield client, name
    client.close()


@pytest.fixture
def folder_store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "store", public_url="http://gateway:8000/")


@pytest.fixture
def s3_store(s3_server: str, bucket: tuple[Any, str]) -> S3Store:
    return S3Store(
        bucket[1],
        region="us-east-1",
        endpoint_url=s3_server,
        access_key_id="key",
        secret_access_key="secret",
        multipart_above=FIVE_MB,
    )


@pytest.fixture
def fallback_store(s3_store: S3Store, tmp_path: Path) -> FallbackStore:
    return FallbackStore(s3_store, FolderStore(tmp_path / "spare"))


@pytest.fixture(params=["folder_store", "s3_store", "fallback_store"])
def store(request: pytest.FixtureRequest) -> ObjectStore:
    chosen: ObjectStore = request.getfixturevalue(request.param)
    return chosen


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


# --- what only the folder has ---


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
    assert await all_of(store.open_range("temp/x.txt")) == content.encode()
    assert await store.stat("temp/x.txt") is not None
    again = await store.put_bytes(b"new", "temp/x.txt", "text/plain")
    assert await store.read(again) == b"new"


async def test_what_a_crash_left_behind_is_cleaned_when_it_is_old(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    left = tmp_path / "unfinished" / "left"
    left.write_bytes(b"half")

    assert await store.clean_unfinished(timedelta(hours=1)) == 0
    assert await store.clean_unfinished(timedelta(seconds=-5)) == 1
    assert list((tmp_path / "unfinished").iterdir()) == []


async def test_a_failed_put_leaves_nothing(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "store")

    with pytest.raises(FileNotFoundError):
        await store.put_file(tmp_path / "none.jpg", KEY, "image/jpeg")

    assert [path for path in (tmp_path / "store").rglob("*") if path.is_file()] == [tmp_path / "store" / "signing-key"]


async def test_damage_on_the_disk_is_noticed(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "store")
    stored = await store.put_bytes(b"12345", KEY, "image/jpeg")
    (tmp_path / "store" / "objects" / KEY).write_bytes(b"12346")

    with pytest.raises(ObjectDamaged):
        await store.fetch(stored, tmp_path / "copy")


async def test_a_folder_that_cannot_be_written_is_not_ready(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "store")
    (tmp_path / "store" / "unfinished").rmdir()

    with pytest.raises(OSError, match="unfinished"):
        await store.ready()


# --- what only S3 has ---


def test_parts_begin_above_100_mebibytes() -> None:
    assert MULTIPART_ABOVE == 100 * 1024 * 1024


@pytest.mark.parametrize(("size", "in_parts"), [(FIVE_MB, False), (FIVE_MB + 1, True), (2 * FIVE_MB + 3, True)])
async def test_a_large_file_is_stored_in_parts(
    s3_store: S3Store, bucket: tuple[Any, str], tmp_path: Path, size: int, in_parts: bool
) -> None:
    client, name = bucket
    source = tmp_path / "source.mp4"
    source.write_bytes(os.urandom(size))

    stored = await s3_store.put_file(source, "videos/v.mp4", "video/mp4", metadata={"file_type": "generated_video"})

    head = client.head_object(Bucket=name, Key="videos/v.mp4")
    assert ("-" in head["ETag"]) is in_parts
    assert head["CacheControl"] == "private, max-age=2592000, immutable"
    assert head["ContentType"] == "video/mp4"
    assert head["Metadata"]["file_type"] == "generated_video"
    assert (await s3_store.fetch(stored, tmp_path / "copy")).read_bytes() == source.read_bytes()


async def test_interrupted_multipart_uploads_are_aborted(s3_store: S3Store, bucket: tuple[Any, str]) -> None:
    client, name = bucket
    client.create_multipart_upload(Bucket=name, Key="videos/half.mp4")

    assert await s3_store.clean_unfinished(timedelta(days=36500)) == 0
    assert await s3_store.clean_unfinished(timedelta(days=-1)) == 1
    assert "Uploads" not in client.list_multipart_uploads(Bucket=name)


async def test_every_page_of_a_listing_is_read(s3_store: S3Store, bucket: tuple[Any, str]) -> None:
    """S3 answers at most 1,000 keys at once (FIL-21)."""
    client, name = bucket
    for number in range(1_005):
        client.put_object(Bucket=name, Key=f"temp/{number:04}.txt", Body=b"")

    assert await listed(s3_store, "temp/") == [f"temp/{number:04}.txt" for number in range(1_005)]


async def test_a_presigned_link_works_by_itself(s3_store: S3Store) -> None:
    await s3_store.put_bytes(b"12345", KEY, "image/jpeg")

    link = s3_store.signed_url(KEY, filename="portrait (1).jpg")

    assert parse_qs(urlsplit(link).query)["X-Amz-Expires"] == ["86400"]
    async with httpx.AsyncClient() as http:
        answer = await http.get(link, headers={"Range": "bytes=1-2"})
    assert answer.content == b"23"
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''portrait%20%281%29.jpg"


async def test_a_store_that_is_away_says_so(s3_server: str, tmp_path: Path) -> None:
    away = S3Store(
        "bucket",
        region="us-east-1",
        endpoint_url="http://127.0.0.1:9",
        access_key_id="key",
        secret_access_key="secret",
        timeout_s=0.5,
    )
    no_bucket = S3Store(
        "no-such-bucket", region="us-east-1", endpoint_url=s3_server, access_key_id="k", secret_access_key="s"
    )
    source = tmp_path / "x"
    source.write_bytes(b"x")

    for call in (away.ready(), away.put_file(source, KEY, "image/jpeg"), away.stat(KEY), no_bucket.ready()):
        with pytest.raises(StoreUnavailable):
            await call


# --- while S3 is away ---


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
    assert await all_of(store.open_range(KEY, 1, 3)) == b"23"
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


# --- which one ---


def test_the_settings_choose_the_store(tmp_path: Path) -> None:
    assert isinstance(open_store(ServiceSettings(object_folder=tmp_path)), FolderStore)
    with_s3 = ServiceSettings(
        object_store="s3",
        s3_bucket_name="b",
        aws_access_key_id="a",
        aws_secret_access_key="b",
    )
    assert isinstance(open_store(with_s3), S3Store)
    assert isinstance(open_store(with_s3.model_copy(update={"object_folder": tmp_path / "spare"})), FallbackStore)
    with pytest.raises(SettingsError, match="OBJECT_FOLDER"):
        open_store(ServiceSettings())


# --- keys ---


def test_keys_say_who_and_when() -> None:
    assert keys.image_key(USER, "jpg", NOW, name="n") == f"images/{USER}/2026/03/07/n.jpg"
    assert keys.video_key(USER, "mp4", NOW, name="n") == f"videos/{USER}/2026/03/07/n.mp4"
    assert keys.temp_key("bin", NOW, name="n") == "temp/2026/03/07/n.bin"
    assert keys.image_key(USER, "jpg", NOW) != keys.image_key(USER, "jpg", NOW)
    for extension in ("", "../x", "JPG", "toolongext"):
        with pytest.raises(ValueError, match="extension"):
            keys.image_key(USER, extension, NOW)
    with pytest.raises(ValueError, match="not an object key"):
        keys.image_key(USER, "jpg", NOW, name="../../x")


def test_temporary_objects_grow_old_after_30_days() -> None:
    made = keys.temp_key("bin", NOW)

    assert not keys.is_stale_temp(made, NOW + timedelta(days=30))
    assert keys.is_stale_temp(made, NOW + timedelta(days=31))
    for other in ("images/2026/03/07/n.jpg", "temp/n.bin", "temp/2026/13/40/n.bin"):
        assert not keys.is_stale_temp(other, NOW + timedelta(days=3650))


def test_how_long_clients_may_keep_an_object() -> None:
    assert keys.cache_control("image/jpeg") == "private, max-age=31536000, immutable"
    assert keys.cache_control("video/mp4") == "private, max-age=2592000, immutable"
    assert keys.cache_control("application/zip") == "private, max-age=3600, immutable"
    assert keys.object_metadata(USER, "enhanced_image", NOW) == {
        "user_id": str(USER),
        "upload_time": "2026-03-07T23:59:00+00:00",
        "file_type": "enhanced_image",
    }
