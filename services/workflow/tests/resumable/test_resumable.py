"""Uploads that are interrupted and go on: the protocol as its official client speaks it, and what goes wrong."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import os
import wave
from collections.abc import AsyncIterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from tusclient.client import TusClient
from tusclient.uploader import Uploader

from chassis import faults, ids
from chassis.clock import SystemClock
from chassis.identity.tokens import Identity
from chassis.testing.served import served
from contracts.workflow import FileUploaded
from media.sandbox.places import Sandbox
from workflow.files.intake import Intake
from workflow.files.scanning import EICAR, PatternScanner
from workflow.periods import Periods
from workflow.resumable import receiving
from workflow.resumable.service import Resumable

PATH = "/api/v1/files/multipart"
TUS = {"Tus-Resumable": "1.0.0"}
BYTES = {**TUS, "Content-Type": "application/offset+octet-stream"}


def sound(seconds: float) -> bytes:
    """A WAV file of noise."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(48_000)
        out.writeframes(os.urandom(int(seconds * 48_000) * 2))
    return buffer.getvalue()


def said(**pairs: str) -> str:
    return ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in pairs.items())


async def begin(world: Any, who: Identity, length: int, **pairs: str) -> str:
    headers = {**TUS, "Upload-Length": str(length), "Upload-Metadata": said(filename="talk.wav", **pairs)}
    reply = await world.call(who, "POST", PATH, headers=headers)
    assert reply.status_code == 201, reply.text
    return str(reply.headers["Location"])


async def send(world: Any, who: Identity, path: str, offset: int, data: bytes, **headers: str) -> Any:
    return await world.call(
        who, "PATCH", path, content=data, headers={**BYTES, "Upload-Offset": str(offset), **headers}
    )


@pytest_asyncio.fixture
async def address(shared: Any) -> AsyncIterator[str]:
    async with served(shared.service.app) as url:
        yield url


def by_client(shared: Any, who: Identity, address: str, data: bytes, stop_at: int | None, **options: Any) -> Uploader:
    """Upload with the protocol's official client, in a process of its own as far as it knows."""
    client = TusClient(address + PATH, headers=shared.issuer.headers(who))
    uploader: Uploader = client.uploader(
        file_stream=io.BytesIO(data), metadata={"filename": "talk.wav"}, upload_checksum=True, **options
    )
    uploader.upload(stop_at=stop_at)
    return uploader


async def test_the_official_client_is_interrupted_and_goes_on(shared: Any, somebody: Identity, address: str) -> None:
    """It sends a part and is gone; another one asks how far it came and sends the rest."""
    data = sound(15)
    first = await asyncio.to_thread(by_client, shared, somebody, address, data, 600_000, chunk_size=300_000)
    assert first.offset == 600_000 < len(data)
    second = await asyncio.to_thread(
        by_client, shared, somebody, address, data, None, chunk_size=500_000, url=first.url
    )
    assert (second.offset, second.url) == (len(data), first.url)
    shown = (await shared.call(somebody, "GET", urlsplit(first.url).path)).json()
    assert (shown["offset"], shown["length"], shown["original_name"]) == (len(data), len(data), "talk.wav")
    file = (await shared.call(somebody, "GET", f"/api/v1/files/{shown['file_id']}")).json()
    assert (file["kind"], file["mime_type"], file["file_size"]) == ("audio", "audio/wav", len(data))
    assert file["duration"] == pytest.approx(15, abs=0.1)
    assert hashlib.sha256((await shared.http.get(file["url"])).content).hexdigest() == file["checksum"]
    assert file["checksum"] == hashlib.sha256(data).hexdigest()
    await shared.wait_for(lambda: [e for e in shared.events(FileUploaded) if str(e.file_id) == file["id"]])
    assert [key async for key in shared.store.list_keys("temp/") if key.endswith(".part")] == []


async def test_a_connection_that_breaks_in_the_middle_loses_nothing_that_arrived(
    shared: Any, somebody: Identity, address: str
) -> None:
    data = sound(5)
    path = await begin(shared, somebody, len(data))
    where = urlsplit(address)
    _, writer = await asyncio.open_connection(where.hostname, where.port)
    token = shared.issuer.headers(somebody)["Authorization"]
    head = (
        f"PATCH {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n"
        f"Content-Type: application/offset+octet-stream\r\nContent-Length: {len(data)}\r\n\r\n"
    )
    writer.write(head.encode() + data[:200_000])
    await writer.drain()
    writer.transport.abort()

    async def arrived() -> int:
        answer = await shared.call(somebody, "HEAD", path, headers=TUS)
        return int(answer.headers["Upload-Offset"])

    await shared.wait_for(arrived)
    offset = await arrived()
    assert 0 < offset <= 200_000
    done = await send(shared, somebody, path, offset, data[offset:])
    assert done.status_code == 204, done.text
    file = (await shared.call(somebody, "GET", f"{done.headers['Content-Location']}/metadata")).json()
    assert file["checksum"] == hashlib.sha256(data).hexdigest()


