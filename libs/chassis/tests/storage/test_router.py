"""Signed links of the folder store: who may read, which part, and what browsers are told."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openapi_spec_validator import validate

from chassis.http.app import create_app
from chassis.settings import ServiceSettings
from chassis.storage import FolderStore
from chassis.storage.port import ObjectStat
from chassis.storage.router import Unsatisfiable, objects_router, parse_range

KEY = "images/a/2026/03/07/b.jpg"
DATA = os.urandom(2_500_000)


class Gateway:
    """The routes over a store whose clock can be moved."""

    def __init__(self, folder: Path) -> None:
        self.now = time.time()
        self.store = FolderStore(folder, public_url="http://gateway", clock=lambda: self.now)
        app = create_app(
            name="gateway", settings=ServiceSettings(), version="1", routers=[objects_router(self.store)], readiness={}
        )
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway")


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    made = Gateway(tmp_path / "store")
    await made.store.put_bytes(DATA, KEY, "image/jpeg")
    yield made
    await made.http.aclose()


async def test_a_link_gives_the_object_and_how_to_keep_it(gateway: Gateway) -> None:
    answer = await gateway.http.get(gateway.store.signed_url(KEY))

    assert answer.status_code == 200
    assert answer.content == DATA
    expected = {
        "content-type": "image/jpeg",
        "content-length": str(len(DATA)),
        "etag": f'"{hashlib.sha256(DATA).hexdigest()}"',
        "cache-control": "private, max-age=31536000, immutable",
        "accept-ranges": "bytes",
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; sandbox",
        "content-disposition": "inline",
    }
    assert {name: answer.headers[name] for name in expected} == expected


async def test_an_object_deleted_after_the_look_at_it_is_not_found(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No 200 that breaks off before the first byte."""
    link, stat = gateway.store.signed_url(KEY), gateway.store.stat

    async def seen_for_the_last_time(key: str) -> ObjectStat | None:
        found = await stat(key)
        await gateway.store.delete(key)
        return found

    monkeypatch.setattr(gateway.store, "stat", seen_for_the_last_time)
    assert (await gateway.http.get(link)).status_code == 404


async def test_a_head_request_has_no_body(gateway: Gateway) -> None:
    answer = await gateway.http.head(gateway.store.signed_url(KEY))

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(len(DATA))


@pytest.mark.parametrize(
    ("wanted", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=100-199", 100, 200),
        ("bytes=2000000-", 2_000_000, len(DATA)),
        ("bytes=-5", len(DATA) - 5, len(DATA)),
        ("bytes=0-99999999", 0, len(DATA)),
    ],
)
async def test_a_player_can_seek(gateway: Gateway, wanted: str, start: int, end: int) -> None:
    answer = await gateway.http.get(gateway.store.signed_url(KEY), headers={"Range": wanted})

    assert answer.status_code == 206
    assert answer.content == DATA[start:end]
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{len(DATA)}"
    assert answer.headers["content-length"] == str(end - start)


async def test_a_range_behind_the_end_cannot_be_had(gateway: Gateway) -> None:
    answer = await gateway.http.get(gateway.store.signed_url(KEY), headers={"Range": f"bytes={len(DATA)}-"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (416, "range_not_satisfiable")
    assert answer.headers["content-range"] == f"bytes */{len(DATA)}"


async def test_conditions_are_honoured(gateway: Gateway) -> None:
    link = gateway.store.signed_url(KEY)
    etag = (await gateway.http.head(link)).headers["etag"]

    async def status(**headers: str) -> int:
        return (await gateway.http.get(link, headers={k.replace("_", "-"): v for k, v in headers.items()})).status_code

    assert await status(if_none_match=etag) == 304
    assert await status(if_none_match=f'"other", W/{etag}') == 304
    assert await status(if_none_match="*") == 304
    assert await status(if_none_match='"other"') == 200
    assert await status(range="bytes=0-1", if_range=etag) == 206
    assert await status(range="bytes=0-1", if_range='"other"') == 200


async def test_a_download_has_its_name(gateway: Gateway) -> None:
    answer = await gateway.http.get(gateway.store.signed_url(KEY, filename='मेरा "kit".zip'))

    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"____ _kit_.zip\"; filename*=UTF-8''%E0%A4%AE%E0%A5%87%E0%A4%B0%E0%A4%BE%20%22kit%22.zip"
    )


async def test_a_link_that_was_changed_is_refused(gateway: Gateway) -> None:
    await gateway.store.put_bytes(b"secret", "images/a/2026/03/07/c.jpg", "image/jpeg")
    parts = urlsplit(gateway.store.signed_url(KEY, filename="b.jpg"))
    query = dict(pair.split("=") for pair in parts.query.split("&"))
    changes: list[tuple[str, dict[str, str]]] = [
        (parts.path.replace("b.jpg", "c.jpg"), query),
        (parts.path, {**query, "expires": str(int(query["expires"]) + 1)}),
        (parts.path, {**query, "filename": "b.html"}),
        (parts.path, {name: value for name, value in query.items() if name != "filename"}),
        (parts.path, {**query, "signature": "0" * 64}),
        (parts.path, {**query, "signature": ""}),
        ("/api/v1/objects/../../signing-key", query),
        ("/api/v1/objects/%2e%2e/%2e%2e/signing-key", query),
    ]

    for path, changed in changes:
        answer = await gateway.http.get(path, params=changed)
        assert answer.status_code in (403, 404), (path, changed)
    assert (await gateway.http.get(parts.path)).status_code == 422
    other_key = FolderStore(gateway.store._objects.parent.parent / "other", public_url="http://gateway")
    assert (await gateway.http.get(other_key.signed_url(KEY))).status_code == 403


async def test_a_link_expires(gateway: Gateway) -> None:
    link = gateway.store.signed_url(KEY, expires_s=60)

    gateway.now += 58
    assert (await gateway.http.head(link)).status_code == 200
    gateway.now += 2
    answer = await gateway.http.get(link)
    assert (answer.status_code, answer.json()["error"]["code"]) == (410, "link_expired")


async def test_a_link_to_what_was_deleted_says_so(gateway: Gateway) -> None:
    link = gateway.store.signed_url(KEY)
    await gateway.store.delete(KEY)

    answer = await gateway.http.get(link)

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "object_missing")


async def test_the_links_are_documented(gateway: Gateway) -> None:
    document = (await gateway.http.get("/openapi.json")).json()

    validate(document)
    operations = document["paths"]["/api/v1/objects/{key}"]
    assert list(operations) == ["get"]
    assert {"200", "206", "304", "403", "404", "410", "422"} <= operations["get"]["responses"].keys()


@pytest.mark.parametrize(
    "header", [None, "", "bytes=", "bytes=-", "bytes=5-2", "bytes=1-2,4-5", "items=1-2", "bytes=a-b", "bytes 1-2"]
)
def test_what_is_not_a_range_is_ignored(header: str | None) -> None:
    assert parse_range(header, 10) is None


@given(st.integers(0, 50), st.integers(0, 60), st.integers(0, 20))
def test_a_range_is_what_a_slice_would_be(size: int, first: int, more: int) -> None:
    everything = range(size)
    for header, wanted in (
        (f"bytes={first}-{first + more}", everything[first : first + more + 1]),
        (f"bytes={first}-", everything[first:]),
        (f"bytes=-{more}", everything[max(0, size - more) :]),
    ):
        if wanted:
            assert parse_range(header, size) == (wanted.start, wanted.stop)
        else:
            with pytest.raises(Unsatisfiable):
                parse_range(header, size)
