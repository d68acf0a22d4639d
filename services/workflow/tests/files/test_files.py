"""Uploads: what is accepted, what is refused and how early, and who may see it."""

from __future__ import annotations

import hashlib
import io
import struct
import tempfile
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from PIL import Image

from chassis import ids
from chassis.identity.tokens import Identity
from contracts.enums import ScanStatus
from contracts.workflow import FileUploaded
from workflow.files.scanning import EICAR, PatternScanner, Scan


def png_that_claims(width: int, height: int) -> bytes:
    """A small PNG whose header promises more pixels than anybody should allocate."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 10_000))
        + chunk(b"IEND", b"")
    )


async def test_a_photo_is_judged_prepared_stored_and_announced(
    shared: Any, somebody: Identity, help_: SimpleNamespace
) -> None:
    data = help_.photo(3000, 1000, "PNG")
    reply = await shared.upload(somebody, data, "../..\\me.jpg")
    assert reply.status_code == 201, reply.text
    file = reply.json()
    assert (file["mime_type"], file["width"], file["height"]) == ("image/png", 3000, 1000)
    assert file["checksum"] == hashlib.sha256(data).hexdigest()
    assert file["file_size"] == len(data)
    assert file["original_name"] == "me.jpg"
    assert file["scan_status"] == "clean"
    original = await shared.http.get(file["url"])
    assert original.content == data
    prepared = await shared.http.get(file["prepared_url"])
    with Image.open(io.BytesIO(prepared.content)) as image:
        assert (image.format, image.size, image.mode) == ("JPEG", (2048, 683), "RGB")
        assert image.info.get("progressive")
    events = await shared.wait_for(
        lambda: [e for e in shared.published if isinstance(e, FileUploaded) and str(e.file_id) == file["id"]]
    )
    assert [(e.user_id, e.size, e.sha256) for e in events] == [(somebody.user_id, len(data), file["checksum"])]


async def test_transparency_and_webp_are_prepared_too(shared: Any, somebody: Identity) -> None:
    buffer = io.BytesIO()
    Image.new("RGBA", (40, 30), (255, 0, 0, 0)).save(buffer, "WEBP", lossless=True)
    file = (await shared.upload(somebody, buffer.getvalue())).json()
    prepared = await shared.http.get(file["prepared_url"])
    with Image.open(io.BytesIO(prepared.content)) as image:
        assert image.getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"GIF89a" + b"\0" * 100, 415, "format_not_accepted"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 100, 415, "format_not_accepted"),
        (b"\0\0\0\x18ftypavif" + b"\0" * 100, 415, "format_not_accepted"),
        (b"%PDF-1.7 hello", 415, "format_not_accepted"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, "format_not_accepted"),
        (b"ID3" + b"\0" * 1000, 422, "image_refused"),
        (b"", 400, "no_file"),
        (b"\xff\xd8\xff\xe0 not a photo at all", 422, "image_refused"),
        (png_that_claims(4097, 10), 422, "image_refused"),
        (png_that_claims(60_000, 60_000), 422, "image_refused"),
        (EICAR, 422, "file_infected"),
    ],
)
async def test_what_is_no_photo_is_refused_by_its_content(
    shared: Any, somebody: Identity, data: bytes, status: int, code: str
) -> None:
    reply = (
        await shared.upload(somebody, data, "me.jpg")
        if data
        else await shared.call(somebody, "POST", "/api/v1/files", files={"file": ("me.jpg", b"", "image/jpeg")})
    )
    assert (reply.status_code, reply.json()["error"]["code"]) == (status, code), reply.text
    if code == "format_not_accepted":
        message = reply.json()["error"]["message"]
        assert "JPEG" in message, "it is said what to send"
    assert (await shared.call(somebody, "GET", "/api/v1/files")).json()["total"] == 0


async def test_an_infected_photo_is_kept_away_from_everything(
    shared: Any, somebody: Identity, help_: SimpleNamespace
) -> None:
    """A valid photo with the pattern behind its end: refused, remembered, never shown."""
    reply = await shared.upload(somebody, help_.photo() + EICAR)
    assert reply.status_code == 422
    assert reply.json()["error"]["details"] == {"found": "EICAR-Test-File"}
    async with shared.database.connection() as connection:
        row = await connection.fetchrow("SELECT * FROM files WHERE user_id = $1", somebody.user_id)
    assert row["scan_status"] == "infected"
    assert row["storage_key"].startswith("quarantine/")
    assert (await shared.call(somebody, "GET", f"/api/v1/files/{row['id']}")).status_code == 404
    assert not [e for e in shared.published if isinstance(e, FileUploaded) and e.file_id == row["id"]]
    ordered = await shared.order(somebody, input_file_id=str(row["id"]))
    assert ordered.json()["error"]["code"] == "file_not_usable"


async def test_a_pattern_across_two_reads_is_found(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"x" * ((1 << 20) - 30) + EICAR)
    assert (await PatternScanner().scan(path)).status is ScanStatus.INFECTED
    path.write_bytes(b"x" * (1 << 20) + EICAR[:-1])
    assert (await PatternScanner().scan(path)).status is ScanStatus.CLEAN
    assert (await PatternScanner().scan(tmp_path / "missing")).status is ScanStatus.PENDING


async def test_a_file_that_could_not_be_scanned_cannot_be_used(start_world: Any, somebody: Identity) -> None:
    class Away:
        async def scan(self, path: Path) -> Scan:
            return Scan(ScanStatus.PENDING)

    world = await start_world(scanner=Away())
    file = (await world.upload(somebody)).json()
    assert (file["scan_status"], file["url"], file["prepared_url"]) == ("pending", None, None)
    assert (await world.order(somebody, input_file_id=file["id"])).json()["error"]["code"] == "file_not_usable"


async def stream(world: Any, who: Identity, pieces: AsyncIterator[bytes], **headers: str) -> httpx.Response:
    content_type = "multipart/form-data; boundary=edge"
    reply: httpx.Response = await world.http.post(
        "/api/v1/files",
        content=pieces,
        headers={**world.issuer.headers(who), "content-type": content_type, **headers},
    )
    return reply


HEAD = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="me.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'


async def test_too_large_a_file_is_refused_before_all_of_it_was_read(
    shared: Any, somebody: Identity, help_: SimpleNamespace
) -> None:
    sent = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal sent
        yield HEAD + help_.photo()
        for _ in range(200):
            sent += 1
            yield b"\0" * (1 << 20)

    reply = await stream(shared, somebody, pieces())
    assert reply.status_code == 413
    assert 49 <= sent <= 52
    declared = await stream(shared, somebody, pieces(), **{"content-length": str(200 << 20)})
    assert declared.status_code == 413
    assert sent <= 53, "a length that is declared too large is reason enough"


async def test_the_wrong_format_is_refused_before_all_of_it_was_read(shared: Any, somebody: Identity) -> None:
    sent = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal sent
        yield HEAD
        for _ in range(40):
            sent += 1
            yield b"x" * (1 << 20)

    assert (await stream(shared, somebody, pieces())).status_code == 415
    assert sent <= 2


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no form at all",
        HEAD + b"\xff\xd8\xff cut off in the mid",
        b'--edge\r\nContent-Disposition: form-data; name="other"\r\n\r\nx\r\n--edge--\r\n',
        b'--edge\r\nContent-Disposition: form-data; name="purpose"\r\n\r\n' + b"x" * 2000 + b"\r\n--edge--\r\n",
        b'--edge\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n' * 30 + b"--edge--\r\n",
    ],
)
async def test_a_form_that_cannot_be_read_is_refused(shared: Any, somebody: Identity, body: bytes) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for n in range(0, len(body), 7):
            yield body[n : n + 7]

    reply = await stream(shared, somebody, pieces())
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "no_file"), reply.text
    other_type = await shared.call(somebody, "POST", "/api/v1/files", json={"file": "x"})
    assert other_type.status_code == 400


async def test_a_form_whose_edge_is_too_long_is_refused(shared: Any, somebody: Identity) -> None:
    """The parser takes 256 signs and gives up on more before it has begun."""
    headers = {"content-type": f"multipart/form-data; boundary={'b' * 257}"}
    reply = await shared.call(somebody, "POST", "/api/v1/files", content=b"x", headers=headers)
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "no_file")


async def test_nothing_is_left_in_the_temporary_folder(
    start_world: Any, somebody: Identity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "uploads"
    folder.mkdir()
    world = await start_world()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    assert (await world.upload(somebody)).status_code == 201
    assert (await world.upload(somebody, b"GIF89a")).status_code == 415
    assert list(folder.iterdir()) == []


async def test_details_count_the_access_and_metadata_does_not(shared: Any, somebody: Identity) -> None:
    file_id = (await shared.upload(somebody)).json()["id"]
    for count in (1, 2):
        file = (await shared.call(somebody, "GET", f"/api/v1/files/{file_id}")).json()
        assert file["access_count"] == count
        assert file["last_accessed_at"] is not None
    metadata = (await shared.call(somebody, "GET", f"/api/v1/files/{file_id}/metadata")).json()
    assert "url" not in metadata and metadata["checksum"] == file["checksum"]


async def test_files_of_others_are_not_there(shared: Any, somebody: Identity, help_: SimpleNamespace) -> None:
    file_id = (await shared.upload(somebody)).json()["id"]
    other = help_.an_identity()
    for method, path in (("GET", ""), ("GET", "/metadata"), ("DELETE", "")):
        reply = await shared.call(other, method, f"/api/v1/files/{file_id}{path}")
        unknown = await shared.call(other, method, f"/api/v1/files/{ids.uuid7()}{path}")
        assert reply.status_code == unknown.status_code == 404
        assert reply.json()["error"]["message"] == unknown.json()["error"]["message"]
    listing = f"/api/v1/files?user_id={somebody.user_id}"
    assert (await shared.call(other, "GET", listing)).status_code == 403
    assert (await shared.call(help_.an_identity(role="admin"), "GET", listing)).json()["total"] == 1
    assert (await shared.http.get(f"/api/v1/files/{file_id}")).status_code == 401


async def test_lists_are_paged_and_filtered(shared: Any, somebody: Identity, help_: SimpleNamespace) -> None:
    made = [(await shared.upload(somebody)).json()["id"] for _ in range(2)]
    png = await shared.call(
        somebody,
        "POST",
        "/api/v1/files",
        files={"file": ("a.png", help_.photo(kind="PNG"), "image/png")},
        data={"is_temporary": "true", "purpose": "reference"},
    )
    assert png.json()["expires_at"] is not None
    made.append(png.json()["id"])
    for query, expected in (
        ("", made[::-1]),
        ("per_page=1&page=2", [made[1]]),
        ("type=image/png", [made[2]]),
        ("type=image", made[::-1]),
        ("is_temporary=false", made[1::-1]),
        ("created_before=2020-01-01T00:00:00Z", []),
    ):
        listed = (await shared.call(somebody, "GET", f"/api/v1/files?{query}")).json()
        assert [item["id"] for item in listed["items"]] == expected, query


async def test_a_deleted_file_is_hidden_at_once_and_its_objects_go_later(start_world: Any, somebody: Identity) -> None:
    world = await start_world(keep_days={"deleted": 0}, housekeeping_poll_s=0.05)
    file = (await world.upload(somebody)).json()
    kept = (await world.upload(somebody)).json()
    path = f"/api/v1/files/{file['id']}"
    assert (await world.call(somebody, "DELETE", path)).status_code == 204
    assert (await world.call(somebody, "GET", path)).status_code == 404
    assert (await world.call(somebody, "DELETE", path)).status_code == 404
    assert (await world.order(somebody, input_file_id=file["id"])).status_code == 422

    keys = [urlsplit(file[name]).path.removeprefix("/api/v1/objects/") for name in ("url", "prepared_url")]

    async def gone() -> bool:
        return [await world.store.stat(key) for key in keys] == [None, None]

    await world.wait_for(gone)
    await world.eventually("SELECT id::text FROM files", [kept["id"]])
    assert (await world.http.get(kept["url"])).status_code == 200