async def test_what_the_server_can_do_is_said(shared: Any, somebody: Identity) -> None:
    answer = await shared.call(somebody, "OPTIONS", PATH)
    assert answer.status_code == 204
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert {"creation", "checksum", "expiration", "termination"} <= set(answer.headers["Tus-Extension"].split(","))
    assert int(answer.headers["Tus-Max-Size"]) == 2 << 30


async def test_headers_are_checked_one_by_one(shared: Any, somebody: Identity) -> None:
    async def refused(**headers: str) -> tuple[int, str]:
        answer = await shared.call(somebody, "POST", PATH, headers={"Upload-Length": "10", **headers})
        return answer.status_code, answer.json()["error"]["code"]

    assert await refused(**{"Tus-Resumable": "0.2.2"}) == (412, "tus_version")
    assert await refused(**{"Upload-Length": "-1"}) == (400, "bad_upload")
    assert await refused(**{"Upload-Length": "0"}) == (400, "bad_upload")
    assert await refused(**{"Upload-Metadata": "filename not*base64"}) == (400, "bad_upload")
    assert await refused(**{"Upload-Metadata": said(purpose="x" * 60)}) == (400, "no_file")
    assert await refused(**{"Upload-Checksum": "crc32 AAAA"}) == (400, "bad_upload")
    assert await refused(**{"Upload-Length": str(201 << 20)}) == (413, "file_too_large")
    path = await begin(shared, somebody, 10)
    assert (await send(shared, somebody, path, 5, b"x")).status_code == 409
    assert (await send(shared, somebody, path, 0, b"x" * 11)).status_code == 413
    other_type = await shared.call(somebody, "PATCH", path, content=b"x", headers={**TUS, "Upload-Offset": "0"})
    assert other_type.status_code == 415


async def test_bytes_that_changed_on_the_way_do_not_count(shared: Any, somebody: Identity) -> None:
    data = sound(1)
    path = await begin(shared, somebody, len(data))
    right = base64.b64encode(hashlib.sha1(data[:1000], usedforsecurity=False).digest()).decode()
    wrong = await send(shared, somebody, path, 0, b"y" * 1000, **{"Upload-Checksum": f"sha1 {right}"})
    assert wrong.status_code == 460
    assert (await shared.call(somebody, "HEAD", path)).headers["Upload-Offset"] == "0"
    good = await send(shared, somebody, path, 0, data[:1000], **{"Upload-Checksum": f"sha1 {right}"})
    assert (good.status_code, good.headers["Upload-Offset"]) == (204, "1000")


async def test_what_can_become_no_file_is_refused_with_its_first_bytes(shared: Any, somebody: Identity) -> None:
    path = await begin(shared, somebody, 1000)
    answer = await send(shared, somebody, path, 0, b"GIF89a" + b"\0" * 200)
    assert answer.status_code == 415
    assert (await shared.call(somebody, "GET", path)).status_code == 404, "it is ended"


@pytest.mark.parametrize(
    ("data", "status"),
    [(b"RIFF\x24\0\0\0WAVEfmt " + b"\0" * 100, 422), (sound(0.1) + EICAR, 422)],
    ids=["broken", "infected"],
)
async def test_what_is_refused_when_it_is_whole_is_ended(
    shared: Any, somebody: Identity, data: bytes, status: int
) -> None:
    path = await begin(shared, somebody, len(data))
    assert (await send(shared, somebody, path, 0, data[:70])).status_code == 204
    assert (await send(shared, somebody, path, 70, data[70:])).status_code == status
    assert (await shared.call(somebody, "GET", path)).status_code == 404
    assert (await shared.call(somebody, "GET", "/api/v1/files")).json()["total"] == 0


async def test_uploads_of_others_are_not_there(shared: Any, somebody: Identity, help_: SimpleNamespace) -> None:
    path = await begin(shared, somebody, 1000)
    other = help_.an_identity()
    for method, headers in (("HEAD", TUS), ("GET", {}), ("PATCH", {**BYTES, "Upload-Offset": "0"}), ("DELETE", TUS)):
        assert (await shared.call(other, method, path, headers=headers)).status_code == 404, method
        unknown = await shared.call(other, method, f"{PATH}/{ids.uuid7()}", headers=headers)
        assert unknown.status_code == 404
    assert (await shared.call(other, "GET", PATH)).json()["total"] == 0
    assert (await shared.call(somebody, "GET", PATH)).json()["total"] == 1
    assert (await shared.call(somebody, "DELETE", path, headers=TUS)).status_code == 204
    assert (await shared.call(somebody, "GET", path)).status_code == 404


async def test_of_two_that_send_the_same_bytes_one_counts(shared: Any, somebody: Identity) -> None:
    data = sound(1)
    path = await begin(shared, somebody, len(data))
    half = len(data) // 2
    both = await asyncio.gather(*(send(shared, somebody, path, 0, data[:half]) for _ in range(2)))
    assert sorted(answer.status_code for answer in both) == [204, 409]
    assert (await send(shared, somebody, path, half, data[half:])).status_code == 204
    again = await send(shared, somebody, path, len(data), b"")
    assert again.status_code == 204, "asking again is harmless"
    assert (await shared.call(somebody, "GET", "/api/v1/files")).json()["total"] == 1


async def test_long_requests_are_kept_piece_by_piece(
    shared: Any, somebody: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "PIECE", 100_000)
    data = sound(5)
    path = await begin(shared, somebody, len(data))
    done = await send(shared, somebody, path, 0, data)
    assert done.status_code == 204, done.text
    row = await shared.fetch("SELECT parts FROM uploads WHERE user_id = $1", somebody.user_id)
    assert len(row[0]["parts"]) >= 1
    file = (await shared.call(somebody, "GET", f"{done.headers['Content-Location']}/metadata")).json()
    assert file["checksum"] == hashlib.sha256(data).hexdigest()


async def test_a_whole_upload_that_was_left_behind_becomes_a_file_once(
    shared: Any, somebody: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies after the last byte: whoever cleans up later makes the file, and only one does."""
    data = sound(1)
    path = await begin(shared, somebody, len(data), purpose="reference")

    async def crash(*_: Any, **__: Any) -> None:
        raise RuntimeError("the process is gone")

    with monkeypatch.context() as patch:
        patch.setattr(Resumable, "_finish", crash)
        assert (await send(shared, somebody, path, 0, data)).status_code == 500
    busy = await send(shared, somebody, path, len(data), b"")
    assert busy.status_code == 423
    await shared.execute("UPDATE uploads SET updated_at = now() - interval '5 min', finishing_until = now()")
    cleaners = [Resumable(_intake(shared), _into_nothing) for _ in range(2)]
    await asyncio.gather(*(one.finish_left() for one in cleaners))
    shown = (await shared.call(somebody, "GET", path)).json()
    assert shown["file_id"] is not None
    listed = (await shared.call(somebody, "GET", "/api/v1/files")).json()
    assert [(item["id"], item["purpose"]) for item in listed["items"]] == [(shown["file_id"], "reference")]


async def _into_nothing(*_: Any) -> None:
    raise AssertionError("no project was named")


def _intake(world: Any) -> Intake:
    return Intake(world.database, world.store, PatternScanner(), Sandbox(1), SystemClock(), Periods({}))


async def test_what_is_not_finished_in_a_day_goes_with_its_bytes(shared: Any, somebody: Identity) -> None:
    path = await begin(shared, somebody, 1000)
    assert (await send(shared, somebody, path, 0, sound(0.1)[:500])).status_code == 204
    await shared.execute(
        "UPDATE uploads SET expires_at = $2 WHERE user_id = $1",
        somebody.user_id,
        shared.database.clock.now() - timedelta(seconds=1),
    )
    assert (await shared.call(somebody, "HEAD", path)).status_code == 410
    [row] = await shared.fetch("SELECT parts FROM uploads WHERE user_id = $1", somebody.user_id)
    [part] = row["parts"]
    assert await shared.store.stat(part["key"]) is not None
    await Resumable(_intake(shared), _into_nothing).remove_expired()
    assert await shared.store.stat(part["key"]) is None
    assert (await shared.call(somebody, "HEAD", path)).status_code == 404


async def test_unfinished_uploads_take_room_too(shared: Any, somebody: Identity) -> None:
    """A free account has a gigabyte: five uploads of 200 MB are as much as goes, whether a byte has come or not."""
    for _ in range(5):
        await begin(shared, somebody, 200 << 20)
    full = await shared.call(somebody, "POST", PATH, headers={**TUS, "Upload-Length": str(100 << 20)})
    assert (full.status_code, full.json()["error"]["code"]) == (402, "storage_full")
    assert full.json()["error"]["details"]["limit"] == 1 << 30


POINTS = (
    "uploads.before_part_is_known",
    "uploads.after_part_is_known",
    "uploads.before_finished",
    "uploads.after_finished",
)


@pytest.mark.parametrize("point", POINTS)
async def test_a_process_that_dies_anywhere_loses_and_doubles_nothing(
    shared: Any, somebody: Identity, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    """The client asks how far it came and goes on, or, where nothing is missing, somebody finishes later."""
    data = sound(1)
    path = await begin(shared, somebody, len(data))

    def end_here(name: str, scope: str = "") -> None:
        if name == point:
            raise RuntimeError("the process is gone")

    with monkeypatch.context() as patch:
        patch.setattr(faults, "point", end_here)
        assert (await send(shared, somebody, path, 0, data)).status_code == 500
    offset = int((await shared.call(somebody, "HEAD", path, headers=TUS)).headers["Upload-Offset"])
    assert offset == (0 if point == "uploads.before_part_is_known" else len(data))
    await shared.execute(
        "UPDATE uploads SET updated_at = now() - interval '5 min', finishing_until = now() WHERE user_id = $1",
        somebody.user_id,
    )
    if offset == 0:
        assert (await send(shared, somebody, path, 0, data)).status_code == 204
    else:
        await Resumable(_intake(shared), _into_nothing).finish_left()
    shown = (await shared.call(somebody, "GET", path)).json()
    listed = (await shared.call(somebody, "GET", "/api/v1/files")).json()
    assert [item["id"] for item in listed["items"]] == [shown["file_id"]]
    assert listed["items"][0]["checksum"] == hashlib.sha256(data).hexdigest()
